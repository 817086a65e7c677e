"""Every public page: the crisis line twice, no cookie, nothing from elsewhere, and a plain word for its state."""

import re

import pytest
from django.test import Client

from tests import build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]

PAGES = {
    "/": 200,
    "/search/?near=80202": 200,
    "/search/?near=59337": 200,
    "/search/?near=Springfield": 200,
    "/search/?near=80202&radius=0": 400,
    "/search/?state=CO": 200,
    "/clinic/here/": 200,
    "/clinic/here/checks/": 200,
    "/clinic/gone/": 410,
    "/report/here/": 200,
    "/crisis/": 200,
    "/about/checks/": 200,
    "/about/privacy/": 200,
    "/about/accessibility/": 200,
    "/about/money/": 200,
    "/developers/": 200,
    "/nowhere/": 404,
}


@pytest.fixture
def clinics():
    build.clinic(slug="here")
    build.clinic(slug="gone", status="closed", status_reason="moved")


@pytest.fixture(params=PAGES, ids=str)
def page(request, clinics):
    response = Client().get(request.param)
    assert response.status_code == PAGES[request.param]
    return response


def test_988_can_be_called_and_texted_at_the_top_and_at_the_bottom(page):
    html = page.content.decode()
    for link in ('href="tel:988"', 'href="sms:988"', 'href="/crisis/"'):
        assert html.index(link) < html.index("<main")
        assert html.rindex(link) > html.index("</main>")


def test_it_has_one_heading_which_the_skip_link_reaches_first(page):
    html = page.content.decode()
    assert len(re.findall("<h1", html)) == 1
    assert re.search(r'<h1 id="title" tabindex="-1"', html)
    assert html.index('<a class="skip-link" href="#title">') < html.index('class="crisis"')


def test_it_sets_no_cookie_and_fetches_nothing_from_elsewhere(page):
    html = page.content.decode()
    assert not page.cookies
    assert not re.search(r'(?:src|<link[^>]*href)="(?:https?:)?//', html)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", html)


def test_it_is_the_same_for_everybody(page):
    assert "Cookie" not in page.get("Vary", "")


def test_every_link_that_leaves_the_site_tells_the_other_site_nothing(page):
    for link in re.findall(r'<a [^>]*href="https?://[^"]*"[^>]*>', page.content.decode()):
        assert "noreferrer" in link


def test_no_word_of_praise_or_urgency_stands_on_it(page):
    text = re.sub(r"<[^>]+>", " ", page.content.decode()).lower()
    assert not re.search(r"\b(verified|trusted|certified|hurry|act now|limited time|buy)\b", text)
    assert not re.search(r"\d\s*mg\b", text)


@pytest.mark.parametrize("path", ["/crisis/", "/about/checks/", "/about/privacy/", "/about/money/"])
def test_a_page_that_did_not_change_is_not_sent_twice(path):
    first = Client().get(path)
    assert first["Cache-Control"] == "no-cache"
    assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_page_takes_no_post():
    assert Client().post("/crisis/").status_code == 405


def test_the_crisis_page_offers_no_clinic(clinics):
    main = Client().get("/crisis/").content.decode().split("<main")[1].split("</main>")[0]
    assert "/clinic/" not in main
    assert "/search/" not in main


def test_privacy_says_how_long_answers_are_kept(settings):
    assert "90 days after the request is closed" in Client().get("/about/privacy/").content.decode()
    settings.PERSONAL_DATA_DAYS = 30
    assert "30 days after the request is closed" in Client().get("/about/privacy/").content.decode()
