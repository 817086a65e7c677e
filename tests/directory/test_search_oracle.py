"""Two thousand random searches give what a walk over every clinic gives: ids, order, totals, every facet count.

The answer beside it is made without the index and without SQL: geopy's great circle to every clinic, and the wishes
the clinics were built from. The clinics lie in every state and territory, on both sides of the date line, in the far
north and on one another's spot; some lapse after the index was written, at instants that no writer marks.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from geopy.distance import great_circle

from directory import filters, search
from directory.facts import HOLDS_FOR
from directory.models import Clinic, Place
from directory.states import STATES
from directory.vocabulary import REQUIRED_FACTS, Access, AgeGroup, Fact, Insurance, Language, Modality
from outbox import clock
from tests import build

SEED = 20261124
SEARCHES = 2_000
BUILT = datetime(2026, 11, 20, 9, tzinfo=UTC)
# Searches take place at these instants. Nothing is written after the first.
INSTANTS = [BUILT, BUILT + timedelta(hours=3), BUILT + timedelta(days=4), BUILT + timedelta(days=35)]
LAPSES = [
    INSTANTS[1],
    INSTANTS[1] + timedelta(milliseconds=1),
    INSTANTS[2] - timedelta(milliseconds=1),
    INSTANTS[3],
]
FAR_OUT = [
    (51.88, -176.65),  # Adak, the Aleutians east of 180°
    (52.72, 174.11),  # Attu, west of it
    (51.95, 179.53),
    (51.87, -179.98),
    (13.47, 144.79),  # Guam
    (-14.28, -170.70),  # American Samoa
    (71.29, -156.79),  # Utqiagvik
    (15.19, 145.75),  # Saipan
]
METROS = [(40.75, -73.99), (34.05, -118.25), (41.88, -87.63), (39.74, -104.99), (25.77, -80.19)]
NAMES = [
    ("Northern Light", "northern light"),
    ("Ñandú", "nandu"),
    ("St. Mary's", "st marys"),
    ("Zürich & Sons", "zurich sons"),
]
GROUPS = {
    "modality": Modality,
    "insurance": Insurance,
    "language": Language,
    "age_group": AgeGroup,
    "access": Access,
}

# What a visitor may type for a name, and the words that the key of a fitting name holds.
WORDS_OF = {
    "": [],
    "ñandu": ["nandu"],
    "NORTH light": ["north", "light"],
    "1": ["1"],
    "mary's": ["marys"],
    "%": ["%"],
    "son zur": ["son", "zur"],
}


@dataclass
class Truth:
    """A clinic as the oracle knows it: what was wished for, and nothing that the site computed from it."""

    at: tuple[float, float]
    key: str
    wish: dict
    checked_at: datetime
    ends: list[datetime]
    rems_ends: datetime
    said_ends: datetime
    therapies: set[str]
    words: dict[str, set[str]]
    never_shown: bool = False
    pk: int = 0
    slug: str = ""
    now: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def groups_at(self, at: datetime) -> dict[str, set[str]] | None:
        """Every facet value it has at an instant, or None if it is not shown then."""
        routes = {route for route in self.words["modality"] if route != "esketamine" or at < self.rems_ends}
        if self.never_shown or not routes or any(at >= end for end in self.ends):
            return None
        flags = {
            "psychotherapy": {"true"} if self.therapies & routes else set(),
            "accepting": {"true"} if at < self.said_ends else set(),
        }
        return {**self.words, "modality": routes, **flags}


def some(chance: random.Random, vocabulary, share: float) -> list[str]:
    return [word for word in vocabulary.values if chance.random() < share]


def a_clinic(number: int, chance: random.Random, points: list[tuple[tuple[float, float], str]]) -> Truth:
    point, state = chance.choice(points)
    name, key = chance.choice(NAMES)
    modalities = some(chance, Modality, 0.4) or ["esketamine"]
    words = {
        "modality": set(modalities),
        "insurance": set(some(chance, Insurance, 0.4)),
        "language": set(some(chance, Language, 0.2)),
        "age_group": set(some(chance, AgeGroup, 0.6)),
        "access": set(some(chance, Access, 0.5)),
    }
    therapies = [modality for modality in modalities if chance.random() < 0.3]
    license_ends = chance.choice(LAPSES) if chance.random() < 0.25 else BUILT + timedelta(days=400)
    rems_ends = chance.choice(LAPSES) if chance.random() < 0.25 else BUILT + timedelta(days=400)
    checked_at = BUILT - timedelta(minutes=chance.randrange(1, 80 * 24 * 60))
    said_at = BUILT - timedelta(days=chance.randrange(0, 40))
    accepting = chance.choice([True, True, False, None])
    fails = [fact for fact in REQUIRED_FACTS if chance.random() < 0.02]
    rems_fails = chance.random() < 0.1
    status = chance.choices(["listed", "candidate", "suspended"], [18, 1, 1])[0]
    wish = {
        "at": point,
        "name": f"{name} {number}",
        "state": state,
        "modalities": modalities,
        "psychotherapy": therapies,
        "checked_at": checked_at,
        "license_ends": license_ends,
        "lapses": {Fact.REMS: rems_ends},
        "fails": [*fails, Fact.REMS] if rems_fails else fails,
        "status": status,
        "status_reason": "under-review" if status == "suspended" else "",
        "paused_until": chance.choice([None, LAPSES[0]]),
        "accepting_new_patients": accepting,
        "accepting_stated_at": None if accepting is None else said_at,
        "insurance": sorted(words["insurance"]),
        "languages": sorted(words["language"]),
        "age_groups": sorted(words["age_group"]),
        "access": sorted(words["access"]),
    }
    grace = timedelta(days=30)
    old = [checked_at + HOLDS_FOR[fact] + grace for fact in REQUIRED_FACTS]
    return Truth(
        at=point,
        key=f"{key} {number}",
        wish=wish,
        checked_at=checked_at,
        ends=[license_ends, *old],
        rems_ends=BUILT if rems_fails else min(rems_ends, checked_at + HOLDS_FOR[Fact.REMS] + grace),
        said_ends=said_at + grace if accepting else BUILT - grace,
        therapies=set(therapies),
        words=words,
        never_shown=bool(fails) or status != "listed",
    )


def a_directory(chance: random.Random, clinics: int) -> list[Truth]:
    """Clinics at ZIP centroids of every state and territory, in crowded cities, and far out; many share a spot."""
    zips = zips_of_every_state()
    by_state = {
        state: [(place.latitude, place.longitude) for place in zips if place.state == state]
        for state in STATES
    }
    points = [(chance.choice(by_state[state]), state) for state in STATES for _ in range(3)]
    for latitude, longitude in METROS:
        near = [(latitude + chance.gauss(0, 0.3), longitude + chance.gauss(0, 0.3)) for _ in range(30)]
        points += [(point, "NY") for point in near]
    points += [(point, "AK") for point in FAR_OUT for _ in range(2)]
    truths = [a_clinic(number, chance, points) for number in range(clinics)]
    for truth, clinic in zip(truths, build.many(truth.wish for truth in truths), strict=True):
        truth.pk, truth.slug = clinic.pk, clinic.slug
    return truths


def a_search(chance: random.Random, zips: list[Place]) -> dict[str, str | list[str]]:
    """The parameters of one search, as a visitor's address bar would hold them."""
    asked: dict[str, str | list[str]] = a_place(chance, zips)
    for group, vocabulary in GROUPS.items():
        if chance.random() < 0.18:
            asked[group] = chance.sample(vocabulary.values, chance.choice([1, 1, 2]))
    asked |= {flag: "true" for flag in ("psychotherapy", "accepting") if chance.random() < 0.15}
    if chance.random() < 0.1:
        asked["q"] = chance.choice(list(WORDS_OF))
    if chance.random() < (0.1 if "near" in asked else 0.6):
        asked["state"] = chance.choice(["ny", "CO", *STATES])
    if chance.random() < 0.05:
        asked["checked_since"] = (BUILT - timedelta(days=chance.randrange(0, 80))).date().isoformat()
    asked["order"] = chance.choice(["distance", "distance", "name", "checked"])
    asked["page"] = str(chance.choice([1, 1, 1, 2, 3, 7]))
    asked["page_size"] = str(chance.choice([1, 3, 20, 20, 20, 50]))
    return asked


