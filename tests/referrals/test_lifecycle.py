"""From sent to an end: which step leads where, who is told, and what the trail says."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AuditEvent
from directory.models import Clinic
from directory.vocabulary import Fact
from outbox import clock
from outbox.models import Delivery
from referrals import access, lifecycle, reading
from referrals.models import Referral
from referrals.vocabulary import (
    CLOSED_STATUSES,
    Actor,
    CompleteReason,
    DeclineReason,
    FailReason,
    Status,
)
from tests import build
from tests.build_referrals import QUESTION, referral, sent

pytestmark = pytest.mark.django_db

SOON = timedelta(days=7)


def _do(verb, made, owner):
    """Take `verb` as its page would."""
    acts = {
        "open": lambda: lifecycle.open(referral=made, by=owner),
        "ask": lambda: lifecycle.ask(referral=made, question=QUESTION, by=owner),
        "answer": lambda: lifecycle.answer(referral=made, text="Mondays"),
        "accept": lambda: lifecycle.accept(referral=made, by=owner, note="We call on Monday"),
        "decline": lambda: lifecycle.decline(referral=made, reason=DeclineReason.COVERAGE, by=owner),
        "set_appointment": lambda: lifecycle.set_appointment(referral=made, at=clock.now() + SOON, by=owner),
        "complete": lambda: lifecycle.complete(referral=made, reason=CompleteReason.NO_SHOW, by=owner),
        "withdraw": lambda: lifecycle.withdraw(referral=made),
        "stop": lambda: lifecycle.stop(referral=made),
    }
    acts[verb]()


VERBS = {
    "open": {"requested": "received"},
    "ask": {"received": "on-hold", "on-hold": "on-hold"},
    "answer": {"on-hold": "received"},
    "accept": {"received": "accepted", "on-hold": "accepted"},
    "decline": {"received": "rejected", "on-hold": "rejected", "accepted": "rejected"},
    "set_appointment": {"accepted": "in-progress", "in-progress": "in-progress"},
    "complete": {"accepted": "completed", "in-progress": "completed"},
    "withdraw": dict.fromkeys(("requested", "received", "on-hold", "accepted", "in-progress"), "cancelled"),
    "stop": {"requested": "failed"},
}


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_leads_where_the_table_says_and_nowhere_else(verb, status, clinic, owner):
    made = referral(clinic, reached=status, by=owner)
    before = _all_rows()
    if status in VERBS[verb]:
        _do(verb, made, owner)
        assert made.status == Referral.objects.get().status == VERBS[verb][status]
        return
    with pytest.raises(lifecycle.WrongState) as caught:
        _do(verb, made, owner)
    assert caught.value.current == status
    assert _all_rows() == before


def test_the_table_is_the_one_above():
    told = {verb: dict.fromkeys(sources, target) for verb, (sources, target) in _table().items()}
    assert told == VERBS


def _table():
    """Without what ends many at once or is staff's: those have tests of their own."""
    apart = {"give_up", "end_unanswerable"}
    return {verb: step for verb, step in lifecycle.TRANSITIONS.items() if verb not in apart}


@pytest.mark.parametrize("verb", VERBS)
def test_each_step_is_in_the_timeline_and_last_in_the_trail(verb, clinic, owner):
    source = next(iter(VERBS[verb]))
    made = referral(clinic, reached=source, by=owner)
    steps = made.timeline.count()
    _do(verb, made, owner)
    last = made.timeline.last()
    assert (last.number, last.status, last.at) == (steps + 1, made.status, made.status_at)
    event = AuditEvent.objects.latest("seq")
    assert (event.action, event.object_id) == (f"referral.{verb}", str(made.pk))
    actor = {"answer": "patient", "withdraw": "patient", "stop": "system"}.get(verb, f"user:{owner.pk}")
    assert event.actor == actor
    kinds = {"patient": Actor.PATIENT, "system": Actor.SITE}
    assert last.actor == kinds.get(actor, Actor.CLINIC)


@pytest.mark.parametrize("verb", VERBS)
def test_the_other_side_is_told_of_each_step(verb, clinic, owner, colleague):
    source = [*VERBS[verb]][-1]
    made = referral(clinic, reached=source, by=owner)
    Delivery.objects.exclude(kind="clinic-new-request").delete()
    _do(verb, made, owner)
    told = sorted(Delivery.objects.exclude(kind="clinic-new-request").values_list("kind", "recipient"))
    if verb in ("answer", "withdraw"):
        assert told == [("clinic-update", f"user:{owner.pk}"), ("clinic-update", f"user:{colleague.pk}")]
    else:
        assert told == [("patient-update", "patient")]


