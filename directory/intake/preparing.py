"""What a verifier fills in of a candidate before it can be submitted: who is in charge, and what is given there."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import Organization, User
from directory import changes, editing, listings
from directory.deciding import require_verifier
from directory.intake import people as candidate_people
from directory.intake.candidate import Candidate
from directory.models import Check, Clinic, Place, ProposedChange
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Fact, Modality
from outbox import clock


@transaction.atomic
def name_clinician(*, clinic: Clinic, by: User, **said: object) -> Clinic:
    """Who is in charge at a candidate, with a license in its state; found among those we know, else added.

    `said`: the clinician_… and license_… values of directory.intake.candidate.Candidate. Raises NotAllowed, also for an
    NPI or a license that is on record with somebody else; WrongState if it is no candidate.
    """
    found = _candidate(clinic, by)
    plain = {name: getattr(found, name) for name in ("name", "line1", "city", "state", "zip", "phone")}
    named = Candidate(**plain, license_state=found.state, **said)  # type: ignore[arg-type]
    (person,) = candidate_people.find_or_add([named], [found.organization])
    if person.doubts or person.practitioner is None:
        raise NotAllowed(" ".join(person.doubts) or "Name the clinician.")
    found.practitioners.add(person.practitioner)
    return listings.edit(clinic=found, by=by, responsible=person.practitioner)


@transaction.atomic
def name_practice(*, clinic: Clinic, by: User, npi: str, npi_type: int) -> Clinic:
    """The NPI of a candidate's practice. Where we know it of another practice, the candidate is a site of that one.

    npi_type: 1 a solo clinician, 2 an organization. Raises NotAllowed, also where the practice has another NPI already;
    WrongState if it is no candidate.
    """
    # Every writer takes organization, clinic, version, trail, in this order.
    practice = Organization.objects.select_for_update(no_key=True).get(pk=clinic.organization_id)
    known = Organization.objects.filter(npi=npi).exclude(pk=practice.pk).first()
    found = _candidate(clinic, by)
    if practice.npi and practice.npi != npi:
        raise NotAllowed("This practice is on record here with another NPI.")
    if known is None and not practice.npi:  # one that is on record here is shared by other sites, and stays
        practice.npi, practice.npi_type = npi, npi_type
        practice.save(update_fields=["npi", "npi_type"])
    found.organization = known or practice
    found.submitted_by, found.submitted_at = None, None  # what was submitted is no longer what it is
    found.save(update_fields=["organization", "submitted_by", "submitted_at"])
    ended = Check.objects.current().filter(clinic=found, fact__in=[Fact.NPI, Fact.EXCLUSION])
    ended.update(superseded_at=clock.now())
    audit.record(
        actor=audit.actor_of(by), action="listing.practice", object_type="clinic", object_id=str(found.pk)
    )
    changes.void_submissions(found, by)
    return found


@transaction.atomic
def name_offers(
    *, clinic: Clinic, by: User, modalities: Sequence[str], psychotherapy: bool = False
) -> Clinic:
    """Which routes a candidate gives, in place of what was said before. What it said of itself about a route is kept.

    Raises NotAllowed, WrongState, Incomplete without a route.
    """
    if not modalities or not set(modalities) <= set(Modality.values):
        raise Incomplete(["modalities"])
    found = _candidate(clinic, by)
    known = {row["modality"]: row for row in editing.value_of(found, "offerings")}
    rows = [
        {**known.get(slug, {}), "modality": slug, "psychotherapy": psychotherapy} for slug in set(modalities)
    ]
    return listings.edit(clinic=found, by=by, offerings=rows)


@transaction.atomic
def correct(*, clinic: Clinic, by: User, **values: str) -> ProposedChange | None:
    """New name, address, phone or website, with the point of the ZIP code: at once for a candidate (None is returned).

    For a clinic that was published it becomes a change that another verifier accepts. Refusals as `listings.edit`
    and `changes.propose`.
    """
    found = Clinic.objects.get(pk=clinic.pk)
    wanted: dict[str, Any] = dict(values)
    if values.get("zip", found.zip) != found.zip:
        wanted["latitude"], wanted["longitude"] = _point(values["zip"])
    if found.status != Clinic.Status.CANDIDATE:
        return changes.propose(clinic=found, by=by, values=wanted)
    listings.edit(clinic=found, by=by, **wanted)
    return None


def _point(zip_code: str) -> tuple[float | None, float | None]:
    """The middle of a ZIP code, in degrees; raises Incomplete where the gazetteer knows none."""
    place = Place.objects.filter(kind=Place.Kind.ZIP, key=zip_code, latitude__isnull=False).first()
    if place is None:
        raise Incomplete(["point"])
    return place.latitude, place.longitude


def _candidate(clinic: Clinic, by: User) -> Clinic:
    require_verifier(by, clinic)
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if found.status != Clinic.Status.CANDIDATE:
        raise WrongState(found.status)
    return found
