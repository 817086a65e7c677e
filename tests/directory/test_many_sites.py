"""What is done to several sites of an organization at once: at all of them, or at none."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEvent, Membership
from directory import editing, listings, many_sites
from directory.models import Clinic, ListingClaim, ListingEdit, ProposedChange, SiteMembership
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock
from tests import build
from tests.portal import a_chain

pytestmark = pytest.mark.django_db

WORDS = {"cost": "Ask us before the first visit.", "insurance": ["medicare", "commercial"]}


@pytest.fixture
def chain(db):
    return a_chain.build(sites=3, staff=12)


def site_manager(organization, clinics, *sites):
    """Manages these sites of it, and no other."""
    person = build.member(organization)
    person.memberships.update(whole_organization=False)
    SiteMembership.objects.bulk_create(
        SiteMembership(membership=person.memberships.get(), clinic=clinic) for clinic in sites
    )
    return person


def test_every_shared_field_is_what_a_clinic_says_of_itself():
    assert set(many_sites.SHARED) <= editing.SAID


def test_sites_get_the_same_values_at_once_and_each_has_its_history_and_its_trail(chain):
    organization, manager, clinics = chain
    edited = many_sites.edit_shared(organization=organization, clinics=clinics, by=manager, values=WORDS)

    assert len(edited.changed) == 3
    assert not edited.held
    assert set(Clinic.objects.values_list("cost", flat=True)) == {WORDS["cost"]}
    assert {tuple(clinic.insurance) for clinic in Clinic.objects.all()} == {("medicare", "commercial")}
    assert set(ListingEdit.objects.values_list("clinic", flat=True)) == {clinic.pk for clinic in clinics}
    assert AuditEvent.objects.filter(action="listing.edited").count() == 3


def test_a_site_that_has_the_values_already_is_left_alone(chain):
    organization, manager, clinics = chain
    Clinic.objects.filter(pk=clinics[0].pk).update(cost=WORDS["cost"])
    edited = many_sites.edit_shared(
        organization=organization, clinics=clinics, by=manager, values={"cost": WORDS["cost"]}
    )
    assert {clinic.pk for clinic in edited.changed} == {clinic.pk for clinic in clinics[1:]}
    assert not ListingEdit.objects.filter(clinic=clinics[0]).exists()


def test_who_says_again_that_there_is_room_says_it_today(chain):
    organization, manager, clinics = chain
    before = clinics[0].accepting_stated_at
    many_sites.edit_shared(
        organization=organization, clinics=clinics, by=manager, values={"accepting_new_patients": True}
    )
    assert all(clinic.accepting_stated_at > before for clinic in Clinic.objects.all())


def test_words_in_which_the_gate_finds_something_wait_at_every_site(chain):
    organization, manager, clinics = chain
    words = "Ketamine vials shipped to your door. Order on Telegram, no prescription."
    edited = many_sites.edit_shared(
        organization=organization, clinics=clinics, by=manager, values={"cost": words, "hours": "By day."}
    )
    assert len(edited.held) == 3
    assert set(Clinic.objects.values_list("cost", "hours")) == {("", "By day.")}
    assert ProposedChange.objects.open().count() == 3


@pytest.mark.parametrize("values", [{"name": "Another"}, {"takes_requests": True}, {"status": "listed"}])
def test_nothing_else_is_shared(chain, values):
    organization, manager, clinics = chain
    with pytest.raises(NotAllowed):
        many_sites.edit_shared(organization=organization, clinics=clinics, by=manager, values=values)


def test_one_site_that_cannot_be_changed_stops_all(chain):
    organization, manager, clinics = chain
    ListingClaim.objects.filter(clinic=clinics[2]).update(ended_at=clock.now())
    with pytest.raises(NotAllowed):
        many_sites.edit_shared(organization=organization, clinics=clinics, by=manager, values=WORDS)
    assert set(Clinic.objects.values_list("cost", flat=True)) == {""}

    Clinic.objects.filter(pk=clinics[0].pk).update(price_high=100)
    with pytest.raises(ValidationError):
        many_sites.edit_shared(
            organization=organization, clinics=clinics[:2], by=manager, values={"price_low": 200}
        )
    assert set(Clinic.objects.values_list("price_low", flat=True)) == {None}


def test_a_manager_of_some_sites_changes_those_alone(chain):
    organization, _, clinics = chain
    person = site_manager(organization, clinics, clinics[0], clinics[1])
    assert set(many_sites.managed_by(person, organization)) == set(clinics[:2])
    many_sites.edit_shared(organization=organization, clinics=clinics[:2], by=person, values=WORDS)
    with pytest.raises(NotAllowed):
        many_sites.edit_shared(organization=organization, clinics=clinics, by=person, values=WORDS)


def test_staff_strangers_and_sites_of_others_are_refused(chain, stranger):
    organization, manager, clinics = chain
    staff = build.member(organization, role=Membership.Role.STAFF)
    for by in (staff, stranger):
        with pytest.raises(NotAllowed):
            many_sites.edit_shared(organization=organization, clinics=clinics, by=by, values=WORDS)
    with pytest.raises(NotAllowed):
        many_sites.edit_shared(
            organization=organization, clinics=[clinics[0], build.clinic()], by=manager, values=WORDS
        )
    with pytest.raises(Incomplete):
        many_sites.edit_shared(organization=organization, clinics=[], by=manager, values=WORDS)


def test_no_more_sites_at_once_than_others_can_wait_for(chain, monkeypatch):
    organization, manager, clinics = chain
    monkeypatch.setattr(many_sites, "MOST_AT_ONCE", 2)
    with pytest.raises(NotAllowed):
        many_sites.edit_shared(organization=organization, clinics=clinics, by=manager, values=WORDS)


def test_a_yes_is_to_what_was_shown(chain):
    organization, manager, clinics = chain
    seen = many_sites.fingerprint(many_sites.differences(clinics, WORDS))
    listings.edit(clinic=clinics[1], by=manager, cost="Another price.")
    with pytest.raises(WrongState) as refused:
        many_sites.edit_shared(
            organization=organization, clinics=clinics, by=manager, values=WORDS, seen=seen
        )
    assert refused.value.current == many_sites.CHANGED_MEANWHILE
    assert set(Clinic.objects.values_list("cost", flat=True)) == {"", "Another price."}


def test_sites_pause_together_and_take_requests_again(chain):
    organization, manager, clinics = chain
    day = clock.now().date() + timedelta(days=20)
    paused = many_sites.pause(
        organization=organization, clinics=clinics, by=manager, until=day, reason="holiday"
    )
    assert len(paused) == 3
    assert not Clinic.objects.able_to_receive().exists()
    assert set(Clinic.objects.values_list("pause_reason", flat=True)) == {"holiday"}

    many_sites.resume(organization=organization, clinics=clinics[:1], by=manager)
    assert list(Clinic.objects.able_to_receive()) == clinics[:1]
    assert many_sites.resume(organization=organization, clinics=clinics[:1], by=manager) == []


def test_a_pause_that_one_site_cannot_have_is_none(chain):
    organization, manager, clinics = chain
    yesterday = clock.now().date() - timedelta(days=1)
    with pytest.raises(ValidationError):
        many_sites.pause(
            organization=organization, clinics=clinics, by=manager, until=yesterday, reason="full"
        )
    with pytest.raises(Incomplete):
        many_sites.pause(
            organization=organization,
            clinics=clinics,
            by=manager,
            until=clock.now().date() + timedelta(days=9),
            reason="because",
        )
    assert set(Clinic.objects.values_list("paused_until", flat=True)) == {None}


def test_sites_close_together_for_good(chain):
    organization, manager, clinics = chain
    closed = many_sites.close(
        organization=organization, clinics=clinics[:2], reason="closed-down", by=manager
    )
    assert len(closed) == 2
    assert list(Clinic.objects.order_by("pk").values_list("status", flat=True)) == [
        "closed",
        "closed",
        "listed",
    ]
    with pytest.raises(WrongState):
        many_sites.close(organization=organization, clinics=clinics, reason="closed-down", by=manager)
    assert Clinic.objects.get(pk=clinics[2].pk).status == "listed"


@pytest.mark.parametrize("reason", ["moved", "merged", "under-review", "", "harm"])
def test_sites_that_go_somewhere_are_closed_one_by_one(chain, reason):
    organization, manager, clinics = chain
    with pytest.raises(Incomplete):
        many_sites.close(organization=organization, clinics=clinics, reason=reason, by=manager)
