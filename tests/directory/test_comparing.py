"""After each file our values stand beside the registry's: what agrees is renewed, what ended ends, the rest is work."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import AuditEvent
from directory import comparing, search
from directory.casework import cases
from directory.models import (
    BoardLicense,
    Case,
    Check,
    Clinic,
    IndexRow,
    LeieEntry,
    NppesDeactivation,
    NppesLocation,
    NppesRecord,
    RegistryFile,
    RemsSite,
)
from directory.refusals import NotAllowed
from directory.registries.licenses import number_key
from directory.signals import listing_stopped
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.directory.registries.leie_rows import excluded

pytestmark = pytest.mark.django_db

BOARD = "EXAMPLE-MD"


@pytest.fixture
def stopped():
    """The clinics that `listing_stopped` was sent for."""
    found = []

    def hear(clinic, **_):
        found.append(clinic.pk)

    listing_stopped.connect(hear)
    yield found
    listing_stopped.disconnect(hear)


@pytest.fixture
def clinic(clinic, verifier):
    """Everything about it was established by a person, ten days ago."""
    Check.objects.update(checked_by=verifier)
    return clinic


def today():
    return clock.now().date()


def loaded(registry, *, days_ago=0, name="file.csv"):
    """A file of `registry` was taken in."""
    now = clock.now()
    return RegistryFile.objects.create(
        registry=registry,
        name=name,
        state="loaded",
        source_date=today() - timedelta(days=days_ago),
        started_at=now,
        finished_at=now,
    )


def in_nppes(clinic, **other):
    """What NPPES has of the clinic's organization: the same, and `other`."""
    return NppesRecord.objects.create(
        **{
            "npi": clinic.organization.npi,
            "entity_type": clinic.organization.npi_type,
            "name": clinic.organization.name.upper(),
            "line1": f"{clinic.line1.upper()} STE 4",
            "city": clinic.city.upper(),
            "state": clinic.state,
            "zip": f"{clinic.zip}1234",
            "phone": clinic.phone[-10:],
            **other,
        }
    )


def on_board(clinic, **other):
    """What the board's file has of the responsible clinician's license: the same, active, and `other`."""
    held = clinic.responsible.licenses.get()
    return BoardLicense.objects.create(
        **{
            "key": f"{BOARD} {held.number}",
            "board": BOARD,
            "authority": held.authority,
            "state": held.state,
            "number": held.number,
            "number_key": number_key(held.number),
            "last_name": clinic.responsible.last_name.upper(),
            "first_name": clinic.responsible.first_name.upper(),
            "status_words": "Active",
            "status": "active",
            **other,
        }
    )


def check_of(clinic, fact):
    return Check.objects.current().get(clinic=clinic, fact=fact)


def is_shown(clinic):
    shown = Clinic.objects.shown().filter(pk=clinic.pk).exists()
    assert shown == IndexRow.objects.filter(pk=clinic.pk).exists()
    return shown


def counts(outcome):
    return outcome.renewed, outcome.ended, outcome.opened


def nothing_changed(clinic):
    return not Check.objects.filter(clinic=clinic, checked_by=None).exists() and is_shown(clinic)


# --- what agrees -------------------------------------------------------------------------------


def test_without_a_file_nothing_is_compared(clinic):
    for registry in ("nppes", "leie", "license", "rems"):
        assert counts(comparing.compare(registry)) == (0, 0, 0)
    assert nothing_changed(clinic)


def test_what_a_person_established_and_the_file_still_says_is_renewed_from_the_files_day(clinic):
    in_nppes(clinic)
    on_board(clinic)
    for registry in ("nppes", "leie", f"license:{BOARD}"):
        loaded(registry, days_ago=3)
    for registry, fact in (("nppes", Fact.NPI), ("leie", Fact.EXCLUSION), ("license", Fact.LICENSE)):
        assert counts(comparing.compare(registry)) == (1, 0, 0)
        check = check_of(clinic, fact)
        day = today() - timedelta(days=3)
        assert (check.checked_by, check.source_date) == (None, day)
        assert check.checked_at == datetime(day.year, day.month, day.day, tzinfo=UTC)
        assert check.outcome == "holds"
        event = AuditEvent.objects.latest("seq")
        assert (event.actor, event.action, event.object_id) == ("system", "check.recorded", str(check.pk))
    assert is_shown(clinic)
    assert not Case.objects.exists()


