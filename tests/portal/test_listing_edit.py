"""A clinic fills in its own listing: at once where it speaks of itself, by two people where something is checked."""

import pytest

from directory import changes, listings
from directory.models import Case, Clinic, ListingEdit, ProposedChange
from outbox import clock
from tests import build
from tests.portal.listing_forms import clinician, contact, page, save, treatments, version
from tests.portal.reading_pages import main, title

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]


@pytest.fixture
def manager(client, owner, clinic):
    client.force_login(owner)
    return client


@pytest.fixture
def candidate(owner):
    """A clinic that nobody outside sees yet, claimed by `owner`."""
    return build.clinic(
        name="Quiet Water Example Clinic", owner=owner, listed=False, claimed=True, unchecked=("contact",)
    )


def fresh(clinic) -> Clinic:
    return Clinic.objects.get(pk=clinic.pk)


# --- what the clinic says of itself ------------------------------------------------------------


def test_what_it_says_of_itself_is_public_at_once_with_its_day(manager, clinic, client):
    answer = save(
        manager, clinic, "cost", price_low="$1,200", price_high="1500", cost="Ask us.", insurance=["va"]
    )
    assert answer.status_code == 302
    assert (fresh(clinic).price_low, fresh(clinic).price_high, fresh(clinic).insurance) == (
        1200,
        1500,
        ["va"],
    )
    assert "Saved. It is public now." in main(manager.get(page(clinic)))
    client.logout()
    public = main(client.get(f"/clinic/{clinic.slug}/"))
    today = clock.now()
    assert f"Price of one visit $1,200 to $1,500 {today:%b} {today.day}, {today.year}" in public


def test_each_section_begins_with_what_it_says_now(manager, clinic):
    save(manager, clinic, "first-visit", first_visit="A phone call first.")
    assert "A phone call first." in manager.get(page(clinic, "edit", "first-visit")).content.decode()


SAYS = [
    (
        "patients",
        {"age_groups": ["adult"], "cannot_treat": "People under 18."},
        "cannot_treat",
        "People under 18.",
    ),
    ("languages", {"languages": ["es", "en"]}, "languages", ["en", "es"]),
    ("access", {"access": ["transit"]}, "access", ["transit"]),
    ("new-patients", {"accepting_new_patients": "no"}, "accepting_new_patients", False),
    ("new-patients", {"accepting_new_patients": "unsaid"}, "accepting_new_patients", None),
    ("requests", {"takes_requests": "no"}, "takes_requests", False),
    ("emergency", {"emergency_plan": "yes", "dea": "no"}, "states_facts", ["emergency-plan"]),
    (
        "hours",
        {"d0_opens_1": "9:00", "d0_closes_1": "5 pm", "hours": ""},
        "opening_hours",
        [{"day": 0, "opens": "09:00", "closes": "17:00"}],
    ),
]


@pytest.mark.parametrize("said", SAYS, ids=[f"{each[0]}-{each[3]}"[:30] for each in SAYS])
def test_every_section_keeps_what_was_typed_in_it(manager, clinic, said):
    section, typed, field, kept = said
    assert save(manager, clinic, section, **typed).status_code == 302
    assert getattr(fresh(clinic), field) == kept
    assert fresh(clinic).stated_on[field] == clock.now().date().isoformat()
    assert ListingEdit.objects.get().after == {field: kept}


def test_what_it_no_longer_says_is_no_longer_shown_as_said(manager, clinic):
    save(manager, clinic, "emergency", emergency_plan="yes", dea="no")
    public = main(manager.get(f"/clinic/{clinic.slug}/"))
    assert "Emergency plan Clinic says" in public
    assert "DEA registration Not checked" in public


def test_saying_no_is_an_answer_too(manager, candidate):
    Clinic.objects.filter(pk=candidate.pk).update(states_facts=[])
    assert "Emergency plan and DEA Needs you" in main(manager.get(page(candidate)))
    save(manager, candidate, "emergency", emergency_plan="no", dea="no")
    assert "Emergency plan and DEA Completed" in main(manager.get(page(candidate)))


