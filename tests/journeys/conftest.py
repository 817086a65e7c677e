"""A real browser for the journeys: Debian's chromium, on a phone, with nothing that calls home."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.running_site import site
from tests.smtp import smtp_server

__all__ = ["site", "smtp_server"]

# Playwright runs an event loop in this thread, where Django would refuse to touch the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

QUIET = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run --disable-quic"
).split()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, one for all journeys."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs Debian's chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()
