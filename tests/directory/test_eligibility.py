"""The "verified provider" of the code: able_to_receive, at every instant and under every race."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from directory import checks, index, listings, search
from directory.models import Check, Clinic, IndexRow
from directory.vocabulary import REQUIRED_FACTS, Fact
from outbox import clock
from tests import build

pytestmark = pytest.mark.django_db

# A day that a change of the clocks makes 25 hours long in Denver, and a leap day.
INSTANTS = [
    datetime(2026, 11, 30, 12, tzinfo=UTC),
    datetime(2026, 11, 1, 8, 0, 0, 1, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
]
SMALLEST = timedelta(microseconds=1)


def able(clinic: Clinic, at: datetime | None = None) -> bool:
    return Clinic.objects.able_to_receive(at).filter(pk=clinic.pk).exists()


@pytest.mark.parametrize("ends", INSTANTS)
def test_a_license_counts_until_the_microsecond_before_it_ends(ends):
    with clock.frozen(ends - timedelta(days=3)):
        clinic = build.clinic(license_ends=ends)
    assert [able(clinic, ends + step) for step in (-SMALLEST, 0 * SMALLEST, SMALLEST)] == [True, False, False]
    with clock.frozen(ends - SMALLEST):
        assert able(clinic)
    with clock.frozen(ends):
        assert not able(clinic)


@pytest.mark.parametrize("fact", [fact for fact in REQUIRED_FACTS if fact != Fact.LICENSE])
def test_so_does_every_other_required_fact(fact):
    ends = INSTANTS[0]
    with clock.frozen(ends - timedelta(days=3)):
        clinic = build.clinic(lapses={fact: ends})
    assert able(clinic, ends - SMALLEST)
    assert not able(clinic, ends)


def test_esketamine_alone_needs_the_certification_and_next_to_another_route_does_not():
    ends = INSTANTS[0]
    with clock.frozen(ends - timedelta(days=3)):
        alone = build.clinic(modalities=("esketamine",), lapses={Fact.REMS: ends})
        both = build.clinic(lapses={Fact.REMS: ends})
    assert able(alone, ends - SMALLEST)
    assert not able(alone, ends)
    assert able(both, ends)


def test_a_pause_ends_at_its_instant():
    ends = INSTANTS[0]
    with clock.frozen(ends - timedelta(days=3)):
        clinic = build.clinic(paused_until=ends)
    assert not able(clinic, ends - SMALLEST)
    assert able(clinic, ends)


@pytest.mark.parametrize(
    "lacking",
    [
        {"listed": False, "claimed": True},
        {"status": "suspended", "status_reason": "moved"},
        {"claimed": False},
        {"takes_requests": False},
        {"modalities": ()},
        *[{"unchecked": (fact,)} for fact in REQUIRED_FACTS],
        *[{"fails": (fact,)} for fact in REQUIRED_FACTS],
    ],
)
def test_whatever_is_missing_it_cannot_receive(lacking):
    assert not able(build.clinic(**lacking))


def test_a_license_of_somebody_else_is_none():
    clinic = build.clinic()
    clinic.responsible = build.practitioner()
    clinic.save()
    assert not able(clinic)


def test_the_database_clock_decides_even_without_a_frozen_one():
    clinic = build.clinic()
    step = timedelta(milliseconds=20)
    build.check(clinic, Fact.LICENSE, lapses_at=clock.now() + 10 * step)
    ends = Check.objects.current().get(clinic=clinic, fact=Fact.LICENSE).lapses_at
    answers = []
    while not answers or answers[-1][0] < ends + step:
        before = clock.now()
        answer = able(clinic)
        answers.append((before, answer, clock.now()))
    assert all(answer for _, answer, after in answers if after < ends)
    assert not any(answer for before, answer, _ in answers if before >= ends)


# --- races: real threads, real commits ---------------------------------------------------------


def together(*jobs) -> None:
    """Run the jobs in threads that start at one moment, each with its own connection; raises what they raised."""
    barrier, errors = threading.Barrier(len(jobs)), []

    def run(job):
        try:
            barrier.wait()
            job()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_yes_after_a_revocation_was_answered():
    verifier = build.user(verifier=True)
    for _ in range(10):
        clinic = build.clinic()
        revoked = threading.Event()

        def revoke(clinic=clinic, revoked=revoked):
            checks.record(clinic=clinic, fact=Fact.NPI, outcome="fails", source="NPPES", by=verifier)
            revoked.set()

        def ask(clinic=clinic, revoked=revoked):
            answers = []
            while len(answers) < 5 or answers[-1][0] is False:
                answers.append((revoked.is_set(), able(clinic)))
            assert (True, True) not in answers

        together(revoke, ask, ask)


@pytest.mark.django_db(transaction=True)
def test_whoever_holds_the_clinics_lock_asks_once_and_may_rely_on_it():
    """What a request does: lock, ask, write with a time. No such time is after the revocation took effect."""
    verifier = build.user(verifier=True)
    for _ in range(15):
        clinic, taken, revoked = build.clinic(), [], []

        def submit(clinic=clinic, taken=taken):
            with transaction.atomic():
                Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
                if able(clinic):
                    taken.append(clock.now())

        def revoke(clinic=clinic, revoked=revoked):
            check = checks.record(clinic=clinic, fact=Fact.LICENSE, outcome="fails", source="Board", by=verifier,
                                  license=clinic.responsible.licenses.get())  # fmt: skip
            revoked.append(check.checked_at)

        together(submit, revoke, submit)
        assert all(time <= revoked[0] for time in taken)
        assert not able(clinic)


@pytest.mark.django_db(transaction=True)
def test_two_who_check_one_clinic_at_once_leave_one_true_row():
    first, second = build.user(verifier=True), build.user(verifier=True)
    for round_ in range(8):
        clinic = build.clinic(fails=(Fact.NPI, Fact.CONTACT))
        jobs = [
            lambda by=by, fact=fact, clinic=clinic: checks.record(
                clinic=clinic, fact=fact, outcome="holds", source="looked up", by=by
            )
            for by, fact in ((first, Fact.NPI), (second, Fact.CONTACT))
        ]
        together(*jobs)
        assert search.find(search.Query(q=clinic.name)).count == 1, round_
        written = IndexRow.objects.get(pk=clinic.pk).document
        index.rebuild(clinic)
        assert IndexRow.objects.get(pk=clinic.pk).document == written


@pytest.mark.django_db(transaction=True)
def test_suspending_while_the_chore_runs_leaves_no_row():
    staff = build.user(staff=True)
    for _ in range(6):
        now = clock.now()
        clinic = build.clinic(paused_until=now + timedelta(microseconds=1))
        IndexRow.objects.filter(pk=clinic.pk).update(next_change_at=clock.to_micros(now))
        together(
            index.refresh_stale,
            lambda clinic=clinic: listings.suspend(clinic=clinic, reason="moved", by=staff),
        )
        assert not IndexRow.objects.filter(pk=clinic.pk).exists()