def test_a_second_comparison_does_nothing(clinic):
    in_nppes(clinic)
    loaded("nppes")
    comparing.compare("nppes")
    before = Check.objects.count()
    assert counts(comparing.compare("nppes")) == (0, 0, 0)
    assert Check.objects.count() == before


def test_what_no_person_established_is_not_made_true_by_a_file(clinic):
    Check.objects.update(checked_by=None)
    loaded("leie")
    assert counts(comparing.compare("leie")) == (0, 0, 0)
    Check.objects.filter(fact=Fact.EXCLUSION).update(superseded_at=clock.now())
    assert counts(comparing.compare("leie")) == (0, 0, 0)
    assert not Check.objects.current().filter(fact=Fact.EXCLUSION).exists()


def test_a_file_older_than_the_last_look_renews_nothing(clinic):
    loaded("leie", days_ago=11)
    assert counts(comparing.compare("leie")) == (0, 0, 0)


def test_a_weekly_file_renews_nobody_it_leaves_out(clinic):
    in_nppes(clinic)
    loaded("nppes", name="npidata_pfile_20261101-20261107.csv")
    assert counts(comparing.compare("nppes")) == (0, 0, 0)
    assert nothing_changed(clinic)


def test_a_closed_clinic_is_left_alone(clinic):
    Clinic.objects.update(status="closed", status_reason="closed-down")
    excluded(npi=clinic.organization.npi)
    loaded("leie")
    assert comparing.compare("leie").clinics == 0


# --- what ends at once -------------------------------------------------------------------------


def test_an_excluded_npi_ends_the_listing_at_once(clinic, stopped):
    excluded(npi=clinic.responsible.npi, last="SOMEBODY")
    loaded("leie")
    assert counts(comparing.compare("leie")) == (0, 1, 1)
    assert not is_shown(clinic)
    assert stopped == [clinic.pk]
    assert not Clinic.objects.able_to_receive().exists()
    case = Case.objects.get()
    assert (case.kind, case.fact, case.urgent) == (Case.Kind.CONFLICT, Fact.EXCLUSION, True)
    assert counts(comparing.compare("leie")) == (0, 0, 0)


def test_a_reinstatement_lifts(clinic, stopped):
    entry = excluded(npi=clinic.organization.npi)
    loaded("leie")
    comparing.compare("leie")
    entry.reinstated_on = today()
    entry.save()
    loaded("leie-rein")
    assert counts(comparing.compare("leie")) == (1, 0, 0)
    assert is_shown(clinic)
    assert check_of(clinic, Fact.EXCLUSION).outcome == "holds"
    assert Case.objects.get().outcome == "no-longer-differs"


def test_a_reinstatement_lifts_nothing_that_a_person_had_ended(clinic, verifier):
    build.check(clinic, Fact.EXCLUSION, outcome="fails", checked_by=verifier)
    loaded("leie")
    assert counts(comparing.compare("leie")) == (0, 0, 0)
    assert not is_shown(clinic)


def test_an_excluded_npi_ends_the_listing_though_a_person_looked_later(clinic, verifier):
    build.check(clinic, Fact.EXCLUSION, checked_by=verifier, checked_at=clock.now() - timedelta(hours=1))
    excluded(npi=clinic.organization.npi)
    loaded("leie", days_ago=20)
    assert counts(comparing.compare("leie")) == (0, 1, 1)
    assert not is_shown(clinic)


@pytest.mark.parametrize("how", ["report", "record"])
def test_a_deactivated_npi_ends_the_listing_at_once(clinic, how, stopped):
    if how == "report":
        NppesDeactivation.objects.create(npi=clinic.organization.npi, deactivated_on=today())
        loaded("nppes-deactivated")
    else:
        in_nppes(clinic, deactivated_on=today())
        loaded("nppes")
    assert counts(comparing.compare("nppes")) == (0, 1, 1)
    assert not is_shown(clinic)
    assert stopped == [clinic.pk]
    assert check_of(clinic, Fact.NPI).verbatim == f"Deactivated {today()}"


