"""Store the example directory: deterministic for a seed and a date, one transaction, no half-loaded state."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import audit
from accounts.models import Membership, Organization, User
from directory import examples, facts, index
from directory.examples import agreeing
from directory.examples.cases import DAY, FRESH
from directory.examples.planning import Plan, Planner
from directory.models import Check, Clinic, License, ListingClaim, Offering, Practitioner
from directory.vocabulary import REQUIRED_FACTS, Fact, Modality

SOURCES = {
    Fact.LICENSE: ("", "Looked up by staff"),
    Fact.NPI: ("NPPES", "Compared with the registry file"),
    Fact.EXCLUSION: ("OIG exclusion list", "Compared with the monthly file"),
    Fact.CONTACT: ("Phone call by staff", "Somebody answered and confirmed"),
    Fact.REMS: ("Spravato treatment center locator", "Looked up by staff"),
}
SOURCE_URLS = {
    Fact.NPI: "https://npiregistry.cms.hhs.gov/",
    Fact.EXCLUSION: "https://exclusions.oig.hhs.gov/",
    Fact.REMS: "https://www.spravatotreatmentcenter.com/",
}
Progress = Callable[[str], None]


class _People:
    """The operator's staff and whoever works at the example clinics."""

    def __init__(self) -> None:
        self.password = make_password(examples.PASSWORD)  # hashing is slow on purpose; once will do
        self.staff = self._sign_in(examples.STAFF, is_staff=True, is_verifier=True)
        self.second = self._sign_in(examples.SECOND_STAFF, is_staff=True, is_verifier=True)
        self.front_desk = self._sign_in(examples.FRONT_DESK)
        self.manager = self._sign_in(examples.MANAGER)

    def _sign_in(self, who: examples.SignIn, **fields: bool) -> User:
        name = who.what.partition(" of ")[0].capitalize()
        return User.objects.create(email=who.email, password=self.password, name=name, **fields)


@transaction.atomic
def load(*, clinics: int, seed: int, as_of: datetime, say: Progress = lambda text: None) -> int:
    """Store `clinics` example clinics as they stand at `as_of`. Returns how many. Same input, same rows."""
    chance = random.Random(f"cairn examples {seed}")  # noqa: S311  (the same seed gives the same clinics)
    say("people")
    people = _People()
    say("clinics")
    plans = Planner(chance, as_of).plans(clinics)
    _store(plans)
    say("checks and claims")
    _members(plans, people, as_of)
    Check.objects.bulk_create(
        [check for plan in plans for check in _checks(plan, people.staff, as_of, chance)], batch_size=500
    )
    _claims(plans, people, as_of)
    agreeing.store(plans, as_of)
    say("search index")
    index.rebuild_many(Clinic.objects.filter(pk__in=[plan.clinic.pk for plan in plans]))
    audit.record(actor=audit.SYSTEM, action="examples.load", object_type="directory", object_id=str(seed))
    return len(plans)


def _store(plans: list[Plan]) -> None:
    organizations = list({id(plan.clinic.organization): plan.clinic.organization for plan in plans}.values())
    Organization.objects.bulk_create(organizations)
    Practitioner.objects.bulk_create([plan.practitioner for plan in plans])
    for plan in plans:
        plan.clinic.responsible = plan.practitioner
        plan.clinic.organization = plan.clinic.organization  # takes over the key it was just given
        plan.license.practitioner = plan.practitioner
    License.objects.bulk_create([plan.license for plan in plans])
    Clinic.objects.bulk_create([plan.clinic for plan in plans])
    for plan in plans:
        for offering in plan.offerings:
            offering.clinic = plan.clinic
    Offering.objects.bulk_create([offering for plan in plans for offering in plan.offerings])
    through = Clinic.practitioners.through
    through.objects.bulk_create(
        [through(clinic_id=plan.clinic.pk, practitioner_id=plan.practitioner.pk) for plan in plans]
    )


def _checks(plan: Plan, by: User, as_of: datetime, chance: random.Random) -> list[Check]:
    wanted = [fact for fact in REQUIRED_FACTS if fact not in plan.case.unchecked]
    gives_esketamine = any(offering.modality == Modality.ESKETAMINE for offering in plan.offerings)
    if gives_esketamine and Fact.REMS not in plan.case.unchecked:
        wanted.append(Fact.REMS)
    return [_check(plan, fact, by, as_of, chance) for fact in wanted]


def _check(plan: Plan, fact: Fact, by: User, as_of: datetime, chance: random.Random) -> Check:
    ago = plan.case.checked_ago.get(fact, FRESH + timedelta(hours=chance.randrange(72)))
    checked_at = as_of - ago
    due_at = checked_at + facts.HOLDS_FOR[fact]
    lapses_at = plan.license.expires_at if fact == Fact.LICENSE else None
    source, how = SOURCES[fact]
    return Check(
        clinic=plan.clinic,
        fact=fact,
        license=plan.license if fact == Fact.LICENSE else None,
        outcome=Check.Outcome.FAILS if fact in plan.case.fails else Check.Outcome.HOLDS,
        source=source or plan.license.authority,
        source_url=SOURCE_URLS.get(fact, ""),
        how=how,
        checked_at=checked_at,
        due_at=due_at,
        lapses_at=lapses_at,
        holds_until=facts.holds_until(due_at, lapses_at),
        checked_by=by,
    )


def _members(plans: list[Plan], people: _People, as_of: datetime) -> None:
    """Somebody who can be reached in every organization; the sign-ins get the first clinic and a chain."""
    first, chain = plans[0].clinic.organization, plans[1].clinic.organization
    users, memberships = [], []
    for number, organization in enumerate(
        {plan.clinic.organization.pk: plan.clinic.organization for plan in plans}.values()
    ):
        user, role = {
            first.pk: (people.front_desk, Membership.Role.STAFF),
            chain.pk: (people.manager, Membership.Role.MANAGER),
        }.get(organization.pk, (None, Membership.Role.MANAGER))
        if user is None:
            user = User(email=f"desk@clinic-{number}.example", name="Front desk")
            user.set_unusable_password()
            users.append(user)
        memberships.append(
            Membership(user=user, organization=organization, role=role, started_at=as_of - 90 * DAY)
        )
    User.objects.bulk_create(users)
    for membership in memberships:
        membership.user = membership.user  # takes over the key it was just given
    Membership.objects.bulk_create(memberships)


def _claims(plans: list[Plan], people: _People, as_of: datetime) -> None:
    members = dict(Membership.objects.values_list("organization", "user"))
    ListingClaim.objects.bulk_create(
        [
            ListingClaim(
                clinic=plan.clinic,
                claimant_id=members[plan.clinic.organization_id],
                proof=ListingClaim.Proof.LETTER,
                status=ListingClaim.Status.APPROVED,
                made_at=as_of - 80 * DAY,
                position="Front desk",
                proven_at=as_of - 79 * DAY,
                called_at=as_of - 79 * DAY,
                called_by=people.staff,
                called_number=plan.clinic.phone,
                called_source="NPPES",
                decided_at=as_of - 78 * DAY,
                decided_by=people.second,
            )
            for plan in plans
            if plan.case.claimed
        ]
    )