@pytest.mark.parametrize("status", CLOSED_STATUSES)
def test_an_end_has_a_time_and_its_reason(status, clinic, owner):
    made = Referral.objects.get(pk=referral(clinic, reached=status, by=owner).pk)
    assert made.is_closed
    assert made.closed_at == made.status_at
    reasons = {"rejected": "not-accepting", "completed": "seen", "failed": "listing-stopped", "cancelled": ""}
    assert made.status_reason == reasons[status]


def test_steps_within_one_tick_of_the_clock_are_still_in_order(clinic, owner):
    with clock.frozen(clock.now()):
        made = referral(clinic, reached=Status.COMPLETED, by=owner)
    times = list(made.timeline.values_list("at", flat=True))
    assert times == sorted(set(times))


def test_a_clock_set_back_does_not_turn_the_order(clinic, owner):
    made = sent(clinic).referral
    with clock.frozen(clock.now() - timedelta(hours=1)):
        lifecycle.open(referral=made, by=owner)
    assert made.status_at > made.created_at


# --- one was first -----------------------------------------------------------------------------


def test_who_comes_second_learns_the_present_status(clinic, owner, colleague):
    made = referral(clinic, reached=Status.RECEIVED, by=owner)
    seen_by_colleague = Referral.objects.get(pk=made.pk)
    lifecycle.accept(referral=made, by=owner)
    with pytest.raises(lifecycle.WrongState) as caught:
        lifecycle.decline(referral=seen_by_colleague, reason=DeclineReason.COVERAGE, by=colleague)
    assert caught.value.current == Status.ACCEPTED
    assert Referral.objects.get().status == Status.ACCEPTED


def test_a_second_question_from_the_same_state_loses_too(clinic, owner, colleague):
    made = referral(clinic, reached=Status.ON_HOLD, by=owner)
    seen_by_colleague = Referral.objects.get(pk=made.pk)
    lifecycle.ask(referral=made, question="And afternoons?", by=owner)
    with pytest.raises(lifecycle.WrongState):
        lifecycle.ask(referral=seen_by_colleague, question="Or evenings?", by=colleague)
    assert made.timeline.count() == 4


def test_a_state_that_came_back_is_not_the_state_that_was_seen(clinic, owner):
    made = referral(clinic, reached=Status.RECEIVED, by=owner)
    seen_before = Referral.objects.get(pk=made.pk)
    lifecycle.ask(referral=made, question=QUESTION, by=owner)
    lifecycle.answer(referral=made, text="Mondays")
    with pytest.raises(lifecycle.WrongState):
        lifecycle.accept(referral=seen_before, by=owner)


# --- words, reasons, dates -----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   \n\t ", "x" * 1001])
def test_a_message_is_neither_empty_nor_endless(text, clinic, owner):
    made = referral(clinic, reached=Status.ON_HOLD, by=owner)
    with pytest.raises(lifecycle.BadText):
        lifecycle.answer(referral=made, text=text)
    with pytest.raises(lifecycle.BadText):
        lifecycle.ask(referral=made, question=text, by=owner)
    assert Referral.objects.get().status == Status.ON_HOLD


@pytest.mark.parametrize("reason", ["", "rude", FailReason.NO_REPLY, CompleteReason.SEEN])
def test_declining_needs_one_of_the_reasons(reason, clinic, owner):
    made = referral(clinic, reached=Status.RECEIVED, by=owner)
    with pytest.raises(ValueError, match="DeclineReason"):
        lifecycle.decline(referral=made, reason=reason, by=owner)
    assert Referral.objects.get().status == Status.RECEIVED


def test_completing_needs_one_of_the_reasons(clinic, owner):
    made = referral(clinic, reached=Status.ACCEPTED, by=owner)
    with pytest.raises(ValueError, match="CompleteReason"):
        lifecycle.complete(referral=made, reason=DeclineReason.COVERAGE, by=owner)


@pytest.mark.parametrize(
    "ahead", [timedelta(0), timedelta(seconds=-1), timedelta(days=-7), timedelta(days=732)]
)
def test_an_appointment_lies_ahead_within_two_years(ahead, clinic, owner):
    made = referral(clinic, reached=Status.ACCEPTED, by=owner)
    with clock.frozen(clock.now()), pytest.raises(lifecycle.DateOutOfRange):
        lifecycle.set_appointment(referral=made, at=clock.now() + ahead, by=owner)
    assert Referral.objects.get().status == Status.ACCEPTED


