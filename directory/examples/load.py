"""Build the example directory: deterministic for a seed and a date, one transaction, no half-loaded state."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import slugify

from accounts import audit
from accounts.models import Membership, Organization, User
from directory import examples, facts, index
from directory.examples import words
from directory.examples.cases import DAY, FRESH, PLAIN, Case, case_for
from directory.examples.sites import Site, SiteMap
from directory.models import Check, Clinic, License, ListingClaim, Offering, Practitioner
from directory.vocabulary import REQUIRED_FACTS, Access, AgeGroup, Fact, Insurance, Language, Modality

NPI_PREFIX = "80840"
CHAIN_EVERY, CHAIN_SIZE = 4, 8
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


def npi(number: int) -> str:
    """The `number`-th example NPI: it starts with 2, and its check digit is right.

    Luhn over "80840" + NPI: CMS, "Requirements for National Provider Identifier (NPI) and NPI Check Digit".
    """
    body = f"2{number:08d}"
    total = 0
    for place, digit in enumerate(reversed(NPI_PREFIX + body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


@dataclass
class _Plan:
    """One clinic before it is stored, with everything that hangs on it."""

    case: Case
    clinic: Clinic
    practitioner: Practitioner
    license: License
    offerings: list[Offering]


class _People:
    """The operator's staff and whoever works at the example clinics."""

    def __init__(self) -> None:
        self.staff = self._sign_in(examples.STAFF, is_staff=True, is_verifier=True)
        self.second = self._sign_in(examples.SECOND_STAFF, is_staff=True, is_verifier=True)
        self.front_desk = self._sign_in(examples.FRONT_DESK)
        self.manager = self._sign_in(examples.MANAGER)

    @staticmethod
    def _sign_in(who: examples.SignIn, **fields: bool) -> User:
        return User.objects.create_user(who.email, who.password, name=who.what.split(" of ")[0].title(), **fields)


@transaction.atomic
def load(*, clinics: int, seed: int, as_of: datetime, say: Progress = lambda text: None) -> int:
    """Store `clinics` example clinics as they stand at `as_of`. Returns how many. Same input, same rows."""
    chance = random.Random(f"cairn examples {seed}")
    say("people")
    people = _People()
    say("clinics")
    organizations = _organizations(clinics)
    plans = _plans(clinics, organizations, chance, as_of)
    _store(plans)
    say("checks and claims")
    _members(plans, people, as_of)
    Check.objects.bulk_create(
        [check for plan in plans for check in _checks(plan, people.staff, as_of, chance)], batch_size=500
    )
    _claims(plans, people, as_of)
    say("search index")
    index.rebuild_many(Clinic.objects.filter(pk__in=[plan.clinic.pk for plan in plans]))
    audit.record(actor=audit.SYSTEM, action="examples.load", object_type="directory", object_id=str(seed))
    return len(plans)