def test_taking_new_patients_is_said_again_with_the_day_of_today(manager, clinic):
    long_ago = clock.now().replace(year=2025)
    Clinic.objects.filter(pk=clinic.pk).update(accepting_stated_at=long_ago)
    save(manager, clinic, "new-patients", accepting_new_patients="yes")
    assert fresh(clinic).accepting_stated_at.date() == clock.now().date()


def test_what_the_gate_finds_waits_for_a_person_and_the_clinic_is_told_plainly(manager, clinic):
    typed = "Order ketamine online, no prescription needed. Ships overnight."
    answer = save(manager, clinic, "first-visit", first_visit=typed)
    assert answer.status_code == 302
    assert fresh(clinic).first_visit == ""
    tasks = main(manager.get(page(clinic)))
    assert "A person of our staff looks at this first." in tasks
    assert "First visit in your words In review by us" in tasks
    shown = main(manager.get(page(clinic, "edit", "first-visit")))
    assert "In review by us since" in shown
    assert "sale" not in shown.lower()


def test_a_better_text_takes_the_place_of_one_that_waits(manager, clinic):
    save(manager, clinic, "first-visit", first_visit="Buy ketamine online today.")
    save(manager, clinic, "first-visit", first_visit="We talk for an hour.")
    assert fresh(clinic).first_visit == "We talk for an hour."
    assert not ProposedChange.objects.open().exists()
    assert not Case.objects.open().filter(kind="held").exists()


# --- what is checked ---------------------------------------------------------------------------


def test_before_saving_a_checked_fact_the_page_says_what_will_happen(manager, clinic):
    shown = main(manager.get(page(clinic, "edit", "contact")))
    assert "the old value stays public until one of us has confirmed the new one" in shown
    assert "Ask for this change" in shown


def test_a_checked_fact_of_a_published_clinic_waits_while_the_old_value_stays(manager, clinic, verifier):
    answer = save(manager, clinic, "contact", **contact(line1=clinic.line1, phone="303-555-0177"))
    assert answer.status_code == 302
    assert fresh(clinic).phone == "+13035550101"
    assert "303-555-0101" in main(manager.get(f"/clinic/{clinic.slug}/"))
    shown = main(manager.get(page(clinic, "edit", "contact")))
    assert "In review by us since" in shown
    assert "303-555-0177" in shown
    changes.accept(change=ProposedChange.objects.get(), by=verifier, contact_confirmed=True)
    assert fresh(clinic).phone == "+13035550177"


def test_whoever_asked_takes_it_back(manager, clinic, colleague, client):
    save(manager, clinic, "contact", **contact(line1=clinic.line1, phone="303-555-0177"))
    change = ProposedChange.objects.get()
    client.force_login(colleague)
    assert client.post(page(clinic, "changes", change.pk, "withdraw")).status_code == 403
    client.force_login(change.made_by)
    assert client.post(page(clinic, "changes", change.pk, "withdraw")).status_code == 302
    assert not ProposedChange.objects.open().exists()
    assert "In review" not in main(client.get(page(clinic, "edit", "contact")))
    assert client.post(page(clinic, "changes", change.pk, "withdraw")).status_code == 302


def test_a_change_that_was_not_accepted_says_why(manager, clinic, verifier):
    save(manager, clinic, "contact", **contact(line1=clinic.line1, phone="303-555-0177"))
    changes.refuse(change=ProposedChange.objects.get(), by=verifier, reason="Nobody answered at this number.")
    shown = main(manager.get(page(clinic, "edit", "contact")))
    assert "Not accepted on" in shown
    assert "Nobody answered at this number." in shown
    assert "Not accepted: Nobody answered at this number." in main(manager.get(page(clinic, "history")))