def test_an_appointment_is_sealed_and_can_be_moved(clinic, owner):
    made = referral(clinic, reached=Status.ACCEPTED, by=owner)
    first, moved = (datetime(2999, 1, 1, tzinfo=UTC) - timedelta(days=gap) for gap in (20, 10))
    with clock.frozen(first - timedelta(days=30)):
        made.status_at = clock.now() - SOON
        Referral.objects.update(status_at=made.status_at)
        lifecycle.set_appointment(referral=made, at=first, by=owner)
        lifecycle.set_appointment(referral=made, at=moved, by=owner)
    steps = reading.timeline(referral=made, by=owner, purpose="test")
    assert [step.appointment for step in steps[-2:]] == [first, moved]
    assert b"2998" not in bytes(made.timeline.last().sealed)


# --- whose referral it is ------------------------------------------------------------------------

CLINIC_VERBS = ("open", "ask", "accept", "decline", "set_appointment", "complete")


@pytest.mark.parametrize("verb", CLINIC_VERBS)
def test_nobody_else_takes_a_step_for_the_clinic(verb, clinic, owner, request):
    others = [request.getfixturevalue(name) for name in ("stranger", "verifier", "staff")]
    made = referral(clinic, reached=next(iter(VERBS[verb])), by=owner)
    before = _all_rows()
    for somebody in others:
        with pytest.raises(lifecycle.NotYours):
            _do(verb, made, somebody)
    assert _all_rows() == before


@pytest.mark.parametrize("verb", CLINIC_VERBS)
def test_a_member_who_left_takes_no_step(verb, clinic, owner, colleague):
    made = referral(clinic, reached=next(iter(VERBS[verb])), by=owner)
    colleague.memberships.update(ended_at=clock.now())
    with pytest.raises(lifecycle.NotYours):
        _do(verb, made, colleague)


def test_only_the_operators_staff_gives_up(clinic, owner, staff):
    made = sent(clinic).referral
    with pytest.raises(lifecycle.NotYours):
        lifecycle.give_up(referral=made, by=owner)
    lifecycle.give_up(referral=made, by=staff)
    assert (made.status, made.status_reason) == (Status.FAILED, FailReason.UNDELIVERABLE)
    assert Delivery.objects.filter(kind="patient-update").count() == 1


def test_the_inbox_holds_what_was_sent_to_ones_clinics_after_the_claim(clinic, owner, colleague, stranger):
    made = sent(clinic).referral
    other = build.clinic()
    sent(other)
    assert list(access.inbox_of(owner)) == list(access.inbox_of(colleague)) == [made]
    assert not access.inbox_of(stranger).exists()


def test_staff_verifiers_and_superusers_have_no_inbox(clinic, staff, verifier):
    sent(clinic)
    root = build.user(staff=True, is_superuser=True)
    assert not any(access.inbox_of(user).exists() for user in (staff, verifier, root))


def test_whoever_takes_over_a_clinic_sees_nothing_from_before(clinic, owner, verifier):
    sent(clinic)
    clinic.claims.update(ended_at=clock.now())
    assert not access.inbox_of(owner).exists()
    newcomer = build.member(clinic.organization)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        decided = {"decided_at": clock.now(), "decided_by": verifier, "status": "approved"}
        build.claim(clinic, newcomer, **decided)
        assert not access.inbox_of(newcomer).exists()
        after = sent(clinic).referral
    assert list(access.inbox_of(newcomer)) == [after]


def test_a_claim_decided_at_the_very_instant_counts(clinic, owner):
    made = sent(clinic).referral
    clinic.claims.update(decided_at=made.created_at)
    assert access.inbox_of(owner).exists()
    clinic.claims.update(decided_at=made.created_at + timedelta(microseconds=1))
    assert not access.inbox_of(owner).exists()


def test_a_user_who_may_not_sign_in_has_no_inbox(clinic, owner):
    sent(clinic)
    owner.is_active = False
    owner.save()
    assert not access.inbox_of(owner).exists()


# --- a clinic that lapsed ------------------------------------------------------------------------


def test_a_lapsed_clinic_cannot_accept_and_what_it_opened_stays_open(clinic, owner):
    made = referral(clinic, reached=Status.RECEIVED, by=owner)
    _lapse(clinic)
    with pytest.raises(lifecycle.ListingStopped):
        lifecycle.accept(referral=made, by=owner)
    assert Referral.objects.get().status == made.status == Status.RECEIVED
    lifecycle.decline(referral=made, reason=DeclineReason.NOT_ACCEPTING, by=owner)
    assert made.status == Status.REJECTED


