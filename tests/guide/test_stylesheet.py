"""The stylesheet and the script stay small, and no template names a class that is not in the stylesheet."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "static" / "site.css").read_text()


def test_the_stylesheet_has_at_most_20480_bytes():
    assert len(CSS.encode()) <= 20_480


def test_the_script_has_at_most_10240_bytes():
    assert (ROOT / "static" / "site.js").stat().st_size <= 10_240


def test_the_stylesheet_fetches_nothing():
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_the_crisis_line_is_printed():
    hidden = CSS.split("@media print {")[1].split("{ display: none")[0]
    assert ".site-header" in hidden
    assert not re.search(r"\.crisis(?![\w-])", hidden)


def test_every_colour_is_a_token():
    after_tokens = CSS.split("@layer base {")[1].split("@layer print {")[0]
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", after_tokens)) <= {"#22302e", "#fff"}


@pytest.mark.parametrize("room", ["directory", "guide", "errors", "components"])
def test_every_class_of_a_template_is_in_the_stylesheet(room):
    known = set(re.findall(r"\.([a-z][\w-]*)", CSS)) | {"a", "d", "t"}
    for path in (ROOT / "templates" / room).rglob("*.html"):
        for names in re.findall(r'class="([^"]*)"', path.read_text()):
            plain = re.sub(r"{%.*?%}|{{.*?}}", " ", names)
            assert set(plain.split()) <= known, path
