"""Every change by a clinic leaves an edit, which can be undone for a week; a new value never goes over a newer one."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEvent
from directory import changes, editing, keeping, listing_edits, listings, opening
from directory.models import Case, Clinic, ListingEdit, ProposedChange
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock
from tests import build

pytestmark = pytest.mark.django_db


def edits() -> list[ListingEdit]:
    return list(ListingEdit.objects.order_by("pk"))


def save(clinic, by, **values):
    return keeping.save(clinic=clinic, by=by, values=values, seen=keeping.versions(clinic, values))


def test_an_edit_keeps_what_was_before_and_after_and_by_whom(clinic, colleague):
    listings.edit(clinic=clinic, by=colleague, cost="Ask us.", insurance=["va", "medicaid"])
    (edit,) = edits()
    assert edit.before == {"cost": "", "insurance": ["commercial"]}
    assert edit.after == {"cost": "Ask us.", "insurance": ["medicaid", "va"]}
    assert edit.made_by == colleague


def test_what_changes_nothing_or_waits_for_a_person_is_no_edit(clinic, colleague):
    listings.edit(clinic=clinic, by=colleague, cost="")
    listings.edit(clinic=clinic, by=colleague, cost="Buy ketamine online, no prescription.")
    assert edits() == []


def test_what_a_verifier_corrects_is_no_edit_of_the_clinic(verifier):
    candidate = build.clinic(listed=False)
    listings.edit(clinic=candidate, by=verifier, name="Other Example Clinic")
    assert edits() == []


def test_each_statement_carries_the_day_on_which_it_changed(clinic, owner):
    listings.edit(clinic=clinic, by=owner, cost="Ask us.")
    with clock.frozen(clock.now() + timedelta(days=3)):
        listings.edit(clinic=clinic, by=owner, hours="Mon to Fri")
        later = clock.now().date().isoformat()
    found = Clinic.objects.get()
    assert found.stated_on["hours"] == later > found.stated_on["cost"]
    assert set(found.stated_on) == {"cost", "hours"}


def test_undoing_puts_back_what_was_there_and_is_an_edit_itself(clinic, owner, colleague):
    listings.edit(clinic=clinic, by=owner, cost="Ask us.", insurance=["va"])
    keeping.undo(edit=edits()[0], by=colleague)
    found = Clinic.objects.get()
    assert (found.cost, found.insurance) == ("", ["commercial"])
    first, second = edits()
    assert first.undone_at is not None
    assert (second.undoes, second.made_by) == (first, colleague)
    for edit in (first, second):
        with pytest.raises(WrongState, match="undone"):
            keeping.undo(edit=edit, by=owner)


def test_an_edit_can_be_undone_for_a_week(clinic, owner):
    listings.edit(clinic=clinic, by=owner, cost="Ask us.")
    (edit,) = edits()
    with clock.frozen(edit.made_at + timedelta(days=7) - timedelta(seconds=1)):
        assert listing_edits.can_be_undone(edit)
    with clock.frozen(edit.made_at + timedelta(days=7)), pytest.raises(WrongState, match="too-late"):
        keeping.undo(edit=edit, by=owner)


def test_what_was_changed_since_is_not_undone(clinic, owner, colleague):
    listings.edit(clinic=clinic, by=owner, cost="Ask us.")
    listings.edit(clinic=clinic, by=colleague, cost="Theirs.")
    with pytest.raises(keeping.Stale):
        keeping.undo(edit=edits()[0], by=owner)
    assert Clinic.objects.get().cost == "Theirs."
    assert edits()[0].undone_at is None


def test_undoing_cannot_bring_back_what_a_person_would_hold(clinic, owner, colleague):
    Clinic.objects.update(cost="Buy ketamine online, no prescription.")
    listings.edit(clinic=clinic, by=owner, cost="Ask us.")
    saved = keeping.undo(edit=edits()[0], by=owner)
    assert saved.waiting == {"cost"}
    assert Clinic.objects.get().cost == "Ask us."
    assert edits()[0].undone_at is None


def test_undoing_a_name_that_was_published_since_waits_for_a_person(owner, clinic, verifier):
    candidate = build.clinic(owner=owner, organization=clinic.organization, listed=False, claimed=True)
    listings.edit(clinic=candidate, by=owner, name="Fresh Example Name")
    Clinic.objects.filter(pk=candidate.pk).update(status="listed")
    saved = keeping.undo(edit=edits()[0], by=owner)
    assert saved.waiting == {"name"}
    assert Clinic.objects.get(pk=candidate.pk).name == "Fresh Example Name"
    assert ProposedChange.objects.get().values == {"name": candidate.name}


def test_nobody_else_undoes(clinic, owner, stranger, verifier):
    listings.edit(clinic=clinic, by=owner, cost="Ask us.")
    for person in (stranger, verifier):
        with pytest.raises(NotAllowed):
            keeping.undo(edit=edits()[0], by=person)
    assert Clinic.objects.get().cost == "Ask us."


def test_a_newer_value_is_not_written_over(clinic, owner, colleague):
    seen = keeping.versions(clinic, ("cost", "hours"))
    save(clinic, colleague, cost="Theirs.")
    with pytest.raises(keeping.Stale) as caught:
        keeping.save(clinic=clinic, by=owner, values={"cost": "Yours.", "hours": "Mon"}, seen=seen)
    assert caught.value.names == {"cost"}
    assert (Clinic.objects.get().cost, Clinic.objects.get().hours) == ("Theirs.", "")
    keeping.save(clinic=clinic, by=owner, values={"hours": "Mon"}, seen=seen)
    assert Clinic.objects.get().hours == "Mon"


def test_what_is_said_and_what_is_checked_are_saved_apart(clinic, owner):
    with pytest.raises(NotAllowed):
        save(clinic, owner, cost="Ask us.", phone="+13035550177")
    assert Clinic.objects.get().cost == ""


def test_the_trail_names_every_save(clinic, owner):
    save(clinic, owner, cost="Ask us.")
    save(clinic, owner, phone="+13035550177")
    actions = AuditEvent.objects.order_by("seq").values_list("action", flat=True)
    assert list(actions)[-2:] == ["listing.edited", "change.proposed"]


def test_a_change_asked_for_before_an_upgrade_is_still_accepted(clinic, owner, verifier):
    """Offerings have two more answers now than when it was asked for."""
    change = changes.propose(clinic=clinic, by=owner, values={"offerings": [{"modality": "iv"}]})
    older = [
        {k: v for k, v in row.items() if k not in ("rescue_training", "safe_departure")}
        for row in change.before["offerings"]
    ]
    ProposedChange.objects.update(before={"offerings": older})
    changes.accept(change=change, by=verifier)
    assert [row.modality for row in clinic.offerings.all()] == ["iv"]


# --- sending it for checking -------------------------------------------------------------------


@pytest.fixture
def candidate(owner, clinic):
    return build.clinic(
        owner=owner, organization=clinic.organization, listed=False, claimed=True, origin="clinic"
    )


def test_a_manager_sends_a_candidate_and_a_verifier_lists_it(candidate, owner, colleague, verifier):
    with pytest.raises(NotAllowed):
        keeping.send_for_checking(clinic=candidate, by=colleague)
    assert keeping.send_for_checking(clinic=candidate, by=owner)
    assert Case.objects.open().get(clinic=candidate).kind == "new"
    assert listings.publish(clinic=candidate, by=verifier).status == "listed"


def test_what_a_manager_changes_after_sending_has_to_be_sent_again(candidate, owner, verifier):
    keeping.send_for_checking(clinic=candidate, by=owner)
    listings.edit(clinic=candidate, by=owner, phone="+13035550177")
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=verifier)


def test_what_came_from_a_file_still_takes_two_verifiers(candidate, owner):
    Clinic.objects.filter(pk=candidate.pk).update(origin="import")
    assert not keeping.send_for_checking(clinic=candidate, by=owner)
    assert Clinic.objects.get(pk=candidate.pk).submitted_by is None
    assert "The clinic says that its listing is complete." in Case.objects.get(clinic=candidate).why


def test_half_a_listing_is_not_sent(candidate, owner):
    candidate.offerings.all().delete()
    with pytest.raises(Incomplete) as caught:
        keeping.send_for_checking(clinic=candidate, by=owner)
    assert caught.value.missing == ["offerings"]


def test_a_listed_clinic_is_not_sent(clinic, owner):
    with pytest.raises(WrongState):
        keeping.send_for_checking(clinic=clinic, by=owner)


# --- values ------------------------------------------------------------------------------------

WRONG_HOURS = [
    [{"day": 0, "opens": "25:00", "closes": "26:00"}],
    [{"day": 0, "opens": "09:00", "closes": "24:00"}],
    [{"day": 0, "opens": "9:00", "closes": "17:00"}],
    [{"day": 0, "opens": "17:00", "closes": "09:00"}],
    [{"day": 0, "opens": "09:00", "closes": "09:00"}],
    [{"day": 7, "opens": "09:00", "closes": "17:00"}],
    [{"day": True, "opens": "09:00", "closes": "17:00"}],
    [{"day": 0, "opens": "09:00", "closes": "12:00"}, {"day": 0, "opens": "11:59", "closes": "17:00"}],
    [{"day": 0, "opens": f"{hour:02d}:00", "closes": f"{hour:02d}:30"} for hour in (8, 10, 12)],
    [{"day": 0, "opens": "09:00"}],
    [{"day": 0, "opens": "09:00", "closes": "17:00", "note": "x"}],
    ["09:00"],
    [{"day": 0, "opens": None, "closes": "17:00"}],
    [{"day": 0, "opens": "０９:00", "closes": "17:00"}],
]


@pytest.mark.parametrize("hours", WRONG_HOURS)
def test_hours_that_no_clinic_keeps_are_refused(clinic, owner, hours):
    with pytest.raises(ValidationError) as caught:
        listings.edit(clinic=clinic, by=owner, opening_hours=hours)
    assert list(caught.value.message_dict) == ["opening_hours"]
    assert Clinic.objects.get().opening_hours == []


def test_hours_that_meet_do_not_overlap():
    spans = [
        {"day": 0, "opens": "12:00", "closes": "23:59"},
        {"day": 0, "opens": "00:00", "closes": "12:00"},
    ]
    assert opening.by_day(opening.in_form(spans)) == [("Monday", ["12 AM to 12 PM", "12 PM to 11:59 PM"])]


@pytest.mark.parametrize(
    "prices",
    [
        {"price_low": -1},
        {"price_high": 10**12},
        {"price_low": 100_001},
        {"price_low": 500, "price_high": 499},
        {"price_low": "abc"},
    ],
)
def test_prices_that_cannot_be_are_refused(clinic, owner, prices):
    with pytest.raises(ValidationError):
        listings.edit(clinic=clinic, by=owner, **prices)
    assert Clinic.objects.get().price_low is None


def test_a_price_may_stand_alone_and_at_its_limits(clinic, owner):
    for low, high in ((0, 100_000), (None, 0), (100_000, None), (None, None)):
        listings.edit(clinic=clinic, by=owner, price_low=low, price_high=high)
        assert (Clinic.objects.get().price_low, Clinic.objects.get().price_high) == (low, high)


@pytest.mark.parametrize("facts", [["license"], ["dea", "x"], ["npi"]])
def test_only_what_nobody_else_can_know_is_said_as_a_fact(clinic, owner, facts):
    with pytest.raises(NotAllowed):
        listings.edit(clinic=clinic, by=owner, states_facts=facts)


def test_words_of_a_vocabulary_stand_in_its_order_and_once(clinic, owner):
    listings.edit(clinic=clinic, by=owner, languages=["es", "en", "es"])
    assert Clinic.objects.get().languages == ["en", "es"]
    assert editing.differing(Clinic.objects.get(), {"languages": ["es", "en"]}) == {}
