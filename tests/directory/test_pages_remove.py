""" "Remove this listing": as easy as claiming it, sealed, before everything but harm, and decided after a call."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditEvent
from directory import closing
from directory.casework import cases
from directory.intake import candidates
from directory.models import Case, Clinic, NppesRecord, Removal
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.views import remove as page
from directory.voices import removals, reports, sealing
from outbox import clock
from tests import build
from tests.a_candidate import values

pytestmark = pytest.mark.django_db

ASKER = removals.Asker("Quilla Marrow", "Office manager", "quilla@elsewhere.example", "Please, at once.")
GIVEN = {
    "name": ASKER.name,
    "position": ASKER.position,
    "reach": ASKER.reach,
    "words": ASKER.words,
    "why": "not-asked",
    "may_ask": "on",
}


def where(clinic) -> str:
    return f"/clinic/{clinic.slug}/remove/"


def post(clinic, client=None, **given):
    return (client or Client()).post(where(clinic), {**GIVEN, **given})


@pytest.fixture
def asked(clinic):
    return removals.ask(clinic=clinic, asker=ASKER, why="not-asked", never_again=True)


@pytest.fixture
def case(asked):
    return asked.case


@pytest.fixture
def called(case, verifier):
    """The clinic said on the phone that it wants this."""
    return cases.call(case=case, outcome=cases.CallOutcome.CONFIRMED, by=verifier)


def decide(case, by, outcome="taken-down", **more):
    return removals.decide(case=case, outcome=outcome, by=by, **more)


# --- asking --------------------------------------------------------------------------------------


def test_anybody_asks_without_an_account_and_reads_what_happens_by_when(clinic):
    with clock.frozen(datetime(2026, 11, 24, 15, tzinfo=UTC)):  # a Tuesday
        assert "You need no account" in Client().get(where(clinic)).content.decode()
        answer = post(clinic)
        assert (answer.status_code, answer["Location"]) == (303, f"{where(clinic)}asked/")
        assert "Thursday, November 26" in Client().get(answer["Location"]).content.decode()
    assert not answer.cookies
    assert Clinic.objects.get().status == "listed"


def test_weekends_are_no_business_days():
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert removals.due_at(friday) == friday + timedelta(days=4)


def test_it_is_a_case_at_the_top_of_the_queue_but_for_harm(clinic):
    cases.open_case(clinic=clinic, kind=Case.Kind.CONFLICT)
    post(clinic)
    reports.make(clinic=clinic, about="harm")
    queue = Case.objects.open().order_by("-urgent", "due_at")
    assert [case.kind for case in queue] == ["report", "removal", "conflict"]
    removal = queue[1]
    assert removal.due_at == removals.due_at(removal.opened_at)


def test_a_second_request_joins_the_case_and_moves_no_date(clinic, asked):
    with clock.frozen(clock.now() + timedelta(hours=30)):
        post(clinic, name="Somebody Else")
    case = Case.objects.get()
    assert case.removals.count() == 2
    assert case.due_at == removals.due_at(case.opened_at)


def test_the_same_post_again_is_the_same_request(clinic):
    once = reports.new_once()
    for _ in range(3):
        assert post(clinic, once=once).status_code == 303
    assert Removal.objects.count() == 1


def test_what_they_wrote_is_in_no_column_in_the_clear(asked):
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows = [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor for cell in row]
            for secret in (ASKER.name, ASKER.reach, ASKER.words):
                assert secret not in str(rows), table


def test_the_page_says_that_a_manager_can_do_it_at_once_where_somebody_manages(clinic):
    assert "sign in to take it down" in Client().get(where(clinic)).content.decode()
    unclaimed = build.clinic(claimed=False)
    assert "sign in to take it down" not in Client().get(where(unclaimed)).content.decode()


LIMITS = {"name": 120, "position": 80, "words": 1000}


@pytest.mark.parametrize(("field", "longest"), LIMITS.items())
def test_a_text_at_its_limit_is_kept_and_one_beyond_is_refused(clinic, verifier, field, longest):
    assert post(clinic, **{field: "é" * longest}).status_code == 303
    kept = removals.read(removal=Removal.objects.get(), by=verifier)
    assert getattr(kept, field) == "é" * longest
    answer = post(clinic, **{field: "é" * (longest + 1)})
    assert answer.status_code == 422
    assert f"Use {longest} characters or fewer" in answer.content.decode()
    assert Removal.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\u200b\u202e"),
        ("position", " \t"),
        ("reach", ""),
        ("reach", "911"),
        ("reach", "988"),
        ("reach", "somebody@"),
        ("reach", "303-555"),
        ("reach", "+44 20 7946 0958"),
        ("reach", f"{'a' * 250}@b.example"),
        ("reach", "javascript:alert(1)"),
        ("why", ""),
        ("why", "because"),
        ("may_ask", ""),
    ],
)
def test_what_cannot_be_used_is_named_and_everything_typed_stays(clinic, field, value):
    answer = post(clinic, **{field: value})
    words = answer.content.decode()
    assert answer.status_code == 422
    assert f"#id_{field}" in words
    kept = [ASKER.name, ASKER.position, ASKER.reach, ASKER.words]
    assert all(text in words for text in kept if GIVEN[field] != text)
    assert not Removal.objects.exists()
    assert not Case.objects.exists()


@pytest.mark.parametrize("reach", ["(303) 555-0142", "1-303-555-0142 ext. 7", "a.b@clinic.example"])
def test_a_number_or_an_address_will_do(clinic, reach):
    assert post(clinic, reach=reach).status_code == 303


def test_marks_that_turn_letters_round_are_taken_out(clinic, verifier):
    post(clinic, name="\u202eQuilla\u2066 Marrow")
    assert removals.read(removal=Removal.objects.get(), by=verifier).name == "Quilla Marrow"


def test_a_post_from_another_site_is_refused(clinic):
    assert Client().post(where(clinic), GIVEN, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert not Removal.objects.exists()


def test_many_from_one_neighbourhood_are_slowed_down_and_lose_nothing(clinic):
    for number in range(page.PER_NEIGHBOURHOOD[0]):
        assert post(clinic, name=f"Person {number}").status_code == 303
    answer = post(clinic)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert ASKER.words in answer.content.decode()


def test_a_candidate_is_removed_by_whoever_is_signed_in_and_absent_for_everybody_else(owner, gazetteer):
    candidate = build.clinic(listed=False)
    absent = Client().get("/clinic/no-such-clinic/remove/")
    hidden = Client().get(where(candidate))
    assert (hidden.status_code, absent.status_code) == (404, 404)
    signed_in = Client()
    signed_in.force_login(owner)
    assert "never will be" in signed_in.get(where(candidate)).content.decode()
    assert post(candidate, signed_in).status_code == 303


def test_a_candidate_that_was_another_clinic_cannot_be_asked_about(clinic):
    merged = build.clinic(listed=False, successor=clinic)
    with pytest.raises(WrongState):
        removals.ask(clinic=merged, asker=ASKER, why="other")


def test_whoever_asked_before_is_told_that_it_stands(clinic, owner):
    closing.take_down(clinic=clinic, by=owner, never_again=True)
    assert Client().get(where(clinic)).status_code == 410
    assert post(clinic).status_code == 410
    assert Client().get(f"{where(clinic)}asked/").status_code == 410


# --- reading and deciding --------------------------------------------------------------------------


def test_a_verifier_reads_who_asked_and_the_trail_says_so(asked, verifier):
    assert removals.read(removal=asked, by=verifier) == ASKER
    event = AuditEvent.objects.get(action="removal.read")
    assert (event.actor, event.object_id) == (f"user:{verifier.pk}", str(asked.pk))


@pytest.mark.parametrize("who", ["owner", "colleague", "stranger", "staff"])
def test_nobody_else_reads_or_decides(asked, called, who, request):
    somebody = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        removals.read(removal=asked, by=somebody)
    for outcome in Removal.Outcome.values:
        with pytest.raises((NotAllowed, cases.HeldByAnother)):
            decide(asked.case, somebody, outcome)
    assert Clinic.objects.get().status == "listed"


def test_without_a_call_in_which_the_clinic_said_yes_it_stays(case, verifier):
    for outcome in (None, "no-answer", "refused", "answered-differs"):
        if outcome:
            cases.call(case=case, outcome=outcome, by=verifier)
        with pytest.raises(Incomplete) as refusal:
            decide(case, verifier)
        assert refusal.value.missing == ["call"]
    assert Clinic.objects.get().status == "listed"


def test_a_later_call_in_which_they_said_no_counts(case, called, verifier):
    cases.call(case=case, outcome="refused", by=verifier)
    with pytest.raises(Incomplete):
        decide(case, verifier)


def test_taken_down_it_is_closed_with_the_wish_kept_and_the_case_over(asked, case, called, clinic, verifier):
    decide(case, verifier, never_again=True)
    clinic.refresh_from_db()
    asked.refresh_from_db()
    case.refresh_from_db()
    assert (clinic.status, clinic.status_reason) == ("closed", "clinic-asked")
    assert clinic.opt_outs.standing().exists()
    assert (asked.outcome, case.outcome) == ("taken-down", "taken-down")
    actions = AuditEvent.objects.order_by("seq").values_list("action", flat=True)
    assert {"removal.asked", "listing.closed", "opt-out.made", "case.closed", "removal.decided"} <= set(
        actions
    )


def test_taken_down_without_the_wish_only_closes(case, called, clinic, verifier):
    decide(case, verifier)
    clinic.refresh_from_db()
    assert clinic.status == "closed"
    assert not clinic.opt_outs.exists()


def test_hidden_it_may_return(case, clinic, verifier):
    decide(case, verifier, "hidden")
    clinic.refresh_from_db()
    assert (clinic.status, clinic.status_reason) == ("suspended", "clinic-asked")
    assert not clinic.opt_outs.exists()


def test_refused_nothing_changes(asked, case, clinic, verifier):
    decide(case, verifier, "refused")
    clinic.refresh_from_db()
    asked.refresh_from_db()
    assert (clinic.status, asked.outcome) == ("listed", "refused")
    with pytest.raises(WrongState):
        decide(case, verifier)


def test_every_site_goes_at_once(asked, case, called, clinic, verifier):
    build.many([{"organization": clinic.organization, "claimed": False} for _ in range(3)])
    waiting = build.clinic(organization=clinic.organization, listed=False)
    closed = decide(case, verifier, never_again=True, whole_organization=True)
    assert len(closed) == 4
    assert waiting not in candidates.waiting()
    assert set(Clinic.objects.values_list("status", flat=True)) == {"closed", "candidate"}


@pytest.mark.usefixtures("gazetteer")
def test_a_candidate_is_dropped_from_the_lists_of_the_staff(staff, verifier):
    clinic = candidates.add(by=staff, values=values(), origin=Clinic.Origin.IMPORT)
    removal = removals.ask(clinic=clinic, asker=ASKER, why="not-given")
    cases.call(case=removal.case, outcome=cases.CallOutcome.CONFIRMED, by=verifier)
    assert decide(removal.case, verifier) == []
    assert clinic.opt_outs.standing().exists()
    assert not clinic.cases.open().exists()
    assert not candidates.waiting().exists()


def test_a_candidate_cannot_be_hidden(verifier):
    removal = removals.ask(clinic=build.clinic(listed=False), asker=ASKER, why="other")
    with pytest.raises(WrongState):
        decide(removal.case, verifier, "hidden")


@pytest.mark.parametrize("outcome", ["", "closed", "TAKEN_DOWN"])
def test_an_answer_that_is_none_is_refused(case, verifier, outcome):
    with pytest.raises(Incomplete):
        decide(case, verifier, outcome)


def test_another_kind_of_case_is_not_decided_like_this(clinic, verifier):
    other = cases.open_case(clinic=clinic, kind=Case.Kind.DUE)
    with pytest.raises(NotAllowed):
        decide(other, verifier, "hidden")


def test_the_number_to_call_is_the_registrys_and_never_the_askers(asked, clinic):
    assert removals.number_to_call(asked).source == "Our own check" or clinic.checks.exists()
    NppesRecord.objects.create(
        npi=clinic.organization.npi,
        entity_type=2,
        name="HIGH PLAINS",
        line1=clinic.line1.upper(),
        city="DENVER",
        state="CO",
        zip="802021234",
        phone="3035550199",
    )
    number = removals.number_to_call(asked)
    assert (number.e164, number.source) == ("+13035550199", "NPPES")


def test_where_no_source_has_a_number_the_staff_is_told_that_it_is_unchecked(gazetteer):
    removal = removals.ask(
        clinic=build.clinic(listed=False, unchecked=("contact",)), asker=ASKER, why="other"
    )
    assert removals.number_to_call(removal).source == removals.AS_WE_WERE_TOLD


def test_who_asked_is_destroyed_on_time_and_what_they_asked_for_stays(asked, verifier, settings):
    with clock.frozen(asked.text_until + timedelta(seconds=1)):
        assert removals.destroy_due() == 1
        assert removals.destroy_due() == 0
        asked.refresh_from_db()
        with pytest.raises(sealing.DoesNotOpen):
            removals.read(removal=asked, by=verifier)
    assert (asked.sealed, asked.why) == (None, "not-asked")
    assert AuditEvent.objects.filter(action="removal.destroy").count() == 1


def test_the_page_is_linked_and_names_no_third_party(clinic):
    words = Client().get(where(clinic)).content.decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', words)
