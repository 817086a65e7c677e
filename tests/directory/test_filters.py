"""Every search a visitor or a program may send is read, or answered with what is wrong: never an error of ours."""

import json
import random
from urllib.parse import quote, urlencode

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory import search
from directory.filters import NAMES, BadParameters, SearchFilterSet, parse
from directory.search import Query
from directory.states import STATES
from tests import build
from tests.shared_data import shared

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]


def read(text: str, *, strict: bool = True) -> Query:
    return parse(QueryDict(text), strict=strict)


def wrong(text: str | QueryDict, *, strict: bool = True) -> dict[str, str]:
    params = QueryDict(text) if isinstance(text, str) else text
    with pytest.raises(BadParameters) as caught:
        parse(params, strict=strict)
    return caught.value.errors


def holding(name: str, *values: str) -> QueryDict:
    """Parameters that no address can hold, but a caller in the process can."""
    params = QueryDict(mutable=True)
    params.setlist(name, values)
    return params


def test_it_reads_every_parameter_of_the_contract():
    query = read(
        "near=80202&radius=12.5&modality=iv&modality=esketamine&insurance=medicaid&language=es&age_group=adult"
        "&access=evening&access=step-free&psychotherapy=true&accepting=true&q=plains&state=co&order=checked"
        "&page=3&page_size=50"
    )
    assert query.spot.label == "Denver, CO 80202"
    assert query.radius == 12.5
    assert query.modality == ("esketamine", "iv")
    assert (query.insurance, query.language, query.age_group) == (("medicaid",), ("es",), ("adult",))
    assert query.access == ("step-free", "evening")
    assert query.psychotherapy is query.accepting is True
    assert (query.q, query.state, query.order, query.page, query.page_size) == (
        "plains",
        "CO",
        "checked",
        3,
        50,
    )


def test_nothing_asked_is_everything_by_name():
    assert read("") == Query(order="name")
    assert read("near=&radius=&modality=&q=&state=&page=") == Query(order="name")


def test_the_nearest_come_first_when_a_place_is_named_and_the_name_when_none_is():
    assert read("near=80202").order == "distance"
    assert read("state=CO").order == "name"
    assert read("order=distance").order == "name"
    assert read("near=80202&order=name").order == "name"


def test_the_same_question_in_another_order_is_the_same_query():
    assert read("modality=iv&modality=im&modality=iv") == read("modality=im&modality=iv")


@pytest.mark.parametrize("state", sorted(STATES))
def test_every_state_and_territory_can_be_named_in_any_case(state):
    assert read(f"state={state.lower()}").state == state


def test_a_state_alone_as_the_place_is_a_filter():
    query = read("near=colorado")
    assert (query.spot, query.state) == (None, "CO")
    assert read("near=OR").state == "OR"
    assert read("near=CO&state=co").state == "CO"
    assert "state" in wrong("near=CO&state=UT")


def test_full_width_digits_are_digits():
    query = read(
        urlencode({"near": "８０２０２", "radius": "１０", "page": "２", "page_size": "５", "state": "ｃｏ"})
    )
    assert query.spot.near == "80202"
    assert (query.radius, query.page, query.page_size, query.state) == (10, 2, 5, "CO")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            ("radius", value)
            for value in ("0", "-1", "0.99", "500.1", "1e9", "NaN", "inf", "1e400", "--1", "1,5")
        ],
        *[("radius", value) for value in ("1_0", "0x10", "abc", "9" * 400, "٣", "½", "+5", "25 miles")],
        *[
            ("page", value)
            for value in ("0", "-1", "1e18", "1000000000000000000", "abc", "1.5", "501", "9" * 5000)
        ],
        *[("page_size", value) for value in ("0", "101", "-20", "many", "1_0")],
        *[("modality", value) for value in ("psilocybin", "IV", "iv,im", "iv'--", "0")],
        *[("insurance", "gold"), ("language", "xx"), ("age_group", "child"), ("access", "pool")],
        *[("psychotherapy", value) for value in ("false", "1", "yes", "TRUE ")],
        *[("accepting", "false"), ("order", "referrals__patient__name"), ("order", "-distance")],
        *[("state", value) for value in ("ZZ", "Colorado", "AE", "C")],
        *[
            ("near", value)
            for value in ("00000", "91,0", "0,181", "nan,nan", "1e400,0", "10115 Berlin", "x" * 10_000)
        ],
        ("q", "x" * 201),
        ("q", "x" * 10_000),
    ],
)
def test_a_bad_value_is_named_by_its_parameter_and_never_repeated(name, value):
    for strict in (True, False):
        errors = wrong(urlencode({name: value}), strict=strict)
        assert list(errors) == [name]
        assert errors[name]
        if len(value) > 6:
            assert value not in errors[name]


