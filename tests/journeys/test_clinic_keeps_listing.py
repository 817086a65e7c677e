"""A clinic makes an account, claims its listing, fills it in, keeps it true, and looks after its team.

In a browser on a phone, with script and without, at a web server in a process of its own that demands a second factor;
mails go through a real mail server. Only the looks of the operator's staff at facts are stored as rows.
"""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as site_settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts import audit
from accounts.models import User
from benchmarks.site import SERVER
from directory.models import Case, Check, Clinic, ListingClaim
from directory.vocabulary import REQUIRED_FACTS, Fact, Modality
from outbox import deliveries
from tests import a_claim, build, build_referrals
from tests.accounts.signing_in import code_for
from tests.config.site import ROOT, free_port, running
from tests.journeys.test_kills import wait_for
from tests.journeys.test_passkey import gets_an_authenticator
from tests.journeys.test_request_to_answer import UNSAID
from tests.journeys.visitor import Visitor
from tests.outbox.workers import database_url
from tests.smtp import MailServer

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

NAME = "Cedar Example Clinic"
WORDS = "four words of no meaning"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOTHING: dict[str, Any] = {
    "modalities": (),
    "responsible": None,
    "website": "",
    "insurance": [],
    "languages": [],
    "age_groups": [],
    "states_facts": [],
    "accepting_new_patients": None,
    "takes_requests": False,
    "attested_at": None,
}


class Member(Visitor):
    """Somebody of a clinic with a phone, a mailbox and an authenticator app."""

    email, secret = "", ""
    server: MailServer

    def latest_mail(self, to: str = "") -> str:
        """The text of the last mail that reached an address, after all that was promised has gone out."""
        while deliveries.deliver_one():
            pass
        mine = [mail for mail in self.server.received if (to or self.email) in mail.to]
        return str(mine[-1].message.get_content())

    def fill(self, **said: str) -> None:
        """Type into fields, by the names they have in the form."""
        for name, text in said.items():
            field = self.page.locator(f"main [name={name}]")
            if field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)

    def tick(self, *choices: str) -> None:
        """Choose among the radios and boxes, as "name=value"."""
        for choice in choices:
            name, _, value = choice.partition("=")
            self.page.locator(f'main [name="{name}"][value="{value}"]').check()

    def types_what_the_app_shows(self, secret: str) -> None:
        """As somebody does who sees the next code coming, and waits for it."""
        if (left := 30 - time.time() % 30) < 3:
            self.page.wait_for_timeout(left * 1000 + 50)
        self.page.get_by_label("code").fill(code_for(secret))

    def sets_up_an_app(self) -> None:
        self.press("Set up the app")
        self.page.locator("summary", has_text="No camera?").click()
        self.secret = self.page.locator("main details code").inner_text()
        self.types_what_the_app_shows(self.secret)
        self.press("Turn it on")
        assert "You see them only now." in self.reads
        self.press("I have kept them. Go on")


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    """A folder for the site's data, with its static files."""
    data = tmp_path_factory.mktemp("keeping") / "data"
    (data / "tmp").mkdir(parents=True)
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "DATA_DIR": str(data)}, check=True)
    return data


@pytest.fixture
def address(collected, gazetteer, smtp_server, settings) -> Iterator[str]:
    """A web server on the test database, which demands a second factor of everybody who signs in."""
    port = free_port()
    settings.SITE_URL = f"http://localhost:{port}"
    settings.SECOND_FACTOR_REQUIRED = True
    env = {
        "DATABASE_URL": database_url(),
        "SECRET_KEY": site_settings.SECRET_KEY,
        "PHI_KEYS": site_settings.PHI_KEYS,
        "SITE_URL": settings.SITE_URL,
        "EMAIL_URL": smtp_server.url,
        "SECOND_FACTOR_REQUIRED": "true",
    }
    with running(collected, env, port=port, command=SERVER) as site:
        wait_for(site)
        yield settings.SITE_URL


@pytest.fixture
def opens(chromium, address, smtp_server) -> Iterator[Callable[..., Member]]:
    """Opens a browser for each person."""
    opened: list[Member] = []

    def open_one(*, script: bool) -> Member:
        opened.append(Member(chromium, address, script=script, reduced_motion="reduce"))
        opened[-1].server = smtp_server
        opened[-1].context.set_default_timeout(10_000)
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def candidate(db) -> Clinic:
    """A clinic of which little more is known than its name, an old phone, its domain, and its line in the registry."""
    clinic = build.clinic(name=NAME, listed=False, unchecked=tuple(Fact), **NOTHING)
    a_claim.in_registry(clinic)
    return clinic


def code_in(mail: str) -> str:
    """Eight digits in two groups."""
    return re.search(r"\b\d{4} \d{4}\b", mail)[0]


# --- the account -----------------------------------------------------------------------------------


def signs_up(person: Member, email: str, name: str) -> None:
    person.email = email
    person.go("/accounts/signup/")
    person.page.get_by_label("E-mail").fill(email)
    person.page.get_by_label("Your name").fill(name)
    person.page.get_by_label("Password").fill(WORDS)
    person.press("Continue")
    person.page.get_by_label("Code").fill(code_in(person.latest_mail()))
    person.press("Continue")
    assert "Make your sign-in safer" in person.reads
    person.go("/manage/")  # nothing is seen before that
    assert "Make your sign-in safer" in person.reads


