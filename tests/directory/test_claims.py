""" "I act for this clinic" is a sentence of one person, with proof, and a decision of another."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import AuditEvent, Membership
from directory import claims, search
from directory.casework import cases
from directory.casework import decisions as case_decisions
from directory.claims import forgetting
from directory.models import Case, Clinic, ListingClaim
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock
from outbox.models import Delivery
from tests import build
from tests.a_claim import code_of, in_registry, ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def unclaimed(db):
    return build.clinic(claimed=False, takes_requests=True)


@pytest.fixture
def somebody(db):
    return build.user()


def made(clinic, by, proof="letter", **said):
    return claims.make(clinic=clinic, by=by, proof=proof, **{"position": "Front desk", **said})


# --- the whole way ---------------------------------------------------------------------------------


def test_a_mail_a_call_and_a_verifier_open_the_inbox(unclaimed, somebody, verifier):
    in_registry(unclaimed)
    claim = made(unclaimed, somebody, "domain-mail", address="Ana@Clinic.example")
    assert (claim.status, claim.address) == ("pending", "ana@clinic.example")
    claims.prove(claim=claim, code=code_of(claim), by=somebody)
    claims.record_call(claim=claim, by=verifier, outcome="confirmed")
    assert not Clinic.objects.able_to_receive().exists()
    approved = claims.approve(claim=claim, by=verifier)
    assert (approved.status, approved.decided_by) == ("approved", verifier)
    membership = Membership.objects.active().get(user=somebody)
    assert (membership.role, membership.whole_organization) == ("manager", True)
    assert Clinic.objects.able_to_receive().get() == unclaimed
    assert search.find(search.Query()).results[0].document["accepts_referrals"] is True
    assert not Case.objects.open().exists()
    actions = AuditEvent.objects.filter(object_type="claim").order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["claim.made", "claim.proven", "claim.called", "claim.approved"]
    assert audit.verify() == []


def test_the_claimant_hears_of_the_decision(unclaimed, somebody, verifier):
    claim = claims.approve(claim=ready(unclaimed, somebody, verifier), by=verifier)
    assert Delivery.objects.get(kind="claim-decided").recipient == f"user:{somebody.pk}"
    assert claim.decided_at


# --- making ----------------------------------------------------------------------------------------


def test_the_operators_staff_claims_nothing(unclaimed, staff, verifier):
    for person in (staff, verifier):
        with pytest.raises(NotAllowed):
            made(unclaimed, person)


def test_somebody_who_became_staff_meanwhile_claims_nothing(unclaimed, somebody):
    type(somebody).objects.filter(pk=somebody.pk).update(is_staff=True)
    with pytest.raises(NotAllowed):
        made(unclaimed, somebody)


@pytest.mark.parametrize("proof", ["trust me", "phone", "manager", ""])
def test_a_claim_names_a_proof_that_is_possible(unclaimed, somebody, proof):
    with pytest.raises(Incomplete) as no:
        made(unclaimed, somebody, proof)
    assert no.value.missing == ["proof"]


def test_the_proofs_are_those_that_the_clinic_allows(clinic, unclaimed):
    assert claims.possible_proofs(clinic) == ["domain-mail", "letter", "manager"]
    assert claims.possible_proofs(unclaimed) == ["domain-mail", "letter"]
    unclaimed.confirmed_domain = ""
    assert claims.possible_proofs(unclaimed) == ["letter"]
    unclaimed.confirmed_domain = "gmail.com"
    assert claims.possible_proofs(unclaimed) == ["letter"]


@pytest.mark.parametrize("position", ["", "   ", "x" * 81, "Desk\x00", "x" * 1_000_000])
def test_a_claim_says_what_the_person_does_there(unclaimed, somebody, position):
    with pytest.raises(Incomplete) as no:
        made(unclaimed, somebody, position=position)
    assert no.value.missing == ["position"]
    assert not ListingClaim.objects.exists()


def test_a_position_may_be_as_long_as_its_field(unclaimed, somebody):
    assert made(unclaimed, somebody, position="é" * 80).position == "é" * 80


@pytest.mark.parametrize("end", [{"status": "closed", "status_reason": "moved"}, {"listed": False}])
def test_what_is_closed_or_merged_cannot_be_claimed(somebody, end):
    gone = build.clinic(claimed=False, **end)
    if gone.status == "candidate":
        gone.successor = build.clinic()
        gone.save()
    with pytest.raises(WrongState):
        made(gone, somebody)


def test_a_candidate_and_a_suspended_clinic_can_be_claimed(somebody):
    for state in ({"listed": False}, {"status": "suspended", "status_reason": "moved"}):
        assert made(build.clinic(claimed=False, **state), somebody).status == "pending"


def test_one_person_has_one_claim_waiting(unclaimed, somebody):
    made(unclaimed, somebody)
    with pytest.raises(WrongState) as no:
        made(unclaimed, somebody)
    assert no.value.current == "pending"
    assert made(unclaimed, build.user()).status == "pending"


def test_who_acts_for_it_already_need_not_claim_it(clinic, colleague):
    with pytest.raises(WrongState) as no:
        made(clinic, colleague)
    assert no.value.current == "yours"


def test_a_claim_waits_in_the_work_queue(unclaimed, somebody):
    claim = made(unclaimed, somebody)
    case = Case.objects.open().get(kind="claim")
    assert (case.clinic, case.subject) == (unclaimed, f"claim {claim.pk}")
    assert case.due_at - case.opened_at == timedelta(days=2)


def test_its_case_is_not_closed_without_a_decision(unclaimed, somebody, verifier):
    made(unclaimed, somebody)
    with pytest.raises(NotAllowed):
        case_decisions.dismiss(case=Case.objects.get(kind="claim"), outcome="nothing-wrong", by=verifier)


def test_what_is_asked_of_a_manager_is_no_work_for_the_staff(clinic, somebody):
    claim = made(clinic, somebody, "manager")
    assert claim.objection_until is None
    assert not Case.objects.exists()


def test_a_claim_can_be_taken_back_by_its_maker_alone(unclaimed, somebody, verifier, stranger):
    claim = made(unclaimed, somebody, "domain-mail", address="a@clinic.example")
    for person in (verifier, stranger):
        with pytest.raises(NotAllowed):
            claims.withdraw(claim=claim, by=person)
    withdrawn = claims.withdraw(claim=claim, by=somebody)
    assert (withdrawn.status, withdrawn.decided_by, withdrawn.code_digest) == ("withdrawn", None, "")
    assert not Case.objects.open().exists()
    with pytest.raises(WrongState):
        claims.withdraw(claim=claim, by=somebody)
    assert made(unclaimed, somebody).status == "pending"


# --- deciding --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacks", "missing"),
    [
        ({"proven_at": None}, ["proof"]),
        ({"called_at": None, "called_by": None}, ["call"]),
        ({"proven_at": None, "called_at": None, "called_by": None}, ["proof", "call"]),
    ],
)
def test_proof_and_call_come_before_the_approval(unclaimed, somebody, verifier, lacks, missing):
    claim = ready(unclaimed, somebody, verifier, **lacks)
    with pytest.raises(Incomplete) as no:
        claims.approve(claim=claim, by=verifier)
    assert no.value.missing == missing
    assert not Membership.objects.filter(user=somebody).exists()


def test_a_refused_claim_gives_nothing_and_says_why(unclaimed, somebody, verifier):
    claim = claims.refuse(claim=made(unclaimed, somebody), by=verifier, note="They do not know you.")
    assert (claim.status, claim.decision_note) == ("refused", "They do not know you.")
    assert not Membership.objects.filter(user=somebody).exists()
    assert not Case.objects.open().exists()
    with pytest.raises(WrongState):
        claims.approve(claim=claim, by=verifier)


@pytest.mark.parametrize("note", ["x" * 301, "a\x00b"])
def test_a_note_that_cannot_be_kept_is_refused(unclaimed, somebody, verifier, note):
    claim = made(unclaimed, somebody)
    with pytest.raises(Incomplete):
        claims.refuse(claim=claim, by=verifier, note=note)
    assert ListingClaim.objects.get().status == "pending"


def test_nobody_decides_about_their_own(unclaimed, somebody, verifier, staff):
    claim = ready(unclaimed, verifier, verifier)
    with pytest.raises(NotAllowed):
        claims.approve(claim=claim, by=verifier)
    claim = ready(unclaimed, somebody, verifier)
    build.membership(verifier, unclaimed.organization)
    for person in (somebody, staff, verifier):
        for decide in (claims.approve, claims.refuse):
            with pytest.raises(NotAllowed):
                decide(claim=claim, by=person)


@pytest.mark.parametrize("change", [{"is_verifier": False}, {"is_active": False}])
def test_a_verifier_who_was_removed_decides_nothing(unclaimed, somebody, verifier, change):
    claim = ready(unclaimed, somebody, verifier)
    type(verifier).objects.filter(pk=verifier.pk).update(**change)
    for decide in (claims.approve, claims.refuse):
        with pytest.raises(NotAllowed):
            decide(claim=claim, by=verifier)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": True}])
def test_a_claimant_who_may_no_longer_act_gets_nothing(unclaimed, somebody, verifier, change):
    claim = ready(unclaimed, somebody, verifier)
    type(somebody).objects.filter(pk=somebody.pk).update(**change)
    with pytest.raises(NotAllowed):
        claims.approve(claim=claim, by=verifier)


def test_of_two_claims_one_is_approved_and_the_other_has_to_wait(unclaimed, verifier, second_verifier):
    first = ready(unclaimed, build.user(), verifier)
    other = ready(unclaimed, build.user(), verifier)
    claims.approve(claim=first, by=verifier)
    with pytest.raises(WrongState) as no:
        claims.approve(claim=other, by=second_verifier)
    assert no.value.current == "objection"
    assert not Membership.objects.filter(user=other.claimant).exists()
    other.refresh_from_db()
    assert other.objection_until > clock.now() + timedelta(hours=71)
    assert Delivery.objects.filter(kind="claim-made", recipient=f"user:{first.claimant_id}").exists()


def test_a_claim_is_approved_once(unclaimed, somebody, verifier, second_verifier):
    claim = ready(unclaimed, somebody, verifier)
    claims.approve(claim=claim, by=verifier)
    with pytest.raises(WrongState):
        claims.approve(claim=claim, by=second_verifier)
    assert Membership.objects.filter(user=somebody).count() == 1


def test_a_clinic_that_closed_meanwhile_is_not_given_away(somebody, verifier):
    closed = build.clinic(status="closed", status_reason="moved", claimed=False)
    with pytest.raises(WrongState):
        claims.approve(claim=ready(closed, somebody, verifier), by=verifier)


# --- what somebody becomes -------------------------------------------------------------------------


def test_where_others_act_for_other_sites_the_claimant_manages_this_one_alone(verifier, somebody, owner):
    practice = build.organization()
    build.clinic(organization=practice, owner=owner)
    site = build.clinic(organization=practice, claimed=False)
    claims.approve(claim=ready(site, somebody, verifier), by=verifier)
    membership = Membership.objects.get(user=somebody)
    assert (membership.role, membership.whole_organization) == ("manager", False)
    assert list(Clinic.objects.acted_for_by(somebody)) == [site]


def test_where_nobody_acts_elsewhere_the_claimant_manages_the_whole(verifier, somebody):
    practice = build.organization()
    sites = [build.clinic(organization=practice, claimed=False) for _ in range(2)]
    claims.approve(claim=ready(sites[0], somebody, verifier), by=verifier)
    assert set(Clinic.objects.acted_for_by(somebody)) == set(sites)


def test_a_member_who_claims_keeps_their_role_beside_a_manager(unclaimed, verifier):
    build.member(unclaimed.organization)
    person = build.member(unclaimed.organization, role="staff")
    claims.approve(claim=ready(unclaimed, person, verifier), by=verifier)
    assert Membership.objects.active().get(user=person).role == "staff"


def test_a_member_who_claims_becomes_the_manager_where_there_is_none(unclaimed, verifier):
    person = build.member(unclaimed.organization, role="staff")
    claims.approve(claim=ready(unclaimed, person, verifier), by=verifier)
    assert Membership.objects.active().get(user=person).role == "manager"


def test_a_manager_of_another_site_who_claims_this_one_has_both(verifier, somebody):
    practice = build.organization()
    first, second = (build.clinic(organization=practice, claimed=False) for _ in range(2))
    membership = build.membership(somebody, practice)
    membership.whole_organization = False
    membership.save()
    membership.sites.create(clinic=first)
    claims.approve(claim=ready(second, somebody, verifier), by=verifier)
    assert set(Clinic.objects.acted_for_by(somebody, "manager")) == {first, second}


def test_nobody_becomes_the_manager_of_others_by_claiming_one_more_site(verifier, somebody, owner):
    practice = build.organization()
    first, second = (build.clinic(organization=practice, claimed=False) for _ in range(2))
    for person, role in ((owner, "manager"), (somebody, "staff")):
        membership = build.membership(person, practice, role)
        membership.whole_organization = False
        membership.save()
        membership.sites.create(clinic=first)
    claim = ready(second, somebody, verifier)
    with pytest.raises(NotAllowed):
        claims.approve(claim=claim, by=verifier)
    assert list(Clinic.objects.acted_for_by(somebody)) == [first]
    assert not second.claims.standing().exists()


# --- the end ---------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "approved"},
        {"status": "pending", "decided_at": clock.EPOCH},
        {"status": "withdrawn"},
        {"ended_at": clock.EPOCH},
        {"called_at": clock.EPOCH},
        {"objected_at": clock.EPOCH},
        {"status": "approved", "decided_at": clock.EPOCH, "decided_by": "claimant"},
    ],
)
def test_the_database_refuses_half_made_steps(unclaimed, somebody, broken):
    if broken.get("decided_by"):
        broken = {**broken, "decided_by": somebody}
    with pytest.raises(IntegrityError), transaction.atomic():
        build.claim(unclaimed, somebody, **broken)


def test_the_database_keeps_one_standing_claim(clinic, somebody, verifier):
    with pytest.raises(IntegrityError), transaction.atomic():
        build.claim(clinic, somebody, status="approved", decided_at=clock.now(), decided_by=verifier)


def test_a_case_that_somebody_holds_does_not_stop_the_decision(
    unclaimed, somebody, verifier, second_verifier
):
    claim = made(unclaimed, somebody)
    cases.take(case=Case.objects.get(), by=second_verifier)
    assert claims.refuse(claim=claim, by=verifier).status == "refused"
    assert not Case.objects.open().exists()


def test_what_came_to_nothing_is_forgotten_after_90_days(unclaimed, somebody, verifier):
    refused = claims.refuse(
        claim=made(unclaimed, somebody, "domain-mail", address="a@clinic.example"), by=verifier
    )
    kept = claims.approve(claim=ready(unclaimed, build.user(), verifier, position="Desk"), by=verifier)
    with clock.frozen(refused.decided_at + timedelta(days=90)):
        assert forgetting.forget_old() == 0
    with clock.frozen(refused.decided_at + timedelta(days=90, seconds=1)):
        assert forgetting.forget_old() == 1
        assert forgetting.forget_old() == 0
    refused.refresh_from_db()
    kept.refresh_from_db()
    assert (refused.address, refused.position, kept.position) == ("", "", "Desk")
