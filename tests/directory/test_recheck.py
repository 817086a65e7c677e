"""Looking again on time: what is due becomes work once, clinics hear of it ahead, late files are told of."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from directory import checks
from directory.lapses import due_notices, recheck
from directory.models import Case, Check, IndexRow, RegistryFile
from directory.vocabulary import Fact
from outbox import chores, clock, deliveries, handlers
from outbox.models import Delivery
from tests import build

pytestmark = pytest.mark.django_db

START = datetime(2026, 6, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def checked(at: datetime = START, **overrides):
    with clock.frozen(at):
        return build.clinic(checked_at=at, license_ends=at + 1000 * DAY, **overrides)


def run(at: datetime, **how):
    with clock.frozen(at):
        return recheck.run(**how)


def due_facts(clinic) -> set[str]:
    return set(Case.objects.open().filter(clinic=clinic, kind=Case.Kind.DUE).values_list("fact", flat=True))


# --- the queue -----------------------------------------------------------------------------------


def test_a_fact_enters_the_queue_its_slack_before_it_is_due_and_once():
    clinic = checked()
    run(START + 27 * DAY - timedelta(seconds=1))
    assert due_facts(clinic) == set()
    run(START + 27 * DAY)
    run(START + 27 * DAY + timedelta(hours=1))
    assert due_facts(clinic) == {Fact.NPI, Fact.EXCLUSION}
    assert Case.objects.count() == 2
    case = Case.objects.get(fact=Fact.NPI)
    assert (case.due_at, case.ours["Source"]) == (START + 30 * DAY, "NPPES")
    run(START + 76 * DAY)
    assert due_facts(clinic) == {Fact.NPI, Fact.EXCLUSION, Fact.LICENSE, Fact.CONTACT, Fact.REMS}
    assert Case.objects.get(fact=Fact.LICENSE).license == clinic.responsible.licenses.get()


def test_a_license_that_ends_sooner_is_due_before_it_ends():
    ends = START + 20 * DAY
    with clock.frozen(START):
        clinic = build.clinic(checked_at=START, license_ends=ends)
    run(ends - 14 * DAY - timedelta(seconds=1))
    assert due_facts(clinic) == set()
    run(ends - 14 * DAY)
    assert due_facts(clinic) == {Fact.LICENSE}
    assert Case.objects.get().due_at == ends


def test_rems_is_work_only_where_esketamine_is_offered():
    clinic = checked(modalities=("iv",))
    with clock.frozen(START):
        build.check(clinic, Fact.REMS, checked_at=START)
    run(START + 80 * DAY)
    assert Fact.REMS not in due_facts(clinic)


def test_a_license_of_somebody_else_is_no_work_for_the_listing():
    clinic = checked()
    with clock.frozen(START):
        other = build.license(build.practitioner(), expires_at=START + 5 * DAY)
        build.check(clinic, Fact.LICENSE, license=other, checked_at=START)
    run(START + 4 * DAY)
    assert due_facts(clinic) == set()


def test_candidates_and_closed_clinics_are_no_such_work():
    for overrides in (
        {"listed": False},
        {"status": "closed", "status_reason": "moved"},
        {"status": "suspended", "status_reason": "under-review"},
    ):
        checked(**overrides)
    run(START + 100 * DAY)
    assert not Case.objects.exists()


def test_what_a_change_made_void_is_work_at_once(clinic):
    Check.objects.filter(clinic=clinic, fact=Fact.CONTACT).update(superseded_at=clock.now())
    recheck.run()
    case = Case.objects.get()
    assert (case.clinic, case.fact) == (clinic, Fact.CONTACT)
    assert "not shown until" in case.why[0]


def test_where_a_registrys_file_renews_a_fact_people_look_only_when_it_is_late():
    clinic = checked()
    taken_in("nppes", START.date())
    run(START + 37 * DAY - timedelta(seconds=1))
    assert due_facts(clinic) == {Fact.EXCLUSION}  # no such file was ever taken in
    run(START + 37 * DAY)
    assert due_facts(clinic) == {Fact.EXCLUSION, Fact.NPI}


def test_a_renewed_fact_needs_nobody_any_more(verifier):
    clinic = checked()
    run(START + 28 * DAY)
    with clock.frozen(START + 29 * DAY):
        checks.record(clinic=clinic, fact=Fact.NPI, outcome="holds", source="NPPES", by=verifier)
        done = recheck.run()
    assert done.closed <= 1
    assert due_facts(clinic) == {Fact.EXCLUSION}


def test_a_case_that_somebody_works_on_is_left_to_them(verifier):
    from directory.casework import cases

    clinic = checked()
    run(START + 28 * DAY)
    with clock.frozen(START + 29 * DAY):
        case = Case.objects.get(fact=Fact.NPI)
        cases.take(case=case, by=verifier)
        build.check(clinic, Fact.NPI, checked_at=START + 29 * DAY)
        recheck.run()
        case.refresh_from_db()
        assert case.closed_at is None
    run(START + 29 * DAY + timedelta(minutes=21))
    case.refresh_from_db()
    assert case.outcome == "renewed"


def test_a_fact_that_failed_is_not_renewed(verifier):
    clinic = checked()
    run(START + 28 * DAY)
    with clock.frozen(START + 29 * DAY):
        build.check(clinic, Fact.NPI, outcome="fails", checked_at=START + 29 * DAY)
        recheck.run()
    assert Fact.NPI in due_facts(clinic)


def test_one_listing_and_three_cost_the_same_number_of_questions(django_assert_max_num_queries):
    checked()
    run(START + 28 * DAY)
    for _ in range(3):
        checked()
    run(START + 28 * DAY)
    with clock.frozen(START + 28 * DAY), django_assert_max_num_queries(45):
        recheck.run()


# --- notices ahead -------------------------------------------------------------------------------


def mailed(kind: str) -> int:
    return Delivery.objects.filter(kind=kind).count()


def test_a_clinic_hears_thirty_fourteen_and_three_days_ahead_and_once_each(owner):
    checked(owner=owner)
    due = START + 90 * DAY
    # The registries renew theirs meanwhile.
    by_file = Check.objects.filter(fact__in=[Fact.NPI, Fact.EXCLUSION])
    by_file.update(due_at=due + 300 * DAY, holds_until=due + 330 * DAY)
    mails = {}
    for half_days in range(66, 0, -1):
        run(due - half_days * DAY / 2)
        mails[half_days / 2] = mailed(due_notices.FACTS_DUE)
    assert [mails[days] for days in (30.5, 30, 14.5, 14, 3.5, 3, 0.5)] == [0, 1, 1, 2, 2, 3, 3]


def test_before_it_leaves_for_its_age_a_clinic_hears_twice_more(owner):
    checked(owner=owner)
    Check.objects.filter(fact__in=[Fact.NPI, Fact.EXCLUSION]).update(
        due_at=START + 400 * DAY, holds_until=START + 430 * DAY
    )
    for days in (100, 107, 118):
        run(START + days * DAY)
    assert mailed(due_notices.LEAVES_SOON) == 2


def test_what_a_registry_renews_is_no_mail_to_the_clinic(owner):
    checked(owner=owner)
    run(START + 28 * DAY)
    assert not Delivery.objects.exists()


def test_nobody_is_written_to_about_a_listing_that_nobody_claimed():
    checked(claimed=False)
    run(START + 77 * DAY)
    assert not Delivery.objects.exists()


def test_facts_that_fall_due_on_different_days_make_one_mail_in_a_week(owner):
    clinic = checked(owner=owner)
    with clock.frozen(START + DAY):
        build.check(clinic, Fact.CONTACT, checked_at=START + DAY)
    with clock.frozen(START + 2 * DAY):
        build.check(clinic, Fact.REMS, checked_at=START + 2 * DAY)
    for hours in range(0, 96, 6):
        run(START + 60 * DAY + timedelta(hours=hours))
    assert mailed(due_notices.FACTS_DUE) == 1


def test_the_mail_says_when_and_where_and_nothing_about_anybodys_health(owner, settings):
    settings.SITE_URL = "https://site.example"
    clinic = checked(owner=owner)
    run(START + 77 * DAY)
    with clock.frozen(START + 77 * DAY):
        mail = handlers.compose(Delivery.objects.get())
    assert (mail.to, mail.subject) == (owner.email, "Facts of your listing are due")
    assert "are due to be checked again by August 30, 2026." in mail.body
    assert f"https://site.example/clinic/{clinic.slug}/checks/" in mail.body
    words = mail.body.lower() + mail.subject.lower()
    for never in ("ketamine", "spravato", "patient", "treatment", "depression"):
        assert never not in words.replace(clinic.slug, "")


def test_a_mail_that_has_nothing_to_say_any_more_is_not_sent(owner):
    clinic = checked(owner=owner)
    run(START + 77 * DAY)
    with clock.frozen(START + 78 * DAY):
        for fact in (Fact.LICENSE, Fact.CONTACT, Fact.REMS):
            build.check(clinic, fact, checked_at=START + 78 * DAY)
        assert handlers.compose(Delivery.objects.get()) is None


def test_a_member_who_left_is_not_written_to(owner):
    checked(owner=owner)
    run(START + 77 * DAY)
    with clock.frozen(START + 77 * DAY):
        owner.memberships.update(ended_at=clock.now())
        while deliveries.deliver_one():
            pass
    assert Delivery.objects.get().state == "stopped"


# --- late files ----------------------------------------------------------------------------------


def taken_in(registry: str, day: date, state: str = "loaded") -> RegistryFile:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return RegistryFile.objects.create(
        registry=registry, name="file.csv", sha256="0" * 64, source_date=day, state=state, started_at=at, finished_at=at
    )  # fmt: skip


def test_a_late_file_is_told_of_weeks_before_anything_lapses_for_it():
    day = START.date()
    taken_in("leie", day - 30 * DAY)
    taken_in("leie", day)
    taken_in("license:CO", day)
    taken_in("nppes", day, state="held")
    assert recheck.overdue_registries(START + 33 * DAY) == []
    (late,) = recheck.overdue_registries(START + 34 * DAY)
    assert (late.registry, late.last_on, late.days) == ("leie", day, 34)
    assert recheck.warnings(START + 34 * DAY) == ["The last file of leie is 34 days old."]
    assert [each.registry for each in recheck.overdue_registries(START + 91 * DAY)] == ["leie", "license:CO"]


def test_readyz_tells_of_a_late_file_and_stays_ready(client, gazetteer):
    taken_in("leie", date(2020, 1, 1))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["warnings"][0].startswith("The last file of leie is ")


# --- the command and the chore -------------------------------------------------------------------


def test_a_dry_run_says_the_same_and_changes_nothing(owner):
    checked(owner=owner)
    with clock.frozen(START + 59 * DAY + timedelta(hours=12)):
        checked_by_now = clock.now()
        for _ in range(2):
            build.clinic(checked_at=START, license_ends=START + 1000 * DAY, modalities=("iv",))
        said = recheck.run(dry_run=True)
        assert not Case.objects.exists()
        assert not Delivery.objects.exists()
        assert not Check.objects.filter(holds_until__gt=checked_by_now + 90 * DAY).exists()
        before = list(Check.objects.order_by("pk").values_list("holds_until", flat=True))
        stale = IndexRow.objects.filter(next_change_at__lte=clock.to_micros(checked_by_now)).count()
        assert recheck.run(dry_run=True) == said
        assert list(Check.objects.order_by("pk").values_list("holds_until", flat=True)) == before
        assert said.swept == stale
        done = recheck.run()
    assert (done.opened, done.told, done.leaving, done.held) == (
        said.opened,
        said.told,
        said.leaving,
        said.held,
    )


def test_the_command_says_what_it_did(owner):
    checked(owner=owner)
    out, err = StringIO(), StringIO()
    taken_in("leie", date(2020, 1, 1))
    with clock.frozen(START + 28 * DAY):
        call_command("recheck", "--dry-run", stdout=out, stderr=err)
        assert "Cases would be opened: 1" in out.getvalue()
        call_command("recheck", stdout=out, stderr=err)
    assert "Cases opened: 1" in out.getvalue()
    assert "Warning: The last file of leie is" in err.getvalue()


def test_the_worker_looks_for_what_is_due_before_it_sweeps():
    names = list(chores._chores)
    assert names.index("directory.lapses.recheck") < names.index("directory.refresh_stale")
    assert chores._chores["directory.lapses.recheck"].every_seconds == 3600
