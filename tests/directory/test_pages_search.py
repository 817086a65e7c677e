"""The page of results: what it says, what it offers when there is nothing, and what it keeps."""

import re
from html import unescape

import pytest
from django.test import Client

from directory.models import IndexRow
from tests import build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]

DENVER = "/search/?near=80202"


@pytest.fixture
def page():
    """The words of a page as a person reads them, by address."""
    client = Client()

    def read(address: str, status: int = 200) -> str:
        response = client.get(address)
        assert response.status_code == status
        text = re.sub(r"<(script|style|title|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())

    return read


def links(address: str) -> dict[str, str]:
    """The links of a page: text -> address."""
    html = Client().get(address).content.decode()
    found = re.findall(r'<a[^>]*href="([^"]*)"[^>]*>(.*?)</a>', html, flags=re.DOTALL)
    return {" ".join(unescape(re.sub(r"<[^>]+>", "", text)).split()): unescape(href) for href, text in found}


def heading(address: str) -> str:
    html = Client().get(address).content.decode()
    return unescape(re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)[1])


def test_its_heading_and_its_title_say_how_many_how_far_and_where():
    build.many([{}, {"at": (39.8, -105.0)}])
    assert heading(DENVER) == "2 clinics within 25 miles of Denver, CO 80202"
    assert "<title>2 clinics within 25 miles of Denver, CO 80202 - " in Client().get(DENVER).content.decode()
    assert heading(f"{DENVER}&radius=1") == "1 clinic within 1 mile of Denver, CO 80202"


def test_it_says_how_results_are_ordered_and_that_nobody_pays_for_it(page):
    build.clinic()
    assert "Nearest first. No clinic can pay to be higher." in page(DENVER)
    assert "By name. No clinic can pay to be higher." in page(f"{DENVER}&order=name")
    assert "in a straight line from the middle of Denver, CO 80202" in page(DENVER)


def test_a_card_says_where_what_and_what_was_checked_with_whom_and_when(page):
    build.clinic(name="High Plains Example Clinic", psychotherapy=("iv",))
    text = page(DENVER)
    assert "High Plains Example Clinic" in text
    assert "Spravato · IV infusion · with psychotherapy" in text
    assert "License checked with Colorado Medical Board. 4 other facts checked too. Oldest check:" in text
    assert "taking new patients" in text
    assert "303-555-0101" in text
    assert "Ask for an appointment" in text


def test_a_clinic_that_cannot_receive_has_a_phone_number_and_no_ask_button(page):
    build.clinic(claimed=False)
    text = page(DENVER)
    assert "303-555-0101" in text
    assert "Ask for an appointment" not in text


def test_the_pins_of_the_picture_carry_the_numbers_of_the_list():
    build.many([{"at": (39.75, -105.0)}, {"at": (39.95, -105.0)}, {"at": (39.55, -104.8)}])
    html = Client().get(DENVER).content.decode()
    pins = re.findall(r'class="pin".*?<text[^>]*>(.*?)</text>', html, re.DOTALL)
    assert sorted(pins) == ["1", "2", "3"]
    assert re.findall(r'class="pin-number"[^>]*>(\d+)<', html) == ["1", "2", "3"]


def test_every_option_shows_how_many_clinics_it_would_leave(page):
    build.many([{"modalities": ("iv",)}, {"modalities": ("iv", "sc")}])
    text = page(DENVER)
    assert "IV infusion (2)" in text
    assert "Injection under the skin (SC) (1)" in text
    assert "Spravato (esketamine nose spray) (0)" in text


def test_what_was_ticked_stays_ticked_and_can_be_taken_off_by_a_link(page):
    build.clinic(modalities=("iv",), insurance=["medicaid"])
    address = f"{DENVER}&modality=iv&insurance=medicaid"
    html = Client().get(address).content.decode()
    assert re.search(r'value="iv"\s+checked', html)
    assert links(address)["Take off: Medicaid ×"] == "/search/?near=80202&modality=iv"
    assert links(address)["Clear all"] == "/search/?near=80202"


def test_nothing_near_is_said_and_the_nearest_three_stand_beside_it(page):
    build.many(
        [{"at": (40.6, -105.0)}, {"at": (41.2, -105.0)}, {"at": (42.0, -105.0)}, {"at": (48.0, -105.0)}]
    )
    text = page(DENVER)
    assert "No clinics within 25 miles of Denver, CO 80202" in text
    assert "The nearest 3" in text
    assert "We looked farther: they are 59 miles to 156 miles away." in text
    assert links(DENVER)["Show everything within 100 miles"] == "/search/?near=80202&radius=100"


def test_nothing_left_by_the_filters_offers_each_removal_with_the_right_count():
    build.many(
        [{"modalities": ("iv",)}, {"modalities": ("iv",)}, {"modalities": ("sc",), "insurance": ["medicaid"]}]
    )
    address = f"{DENVER}&modality=iv&insurance=medicaid"
    offered = links(address)
    assert offered["Without “IV infusion”: 1 clinic"] == "/search/?near=80202&insurance=medicaid"
    assert offered["Without “Medicaid”: 2 clinics"] == "/search/?near=80202&modality=iv"
    assert offered["Clear all: 3 clinics"] == "/search/?near=80202"
    assert heading(address) == "No clinics with these filters within 25 miles of Denver, CO 80202"


