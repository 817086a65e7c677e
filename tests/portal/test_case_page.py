"""The page of one case: both sides, the public line before it is decided, and every way to go on."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEvent
from directory import changes
from directory.casework import cases, evidence
from directory.models import Case, Check, Clinic, Evidence, NppesRecord, Practitioner
from directory.vocabulary import Fact
from directory.voices import reports
from outbox import clock
from tests import build
from tests.directory import bad_files
from tests.portal.reading_pages import main, title

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(clinic):
    return cases.open_case(clinic=clinic, kind="due", fact=Fact.CONTACT)


@pytest.fixture
def signed_in(client, verifier):
    client.force_login(verifier)
    return client


@pytest.fixture
def candidate(db):
    return build.clinic(
        listed=False, modalities=("iv",), origin=Clinic.Origin.IMPORT, unchecked=("license", "contact")
    )


def page_of(case, query=""):
    return f"/staff/cases/{case.pk}/{query}"


def look(fact, verb="decide", **said):
    plain = {"outcome": "holds", "source": "Phone call by staff", "verbatim": "Yes, that is right"}
    return {"fact": fact, **{f"{verb}-{fact}-{name}": value for name, value in {**plain, **said}.items()}}


# --- looking ---------------------------------------------------------------------------------


def test_a_visit_takes_nothing(signed_in, case):
    signed_in.get(page_of(case))
    case.refresh_from_db()
    assert (case.taken_by, case.steps.count()) == (None, 0)


def test_only_the_staff_opens_it(client, case, owner):
    for verb in ("", "take/", "decide/"):
        assert client.get(page_of(case, verb)).status_code in (302, 405)
    client.force_login(owner)
    assert client.get(page_of(case)).status_code == 403
    assert client.post(page_of(case, "take/")).status_code == 403


@pytest.mark.parametrize("address", ["/staff/cases/999999/", "/staff/evidence/999999/"])
def test_what_does_not_exist_is_not_found(signed_in, address):
    assert signed_in.get(address).status_code == 404


def test_both_sides_stand_beside_each_other_and_a_difference_is_a_word(signed_in, clinic):
    NppesRecord.objects.create(
        npi=clinic.organization.npi,
        entity_type=2,
        name=clinic.organization.name,
        line1="99 Elsewhere Road",
        city="Denver",
        state="CO",
        zip="80202",
        phone="3035550199",
    )
    case = cases.open_case(clinic=clinic, kind="conflict", fact=Fact.NPI)
    page = signed_in.get(page_of(case))
    assert "Different" in main(page)
    assert "<mark>99 Elsewhere Road,</mark>" in page.content.decode()
    assert "Same" in main(page)


def test_the_board_is_one_link_away(signed_in, clinic):
    held = clinic.responsible.licenses.get()
    case = cases.open_case(clinic=clinic, kind="due", fact=Fact.LICENSE, license=held)
    assert f'href="{held.lookup_url}" rel="noreferrer"' in signed_in.get(page_of(case)).content.decode()


def test_the_words_for_a_call_hold_our_values(signed_in, case, clinic):
    page = main(signed_in.get(page_of(case)))
    assert f"Is this {clinic.name}?" in page
    assert "Is 303-555-0101 the number" in page


def test_the_clinic_named_by_somebody_else_is_written_and_not_run(signed_in, clinic):
    clinic.name = "<script>alert(1)</script>"
    clinic.save()
    case = cases.open_case(
        clinic=clinic, kind="conflict", fact="npi", ours={"Name": "<b>A</b>"}, theirs={"Name": "<i>B</i>"}
    )
    page = signed_in.get(page_of(case)).content.decode()
    assert "<script>alert" not in page
    assert "<b>A" not in page


# --- deciding --------------------------------------------------------------------------------


def test_the_public_line_is_shown_before_anything_is_recorded(signed_in, case, clinic):
    before = clinic.checks.count()
    answer = signed_in.post(page_of(case, "decide/"), look("contact", source="A letter") | {"preview": "yes"})
    assert answer.status_code == 200
    assert f"Address and phone: Checked, A letter , {clock.now():%b} {clock.now().day}" in main(answer)
    assert clinic.checks.count() == before


def test_it_is_decided_and_the_next_case_of_the_list_opens(signed_in, case, clinic, verifier):
    following = cases.open_case(clinic=clinic, kind="due", fact=Fact.NPI, due_at=clock.now() + timedelta(9))
    answer = signed_in.post(page_of(case, "decide/?tab=unassigned"), look("contact"))
    assert answer.url == page_of(following, "?tab=unassigned")
    check = Check.objects.get(clinic=clinic, fact=Fact.CONTACT, superseded_at=None)
    assert (check.verbatim, check.checked_by) == ("Yes, that is right", verifier)


def test_the_last_one_leads_back_to_the_list(signed_in, case):
    answer = signed_in.post(page_of(case, "decide/?tab=unassigned"), look("contact"))
    assert answer.url == "/staff/?tab=unassigned"


@pytest.mark.parametrize("lacking", ["outcome", "source", "verbatim"])
def test_what_is_missing_is_named_and_what_was_typed_stays(signed_in, case, lacking, clinic):
    typed = look("contact", **({"verbatim": "Quillonmarrow"} | {lacking: ""}))
    answer = signed_in.post(page_of(case, "decide/"), typed)
    assert answer.status_code == 422
    assert title(answer).startswith("Error:")
    assert "There is a problem" in main(answer)
    if lacking != "verbatim":
        assert "Quillonmarrow" in answer.content.decode()
    assert clinic.checks.filter(fact="contact").count() == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"status": "revoked"}, "does not hold"),
        ({"status": "active", "outcome": "fails"}, "An active license holds"),
        ({"status": "active", "ends_on": "2020-01-01"}, "This day has passed"),
        ({"status": "active", "ends_on": "9999-12-31"}, "between 1950 and 2100"),
        ({"status": "active", "ends_on": "0001-01-01"}, "between 1950 and 2100"),
        ({"status": ""}, "Choose the status"),
        ({"status": "active", "source_url": "javascript:alert(1)"}, "starts with https"),
        ({"status": "active", "source": "x" * 121}, "at most 120"),
    ],
)
def test_a_license_is_decided_by_the_status_at_the_board(signed_in, clinic, said, words):
    held = clinic.responsible.licenses.get()
    case = cases.open_case(clinic=clinic, kind="due", fact=Fact.LICENSE, license=held)
    answer = signed_in.post(page_of(case, "decide/"), look("license", **said))
    assert answer.status_code == 422
    assert words in main(answer)


def test_the_boards_discipline_is_noted_in_the_same_look(signed_in, clinic):
    held = clinic.responsible.licenses.get()
    case = cases.open_case(clinic=clinic, kind="due", fact=Fact.LICENSE, license=held)
    last = (clock.now() + timedelta(days=700)).date()
    said = look("license", status="active", discipline="holds", ends_on=str(last), verbatim="ACTIVE")
    assert signed_in.post(page_of(case, "decide/"), said).status_code == 302
    seen = Check.objects.get(clinic=clinic, fact=Fact.DISCIPLINE)
    license_check = Check.objects.get(clinic=clinic, fact=Fact.LICENSE, superseded_at=None)
    assert (seen.outcome, license_check.verbatim) == ("holds", "ACTIVE")
    assert license_check.lapses_at.date() == last + timedelta(days=1)  # the first instant after it, in Denver


def test_somebody_was_first(client, case, verifier, second_verifier):
    cases.take(case=case, by=verifier)
    client.force_login(second_verifier)
    answer = client.post(page_of(case, "decide/"), look("contact", verbatim="Quillonmarrow"))
    assert answer.status_code == 409
    assert "Somebody was first: Vera Fier is working on this case" in main(answer)
    assert "Quillonmarrow" in answer.content.decode()


def test_a_case_that_was_closed_meanwhile_is_shown_as_it_is(signed_in, case, second_verifier):
    cases.close(case=case, outcome="passed", by=second_verifier)
    answer = signed_in.post(page_of(case, "decide/"), look("contact"))
    assert answer.status_code == 409
    assert "Somebody was first" in main(answer)
    assert "Sam Second closed it: It holds" in main(answer)


def test_staff_who_is_no_verifier_has_no_form_to_decide_and_is_refused(client, staff, case):
    client.force_login(staff)
    page = client.get(page_of(case)).content.decode()
    assert page_of(case, "decide/") not in page
    assert page_of(case, "suspend/") in page
    assert client.post(page_of(case, "decide/"), look("contact")).status_code == 403


def test_a_verifier_of_the_clinics_own_is_refused(client, verifier, clinic, case):
    build.membership(verifier, clinic.organization)
    client.force_login(verifier)
    assert client.post(page_of(case, "decide/"), look("contact")).status_code == 403


@pytest.mark.parametrize(
    ("verb", "fields", "words"),
    [
        ("cannot-check", {"reason": "source-down"}, "could not check it: The source cannot be reached"),
        ("call", {"outcome": "no-answer"}, "called the clinic: Nobody answered"),
        ("note", {"text": "Closed on Mondays."}, "wrote a note"),
        ("snooze", {}, "put it off"),
        ("ask", {"question": "contact"}, "asked the clinic"),
    ],
)
def test_every_other_way_on_is_kept_in_the_history(signed_in, case, verb, fields, words):
    day = str((clock.now() + timedelta(days=4)).date())
    given = {f"{verb}-{name}": value for name, value in fields.items()}
    assert signed_in.post(page_of(case, f"{verb}/"), given | {f"{verb}-day": day}).status_code == 302
    assert words in main(signed_in.get(page_of(case)))


@pytest.mark.parametrize("verb", ["cannot-check", "call", "note", "snooze", "ask", "send-back", "suspend"])
def test_an_empty_form_says_what_is_missing(signed_in, case, verb):
    answer = signed_in.post(page_of(case, f"{verb}/"), {f"{verb}-day": "32.13."})
    assert answer.status_code == 422
    assert "There is a problem" in main(answer)


@pytest.mark.parametrize("verb", ["no-such-verb", "delete", "look"])
def test_there_is_no_other_verb(signed_in, case, verb):
    assert signed_in.post(page_of(case, f"{verb}/"), {"fact": "dea"}).status_code == 404


# --- publishing, suspending, returning -------------------------------------------------------


def test_a_candidate_goes_from_looks_to_listed_by_two(client, candidate, verifier, second_verifier):
    case = cases.open_case(clinic=candidate, kind="new")
    client.force_login(verifier)
    client.post(page_of(case, "look/"), look("contact", "look"))
    ends = str((clock.now() + timedelta(days=300)).date())
    client.post(page_of(case, "look/"), look("license", "look", status="active", ends_on=ends))
    assert client.post(page_of(case, "list/")).status_code == 403
    assert "Submitted." in main(client.post(page_of(case, "submit/"), follow=True))
    alone = client.post(page_of(case, "list/"))
    assert (alone.status_code, "Publishing takes two people" in main(alone)) == (403, True)
    candidate.refresh_from_db()
    assert candidate.status == "candidate"
    client.force_login(second_verifier)
    assert client.post(page_of(case, "list/")).status_code == 302
    candidate.refresh_from_db()
    case.refresh_from_db()
    assert (candidate.status, case.outcome) == ("listed", "listed")


def test_what_is_missing_before_it_can_be_listed_is_said_in_words(
    client, candidate, verifier, second_verifier
):
    case = cases.open_case(clinic=candidate, kind="new")
    client.force_login(verifier)
    client.post(page_of(case, "submit/"))
    client.force_login(second_verifier)
    cases.release(case=case, by=verifier) if case.taken_by else None
    answer = client.post(page_of(case, "list/"))
    assert answer.status_code == 422
    assert "Still missing: State license, Address and phone." in main(answer)


def test_the_clinician_and_the_treatment_of_a_candidate_are_named_on_its_page(signed_in, db, verifier):
    bare = build.clinic(listed=False, modalities=(), unchecked=("license",), responsible=None)
    case = cases.open_case(clinic=bare, kind="new")
    said = {
        "first_name": "Ada",
        "last_name": "Lovelace-Example",
        "board": "Colorado Medical Board",
        "number": "DR.77",
    }
    answer = signed_in.post(page_of(case, "clinician/"), {f"clinician-{k}": v for k, v in said.items()})
    assert answer.status_code == 302, main(answer)
    answer = signed_in.post(page_of(case, "offers/"), {"offers-modalities": ["iv", "im"]})
    assert answer.status_code == 302, main(answer)
    bare.refresh_from_db()
    assert bare.responsible == Practitioner.objects.get(last_name="Lovelace-Example")
    assert bare.responsible.licenses.get().number == "DR.77"
    assert sorted(bare.offerings.values_list("modality", flat=True)) == ["im", "iv"]


def test_the_npi_of_a_practice_is_named_on_the_page_of_its_candidate(signed_in, candidate):
    nobody = build.organization(npi="", npi_type=None)
    Clinic.objects.filter(pk=candidate.pk).update(organization=nobody)
    case = cases.open_case(clinic=candidate, kind="new")
    wrong = signed_in.post(page_of(case, "practice/"), {"practice-npi": "1234567890", "practice-npi_type": 2})
    assert wrong.status_code == 422
    given = {"practice-npi": "1234567893", "practice-npi_type": 2}
    assert signed_in.post(page_of(case, "practice/"), given).status_code == 302
    nobody.refresh_from_db()
    assert (nobody.npi, nobody.npi_type) == ("1234567893", 2)


def test_a_candidate_with_a_known_npi_is_a_site_of_that_practice(signed_in, candidate):
    known = build.organization(npi="1234567893")
    Clinic.objects.filter(pk=candidate.pk).update(organization=build.organization(npi="", npi_type=None))
    case = cases.open_case(clinic=candidate, kind="new")
    signed_in.post(page_of(case, "practice/"), {"practice-npi": "1234567893", "practice-npi_type": 2})
    candidate.refresh_from_db()
    assert candidate.organization == known


def test_one_person_suspends_and_the_way_back_is_a_case(client, case, clinic, staff, verifier):
    client.force_login(staff)
    assert client.post(page_of(case, "suspend/"), {"suspend-reason": "clinic-asked"}).status_code == 302
    clinic.refresh_from_db()
    assert clinic.status == "suspended"
    cases.release(case=case, by=staff)
    back = Case.objects.open().get(kind="new")
    client.force_login(verifier)
    assert "Way back of a suspended listing" in main(client.get(page_of(back)))
    assert client.post(page_of(back, "reinstate/")).status_code == 302
    clinic.refresh_from_db()
    assert clinic.status == "listed"


def test_our_own_values_are_corrected_at_once_for_a_candidate_and_by_two_for_a_listing(
    signed_in, candidate, clinic, gazetteer
):
    values = {
        "line1": "7 New Street",
        "city": "Denver",
        "state": "CO",
        "zip": "80202",
        "phone": "303-555-0177",
    }
    for found in (candidate, clinic):
        case = cases.open_case(clinic=found, kind="new")
        given = {f"correct-{name}": value for name, value in (values | {"name": found.name}).items()}
        answer = signed_in.post(page_of(case, "correct/"), given)
        assert answer.status_code == 302, main(answer)
        found.refresh_from_db()
    assert (candidate.line1, candidate.phone) == ("7 New Street", "+13035550177")
    assert clinic.line1 != "7 New Street"
    assert Case.objects.open().filter(clinic=clinic, kind="change").exists()


# --- changes and reports ---------------------------------------------------------------------


def test_a_change_shows_the_old_and_the_new_and_another_accepts_it(client, clinic, verifier, second_verifier):
    old = clinic.name
    change = changes.propose(clinic=clinic, by=verifier, values={"name": "Altogether Example Place"})
    case = Case.objects.open().get(kind="change")
    client.force_login(verifier)
    own = client.post(page_of(case, "accept/"), {"which": change.pk, f"accept-{change.pk}-change": change.pk})
    assert own.status_code == 403
    client.force_login(second_verifier)
    page = main(client.get(page_of(case)))
    assert old in page
    assert "Altogether Example Place" in page
    answer = client.post(
        page_of(case, "accept/"), {"which": change.pk, f"accept-{change.pk}-change": change.pk}
    )
    assert answer.status_code == 302
    clinic.refresh_from_db()
    assert clinic.name == "Altogether Example Place"


def test_a_change_is_refused_and_the_old_value_stays(client, clinic, verifier, second_verifier):
    change = changes.propose(clinic=clinic, by=verifier, values={"name": "Altogether Example Place"})
    case = Case.objects.open().get(kind="change")
    client.force_login(second_verifier)
    client.post(page_of(case, "refuse/"), {"which": change.pk, f"refuse-{change.pk}-change": change.pk})
    clinic.refresh_from_db()
    case.refresh_from_db()
    assert clinic.name != "Altogether Example Place"
    assert case.outcome == "refused"


def test_a_change_of_another_case_is_not_decided_here(signed_in, clinic, case, second_verifier):
    change = changes.propose(clinic=clinic, by=second_verifier, values={"name": "Altogether Example Place"})
    answer = signed_in.post(
        page_of(case, "accept/"), {"which": change.pk, f"accept-{change.pk}-change": change.pk}
    )
    assert answer.status_code == 404


def test_a_report_is_read_by_whoever_took_the_case_and_its_answer_reaches_the_reporter(signed_in, clinic):
    receipt = reports.make(clinic=clinic, about="no-answer", text="Quillonmarrow rang for days.")
    case = receipt.report.case
    assert "Quillonmarrow" not in main(signed_in.get(page_of(case)))
    signed_in.post(page_of(case, "take/"))
    assert "Quillonmarrow rang for days." in main(signed_in.get(page_of(case)))
    number = receipt.report.pk
    answer = signed_in.post(
        page_of(case, "report/"),
        {"which": number, f"report-{number}-report": number, f"report-{number}-outcome": "nothing-wrong"},
    )
    assert answer.status_code == 302
    assert reports.behind_link(receipt.token).outcome == "nothing-wrong"
    case.refresh_from_db()
    assert case.closed_at


# --- files -----------------------------------------------------------------------------------


@pytest.fixture
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def send(client, case, content, name="board.png"):
    return client.post(page_of(case, "evidence/"), {"evidence-file": SimpleUploadedFile(name, content)})


@pytest.mark.usefixtures("_own_folder")
def test_a_file_is_kept_and_comes_back_as_a_download_that_can_do_nothing(signed_in, case):
    content = bad_files.picture()
    assert send(signed_in, case, content).status_code == 302
    kept = Evidence.objects.get()
    answer = signed_in.get(f"/staff/evidence/{kept.pk}/")
    assert evidence.digest_of(answer.content) == kept.sha256
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{kept.pk}.png"'
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("_own_folder")
@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "The file is empty"),
        (b"<svg/>", 415, "Use a PDF, PNG or JPEG file"),
        (b"\x89PNG\r\n\x1a\n", 422, "The file is damaged"),
        (b"%PDF-" + b"\0" * (10 * 1024 * 1024), 413, "larger than 10 MB"),
    ],
)
def test_a_bad_file_is_a_plain_error_beside_its_field(signed_in, case, content, status, words):
    signed_in.cookies["sid"] = signed_in.cookies["sid"].value
    answer = send(signed_in, case, content)
    assert answer.status_code == status
    assert words in main(answer)
    assert not Evidence.objects.exists()


@pytest.mark.usefixtures("_own_folder")
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\u202egnp.exe", "x" * 300 + ".png", "con.html", "a\r\nb.png"]
)
def test_the_name_of_a_file_means_nothing(signed_in, case, name):
    assert send(signed_in, case, bad_files.picture(), name).status_code == 302
    assert Evidence.objects.get().media_type == "image/png"


@pytest.mark.usefixtures("_own_folder")
def test_an_altered_file_is_not_shown(signed_in, case):
    send(signed_in, case, bad_files.picture())
    kept = Evidence.objects.get()
    with evidence.path_of(kept.stored_name).open("r+b") as stream:
        stream.write(b"X")
    answer = signed_in.get(f"/staff/evidence/{kept.pk}/")
    assert answer.status_code == 409
    assert "This file was altered" in main(answer)
    assert AuditEvent.objects.filter(action="evidence.altered").exists()


def test_a_body_larger_than_any_file_is_refused_before_it_is_read(signed_in, case):
    assert send(signed_in, case, b"\0" * (12 * 1024 * 1024)).status_code == 413


def test_somebody_who_is_not_signed_in_cannot_send_a_large_body(client, case):
    assert send(client, case, b"\0" * (2 * 1024 * 1024)).status_code == 413
