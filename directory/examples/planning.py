"""What each example clinic is: drawn from a seed, stored by nobody here."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.text import slugify

from accounts.models import Organization
from directory.examples import words
from directory.examples.cases import DAY, PLAIN, Case, case_for
from directory.examples.sites import Site, SiteMap
from directory.models import Clinic, License, Offering, Practitioner
from directory.time_zones import time_zone_of
from directory.vocabulary import CLINIC_ONLY_FACTS, Access, AgeGroup, Insurance, Language, Modality

NPI_PREFIX: Final = "80840"
CHAIN_EVERY, CHAIN_SIZE = 4, 8
SHARES: Final = {
    Modality.ESKETAMINE: 0.5,
    Modality.IV: 0.6,
    Modality.IM: 0.25,
    Modality.SC: 0.08,
    Modality.ORAL: 0.12,
}
FIRST_VISIT: Final = (
    "A phone call of 15 minutes, then a visit to talk about your health and what you have tried."
)
COST: Final = "We tell you the price in writing before you decide. Ask us about help with the cost."
CANNOT_TREAT: Final = "We cannot treat people who need emergency care. We help you find it."


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
class Plan:
    """One clinic before it is stored, with everything that hangs on it."""

    case: Case
    clinic: Clinic
    practitioner: Practitioner
    license: License
    offerings: list[Offering]


class Planner:
    """Draws clinics one after another. The same `chance` and date give the same clinics."""

    def __init__(self, chance: random.Random, as_of: datetime) -> None:
        self.chance = chance
        self.as_of = as_of

    def plans(self, count: int) -> list[Plan]:
        """`count` clinics in every state and territory; the first belongs to the front desk's sign-in."""
        sites = SiteMap()
        organizations = _organizations(count)
        slugs = set[str]()
        plans = []
        for number, state in enumerate(sites.states(count)):
            site = sites.first(self.chance) if number == 0 else sites.site(state, self.chance)
            plan = self._plan(number, site, organizations[number])
            plan.clinic.slug = _free_slug(plan.clinic, slugs)
            plans.append(plan)
        return plans

    def _plan(self, number: int, site: Site, organization: Organization) -> Plan:
        case = PLAIN if number == 0 else case_for(number)
        name = self._name(organization)
        organization.name = organization.name or name
        practitioner = self._practitioner(number, organization)
        license_held = License(
            practitioner=practitioner,
            state=site.state,
            authority=f"Example medical board of {site.state}",
            number=f"EX{number:06d}",
            expires_at=self.as_of + case.license_left,
        )
        clinic = Clinic(
            organization=organization,
            name=name,
            phone=f"+1{words.AREA_CODES[site.state]}55501{number % 100:02d}",
            website=f"https://clinic-{number}.example/" if case.attested_ago is not None else "",
            confirmed_domain=f"clinic-{number}.example" if case.attested_ago is not None else "",
            **self._address(site),
            **self._standing(case),
            # The first clinic is the one that a new user looks at: it says more than others do.
            **self._said(case, more=0.5 if number == 0 else 0.0),
        )
        return Plan(case, clinic, practitioner, license_held, self._offerings(number, clinic, case))

    def _name(self, organization: Organization) -> str:
        if organization.name:  # a chain: its sites carry its name
            return f"{organization.name.rpartition(' ')[0]} Clinic"
        return f"{self.chance.choice(words.CLINIC_WORDS)} {self.chance.choice(words.CLINIC_KINDS)}"

    def _practitioner(self, number: int, organization: Organization) -> Practitioner:
        return Practitioner(
            first_name=self.chance.choice(words.FIRST_NAMES),
            last_name=self.chance.choice(words.LAST_NAMES),
            credential=self.chance.choice(words.CREDENTIALS),
            npi=organization.npi if organization.npi_type == 1 else npi(5_000_000 + number),
        )

    def _address(self, site: Site) -> dict[str, Any]:
        return {
            "line1": f"{100 + self.chance.randrange(9800)} {self.chance.choice(words.STREETS)}",
            "line2": f"Suite {self.chance.randrange(1, 40)}" if self.chance.random() < 0.4 else "",
            "city": site.city,
            "state": site.state,
            "zip": site.zip,
            "latitude": site.latitude,
            "longitude": site.longitude,
            "time_zone": time_zone_of(site.state),
        }

    def _standing(self, case: Case) -> dict[str, Any]:
        return {
            "status": case.status,
            "status_reason": case.status_reason,
            "status_changed_at": self.as_of - 60 * DAY,
            "takes_requests": case.takes_requests and case.claimed,
            "paused_until": self.as_of + case.paused_for if case.paused_for else None,
        }

    def _said(self, case: Case, more: float) -> dict[str, Any]:
        """What only the clinic can say; nothing where nobody has claimed it. `more` adds to every chance."""
        if case.attested_ago is None:
            return {}
        said_at = None if case.accepting is None else self.as_of - case.accepting_said_ago
        return {
            "accepting_new_patients": case.accepting,
            "accepting_stated_at": said_at,
            "insurance": self._some(Insurance.values, 0.45 + more),
            "languages": sorted({"en", *self._some(Language.values, 0.12 + more / 5)}),
            "age_groups": sorted({"adult", *self._some(AgeGroup.values, 0.4 + more)}),
            "access": self._some(Access.values, 0.4 + more),
            "states_facts": [str(fact) for fact in CLINIC_ONLY_FACTS],
            "first_visit": FIRST_VISIT,
            "cost": COST if self.chance.random() < 0.6 + more else "",
            "cannot_treat": CANNOT_TREAT if self.chance.random() < 0.5 + more else "",
            "hours": "Monday to Friday, 9 AM to 5 PM",
            "attested_at": self.as_of - case.attested_ago,
        }

    def _some(self, values: list[str], share: float) -> list[str]:
        return [value for value in values if self.chance.random() < share]

    def _offerings(self, number: int, clinic: Clinic, case: Case) -> list[Offering]:
        return [
            Offering(
                clinic=clinic,
                modality=modality,
                psychotherapy=self.chance.random() < 0.3,
                monitoring_minutes=120
                if modality == Modality.ESKETAMINE
                else self.chance.choice((60, 90, 120)),
                prescriber_on_site=True,
                pulse_oximetry=True,
            )
            for modality in self._modalities(number, case)
        ]

    def _modalities(self, number: int, case: Case) -> list[Modality]:
        chosen = [modality for modality, share in SHARES.items() if self.chance.random() < share]
        if "REMS" in case.name:
            # Half of these give nothing else, so that the whole listing goes with the certification.
            return [Modality.ESKETAMINE] if number % 2 else [Modality.ESKETAMINE, Modality.IV]
        return chosen if chosen and number else [Modality.ESKETAMINE, Modality.IV]


def _organizations(count: int) -> list[Organization]:
    """The organization of each clinic: every fourth clinic belongs to a chain, the others to themselves."""
    chains = [
        Organization(name=name, npi=npi(9_000_000 + number), npi_type=2)
        for number, name in enumerate(words.CHAIN_NAMES)
    ]
    mine: list[Organization] = []
    for number in range(count):
        turn, rest = divmod(number, CHAIN_EVERY)
        if rest == 1 and turn < CHAIN_SIZE * len(chains):
            mine.append(chains[turn % len(chains)])
        else:
            mine.append(Organization(name="", npi=npi(number), npi_type=1 if number % 3 == 0 else 2))
    return mine


def _free_slug(clinic: Clinic, taken: set[str]) -> str:
    base = slugify(f"{clinic.name} {clinic.city} {clinic.state}")[:70]
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    taken.add(slug)
    return slug
