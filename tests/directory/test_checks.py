"""A fact is checked by a person with no part in the clinic, against a named source, and everything follows at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from directory import checks, search, signals
from directory.models import Check, Clinic, DirectoryVersion, IndexRow
from directory.refusals import Incomplete, NotAllowed
from directory.vocabulary import Fact
from outbox import clock
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def stopped():
    """The clinics that `listing_stopped` was sent for."""
    heard = []

    def hear(clinic, **_):
        assert transaction.get_connection().in_atomic_block
        heard.append(clinic.pk)

    signals.listing_stopped.connect(hear)
    yield heard
    signals.listing_stopped.disconnect(hear)


def record(clinic, fact, by, **overrides):
    return checks.record(
        **{"clinic": clinic, "fact": fact, "outcome": "holds", "source": "NPPES", "by": by, **overrides}
    )


def test_it_keeps_the_look_and_supersedes_the_one_before(clinic, verifier):
    earlier = clinic.checks.get(fact=Fact.NPI)
    check = record(
        clinic, Fact.NPI, verifier, source_url="https://npiregistry.cms.hhs.gov/", how="Searched by number"
    )
    earlier.refresh_from_db()
    assert earlier.superseded_at == check.checked_at
    assert (check.due_at, check.holds_until) == (
        check.checked_at + timedelta(days=30),
        check.checked_at + timedelta(days=60),
    )
    assert check.checked_by == verifier
    assert list(clinic.checks.current().filter(fact=Fact.NPI)) == [check]


def test_a_license_check_ends_with_the_license(clinic, verifier):
    ends = clock.now() + timedelta(days=12)
    held = build.license(clinic.responsible, expires_at=ends)
    check = record(clinic, Fact.LICENSE, verifier, license=held, source="Colorado Medical Board")
    assert check.lapses_at == check.holds_until == ends
    sooner = record(clinic, Fact.LICENSE, verifier, license=held, lapses_at=ends - timedelta(days=1))
    assert sooner.lapses_at == ends - timedelta(days=1)


def test_a_fact_that_fails_takes_the_clinic_out_of_search_at_once(clinic, verifier, stopped):
    record(clinic, Fact.EXCLUSION, verifier, outcome="fails", source="OIG exclusion list")
    assert search.find(search.Query()).count == 0
    assert not Clinic.objects.able_to_receive().exists()
    assert not IndexRow.objects.exists()
    assert stopped == [clinic.pk]


def test_a_second_bad_look_stops_nothing_twice(clinic, verifier, stopped):
    for _ in range(2):
        record(clinic, Fact.EXCLUSION, verifier, outcome="fails")
    assert stopped == [clinic.pk]


def test_a_fact_that_holds_again_brings_the_clinic_back(clinic, verifier, stopped):
    record(clinic, Fact.NPI, verifier, outcome="fails")
    record(clinic, Fact.NPI, verifier)
    assert search.find(search.Query()).count == 1
    assert stopped == [clinic.pk]


def test_certification_that_fails_closes_the_offering_and_not_the_clinic(clinic, verifier, stopped):
    record(clinic, Fact.REMS, verifier, outcome="fails")
    assert search.find(search.Query(modality=("esketamine",))).count == 0
    assert search.find(search.Query()).count == 1
    assert stopped == []


def test_it_raises_the_version_and_leaves_a_trail(clinic, verifier):
    before = DirectoryVersion.objects.get().number
    check = record(clinic, Fact.NPI, verifier)
    assert DirectoryVersion.objects.get().number == before + 1
    event = AuditEvent.objects.latest("seq")
    assert (event.actor, event.action, event.object_id) == (
        f"user:{verifier.pk}",
        "check.recorded",
        str(check.pk),
    )
    assert event.purpose == "npi holds"


def test_only_a_verifier_checks(clinic, owner, stranger, staff):
    for person in (owner, stranger, staff):
        with pytest.raises(NotAllowed):
            record(clinic, Fact.NPI, person)


def test_a_verifier_does_not_check_a_clinic_of_their_own(clinic, verifier):
    build.membership(verifier, clinic.organization)
    with pytest.raises(NotAllowed):
        record(clinic, Fact.NPI, verifier)


def test_a_verifier_who_left_checks_nothing(clinic, verifier):
    verifier.is_active = False
    verifier.save()
    with pytest.raises(NotAllowed):
        record(clinic, Fact.NPI, verifier)


@pytest.mark.parametrize("fact", [Fact.DEA, Fact.EMERGENCY_PLAN])
def test_what_only_the_clinic_can_say_is_never_checked(clinic, verifier, fact):
    with pytest.raises(NotAllowed):
        record(clinic, fact, verifier)


def test_a_check_names_its_source_and_a_license_check_its_license(clinic, verifier):
    with pytest.raises(Incomplete) as caught:
        record(clinic, Fact.NPI, verifier, source="  ")
    assert caught.value.missing == ["source"]
    with pytest.raises(Incomplete):
        record(clinic, Fact.LICENSE, verifier)
    with pytest.raises(NotAllowed):
        record(clinic, Fact.NPI, verifier, license=build.license(clinic.responsible))


def test_the_license_is_of_somebody_who_works_there(clinic, verifier):
    stranger = build.practitioner()
    held = build.license(stranger)
    with pytest.raises(NotAllowed):
        record(clinic, Fact.LICENSE, verifier, license=held)
    clinic.practitioners.add(stranger)
    assert record(clinic, Fact.LICENSE, verifier, license=held)


def test_looks_are_neither_of_the_future_nor_older_than_what_is_known(clinic, verifier):
    now = clock.now()
    with pytest.raises(NotAllowed):
        record(clinic, Fact.NPI, verifier, checked_at=now + timedelta(minutes=1))
    record(clinic, Fact.NPI, verifier, checked_at=now - timedelta(days=1))
    with pytest.raises(NotAllowed):
        record(clinic, Fact.NPI, verifier, checked_at=now - timedelta(days=2))


def test_a_refusal_changes_nothing(clinic, verifier):
    before = list(Check.objects.order_by("pk").values()), DirectoryVersion.objects.get().number
    with pytest.raises(ValueError, match="perhaps"):
        record(clinic, Fact.NPI, verifier, outcome="perhaps")
    assert (list(Check.objects.order_by("pk").values()), DirectoryVersion.objects.get().number) == before


@pytest.mark.parametrize(
    "broken",
    [
        {"superseded_at": None},  # a second current look at one fact
        {"fact": Fact.LICENSE},  # which license?
        {"fact": Fact.DEA},
        {"holds": 1},  # longer than the known lapse
        {"due": 0},  # due when it was made
    ],
)
def test_the_database_refuses_half_filled_checks(clinic, broken):
    now = clock.now()
    fields = {
        "fact": Fact.NPI,
        "superseded_at": now,
        **{k: v for k, v in broken.items() if k not in {"holds", "due"}},
    }
    lapse = now + timedelta(days=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Check.objects.create(
            clinic=clinic,
            outcome="holds",
            source="NPPES",
            checked_at=now,
            due_at=now + timedelta(days=broken.get("due", 30)),
            lapses_at=lapse,
            holds_until=lapse + timedelta(days=broken.get("holds", 0)),
            **fields,
        )
