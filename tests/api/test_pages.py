"""The pages for people who write programs."""

import re

import pytest

from api import pages


def test_the_reference_tells_every_operation_and_parameter(client, db):
    page = client.get("/developers/").content.decode()
    for operation in pages.operations():
        assert f"<code>{operation.method} {operation.path}</code>" in page
        for parameter in operation.parameters:
            assert f"<code>{parameter.name}</code>" in page


def test_the_reference_says_what_is_not_open_yet(client, db):
    assert "/api/v1/referrals/" in client.get("/developers/").content.decode()
    assert client.post("/api/v1/referrals/").status_code == 404


@pytest.mark.parametrize("address", ["/developers/", "/api/v1/docs/"])
def test_a_page_has_no_inline_script_or_style_and_names_no_other_host(client, db, address, settings):
    page = client.get(address).content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', page)
    assert loaded
    assert all(link.startswith("/static/") for link in loaded)


def test_a_schema_is_said_in_plain_words():
    taken = {parameter.name: parameter.takes for parameter in next(pages.operations()).parameters}
    assert taken["radius"] == "number, 1 to 500; default 25"
    assert taken["order"] == "one of distance, name, checked"
    assert taken["access"].endswith("transit (repeatable)")
    assert taken["psychotherapy"] == "true"
    assert taken["q"] == "text, at most 200 characters"
    assert taken["checked_since"] == "a day, like 2026-11-03"


def test_what_stands_between_backticks_is_drawn_as_code(client, db):
    page = client.get("/developers/").content.decode()
    assert "`" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
    assert "<code>City, ST</code>" in page


@pytest.mark.parametrize("address", ["/developers/", "/api/v1/docs/"])
def test_a_page_is_only_read(client, db, address):
    assert client.post(address).status_code == 405
