"""What is changed of a published clinic waits for another person; what the gate flags waits for one at all."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from directory import changes, documents, links, listings, search
from directory.models import Case, ProposedChange
from directory.refusals import NotAllowed, WrongState
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.directory.test_checks import stopped

__all__ = ["stopped"]

pytestmark = pytest.mark.django_db

NEW_PHONE = "+13035550199"
SALE = "Order ketamine online today, no prescription needed."


def phone_shown(clinic) -> str:
    return search.find(search.Query(q=clinic.name)).results[0].document["phone"]


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


@pytest.fixture
def change(clinic, verifier):
    """A new phone that `verifier` asked for."""
    return changes.propose(clinic=clinic, by=verifier, values={"phone": NEW_PHONE})


# --- two people ------------------------------------------------------------------------------------


def test_the_old_value_stays_until_another_verifier_accepts_the_new_one(clinic, change, second_verifier):
    old = clinic.phone
    assert phone_shown(clinic) == old
    changes.accept(change=change, by=second_verifier, contact_confirmed=True)
    assert phone_shown(clinic) == NEW_PHONE


def test_whoever_asked_does_not_accept(clinic, change, verifier, staff, owner):
    for person in (verifier, staff, owner):
        with pytest.raises(NotAllowed):
            changes.accept(change=change, by=person)
    assert phone_shown(clinic) == clinic.phone
    assert not ProposedChange.objects.get().decided_at


def test_a_verifier_with_a_part_in_the_clinic_neither_asks_nor_accepts(clinic, change, second_verifier):
    build.membership(second_verifier, clinic.organization, role="staff")
    with pytest.raises(NotAllowed):
        changes.accept(change=change, by=second_verifier)
    with pytest.raises(NotAllowed):
        changes.propose(clinic=clinic, by=second_verifier, values={"phone": NEW_PHONE})


def test_a_manager_may_ask_and_one_verifier_accepts(clinic, owner, colleague, verifier):
    with pytest.raises(NotAllowed):
        changes.propose(clinic=clinic, by=colleague, values={"line1": "9 Other Street"})
    asked = changes.propose(clinic=clinic, by=owner, values={"line1": "9 Other Street"})
    accepted = changes.accept(change=asked, by=verifier)
    assert (accepted.accepted, accepted.decided_by) == (True, verifier)
    clinic.refresh_from_db()
    assert clinic.line1 == "9 Other Street"


def test_a_manager_whose_claim_ended_asks_for_nothing(clinic, owner):
    clinic.claims.update(ended_at=clock.now())
    with pytest.raises(NotAllowed):
        changes.propose(clinic=clinic, by=owner, values={"phone": NEW_PHONE})


def test_a_new_phone_was_not_confirmed_unless_whoever_accepts_has_called(
    clinic, change, second_verifier, stopped
):
    changes.accept(change=change, by=second_verifier)
    assert not clinic.checks.current().filter(fact=Fact.CONTACT).exists()
    assert stopped == [clinic.pk]


def test_a_phone_confirmed_with_the_change_leaves_no_gap(clinic, change, second_verifier, stopped):
    changes.accept(change=change, by=second_verifier, contact_confirmed=True)
    check = clinic.checks.current().get(fact=Fact.CONTACT)
    assert (check.checked_by, check.source) == (second_verifier, "Phone call by staff")
    assert stopped == []


def test_a_refused_change_changes_nothing(clinic, change, verifier, second_verifier):
    changes.refuse(change=change, by=second_verifier)
    assert phone_shown(clinic) == clinic.phone
    for decide in (changes.accept, changes.refuse):
        with pytest.raises(WrongState) as caught:
            decide(change=change, by=second_verifier)
        assert caught.value.current == "refused"


def test_whoever_asked_may_take_it_back_and_nobody_else_at_the_clinic(clinic, change, owner, verifier):
    with pytest.raises(NotAllowed):
        changes.refuse(change=change, by=owner)
    assert changes.refuse(change=change, by=verifier).accepted is False


def test_each_step_is_in_the_trail(change, second_verifier):
    changes.accept(change=change, by=second_verifier)
    assert [action for action in actions() if action.startswith("change")] == [
        "change.proposed",
        "change.accepted",
    ]


def test_the_staff_see_old_and_new_side_by_side(clinic, change, second_verifier):
    case = Case.objects.get(kind=Case.Kind.CHANGE)
    assert (case.ours, case.theirs) == ({"Phone": clinic.phone}, {"Phone": NEW_PHONE})
    changes.accept(change=change, by=second_verifier)
    case.refresh_from_db()
    assert (case.outcome, case.closed_by) == ("accepted", second_verifier)


def test_asking_twice_for_the_same_makes_one_case(clinic, change, verifier):
    again = changes.propose(clinic=clinic, by=verifier, values={"phone": NEW_PHONE})
    assert again == change
    assert Case.objects.count() == 1
    assert changes.waiting_fields(clinic) == {"phone"}


def test_what_is_the_same_already_is_no_change(clinic, verifier):
    with pytest.raises(NotAllowed):
        changes.propose(clinic=clinic, by=verifier, values={"phone": clinic.phone})


def test_values_that_do_not_fit_are_refused_when_somebody_asks(clinic, verifier):
    for values in ({"phone": "x" * 21}, {"latitude": 95.0}, {"name": "A\x00B"}, {"website": "javascript:1"}):
        with pytest.raises(ValidationError):
            changes.propose(clinic=clinic, by=verifier, values=values)
    for values in ({"status": "closed"}, {"slug": "x"}, {"submitted_by": verifier}):
        with pytest.raises(NotAllowed):
            changes.propose(clinic=clinic, by=verifier, values=values)
    assert not ProposedChange.objects.exists()


def test_a_closed_clinic_changes_no_more(clinic, change, verifier, second_verifier):
    listings.close(clinic=clinic, reason="closed-down", by=verifier)
    with pytest.raises(WrongState):
        changes.accept(change=change, by=second_verifier)
    with pytest.raises(WrongState):
        changes.propose(clinic=clinic, by=verifier, values={"name": "Another Name"})


def test_offerings_and_clinicians_take_two_people_too(clinic, verifier, second_verifier):
    doctor = build.practitioner()
    rows = [{"modality": "iv", "psychotherapy": True}, {"modality": "oral"}]
    asked = changes.propose(
        clinic=clinic,
        by=verifier,
        values={"offerings": rows, "practitioners": [doctor], "responsible": doctor},
    )
    assert set(clinic.offerings.values_list("modality", flat=True)) == {"esketamine", "iv"}
    changes.accept(change=asked, by=second_verifier)
    clinic.refresh_from_db()
    assert set(clinic.offerings.values_list("modality", "psychotherapy")) == {("iv", True), ("oral", False)}
    assert (clinic.responsible, list(clinic.practitioners.all())) == (doctor, [doctor])


def test_another_website_is_linked_to_once_two_people_confirmed_it(clinic, owner, verifier, second_verifier):
    moved = changes.propose(clinic=clinic, by=owner, values={"website": "https://elsewhere.example/"})
    changes.accept(change=moved, by=verifier)
    clinic.refresh_from_db()
    assert links.shown_website(clinic) == ""
    confirmed = changes.propose(clinic=clinic, by=verifier, values={"confirmed_domain": "elsewhere.example"})
    with pytest.raises(NotAllowed):
        changes.accept(change=confirmed, by=verifier)
    changes.accept(change=confirmed, by=second_verifier)
    clinic.refresh_from_db()
    assert links.shown_website(clinic) == "https://elsewhere.example/"
    assert documents.public(clinic, clock.now(), accepts=True)["website"] == "https://elsewhere.example/"


def test_the_database_itself_lets_nobody_accept_their_own(clinic, verifier):
    with pytest.raises(IntegrityError), transaction.atomic():
        ProposedChange.objects.create(
            clinic=clinic, values={}, made_by=verifier, made_at=clock.now(),
            decided_by=verifier, decided_at=clock.now(), accepted=True,
        )  # fmt: skip


# --- what the gate flags ---------------------------------------------------------------------------


def test_a_clinic_s_own_words_are_public_at_once_unless_the_gate_finds_something(clinic, colleague):
    edited = listings.edit(clinic=clinic, by=colleague, cost="Cards and checks.", hours="Mon-Fri 9-5")
    assert (edited.cost, edited.hours) == ("Cards and checks.", "Mon-Fri 9-5")
    assert not ProposedChange.objects.exists()


def test_words_of_a_seller_are_held_and_the_rest_is_kept(clinic, colleague):
    edited = listings.edit(
        clinic=clinic, by=colleague, cost=SALE, hours="Mon-Fri 9-5", insurance=["medicaid"]
    )
    assert (edited.cost, edited.hours, edited.insurance) == ("", "Mon-Fri 9-5", ["medicaid"])
    held = ProposedChange.objects.get()
    assert (held.values, held.made_by) == ({"cost": SALE}, colleague)
    assert changes.waiting_fields(clinic) == {"cost"}


def test_the_staff_read_sentences_about_it_and_what_blocks_is_urgent(clinic, colleague):
    listings.edit(clinic=clinic, by=colleague, cost=SALE)
    case = Case.objects.get()
    assert (case.kind, case.urgent) == (Case.Kind.HELD, True)
    assert "It seems to offer the drug for sale." in case.why


def test_a_claim_that_nobody_can_keep_is_held_and_not_urgent(clinic, colleague):
    listings.edit(clinic=clinic, by=colleague, first_visit="A guaranteed cure for depression.")
    case = Case.objects.get()
    assert (case.kind, case.urgent) == (Case.Kind.HELD, False)
    assert ProposedChange.objects.get().findings == ["claim-cure", "claim-guarantee"]


def test_a_verifier_lets_held_words_through(clinic, colleague, verifier):
    listings.edit(clinic=clinic, by=colleague, cost="Ask us for the price list of visits.")
    changes.accept(change=ProposedChange.objects.get(), by=verifier)
    clinic.refresh_from_db()
    assert clinic.cost == "Ask us for the price list of visits."
    assert not changes.waiting_fields(clinic)


def test_a_sentence_that_begins_in_one_field_and_ends_in_the_next_is_held(clinic, colleague):
    edited = listings.edit(clinic=clinic, by=colleague, first_visit="We have ketamine.", cost="Order today.")
    assert (edited.first_visit, edited.cost) == ("", "")
    listings.edit(clinic=clinic, by=colleague, first_visit="We have ketamine.")
    assert listings.edit(clinic=clinic, by=colleague, cost="Order today.").cost == ""


def test_a_phone_or_link_in_a_clinic_s_own_words_is_looked_at(clinic, colleague):
    for words in ("Call 720-555-0177.", "See https://other.example/pay", "Write to us@gmail.com"):
        assert listings.edit(clinic=clinic, by=colleague, hours=words).hours == ""
    own = "Call (303) 555-0101 or see https://clinic.example/hours"
    assert listings.edit(clinic=clinic, by=colleague, hours=own).hours == own


def test_a_submission_in_which_the_gate_finds_something_waits_for_another_verifier(verifier, second_verifier):
    candidate = build.clinic(listed=False, name="Miracle Cure Example Clinic")
    assert listings.submit(clinic=candidate, by=verifier).submitted_by is None
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=second_verifier)
    held = ProposedChange.objects.get()
    assert held.findings == ["claim-cure", "claim-hype"]
    with pytest.raises(NotAllowed):
        changes.accept(change=held, by=verifier)
    changes.accept(change=held, by=second_verifier)
    candidate.refresh_from_db()
    assert candidate.submitted_by == verifier
    assert listings.publish(clinic=candidate, by=second_verifier).status == "listed"


def test_what_was_let_through_once_does_not_let_through_what_came_after(verifier, second_verifier):
    candidate = build.clinic(listed=False, name="Miracle Example Clinic")
    listings.submit(clinic=candidate, by=verifier)
    changes.accept(change=ProposedChange.objects.get(), by=second_verifier)
    candidate.refresh_from_db()
    candidate.cost = SALE  # however it got there
    candidate.save()
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=second_verifier)


def test_a_held_submission_ends_when_somebody_changes_what_was_submitted(verifier, second_verifier):
    candidate = build.clinic(listed=False, name="Ketamine Shop: no prescription needed")
    listings.submit(clinic=candidate, by=verifier)
    held = ProposedChange.objects.open().get(clinic=candidate, values={})
    listings.edit(clinic=candidate, by=second_verifier, phone=NEW_PHONE)
    with pytest.raises(WrongState):
        changes.accept(change=held, by=second_verifier)
    candidate.refresh_from_db()
    assert candidate.submitted_by is None
    assert not Case.objects.open().filter(subject=f"change {held.pk}").exists()


def test_an_old_held_submission_does_not_lead_back_after_a_suspension(clinic, verifier, second_verifier):
    held = ProposedChange.objects.create(clinic=clinic, values={}, made_by=verifier, made_at=clock.now())
    listings.suspend(clinic=clinic, reason="under-review", by=second_verifier)
    with pytest.raises(WrongState):
        changes.accept(change=held, by=second_verifier)


def test_a_change_does_not_overwrite_a_newer_one(clinic, verifier, second_verifier):
    older = changes.propose(clinic=clinic, by=verifier, values={"phone": "+13035550150"})
    newer = changes.propose(clinic=clinic, by=verifier, values={"phone": "+13035550160"})
    changes.accept(change=newer, by=second_verifier)
    with pytest.raises(WrongState, match="overtaken"):
        changes.accept(change=older, by=second_verifier)
    clinic.refresh_from_db()
    assert clinic.phone == "+13035550160"
    assert changes.refuse(change=older, by=second_verifier).accepted is False


@pytest.mark.parametrize(("field", "value"), [("line1", "99 Other Street"), ("zip", "80299")])
def test_rems_and_accreditation_do_not_move_with_the_clinic(clinic, verifier, second_verifier, field, value):
    for fact in (Fact.REMS, Fact.ACCREDITATION):
        clinic.checks.filter(fact=fact).delete()
        build.check(clinic, fact)
    asked = changes.propose(clinic=clinic, by=verifier, values={field: value})
    changes.accept(change=asked, by=second_verifier, contact_confirmed=True)
    assert not clinic.checks.current().filter(fact__in=[Fact.REMS, Fact.ACCREDITATION]).exists()


def test_no_discipline_found_is_not_said_of_another_clinician(clinic, verifier, second_verifier):
    build.check(clinic, Fact.DISCIPLINE)
    asked = changes.propose(clinic=clinic, by=verifier, values={"responsible": build.practitioner()})
    changes.accept(change=asked, by=second_verifier)
    assert not clinic.checks.current().filter(fact=Fact.DISCIPLINE).exists()