def comes_back_by_a_passkey(person: Member) -> None:
    gets_an_authenticator(person)
    person.go("/accounts/2fa/")
    person.press("Make a passkey")
    person.press("Make the passkey")
    person.press("Sign out")
    person.go("/accounts/login/")
    person.press("Use a passkey")
    assert person.page.url.endswith("/manage/")


# --- the claim -------------------------------------------------------------------------------------


def claims_it_by_mail(person: Member) -> ListingClaim:
    person.go("/manage/")  # where a new person lands
    person.press("claim your clinic")
    person.page.get_by_label("Your clinic").fill("Cedar Denver")
    person.press("Search")
    person.press("This is my clinic")
    person.tick("proof=domain-mail")
    person.fill(address="front-desk@clinic.example", position="Office manager")
    person.press("Claim this listing")
    person.page.get_by_label("The code").fill(code_in(person.latest_mail("front-desk@clinic.example")))
    person.press("Check the code")
    assert "The next step is our call to the clinic." in person.reads
    return ListingClaim.objects.get()


def signs_in_with_an_app(verifier: Member, user: User) -> None:
    hasher = Argon2PasswordHasher()  # the server knows no other; tests use a quick one
    User.objects.filter(pk=user.pk).update(password=hasher.encode(build.PASSWORD, hasher.salt()))
    TOTP.activate(user, SECRET)
    verifier.page.set_viewport_size({"width": 1280, "height": 900})
    verifier.go("/staff/")
    verifier.page.get_by_label("E-mail").fill(user.email)
    verifier.page.get_by_label("Password").fill(build.PASSWORD)
    verifier.press("Sign in")
    verifier.types_what_the_app_shows(SECRET)
    verifier.press("Sign in")
    assert verifier.page.url.endswith("/staff/")


def calls_and_approves(verifier: Member, claim: ListingClaim) -> None:
    verifier.go(f"/staff/cases/{Case.objects.get(kind='claim').pk}/")
    verifier.press("Look at the claim")
    assert verifier.page.url.endswith(f"/staff/claims/{claim.pk}/")
    verifier.tick("call-outcome=confirmed")
    verifier.press("Keep the call")
    verifier.press("Approve this claim")
    assert "Approved. They look after the listing from now on." in verifier.reads


def hears_of_it(person: Member) -> None:
    person.go(re.search(r"http\S+/manage/claims/\S+", person.latest_mail())[0])
    person.press("Go to your listing")
    assert "3 things left before patients can see you" in person.reads


# --- the listing -----------------------------------------------------------------------------------


def opens_section(person: Member, clinic: Clinic, section: str) -> None:
    person.go(f"/manage/clinics/{clinic.slug}/edit/{section}/")


def saves(person: Member, button: str = "Save") -> None:
    person.press(button)
    assert "Saved." in person.reads


def ticks(person: Member, clinic: Clinic, section: str, *choices: str) -> None:
    opens_section(person, clinic, section)
    person.tick(*choices)
    saves(person)


def writes(person: Member, clinic: Clinic, section: str, **said: str) -> None:
    opens_section(person, clinic, section)
    person.fill(**said)
    saves(person)


def says_who_and_where(person: Member, clinic: Clinic) -> None:
    where = {"line1": "12 Cedar Street", "phone": "303-555-0142", "website": "https://clinic.example/"}
    writes(person, clinic, "contact", **where)
    opens_section(person, clinic, "people")
    person.fill(
        clinician_first_name="Ada",
        clinician_last_name="Example",
        clinician_credential="MD",
        license_state="CO",
        license_board="Colorado Medical Board",
        license_number="DR.0099123",
    )
    person.page.get_by_label("This clinician is in charge").check()
    saves(person, "Add")


def says_how_it_treats(person: Member, clinic: Clinic) -> None:
    opens_section(person, clinic, "treatments")
    person.page.locator("summary", has_text=Modality.IV.label).click()
    person.page.locator("[name=iv-offered]").check()
    person.page.locator("[name=iv-monitoring_minutes]").fill("120")
    saves(person)
    ticks(person, clinic, "emergency", "emergency_plan=yes", "dea=yes")


def says_what_helps_to_choose(person: Member, clinic: Clinic) -> None:
    writes(person, clinic, "first-visit", first_visit="We talk about your health first. Plan for two hours.")
    writes(person, clinic, "cost", price_low="350", price_high="500")
    ticks(person, clinic, "patients", "age_groups=adult")
    writes(person, clinic, "hours", d0_opens_1="09:00", d0_closes_1="17:00")
    ticks(person, clinic, "languages", "languages=en", "languages=es")
    ticks(person, clinic, "access", "access=step-free")
    ticks(person, clinic, "new-patients", "accepting_new_patients=yes")
    ticks(person, clinic, "requests", "takes_requests=yes")


