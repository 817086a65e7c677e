"""A practice with many sites and many people, as large chains are: the world in which every page is counted.

    organization, manager, clinics = a_chain.build(sites=40, staff=200)

The manager stands for the whole of it. Of the staff every tenth does, too; the others stand for one or two sites, and
every tenth of them manages there.
"""

from datetime import timedelta

from accounts.models import Membership, Organization, User
from directory.models import Clinic, SiteMembership
from outbox import clock
from tests import build as builders

PLACES = (("Denver", "CO", "80202"), ("Boulder", "CO", "80301"), ("Cheyenne", "WY", "82001"))


def build_sites(organization: Organization, manager: User, sites: int) -> list[Clinic]:
    """Listed sites of an organization, claimed by its manager."""
    wishes = []
    for number in range(sites):
        city, state, zip_code = PLACES[number % len(PLACES)]
        place = {"city": city, "state": state, "zip": zip_code}
        wishes.append(
            {"name": f"Chain Site {number + 1:02d}", "organization": organization, "owner": manager, **place}
        )
    return builders.many(wishes)


def build(sites: int = 40, staff: int = 200) -> tuple[Organization, User, list[Clinic]]:
    organization = builders.organization(name="Example Chain")
    manager = builders.user("manager@chain.example", name="Mana Ger")
    clinics = build_sites(organization, manager, sites)
    _let_in(organization, clinics, _people(staff))
    return organization, manager, clinics


def _people(staff: int) -> list[User]:
    password = builders._encoded_password()
    return User.objects.bulk_create(
        User(email=f"person{number}@chain.example", name=f"Person {number}", password=password)
        for number in range(staff)
    )


def _let_in(organization: Organization, clinics: list[Clinic], people: list[User]) -> None:
    since = clock.now() - timedelta(days=200)
    memberships = Membership.objects.bulk_create(
        Membership(
            user=person,
            organization=organization,
            role=Membership.Role.MANAGER if number % 10 == 1 else Membership.Role.STAFF,
            whole_organization=number % 10 == 0,
            started_at=since,
        )
        for number, person in enumerate(people)
    )
    SiteMembership.objects.bulk_create(
        SiteMembership(membership=membership, clinic=clinic)
        for number, membership in enumerate(memberships)
        if not membership.whole_organization
        for clinic in {clinics[number % len(clinics)], clinics[(number * 7 + 1) % len(clinics)]}
    )
