"""From an import to a listing, by two verifiers in a browser; and off again by one, and back."""

import re
from datetime import timedelta
from typing import Any

import pytest

from directory import listings, search
from directory.models import Case, Check, Clinic
from outbox import clock
from tests import build
from tests.journeys.looking import inspect
from tests.journeys.visitor import Visitor, here

__all__ = ["here"]

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

NAME = "Cedar Example Clinic"
LINE = {
    "name": NAME,
    "line1": "12 Cedar Street",
    "city": "Denver",
    "state": "CO",
    "zip": "80202",
    "phone": "303-555-0142",
    "organization_npi": "1234567893",
    "clinician_first_name": "Ada",
    "clinician_last_name": "Example",
    "clinician_credential": "MD",
    "license_state": "CO",
    "license_board": "Colorado Medical Board",
    "license_number": "DR.0099123",
    "license_lookup": "https://board.example/look-up",
    "modalities": "iv",
}


class Staff(Visitor):
    """Somebody of the operator's staff at a desk."""

    def signs_in(self, email: str) -> "Staff":
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.go("/staff/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(build.PASSWORD)
        self.press("Sign in")
        return self

    def unfold(self, words: str) -> Any:
        """The fold with these words on it, open."""
        fold = self.page.locator(
            "details", has=self.page.locator("summary", has_text=re.compile(words))
        ).first
        if fold.get_attribute("open") is None:
            fold.locator("summary").click()
        return fold

    def looks_at(self, words: str, **said: str) -> None:
        """Record one look that found the fact to hold."""
        fold = self.unfold(words)
        if status := said.get("status"):
            fold.get_by_label("Status at the board").select_option(label=status)
        fold.get_by_label("It holds", exact=True).check()
        fold.get_by_label("Its own words").fill(said["verbatim"])
        if day := said.get("ends"):
            fold.get_by_label("Last day on which it holds").fill(day)
        with self.page.expect_navigation():
            fold.get_by_role("button", name="Record this look").click()


@pytest.fixture
def desk(chromium, here):
    """Opens a browser for each of the staff."""
    opened: list[Staff] = []

    def sit_down(email: str, *, script: bool = True) -> Staff:
        opened.append(Staff(chromium, here, script=script, reduced_motion="reduce"))
        return opened[-1].signs_in(email)

    yield sit_down
    for each in opened:
        each.close()


@pytest.fixture
def imported(gazetteer, tmp_path, settings, verifier):
    """One clinic, from a file; its NPI and exclusion checks come with the registries."""
    from django.core.management import call_command

    path = tmp_path / "clinics.csv"
    path.write_text(",".join(LINE) + "\n" + ",".join(LINE.values()) + "\n")
    settings.DATA_DIR = tmp_path
    call_command("import_clinics", str(path), by=verifier.email)
    return Clinic.objects.get(name=NAME)


@pytest.fixture
def own_folder(settings, tmp_path):
    """Where files of evidence go."""
    settings.DATA_DIR = tmp_path


def ends() -> str:
    return str((clock.now() + timedelta(days=500)).date())


def looks_at_everything(first: Staff) -> None:
    first.looks_at("State license", status="Active", verbatim="ACTIVE", ends=ends())
    first.looks_at(r"National Provider", verbatim="Status: Active")
    first.looks_at("federal exclusion list", verbatim="No results")
    first.looks_at("Address and phone", verbatim="Yes, that is right")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_two_verifiers_take_a_candidate_from_an_import_to_a_listing(
    desk, imported, verifier, second_verifier, script
):
    first = desk(verifier.email, script=script)
    first.press("New listing")
    looks_at_everything(first)
    first.press("Submit for listing")
    assert "Submitted. A second verifier lists it." in first.reads
    first.press("List it")  # alone
    assert "Publishing takes two people" in first.reads
    imported.refresh_from_db()
    assert imported.status == "candidate"
    assert first.page.goto(f"/clinic/{imported.slug}/").status == 404

    second = desk(second_verifier.email, script=script)
    second.go(f"/staff/cases/{Case.objects.get(clinic=imported, kind='new').pk}/")
    second.press("List it")
    imported.refresh_from_db()
    assert imported.status == "listed"
    search.forget()
    answer = second.page.goto(f"/clinic/{imported.slug}/")
    assert answer.status == 200
    assert "Colorado Medical Board" in second.reads
    assert first.strangers == second.strangers == []


def test_one_suspends_alone_and_after_the_clinic_repaired_it_it_returns(desk, clinic, owner, staff, verifier):
    one = desk(staff.email)
    one.unfold("Look at a clinic")
    one.page.get_by_label("The clinic's page").fill(f"/clinic/{clinic.slug}/")
    one.press("Open a case")
    fold = one.unfold("Suspend now")
    fold.get_by_label("We are looking into something").check()
    one.press("Suspend now")
    assert one.page.goto(f"/clinic/{clinic.slug}/").status == 410

    # The clinic repairs what was wrong, and says so: it is one of the two.
    listings.submit(clinic=clinic, by=owner)

    other = desk(verifier.email)
    other.go("/staff/?tab=unassigned")
    case = Case.objects.open().get(subject="return")
    case.taken_by = case.taken_until = None
    case.save()
    other.go(f"/staff/cases/{case.pk}/")
    other.looks_at("Address and phone", verbatim="Yes, that is right")
    other.press("Show it again")
    assert "It is shown again" in other.reads
    assert other.page.goto(f"/clinic/{clinic.slug}/").status == 200


def test_a_case_is_decided_by_keyboard_alone_in_well_under_two_minutes(desk, clinic, verifier):
    from directory.casework import cases

    for fact in ("npi", "contact", "exclusion"):
        cases.open_case(clinic=clinic, kind="due", fact=fact)
    one = desk(verifier.email)
    keys = one.page.keyboard
    began = clock.now()
    with one.page.expect_navigation():
        keys.press("j")  # the first case of the list
    with one.page.expect_navigation():
        keys.press("j")  # the next
    with one.page.expect_navigation():
        keys.press("k")  # and back
    first = one.page.url
    keys.press("d")
    keys.press("Space")  # it holds
    keys.press("Tab")
    keys.press("Tab")
    keys.type("Yes j k, that is right")
    with one.page.expect_navigation():
        keys.press("Enter")
    assert (clock.now() - began).total_seconds() < 120
    assert one.page.url != first
    assert "Decided." in one.reads
    assert Check.objects.filter(
        clinic=clinic, verbatim="Yes j k, that is right", checked_by=verifier
    ).exists()


def test_the_shortcuts_can_be_turned_off_and_stay_off(desk, clinic, verifier):
    from directory.casework import cases

    cases.open_case(clinic=clinic, kind="due", fact="npi")
    one = desk(verifier.email)
    one.unfold("Keyboard")
    one.page.get_by_role("button", name="Turn them off").click()
    before = one.page.url
    one.go("/staff/?tab=unassigned")
    one.page.keyboard.press("j")
    one.page.wait_for_timeout(300)
    assert one.page.url.startswith(before.split("?")[0])
    assert "Shortcuts are off." in one.page.locator(".keys").text_content()


def test_every_page_of_the_staff_is_open_to_everybody(desk, clinic, verifier, second_verifier, own_folder):
    from directory import changes
    from directory.casework import cases, evidence
    from directory.models import LapseStop
    from directory.voices import reports
    from tests.directory import bad_files

    LapseStop.objects.create(opened_at=clock.now(), listings=40, of_listed=300, fact="npi")
    license_case = cases.open_case(
        clinic=clinic, kind="due", fact="license", license=clinic.responsible.licenses.get()
    )
    conflict = cases.open_case(
        clinic=clinic,
        kind="conflict",
        fact="contact",
        ours={"Address": "12 Oak Street, Denver", "Phone": "+13035550101"},
        theirs={"Address": "14 Oak Street, Denver", "Phone": "303-555-0101"},
        why=["NPPES has another street."],
    )
    report = reports.make(clinic=clinic, about="harm", text="Somebody fell.").report.case
    cases.take(case=report, by=verifier)
    changes.propose(clinic=clinic, by=second_verifier, values={"name": "High Plains Example Practice"})
    change = Case.objects.open().filter(kind__in=["change", "held"]).first()
    new = cases.open_case(clinic=build.clinic(listed=False, unchecked=("contact",)), kind="new")
    evidence.receive(case=new, content=bad_files.picture(), by=verifier)
    one = desk(verifier.email)
    for address in ("", "?tab=snoozed", "?tab=unassigned&kind=due"):
        one.go(f"/staff/{address}")
        inspect(one, for_patients=False)
    for case in (license_case, conflict, report, change, new):
        one.go(f"/staff/cases/{case.pk}/?tab=unassigned")
        for fold in one.page.locator("main details:not([open]) > summary").all()[::-1]:
            fold.click()
        inspect(one, for_patients=False)
    one.go(f"/staff/cases/{license_case.pk}/")
    one.press("Decide")
    assert "There is a problem" in one.reads
    inspect(one, for_patients=False)