def test_an_npi_that_was_reactivated_is_active(clinic):
    last = today() - timedelta(days=30)
    in_nppes(clinic, deactivated_on=last, reactivated_on=last)
    NppesDeactivation.objects.create(npi=clinic.organization.npi, deactivated_on=last)
    loaded("nppes")
    assert counts(comparing.compare("nppes")) == (1, 0, 0)


def test_an_npi_that_comes_back_brings_the_listing_back(clinic):
    record = in_nppes(clinic, deactivated_on=today() - timedelta(days=30))
    loaded("nppes", days_ago=5)
    comparing.compare("nppes")
    assert not is_shown(clinic)
    record.reactivated_on = today()
    record.save()
    loaded("nppes")
    assert counts(comparing.compare("nppes")) == (1, 0, 0)
    assert is_shown(clinic)


def test_somebody_who_asked_the_registry_after_the_file_was_made_is_not_overruled(clinic, verifier):
    build.check(clinic, Fact.NPI, checked_by=verifier, checked_at=clock.now() - timedelta(hours=1))
    NppesDeactivation.objects.create(npi=clinic.organization.npi, deactivated_on=today() - timedelta(days=40))
    loaded("nppes-deactivated", days_ago=20)
    assert counts(comparing.compare("nppes")) == (0, 0, 1)
    assert is_shown(clinic)


@pytest.mark.parametrize(
    "status", ["revoked", "suspended", "surrendered", "expired", "lapsed", "inactive", "retired"]
)
def test_a_license_that_the_board_ended_ends_the_listing_at_once(clinic, status, stopped):
    on_board(clinic, status=status, status_words=f"{status} by the board")
    loaded(f"license:{BOARD}")
    assert counts(comparing.compare("license")) == (0, 1, 1)
    check = check_of(clinic, Fact.LICENSE)
    assert (check.outcome, check.verbatim) == ("fails", f"{status} by the board")
    assert not is_shown(clinic)
    assert stopped == [clinic.pk]


def test_a_license_whose_last_day_is_over_has_expired_whatever_the_word(clinic):
    on_board(clinic, expires_on=today() - timedelta(days=1))
    loaded(f"license:{BOARD}")
    assert counts(comparing.compare("license")) == (0, 1, 1)


def test_a_license_that_the_board_renewed_holds_until_its_new_end(clinic):
    until = today() + timedelta(days=900)
    on_board(clinic, expires_on=until)
    loaded(f"license:{BOARD}")
    assert counts(comparing.compare("license")) == (1, 0, 0)
    held = clinic.responsible.licenses.get()
    midnight = held.expires_at.astimezone(ZoneInfo("America/Denver"))
    assert (midnight.date(), midnight.hour) == (until + timedelta(days=1), 0)
    assert check_of(clinic, Fact.LICENSE).lapses_at == held.expires_at


def test_a_chain_of_twelve_sites_goes_with_its_one_npi(owner, verifier):
    practice = build.organization()
    sites = build.many([{"organization": practice, "owner": owner} for _ in range(12)])
    Check.objects.update(checked_by=verifier)
    excluded(npi=practice.npi)
    loaded("leie")
    assert counts(comparing.compare("leie")) == (0, 12, 12)
    assert not any(is_shown(site) for site in sites)


# --- what is work for a person -----------------------------------------------------------------


def test_a_common_name_goes_to_review_and_nothing_public_changes(clinic, stopped):
    clinic.responsible.first_name, clinic.responsible.last_name = "John", "Smith"
    clinic.responsible.save()
    before = search.find(search.Query()).results[0]
    for number in range(7):
        excluded(last="SMITH", first="JOHN", state="CO" if number else "AL")
    loaded("leie")
    assert counts(comparing.compare("leie")) == (0, 0, 1)
    assert stopped == []
    assert nothing_changed(clinic)
    assert search.find(search.Query()).results[0] == before
    case = Case.objects.get()
    assert (case.kind, case.fact) == (Case.Kind.MATCH, Fact.EXCLUSION)
    assert case.ours["Name"] == "John Smith"
    assert case.theirs["Entries of this name"] == "7"