def sends_it_for_checking(person: Member, clinic: Clinic) -> None:
    assert "Nothing left to do." in person.reads  # on the page of tasks, where a save ends
    person.press("Send it for checking")
    assert "One of us calls the clinic" in person.reads
    clinic.refresh_from_db()
    assert (clinic.status, clinic.submitted_by.email) == ("candidate", person.email)


def somebody_looked_at_every_fact(clinic: Clinic, looked: User) -> None:
    for fact in REQUIRED_FACTS:
        build.check(clinic, fact, checked_by=looked)
    assert Check.objects.current().filter(clinic=clinic, outcome="holds").count() == len(REQUIRED_FACTS)


def lists_it(verifier: Member, clinic: Clinic) -> None:
    verifier.go(f"/staff/cases/{Case.objects.get(clinic=clinic, kind='new').pk}/")
    verifier.press("List it")
    clinic.refresh_from_db()
    assert clinic.status == "listed"


def reads_as_a_patient(anybody: Member, clinic: Clinic) -> None:
    assert anybody.page.goto(f"/clinic/{clinic.slug}/").status == 200
    for words in ("12 Cedar Street", "Colorado Medical Board", "Plan for two hours."):
        assert words in anybody.reads


def confirms_that_it_is_true(person: Member, clinic: Clinic) -> None:
    person.go(f"/manage/clinics/{clinic.slug}/attest/")
    person.page.get_by_label("I checked these today").check()
    person.page.get_by_label("Type your name").fill("Nora New")
    person.press("Confirm my listing")
    clinic.refresh_from_db()
    assert clinic.attested_at


def pauses(person: Member, clinic: Clinic) -> None:
    person.go(f"/manage/clinics/{clinic.slug}/pause/")
    person.tick("length=week", "reason=full")
    person.press("Pause requests")
    clinic.refresh_from_db()
    assert clinic.paused_until


# --- the team --------------------------------------------------------------------------------------


def invites(person: Member, email: str) -> str:
    """The link that the mail has."""
    person.go("/manage/team/")
    person.press("Invite somebody")
    person.fill(email=email)
    person.tick("role=manager")
    person.press("Send the invitation")
    assert "The invitation is on its way." in person.reads
    return re.search(r"http\S+/join/\S+", person.latest_mail(email))[0]


def joins(person: Member, link: str) -> None:
    person.go(link)
    person.fill(name="Cole League", password=WORDS)
    person.press("Make an account and join")
    assert "Make your sign-in safer" in person.reads
    person.sets_up_an_app()
    assert "Nora New" in person.reads  # the team


def opens_a_request(person: Member) -> None:
    person.go("/manage/")
    person.press("Open")
    assert "Sam" in person.reads


def makes_a_key(person: Member) -> str:
    person.go("/manage/keys/")
    person.fill(label="Our own program")
    person.press("Make the key")
    return str(person.page.locator("code.secret").inner_text())


def answer_to(key: str, address: str) -> int:
    asking = http.client.HTTPConnection("localhost", int(address.rpartition(":")[2]), timeout=10)
    asking.request("GET", "/api/v1/mine/clinics/", headers={"Authorization": f"Bearer {key}"})
    status = asking.getresponse().status
    asking.close()
    return status


def removes(person: Member, name: str) -> None:
    person.go("/manage/team/")
    person.press(name)
    person.press("Remove")
    assert "They were signed out everywhere" in person.reads


def say_nothing(server: MailServer) -> None:
    """No mail tells what this is about, which clinic it is, or who sees to it."""
    for mail in server.received:
        told = f"{mail.message['Subject']}\n{mail.message.get_content()}"
        assert not UNSAID.search(re.sub(r"http\S+", "", told)), told
        assert not re.search("cedar|nora|cole", told.lower()), told


# --- the whole way ---------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_clinic_keeps_its_listing(opens, candidate, verifier, second_verifier, script):
    nora, cole, desk = (opens(script=script) for _ in range(3))
    signs_up(nora, "nora@mail.example", "Nora New")
    nora.sets_up_an_app()
    if script:
        comes_back_by_a_passkey(nora)
    claim = claims_it_by_mail(nora)
    signs_in_with_an_app(desk, verifier)
    calls_and_approves(desk, claim)
    hears_of_it(nora)

    says_who_and_where(nora, candidate)
    says_how_it_treats(nora, candidate)
    says_what_helps_to_choose(nora, candidate)
    sends_it_for_checking(nora, candidate)
    somebody_looked_at_every_fact(candidate, second_verifier)
    lists_it(desk, candidate)
    reads_as_a_patient(cole, candidate)
    confirms_that_it_is_true(nora, candidate)
    build_referrals.sent(candidate)
    pauses(nora, candidate)

    joins(cole, invites(nora, "cole@mail.example"))
    opens_a_request(cole)
    key = makes_a_key(cole)
    assert answer_to(key, nora.site) == 200
    removes(nora, "Cole League")
    cole.go("/manage/")
    assert "/accounts/login/" in cole.page.url
    assert answer_to(key, nora.site) == 401

    say_nothing(nora.server)
    assert nora.strangers == cole.strangers == desk.strangers == []
    assert audit.verify() == []
