"""Many at once: one referral per key, one winner per step, nothing for a clinic from the instant it lapsed."""

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection, connections

from accounts import audit
from accounts.models import AuditEvent
from directory import checks, listings
from directory.models import Check
from directory.vocabulary import Fact
from outbox.models import Delivery
from referrals import lifecycle, reading, retention
from referrals.models import Referral, TimelineEntry
from referrals.transitions import TICK
from referrals.vocabulary import DeclineReason, Status
from tests import build
from tests.build_referrals import referral, sent

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


def at_once(*acts):
    """Run every act in a thread and a connection of its own, all let go at one moment; results or exceptions."""
    gate = Barrier(len(acts))

    def run(act):
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return act()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _trail_is_whole():
    assert audit.verify() == []


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_fifty_posts_with_one_key_are_one_referral(clinic, owner, round_number):
    key = secrets.token_urlsafe(32)
    receipts = at_once(*[partial(sent, clinic, key=key)] * 50)
    assert all(isinstance(receipt, lifecycle.Receipt) for receipt in receipts), receipts
    assert Counter(receipt.replayed for receipt in receipts) == {False: 1, True: 49}
    assert len({receipt.token for receipt in receipts}) == 1
    assert Referral.objects.count() == TimelineEntry.objects.count() == Delivery.objects.count() == 1
    assert AuditEvent.objects.filter(action="referral.request").count() == 1
    _trail_is_whole()


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_one_key_for_several_clinics_at_once_is_one_referral(owner, round_number):
    clinics = [build.clinic(owner=owner) for _ in range(5)]
    key = secrets.token_urlsafe(32)
    results = at_once(*[partial(sent, clinic, key=key) for clinic in clinics for _ in range(4)])
    kinds = Counter(type(result).__name__ for result in results)
    assert kinds == {"Receipt": 4, "KeyReused": 16}
    assert Referral.objects.count() == 1


def test_fifty_posts_with_keys_of_their_own_are_fifty_referrals(clinic, owner):
    receipts = at_once(*[partial(sent, clinic)] * 50)
    assert {receipt.replayed for receipt in receipts} == {False}
    assert Referral.objects.count() == len({receipt.referral.reference for receipt in receipts}) == 50
    _trail_is_whole()


@pytest.mark.parametrize("round_number", range(ROUNDS * 2))
def test_of_twenty_who_act_on_one_state_exactly_one_wins(clinic, owner, round_number):
    made = referral(clinic, reached=Status.RECEIVED, by=owner)
    seen = [Referral.objects.get(pk=made.pk) for _ in range(20)]
    verbs = [
        lambda each: lifecycle.accept(referral=each, by=owner),
        lambda each: lifecycle.decline(referral=each, reason=DeclineReason.COVERAGE, by=owner),
        lambda each: lifecycle.withdraw(referral=each),
        lambda each: lifecycle.ask(referral=each, question="Mondays?", by=owner),
    ]
    results = at_once(*[partial(verbs[n % 4], each) for n, each in enumerate(seen)])
    kinds = Counter(type(result).__name__ for result in results)
    assert kinds == {"NoneType": 1, "WrongState": 19}
    stored = Referral.objects.get()
    assert {result.current for result in results if result} == {stored.status}
    assert [step.status for step in stored.timeline.all()] == ["requested", "received", stored.status]
    steps = AuditEvent.objects.filter(object_id=str(made.pk)).exclude(action="referral.read")
    assert steps.count() == 3
    _trail_is_whole()


def test_a_stop_and_an_opening_at_once_have_one_winner(clinic, owner):
    for _ in range(5):
        made = referral(clinic)
        acts = [partial(lifecycle.stop, referral=Referral.objects.get(pk=made.pk)) for _ in range(5)]
        acts += [
            partial(lifecycle.open, referral=Referral.objects.get(pk=made.pk), by=owner) for _ in range(5)
        ]
        results = at_once(*acts)
        assert Counter(type(result).__name__ for result in results) == {"NoneType": 1, "WrongState": 9}


@pytest.mark.parametrize("round_number", range(ROUNDS * 2))
def test_nothing_is_received_from_the_instant_a_fact_is_found_not_to_hold(owner, verifier, round_number):
    clinic = build.clinic(owner=owner)
    ready = [referral(clinic, reached=Status.RECEIVED, by=owner) for _ in range(5)]
    revoke = partial(
        checks.record,
        clinic=clinic,
        fact=Fact.EXCLUSION,
        outcome="fails",
        source="OIG exclusion list",
        by=verifier,
    )
    accepts = [partial(lifecycle.accept, referral=each, by=owner) for each in ready]
    results = at_once(*[partial(sent, clinic)] * 10, *accepts, revoke)
    (check,) = [result for result in results if isinstance(result, Check)]
    kinds = Counter(type(result).__name__ for result in results)
    assert sum(kinds[kind] for kind in ("Receipt", "NotTaking")) == 10
    assert sum(kinds[kind] for kind in ("NoneType", "ListingStopped")) == 5
    received = Referral.objects.exclude(pk__in=[each.pk for each in ready])
    assert not received.filter(created_at__gt=check.checked_at).exists()
    accepted = TimelineEntry.objects.filter(status=Status.ACCEPTED)
    assert not accepted.filter(at__gt=check.checked_at + TICK).exists()
    # Nobody at the clinic had been told, so what was sent just before is stopped.
    assert set(received.values_list("status", flat=True)) <= {Status.FAILED}
    _trail_is_whole()


def test_suspending_and_sending_at_once_leave_nothing_waiting(owner, verifier):
    for _ in range(3):
        clinic = build.clinic(owner=owner)
        suspend = partial(listings.suspend, clinic=clinic, reason="under-review", by=verifier)
        at_once(*[partial(sent, clinic)] * 10, suspend)
        assert not Referral.objects.filter(clinic=clinic, status=Status.REQUESTED).exists()


def test_a_read_and_the_end_of_the_data_come_one_after_the_other(clinic, owner):
    for _ in range(5):
        made = referral(clinic, reached=Status.REJECTED, by=owner)
        reads = [partial(reading.read, referral=made, by=owner, purpose="race")] * 10
        results = at_once(*reads, partial(retention.destroy, made.pk))
        destroyed = AuditEvent.objects.get(action="referral.destroy", object_id=str(made.pk))
        later = AuditEvent.objects.filter(purpose="race", object_id=str(made.pk), seq__gt=destroyed.seq)
        assert not later.exists()
        kinds = Counter(type(result).__name__ for result in results)
        assert kinds["Answers"] + kinds["PersonalDataGone"] == 10
    _trail_is_whole()


def test_many_lists_of_names_in_any_order_do_not_lock_each_other_out(clinic, owner):
    made = [referral(clinic) for _ in range(6)]
    orders = [made, made[::-1], made[3:] + made[:3]] * 4
    reads = [partial(reading.call_names, referrals=order, by=owner, purpose="list") for order in orders]
    results = at_once(*reads, *[partial(lifecycle.withdraw, referral=each) for each in made])
    assert not [result for result in results if isinstance(result, Exception)]
