"""Somebody with a browser at a site that runs in this process, on the test database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import build

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def here(live_server, gazetteer, settings) -> str:
    """The address of a running site, as its own mails and pages give it."""
    settings.SITE_URL = live_server.url
    settings.SITE_NAME = "Cairn"
    return str(live_server.url)


class Visitor:
    """Somebody with a browser: counts the pages they come through, and what their browser asked for elsewhere."""

    def __init__(self, browser: Any, site: str, *, script: bool, **settings: Any) -> None:
        self.site = site
        self.context = browser.new_context(
            viewport=PHONE, java_script_enabled=script, base_url=site, **settings
        )
        self.page = self.context.new_page()
        self.pages: list[str] = []
        self.strangers: list[str] = []
        self.context.on("request", self._seen)

    def _seen(self, request: Any) -> None:
        if not request.url.startswith(self.site):
            self.strangers.append(request.url)

    def go(self, address: str) -> None:
        self.page.goto(address)
        self._arrived()

    def press(self, words: str) -> None:
        """Press a button or follow a link, by the words on it, and wait for the page it leads to."""
        role = self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words))
        with self.page.expect_navigation():
            role.first.click()
        self._arrived()

    def _arrived(self) -> None:
        self.page.wait_for_load_state()
        self.pages.append(self.page.url)

    @property
    def reads(self) -> str:
        """The words of the page's main part."""
        return " ".join(self.page.locator("main").inner_text().split())

    def close(self) -> None:
        self.context.close()


@contextmanager
def visitor(chromium: Any, site: str, *, script: bool) -> Iterator[Visitor]:
    somebody = Visitor(chromium, site, script=script)
    yield somebody
    somebody.close()


def fill_in_three_steps(patient: Visitor) -> None:
    page = patient.page
    page.get_by_label("Me", exact=True).check()
    page.get_by_label("What should the clinic call you?").fill("Sam")
    page.get_by_label("Yes").check()
    patient.press("Continue")
    page.get_by_label("Phone").fill("303-555-0142")
    page.get_by_label("E-mail").fill("sam@patient.example")
    patient.press("Continue")
    page.get_by_label("I would rather tell the clinic myself").check()
    page.get_by_label("Anything else they should know?").fill("Marmoset")
    patient.press("Continue")


def sign_in(clinic: Visitor) -> None:
    clinic.go("/manage/")
    clinic.page.get_by_label("E-mail").fill("owner@clinic.example")
    clinic.page.get_by_label("Password").fill(build.PASSWORD)
    clinic.press("Sign in")
