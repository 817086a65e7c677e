"""The pages of what went wrong: they can be drawn with nothing at hand, say it plainly, and name 988 twice."""

import pytest
from django.template.loader import render_to_string

pytestmark = pytest.mark.once


@pytest.mark.parametrize("status", ["400", "403", "404", "410", "429", "500", "503"])
def test_it_needs_no_database_no_session_and_no_context(status):
    """Without the `django_db` mark, any query would fail this test."""
    html = render_to_string(f"errors/{status}.html")
    assert html.count('href="tel:988"') == 2
    assert html.count("<h1") == 1
    assert "Cairn" in html


def test_a_wait_is_told_in_minutes():
    assert "Wait a minute" in render_to_string("errors/429.html")
    assert "Wait 5 minutes" in render_to_string("errors/429.html", {"minutes": 5})


def test_a_form_that_waited_too_long_is_not_called_forbidden():
    html = render_to_string("errors/403.html", {"form_expired": True})
    assert "That did not send" in html
    assert "Sign in" not in html.split("<main")[1].split("</main>")[0]
