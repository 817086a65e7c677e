"""A case is one question about one clinic: one person holds it at a time, and what ends it is on record."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from directory.casework import asking, cases
from directory.casework import decisions as case_decisions
from directory.casework import values as case_values
from directory.models import Case, Check, Clinic
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Fact
from outbox import clock
from outbox.models import Delivery
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(clinic):
    return cases.open_case(clinic=clinic, kind=Case.Kind.CONFLICT, fact=Fact.CONTACT)


def steps(case):
    return [step.action for step in case.steps.order_by("pk")]


# --- opening ---------------------------------------------------------------------------------


def test_the_same_question_is_one_case_brought_up_to_date(clinic, case):
    again = cases.open_case(
        clinic=clinic,
        kind="conflict",
        fact=Fact.CONTACT,
        theirs={"Phone": "2"},
        why=["B.", "A."],
        urgent=True,
    )
    assert again.pk == case.pk
    assert (again.theirs, again.why, again.urgent) == ({"Phone": "2"}, ["B.", "A."], True)
    assert again.due_at <= clock.now()
    once_more = cases.open_case(clinic=clinic, kind="conflict", fact=Fact.CONTACT, why=["A.", "C."])
    assert (once_more.theirs, once_more.why, once_more.urgent) == ({"Phone": "2"}, ["B.", "A.", "C."], True)


def test_another_subject_is_another_question(clinic, case):
    other = cases.open_case(clinic=clinic, kind="conflict", fact=Fact.CONTACT, subject="nppes 2")
    license_case = cases.open_case(
        clinic=clinic, kind="due", fact=Fact.LICENSE, license=clinic.responsible.licenses.get()
    )
    assert len({case.pk, other.pk, license_case.pk}) == 3
    assert license_case.subject == f"license {license_case.license_id}"


def test_the_database_keeps_a_question_single(clinic, case):
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(
            clinic=clinic, kind="conflict", fact=Fact.CONTACT, opened_at=clock.now(), due_at=clock.now()
        )


def test_after_it_was_closed_the_same_question_is_a_new_case(clinic, case, verifier):
    cases.close(case=case, outcome="passed", by=verifier)
    assert cases.open_case(clinic=clinic, kind="conflict", fact=Fact.CONTACT).pk != case.pk


def test_what_is_urgent_is_due_at_once_and_wakes_what_was_put_off(clinic, case, verifier):
    cases.snooze(case=case, until=clock.now() + timedelta(days=5), by=verifier)
    woken = cases.open_case(clinic=clinic, kind="conflict", fact=Fact.CONTACT, urgent=True)
    assert woken.snoozed_until is None
    assert woken.due_at <= clock.now()


# --- holding ---------------------------------------------------------------------------------


def test_one_person_holds_it_for_twenty_minutes_from_the_last_thing_they_did(case, verifier, second_verifier):
    cases.take(case=case, by=verifier)
    with pytest.raises(cases.HeldByAnother) as held:
        cases.take(case=case, by=second_verifier)
    assert held.value.name == "Vera Fier"
    with clock.frozen(clock.now() + timedelta(minutes=19)):
        cases.note(case=case, text="Still here.", by=verifier)
    with clock.frozen(clock.now() + timedelta(minutes=25)), pytest.raises(cases.HeldByAnother):
        cases.note(case=case, text="Me too.", by=second_verifier)
    with clock.frozen(clock.now() + timedelta(minutes=40)):
        assert cases.take(case=case, by=second_verifier).taken_by == second_verifier


def test_the_tick_before_it_is_held_and_at_the_tick_it_is_free(case, verifier, second_verifier):
    now = clock.now()
    with clock.frozen(now):
        cases.take(case=case, by=verifier)
    with clock.frozen(now + cases.HELD_FOR - timedelta(milliseconds=1)), pytest.raises(cases.HeldByAnother):
        cases.take(case=case, by=second_verifier)
    with clock.frozen(now + cases.HELD_FOR):
        cases.take(case=case, by=second_verifier)


def test_given_back_it_is_free_at_once(case, verifier, second_verifier):
    cases.take(case=case, by=verifier)
    cases.release(case=case, by=verifier)
    assert cases.take(case=case, by=second_verifier).taken_by == second_verifier
    assert steps(case) == ["taken", "released", "taken"]


def test_nobody_else_decides_what_somebody_holds(case, verifier, second_verifier, clinic):
    cases.take(case=case, by=verifier)
    with pytest.raises(cases.HeldByAnother):
        case_decisions.decide(
            case=case, by=second_verifier, outcome="holds", source="Phone call", verbatim="Yes"
        )
    assert Check.objects.filter(clinic=clinic, fact=Fact.CONTACT).count() == 1


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_only_the_staff_works_on_cases(case, who, request):
    with pytest.raises(NotAllowed):
        cases.take(case=case, by=request.getfixturevalue(who))


def test_staff_who_is_no_verifier_calls_and_does_not_decide(case, staff):
    cases.call(case=case, outcome="no-answer", by=staff)
    with pytest.raises(NotAllowed):
        case_decisions.decide(case=case, by=staff, outcome="holds", source="Phone call", verbatim="Yes")
    with pytest.raises(NotAllowed):
        case_decisions.dismiss(case=case, by=staff, outcome="nothing-wrong")


def test_a_closed_case_is_done(case, verifier):
    cases.close(case=case, outcome="passed", by=verifier)
    for work in (cases.take, cases.release):
        with pytest.raises(WrongState):
            work(case=case, by=verifier)


# --- putting off, notes, calls ---------------------------------------------------------------


def test_put_off_it_waits_until_the_instant(case, verifier):
    until = clock.now() + timedelta(days=3)
    cases.snooze(case=case, until=until, by=verifier)
    assert not Case.objects.waiting().exists()
    assert Case.objects.waiting(until).get() == case


@pytest.mark.parametrize("days", [-1, 0, 91, 40000])
def test_it_is_put_off_by_ninety_days_at_most(case, verifier, days):
    with pytest.raises(NotAllowed):
        cases.snooze(case=case, until=clock.now() + timedelta(days=days), by=verifier)


@pytest.mark.parametrize("outcome", cases.CallOutcome.values)
def test_a_call_is_kept_with_how_it_ended_and_changes_no_fact(case, verifier, outcome, clinic):
    before = list(clinic.checks.values_list("pk"))
    cases.call(case=case, outcome=outcome, by=verifier, text="The front desk answered.")
    step = case.steps.get()
    assert (step.action, step.code, step.text) == ("called", outcome, "The front desk answered.")
    assert list(clinic.checks.values_list("pk")) == before


def test_a_call_has_a_known_end_and_a_note_has_words(case, verifier):
    with pytest.raises(Incomplete):
        cases.call(case=case, outcome="shouted", by=verifier)
    with pytest.raises(Incomplete):
        cases.note(case=case, text="  ", by=verifier)


def test_it_goes_back_to_whoever_worked_on_it_first(case, verifier, second_verifier):
    with pytest.raises(NotAllowed):
        cases.send_back(case=case, text="Look again.", by=verifier)
    cases.note(case=case, text="I looked.", by=verifier)
    cases.release(case=case, by=verifier)
    sent = cases.send_back(case=case, text="The suite is missing.", by=second_verifier)
    assert (sent.sent_to, sent.taken_by) == (verifier, None)


def test_a_new_listing_goes_back_to_whoever_submitted_it(clinic, verifier, second_verifier):
    candidate = build.clinic(listed=False, submitted_by=verifier, submitted_at=clock.now())
    case = cases.open_case(clinic=candidate, kind="new")
    assert cases.send_back(case=case, text="Why?", by=second_verifier).sent_to == verifier


# --- deciding --------------------------------------------------------------------------------


def test_to_decide_is_to_record_a_check_with_the_words_of_the_source(case, verifier, clinic):
    check = case_decisions.decide(
        case=case, by=verifier, outcome="holds", source="Phone call by staff", verbatim="Yes, all right"
    )
    case.refresh_from_db()
    assert (check.fact, check.outcome, check.verbatim) == (Fact.CONTACT, "holds", "Yes, all right")
    assert (case.outcome, case.closed_by, case.taken_by) == ("passed", verifier, None)
    assert AuditEvent.objects.filter(action="case.closed", purpose="passed").exists()


def test_a_failure_takes_the_clinic_out_of_search_at_once(case, verifier, clinic):
    case_decisions.decide(
        case=case, by=verifier, outcome="fails", source="Phone call by staff", verbatim="Not here any more"
    )
    case.refresh_from_db()
    assert case.outcome == "failed"
    assert not Clinic.objects.shown().filter(pk=clinic.pk).exists()


def test_cannot_check_now_is_no_pass_and_the_case_comes_back(case, verifier, clinic):
    before = clinic.checks.count()
    until = clock.now() + timedelta(days=2)
    case_decisions.cannot_check(case=case, reason="source-down", until=until, by=verifier)
    case.refresh_from_db()
    assert (clinic.checks.count(), case.closed_at, case.snoozed_until) == (before, None, until)
    assert case.steps.get().code == "source-down"


def test_a_license_check_takes_over_the_end_that_the_board_names(clinic, verifier):
    held = clinic.responsible.licenses.get()
    ends = held.expires_at + timedelta(days=730)
    case = cases.open_case(clinic=clinic, kind="due", fact=Fact.LICENSE, license=held)
    check = case_decisions.decide(
        case=case,
        by=verifier,
        outcome="holds",
        license=held,
        lapses_at=ends,
        source="The board",
        verbatim="Active",
    )
    held.refresh_from_db()
    assert held.expires_at == check.lapses_at == ends


def test_a_refused_look_leaves_the_case_as_it_was(case, verifier):
    with pytest.raises(Incomplete):
        case_decisions.decide(case=case, by=verifier, outcome="holds", source=" ", verbatim="Yes")
    case.refresh_from_db()
    assert case.closed_at is None
    assert not case.steps.exists()


def test_suspending_takes_one_person_and_opens_the_way_back(case, staff, clinic):
    case_decisions.suspend(case=case, reason="under-review", by=staff)
    clinic.refresh_from_db()
    back = Case.objects.open().get(kind="new")
    assert (clinic.status, back.subject) == ("suspended", "return")


def test_a_case_with_something_waiting_in_it_is_not_dismissed(clinic, verifier, second_verifier):
    from directory import changes

    change = changes.propose(clinic=clinic, by=verifier, values={"name": "Another Example Clinic"})
    case = Case.objects.open().get(kind="change")
    assert case_decisions.changes_of(case) == [change]
    with pytest.raises(NotAllowed):
        case_decisions.dismiss(case=case, by=second_verifier, outcome="nothing-wrong")
    case_decisions.accept_change(case=case, change=change, by=second_verifier)
    case.refresh_from_db()
    clinic.refresh_from_db()
    assert (clinic.name, bool(case.closed_at)) == ("Another Example Clinic", True)


# --- asking the clinic -----------------------------------------------------------------------


def test_everybody_at_the_clinic_is_asked_and_nothing_personal_is_written(
    case, verifier, clinic, owner, colleague
):
    asking.ask(case=case, question="contact", by=verifier)
    mails = [asking.compose(delivery) for delivery in Delivery.objects.filter(kind=asking.KIND)]
    assert {mail.to for mail in mails} == {owner.email, colleague.email}
    for mail in mails:
        assert clinic.name not in mail.subject + mail.body
        assert "Are your address and phone number still right?" in mail.body
    case.refresh_from_db()
    assert case.snoozed_until > clock.now() + timedelta(days=6)


def test_nobody_is_asked_any_more_once_the_case_is_closed(case, verifier, clinic):
    asking.ask(case=case, question="contact", by=verifier)
    cases.close(case=case, outcome="passed", by=verifier)
    assert asking.compose(Delivery.objects.filter(kind=asking.KIND).first()) is None


def test_where_nobody_acts_for_the_clinic_there_is_nobody_to_ask(verifier):
    alone = build.clinic(claimed=False)
    case = cases.open_case(clinic=alone, kind="due", fact=Fact.CONTACT)
    with pytest.raises(Incomplete) as lacking:
        asking.ask(case=case, question="contact", by=verifier)
    assert lacking.value.missing == ["members"]


# --- side by side, and ahead -----------------------------------------------------------------


def test_what_differs_is_marked_word_by_word():
    address, phone, name = case_values.side_by_side(
        {"Address": "12 Oak St, Denver", "Phone": "+13035550101", "Name": "High Plains"},
        {"Address": "14 OAK ST., DENVER", "Phone": "(303) 555-0101", "Name": ""},
    )
    assert [(piece.text, piece.differs) for piece in address.ours] == [
        ("12", True),
        ("Oak St, Denver", False),
    ]
    assert address.differs
    assert phone.agrees
    assert not name.differs
    assert not name.agrees


def test_the_forecast_counts_the_checks_of_listed_clinics_by_month(clinic):
    build.clinic(listed=False)
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    Check.objects.all().update(checked_at=datetime(2026, 9, 1, tzinfo=UTC))
    due = [datetime(2026, 10, 2, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)]
    due += [
        datetime(2027, 1, 5, tzinfo=UTC),
        datetime(2027, 1, 9, tzinfo=UTC),
        datetime(2028, 1, 1, tzinfo=UTC),
    ]
    for check, day in zip(clinic.checks.current().order_by("pk"), due, strict=True):
        Check.objects.filter(pk=check.pk).update(due_at=day)
    with clock.frozen(now):
        ahead = cases.forecast(months=3)
    assert [(f"{month.first:%Y-%m}", month.checks) for month in ahead] == [
        ("2026-11", 2),
        ("2026-12", 0),
        ("2027-01", 2),
    ]