def test_a_business_name_cut_at_thirty_characters_goes_to_review(clinic):
    clinic.organization.name = "High Plains Example Family Health Center, LLC"
    clinic.organization.save()
    excluded(business="HIGH PLAINS EXAMPLE FAMILY HEA")
    loaded("leie")
    assert counts(comparing.compare("leie")) == (0, 0, 1)
    assert Case.objects.get().kind == Case.Kind.MATCH
    assert nothing_changed(clinic)


def decide(case, verifier):
    cases.close(case=case, outcome="decided", by=verifier)


def test_a_name_that_a_person_has_judged_does_not_come_back(clinic, verifier):
    excluded(last=clinic.responsible.last_name.upper(), first="ADA")
    loaded("leie", days_ago=5)
    assert counts(comparing.compare("leie")) == (0, 0, 1)
    decide(Case.objects.get(), verifier)
    assert counts(comparing.compare("leie")) == (1, 0, 0)
    excluded(last=clinic.responsible.last_name.upper(), first="ADA", state="UT")
    loaded("leie")
    assert counts(comparing.compare("leie")) == (0, 0, 1)


def test_somebody_else_who_works_there_is_work_and_not_an_end(clinic):
    other = build.practitioner()
    clinic.practitioners.add(other)
    excluded(npi=other.npi, last="SOMEBODY")
    loaded("leie")
    assert counts(comparing.compare("leie")) == (1, 0, 1)
    assert Case.objects.get().urgent
    assert is_shown(clinic)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"name": "SOMETHING ELSE LLC"}, "name"),
        ({"line1": "9 OTHER ROAD"}, "practice location"),
        ({"zip": "99501"}, "practice location"),
        ({"entity_type": 1, "first_name": "JO"}, "type"),
    ],
)
def test_what_nppes_has_otherwise_opens_one_case_and_changes_nothing(clinic, other, why):
    in_nppes(clinic, **other)
    loaded("nppes")
    assert counts(comparing.compare("nppes")) == (0, 0, 1)
    case = Case.objects.get()
    assert (case.kind, case.fact, case.subject) == (Case.Kind.CONFLICT, Fact.NPI, "nppes")
    assert any(why in sentence for sentence in case.why)
    assert case.ours != case.theirs
    assert nothing_changed(clinic)
    assert counts(comparing.compare("nppes")) == (0, 0, 0)


def test_another_phone_number_is_work_and_no_word_against_the_npi(clinic):
    in_nppes(clinic, phone="3035550199")
    loaded("nppes")
    assert counts(comparing.compare("nppes")) == (1, 0, 1)
    assert Case.objects.get().theirs["Phone"] == "3035550199"


def test_a_difference_that_goes_away_closes_its_case(clinic):
    record = in_nppes(clinic, line1="9 OTHER ROAD")
    loaded("nppes")
    comparing.compare("nppes")
    record.line1 = clinic.line1
    record.save()
    assert counts(comparing.compare("nppes")) == (1, 0, 0)
    assert Case.objects.get().outcome == "no-longer-differs"


def test_a_further_practice_location_fits_the_site_too(clinic):
    in_nppes(clinic, line1="9 OTHER ROAD")
    NppesLocation.objects.create(
        key="1",
        npi=clinic.organization.npi,
        line1=clinic.line1,
        state="CO",
        zip=clinic.zip,
        phone=clinic.phone,
    )
    loaded("nppes")
    assert counts(comparing.compare("nppes")) == (1, 0, 0)


def test_a_solo_clinicians_npi_is_compared_with_the_clinician(clinic):
    practice = clinic.organization
    practice.npi, practice.npi_type = clinic.responsible.npi, 1
    practice.save()
    record = in_nppes(clinic, name=clinic.responsible.last_name.upper(), first_name="ADA")
    loaded("nppes", days_ago=5)
    assert counts(comparing.compare("nppes")) == (1, 0, 0)
    record.name = "OTHER"
    record.save()
    loaded("nppes")
    assert counts(comparing.compare("nppes")) == (0, 0, 1)


