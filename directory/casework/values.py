"""What we have and what the source has, side by side, with what differs marked."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from directory.models import BoardLicense, Case, Clinic, License, NppesRecord, RemsSite
from directory.vocabulary import Fact, LicenseStatus

_PHONE: Final = re.compile(r"^\+?1?[-. (]*(\d{3})[-. )]*(\d{3})[-. ]*(\d{4})$")
_NOT_COMPARED: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Piece:
    """A stretch of a value; `differs` where the other side does not have it."""

    text: str
    differs: bool = False


@dataclass(frozen=True)
class Line:
    """One value on both sides. A side is empty where it says nothing about it."""

    label: str
    ours: tuple[Piece, ...]
    theirs: tuple[Piece, ...]

    @property
    def differs(self) -> bool:
        """Both say something, and not the same."""
        return bool(self.ours and self.theirs) and any(piece.differs for piece in (*self.ours, *self.theirs))

    @property
    def agrees(self) -> bool:
        """Both say the same."""
        return bool(self.ours and self.theirs) and not self.differs


def lines(case: Case) -> list[Line]:
    """Every value of the case: what the case itself holds, else what we and the registry say about its fact."""
    if case.theirs:
        return side_by_side(case.ours, case.theirs)
    ours = our_values(case.clinic, case.fact, case.license)
    return side_by_side(ours | case.ours, registry_values(case.clinic, case.fact, case.license))


def side_by_side(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[Line]:
    """Values with the same label on one line, ours first. Case, punctuation and a phone's shape make no difference."""
    return [
        _line(label, str(ours.get(label, "") or ""), str(theirs.get(label, "") or ""))
        for label in dict.fromkeys([*ours, *theirs])
    ]


def _line(label: str, ours: str, theirs: str) -> Line:
    ours, theirs = _phone(ours), _phone(theirs)
    if not ours or not theirs or _folded(ours) == _folded(theirs):
        return Line(label, _whole(ours), _whole(theirs))
    left, right = ours.split(" "), theirs.split(" ")
    matcher = difflib.SequenceMatcher(None, [_folded(w) for w in left], [_folded(w) for w in right], False)
    here: list[Piece] = []
    there: list[Piece] = []
    for what, a, b, c, d in matcher.get_opcodes():
        here += _piece(left[a:b], what != "equal")
        there += _piece(right[c:d], what != "equal")
    return Line(label, tuple(here), tuple(there))


def _piece(words: list[str], differs: bool) -> list[Piece]:
    return [Piece(" ".join(words), differs)] if words else []


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text),) if text else ()


def _folded(text: str) -> str:
    return _NOT_COMPARED.sub("", text.casefold())


def _phone(text: str) -> str:
    found = _PHONE.match(text)
    return "-".join(found.groups()) if found else text


def our_values(clinic: Clinic, fact: str, held: License | None = None) -> dict[str, str]:
    """What we have about a fact of a clinic, by label; with no fact, who and where it is."""
    person = str(clinic.responsible) if clinic.responsible else ""
    contact = {"Clinic": clinic.name, "Address": address(clinic), "Phone": clinic.phone}
    organization = clinic.organization
    if fact == Fact.LICENSE:
        return {"Clinician": person, **_license(held)}
    if fact == Fact.NPI:
        return {"NPI": organization.npi, "Name": organization.name, "Address": address(clinic)}
    if fact == Fact.EXCLUSION:
        npi = clinic.responsible.npi if clinic.responsible else ""
        return {"Clinician": person, "NPI": npi, "Business": organization.name}
    if fact in (Fact.CONTACT, Fact.REMS):
        return contact
    return {**contact, "Clinician": person}


def _license(held: License | None) -> dict[str, str]:
    if held is None:
        return {}
    ends = f"{held.expires_at:%Y-%m-%d}" if held.expires_at else ""
    return {"License": held.number, "State": held.state, "Ends": ends}


def registry_values(clinic: Clinic, fact: str, held: License | None = None) -> dict[str, str]:
    """What the last file of the registry for a fact says, under the same labels; {} where we hold no row of it."""
    if fact in (Fact.NPI, Fact.CONTACT):
        record = NppesRecord.objects.filter(npi=clinic.organization.npi or "-").first()
        return _of_nppes(record, fact) if record else {}
    if fact == Fact.LICENSE and held:
        key = re.sub(r"[^A-Z0-9]", "", held.number.upper())
        row = BoardLicense.objects.filter(state=held.state, number_key=key).first()
        return _of_board(row) if row else {}
    if fact == Fact.REMS:
        site = RemsSite.objects.filter(state=clinic.state, zip=clinic.zip).first()
        return _of_rems(site) if site else {}
    return {}


def _of_nppes(record: NppesRecord, fact: str) -> dict[str, str]:
    place = f"{' '.join(filter(None, (record.line1, record.line2)))}, {record.city}, {record.state} {record.zip[:5]}"
    if fact == Fact.CONTACT:
        return {"Clinic": record.other_name or record.name, "Address": place, "Phone": record.phone}
    state = "Active" if record.is_active else f"Deactivated {record.deactivated_on}"
    return {"NPI": record.npi, "Name": record.name, "Address": place, "State of the number": state}


def _of_board(row: BoardLicense) -> dict[str, str]:
    ends = row.expires_on.isoformat() if row.expires_on else ""
    words = row.status_words or LicenseStatus(row.status).label
    said = {"Clinician": f"{row.first_name} {row.last_name}", "License": row.number, "State": row.state}
    marked = {"Discipline": "Marked by the board"} if row.discipline else {}
    return {**said, "Ends": ends, "Status": words, **marked}


def _of_rems(site: RemsSite) -> dict[str, str]:
    place = f"{site.line1}, {site.city}, {site.state} {site.zip}"
    return {
        "Clinic": site.name,
        "Address": place,
        "Phone": site.phone,
        "Seen": f"{site.seen}, {site.seen_on}",
    }


def address(clinic: Clinic) -> str:
    """One line."""
    street = " ".join(filter(None, (clinic.line1, clinic.line2)))
    return f"{street}, {clinic.city}, {clinic.state} {clinic.zip}"