def test_the_longest_name_to_look_for_is_two_hundred_characters():
    assert read("q=" + "x" * 200).q == "x" * 200


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "x\udfffy"])
def test_what_no_database_takes_is_refused_in_every_parameter(name, text):
    assert list(wrong(holding(name, text))) == [name]
    assert list(wrong(holding(name, text), strict=False)) == [name]


def test_broken_utf8_in_an_address_is_read_as_text_or_refused():
    assert read("q=%ff%fe").q
    assert "near" in wrong("near=%ff%fe%ed%a0%80")


@pytest.mark.parametrize(
    "name", ["near", "radius", "q", "state", "order", "page", "page_size", "psychotherapy"]
)
def test_a_parameter_with_one_value_is_given_once(name):
    for strict in (True, False):
        assert list(wrong(f"{name}=1&{name}=1", strict=strict)) == [name]


def test_twenty_values_are_the_most():
    assert read("&".join(["modality=iv"] * 20)).modality == ("iv",)
    assert list(wrong("&".join(["modality=iv"] * 21))) == ["modality"]


def test_an_unknown_parameter_is_refused_to_programs_and_ignored_on_the_page():
    assert list(wrong("colour=red&near=80202")) == ["colour"]
    assert read("colour=red&near=80202", strict=False).spot
    assert list(wrong("state[]=CO")) == ["state[]"]


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "\ud800", "<script>", "a b", "", "👾"])
def test_an_unknown_name_is_not_repeated_unless_it_looks_like_one(name):
    errors = wrong(holding(name, "1"))
    assert list(errors) == ["unknown"]
    json.dumps(errors).encode()


def test_everything_that_is_wrong_is_said_at_once():
    assert set(wrong("radius=0&modality=x&page=0&near=00000&nope=1")) == {
        "radius",
        "modality",
        "page",
        "near",
        "nope",
    }


def test_no_search_goes_deeper_than_ten_thousand_results():
    assert read("page=100&page_size=100").page == 100
    assert list(wrong("page=101&page_size=100")) == ["page"]
    assert read("page=500").page == 500


def test_an_ambiguous_place_gives_choices_and_each_choice_finds_one_place():
    with pytest.raises(BadParameters) as caught:
        read("near=Springfield")
    choices = caught.value.choices
    assert list(caught.value.errors) == ["near"]
    assert {"Springfield, MO", "Springfield, MA", "Springfield, IL"} <= {choice.label for choice in choices}
    for choice in choices:
        assert read(urlencode({"near": choice.near})).spot.label == choice.label


def test_two_portlands_are_two_places():
    oregon, maine = read("near=Portland, OR").spot, read("near=Portland, ME").spot
    assert oregon.longitude < -122 < -71 < maine.longitude


def test_its_form_draws_every_choice_of_the_page():
    form = SearchFilterSet(QueryDict("modality=iv"), queryset=build.Clinic.objects.none()).form
    assert {field.name for field in form} == NAMES
    assert 'value="iv"' in str(form["modality"])


def answered(text: str, *, strict: bool) -> None:
    """Read and searched, or refused with an answer that can be sent."""
    try:
        query = parse(QueryDict(text), strict=strict)
    except BadParameters as bad:
        json.dumps([bad.errors, [(choice.label, choice.near) for choice in bad.choices]]).encode()
    else:
        search.find(query)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(NAMES)) | st.text(max_size=8),
            st.text(max_size=30) | st.from_regex(r"[0-9.,+e-]{1,12}", fullmatch=True) | st.floats().map(str),
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_any_text_in_any_parameter_is_answered(pairs, strict):
    answered(urlencode(pairs, errors="surrogatepass"), strict=strict)


def test_the_big_list_of_naughty_strings_is_answered():
    for text in json.loads(shared("fuzz/blns.json").read_text()):
        for name in ("q", "near", random.Random(text).choice(sorted(NAMES))):
            answered(f"{name}={quote(text, errors='surrogatepass')}", strict=True)
