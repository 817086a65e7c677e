"""Candidates: clinics we have heard of. The one way in for new ones, from staff, a clinic, a file or a registry.

Nothing here lists a clinic. A candidate is shown to nobody outside the staff until its facts were checked and two
people published it (directory.listings).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from accounts import audit
from accounts.models import Organization, User
from directory import gate, opt_outs
from directory.casework import cases
from directory.intake import people as candidate_people
from directory.intake.candidate import Candidate
from directory.models import Case, Clinic, NppesRecord, Offering, OptOut, Place
from directory.models.clinic import ClinicQuerySet
from directory.refusals import NotAllowed, WrongState
from directory.time_zones import time_zone_of
from directory.vocabulary import Modality
from outbox import clock

PERSON, ORGANIZATION = 1, 2
"""The types of an NPI."""

MERGED: Final = "merged"
"""The outcome of the case of a candidate that was another clinic all along."""

_SLUG_LENGTH: Final = 70
_FROM_NOBODY: Final = {Clinic.Origin.IMPORT, Clinic.Origin.NPPES}
"""What the command line may add without a name: it already has the database."""


def waiting() -> ClinicQuerySet:
    """Candidates nobody has decided about: not those that are another clinic, or asked not to be listed."""
    asked = OptOut.objects.standing().filter(clinic=OuterRef("pk"))
    return Clinic.objects.filter(~Exists(asked), status=Clinic.Status.CANDIDATE, successor__isnull=True)


def add(*, by: User | None, values: Candidate, origin: str) -> Clinic:
    """One candidate; see `add_each`."""
    return add_each(by=by, wanted=[values], origin=origin)[0]


@transaction.atomic
def add_each(*, by: User | None, wanted: Sequence[Candidate], origin: str) -> list[Clinic]:
    """Keep candidates, with organization, clinician, license and offerings, and open a case for each.

    `by` is of the operator's staff; for Origin.CLINIC anybody who is not; None on the command line, for a file or a
    registry. An organization is found by its NPI; without one by its exact name, unless somebody acts for it already:
    a mere name gives nobody a clinic. The point is the middle of the ZIP code. What the gate finds in the words holds
    a candidate for a person. Nothing is listed. A clinic that asked not to be listed comes back by itself alone.

    Raises NotAllowed (opt_outs.AskedNotToBeListed), and ValidationError for values that no form has read. A fixed
    number of statements.
    """
    _require_may_add(by, origin)
    if origin != Clinic.Origin.CLINIC and opt_outs.standing_for(wanted):
        raise opt_outs.AskedNotToBeListed
    practices = _organizations(wanted)
    people = candidate_people.find_or_add(wanted, practices)
    rows = _clinics(wanted, practices, people, origin)
    for row in rows:
        row.added_by = by
    clinics = Clinic.objects.bulk_create(rows)
    _store_offerings(wanted, clinics)
    candidate_people.join(clinics)
    _open_cases(wanted, clinics, people)
    actor = audit.actor_of(by) if by else audit.SYSTEM
    ids = [str(clinic.pk) for clinic in clinics]
    audit.record_each(
        actor=actor, action="candidate.added", object_type="clinic", object_ids=ids, purpose=origin
    )
    return clinics


@transaction.atomic
def merge(*, candidate: Clinic, into: Clinic, by: User) -> Clinic:
    """ "This is the same clinic": the candidate stays as it was, points to the other, and needs nobody any more.

    It is kept, so that the same row of a later file is known. Nothing of the other clinic changes. Raises NotAllowed
    unless staff, WrongState if it is no candidate or the other was merged itself, HeldByAnother while somebody else
    works on its case.
    """
    if not (by.is_active and by.is_staff):
        raise NotAllowed("Only the operator's staff may do this.")
    pair = Clinic.objects.filter(pk__in=[candidate.pk, into.pk]).order_by("pk")
    locked = {clinic.pk: clinic for clinic in pair.select_for_update(no_key=True)}
    found, other = locked[candidate.pk], locked[into.pk]
    if found == other:
        raise NotAllowed("A clinic cannot be merged with itself.")
    if found.status != Clinic.Status.CANDIDATE or found.successor_id:
        raise WrongState(MERGED if found.successor_id else found.status)
    if other.successor_id and other.status == Clinic.Status.CANDIDATE:
        raise WrongState(MERGED)
    found.successor = other
    found.save()
    for case in found.cases.open():
        cases.close(case=case, outcome=MERGED, by=by)
    _audit_merge(found, other, by)
    return found


def _audit_merge(found: Clinic, other: Clinic, by: User) -> None:
    audit.record(
        actor=audit.actor_of(by),
        action="candidate.merged",
        object_type="clinic",
        object_id=str(found.pk),
        purpose=f"into {other.pk}",
    )


def _require_may_add(by: User | None, origin: str) -> None:
    if by is None:
        if origin not in _FROM_NOBODY:
            raise NotAllowed("Somebody must say that they add this clinic.")
        return
    if not by.is_active or by.is_staff == (origin == Clinic.Origin.CLINIC):
        raise NotAllowed("Only the operator's staff may do this.")


# --- organizations -----------------------------------------------------------------------------


def _organizations(wanted: Sequence[Candidate]) -> list[Organization]:
    """The organization of each, in their order."""
    by_npi, by_name = _organizations_by_npi(wanted), _organizations_by_name(wanted)
    return [by_npi[one.organization_npi] if one.organization_npi else by_name[one.practice] for one in wanted]


def _organizations_by_npi(wanted: Sequence[Candidate]) -> dict[str, Organization]:
    names = {one.organization_npi: one.practice for one in wanted if one.organization_npi}
    known = _by_npi(names)
    lacking = {npi: name for npi, name in names.items() if npi not in known}
    if not lacking:
        return known
    types = _npi_types(wanted, lacking)
    # Somebody else may be adding the same practice: then theirs is taken.
    Organization.objects.bulk_create(
        [Organization(name=name, npi=npi, npi_type=types[npi]) for npi, name in lacking.items()],
        ignore_conflicts=True,
    )
    return _by_npi(names)


def _by_npi(npis: Iterable[str]) -> dict[str, Organization]:
    return {practice.npi: practice for practice in Organization.objects.filter(npi__in=list(npis))}


def _npi_types(wanted: Sequence[Candidate], lacking: Mapping[str, str]) -> dict[str, int]:
    """Whose NPI each is: the registry says so, or the clinician of the row has it; else an organization's."""
    solo = {
        one.organization_npi for one in wanted if one.is_solo or one.organization_npi == one.clinician_npi
    }
    types = dict.fromkeys(lacking, ORGANIZATION) | dict.fromkeys(solo & set(lacking), PERSON)
    registered = NppesRecord.objects.filter(npi__in=lacking, entity_type__in=[PERSON, ORGANIZATION])
    return types | dict(registered.values_list("npi", "entity_type"))


