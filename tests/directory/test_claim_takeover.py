"""A clinic that somebody holds is claimed: those who hold it hear of it, and say no, or yes; or it goes to another."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import audit
from accounts.models import ApiKey, Membership
from directory import claims
from directory.claims import mails
from directory.models import Case, Clinic
from directory.refusals import NotAllowed, WrongState
from outbox import clock
from outbox.models import Delivery
from referrals.access import inbox_of
from referrals.models import Referral
from tests import build, build_referrals
from tests.a_claim import ready

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def somebody(db):
    return build.user("new@clinic.example", name="New Person")


def made(clinic, by, proof="letter"):
    return claims.make(clinic=clinic, by=by, proof=proof, position="Office manager")


def unopposed(clinic, by, verifier):
    """Everything a take-over needs: proof, call, and 72 hours with no objection."""
    return ready(clinic, by, verifier, objection_until=clock.now())


def key_of(membership):
    now = clock.now()
    return ApiKey.objects.create(
        membership=membership, label="k", prefix="k", digest=str(membership.pk), made_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip


# --- who hears of it -------------------------------------------------------------------------------


def test_the_managers_hear_at_once_and_have_72_hours(clinic, owner, colleague, somebody):
    claim = made(clinic, somebody)
    assert claim.objection_until - claim.made_at == timedelta(hours=72)
    told = Delivery.objects.filter(kind="claim-made")
    assert [each.recipient for each in told] == [f"user:{owner.pk}"]
    mail = mails._compose_made(told.get())
    assert f"/manage/claims/{claim.pk}/object/" in mail.body
    for word in (clinic.name, somebody.name, somebody.email, "ketamine"):
        assert word not in mail.subject + mail.body


def test_managers_of_other_sites_hear_of_a_claim_on_an_unclaimed_one(owner, stranger, somebody):
    practice = build.organization()
    build.clinic(organization=practice, owner=owner)
    claim = made(build.clinic(organization=practice, claimed=False), somebody)
    assert [each.recipient for each in Delivery.objects.filter(kind="claim-made")] == [f"user:{owner.pk}"]
    assert claim.objection_until


def test_nobody_is_written_to_who_left_before_the_mail(clinic, owner, somebody):
    made(clinic, somebody)
    owner.memberships.update(ended_at=clock.now())
    assert mails._compose_made(Delivery.objects.get(kind="claim-made")) is None


def test_nobody_hears_of_a_claim_where_nobody_is(somebody):
    made(build.clinic(claimed=False), somebody)
    assert not Delivery.objects.exists()


# --- no --------------------------------------------------------------------------------------------


def test_a_manager_objects_and_the_claim_cannot_be_approved(clinic, owner, somebody, verifier):
    claim = ready(clinic, somebody, verifier, objection_until=clock.now() + timedelta(hours=1))
    claims.object_to(claim=claim, by=owner)
    assert Case.objects.open().get(kind="claim").urgent
    with clock.frozen(clock.now() + timedelta(days=30)), pytest.raises(WrongState) as no:
        claims.approve(claim=claim, by=verifier)
    assert no.value.current == "objected"
    assert Clinic.objects.able_to_receive().get() == clinic


def test_it_can_be_approved_once_the_staff_ended_the_claim_that_was_wrong(clinic, owner, somebody, verifier):
    claim = ready(clinic, somebody, verifier, objection_until=clock.now() + timedelta(hours=1))
    claims.object_to(claim=claim, by=owner)
    claims.end(claim=clinic.claims.standing().get(), by=verifier)
    claims.approve(claim=claim, by=verifier)
    assert not Clinic.objects.acted_for_by(owner).exists()
    assert list(Clinic.objects.acted_for_by(somebody)) == [clinic]


def test_nobody_else_objects(clinic, colleague, stranger, somebody, verifier):
    claim = made(clinic, somebody)
    for person in (colleague, stranger, somebody, verifier):
        with pytest.raises(NotAllowed):
            claims.object_to(claim=claim, by=person)


def test_an_objection_comes_in_time_and_once(clinic, owner, somebody):
    claim = made(clinic, somebody)
    with clock.frozen(claim.objection_until), pytest.raises(WrongState) as no:
        claims.object_to(claim=claim, by=owner)
    assert no.value.current == "too-late"
    with clock.frozen(claim.objection_until - timedelta(milliseconds=1)):
        claims.object_to(claim=claim, by=owner)
        with pytest.raises(WrongState) as no:
            claims.object_to(claim=claim, by=owner)
    assert no.value.current == "objected"


def test_before_the_72_hours_are_over_nothing_is_approved(clinic, somebody, verifier):
    claim = ready(clinic, somebody, verifier, objection_until=clock.now() + timedelta(seconds=5))
    with pytest.raises(WrongState) as no:
        claims.approve(claim=claim, by=verifier)
    assert no.value.current == "objection"
    with clock.frozen(claim.objection_until):
        assert claims.approve(claim=claim, by=verifier).status == "approved"


# --- yes: let in -----------------------------------------------------------------------------------


@pytest.mark.parametrize("proof", ["manager", "letter"])
def test_a_manager_lets_somebody_in(clinic, owner, somebody, proof):
    claim = made(clinic, somebody, proof)
    joined = claims.let_in(claim=claim, by=owner)
    assert (joined.status, joined.decided_by) == ("joined", owner)
    membership = Membership.objects.get(user=somebody)
    assert (membership.role, membership.whole_organization) == ("staff", False)
    assert list(Clinic.objects.acted_for_by(somebody)) == [clinic]
    assert clinic.claims.standing().get().claimant == owner
    assert not Case.objects.open().exists()
    with pytest.raises(WrongState):
        claims.let_in(claim=claim, by=owner)


def test_a_manager_may_give_the_whole_practice(clinic, owner, somebody):
    later = build.clinic(organization=clinic.organization, claimed=False)
    claims.let_in(claim=made(clinic, somebody, "manager"), by=owner, role="manager", whole=True)
    assert set(Clinic.objects.acted_for_by(somebody, "manager")) == {clinic, later}


def test_who_manages_one_site_gives_no_more_than_that(clinic, owner, somebody):
    membership = owner.memberships.get()
    membership.whole_organization = False
    membership.save()
    membership.sites.create(clinic=clinic)
    claim = made(clinic, somebody, "manager")
    with pytest.raises(NotAllowed):
        claims.let_in(claim=claim, by=owner, whole=True)
    assert claims.let_in(claim=claim, by=owner).status == "joined"


def test_who_was_let_in_sees_what_came_since_the_claim(clinic, owner, somebody):
    asked = build_referrals.referral(clinic)
    claims.let_in(claim=made(clinic, somebody, "manager"), by=owner)
    assert list(inbox_of(somebody)) == [asked]


def test_nobody_else_lets_in_or_turns_away(clinic, colleague, stranger, somebody, verifier):
    claim = made(clinic, somebody, "manager")
    for person in (colleague, stranger, somebody, verifier):
        for answer in (claims.let_in, claims.turn_away):
            with pytest.raises(NotAllowed):
                answer(claim=claim, by=person)


def test_a_manager_turns_away_who_asked_to_be_let_in(clinic, owner, somebody, verifier):
    claim = made(clinic, somebody, "manager")
    with pytest.raises(WrongState):
        claims.turn_away(claim=made(clinic, build.user()), by=owner)
    assert claims.turn_away(claim=claim, by=owner).status == "refused"
    assert not Membership.objects.filter(user=somebody).exists()


def test_the_staff_cannot_approve_what_only_a_manager_decides(clinic, somebody, verifier):
    claim = made(clinic, somebody, "manager")
    with pytest.raises(WrongState):
        claims.record_call(claim=claim, by=verifier, outcome="confirmed")
    with pytest.raises(WrongState):
        claims.print_letter(claim=claim, by=verifier, found_at="a page")
    with pytest.raises(WrongState):
        claims.approve(claim=claim, by=verifier)


def test_nobody_is_let_in_where_no_claim_stands_any_more(clinic, owner, somebody, verifier):
    claim = made(clinic, somebody, "manager")
    claims.end(claim=clinic.claims.standing().get(), by=verifier)
    with pytest.raises(WrongState):
        claims.let_in(claim=claim, by=owner)


# --- the take-over ---------------------------------------------------------------------------------


def test_a_take_over_ends_what_was_before(clinic, owner, colleague, somebody, verifier):
    asked = [
        build_referrals.referral(clinic, reached=status, by=owner)
        for status in ("requested", "received", "accepted")
    ]
    key = key_of(owner.memberships.get())
    browser = Client()
    browser.force_login(owner, BACKEND)
    old = clinic.claims.standing().get()
    new = claims.approve(claim=unopposed(clinic, somebody, verifier), by=verifier)
    old.refresh_from_db()
    key.refresh_from_db()
    assert old.ended_at is not None
    assert key.ended_at is not None
    assert clinic.claims.standing().get() == new
    assert {Referral.objects.get(pk=each.pk).status for each in asked} == {"failed"}
    assert not Membership.objects.active().filter(user__in=[owner, colleague]).exists()
    assert list(Clinic.objects.acted_for_by(somebody, "manager")) == [clinic]
    assert browser.get("/manage/").status_code == 302
    told = Delivery.objects.filter(kind="claim-taken-over").values_list("recipient", flat=True)
    assert set(told) == {f"user:{owner.pk}", f"user:{colleague.pk}"}
    assert audit.verify() == []


def test_the_new_holder_reads_nothing_from_before(clinic, owner, somebody, verifier):
    before = build_referrals.referral(clinic)
    claims.approve(claim=unopposed(clinic, somebody, verifier), by=verifier)
    after = build_referrals.referral(clinic)
    assert list(inbox_of(somebody)) == [after]
    assert not inbox_of(owner).exists()
    assert Referral.objects.get(pk=before.pk).status == "failed"


def test_whoever_acts_for_the_whole_practice_keeps_its_other_sites(clinic, owner, somebody, verifier):
    other = build.clinic(organization=clinic.organization, owner=owner)
    waiting = build_referrals.referral(other)
    browser = Client()
    browser.force_login(owner, BACKEND)
    claims.approve(claim=unopposed(clinic, somebody, verifier), by=verifier)
    assert list(Clinic.objects.acted_for_by(owner, "manager")) == [other]
    assert list(Clinic.objects.acted_for_by(somebody)) == [clinic]
    assert browser.get("/manage/").status_code == 200
    assert list(inbox_of(owner)) == [waiting]
    assert Referral.objects.get(pk=waiting.pk).status == "requested"


def test_a_chain_of_many_is_done_in_a_fixed_number_of_statements_for_each_member(clinic, somebody, verifier):
    build.many([{"organization": clinic.organization, "claimed": False} for _ in range(10)])
    people = [build.member(clinic.organization, role="staff") for _ in range(5)]
    claim = unopposed(clinic, somebody, verifier)
    with CaptureQueriesContext(connection) as done:
        claims.approve(claim=claim, by=verifier)
    assert all(Clinic.objects.acted_for_by(person).count() == 10 for person in people)
    assert len(done) < 250


def test_a_clinic_that_is_taken_over_takes_requests_without_a_gap(clinic, somebody, verifier):
    claims.approve(claim=unopposed(clinic, somebody, verifier), by=verifier)
    assert Clinic.objects.able_to_receive().get() == clinic
    assert build_referrals.referral(clinic).status == "requested"


def test_who_was_invited_meanwhile_takes_nothing_over(clinic, owner, somebody, verifier):
    claim = unopposed(clinic, somebody, verifier)
    build.membership(somebody, clinic.organization, "staff")
    with pytest.raises(WrongState):
        claims.approve(claim=claim, by=verifier)
    assert list(Clinic.objects.acted_for_by(owner)) == [clinic]
    assert claims.withdraw(claim=claim, by=somebody).status == "withdrawn"


def test_a_take_over_that_fails_changes_nothing(clinic, owner, somebody, verifier, monkeypatch):
    asked = build_referrals.referral(clinic)
    claim = unopposed(clinic, somebody, verifier)

    def broken(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("directory.claims.deciding.index.rebuild", broken)
    with pytest.raises(RuntimeError):
        claims.approve(claim=claim, by=verifier)
    assert list(Clinic.objects.acted_for_by(owner)) == [clinic]
    assert clinic.claims.standing().get().claimant == owner
    assert list(inbox_of(owner)) == [asked]
