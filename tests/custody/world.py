"""A practice with two sites and another with one, the people around them, and what must be true at every instant."""

from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Membership, User
from directory.models import Clinic, ListingClaim, SiteMembership
from outbox import clock
from referrals.access import inbox_of
from referrals.models import Referral
from referrals.vocabulary import CLOSED_STATUSES
from tests import build

OUTSIDE, OPERATOR = ("ann", "ben", "cat", "dan", "eve"), ("vera", "vic", "stacy")


@dataclass
class World:
    """`now` is the frozen clock's instant. `tokens` are the invitations that somebody holds, by their address."""

    people: dict[str, User]
    clinics: list[Clinic]
    now: datetime
    tokens: dict[str, str] = field(default_factory=dict)
    by_operator: set[int] = field(default_factory=set)

    def fault(self) -> str:
        """What is not as it must be; empty if all is."""
        rows = Rows(self)
        return (
            self._reads_what_is_not_theirs(rows)
            or _waits_for_nobody(rows)
            or _decided_by_the_wrong_one(rows)
            or self._nobody_manages(rows)
        )

    def _reads_what_is_not_theirs(self, rows: "Rows") -> str:
        """Each inbox, beside the same question asked of the rows one by one."""
        for name, person in self.people.items():
            shown = set(inbox_of(person).values_list("pk", flat=True)) if rows.requests else set()
            theirs = {request.pk for request in rows.requests if rows.may_read(person.pk, request)}
            if shown != theirs:
                return f"{name} reads {len(shown - theirs)} of others, and misses {len(theirs - shown)}"
        return ""

    def _nobody_manages(self, rows: "Rows") -> str:
        """A claimed clinic has a manager, unless the operator's staff took the last one away, or an account ended."""
        for clinic in self.clinics:
            claimed = any(rows.stands(claim, clinic.pk) for claim in rows.claims)
            if claimed and clinic.pk not in self.by_operator and not rows.managers_of(clinic.pk):
                return f"nobody manages clinic {clinic.pk}"
        return ""


class Rows:
    """What the tables say now, read once; questions are asked of it without the queries of the site."""

    def __init__(self, world: World) -> None:
        self.people = [person.pk for person in world.people.values()]
        self.practice = {clinic.pk: clinic.organization_id for clinic in world.clinics}
        self.requests = list(Referral.objects.all())
        self.claims = list(ListingClaim.objects.select_related("decided_by"))
        self.memberships = list(Membership.objects.filter(ended_at=None))
        self.sites = set(SiteMembership.objects.values_list("membership_id", "clinic_id"))
        self.active = set(User.objects.filter(is_active=True).values_list("pk", flat=True))

    def stands(self, claim: ListingClaim, clinic: int) -> bool:
        return claim.clinic_id == clinic and claim.status == "approved" and claim.ended_at is None

    def acts(self, membership: Membership, clinic: int) -> bool:
        here = membership.whole_organization or (membership.pk, clinic) in self.sites
        return here and membership.organization_id == self.practice[clinic]

    def may_read(self, person: int, request: Referral) -> bool:
        clinic = request.clinic_id
        in_time = any(
            self.stands(claim, clinic) and claim.decided_at <= request.created_at for claim in self.claims
        )
        mine = (membership for membership in self.memberships if membership.user_id == person)
        return in_time and person in self.active and any(self.acts(membership, clinic) for membership in mine)

    def managers_of(self, clinic: int) -> list[Membership]:
        return [each for each in self.memberships if each.role == "manager" and self.acts(each, clinic)]


def _waits_for_nobody(rows: Rows) -> str:
    for request in rows.requests:
        waits = request.status not in CLOSED_STATUSES
        if waits and not any(rows.may_read(person, request) for person in rows.people):
            return f"an open request to clinic {request.clinic_id} that nobody can read"
    return ""


def _decided_by_the_wrong_one(rows: Rows) -> str:
    for claim in rows.claims:
        if claim.decided_by_id and claim.decided_by_id == claim.claimant_id:
            return "somebody decided about a claim of their own"
        if claim.status == "approved" and not claim.decided_by.is_verifier:
            return "somebody approved who is no verifier"
        if claim.status == "approved" and not (claim.proven_at and claim.called_at):
            return "approved without proof and call"
    return ""


def a_world() -> World:
    """Three listed clinics that nobody has claimed."""
    people = {name: build.user(f"{name}@clinic.example", name=name) for name in OUTSIDE}
    people |= {
        name: build.user(f"{name}@operator.example", verifier=True, name=name) for name in OPERATOR[:2]
    }
    people["stacy"] = build.user("stacy@operator.example", staff=True, name="stacy")
    first = build.clinic(claimed=False, takes_requests=True, name="One Example")
    branch = build.clinic(
        claimed=False, takes_requests=True, name="Two Example", organization=first.organization
    )
    other = build.clinic(claimed=False, takes_requests=True, name="Three Example")
    return World(people, [first, branch, other], clock.now())