def _organizations(clinics: int) -> list[Organization]:
    """The organization of each clinic: every fourth clinic belongs to a chain, the others to themselves."""
    chains = [
        Organization(name=name, npi=npi(9_000_000 + number), npi_type=2)
        for number, name in enumerate(words.CHAIN_NAMES)
    ]
    mine: list[Organization] = []
    for number in range(clinics):
        if number % CHAIN_EVERY == 1 and number // CHAIN_EVERY < CHAIN_SIZE * len(chains):
            mine.append(chains[(number // CHAIN_EVERY) % len(chains)])
        else:
            solo = number % 3 == 0
            mine.append(Organization(name="", npi=npi(number), npi_type=1 if solo else 2))
    return mine


def _plans(count: int, organizations: list[Organization], chance: random.Random, as_of: datetime) -> list[_Plan]:
    sites = SiteMap()
    plans, slugs = [], set[str]()
    for number, state in enumerate(sites.states(count)):
        site = sites.first(chance) if number == 0 else sites.site(state, chance)
        plan = _plan(number, site, organizations[number], chance, as_of)
        plan.clinic.slug = _free_slug(plan.clinic, slugs)
        plans.append(plan)
    return plans


def _free_slug(clinic: Clinic, taken: set[str]) -> str:
    base = slugify(f"{clinic.name} {clinic.city} {clinic.state}")[:70]
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    taken.add(slug)
    return slug


def _plan(number: int, site: Site, organization: Organization, chance: random.Random, as_of: datetime) -> _Plan:
    case = PLAIN if number == 0 else case_for(number)
    name = f"{chance.choice(words.CLINIC_WORDS)} {chance.choice(words.CLINIC_KINDS)}"
    if organization.name:
        name = f"{organization.name.removesuffix(' Group').removesuffix(' Partners').removesuffix(' Network')} Clinic"
    organization.name = organization.name or name
    practitioner = Practitioner(
        first_name=chance.choice(words.FIRST_NAMES),
        last_name=chance.choice(words.LAST_NAMES),
        credential=chance.choice(words.CREDENTIALS),
        npi=organization.npi if organization.npi_type == 1 else npi(5_000_000 + number),
    )
    license = License(
        practitioner=practitioner,
        state=site.state,
        authority=f"Example medical board of {site.state}",
        number=f"EX{number:06d}",
        expires_at=as_of + case.license_left,
    )
    clinic = _clinic(number, name, site, organization, case, chance, as_of)
    return _Plan(case, clinic, practitioner, license, _offerings(number, clinic, case, chance))


def _clinic(
    number: int,
    name: str,
    site: Site,
    organization: Organization,
    case: Case,
    chance: random.Random,
    as_of: datetime,
) -> Clinic:
    said = case.attested_ago is not None
    return Clinic(
        organization=organization,
        name=name,
        status=case.status,
        status_reason=case.status_reason,
        status_changed_at=as_of - 60 * DAY,
        line1=f"{100 + chance.randrange(9800)} {chance.choice(words.STREETS)}",
        line2=f"Suite {chance.randrange(1, 40)}" if chance.random() < 0.4 else "",
        city=site.city,
        state=site.state,
        zip=site.zip,
        latitude=site.latitude,
        longitude=site.longitude,
        time_zone=words.TIME_ZONES.get(site.state, words.EASTERN),
        phone=f"+1{words.AREA_CODES[site.state]}55501{number % 100:02d}",
        website=f"https://clinic-{number}.example/" if said else "",
        accepting_new_patients=case.accepting,
        accepting_stated_at=None if case.accepting is None else as_of - case.accepting_said_ago,
        insurance=_some(Insurance.values, 0.45, chance) if said else [],
        languages=sorted({"en", *_some(Language.values, 0.12, chance)}) if said else [],
        age_groups=sorted({"adult", *_some(AgeGroup.values, 0.4, chance)}) if said else [],
        access=_some(Access.values, 0.4, chance) if said else [],
        first_visit=_FIRST_VISIT if said else "",
        cost=_COST if said and chance.random() < 0.6 else "",
        cannot_treat=_CANNOT_TREAT if said and chance.random() < 0.5 else "",
        hours="Monday to Friday, 9 AM to 5 PM" if said else "",
        attested_at=as_of - case.attested_ago if case.attested_ago is not None else None,
        takes_requests=case.takes_requests and case.claimed,
        paused_until=as_of + case.paused_for if case.paused_for else None,
    )


_FIRST_VISIT = "A phone call of 15 minutes, then a visit to talk about your health and what you have tried."
_COST = "We tell you the price in writing before you decide. Ask us about help with the cost."
_CANNOT_TREAT = "We cannot treat people who need emergency care. We help you find it."


def _some(values: list[str], share: float, chance: random.Random) -> list[str]:
    return [value for value in values if chance.random() < share]


def _offerings(number: int, clinic: Clinic, case: Case, chance: random.Random) -> list[Offering]:
    shares = {Modality.ESKETAMINE: 0.5, Modality.IV: 0.6, Modality.IM: 0.25, Modality.SC: 0.08, Modality.ORAL: 0.12}
    chosen = [modality for modality, share in shares.items() if chance.random() < share]
    if "REMS" in case.name:
        # Half of these give nothing else, so that the whole listing goes with the certification.
        chosen = [Modality.ESKETAMINE] if number % 2 else [Modality.ESKETAMINE, Modality.IV]
    if number == 0 or not chosen:
        chosen = [Modality.ESKETAMINE, Modality.IV]
    return [
        Offering(
            clinic=clinic,
            modality=modality,
            psychotherapy=chance.random() < 0.3,
            monitoring_minutes=120 if modality == Modality.ESKETAMINE else chance.choice((60, 90, 120)),
            prescriber_on_site=True,
            pulse_oximetry=True,
        )
        for modality in chosen
    ]


def _store(plans: list[_Plan]) -> None:
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


def _checks(plan: _Plan, by: User, as_of: datetime, chance: random.Random) -> list[Check]:
    wanted = [fact for fact in REQUIRED_FACTS if fact not in plan.case.unchecked]
    gives_esketamine = any(offering.modality == Modality.ESKETAMINE for offering in plan.offerings)
    if gives_esketamine and Fact.REMS not in plan.case.unchecked:
        wanted.append(Fact.REMS)
    return [_check(plan, fact, by, as_of, chance) for fact in wanted]


def _check(plan: _Plan, fact: Fact, by: User, as_of: datetime, chance: random.Random) -> Check:
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


def _members(plans: list[_Plan], people: _People, as_of: datetime) -> None:
    """Somebody who can be reached in every organization; the sign-ins get the first clinic and a chain."""
    first, chain = plans[0].clinic.organization, plans[1].clinic.organization
    users, memberships = [], []
    for number, organization in enumerate({plan.clinic.organization.pk: plan.clinic.organization for plan in plans}.values()):
        user, role = {
            first.pk: (people.front_desk, Membership.Role.STAFF),
            chain.pk: (people.manager, Membership.Role.MANAGER),
        }.get(organization.pk, (None, Membership.Role.MANAGER))
        if user is None:
            user = User(email=f"desk@clinic-{number}.example", name="Front desk", password="!")
            users.append(user)
        memberships.append(Membership(user=user, organization=organization, role=role, started_at=as_of - 90 * DAY))
    User.objects.bulk_create(users)
    for membership in memberships:
        membership.user = membership.user  # takes over the key it was just given
    Membership.objects.bulk_create(memberships)


def _claims(plans: list[_Plan], people: _People, as_of: datetime) -> None:
    members = dict(Membership.objects.values_list("organization", "user"))
    ListingClaim.objects.bulk_create(
        [
            ListingClaim(
                clinic=plan.clinic,
                claimant_id=members[plan.clinic.organization_id],
                proof=ListingClaim.Proof.PHONE,
                status=ListingClaim.Status.APPROVED,
                made_at=as_of - 80 * DAY,
                decided_at=as_of - 78 * DAY,
                decided_by=people.second,
            )
            for plan in plans
            if plan.case.claimed
        ]
    )