def test_asking_again_takes_the_place_of_what_was_asked_before(manager, clinic):
    for phone in ("303-555-0177", "303-555-0188"):
        save(manager, clinic, "contact", **contact(line1=clinic.line1, phone=phone))
    (waiting,) = ProposedChange.objects.open()
    assert waiting.values["phone"] == "+13035550188"


def test_the_same_values_again_ask_for_nothing(manager, clinic):
    answer = save(manager, clinic, "contact", **contact(line1=clinic.line1))
    assert answer.status_code == 302
    assert not ProposedChange.objects.exists()
    assert "Nothing was changed" in main(manager.get(page(clinic)))


def test_treatments_and_their_supervision_of_a_published_clinic_wait(manager, clinic, verifier):
    answer = save(
        manager, clinic, "treatments",
        **treatments("iv", monitoring_minutes="90", rescue_training="yes", safe_departure="no"),
    )  # fmt: skip
    assert answer.status_code == 302
    assert fresh(clinic).offerings.count() == 2
    changes.accept(change=ProposedChange.objects.get(), by=verifier)
    row = fresh(clinic).offerings.get()
    assert (row.modality, row.monitoring_minutes) == ("iv", 90)
    assert (row.rescue_training, row.safe_departure, row.pulse_oximetry) == (True, False, None)
    public = main(manager.get(f"/clinic/{clinic.slug}/"))
    assert "somebody trained in advanced life support is on site" in public
    assert "somebody else takes you home" not in public


# --- a candidate -------------------------------------------------------------------------------


def test_a_manager_fills_in_a_candidate_at_once(manager, candidate):
    typed = contact(name="Quiet Water Example Care", line1="7 Other Street", zip="80301", city="Boulder")
    assert save(manager, candidate, "contact", **typed).status_code == 302
    kept = fresh(candidate)
    assert (kept.name, kept.line1, kept.zip) == ("Quiet Water Example Care", "7 Other Street", "80301")
    assert round(kept.latitude) == 40
    assert kept.status == "candidate"


def test_a_new_name_of_a_candidate_was_looked_for_nowhere(manager, candidate):
    assert candidate.checks.current().filter(fact="npi").exists()
    save(manager, candidate, "contact", **contact(name="Another Example Name", line1=candidate.line1))
    assert not candidate.checks.current().filter(fact="npi").exists()


def test_no_manager_confirms_the_own_website(manager, candidate, owner):
    with pytest.raises(listings.NotAllowed):
        listings.edit(clinic=candidate, by=owner, confirmed_domain="evil.example")


def test_a_candidate_without_a_claim_is_for_verifiers(owner, manager):
    unclaimed = build.clinic(organization=build.organization(), listed=False)
    build.membership(owner, unclaimed.organization)
    assert "Nobody’s claim on this clinic stands" in main(manager.get(page(unclaimed, "edit", "contact")))
    answer = manager.post(page(unclaimed, "edit", "cost"), {"cost": "Ask us.", "version": ""})
    assert answer.status_code in (409, 422)
    assert fresh(unclaimed).cost == ""


def test_a_zip_code_that_we_do_not_know_is_named(manager, candidate):
    answer = save(manager, candidate, "contact", **contact(line1=candidate.line1, zip="00000"))
    assert answer.status_code == 422
    assert "We do not know this ZIP code" in main(answer)
    assert title(answer).startswith("Error: ")


# --- people ------------------------------------------------------------------------------------


def test_a_clinician_is_added_to_a_candidate_and_put_in_charge(manager, candidate):
    assert save(manager, candidate, "people", **clinician(in_charge="on")).status_code == 302
    person = fresh(candidate).responsible
    assert (person.last_name, person.licenses.get().number) == ("Sample", "APN.0001234")
    assert person in fresh(candidate).practitioners.all()
    assert not person.licenses.get().checks.exists()