@pytest.mark.parametrize(
    ("other", "opened", "renewed"),
    [
        ({"status": "probation"}, 1, 0),
        ({"status": "active_restricted"}, 1, 0),
        ({"last_name": "SOMEBODY ELSE"}, 1, 0),
        ({"number_key": "OTHER1"}, 1, 0),  # not in the board's file
        ({"discipline": True}, 1, 0),
        ({"authority": "Another Board"}, 0, 0),  # whose file says nothing of this license
        ({"last_name": "example", "status_words": "ACTIVE"}, None, None),
    ],
)
def test_a_license_that_is_not_plainly_active_is_for_a_person(clinic, other, opened, renewed):
    if opened is None:
        clinic.responsible.last_name, opened, renewed = "Éxample Jr", 0, 1
        clinic.responsible.save()
    on_board(clinic, **other)
    loaded(f"license:{BOARD}")
    assert counts(comparing.compare("license")) == (renewed, 0, opened)
    assert is_shown(clinic)
    assert check_of(clinic, Fact.LICENSE).outcome == "holds"


def at_site(clinic, **other):
    """A certified site as staff wrote it down today."""
    return RemsSite.objects.create(
        **{
            "key": str(RemsSite.objects.count()),
            "name": clinic.name,
            "line1": clinic.line1,
            "city": clinic.city,
            "state": clinic.state,
            "zip": clinic.zip,
            "setting": "outpatient",
            "seen": "locator",
            "seen_on": today(),
            **other,
        }
    )


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({}, (1, 0, 0)),
        ({"name": "Something Else", "phone": "(303) 555-0101"}, (1, 0, 0)),
        ({"name": "Something Else"}, (0, 0, 1)),  # another practice in the same house
        ({"line1": "9 Other Road"}, (0, 0, 0)),
        ({"setting": "pharmacy"}, (0, 0, 0)),
    ],
)
def test_a_certified_site_is_renewed_by_its_own_address(clinic, other, found):
    at_site(clinic, **other)
    loaded("rems")
    assert counts(comparing.compare("rems")) == found
    assert check_of(clinic, Fact.REMS).outcome == "holds"


def test_a_site_that_is_missing_from_the_list_proves_nothing(clinic):
    loaded("rems")
    assert counts(comparing.compare("rems")) == (0, 0, 0)
    assert nothing_changed(clinic)


# --- one bad file ------------------------------------------------------------------------------


@pytest.fixture
def many(owner, verifier):
    made = build.many([{"owner": owner} for _ in range(100)])
    Check.objects.update(checked_by=verifier)
    loaded("leie")
    return made


def test_a_file_that_would_end_more_than_two_percent_is_held_until_a_verifier_confirms(many, owner, verifier):
    for clinic in many[:4]:
        excluded(npi=clinic.organization.npi)
    outcome = comparing.compare("leie")
    assert counts(outcome) == (0, 0, 0)
    assert "4 of 100" in outcome.held
    assert all(is_shown(clinic) for clinic in many[:4])
    assert RegistryFile.objects.get().stops == [outcome.held]
    with pytest.raises(NotAllowed):
        comparing.compare("leie", confirmed_by=owner)
    assert counts(comparing.compare("leie", confirmed_by=verifier)) == (96, 4, 4)
    assert AuditEvent.objects.filter(action="comparing.confirmed", actor=f"user:{verifier.pk}").count() == 1
    assert RegistryFile.objects.get().confirmed_by == verifier
    assert comparing.compare("leie").held == ""


def test_few_true_ends_wait_for_nobody_in_a_small_directory(clinic):
    excluded(npi=clinic.organization.npi)
    loaded("leie")
    assert comparing.compare("leie").held == ""
    assert not is_shown(clinic)


def test_comparing_takes_no_more_statements_for_more_clinics(many, django_assert_max_num_queries):
    LeieEntry.objects.all().delete()
    Check.objects.filter(fact=Fact.EXCLUSION).update(checked_at=clock.now())
    with django_assert_max_num_queries(45):  # the keys of names go 500 to a statement
        assert comparing.compare("leie").clinics == 100
