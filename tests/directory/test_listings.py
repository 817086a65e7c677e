"""A listing moves only by a person, in the allowed steps, and publishing takes two of them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Membership
from directory import listings, search
from directory.models import Clinic, IndexRow
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.directory.test_checks import stopped

__all__ = ["stopped"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate(db):
    return build.clinic(listed=False, claimed=True)


def shown(clinic) -> bool:
    return search.find(search.Query(q=clinic.name)).count == 1


def last_action() -> str:
    return AuditEvent.objects.latest("seq").action


def test_a_candidate_is_published_by_a_verifier_whom_somebody_else_asked(candidate, stranger, verifier):
    assert not shown(candidate)
    clinic = listings.publish(clinic=candidate, by=verifier, submitted_by=stranger)
    assert clinic.status == Clinic.Status.LISTED
    assert shown(clinic)
    assert AuditEvent.objects.latest("seq").purpose == f"submitted by user:{stranger.pk}"


def test_nobody_publishes_alone(candidate, verifier, staff, stranger):
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=verifier, submitted_by=verifier)
    for person in (staff, stranger):
        with pytest.raises(NotAllowed):
            listings.publish(clinic=candidate, by=person, submitted_by=verifier)
    build.membership(verifier, candidate.organization)
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=verifier, submitted_by=stranger)


@pytest.mark.parametrize("fact", ["license", "npi", "exclusion", "contact"])
def test_every_required_fact_comes_first(verifier, stranger, fact):
    for lacking in ({"unchecked": (fact,)}, {"fails": (fact,)}):
        with pytest.raises(Incomplete) as caught:
            listings.publish(clinic=build.clinic(listed=False, **lacking), by=verifier, submitted_by=stranger)
        assert caught.value.missing == [fact]


def test_a_listing_of_esketamine_alone_needs_the_certification(verifier, stranger):
    alone = build.clinic(listed=False, modalities=("esketamine",), unchecked=(Fact.REMS,))
    with pytest.raises(Incomplete) as caught:
        listings.publish(clinic=alone, by=verifier, submitted_by=stranger)
    assert caught.value.missing == ["rems"]
    both = build.clinic(listed=False, unchecked=(Fact.REMS,))
    assert listings.publish(clinic=both, by=verifier, submitted_by=stranger).status == "listed"
    assert IndexRow.objects.get().esketamine_until == 0


def test_it_says_everything_that_is_missing(verifier, stranger):
    empty = build.clinic(listed=False, at=None, modalities=(), unchecked=("npi", "rems"), responsible=None)
    with pytest.raises(Incomplete) as caught:
        listings.publish(clinic=empty, by=verifier, submitted_by=stranger)
    assert caught.value.missing == ["point", "responsible", "offerings", "license", "npi"]


def test_suspending_takes_one_person_and_acts_at_once(clinic, staff, stopped):
    suspended = listings.suspend(clinic=clinic, reason="under-review", by=staff)
    assert (suspended.status, suspended.status_reason) == ("suspended", "under-review")
    assert not shown(clinic)
    assert not Clinic.objects.able_to_receive().exists()
    assert stopped == [clinic.pk]
    assert last_action() == "listing.suspended"


def test_a_manager_may_take_their_own_clinic_down_and_nobody_else_may(clinic, owner, colleague, stranger):
    for person in (colleague, stranger):
        with pytest.raises(NotAllowed):
            listings.suspend(clinic=clinic, reason="clinic-asked", by=person)
    assert listings.suspend(clinic=clinic, reason="clinic-asked", by=owner).status == "suspended"


@pytest.mark.parametrize("verb", [listings.suspend, listings.close])
@pytest.mark.parametrize("reason", ["", "we do not like them"])
def test_a_stop_has_a_reason_that_may_be_shown(clinic, staff, verb, reason):
    with pytest.raises(Incomplete):
        verb(clinic=clinic, reason=reason, by=staff)
    clinic.refresh_from_db()
    assert clinic.status == "listed"


def test_a_suspended_clinic_returns_when_its_facts_hold(clinic, staff, verifier):
    listings.suspend(clinic=clinic, reason="under-review", by=staff)
    with pytest.raises(NotAllowed):
        listings.reinstate(clinic=clinic, by=staff)
    build.check(clinic, Fact.CONTACT, outcome="fails")
    with pytest.raises(Incomplete):
        listings.reinstate(clinic=clinic, by=verifier)
    build.check(clinic, Fact.CONTACT)
    back = listings.reinstate(clinic=clinic, by=verifier)
    assert (back.status, back.status_reason) == ("listed", "")
    assert shown(clinic)


def test_a_closed_clinic_stays_closed(clinic, staff, verifier, stranger, stopped):
    listings.close(clinic=clinic, reason="closed-down", by=staff)
    assert stopped == [clinic.pk]
    for verb, arguments in (
        (listings.suspend, {"reason": "under-review", "by": staff}),
        (listings.close, {"reason": "moved", "by": staff}),
        (listings.reinstate, {"by": verifier}),
        (listings.publish, {"by": verifier, "submitted_by": stranger}),
    ):
        with pytest.raises(WrongState) as caught:
            verb(clinic=clinic, **arguments)
        assert caught.value.current == "closed"


def test_a_listed_clinic_is_not_published_again_nor_a_candidate_suspended(
    clinic, candidate, verifier, staff, stranger
):
    with pytest.raises(WrongState):
        listings.publish(clinic=clinic, by=verifier, submitted_by=stranger)
    with pytest.raises(WrongState):
        listings.suspend(clinic=candidate, reason="moved", by=staff)


def test_a_pause_is_public_and_ends_by_itself(clinic, owner):
    until = clock.now() + timedelta(days=3)
    listings.pause_requests(clinic=clinic, until=until, by=owner)
    assert search.find(search.Query()).results[0].document["accepts_referrals"] is False
    with clock.frozen(until):
        assert search.find(search.Query()).results[0].document["accepts_referrals"] is True
        assert Clinic.objects.able_to_receive().exists()
    listings.pause_requests(clinic=clinic, until=None, by=owner)
    assert search.find(search.Query()).results[0].document["accepts_referrals"] is True
    assert last_action() == "requests.resumed"


def test_a_clinic_edits_what_it_says_of_itself(clinic, colleague):
    edited = listings.edit(
        clinic=clinic, by=colleague, insurance=["medicaid"], accepting_new_patients=False, cost="Ask us."
    )
    assert edited.accepting_stated_at >= clock.now() - timedelta(minutes=1)
    document = search.find(search.Query(insurance=("medicaid",))).results[0].document
    assert document["accepting_new_patients"] is False
    assert listings.edit(clinic=clinic, by=colleague, accepting_new_patients=None).accepting_stated_at is None


def test_only_somebody_who_acts_for_it_edits_that(clinic, stranger, verifier, staff, owner):
    for person in (stranger, verifier, staff):
        with pytest.raises(NotAllowed):
            listings.edit(clinic=clinic, by=person, cost="$0")
    clinic.claims.update(ended_at=clock.now())
    with pytest.raises(NotAllowed):
        listings.edit(clinic=clinic, by=owner, cost="$0")


def test_nothing_a_clinic_typed_is_public_as_checked(clinic, owner, verifier, stopped):
    """A new phone is not the one that was confirmed."""
    with pytest.raises(NotAllowed):
        listings.edit(clinic=clinic, by=owner, phone="+13035550199")
    listings.edit(clinic=clinic, by=verifier, phone="+13035550199")
    assert not clinic.checks.current().filter(fact=Fact.CONTACT).exists()
    assert not shown(clinic)
    assert stopped == [clinic.pk]


def test_an_edit_that_changes_no_contact_detail_keeps_the_check(clinic, verifier):
    listings.edit(clinic=clinic, by=verifier, phone=clinic.phone, website="https://new.example/")
    assert clinic.checks.current().filter(fact=Fact.CONTACT).exists()
    assert search.find(search.Query()).results[0].document["website"] == "https://new.example/"


def test_no_edit_moves_a_listing_or_dates_a_statement(clinic, owner, verifier):
    for field, value in (
        ("status", "closed"),
        ("attested_at", clock.now()),
        ("slug", "x"),
        ("paused_until", None),
    ):
        for person in (owner, verifier):
            with pytest.raises(NotAllowed):
                listings.edit(clinic=clinic, by=person, **{field: value})


def test_words_outside_the_vocabulary_and_values_that_do_not_fit_are_refused(clinic, owner, verifier):
    with pytest.raises(NotAllowed):
        listings.edit(clinic=clinic, by=owner, insurance=["gold"])
    for field, value in (
        ("cost", "x" * 1001),
        ("name", "x" * 161),
        ("website", "javascript:alert(1)"),
        ("latitude", 91.0),
    ):
        with pytest.raises(ValidationError):
            listings.edit(clinic=clinic, by=owner if field == "cost" else verifier, **{field: value})
    clinic.refresh_from_db()
    assert clinic.cost == ""


def test_an_attestation_dates_all_that_the_clinic_says(clinic, owner, stranger):
    with pytest.raises(NotAllowed):
        listings.attest(clinic=clinic, by=stranger)
    attested = listings.attest(clinic=clinic, by=owner)
    assert attested.attested_at.date() == clock.now().date()
    assert attested.accepting_stated_at >= attested.attested_at


def test_every_step_leaves_a_trail(clinic, owner, staff, verifier):
    listings.attest(clinic=clinic, by=owner)
    listings.edit(clinic=clinic, by=owner, hours="Mon 9-5")
    listings.suspend(clinic=clinic, reason="moved", by=staff)
    listings.reinstate(clinic=clinic, by=verifier)
    listings.close(clinic=clinic, reason="moved", by=staff)
    trail = AuditEvent.objects.filter(object_type="clinic", object_id=str(clinic.pk)).order_by("seq")
    assert list(trail.values_list("action", flat=True)) == [
        "listing.attested", "listing.edited", "listing.suspended", "listing.reinstated", "listing.closed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "listed", "responsible": None},
        {"status": "listed", "at": None},
        {"status": "suspended"},
        {"status": "listed", "status_reason": "moved"},
        {"latitude": 95.0},
        {"longitude": None},
        {"accepting_new_patients": True, "accepting_stated_at": None},
        {"accepting_new_patients": None, "accepting_stated_at": clock.EPOCH},
    ],
)
def test_the_database_refuses_half_filled_clinics(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        build.clinic(**broken)


def test_roles_of_another_practice_count_for_nothing(clinic, stranger):
    assert Membership.objects.active().filter(user=stranger).exists()
    with pytest.raises(NotAllowed):
        listings.pause_requests(clinic=clinic, until=None, by=stranger)


@pytest.mark.parametrize(
    ("npi_type", "void"), [(1, {Fact.EXCLUSION, Fact.NPI}), (2, {Fact.EXCLUSION})], ids=["solo", "group"]
)
def test_another_responsible_clinician_was_not_looked_for_on_any_list(clinic, verifier, npi_type, void):
    clinic.organization.npi_type = npi_type
    clinic.organization.save()
    successor = build.practitioner()
    before = set(clinic.checks.current().values_list("fact", flat=True))
    listings.edit(clinic=clinic, by=verifier, responsible=successor)
    build.check(clinic, Fact.LICENSE, license=build.license(successor))

    assert before - set(clinic.checks.current().values_list("fact", flat=True)) == void
    assert not shown(clinic)
    for fact in void:
        build.check(clinic, fact)
    assert shown(clinic)