def _organizations_by_name(wanted: Sequence[Candidate]) -> dict[str, Organization]:
    names = list(dict.fromkeys(one.practice for one in wanted if not one.organization_npi))
    practices = Organization.objects.filter(kind=Organization.Kind.PRACTICE, npi="", name__in=names)
    nobody_there = practices.exclude(memberships__ended_at__isnull=True, memberships__isnull=False)
    known = {practice.name: practice for practice in nobody_there.order_by("-pk")}
    lacking = [Organization(name=name) for name in names if name not in known]
    return known | {practice.name: practice for practice in Organization.objects.bulk_create(lacking)}


# --- clinics -----------------------------------------------------------------------------------


def _clinics(
    wanted: Sequence[Candidate],
    practices: Sequence[Organization],
    people: Sequence[candidate_people.Found],
    origin: str,
) -> list[Clinic]:
    points, slugs, now = _points(wanted), _slugs(wanted), clock.now()
    rows = []
    for one, practice, person, slug in zip(wanted, practices, people, slugs, strict=True):
        latitude, longitude = points.get(one.zip, (None, None))
        row = Clinic(
            **_plain(one),
            organization=practice,
            responsible=person.practitioner,
            slug=slug,
            origin=Clinic.Origin(origin),
            status_changed_at=now,
            latitude=latitude,
            longitude=longitude,
            time_zone=time_zone_of(one.state),
        )
        row.clean_fields(exclude=["organization", "responsible"])
        rows.append(row)
    return rows


