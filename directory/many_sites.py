"""Many sites of one organization at once: what they share, a pause, an end. All of them, or none.

Each site is changed by the process for one site, so that the gate, its history and the trail see every one. Saying that
all is still true is not offered here: somebody looks at each site.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction

from accounts.models import Membership, Organization, User
from directory import closing, editing, keeping, listings
from directory.models import Clinic, ListingClaim
from directory.models.clinic import ClinicQuerySet
from directory.refusals import Incomplete, NotAllowed, WrongState

CHANGED_MEANWHILE: Final = "changed"
"""A site is no longer what somebody was shown before they said yes."""

SHARED: Final = (
    "accepting_new_patients",
    "insurance",
    "languages",
    "age_groups",
    "access",
    "first_visit",
    "cost",
    "price_low",
    "price_high",
    "cannot_treat",
    "hours",
    "opening_hours",
)
"""What sites say of themselves and may say alike. Whether one takes requests is its own decision."""

MOST_AT_ONCE: Final = 200
"""Sites changed in one transaction. It takes about 40 ms for each, and every other writer waits for its end."""

REASONS: Final = (Clinic.StatusReason.CLOSED_DOWN, Clinic.StatusReason.CLINIC_ASKED)
"""Why several sites end at once. One that moved or became part of another is closed by itself."""


@dataclass(frozen=True)
class Difference:
    """One field of one site: its value, and the one that it would get."""

    clinic: Clinic
    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Edited:
    """Which sites have new values now, and of which some wait for a person first. A site may be among both."""

    changed: list[Clinic]
    held: list[Clinic]


def managed_by(user: User, organization: Organization) -> ClinicQuerySet:
    """The sites of an organization that `user` manages at this moment: all of them, or those they stand for."""
    mine = Clinic.objects.acted_for_by(user, Membership.Role.MANAGER)
    return mine.filter(organization=organization)


def editable(sites: ClinicQuerySet) -> ClinicQuerySet:
    """Those that their people may edit: not closed, and with an approved claim."""
    claimed = ListingClaim.objects.standing().values("clinic")
    return sites.exclude(status=Clinic.Status.CLOSED).filter(pk__in=claimed)


def differences(clinics: Iterable[Clinic], values: Mapping[str, Any]) -> list[Difference]:
    """What would change at which of these sites, in their order. `values` as `editing` takes them."""
    return [
        Difference(clinic, name, editing.value_of(clinic, name), value)
        for clinic in clinics
        for name, value in editing.differing(clinic, values).items()
    ]


def with_prices_reversed(changes: Iterable[Difference]) -> list[Clinic]:
    """Sites whose lowest price would lie above their highest: only one of the two is new there, perhaps."""
    sites = {each.clinic.pk: each.clinic for each in changes}
    wanted = of_each(changes)
    prices = [
        (site, wanted[pk].get("price_low", site.price_low), wanted[pk].get("price_high", site.price_high))
        for pk, site in sites.items()
    ]
    return [site for site, low, high in prices if low is not None and high is not None and low > high]


def fingerprint(found: Iterable[Difference]) -> str:
    """SHA-256 of differences, so that a yes is to what was shown. Hexadecimal."""
    told = [[each.clinic.pk, each.name, *_told(each)] for each in found]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _told(found: Difference) -> list[Any]:
    return [editing.frozen({found.name: value})[found.name] for value in (found.before, found.after)]


@transaction.atomic
def edit_shared(
    *,
    organization: Organization,
    clinics: Iterable[Clinic],
    by: User,
    values: Mapping[str, Any],
    seen: str | None = None,
) -> Edited:
    """Give sites the same values of fields of SHARED, each by `listings.edit`. By a manager of every one of them.

    `seen`: the fingerprint of the differences that `by` was shown. Raises NotAllowed, also for another field,
    Incomplete without a site, WrongState (CHANGED_MEANWHILE, or the state of a closed site), and ValidationError for
    values that do not fit; then nothing has changed anywhere.
    """
    if others := set(values) - set(SHARED):
        raise NotAllowed("Sites do not share this: " + ", ".join(sorted(others)))
    found = _locked(organization, clinics, by)
    changes = differences(found, values)
    require_seen(changes, seen)
    _say_again(found, values, by)
    wanted = of_each(changes)
    return edit_each([(clinic, wanted[clinic.pk]) for clinic in found if clinic.pk in wanted], by)


def _say_again(clinics: Iterable[Clinic], values: Mapping[str, Any], by: User) -> None:
    """Whether it takes new patients is shown for 30 days only: who says the same again says it today."""
    name = "accepting_new_patients"
    same = [clinic for clinic in clinics if name in values and getattr(clinic, name) == values[name]]
    for clinic in same:
        listings.edit(clinic=clinic, by=by, **{name: values[name]})


def of_each(changes: Iterable[Difference]) -> dict[int, dict[str, Any]]:
    """The new values by the key of each site that gets some."""
    wanted: dict[int, dict[str, Any]] = {}
    for each in changes:
        wanted.setdefault(each.clinic.pk, {})[each.name] = each.after
    return wanted


def edit_each(wanted: Iterable[tuple[Clinic, Mapping[str, Any]]], by: User) -> Edited:
    """Give locked sites new values one after the other; the caller's transaction holds all of them."""
    changed, held = [], []
    for clinic, values in wanted:
        saved = keeping.save(clinic=clinic, by=by, values=values, seen=keeping.versions(clinic, values))
        changed += [clinic] if saved.written else []
        held += [clinic] if saved.waiting else []
    return Edited(changed, held)


