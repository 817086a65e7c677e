"""Who treats at a clinic, as the clinic says: added with a license, taken away, and who of them is in charge.

A license that a clinic typed is never Checked by that: a person looks it up. What plainly does not fit, by the
registries that we hold, is refused at once and names the field.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from directory import editing, gate, keeping
from directory.intake import people
from directory.intake.candidate import Candidate
from directory.models import (
    BoardLicense,
    Clinic,
    NppesDeactivation,
    NppesRecord,
    Practitioner,
    ProposedChange,
)
from directory.names import person_keys
from directory.refusals import Incomplete
from directory.registries.licenses import number_key
from directory.time_zones import end_of
from directory.vocabulary import ENDED_LICENSES
from outbox import clock

NPI_OF_ANOTHER: Final = "This NPI belongs to somebody with another name. Check the number."
NPI_OFF: Final = "The federal registry has turned this NPI off. Enter one that is active."
LICENSE_OF_ANOTHER: Final = "This license number belongs to somebody with another name. Check the number."
LICENSE_ENDED: Final = "The board’s list says that this license is not active."
LICENSE_EXPIRED: Final = "This license has ended. Enter one that still holds."
OTHER_STATE: Final = "Enter the license for the state where the clinic is."
NOT_A_NAME: Final = "Enter the name, the title and the board as the license shows them, and nothing else."
OTHER_LICENSE: Final = (
    "We have this clinician with another license, at another practice. Check the number, or write to us."
)
THERE_ALREADY: Final = "This clinician is on the list already."
STILL_IN_CHARGE: Final = "Choose another clinician in charge first."


@transaction.atomic
def add(
    *, clinic: Clinic, by: User, said: Mapping[str, Any], in_charge: bool, seen: Mapping[str, str]
) -> keeping.Saved:
    """One more clinician. `said`: the clinician_… and license_… values of directory.intake.candidate.Candidate.

    Raises ValidationError by the names of `said`; what came of it, and all else, as `keeping.save`.
    """
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    _require_fits(found, said)
    person = _found_or_added(found, said)
    there = team(found, by)
    if person in there and not (in_charge and found.responsible_id != person.pk):
        raise ValidationError({"clinician_last_name": THERE_ALREADY})
    values: dict[str, Any] = {"practitioners": [*there, person]}
    if in_charge:
        values["responsible"] = person
    return keeping.save(clinic=found, by=by, values=values, seen=_fresh(found, seen))


def remove(*, clinic: Clinic, by: User, person: Practitioner, seen: Mapping[str, str]) -> keeping.Saved:
    """One clinician less; the one in charge stays until another was chosen. Raises as `add`."""
    if person.pk == clinic.responsible_id:
        raise ValidationError(STILL_IN_CHARGE)
    left = [each for each in team(clinic, by) if each.pk != person.pk]
    return keeping.save(clinic=clinic, by=by, values={"practitioners": left}, seen=_fresh(clinic, seen))


def put_in_charge(
    *, clinic: Clinic, by: User, person: Practitioner, seen: Mapping[str, str]
) -> keeping.Saved:
    """Somebody who treats there becomes responsible for the care. Raises as `keeping.save`."""
    return keeping.save(clinic=clinic, by=by, values={"responsible": person}, seen=seen)


def team(clinic: Clinic, by: User) -> list[Practitioner]:
    """Who treats there, as `by` wants it to be: with what `by` asked for and nobody has decided yet."""
    asked = ProposedChange.objects.open().filter(clinic=clinic, made_by=by).order_by("-pk")
    waiting = next((change for change in asked if "practitioners" in change.values), None)
    if waiting:
        return list(Practitioner.objects.filter(pk__in=waiting.values["practitioners"]).order_by("pk"))
    return list(editing.value_of(clinic, "practitioners"))


def _fresh(clinic: Clinic, seen: Mapping[str, str]) -> dict[str, str]:
    """Who is added or taken away is one row of many: it goes over nobody else's. Who is in charge is one value."""
    return {**seen, **keeping.versions(clinic, ("practitioners",))}


def _found_or_added(clinic: Clinic, said: Mapping[str, Any]) -> Practitioner:
    plain = {name: getattr(clinic, name) for name in ("name", "line1", "city", "state", "zip", "phone")}
    (found,) = people.find_or_add([Candidate(**plain, **said)], [clinic.organization])
    if people.NPI_OF_ANOTHER in found.doubts:
        raise ValidationError({"clinician_npi": NPI_OF_ANOTHER})
    if found.doubts:
        raise ValidationError({"license_number": LICENSE_OF_ANOTHER})
    if found.practitioner is None:
        raise Incomplete(["clinician"])
    return found.practitioner


# --- what does not fit -------------------------------------------------------------------------


def _require_fits(clinic: Clinic, said: Mapping[str, Any]) -> None:
    if said["license_state"] != clinic.state:
        raise ValidationError({"license_state": OTHER_STATE})
    if _has_ended(said["license_expires"], clinic.state):
        raise ValidationError({"license_expires": LICENSE_EXPIRED})
    words = {
        name: str(said[name]) for name in said if name.startswith("clinician_") or name == "license_board"
    }
    if gate.look({name: text for name, text in words.items() if name != "clinician_npi"}):
        raise ValidationError({"clinician_last_name": NOT_A_NAME})
    _require_npi_fits(said)
    _require_license_fits(said)
    _require_own_colleague(clinic, said)


def _has_ended(last_day: date | None, state: str) -> bool:
    return last_day is not None and end_of(last_day, state) <= clock.now()


def _require_npi_fits(said: Mapping[str, Any]) -> None:
    number = said["clinician_npi"]
    if not number:
        return
    record = NppesRecord.objects.filter(npi=number).first()
    if (record and not record.is_active) or NppesDeactivation.objects.filter(npi=number).exists():
        raise ValidationError({"clinician_npi": NPI_OFF})
    if record and not _same_person(said, record.name, record.first_name):
        raise ValidationError({"clinician_npi": NPI_OF_ANOTHER})


def _require_license_fits(said: Mapping[str, Any]) -> None:
    rows = BoardLicense.objects.filter(
        state=said["license_state"],
        authority__iexact=said["license_board"],
        number_key=number_key(said["license_number"]) or "-",
    )
    for row in rows:
        if not _same_person(said, row.last_name, row.first_name):
            raise ValidationError({"license_number": LICENSE_OF_ANOTHER})
    if rows and all(row.status in ENDED_LICENSES for row in rows):
        raise ValidationError({"license_number": LICENSE_ENDED})


def _require_own_colleague(clinic: Clinic, said: Mapping[str, Any]) -> None:
    """Nobody writes a new license down for somebody who treats at another practice: those see it there."""
    person = Practitioner.objects.filter(npi=said["clinician_npi"]).first() if said["clinician_npi"] else None
    if person is None or number_key(said["license_number"]) in {
        number_key(held.number) for held in person.licenses.all()
    }:
        return
    there = Clinic.objects.filter(Q(practitioners=person) | Q(responsible=person))
    if there.exclude(organization=clinic.organization_id).exists():
        raise ValidationError({"license_number": OTHER_LICENSE})


def _same_person(said: Mapping[str, Any], last: str, first: str) -> bool:
    mine = person_keys(said["clinician_last_name"], said["clinician_first_name"])
    return bool(mine & person_keys(last, first))