def test_a_lapsed_clinic_cannot_open_and_the_patient_is_told(clinic, owner):
    made = sent(clinic).referral
    Delivery.objects.update(state=Delivery.State.DELIVERED, attempts=1, settled_at=clock.now())
    _lapse(clinic)
    with pytest.raises(lifecycle.ListingStopped):
        lifecycle.open(referral=made, by=owner)
    stored = Referral.objects.get()
    assert (stored.status, stored.status_reason) == (Status.FAILED, FailReason.LISTING_STOPPED)
    assert Delivery.objects.filter(kind="patient-update").count() == 1


def test_accepting_is_possible_until_the_license_ends_and_not_in_that_instant(owner):
    noon = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
    clinic = build.clinic(owner=owner, license_ends=noon, checked_at=noon - timedelta(days=9))
    with clock.frozen(noon - timedelta(hours=1)):
        early, late = (referral(clinic, reached=Status.RECEIVED, by=owner) for _ in range(2))
    with clock.frozen(noon - timedelta(microseconds=1)):
        lifecycle.accept(referral=early, by=owner)
    with clock.frozen(noon), pytest.raises(lifecycle.ListingStopped):
        lifecycle.accept(referral=late, by=owner)


def test_esketamine_is_accepted_only_while_the_site_is_certified(clinic, owner):
    asked = {
        wish: referral(clinic, reached="received", by=owner, modality=wish) for wish in ("esketamine", "iv")
    }
    build.check(clinic, Fact.REMS, outcome="fails")
    with pytest.raises(lifecycle.ListingStopped):
        lifecycle.accept(referral=asked["esketamine"], by=owner)
    lifecycle.accept(referral=asked["iv"], by=owner)


def test_a_pause_is_no_lapse(clinic, owner):
    made = sent(clinic).referral
    Clinic.objects.update(takes_requests=False)
    lifecycle.open(referral=made, by=owner)
    lifecycle.accept(referral=made, by=owner)
    assert made.status == Status.ACCEPTED


def test_when_a_listing_stops_what_was_not_delivered_is_failed_and_patients_are_told(clinic, owner):
    waiting = sent(clinic).referral
    by_phone = sent(clinic, email="").referral
    told = sent(clinic).referral
    _delivered(told)
    opened = referral(clinic, reached=Status.RECEIVED, by=owner)
    elsewhere = sent(build.clinic()).referral
    _lapse(clinic)
    status = dict(Referral.objects.values_list("pk", "status"))
    assert status == {
        waiting.pk: Status.FAILED,
        by_phone.pk: Status.FAILED,
        told.pk: Status.REQUESTED,
        opened.pk: Status.RECEIVED,
        elsewhere.pk: Status.REQUESTED,
    }
    stopped = Delivery.objects.filter(kind="clinic-new-request", state="stopped")
    assert {waiting.pk, by_phone.pk} <= {_uuid(row) for row in stopped}
    assert Delivery.objects.get(kind="clinic-new-request", subject=str(elsewhere.pk)).state == "pending"
    mails = Delivery.objects.filter(kind="patient-update", subject=str(waiting.pk), state="pending")
    assert mails.count() == 1
    assert not Delivery.objects.filter(kind="patient-update", subject=str(by_phone.pk)).exists()


def test_a_request_of_which_one_member_was_told_counts_as_delivered(clinic, owner, colleague):
    made = sent(clinic).referral
    _delivered(made, recipient=f"user:{owner.pk}")
    _lapse(clinic)
    assert Referral.objects.get().status == Status.REQUESTED


def test_opening_or_taking_back_recalls_the_notices_still_waiting(clinic, owner, colleague):
    made = sent(clinic).referral
    lifecycle.open(referral=made, by=owner)
    taken_back = referral(clinic, reached=Status.CANCELLED)
    waiting = Delivery.objects.filter(kind="clinic-new-request", state="pending")
    assert not waiting.filter(subject__in=[str(made.pk), str(taken_back.pk)]).exists()
    assert not Delivery.objects.filter(kind="clinic-update").exists()


def _lapse(clinic):
    """The exclusion list now names the clinician. The index is rebuilt, and its signal sent."""
    build.check(clinic, Fact.EXCLUSION, outcome="fails")


def _delivered(made, **which):
    rows = Delivery.objects.filter(kind="clinic-new-request", subject=str(made.pk), **which)
    rows.update(state=Delivery.State.DELIVERED, attempts=1, settled_at=clock.now())


def _uuid(row):
    return uuid.UUID(row.subject)


def _all_rows():
    """Everything that a refused step must leave as it was."""
    return (
        list(Referral.objects.values()),
        list(Delivery.objects.order_by("dedupe_key").values("dedupe_key", "state")),
        Referral.objects.get().timeline.count(),
        AuditEvent.objects.count(),
    )
