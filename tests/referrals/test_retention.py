"""Personal data are destroyed on time, really, and only after the end."""

from datetime import timedelta

import pytest

from accounts.models import AuditEvent
from outbox import chores, clock
from referrals import lifecycle, retention
from referrals.models import Referral, TimelineEntry
from referrals.vocabulary import CLOSED_STATUSES, OPEN_STATUSES, Status
from tests import build
from tests.build_referrals import referral, sent
from tests.referrals import canary


def _closed(clinic, owner, *, days):
    """A referral closed so many days ago, with a question in its timeline."""
    with clock.frozen(clock.now() - timedelta(days=days)):
        made = referral(clinic, reached=Status.ON_HOLD, by=owner)
        lifecycle.withdraw(referral=made)
    return made


@pytest.mark.django_db
class TestWhatIsDue:
    @pytest.fixture
    def clinic(self, owner):
        return build.clinic(owner=owner)

    @pytest.fixture(autouse=True)
    def _claimed_long_ago(self, clinic):
        long_ago = clock.now() - timedelta(days=1000)
        clinic.claims.update(made_at=long_ago, decided_at=long_ago)
        clinic.checks.update(checked_at=long_ago)

    def test_ninety_days_after_closing_the_personal_data_are_gone(self, clinic, owner):
        made = _closed(clinic, owner, days=90)
        assert retention.destroy_due() == 1
        stored = Referral.objects.get()
        assert (stored.sealed, stored.wrapped_key) == (None, None)
        assert set(TimelineEntry.objects.values_list("sealed", flat=True)) == {None}
        event = AuditEvent.objects.latest("seq")
        assert (event.actor, event.action, event.object_id) == ("system", "referral.destroy", str(made.pk))

    def test_what_happened_and_when_remains(self, clinic, owner):
        made = _closed(clinic, owner, days=91)
        retention.destroy_due()
        stored = Referral.objects.get()
        assert (stored.status, stored.closed_at) == (Status.CANCELLED, made.closed_at)
        assert stored.timeline.count() == 4

    def test_a_day_earlier_they_are_there(self, clinic, owner):
        _closed(clinic, owner, days=89)
        assert retention.destroy_due() == 0
        assert Referral.objects.get().sealed

    def test_it_acts_at_the_instant(self, clinic, owner):
        made = _closed(clinic, owner, days=89)
        due = made.closed_at + timedelta(days=90)
        with clock.frozen(due - timedelta(microseconds=1)):
            assert retention.destroy_due() == 0
        with clock.frozen(due):
            assert retention.destroy_due() == 1

    def test_the_operator_may_shorten_it(self, clinic, owner, settings):
        settings.PERSONAL_DATA_DAYS = 30
        _closed(clinic, owner, days=31)
        assert retention.destroy_due() == 1

    def test_what_is_open_stays_however_old(self, clinic, owner):
        with clock.frozen(clock.now() - timedelta(days=900)):
            for status in OPEN_STATUSES:
                referral(clinic, reached=status, by=owner)
        assert retention.destroy_due() == 0

    @pytest.mark.parametrize("status", CLOSED_STATUSES)
    def test_every_end_counts(self, clinic, owner, status):
        with clock.frozen(clock.now() - timedelta(days=100)):
            referral(clinic, reached=status, by=owner)
        assert retention.destroy_due() == 1

    def test_it_goes_on_in_batches_and_is_harmless_twice(self, clinic, owner):
        for _ in range(3):
            _closed(clinic, owner, days=100)
        assert [retention.destroy_due(limit=2) for _ in range(3)] == [2, 1, 0]
        assert AuditEvent.objects.filter(action="referral.destroy").count() == 3
        assert retention.destroy(Referral.objects.first().pk) is False

    def test_an_open_referral_cannot_be_destroyed(self, clinic):
        assert retention.destroy(sent(clinic).referral.pk) is False


@pytest.mark.once
def test_the_worker_does_it():
    assert any(chore.run is retention.destroy_due for chore in chores._chores.values())


@pytest.mark.django_db(transaction=True)
def test_the_sealed_bytes_are_gone_from_everything_the_database_wrote_down(clinic, owner):
    made = referral(clinic, reached=Status.ON_HOLD, by=owner)
    lifecycle.withdraw(referral=made)
    stored = Referral.objects.get()
    boxes = [bytes(stored.sealed), bytes(stored.wrapped_key)]
    boxes += [bytes(sealed) for sealed in made.timeline.values_list("sealed", flat=True) if sealed]
    assert len(boxes) == 3
    assert all(_written_down(box) for box in boxes)
    with clock.frozen(clock.now() + timedelta(days=91)):
        assert retention.destroy_due() == 1
    assert not any(_written_down(box) for box in boxes)


def _written_down(box: bytes) -> bool:
    """Is the start of the ciphertext, 40 bytes that fit one page, in a file of SQLite or a dump of PostgreSQL?"""
    start = box[14:54]
    heap = b"".join(canary.database().values())
    return start in heap or start.hex().encode() in heap
