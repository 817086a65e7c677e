"""A state board's own file beside the licenses of our clinics."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from directory import names
from directory.comparing.findings import Difference, Finding, day_of
from directory.models import BoardLicense, Check, Clinic, License, Practitioner
from directory.registries.licenses import number_key
from directory.time_zones import end_of
from directory.vocabulary import ENDED_LICENSES, Fact, LicenseStatus

WORD: Final = "license"


def findings(clinics: Sequence[Clinic]) -> Iterator[Finding]:
    """One finding for each license that somebody checked, where its board's file was loaded."""
    checked = Check.objects.current().filter(clinic__in=clinics, fact=Fact.LICENSE)
    checked = checked.select_related("license__practitioner").order_by("clinic", "pk")
    boards = _boards()
    rows = _rows([check.license for check in checked if check.license])
    by_pk = {clinic.pk: clinic for clinic in clinics}
    for check in checked:
        held = check.license
        if held is None or (held.state, held.authority) not in boards:
            continue
        found = rows[held.state, held.authority, number_key(held.number)]
        yield _finding(by_pk[check.clinic_id], held, found, boards[held.state, held.authority])


def _boards() -> dict[tuple[str, str], date]:
    """The day of the last file of each board, by state and authority."""
    found = {}
    for state, authority, code in BoardLicense.objects.values_list("state", "authority", "board").distinct():
        if seen_on := day_of(f"license:{code}"):
            found[state, authority] = seen_on
    return found


def _rows(held: Sequence[License]) -> dict[tuple[str, str, str], list[BoardLicense]]:
    found = defaultdict[tuple[str, str, str], list[BoardLicense]](list)
    keys = {number_key(one.number) for one in held}
    for row in BoardLicense.objects.filter(number_key__in=keys).order_by("key"):
        found[row.state, row.authority, row.number_key].append(row)
    return found


def _finding(clinic: Clinic, held: License, rows: Sequence[BoardLicense], seen_on: date) -> Finding:
    holder = held.practitioner
    row = next((row for row in rows if _same_holder(holder, row)), rows[0] if rows else None)
    if row is None:
        return _without_end(clinic, held, row, seen_on, "The board's file has no license of this number.")
    if not _same_holder(holder, row):
        return _without_end(
            clinic, held, row, seen_on, "The board's file has this number under another name."
        )
    if row.status in ENDED_LICENSES or _has_expired(row, seen_on):
        return _ended(clinic, held, row, seen_on)
    if row.status != LicenseStatus.ACTIVE:
        return _without_end(clinic, held, row, seen_on, "The board limits this license: a person decides.")
    return _active(clinic, held, row, seen_on)


def _same_holder(holder: Practitioner, row: BoardLicense) -> bool:
    return names.person_key(holder.last_name, "") == names.person_key(row.last_name, "")


def _has_expired(row: BoardLicense, seen_on: date) -> bool:
    return row.expires_on is not None and row.expires_on < seen_on


def _without_end(clinic: Clinic, held: License, row: BoardLicense | None, seen_on: date, why: str) -> Finding:
    """What a person must look at; it ends nothing."""
    differences = (_difference(held, row, why),)
    return Finding(clinic, Fact.LICENSE, None, seen_on, license=held, differences=differences)


def _ended(clinic: Clinic, held: License, row: BoardLicense, seen_on: date) -> Finding:
    why = "The board's file says that this license does not hold. A listing that rests on it is not shown."
    return Finding(
        clinic=clinic,
        fact=Fact.LICENSE,
        outcome=Check.Outcome.FAILS,
        seen_on=seen_on,
        cause=f"license {held.pk}",
        license=held,
        said=_said(row),
        differences=(_difference(held, row, why, urgent=True),),
    )


def _active(clinic: Clinic, held: License, row: BoardLicense, seen_on: date) -> Finding:
    why = "The board's file marks public discipline. The license is active: a person decides what follows."
    return Finding(
        clinic=clinic,
        fact=Fact.LICENSE,
        outcome=Check.Outcome.HOLDS,
        seen_on=seen_on,
        license=held,
        expires_at=end_of(row.expires_on, held.state) if row.expires_on else None,
        said=_said(row),
        differences=(_difference(held, row, why),) if row.discipline else (),
    )


def _said(row: BoardLicense) -> dict[str, str]:
    """What the check says. Source and address stay those of the person who looked first."""
    expires = f", expires {row.expires_on}" if row.expires_on else ""
    return {"how": "Compared with the board's own file", "verbatim": f"{row.status_words}{expires}"}


def _difference(held: License, row: BoardLicense | None, why: str, *, urgent: bool = False) -> Difference:
    holder = held.practitioner
    expires = f"{held.expires_at:%Y-%m-%d}" if held.expires_at else ""
    ours = {
        "Number": held.number,
        "Name": f"{holder.first_name} {holder.last_name}",
        "Status": str(LicenseStatus.ACTIVE.label),
        "Ends": expires,
    }
    return Difference(f"license {held.pk}", ours, _theirs(row), (why,), urgent=urgent)


def _theirs(row: BoardLicense | None) -> dict[str, str]:
    if row is None:
        return {"Number": str(LicenseStatus.NOT_FOUND.label)}
    found = {
        "Number": row.number,
        "Name": f"{row.first_name} {row.last_name}".strip(),
        "Status": row.status_words,
        "Ends": str(row.expires_on or ""),
        "Profession": row.profession,
        "Discipline": "marked by the board" if row.discipline else "",
    }
    return {label: value for label, value in found.items() if value}