def _plain(one: Candidate) -> dict[str, Any]:
    names = "name line1 line2 city state zip phone phone_extension website".split()
    return {name: getattr(one, name) for name in names}


def _points(wanted: Sequence[Candidate]) -> dict[str, tuple[float | None, float | None]]:
    """The middle of each ZIP code, in degrees, where the gazetteer knows one."""
    codes = {one.zip for one in wanted}
    places = Place.objects.filter(kind=Place.Kind.ZIP, key__in=codes, latitude__isnull=False)
    return {place.key: (place.latitude, place.longitude) for place in places}


def _slugs(wanted: Sequence[Candidate]) -> list[str]:
    """An address for each that no clinic has: name and town, and something after it where that is taken."""
    plain = [slugify(f"{one.name} {one.city}")[:_SLUG_LENGTH].strip("-") or "clinic" for one in wanted]
    taken = set(Clinic.objects.filter(slug__in=plain).values_list("slug", flat=True))
    slugs = []
    for slug in plain:
        free = (
            slug if slug not in taken else f"{slug}-{get_random_string(6, 'abcdefghjkmnpqrstvwxyz23456789')}"
        )
        taken.add(free)
        slugs.append(free)
    return slugs


def _store_offerings(wanted: Sequence[Candidate], clinics: Sequence[Clinic]) -> None:
    if {slug for one in wanted for slug in one.modalities} - set(Modality.values):
        raise ValidationError({"modalities": "A treatment that is not in the vocabulary."})
    Offering.objects.bulk_create(
        Offering(clinic=clinic, modality=modality, psychotherapy=one.psychotherapy)
        for one, clinic in zip(wanted, clinics, strict=True)
        for modality in dict.fromkeys(one.modalities)
    )


# --- what waits for a person -------------------------------------------------------------------


def _open_cases(
    wanted: Sequence[Candidate], clinics: Sequence[Clinic], people: Sequence[candidate_people.Found]
) -> None:
    """One for each new clinic, and one for each that is held. Nobody else knows these clinics yet, so none is open."""
    opened, now = [], clock.now()
    for one, clinic, person in zip(wanted, clinics, people, strict=True):
        opened.append(_case(clinic, Case.Kind.NEW, now, why=one.notes))
        if held := [*one.doubts, *person.doubts, *_found_by_the_gate(one)]:
            opened.append(_case(clinic, Case.Kind.HELD, now, why=held, ours=one.as_typed))
    Case.objects.bulk_create(opened)


def _case(
    clinic: Clinic,
    kind: Case.Kind,
    at: datetime,
    *,
    why: Iterable[str],
    ours: Mapping[str, str] | None = None,
) -> Case:
    return Case(
        clinic=clinic,
        kind=kind,
        why=list(dict.fromkeys(why)),
        ours=dict(ours or {}),
        opened_at=at,
        due_at=at + cases.TIME_FOR[kind],
    )


def _found_by_the_gate(one: Candidate) -> list[str]:
    """What the gate says about everything that was typed, as sentences for the staff."""
    texts = {name: getattr(one, name) for name in "name line1 line2 city website".split()}
    texts |= {"organization": one.organization_name, **one.as_typed}
    texts["clinician"] = f"{one.clinician_first_name} {one.clinician_last_name}".strip()
    return gate.look({label: text for label, text in texts.items() if text}).sentences