def test_a_single_clinic_is_shown_with_the_next_two_outside_the_radius(page):
    build.many(
        [{"name": "Near"}, {"name": "Next", "at": (40.6, -105.0)}, {"name": "Third", "at": (41.2, -105.0)}]
    )
    text = page(DENVER)
    assert "1 clinic within 25 miles" in text
    assert "The next nearest Outside 25 miles. 2 Next" in text


def test_an_ambiguous_place_gives_choices_that_find_it(page):
    text = page("/search/?near=Springfield&modality=iv")
    assert "Which place do you mean?" in text
    assert links("/search/?near=Springfield&modality=iv")["Springfield, IL"] == (
        "/search/?modality=iv&near=Springfield%2C+IL"
    )


def test_a_misspelt_place_gives_suggestions_and_keeps_what_was_typed():
    response = Client().get("/search/?near=Sprngfeld")
    html = response.content.decode()
    assert response.status_code == 200
    assert 'value="Sprngfeld"' in html
    assert "Springfield, IL" in html


def test_one_suggestion_alone_is_asked_for_by_name(page):
    address = "/search/?near=San+Fransisco"
    text = page(address)
    assert "Did you mean San Francisco, CA?" in text
    assert "Which place do you mean?" not in text
    assert links(address)["San Francisco, CA"] == "/search/?near=San+Francisco%2C+CA"


def test_when_no_single_filter_is_in_the_way_it_says_what_is_there_without_any(page):
    build.many([{"name": "Near"}])
    address = f"{DENVER}&modality=sc&insurance=medicaid"
    assert "Taking one off is not enough. Without any filter: 1 clinic" in page(address)
    assert links(address)["Without any filter: 1 clinic"] == DENVER


def test_nothing_is_offered_to_clear_where_no_clinic_of_any_kind_is_near(page):
    build.many([{"name": "Far", "at": (41.2, -105.0)}])
    text = page(f"{DENVER}&modality=iv")
    assert "taking filters off would not help" in text
    assert "Clear all filters" not in text


def test_a_place_nobody_knows_is_a_400_that_keeps_what_was_typed(page):
    text = page("/search/?near=Qqqqqxyz", status=400)
    assert "We cannot find that place" in text
    assert 'value="Qqqqqxyz"' in Client().get("/search/?near=Qqqqqxyz").content.decode()


def test_an_empty_box_is_asked_for_again(page):
    assert "Enter a ZIP code or city." in page("/search/?near=&modality=iv", status=400)
    assert "Enter a ZIP code or city." in page("/search/?near=%20", status=400)


def test_a_state_alone_is_taken_as_the_state():
    response = Client().get("/search/?near=Colorado&modality=iv&radius=50")
    assert response.status_code == 302
    assert response["Location"] == "/search/?modality=iv&state=CO"
    build.clinic(modalities=("iv",))
    assert heading("/search/?modality=iv&state=CO") == "1 clinic in Colorado"


def test_a_bad_value_is_a_400_that_names_the_parameter_and_keeps_the_form(page):
    address = "/search/?near=80202&radius=0&modality=nasal&q=Plains"
    text = page(address, status=400)
    assert "There is a problem" in text
    assert "How far: A number of miles from 1 to 500." in text
    assert "Treatment: One of: Spravato (esketamine nose spray);" in text
    html = Client().get(address).content.decode()
    assert 'value="80202"' in html
    assert 'value="Plains"' in html


def test_an_unknown_parameter_is_ignored_and_not_carried_on():
    build.many([{}] * 25)
    response = Client().get(f"{DENVER}&utm_source=mail")
    assert response.status_code == 200
    assert "utm_source" not in response.content.decode()


def test_pages_are_turned_by_links_that_keep_the_whole_search(page):
    build.many([{}] * 45)
    assert "Showing 1 to 20." in page(DENVER)
    assert links(DENVER)["Next ›"] == "/search/?near=80202&page=2"
    second = links(f"{DENVER}&page=2")
    assert second["‹ Previous"] == "/search/?near=80202"
    assert "Showing 41 to 45." in page(f"{DENVER}&page=3")
    assert "There is nothing on page 4." in page(f"{DENVER}&page=4", status=404)


def test_a_search_by_name_alone_needs_no_place(page):
    build.many([{"name": "Lark Example Clinic"}, {"name": "Other"}])
    text = page("/search/?near=&q=lark")
    assert "1 clinic with that name" in text
    assert "Lark Example Clinic" in text


def test_it_asks_as_much_of_the_database_for_three_clinics_as_for_one(django_assert_max_num_queries):
    counts = []
    Client().get(DENVER)  # the banner is asked for once a minute
    for wishes in ([{}, {}], [{}, {}, {}, {}]):
        IndexRow.objects.all().delete()
        build.many(wishes)
        with django_assert_max_num_queries(12) as asked:
            Client().get(DENVER)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "value", ["' OR 1=1 --", "%", "_", "NEAR(", '"*"', "<script>alert(1)</script>", "x" * 10_000]
)
@pytest.mark.parametrize("name", ["near", "q", "modality", "radius", "page", "state", "order"])
def test_whatever_is_typed_is_answered_and_never_run(name, value):
    build.clinic()
    response = Client().get("/search/", {name: value})
    assert response.status_code in {200, 302, 400, 404}
    assert "<script>alert" not in response.content.decode()
