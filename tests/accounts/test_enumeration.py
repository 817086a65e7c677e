"""Whoever asks cannot learn which addresses have an account: same status, same page, same work, same mails promised."""

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import reverse

from accounts.models import User
from outbox.models import Delivery
from tests.accounts.signing_in import EMAIL, OTHER, PASSWORD, is_signed_in, sign_in, sign_up, type_code

pytestmark = pytest.mark.django_db
ABSENT = "owner@absent.example"  # as long as the other
ENDED = "ended@clinic.example"


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password was hashed."""

    algorithm = "counted"
    looks = 0

    def encode(self, password, salt):
        type(self).looks += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def people(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    User.objects.create_user(EMAIL, PASSWORD)
    User.objects.create_user(ENDED, PASSWORD, is_active=False)


def masked(answer) -> str:
    """The page without what differs from one visit to the next, and without the address that was typed."""
    page = answer.content.decode()
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    return page.replace(EMAIL, "ADDRESS").replace(ABSENT, "ADDRESS").replace(ENDED, "ADDRESS")


def seen(act, email: str):
    """All that somebody can see of an act: statuses, addresses, pages, names of cookies; and the work it took."""
    browser = Client()
    deliveries, CountingHasher.looks = Delivery.objects.count(), 0
    answers = act(browser, email)
    headers = [sorted(name for name in answer.headers if name != "X-Request-ID") for answer in answers]
    return {
        "statuses": [(answer.status_code, answer.headers.get("Location")) for answer in answers],
        "pages": [masked(answer) for answer in answers],
        "headers": headers,
        "cookies": sorted(browser.cookies),
        "deliveries": Delivery.objects.count() - deliveries,
        "hashes": CountingHasher.looks,
        "signed in": is_signed_in(browser),
    }


def signing_in(browser, email):
    return [sign_in(browser, email, "wrong wrong wrong") for _ in range(5)]


def forgetting(browser, email):
    first = browser.post(reverse("account_reset_password"), {"email": email})
    return [
        first,
        browser.get(first.url),
        *(browser.post(first.request["PATH_INFO"], {"email": email}) for _ in range(4)),
    ]


def signing_up(browser, email):
    first = sign_up(browser, email, password=OTHER)
    return [first, browser.get(first.url), *(type_code(browser, "0000 0000") for _ in range(5))]


@pytest.mark.parametrize("act", [signing_in, forgetting, signing_up])
def test_a_known_an_absent_and_an_ended_address_are_answered_alike(act):
    known, absent, ended = (seen(act, email) for email in (EMAIL, ABSENT, ENDED))
    assert known == absent
    assert known == ended


def test_the_pages_that_were_compared_are_not_empty():
    assert "do not match" in "".join(seen(signing_in, EMAIL)["pages"])
    assert seen(forgetting, EMAIL)["deliveries"] == 4
    assert seen(signing_up, EMAIL)["deliveries"] == 1
