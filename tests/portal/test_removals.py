"""Taking a clinic out of the directory: the staff's case and list, and the manager who does it at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from directory import closing, opt_outs
from directory.intake import candidates
from directory.models import Case, Clinic, NppesRecord, OptOut
from directory.voices import removals
from tests import build
from tests.a_candidate import values
from tests.portal.reading_pages import main

pytestmark = pytest.mark.django_db

ASKER = removals.Asker("Quilla Marrow", "Office manager", "303-555-0177", "Nobody asked us.")
LIST = "/staff/opt-outs/"


@pytest.fixture
def removal(clinic):
    return removals.ask(clinic=clinic, asker=ASKER, why="not-asked", never_again=True)


@pytest.fixture
def signed_in(client, verifier):
    client.force_login(verifier)
    return client


def case_page(removal, verb="") -> str:
    return f"/staff/cases/{removal.case_id}/{verb}"


def take(client, removal):
    return client.post(case_page(removal, "take/"))


def call(client, removal, outcome="answered-confirmed"):
    return client.post(case_page(removal, "call/"), {"call-outcome": outcome})


def decide(client, removal, outcome="taken-down", **more):
    ticks = {f"removal-{name}": "on" for name in more}
    return client.post(case_page(removal, "removal/"), {"removal-outcome": outcome, **ticks})


# --- the case ------------------------------------------------------------------------------------


def test_the_queue_shows_it_as_urgent(signed_in, removal):
    words = main(signed_in.get("/staff/?tab=urgent"))
    assert "A clinic asks not to be listed" in words
    assert removal.clinic.name in words
    assert "Late" not in words


def test_whom_to_call_stands_there_with_its_source_and_not_the_askers_number(signed_in, removal, clinic):
    NppesRecord.objects.create(
        npi=clinic.organization.npi,
        entity_type=2,
        name="HIGH PLAINS",
        line1=clinic.line1,
        state="CO",
        zip="80202",
        phone="3035550199",
    )
    words = main(signed_in.get(case_page(removal)))
    assert "Call 303-555-0199 (NPPES)" in words
    assert "Somebody asked us to take your listing down." in words
    assert "303-555-0177" not in words


def test_who_asked_is_read_by_the_verifier_who_holds_the_case_alone(signed_in, removal, client, staff):
    words = main(signed_in.get(case_page(removal)))
    assert "Take the case to read who asked." in words
    assert ASKER.name not in words
    take(signed_in, removal)
    words = main(signed_in.get(case_page(removal)))
    assert all(text in words for text in (ASKER.name, ASKER.position, ASKER.reach, ASKER.words))
    assert AuditEvent.objects.filter(action="removal.read").exists()
    client.force_login(staff)
    assert ASKER.name not in main(client.get(case_page(removal)))


def test_without_a_call_it_says_what_is_missing_and_keeps_the_form(signed_in, removal):
    answer = decide(signed_in, removal, never_again=True)
    words = main(answer)
    assert answer.status_code == 422
    assert "Still missing: a call in which the clinic said yes." in words
    assert Clinic.objects.get().status == "listed"


def test_after_the_call_it_is_taken_down_and_not_listed_again(signed_in, removal, clinic):
    call(signed_in, removal)
    assert "The clinic said yes" in main(signed_in.get(case_page(removal)))
    answer = signed_in.post(
        case_page(removal, "removal/"),
        {"removal-outcome": "taken-down", "removal-never_again": "on"},
        follow=True,
    )
    assert "Done." in main(answer)
    clinic.refresh_from_db()
    assert (clinic.status, clinic.status_reason) == ("closed", "clinic-asked")
    assert clinic.opt_outs.standing().exists()
    assert "The clinic was taken down" in main(signed_in.get(case_page(removal)))


@pytest.mark.parametrize(("outcome", "status"), [("hidden", "suspended"), ("refused", "listed")])
def test_it_is_only_hidden_or_refused_with_a_line_in_the_trail(signed_in, removal, clinic, outcome, status):
    decide(signed_in, removal, outcome)
    clinic.refresh_from_db()
    assert clinic.status == status
    assert AuditEvent.objects.get(action="removal.decided").purpose == outcome


def test_a_form_without_an_answer_is_named(signed_in, removal):
    answer = decide(signed_in, removal, "")
    assert answer.status_code == 422
    assert "Choose what you do" in main(answer)


def test_a_whole_practice_goes_at_once(signed_in, removal, clinic):
    build.many([{"organization": clinic.organization, "claimed": False} for _ in range(2)])
    assert "The practice has 3 sites here." in main(signed_in.get(case_page(removal)))
    call(signed_in, removal)
    decide(signed_in, removal, never_again=True, whole_organization=True)
    assert set(Clinic.objects.values_list("status", flat=True)) == {"closed"}


def test_staff_who_are_no_verifiers_see_no_form_and_decide_nothing(client, staff, removal):
    client.force_login(staff)
    assert "What do you do?" not in main(client.get(case_page(removal)))
    call(client, removal)
    assert decide(client, removal).status_code == 403
    assert Clinic.objects.get().status == "listed"


def test_the_case_cannot_be_closed_past_the_question(signed_in, removal):
    answer = signed_in.post(case_page(removal, "dismiss/"), {"dismiss-outcome": "nothing-wrong"})
    assert answer.status_code == 403
    assert not Case.objects.get(pk=removal.case_id).closed_at


def test_the_page_makes_a_fixed_number_of_statements_for_one_and_three_requests(signed_in, removal, clinic):
    signed_in.get(case_page(removal))
    with CaptureQueriesContext(connection) as single:
        signed_in.get(case_page(removal))
    for number in range(2):
        asker = removals.Asker(f"Person {number}", "Owner", "303-555-0177")
        removals.ask(clinic=clinic, asker=asker, why="wrong")
    with CaptureQueriesContext(connection) as several:
        signed_in.get(case_page(removal))
    assert len(several) == len(single)


# --- the list ------------------------------------------------------------------------------------


@pytest.fixture
def gone(staff):
    clinic = build.clinic(name="Juniper Was Here", phone="+13035550142")
    closing.take_down(clinic=clinic, by=staff, never_again=True)
    return clinic


def test_the_list_names_each_and_finds_it_by_name_zip_phone_or_npi(signed_in, gone):
    for text in ("", "juniper", "80202", "(303) 555-0142", gone.organization.npi):
        assert "Juniper Was Here" in main(signed_in.get(LIST, {"q": text})), text
    assert "No such clinic asked." in main(signed_in.get(LIST, {"q": "maple"}))


@pytest.mark.parametrize("text", ["a\x00b", "x" * 200, "\u202e", "%", "'; --", "٣٠٣"])
def test_a_search_that_makes_no_sense_breaks_nothing(signed_in, gone, text):
    assert signed_in.get(LIST, {"q": text}).status_code in (200, 400)


def test_it_is_taken_back_once(signed_in, gone):
    wish = OptOut.objects.get()
    assert "Taken back." in main(signed_in.post(f"{LIST}{wish.pk}/lift/", follow=True))
    assert "Somebody was first" in main(signed_in.post(f"{LIST}{wish.pk}/lift/", follow=True))
    assert "No clinic has asked." in main(signed_in.get(LIST))
    assert signed_in.post(f"{LIST}{wish.pk + 9}/lift/").status_code == 404


def test_one_whose_clinic_is_no_longer_kept_is_still_there(signed_in, gone):
    OptOut.objects.update(clinic=None)
    assert "A clinic that is no longer kept" in main(signed_in.get(LIST))
    signed_in.post(f"{LIST}{OptOut.objects.get().pk}/lift/")
    assert not OptOut.objects.standing().exists()


def test_the_list_makes_the_same_number_of_statements_for_one_and_three(signed_in, gone, staff):
    signed_in.get(LIST)
    with CaptureQueriesContext(connection) as single:
        signed_in.get(LIST)
    for clinic in build.many([{}, {}]):
        closing.take_down(clinic=clinic, by=staff, never_again=True)
    with CaptureQueriesContext(connection) as several:
        assert "3 clinics" in main(signed_in.get(LIST))
    assert len(several) == len(single)


# --- the manager -----------------------------------------------------------------------------------


@pytest.fixture
def manager(client, owner):
    client.force_login(owner)
    return client


def close_page(clinic, more="") -> str:
    return f"/manage/clinics/{clinic.slug}/close/{more}"


def close(client, clinic, reason="clinic-asked", **more):
    return client.post(close_page(clinic), {"reason": reason, "sure": "on", **more}, follow=True)


def test_a_manager_takes_it_down_at_once_and_for_good(manager, clinic):
    words = main(close(manager, clinic, never_again="on"))
    assert "No file or register brings it back." in words
    clinic.refresh_from_db()
    assert (clinic.status, clinic.status_reason) == ("closed", "clinic-asked")
    assert opt_outs.against(clinic)


def test_a_manager_takes_it_down_without_the_wish(manager, clinic):
    close(manager, clinic)
    clinic.refresh_from_db()
    assert (clinic.status, clinic.status_reason) == ("closed", "clinic-asked")
    assert not clinic.opt_outs.exists()


def test_one_that_closed_down_may_say_it_too_and_keeps_its_reason(manager, clinic):
    close(manager, clinic, "closed-down", never_again="on")
    clinic.refresh_from_db()
    assert clinic.status_reason == "closed-down"
    assert clinic.opt_outs.standing().exists()


def test_one_that_goes_on_elsewhere_is_not_asked_to_vanish(manager, clinic):
    answer = close(manager, clinic, "moved", never_again="on")
    assert answer.status_code == 422
    assert "A clinic that goes on elsewhere is listed there" in main(answer)


def test_a_whole_practice_is_taken_down_by_its_manager(manager, clinic, owner):
    build.many([{"organization": clinic.organization, "owner": owner} for _ in range(2)])
    assert "Closed: 3 clinics." in main(close(manager, clinic, never_again="on", whole="on"))
    assert OptOut.objects.filter(whole_organization=True).count() == 3


def test_a_manager_of_one_site_cannot_take_the_practice_down(manager, clinic, owner):
    build.clinic(organization=clinic.organization, claimed=False)
    member = owner.memberships.get()
    member.whole_organization = False
    member.save()
    member.sites.create(clinic=clinic)
    answer = close(manager, clinic, never_again="on", whole="on")
    assert answer.status_code == 422
    assert "a manager of the practice" in main(answer)
    assert set(Clinic.objects.values_list("status", flat=True)) == {"listed"}


def test_the_manager_takes_the_wish_back_and_nothing_is_listed_by_that(manager, clinic):
    close(manager, clinic, never_again="on")
    assert "You asked us not to list this clinic again." in main(manager.get(close_page(clinic)))
    words = main(manager.post(close_page(clinic, "take-back/"), follow=True))
    assert "Taken back." in words
    clinic.refresh_from_db()
    assert clinic.status == "closed"
    assert not opt_outs.against(clinic)


def test_nobody_else_takes_it_back(client, clinic, owner, colleague, stranger):
    closing.take_down(clinic=clinic, by=owner, never_again=True)
    for person, answer in ((colleague, 403), (stranger, 404)):
        client.force_login(person)
        assert client.post(close_page(clinic, "take-back/")).status_code == answer
    assert clinic.opt_outs.standing().exists()


@pytest.mark.usefixtures("gazetteer")
def test_a_candidate_that_asked_is_no_longer_in_the_staffs_list(signed_in, staff):
    clinic = candidates.add(by=staff, values=values(), origin=Clinic.Origin.STAFF)
    removal = removals.ask(clinic=clinic, asker=ASKER, why="not-given")
    assert "This is a candidate, which nobody sees." in main(signed_in.get(case_page(removal)))
    call(signed_in, removal)
    decide(signed_in, removal)
    assert clinic.name not in main(signed_in.get("/staff/candidates/"))
    assert clinic.name in main(signed_in.get(LIST))
