"""A person at a keyboard: fills in the pages of a request and presses the button, as a browser would."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from directory.models import Clinic
from outbox import clock

WHO = {"for_whom": "me", "call_me": "Sam", "adult": "yes"}
REACH = {"phone": "303-555-0142", "email": "sam@example.org", "language": "en", "best_time": "mornings"}
WANT = {"topics": ["depression"], "modality": "iv", "insurance": "", "note": ""}
ANSWERS = {1: WHO, 2: REACH, 3: WANT}


def step(client: Client, clinic: Clinic, number: int, **changes: Any) -> Any:
    """Post one step with plain answers, some of them changed."""
    url = reverse("ask-step", args=[clinic.slug, number])
    return client.post(url, {**ANSWERS[number], **changes})


def fill_in(client: Client, clinic: Clinic, **changes: Any) -> None:
    """Answer all three steps; `changes` go to the step that asks for them."""
    for number, plain in ANSWERS.items():
        own = {name: value for name, value in changes.items() if name in plain}
        step(client, clinic, number, **own)


def hidden_fields(response: Any) -> dict[str, str]:
    """The hidden fields of a page's forms, as a browser would send them back."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.content.decode())
    return {name: unescape(value) for name, value in found}


def check_page(client: Client, clinic: Clinic) -> Any:
    return client.get(reverse("ask-check", args=[clinic.slug]))


def send(client: Client, clinic: Clinic, *, after: timedelta = timedelta(seconds=20), **fields: Any) -> Any:
    """Look at the check page for a while, tick the box and send."""
    page = hidden_fields(check_page(client, clinic))
    posted = {"agree": "on", **page, **fields}
    with clock.frozen(clock.now() + after):
        return client.post(reverse("ask-check", args=[clinic.slug]), posted)


def ask(client: Client, clinic: Clinic, **changes: Any) -> str:
    """The whole request; returns the address of its private page."""
    fill_in(client, clinic, **changes)
    send(client, clinic)
    page = client.get(reverse("ask-sent", args=[clinic.slug]))
    return re.search(r"/r/[A-Za-z0-9_-]{43}/", page.content.decode()).group()
