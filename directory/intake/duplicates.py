"""Is this clinic known already? By NPI with address, by phone, by address, by a like name nearby.

A match that is exact needs no person: the row says what we have. Any other is a question for one.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import Q, TextChoices

from directory import geo
from directory.gazetteer.keys import words
from directory.index import name_key
from directory.models import Clinic, Place
from directory.models.clinic import ClinicQuerySet

if TYPE_CHECKING:
    from directory.intake.candidate import Candidate

NEARBY_MILES: Final = 1.0
ALIKE: Final = 0.75
"""The least share of common letter groups of two names that are alike."""

MOST_MATCHES: Final = 10
_BATCH: Final = 500
_CELLS_PER_DEGREE: Final = 20
"""A cell is more than a mile wide up to 72 degrees north, beyond every town of Alaska."""

_SHORT: Final = {
    "street": "st", "avenue": "ave", "boulevard": "blvd", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct",
    "parkway": "pkwy", "highway": "hwy", "place": "pl", "square": "sq", "terrace": "ter", "circle": "cir",
    "suite": "ste", "unit": "ste", "no": "ste", "room": "rm", "floor": "fl", "building": "bldg",
    "north": "n", "south": "s", "east": "e", "west": "w",
    "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw",
}  # fmt: skip
"""Usual abbreviations of addresses: USPS Publication 28, appendices C1 and C2 (https://pe.usps.com/text/pub28/)."""

_SAYS_LITTLE: Final = frozenset(
    "llc llp pllc inc corp co pc pa pl ltd company the of and at for a clinic clinics center centers centre"
    " ketamine esketamine spravato health healthcare medical medicine wellness care services group".split()
)
"""Words that so many names share that they tell none apart."""


class Why(TextChoices):
    """What two clinics have in common."""

    NPI_AND_ADDRESS = "npi-and-address", "the same NPI and address"
    NAME_AND_ADDRESS = "name-and-address", "the same name and address"
    ADDRESS = "address", "the same address"
    PHONE = "phone", "the same phone number"
    NAME_NEARBY = "name-nearby", "a similar name within a mile or in the same ZIP code"


SCORES: Final[dict[str, int]] = {
    Why.NPI_AND_ADDRESS: 100,
    Why.NAME_AND_ADDRESS: 100,
    Why.ADDRESS: 80,
    Why.PHONE: 80,
    Why.NAME_NEARBY: 60,
}
EXACT: Final = 100


@dataclass(frozen=True)
class Match:
    """A clinic that may be the same. `why` holds what they have in common; `score` is 100 if it is the same one."""

    clinic_id: int
    why: tuple[Why, ...]

    @property
    def score(self) -> int:
        return max(SCORES[why] for why in self.why)

    @property
    def exact(self) -> bool:
        return self.score == EXACT

    @property
    def reasons(self) -> str:
        """ "the same address and the same phone number"."""
        return " and ".join(str(why.label) for why in self.why)


class _Row(NamedTuple):
    """A clinic as it is stored."""

    clinic_id: int
    npi: str
    name: str
    line1: str
    line2: str
    city: str
    zip: str
    phone: str
    latitude: float | None
    longitude: float | None


class _Known(NamedTuple):
    """A clinic as it is compared."""

    clinic_id: int
    npi: str
    name: str
    telling: frozenset[str]
    groups: frozenset[str]
    address: str
    phone: str
    zip: str
    point: tuple[float, float] | None


def of(values: "Candidate") -> list[Match]:
    """The clinics that a candidate may be, the likest first, ten at most. Two statements."""
    return Register.around([values]).matches(values)


class Register:
    """Clinics as they are compared. It can be asked about a whole file, and takes up what the file adds."""

    def __init__(self, clinics: ClinicQuerySet | None = None) -> None:
        self._by_phone: dict[str, list[_Known]] = defaultdict(list)
        self._by_address: dict[str, list[_Known]] = defaultdict(list)
        self._by_zip: dict[str, list[_Known]] = defaultdict(list)
        self._by_cell: dict[tuple[int, int], list[_Known]] = defaultdict(list)
        self._points: dict[str, tuple[float, float] | None] = {}
        columns = "pk organization__npi name line1 line2 city zip phone latitude longitude".split()
        for row in clinics.values_list(*columns).iterator() if clinics is not None else ():
            self._keep(_known(_Row(*row)))

    @classmethod
    def everything(cls) -> "Register":
        """Every clinic of the directory, also closed ones and merged candidates: about 500 bytes each."""
        return cls(Clinic.objects.all())

    @classmethod
    def at_their_addresses(cls, wanted: "Iterable[Candidate]") -> "Register":
        """The clinics that could be exactly any of some candidates. One statement."""
        zips = {one.zip for one in wanted}
        register = cls(Clinic.objects.filter(zip__in=zips))
        register._points.update(
            dict.fromkeys(zips)
        )  # an exact match has the same address, whatever its point
        return register

    @classmethod
    def around(cls, wanted: "Iterable[Candidate]") -> "Register":
        """The clinics that could match any of a few candidates (200 at most). Two statements."""
        listed = list(wanted)
        zips = {one.zip for one in listed}
        near = Q(zip__in=zips) | Q(phone__in={one.phone for one in listed})
        points = _points_of(zips)
        for point in points.values():
            near |= _in_a_box(point)
        register = cls(Clinic.objects.filter(near))
        register._points.update({**dict.fromkeys(zips), **points})
        return register

    def add(self, values: "Candidate", clinic_id: int) -> None:
        """Take up a candidate that was or will be kept, under a number of the caller's."""
        self._keep(self._as_known(values, clinic_id))

    def matches(self, values: "Candidate") -> list[Match]:
        """The clinics that `values` may be, the likest first, ten at most."""
        one = self._as_known(values, 0)
        found: dict[int, list[Why]] = {}
        for other in self._candidates_for(one):
            if why := list(_common(one, other)):
                found[other.clinic_id] = why
        matches = [Match(clinic_id, tuple(why)) for clinic_id, why in found.items()]
        return sorted(matches, key=lambda match: (-match.score, match.clinic_id))[:MOST_MATCHES]

    def exactly(self, values: "Candidate") -> int | None:
        """The clinic that `values` is beyond doubt, if there is one."""
        return next((match.clinic_id for match in self.matches(values) if match.exact), None)

    def learn_points(self, codes: Iterable[str]) -> None:
        """Look up the middles of many ZIP codes at once, in place of one statement for each."""
        wanted = list(set(codes) - set(self._points))
        for start in range(0, len(wanted), _BATCH):
            some = wanted[start : start + _BATCH]
            self._points.update({**dict.fromkeys(some), **_points_of(some)})

    def _keep(self, known: _Known) -> None:
        self._by_address[known.address].append(known)
        self._by_zip[known.zip].append(known)
        if known.phone:
            self._by_phone[known.phone].append(known)
        if known.point:
            self._by_cell[_cell(*known.point)].append(known)

    def _as_known(self, values: "Candidate", clinic_id: int) -> _Known:
        row = _Row(
            clinic_id,
            values.organization_npi,
            values.name,
            values.line1,
            values.line2,
            values.city,
            values.zip,
            values.phone,
            *(self._point(values.zip) or (None, None)),
        )
        return _known(row)

    def _point(self, code: str) -> tuple[float, float] | None:
        if code not in self._points:
            self._points[code] = _points_of([code]).get(code)
        return self._points[code]

    def _candidates_for(self, one: _Known) -> Iterator[_Known]:
        yield from self._by_address[one.address]
        yield from self._by_phone.get(one.phone, ())
        yield from self._by_zip[one.zip]
        if one.point:
            row, column = _cell(*one.point)
            for near in ((row + up, column + right) for up in (-1, 0, 1) for right in (-1, 0, 1)):
                yield from self._by_cell.get(near, ())


def _points_of(codes: Iterable[str]) -> dict[str, tuple[float, float]]:
    places = Place.objects.filter(kind=Place.Kind.ZIP, key__in=list(codes), latitude__isnull=False)
    return {place.key: place.point for place in places if place.point}


def _in_a_box(point: tuple[float, float]) -> Q:
    latitude, longitude = point
    reach = math.degrees(NEARBY_MILES / geo.EARTH_RADIUS_MILES)
    width = reach / max(math.cos(math.radians(latitude)), 0.1)
    return Q(
        latitude__range=(latitude - reach, latitude + reach),
        longitude__range=(longitude - width, longitude + width),
    )


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return math.floor(latitude * _CELLS_PER_DEGREE), math.floor(longitude * _CELLS_PER_DEGREE)


def _known(row: _Row) -> _Known:
    telling = telling_words(row.name, row.city)
    point = None if row.latitude is None or row.longitude is None else (row.latitude, row.longitude)
    return _Known(
        clinic_id=row.clinic_id,
        npi=row.npi,
        name=name_key(row.name),
        telling=telling,
        groups=_groups(telling),
        address=address_key(row.line1, row.line2, row.zip),
        phone=row.phone,
        zip=row.zip,
        point=point,
    )


def _common(one: _Known, other: _Known) -> Iterator[Why]:
    same_address = one.address == other.address
    if same_address and one.npi and one.npi == other.npi:
        yield Why.NPI_AND_ADDRESS
    elif same_address and one.name == other.name and not (one.npi and other.npi):
        yield Why.NAME_AND_ADDRESS
    elif same_address:
        yield Why.ADDRESS
    if one.phone and one.phone == other.phone:
        yield Why.PHONE
    if not same_address and _nearby(one, other) and _alike(one, other):
        yield Why.NAME_NEARBY


def _nearby(one: _Known, other: _Known) -> bool:
    if one.zip == other.zip:
        return True
    if not one.point or not other.point:
        return False
    return geo.distance_miles(*one.point, *other.point) <= NEARBY_MILES


def _alike(one: _Known, other: _Known) -> bool:
    """All telling words of the shorter name stand in the other, or most groups of letters are the same."""
    if one.telling <= other.telling or other.telling <= one.telling:
        return True
    return 2 * len(one.groups & other.groups) >= ALIKE * (len(one.groups) + len(other.groups))


def address_key(line1: str, line2: str, code: str) -> str:
    """One spelling for an address: "12 N. Main Street, Suite 4" and "12 North Main St #4" have the same key."""
    text = f"{line1} {line2}".replace("#", " ste ")
    short = [_SHORT.get(word, word) for word in words(text)]
    kept = [word for place, word in enumerate(short) if word != "ste" or short[place - 1 : place] != ["ste"]]
    return " ".join([*kept, code])


def telling_words(name: str, city: str) -> frozenset[str]:
    """The words of a name that tell it apart in its town; all of them where none does."""
    every = frozenset(words(name)) or frozenset([name.casefold()])
    return every - _SAYS_LITTLE - frozenset(words(city)) or every


def _groups(name: frozenset[str]) -> frozenset[str]:
    """Every three letters in a row, with the ends of words marked."""
    padded = [f" {word} " for word in name]
    return frozenset(word[at : at + 3] for word in padded for at in range(len(word) - 2))
