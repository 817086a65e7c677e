""" "I act for this clinic" is a sentence of one person and a decision of another."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Membership
from directory import claims, search
from directory.models import Clinic, ListingClaim
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def unclaimed(db):
    return build.clinic(claimed=False, takes_requests=True)


@pytest.fixture
def somebody(db):
    return build.user()


def test_an_approved_claim_opens_the_inbox(unclaimed, somebody, verifier):
    assert not Clinic.objects.able_to_receive().exists()
    claim = claims.make(clinic=unclaimed, by=somebody, proof="phone")
    assert claim.status == "pending"
    assert not Clinic.objects.able_to_receive().exists()
    approved = claims.approve(claim=claim, by=verifier)
    assert (approved.status, approved.decided_by) == ("approved", verifier)
    assert Membership.objects.active().get(user=somebody).role == "manager"
    assert Clinic.objects.able_to_receive().get() == unclaimed
    assert search.find(search.Query()).results[0].document["accepts_referrals"] is True


def test_a_member_who_claims_keeps_their_role(unclaimed, verifier):
    person = build.member(unclaimed.organization, role="staff")
    claims.approve(claim=claims.make(clinic=unclaimed, by=person, proof="manager"), by=verifier)
    assert Membership.objects.active().get(user=person).role == "staff"


def test_a_refused_claim_gives_nothing(unclaimed, somebody, verifier):
    claim = claims.refuse(claim=claims.make(clinic=unclaimed, by=somebody, proof="letter"), by=verifier)
    assert claim.status == "refused"
    assert not Membership.objects.filter(user=somebody).exists()
    with pytest.raises(WrongState):
        claims.approve(claim=claim, by=verifier)


def test_nobody_decides_about_their_own(unclaimed, somebody, verifier, staff):
    claim = build.claim(unclaimed, verifier)
    with pytest.raises(NotAllowed):
        claims.approve(claim=claim, by=verifier)
    claim = claims.make(clinic=unclaimed, by=somebody, proof="phone")
    build.membership(verifier, unclaimed.organization)
    for person in (somebody, staff, verifier):
        for decide in (claims.approve, claims.refuse):
            with pytest.raises(NotAllowed):
                decide(claim=claim, by=person)


def test_the_operators_staff_claims_nothing(unclaimed, staff, verifier):
    for person in (staff, verifier):
        with pytest.raises(NotAllowed):
            claims.make(clinic=unclaimed, by=person, proof="phone")


def test_one_claim_stands_at_a_time(clinic, unclaimed, somebody, verifier, second_verifier):
    with pytest.raises(WrongState):
        claims.make(clinic=clinic, by=somebody, proof="phone")
    first = claims.make(clinic=unclaimed, by=somebody, proof="phone")
    with pytest.raises(WrongState):
        claims.make(clinic=unclaimed, by=somebody, proof="letter")
    other = claims.make(clinic=unclaimed, by=build.user(), proof="letter")
    claims.approve(claim=first, by=verifier)
    with pytest.raises(WrongState):
        claims.approve(claim=other, by=second_verifier)
    assert not Membership.objects.filter(user=other.claimant).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        ListingClaim.objects.filter(pk=other.pk).update(
            status="approved", decided_at=clock.now(), decided_by=verifier
        )


def test_a_closed_clinic_cannot_be_claimed(somebody):
    closed = build.clinic(status="closed", status_reason="moved", claimed=False)
    with pytest.raises(WrongState):
        claims.make(clinic=closed, by=somebody, proof="phone")


def test_a_claim_names_a_proof(unclaimed, somebody):
    with pytest.raises(Incomplete):
        claims.make(clinic=unclaimed, by=somebody, proof="trust me")


def test_an_ended_claim_closes_the_inbox(clinic, owner, colleague, stranger):
    claim = clinic.claims.get()
    for person in (colleague, stranger):
        with pytest.raises(NotAllowed):
            claims.end(claim=claim, by=person)
    claims.end(claim=claim, by=owner)
    assert not Clinic.objects.able_to_receive().exists()
    assert search.find(search.Query()).results[0].document["accepts_referrals"] is False
    with pytest.raises(WrongState):
        claims.end(claim=claim, by=owner)


def test_the_operator_may_end_a_claim_too(clinic, staff):
    assert claims.end(claim=clinic.claims.get(), by=staff).ended_at


def test_every_step_leaves_a_trail(unclaimed, somebody, verifier, staff):
    claim = claims.approve(claim=claims.make(clinic=unclaimed, by=somebody, proof="phone"), by=verifier)
    claims.end(claim=claim, by=staff)
    actions = AuditEvent.objects.filter(object_type="claim").order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["claim.made", "claim.approved", "claim.ended"]


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "approved"},
        {"status": "pending", "decided_at": clock.EPOCH},
        {"ended_at": clock.EPOCH},
        {"status": "approved", "decided_at": clock.EPOCH, "decided_by": "claimant"},
    ],
)
def test_the_database_refuses_half_made_decisions(unclaimed, somebody, broken):
    if broken.get("decided_by"):
        broken = {**broken, "decided_by": somebody}
    with pytest.raises(IntegrityError), transaction.atomic():
        build.claim(unclaimed, somebody, **broken)
