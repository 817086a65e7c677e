"""Every kind of page in a browser: axe finds nothing, nothing scrolls sideways, and fingers fit.

One address for every template and state; add yours to PAGES.
"""

from pathlib import Path

import pytest
from django.template.loader import render_to_string

from tests.journeys import looking
from tests.journeys.looking import SMALL_TARGETS

pytestmark = pytest.mark.once

STYLESHEET = Path(__file__).resolve().parents[2] / "static" / "site.css"
PAGES = {
    "home": "/",
    "results": "/search/?near=80202",
    "results, second page": "/search/?near=80202&page=2",
    "results with filters": "/search/?near=80202&modality=iv&insurance=medicaid",
    "one result": "/search/?near=59301",
    "nothing near": "/search/?near=59337",
    "nothing by filter": "/search/?near=80202&modality=sc&insurance=tricare&access=weekend",
    "a state": "/search/?state=CO",
    "no such page of results": "/search/?near=80202&page=99",
    "ambiguous place": "/search/?near=Springfield",
    "misspelt place": "/search/?near=Sprngfeld",
    "unknown place": "/search/?near=Qqqqqxyz",
    "no place": "/search/?near=",
    "bad values": "/search/?near=80202&radius=0&modality=nasal",
    "clinic": "/clinic/full/",
    "clinic, unclaimed": "/clinic/unclaimed/",
    "clinic, paused": "/clinic/paused/",
    "clinic, esketamine not current": "/clinic/half/",
    "clinic, check due": "/clinic/due/",
    "clinic, little known": "/clinic/plain/",
    "clinic, closed": "/clinic/closed/",
    "clinic, lapsed": "/clinic/lapsed/",
    "checks": "/clinic/full/checks/",
    "checks, one not current": "/clinic/half/checks/",
    "checks, with a history": "/clinic/replied/checks/",
    "clinic, merged": "/clinic/merged/",
    "report": "/report/full/",
    "report about a closed clinic": "/report/closed/",
    "remove": "/clinic/unclaimed/remove/",
    "remove, somebody looks after it": "/clinic/full/remove/",
    "remove, asked": "/clinic/full/remove/asked/",
    "about terms": "/about/terms/",
    "bad day": "/search/?near=80202&checked_since=yesterday",
    "checked since": "/search/?near=80202&checked_since=2026-01-01",
    "crisis": "/crisis/",
    "about checks": "/about/checks/",
    "about privacy": "/about/privacy/",
    "about accessibility": "/about/accessibility/",
    "about money": "/about/money/",
    "developers": "/developers/",
    "sign in": "/accounts/login/",
    "not found": "/nowhere/",
}
ERRORS = ("400", "403", "404", "410", "429", "500", "503")
PUBLIC = {name: path for name, path in PAGES.items() if name not in {"developers", "sign in"}}


@pytest.fixture
def page(chromium):
    # Without it a colour is measured half-way through its fade from light to dark.
    context = chromium.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_at_320_and_1280_px_in_light_and_in_dark(site, page, name):
    page.goto(site + PAGES[name])
    assert looking.found_on(page) == []


@pytest.mark.parametrize("status", ERRORS)
def test_axe_finds_nothing_on_an_error_page(site, page, status):
    html = render_to_string(f"errors/{status}.html", {"SITE_NAME": "Cairn"})
    page.route(
        "**/an-error/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
    )
    page.route("**/static/site.css", lambda route: route.fulfill(path=STYLESHEET))
    page.goto(f"{site}/an-error/")
    assert looking.found_on(page) == []
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.crisis')).backgroundColor")
        != "rgba(0, 0, 0, 0)"
    )


def test_axe_would_find_something(page):
    page.set_content("<html lang='en'><title>x</title><p style='color:#999;background:#fff'>faint</p>")
    assert looking.found_on(page)


def test_axe_would_find_what_is_faint_in_the_dark_alone(page):
    faint = "@media (prefers-color-scheme: dark) { p { color: #555; background: #333 } }"
    page.set_content(
        f"<html lang='en'><title>x</title><style>{faint}</style><main><h1>x</h1><p>faint</p></main>"
    )
    assert {line[1] for line in looking.found_on(page)} == {"color-contrast"}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_finger_hits_every_control_and_the_heading_is_soon_seen(site, page, name):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site + PUBLIC[name])
    assert page.evaluate(SMALL_TARGETS) == []
    if not page.query_selector(".error-summary"):
        assert page.evaluate("document.querySelector('h1').getBoundingClientRect().top") <= 140


def test_the_first_result_starts_within_420_px_and_two_fit_a_screen(site, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/search/?near=80202")
    first = page.evaluate("document.querySelector('.result').getBoundingClientRect().toJSON()")
    assert first["top"] <= 420
    assert first["height"] <= 380


def test_the_skip_link_is_the_first_stop_and_lands_on_the_heading(site, page):
    page.goto(f"{site}/search/?near=80202")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the main part"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_an_error_summary_has_the_focus_and_leads_to_its_field(site, page):
    page.goto(f"{site}/search/?near=")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.click(".error-summary a")
    assert page.evaluate("document.activeElement.id") == "id_near"


def test_forced_colours_lose_no_information(site, page):
    page.emulate_media(forced_colors="active")
    page.goto(f"{site}/clinic/full/checks/")
    assert looking.found_on(page) == []
    assert page.inner_text("tbody").count("Checked") >= 5


def test_the_map_can_be_taken_away_and_nothing_is_lost(site, page):
    page.goto(f"{site}/search/?near=80202")
    page.evaluate("document.querySelector('.results-map').remove()")
    assert page.inner_text(".result").count("miles") == 1
    assert page.query_selector(".results-map a") is None
