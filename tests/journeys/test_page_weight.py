"""What a first visit costs on a slow network, and whom the browser talks to: captured in the browser itself."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once


@pytest.fixture
def visit(chromium, site):
    """Bytes over the wire of every request of a first visit, by address, without the icon."""
    contexts = []

    def first_visit(path: str) -> dict[str, int]:
        context = chromium.new_context(viewport={"width": 390, "height": 844})
        contexts.append(context)
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        addresses: dict[str, str] = {}
        received: dict[str, int] = {}
        network.on(
            "Network.requestWillBeSent", lambda e: addresses.update({e["requestId"]: e["request"]["url"]})
        )
        network.on(
            "Network.loadingFinished",
            lambda e: received.update({addresses[e["requestId"]]: int(e["encodedDataLength"])}),
        )
        page.goto(site + path, wait_until="networkidle")
        assert context.cookies() == []
        # The browser's own icon in a date field has a data: address; nothing is fetched for it.
        own = ("data:", site + "/static/favicon")
        return {address: size for address, size in received.items() if not address.startswith(own)}

    yield first_visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("path", ["/", "/search/?near=80202", "/clinic/full/", "/crisis/"])
def test_a_first_visit_is_at_most_60_kb_in_three_requests_and_none_leaves_the_site(site, visit, path):
    received = visit(path)
    assert {urlsplit(address).netloc for address in received} == {urlsplit(site).netloc}
    assert len(received) <= 3, received
    assert sum(received.values()) <= 60 * 1024, received


def test_the_first_search_page_stays_near_its_target_of_25_kb(visit):
    assert sum(visit("/search/?near=80202").values()) <= 25 * 1024


def test_a_place_is_found_without_script(chromium, site):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site)
    page.fill("#id_near", "80202")
    page.press("#id_near", "Enter")
    expect(page).to_have_title(re.compile("^29 clinics within 25 miles of Denver, CO 80202"))
    page.click("summary:has-text('Change search')")
    page.check("#id_insurance_medicaid")
    page.click("text=Show clinics")
    expect(page).to_have_title(re.compile("^1 clinic within 25 miles"))
    page.click(".result h2 a")
    assert page.inner_text("h1") == "High Plains Example Clinic"
    page.click("text=See all checks and their sources")
    assert page.inner_text("h1").startswith("What we checked")
    context.close()


def test_where_the_visitor_is_leaves_the_browser_rounded_and_never_reaches_an_address(chromium, site):
    context = chromium.new_context(
        geolocation={"latitude": 39.74951, "longitude": -104.99612}, permissions=["geolocation"]
    )
    page = context.new_page()
    posted = []
    page.on("request", lambda request: posted.append(request.post_data) if request.method == "POST" else None)
    page.goto(site)
    page.click("text=Use my location")
    page.wait_for_url("**/search/**")
    assert page.url == f"{site}/search/?near=80202"
    assert posted == ["latitude=39.75&longitude=-105.00"]
    context.close()


def test_a_refused_location_leads_back_to_the_box(chromium, site):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site)
    page.click("text=Use my location")
    page.wait_for_function("document.querySelector('[role=status]').textContent.startsWith('We could not')")
    assert page.evaluate("document.activeElement.id") == "id_near"
    context.close()