def a_place(chance: random.Random, zips: list[Place]) -> dict[str, str]:
    """A ZIP code, a point near a crowded city or an island, a point anywhere on the earth, or none."""
    radius = f"{chance.choice([chance.uniform(1, 30), chance.uniform(1, 500), 500]):.3f}"
    kind = chance.random()
    if kind < 0.45:
        return {"near": chance.choice(zips).zip, "radius": radius}
    if kind < 0.85:
        latitude, longitude = chance.choice(METROS + FAR_OUT)
        latitude, longitude = latitude + chance.gauss(0, 0.5), longitude + chance.uniform(-0.01, 0.01)
        return {"near": f"{latitude:.6f},{longitude:.6f}", "radius": radius}
    if kind < 0.92:
        return {"near": f"{chance.uniform(-90, 90):.6f},{chance.uniform(-180, 180):.6f}", "radius": radius}
    return {}


def expected(truths: list[Truth], query: search.Query, asked: dict, at: datetime):
    """What fits, in order and with miles, and the facets: by looking at every clinic."""
    near = [
        (truth, miles, failed_groups(truth.now[at], asked))
        for truth, miles in standing(truths, query, at)
        if miles is None or miles <= query.radius
    ]
    facets = {group: Counter() for group in (*GROUPS, "psychotherapy", "accepting")}
    for truth, _, failed in near:
        for group, counter in facets.items():
            if not failed - {group}:
                counter.update(truth.now[at][group])
    fitting = [(truth, miles) for truth, miles, failed in near if not failed]
    return sorted(fitting, key=ORDERS[query.order]), facets