def test_one_more_clinician_of_a_published_clinic_waits(manager, clinic):
    assert save(manager, clinic, "people", **clinician()).status_code == 302
    another = clinician(clinician_last_name="Other", license_number="APN.2")
    assert save(manager, clinic, "people", **another).status_code == 302
    (waiting,) = ProposedChange.objects.open()
    assert len(waiting.values["practitioners"]) == 2
    assert fresh(clinic).practitioners.count() == 0
    shown = main(manager.get(page(clinic, "edit", "people")))
    assert "Bea Sample, NP" in shown
    assert "Not checked yet." in shown
    assert "APN.0001234" not in main(manager.get(f"/clinic/{clinic.slug}/"))


def test_a_clinician_leaves_a_candidate_unless_in_charge(manager, candidate):
    save(manager, candidate, "people", **clinician())
    person = fresh(candidate).practitioners.get(last_name="Sample")
    save(manager, candidate, "people", do="charge", person=str(person.pk))
    assert fresh(candidate).responsible == person
    refused = save(manager, candidate, "people", do="remove", person=str(person.pk))
    assert (refused.status_code, "Choose another clinician in charge first." in main(refused)) == (422, True)
    earlier = candidate.responsible
    fresh(candidate).practitioners.add(earlier)
    save(manager, candidate, "people", do="charge", person=str(earlier.pk))
    assert save(manager, candidate, "people", do="remove", person=str(person.pk)).status_code == 302
    assert person not in fresh(candidate).practitioners.all()


def test_nobody_of_another_clinic_is_put_in_charge(manager, candidate):
    stranger = build.practitioner()
    for key in (stranger.pk, "0", "x", "９", "9" * 30):
        assert save(manager, candidate, "people", do="charge", person=str(key)).status_code == 404


# --- who may -----------------------------------------------------------------------------------


def test_staff_of_the_clinic_speaks_for_it_but_does_not_change_what_is_checked(client, clinic, colleague):
    client.force_login(colleague)
    assert save(client, clinic, "cost", cost="Ask us.").status_code == 302
    for section in ("contact", "people", "treatments"):
        shown = client.get(page(clinic, "edit", section))
        assert "Only a manager of the clinic can change this. Ask a manager." in main(shown)
        assert client.post(page(clinic, "edit", section), contact(phone="303-555-0177")).status_code == 403
    assert not ProposedChange.objects.exists()


def test_a_clinic_of_others_is_answered_like_one_that_does_not_exist(client, clinic, stranger):
    client.force_login(stranger)
    for parts in ((), ("edit", "cost"), ("preview",), ("history",)):
        foreign = client.get(page(clinic, *parts))
        absent = client.get(page(Clinic(slug="no-such-clinic"), *parts))
        assert (foreign.status_code, foreign.content) == (404, absent.content)
    for parts in (("send",), ("edit", "cost"), ("history", 1, "undo"), ("changes", 1, "withdraw")):
        assert client.post(page(clinic, *parts)).status_code == 404


def test_a_section_that_does_not_exist_is_not_found(manager, clinic):
    assert manager.get(page(clinic, "edit", "nothing")).status_code == 404
    assert manager.post(page(clinic, "edit", "nothing")).status_code == 404


def test_nothing_of_a_closed_clinic_is_changed(manager, clinic, owner):
    opened = version(manager.get(page(clinic, "edit", "cost")))
    listings.close(clinic=clinic, reason="closed-down", by=owner)
    answer = save(manager, clinic, "cost", opened, cost="Ask us.")
    assert (answer.status_code, fresh(clinic).cost) == (409, "")
    assert "This listing is closed" in main(answer)


def test_a_form_that_expired_keeps_what_was_typed(owner, clinic):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    for section, typed in (("cost", {"cost": "Ask us first."}), ("people", clinician())):
        answer = client.post(page(clinic, "edit", section), typed)
        assert answer.status_code == 403
        assert "nothing was lost" in main(answer)
        assert (typed.get("cost") or "APN.0001234") in answer.content.decode()
    assert fresh(clinic).cost == ""
