"""Promises to several people at once are kept like one: the same key is the same row, and a fault is heard of."""

import pytest
from django.db import IntegrityError, transaction

from outbox import deliveries
from outbox.models import Delivery

pytestmark = pytest.mark.django_db


def _promise(*recipients: str) -> None:
    keys = {recipient: f"news:{recipient}" for recipient in recipients}
    deliveries.enqueue_each(kind="news", subject="s", dedupe_keys=keys)


def test_each_gets_one_row_that_may_go_at_once() -> None:
    _promise("user:1", "user:2")
    rows = Delivery.objects.order_by("recipient")
    assert [row.recipient for row in rows] == ["user:1", "user:2"]
    assert all(row.run_after == row.created_at and row.state == Delivery.State.PENDING for row in rows)


def test_the_same_key_is_the_same_row_in_any_state() -> None:
    _promise("user:1")
    before = Delivery.objects.get()
    deliveries.stop(kind="news", subject="s")
    _promise("user:1", "user:2")
    after = Delivery.objects.get(recipient="user:1")
    assert (after.pk, after.state) == (before.pk, Delivery.State.STOPPED)
    assert Delivery.objects.count() == 2


def test_nobody_to_tell_is_no_row() -> None:
    _promise()
    assert not Delivery.objects.exists()


def test_a_row_that_does_not_hold_together_is_refused_and_not_left_out() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        deliveries.enqueue_each(kind=None, subject="s", dedupe_keys={"user:1": "k"})  # type: ignore[arg-type]