ORDERS = {
    "distance": lambda hit: (hit[1], hit[0].pk),
    "name": lambda hit: (hit[0].key, hit[0].pk),
    "checked": lambda hit: (-hit[0].checked_at.timestamp(), hit[0].pk),
}


def standing(truths: list[Truth], query: search.Query, at: datetime):
    """Every clinic that is shown at an instant, in the state and with the name that were asked for, and its miles."""
    centre = (query.spot.latitude, query.spot.longitude) if query.spot else None
    for truth in truths:
        if truth.now[at] is None or query.state not in {"", truth.wish["state"]}:
            continue
        if query.checked_since and truth.checked_at.date() < query.checked_since:
            continue
        if all(word in truth.key for word in WORDS_OF.get(query.q, [])):
            yield truth, great_circle(centre, truth.at).miles if centre else None


def failed_groups(groups: dict[str, set[str]], asked: dict) -> set[str]:
    """The groups whose filter a clinic does not pass."""
    failed = {group for group in GROUPS if group in asked and not groups[group] & set(asked[group])}
    if "access" in asked and not set(asked["access"]) <= groups["access"]:
        failed.add("access")
    return failed | {flag for flag in ("psychotherapy", "accepting") if flag in asked and not groups[flag]}


def assert_equal(found: search.Found, query: search.Query, fitting, facets, at: datetime) -> None:
    assert found.count == len(fitting)
    start = (query.page - 1) * query.page_size
    page = fitting[start : start + query.page_size]
    assert [hit.document["id"] for hit in found.results] == [truth.pk for truth, _ in page]
    for hit, (truth, miles) in zip(found.results, page, strict=True):
        assert hit.distance_miles == (None if miles is None else pytest.approx(miles, abs=1e-6))
        assert set(hit.document["modalities"]) == truth.now[at]["modality"]
        assert (hit.document["accepting_new_patients"] is True) == bool(truth.now[at]["accepting"])
    for group, counts in found.facets.items():
        assert {slug: number for slug, number in counts.items() if number} == dict(facets[group]), group


def zips_of_every_state() -> list[Place]:
    return list(Place.objects.filter(kind="zip", state__in=STATES, latitude__isnull=False).order_by("pk"))


@pytest.mark.django_db
def test_two_thousand_random_searches_equal_a_walk_over_every_clinic(gazetteer):
    chance = random.Random(SEED)
    with clock.frozen(BUILT):
        truths = a_directory(chance, clinics=400)
    for truth in truths:
        truth.now = {at: truth.groups_at(at) for at in INSTANTS}
    zips = zips_of_every_state()
    equal = answered = 0
    for number in range(SEARCHES):
        at, asked = chance.choices(INSTANTS, [4, 3, 3, 1])[0], a_search(chance, zips)
        query = filters.parse(QueryDict(urlencode(asked, doseq=True)), strict=True)
        with clock.frozen(at):
            found = search.find(query)
        fitting, facets = expected(truths, query, asked, at)
        try:
            assert_equal(found, query, fitting, facets, at)
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}, search {number} at {at}: {asked}") from error
        equal += 1
        answered += bool(fitting)
    shown = {at: sum(truth.now[at] is not None for truth in truths) for at in INSTANTS}
    said = f"seed {SEED}: {equal} of {SEARCHES} equal, {answered} of them not empty; shown {list(shown.values())}"
    print(said)  # noqa: T201
    assert answered > 0.45 * SEARCHES
    assert len(set(shown.values())) == len(INSTANTS), "the instants should differ, or lapses were not tried"
    assert Clinic.objects.count() == len(truths)
