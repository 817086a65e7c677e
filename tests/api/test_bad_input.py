"""Whatever is sent, search answers 200 or 400, at once, and repeats nothing."""

import json
from urllib.parse import quote

import pytest

from api.rest import parameters
from tests import build
from tests.shared_data import shared

CLINICS = "/api/v1/clinics/"
NAMES = [parameter.name for parameter in parameters.SEARCH]

REFUSED = [
    ("near", "NaN,NaN"),
    ("near", "inf,-inf"),
    ("near", "91,0"),
    ("near", "0,181"),
    ("near", "1e400,0"),
    ("near", "--1,2"),
    ("near", "39,5,-104,9"),
    ("near", "00000"),
    ("near", "80202-"),
    ("near", "x" * 10_000),
    ("near", "Xyzzyqwx, CO"),
    ("radius", "NaN"),
    ("radius", "inf"),
    ("radius", "0"),
    ("radius", "-1"),
    ("radius", "1e9"),
    ("radius", "1e400"),
    ("radius", "abc"),
    ("radius", "10 miles"),
    ("radius", "9" * 10_000),
    ("page", "0"),
    ("page", "-1"),
    ("page", str(10**18)),
    ("page", "9" * 10_000),
    ("page", "abc"),
    ("page", "1.5"),
    ("page", "501"),
    ("page_size", "0"),
    ("page_size", "101"),
    ("page_size", "-5"),
    ("page_size", "ten"),
    ("modality", "nasal"),
    ("modality", "mailed"),
    ("insurance", "iv"),
    ("language", "xx"),
    ("age_group", "all"),
    ("access", "helipad"),
    ("psychotherapy", "perhaps"),
    ("accepting", "1e9"),
    ("state", "ZZ"),
    ("state", "Colorado!"),
    ("checked_since", "yesterday"),
    ("checked_since", "2026-13-01"),
    ("checked_since", "2026-02-30"),
    ("checked_since", "11/03/2026"),
    ("checked_since", "2026-11-03T00:00:00"),
    ("checked_since", "0000-01-01"),
    ("checked_since", "9" * 10_000),
    ("order", "unknown"),
    ("order", "clinic__referrals__patient"),
    ("order", "-distance"),
    ("q", "x" * 201),
    ("q", "x" * 10_000),
    ("format", "csv"),
]


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=lambda text: text[:20])
def test_a_bad_value_is_refused_by_name_and_not_repeated(search, gazetteer, name, value, holds_to):
    beside = {"near": "39.7,-105"} if name == "radius" else {}
    response = search(**{name: value}, **beside)
    body = response.json()
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [error["name"] for error in body["errors"]] == [name]
    if len(value) > 3:
        assert value not in response.content.decode()
    holds_to("Problem", body)


@pytest.mark.parametrize(
    "query",
    [
        "modalty=iv",
        "state[]=CO",
        "offset=20",
        "near%00=1",
        "__class__=1",
        "sort=referrals__patient__name",
        "=",
        "=1",
        "&".join(f"a{number}=1" for number in range(1_000)),
        "&".join(["modality=iv"] * 1_000),
    ],
    ids=lambda query: query[:20],
)
def test_a_parameter_it_does_not_know_is_refused(client, db, query, holds_to):
    response = client.get(f"{CLINICS}?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert len(response.content) < 10_000
    holds_to("Problem", response.json())


@pytest.mark.parametrize(
    "name",
    [
        "near",
        "radius",
        "q",
        "state",
        "checked_since",
        "order",
        "page",
        "page_size",
        "psychotherapy",
        "accepting",
        "format",
    ],
)
def test_a_parameter_that_may_be_sent_once_is_refused_twice(client, db, name):
    good = {"near": "39.7,-105", "radius": "5", "state": "CO", "order": "name", "page": "1", "page_size": "5"}
    value = good.get(name, "json" if name == "format" else "true")
    response = client.get(CLINICS, {"near": "39.7,-105", name: [value, value]})
    assert response.status_code == 400
    assert [error["name"] for error in response.json()["errors"]] == [name]


@pytest.mark.parametrize(
    "text",
    [
        "' OR 1=1--",
        '" OR ""="',
        "%",
        "_",
        "\\",
        "%%%_%",
        "*",
        '"NEAR(',
        "a AND b OR NOT c",
        ":*&|!",
        "'; DROP TABLE directory_clinic;--",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "../../etc/passwd",
        "\u202eabc",
        "a\u200b\u200d",
        "e" + "\u0301" * 150,
        "\U0001f4a9",
        "\ufffe",
        "\x1b[0m",
    ],
    ids=ascii,
)
def test_operators_in_a_name_are_only_text(search, text):
    build.clinic(name="Plain Example Clinic")
    response = search(q=text)
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert response.json()["count"] in (0, 1)
        assert len(text) < 4 or text not in response.content.decode()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "raw", ["%00", "a%00b", "%ff", "%ED%A0%80", "%ED%A0%80%ED%B0%80", "%C0%80", "%", "%zz", "%u0000"]
)
def test_bytes_that_are_no_text_are_answered(client, gazetteer, name, raw):
    response = client.get(f"{CLINICS}?{name}={raw}")
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert response["Content-Type"] == "application/problem+json"


def test_full_width_digits_are_digits(search, clinic, gazetteer):
    wide = "\uff18\uff10\uff12\uff10\uff12"
    assert search(near=wide).json()["count"] == 1
    assert search(near="80202", radius="\uff11\uff10").json()["count"] == 1
    assert search(page="\uff11").status_code == 200


def test_a_page_may_reach_ten_thousand_results_and_not_one_more(search, clinic):
    assert search(page="100", page_size="100").status_code == 200
    assert search(page="101", page_size="100").status_code == 400
    assert search(page="10000", page_size="1").status_code == 200
    assert search(page="10001", page_size="1").status_code == 400


def test_an_empty_value_is_no_value(search, clinic):
    assert search(**dict.fromkeys(set(NAMES) - {"format"}, "")).json()["count"] == 1


@pytest.mark.parametrize(
    "place", ["-14.27,-170.7", "89.9999,180", "-90,0", "0,-180", "71.29,-156.79", "52.9,173.1"]
)
def test_the_edges_of_the_map_are_places(search, clinic, place):
    assert search(near=place, radius="500").status_code == 200


@pytest.mark.once
def test_every_naughty_string_in_every_parameter_is_answered(client, gazetteer):
    strings = json.loads(shared("fuzz/blns.json").read_text())
    build.clinic()
    words = [name for name in NAMES if name not in ("near", "q")]
    for text in strings:
        raw = quote(text, errors="surrogatepass")
        for names in (["near"], ["q"], ["format"], words):
            response = client.get(CLINICS + "?" + "&".join(f"{name}={raw}" for name in names))
            assert response.status_code in (200, 400), (names, text)
            if response.status_code == 400 and len(text) > 12:
                assert text not in response.content.decode(), (names, text)


def test_several_wrongs_are_all_named_at_once(search):
    body = search(radius="0", near="39.7,-105", page="x", modality="y").json()
    assert {error["name"] for error in body["errors"]} == {"radius", "page", "modality"}
