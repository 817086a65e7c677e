"""A new person makes an account, proves the address, makes a passkey, keeps the recovery codes and comes back by it.

And without script: the same with an authenticator app.
"""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from tests.accounts.signing_in import code_for, mailed_code
from tests.journeys import looking
from tests.journeys.visitor import Visitor, here, visitor

__all__ = ["here"]

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

WITHOUT_SCRIPT: list[Visitor] = []  # axe is a script
WORDS = "four words of no meaning"
A_PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True)
def demanded(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def inspect(person: Visitor) -> None:
    """The page as it stands, where a script may look at it."""
    if person not in WITHOUT_SCRIPT:
        looking.inspect(person, for_patients=False)


def gets_an_authenticator(person: Visitor) -> None:
    """The browser's own, in software (WebAuthn in the DevTools protocol)."""
    devtools: Any = person.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": A_PHONE})


def signs_up(person: Visitor) -> None:
    person.go("/accounts/login/")
    person.press("Make an account")
    inspect(person)
    person.page.get_by_label("E-mail").fill("nora@clinic.example")
    person.page.get_by_label("Your name").fill("Nora New")
    person.page.get_by_label("Password").fill("passwordpassword")
    person.press("Continue")
    assert "easy to guess" in person.reads
    person.page.get_by_label("Password").fill(WORDS)
    person.press("Continue")
    inspect(person)
    person.page.get_by_label("Code").fill(mailed_code())
    person.press("Continue")
    assert EmailAddress.objects.get().verified
    assert "Make your sign-in safer" in person.reads
    inspect(person)


def keeps_the_codes(person: Visitor) -> list[str]:
    inspect(person)
    with person.page.expect_download() as file:
        person.page.get_by_role("link", name="Save as a file").click()
    codes = Path(file.value.path()).read_text().split()
    assert len(set(codes)) == 10
    person.press("I have kept them. Go on")
    assert person.page.url.endswith("/manage/")
    return codes


def test_a_new_person_comes_back_by_a_passkey(chromium, here):
    with closing(Visitor(chromium, here, script=True, reduced_motion="reduce")) as nora:
        gets_an_authenticator(nora)
        signs_up(nora)
        nora.press("Make a passkey")
        inspect(nora)
        nora.press("Make the passkey")
        keeps_the_codes(nora)
        nora.go("/accounts/2fa/")
        inspect(nora)
        nora.go("/accounts/sign-ins/")
        inspect(nora)

        nora.press("Sign out")
        nora.go("/accounts/login/")
        inspect(nora)
        nora.press("Use a passkey")
        assert nora.page.url.endswith("/manage/")
        assert nora.strangers == []


def test_without_script_an_app_does_the_same(chromium, here):
    with visitor(chromium, here, script=False) as nora:
        WITHOUT_SCRIPT.append(nora)
        signs_up(nora)
        assert "cannot make one now" in nora.reads
        nora.press("Set up the app")
        nora.page.locator("summary", has_text="No camera?").click()
        secret = nora.page.locator("main details code").inner_text()
        nora.page.get_by_label("code").fill(code_for(secret))
        nora.press("Turn it on")
        recovery, *_ = keeps_the_codes(nora)

        nora.press("Sign out")
        nora.go("/accounts/login/")
        assert not nora.page.get_by_role("button", name="Use a passkey").is_visible()
        nora.page.get_by_label("E-mail").fill("nora@clinic.example")
        nora.page.get_by_label("Password").fill(WORDS)
        nora.press("Sign in")
        nora.page.get_by_label("Code").fill(recovery)
        nora.press("Sign in")
        assert nora.page.url.endswith("/manage/")
