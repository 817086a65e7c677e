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


# --- what no source can have said --------------------------------------------------------------


@pytest.mark.parametrize("number", ["", "1234567890", "3234567893"])
def test_an_npi_that_is_none_cannot_be_active(clinic, verifier, number):
    clinic.organization.npi = number
    with pytest.raises(NotAllowed, match="NPI"):
        record(clinic, Fact.NPI, verifier)
    assert record(clinic, Fact.NPI, verifier, outcome="fails")


def test_the_sites_of_a_chain_share_one_npi(clinic, verifier):
    other = build.clinic(organization=clinic.organization, claimed=False)
    assert record(clinic, Fact.NPI, verifier)
    assert record(other, Fact.NPI, verifier)


def test_a_solo_practice_has_the_npi_of_its_clinician(clinic, verifier):
    clinic.organization.npi_type = 1
    with pytest.raises(NotAllowed, match="solo"):
        record(clinic, Fact.NPI, verifier)
    clinic.organization.npi = clinic.responsible.npi
    assert record(clinic, Fact.NPI, verifier)


@pytest.mark.parametrize("number", ["", "none", "MD<1>", "-"])
def test_a_license_number_has_a_digit_and_no_odd_signs(clinic, verifier, number):
    held = build.license(clinic.responsible, number=number)
    with pytest.raises(NotAllowed, match="license number"):
        record(clinic, Fact.LICENSE, verifier, license=held)


# --- looks by a registry's file ----------------------------------------------------------------


@pytest.fixture
def today():
    return clock.now().date()


def established(clinic, fact, verifier, *, days_ago=10, **fields):
    return build.check(
        clinic, fact, checked_by=verifier, checked_at=clock.now() - timedelta(days=days_ago), **fields
    )


def test_a_file_renews_what_a_person_established_from_the_files_day(clinic, verifier, today):
    before = established(clinic, Fact.EXCLUSION, verifier)
    check = checks.renew(clinic=clinic, fact=Fact.EXCLUSION, seen_on=today, how="File")
    assert (check.checked_by, check.source_date, check.source, check.how) == (
        None,
        today,
        before.source,
        "File",
    )
    assert check.checked_at.date() == today
    assert check.due_at == check.checked_at + timedelta(days=30)


@pytest.mark.parametrize("days_ago", [10, 11])
def test_a_file_that_is_not_younger_than_the_look_on_record_renews_nothing(clinic, verifier, today, days_ago):
    established(clinic, Fact.EXCLUSION, verifier)
    seen_on = today - timedelta(days=days_ago)
    assert checks.renew(clinic=clinic, fact=Fact.EXCLUSION, seen_on=seen_on) is None


def test_a_file_establishes_nothing_by_itself(clinic, today):
    assert checks.renew(clinic=clinic, fact=Fact.EXCLUSION, seen_on=today) is None
    Check.objects.filter(fact=Fact.EXCLUSION).delete()
    assert checks.renew(clinic=clinic, fact=Fact.EXCLUSION, seen_on=today) is None
    assert checks.fail_by_registry(clinic=clinic, fact=Fact.EXCLUSION, seen_on=today) is None


def test_what_ended_with_an_edit_is_not_renewed_before_a_person_looked_anew(clinic, verifier, today):
    established(clinic, Fact.NPI, verifier)
    Check.objects.filter(fact=Fact.NPI).update(superseded_at=clock.now())
    assert checks.renew(clinic=clinic, fact=Fact.NPI, seen_on=today) is None


def test_a_file_ends_a_fact_at_once_and_a_younger_or_equal_one_lifts_that(clinic, verifier, today, stopped):
    established(clinic, Fact.NPI, verifier)
    failed = checks.fail_by_registry(clinic=clinic, fact=Fact.NPI, seen_on=today, verbatim="Deactivated")
    assert (failed.outcome, failed.verbatim, failed.checked_by) == ("fails", "Deactivated", None)
    assert not IndexRow.objects.exists()
    assert stopped == [clinic.pk]
    assert checks.fail_by_registry(clinic=clinic, fact=Fact.NPI, seen_on=today) is None
    assert checks.renew(clinic=clinic, fact=Fact.NPI, seen_on=today - timedelta(days=1)) is None
    assert checks.renew(clinic=clinic, fact=Fact.NPI, seen_on=today)
    assert IndexRow.objects.count() == 1


def test_a_file_does_not_lift_what_a_person_ended(clinic, verifier, today):
    established(clinic, Fact.NPI, verifier, outcome="fails")
    assert checks.renew(clinic=clinic, fact=Fact.NPI, seen_on=today) is None


def test_a_board_that_renewed_a_license_gives_it_its_new_end(clinic, verifier, today):
    held = clinic.responsible.licenses.get()
    established(clinic, Fact.LICENSE, verifier, license=held)
    ends = clock.now() + timedelta(days=800)
    check = checks.renew(clinic=clinic, fact=Fact.LICENSE, license=held, seen_on=today, expires_at=ends)
    held.refresh_from_db()
    assert held.expires_at == check.lapses_at == ends


def test_a_renewal_keeps_the_end_that_a_person_had_set(clinic, verifier, today):
    ends = clock.now() + timedelta(days=20)
    established(clinic, Fact.REMS, verifier, lapses_at=ends)
    check = checks.renew(clinic=clinic, fact=Fact.REMS, seen_on=today)
    assert (check.lapses_at, check.holds_until) == (ends, ends)


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