def require_seen(changes: Iterable[Difference], seen: str | None) -> None:
    """WrongState where these are not the differences that were shown."""
    if seen is not None and fingerprint(changes) != seen:
        raise WrongState(CHANGED_MEANWHILE)


@transaction.atomic
def pause(
    *, organization: Organization, clinics: Iterable[Clinic], by: User, until: date, reason: str
) -> list[Clinic]:
    """None of these sites takes requests before a day begins there. `reason`: a Clinic.PauseReason.

    By a manager of every one of them. Raises as `listings.pause_requests`, NotAllowed, Incomplete without a site.
    """
    found = _locked(organization, clinics, by)
    return [listings.pause_requests(clinic=clinic, until=until, reason=reason, by=by) for clinic in found]


@transaction.atomic
def resume(*, organization: Organization, clinics: Iterable[Clinic], by: User) -> list[Clinic]:
    """These sites take requests again as before their pause. Those without one are left as they are."""
    paused = [clinic for clinic in _locked(organization, clinics, by) if clinic.paused_until]
    return [listings.pause_requests(clinic=clinic, until=None, by=by) for clinic in paused]


@transaction.atomic
def close(*, organization: Organization, clinics: Iterable[Clinic], reason: str, by: User) -> list[Clinic]:
    """Close listed or suspended sites for good. `reason`: one of REASONS. By a manager of every one of them.

    Raises NotAllowed, Incomplete for another reason or without a site, WrongState for a site that is closed already
    or was never listed; then none was closed.
    """
    if reason not in REASONS:
        raise Incomplete(["reason"])
    found = _locked(organization, clinics, by)
    return [closing.close_clinic(clinic=clinic, reason=reason, by=by) for clinic in found]


def _locked(organization: Organization, clinics: Iterable[Clinic], by: User) -> list[Clinic]:
    """The sites as they are now. The practice is locked before them, and they in the order of their keys."""
    wanted = {clinic.pk for clinic in clinics}
    if not wanted:
        raise Incomplete(["clinics"])
    if len(wanted) > MOST_AT_ONCE:
        raise NotAllowed(f"At most {MOST_AT_ONCE} sites at once.")
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    mine = managed_by(by, organization).filter(pk__in=wanted).order_by("pk")
    found = list(mine.select_for_update(of=("self",), no_key=True))
    if len(found) != len(wanted):
        raise NotAllowed("Only a manager of every one of these sites may do this.")
    return found


def locked_managed(organization: Organization, by: User) -> list[Clinic]:
    """All sites that `by` manages there, locked as above; NotAllowed where that is none."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    mine = managed_by(by, organization).order_by("pk")
    found = list(mine.select_for_update(of=("self",), no_key=True))
    if not found:
        raise NotAllowed("Only a manager of the practice's sites may do this.")
    return found
