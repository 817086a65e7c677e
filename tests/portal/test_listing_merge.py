"""Two people edit one listing: nobody writes over the other, and nothing that was typed is lost."""

import html
import re

import pytest

from directory import listings
from directory.models import Clinic, ListingEdit
from tests.portal.listing_forms import clinician, contact, page, save, version
from tests.portal.reading_pages import main

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]


@pytest.fixture
def manager(client, owner, clinic):
    client.force_login(owner)
    return client


@pytest.fixture
def opened(manager, clinic):
    """The owner opened the page about cost."""
    return version(manager.get(page(clinic, "edit", "cost")))


def hidden(answer) -> dict[str, list[str]]:
    """What the form of a merge page sends along."""
    fields: dict[str, list[str]] = {}
    text = answer.content.decode()
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text):
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


def test_saving_over_a_newer_value_shows_both_and_saves_neither(manager, clinic, colleague, opened):
    listings.edit(clinic=clinic, by=colleague, cost="Theirs.")
    answer = save(manager, clinic, "cost", opened, cost="<b>Yours</b>.", insurance=["va", "medicaid"])
    assert answer.status_code == 409
    shown = main(answer)
    assert "Cole League saved “Cost and insurance”" in shown
    assert "As it is now: Theirs." in shown
    assert "&lt;b&gt;Yours&lt;/b&gt;." in answer.content.decode()
    assert Clinic.objects.get().cost == "Theirs."
    assert hidden(answer)["insurance"] == ["va", "medicaid"]
    assert hidden(answer)["cost"] == ["<b>Yours</b>."]


@pytest.mark.parametrize("choice", ["theirs", "yours"])
def test_one_chooses_for_each_field_and_the_rest_is_saved_too(manager, clinic, colleague, opened, choice):
    listings.edit(clinic=clinic, by=colleague, cost="Theirs.")
    merge = save(manager, clinic, "cost", opened, cost="Yours.", insurance=["va"])
    assert (
        manager.post(page(clinic, "edit", "cost"), {**hidden(merge), "pick-cost": choice}).status_code == 302
    )
    assert (Clinic.objects.get().cost, Clinic.objects.get().insurance) == (f"{choice.capitalize()}.", ["va"])


def test_a_third_one_is_met_in_the_same_way(manager, clinic, colleague, opened):
    listings.edit(clinic=clinic, by=colleague, cost="Theirs.")
    merge = save(manager, clinic, "cost", opened, cost="Yours.")
    listings.edit(clinic=clinic, by=colleague, cost="Theirs again.")
    answer = manager.post(page(clinic, "edit", "cost"), {**hidden(merge), "pick-cost": "yours"})
    assert answer.status_code == 409
    assert "Theirs again." in main(answer)


def test_what_one_did_not_touch_is_not_turned_back(manager, clinic, colleague):
    """The form holds the old cost; only the insurance was changed in it."""
    listings.edit(clinic=clinic, by=colleague, cost="Before.")
    opened = version(manager.get(page(clinic, "edit", "cost")))
    listings.edit(clinic=clinic, by=colleague, cost="Theirs.")
    answer = save(manager, clinic, "cost", opened, cost="Before.", insurance=["va"])
    assert answer.status_code == 409
    assert re.search(r'value="theirs"[^>]*checked', answer.content.decode())


def test_two_who_typed_the_same_do_not_disagree(manager, clinic, colleague, opened):
    listings.edit(clinic=clinic, by=colleague, cost="Ask us.")
    assert save(manager, clinic, "cost", opened, cost="Ask us.", insurance=["commercial"]).status_code == 302


@pytest.mark.parametrize("broken", ["", "cost:0000000000000000", "x" * 100_000, "cost:ZZ insurance"])
def test_a_version_that_cannot_be_read_counts_as_old(manager, clinic, broken):
    answer = save(manager, clinic, "cost", broken, cost="Yours.")
    assert (answer.status_code, Clinic.objects.get().cost) == (409, "")


def test_who_is_in_charge_is_not_chosen_over_somebody_else(manager, owner, clinic):
    from tests import build

    candidate = build.clinic(owner=owner, organization=clinic.organization, listed=False, claimed=True)
    opened = version(manager.get(page(candidate, "edit", "people")))
    listings.edit(clinic=candidate, by=owner, responsible=build.practitioner())
    answer = save(manager, candidate, "people", opened, **clinician(in_charge="on"))
    assert answer.status_code == 409
    assert "APN.0001234" in answer.content.decode()
    assert "Somebody else changed who is in charge" in main(answer)


# --- history and undo --------------------------------------------------------------------------


def test_the_history_says_who_changed_what_and_undoes_it(manager, clinic):
    save(manager, clinic, "cost", cost="Ask us.")
    shown = main(manager.get(page(clinic, "history")))
    assert "Changed by Olive Owner" in shown
    assert "Cost Ask us." in shown
    edit = ListingEdit.objects.get(after__has_key="cost")
    answer = manager.post(page(clinic, "history", edit.pk, "undo"), follow=True)
    assert "Undone. It says what it said before." in main(answer)
    assert Clinic.objects.get().cost == ""
    assert manager.post(page(clinic, "history", edit.pk, "undo"), follow=True).status_code == 200
    assert "This was undone already." in main(
        manager.post(page(clinic, "history", edit.pk, "undo"), follow=True)
    )


def test_what_somebody_changed_since_is_not_undone_but_shown(manager, clinic, colleague):
    save(manager, clinic, "cost", cost="Ask us.")
    edit = ListingEdit.objects.get(after__has_key="cost")
    listings.edit(clinic=clinic, by=colleague, cost="Theirs.")
    answer = manager.post(page(clinic, "history", edit.pk, "undo"))
    assert answer.status_code == 409
    assert "Cole League changed this again" in main(answer)
    assert Clinic.objects.get().cost == "Theirs."


def test_staff_of_the_clinic_does_not_undo_what_a_manager_checked(client, owner, clinic, colleague):
    from tests import build

    candidate = build.clinic(owner=owner, organization=clinic.organization, listed=False, claimed=True)
    client.force_login(owner)
    save(client, candidate, "contact", **contact(name="Another Example Name", line1=candidate.line1))
    edit = ListingEdit.objects.get()
    client.force_login(colleague)
    assert "Undo" not in main(client.get(page(candidate, "history")))
    assert client.post(page(candidate, "history", edit.pk, "undo")).status_code == 403
    client.force_login(owner)
    assert client.post(page(candidate, "history", edit.pk, "undo")).status_code == 302
    assert Clinic.objects.get(pk=candidate.pk).name == candidate.name


def test_an_edit_of_another_clinic_is_not_undone_here(manager, clinic):
    from tests import build

    other = build.clinic()
    edit = ListingEdit.objects.create(
        clinic=other, before={"cost": ""}, after={"cost": "x"}, made_by=None, made_at=other.status_changed_at
    )
    assert manager.post(page(clinic, "history", edit.pk, "undo")).status_code == 404
