"""The List of Excluded Individuals and Entities of the HHS Office of Inspector General.

https://oig.hhs.gov/exclusions/exclusions_list.asp: a full list each month, which replaces the one before; and
supplements of the month's exclusions ("2607excl.csv") and reinstatements ("2607rein.csv") in the same 18 columns. Who
is reinstated vanishes from the next full list. Rows have no number, and some stand there twice.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from directory import names
from directory.models import LeieEntry, RegistryFile
from directory.registries import fields
from directory.registries.files import Unreadable
from directory.registries.shape import Column, Combined, Registry
from directory.registries.staging import Staged

HEADER: Final = (
    "LASTNAME,FIRSTNAME,MIDNAME,BUSNAME,GENERAL,SPECIALTY,UPIN,NPI,DOB,ADDRESS,CITY,STATE,ZIP,"
    "EXCLTYPE,EXCLDATE,REINDATE,WAIVERDATE,WVRSTATE"
).split(",")

FULL: Final = "leie"
SUPPLEMENTS: Final = {"excl": "leie-excl", "rein": "leie-rein"}

_OF_THE_ROW: Final = tuple((name,) for name in HEADER if name not in {"REINDATE", "WAIVERDATE", "WVRSTATE"})
"""What makes an entry that entry, whatever is decided about it later."""

_UNKNOWN: Final = "0000000000"
_day = fields.day("%Y%m%d")


def _npi(text: str) -> str:
    """Ten zeros mean that it is not known. What is no number at all must not cost us the row: its name still counts."""
    return "" if text == _UNKNOWN or not re.fullmatch("[0-9]{10}", text) else text


def _birthday(text: str) -> date | None:
    """Nothing rests on it, so one that cannot be read is none."""
    try:
        return _day(text)
    except ValueError:
        return None


def _key(cells: tuple[str, ...]) -> str:
    return fields.digest(tuple(cell.strip() for cell in cells))


def _person_key(cells: tuple[str, ...]) -> str:
    return names.person_key(*cells)


def _business_key(cells: tuple[str, ...]) -> str:
    return names.business_key(cells[0])


COLUMNS: Final[tuple[Column | Combined, ...]] = (
    Combined("key", _OF_THE_ROW, _key),
    Column("last_name", ("LASTNAME",)),
    Column("first_name", ("FIRSTNAME",)),
    Column("middle_name", ("MIDNAME",)),
    Column("business_name", ("BUSNAME",)),
    Column("general", ("GENERAL",)),
    Column("specialty", ("SPECIALTY",)),
    Column("npi", ("NPI",), parse=_npi),
    Column("born_on", ("DOB",), parse=_birthday),
    Column("line1", ("ADDRESS",)),
    Column("city", ("CITY",)),
    Column("state", ("STATE",)),
    Column("zip", ("ZIP",)),
    Column("exclusion_type", ("EXCLTYPE",)),
    Column("excluded_on", ("EXCLDATE",), parse=_day),
    Column("reinstated_on", ("REINDATE",), parse=_day),
    Column("waived_on", ("WAIVERDATE",), parse=_day),
    Column("waiver_state", ("WVRSTATE",)),
    Combined("person_key", (("LASTNAME",), ("FIRSTNAME",)), _person_key),
    Combined("business_key", (("BUSNAME",),), _business_key),
)


def _reinstate(staged: Staged) -> None:
    """Lift the entries that a supplement names with an address that has changed since.

    An exclusion is the same if name, birthday, kind and day are, and no other NPI stands there.
    """
    lifted: dict[tuple[object, ...], list[LeieEntry]] = defaultdict(list)
    for row in LeieEntry.objects.filter(reinstated_on__isnull=False):
        lifted[_exclusion(row)].append(row)
    for entry in _standing([row for rows in lifted.values() for row in rows]):
        for row in lifted.get(_exclusion(entry), ()):
            if entry.npi in ("", row.npi):
                LeieEntry.objects.filter(pk=entry.pk).update(reinstated_on=row.reinstated_on)


def _exclusion(entry: LeieEntry) -> tuple[object, ...]:
    who = (entry.person_key, entry.business_key, entry.born_on)
    return (*who, entry.exclusion_type, entry.excluded_on)


def _standing(rows: list[LeieEntry]) -> Iterator[LeieEntry]:
    """Entries that nothing has lifted, of the names in `rows`."""
    standing = LeieEntry.objects.filter(reinstated_on__isnull=True)
    for key in ("person_key", "business_key"):
        wanted = sorted({getattr(row, key) for row in rows} - {""})
        for start in range(0, len(wanted), 500):
            yield from standing.filter(**{f"{key}__in": wanted[start : start + 500]})


def registry(supplement: str = "") -> Registry:
    """The full list, or a `supplement`: "excl" or "rein"."""
    return Registry(
        name=SUPPLEMENTS[supplement] if supplement else FULL,
        model=LeieEntry,
        columns=COLUMNS,
        replaces=not supplement,
        repeats=True,
        finish=_reinstate if supplement == "rein" else None,
    )


def require_younger(supplement: str, day: date) -> None:
    """Raises Unreadable if what is loaded of the list is younger than a file of `day`.

    A supplement adds nothing to a full list that knows of it already, and an older full list would bring back whom a
    supplement had reinstated.
    """
    others = [FULL] if supplement else list(SUPPLEMENTS.values())
    loaded = RegistryFile.objects.filter(registry__in=others, state=RegistryFile.State.LOADED)
    if loaded.filter(source_date__gt=day).exists():
        raise Unreadable("What is loaded of the list is younger than this file.")


def supplement_of(name: str) -> str:
    """ "excl" or "rein", if a file is named as the OIG names its supplements; "" otherwise."""
    found = re.search(r"(?<![0-9])[0-9]{4}(excl|rein)", name.lower())
    return found[1] if found else ""


def day_in(name: str) -> date | None:
    """The day that a file's name tells: "2607rein.csv" is of the last of July 2026, "…2026-08-10.csv" of that day."""
    if found := re.search(r"(?<![0-9])([0-9]{2})(0[1-9]|1[0-2])(?:excl|rein)", name.lower()):
        begin = date(2000 + int(found[1]), int(found[2]), 1)
        return (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if found := re.search(r"(20[0-9]{2})-(0[1-9]|1[0-2])-([0-3][0-9])", name):
        try:
            return date(*(int(part) for part in found.groups()))
        except ValueError:
            return None
    return None
