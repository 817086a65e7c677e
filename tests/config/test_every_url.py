"""Every address of the site, and what it answers to whom. An address that is not in the table fails.

The cast: anonymous, the stranger (acts for another practice), the owner (acts for the clinic), staff (the operator's).
Each line: the address, then GET and POST, each as "anonymous stranger owner staff". `-` is 405.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import AuditEvent
from directory.casework import cases
from directory.models import Case, Check, Reply
from directory.vocabulary import Fact
from outbox import clock, deliveries
from outbox.models import Delivery
from tests import build, build_referrals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]

OPEN = "200 200 200 200"
CLOSED = "302 200 200 200"
NOT_ALLOWED = "405 405 405 405"
ELSEWHERE = "302 302 302 302"
SIGNED_OUT = "200 302 302 302"
CLOSED_405 = "302 405 405 405"
STAFF = "302 403 403 200"
MINE = "302 404 200 404"

TABLE = {
    # anybody
    "": (OPEN, NOT_ALLOWED),
    "search/": (OPEN, NOT_ALLOWED),
    "near-me/": (NOT_ALLOWED, "400 400 400 400"),
    "clinic/<slug>/": (OPEN, NOT_ALLOWED),
    "clinic/<slug>/checks/": (OPEN, NOT_ALLOWED),
    "report/<slug>/": (OPEN, "422 422 422 422"),
    "clinic/<slug>/remove/": (OPEN, "422 422 422 422"),
    "clinic/<slug>/remove/asked/": (OPEN, NOT_ALLOWED),
    "about/terms/": (OPEN, NOT_ALLOWED),
    "report/answer/<token>/": ("404 404 404 404", NOT_ALLOWED),
    "crisis/": (OPEN, NOT_ALLOWED),
    "about/checks/": (OPEN, NOT_ALLOWED),
    "about/privacy/": (OPEN, NOT_ALLOWED),
    "about/accessibility/": (OPEN, NOT_ALLOWED),
    "about/money/": (OPEN, NOT_ALLOWED),
    "developers/": (OPEN, NOT_ALLOWED),
    "healthz": (OPEN, NOT_ALLOWED),
    "readyz": (OPEN, NOT_ALLOWED),
    "left/": (OPEN, NOT_ALLOWED),
    # a request, by whoever has a browser
    "clinic/<slug>/ask/": (OPEN, NOT_ALLOWED),
    "clinic/<slug>/ask/<number>/": (OPEN, ELSEWHERE),
    "clinic/<slug>/ask/under-18/": (OPEN, NOT_ALLOWED),
    "clinic/<slug>/ask/check/": (ELSEWHERE, ELSEWHERE),
    "clinic/<slug>/ask/sent/": (ELSEWHERE, NOT_ALLOWED),
    # the private link is the only key
    "r/<token>/": (OPEN, NOT_ALLOWED),
    "r/<token>/answer/": (NOT_ALLOWED, "422 422 422 422"),
    "r/<token>/take-back/": (OPEN, ELSEWHERE),
    "r/<token>/leave/": (NOT_ALLOWED, ELSEWHERE),
    # machines
    "api/v1/clinics/": (OPEN, NOT_ALLOWED),
    "api/v1/clinics/<slug>/": (OPEN, NOT_ALLOWED),
    "api/v1/clinics/<slug>/checks/": (OPEN, NOT_ALLOWED),
    "api/v1/mine/clinics/": ("401 401 401 401", "401 401 401 401"),
    "api/v1/mine/clinics/<slug>/": ("401 401 401 401", "401 401 401 401"),
    "api/v1/openapi.json": (OPEN, NOT_ALLOWED),
    "api/v1/docs/": (OPEN, NOT_ALLOWED),
    # signing in
    "accounts/email/": (CLOSED, "302 403 403 403"),
    "accounts/email/confirm/<token>/": ("302 404 404 404", "302 404 404 404"),
    "accounts/email/return/<token>/": ("404 404 404 404", "404 404 404 404"),
    "accounts/keep/": (OPEN, "403 403 403 403"),
    "accounts/login/": (SIGNED_OUT, SIGNED_OUT),
    "accounts/logout/": ("302 200 200 200", ELSEWHERE),
    "accounts/signup/": (SIGNED_OUT, SIGNED_OUT),
    "accounts/confirm-email/": (ELSEWHERE, ELSEWHERE),
    "accounts/inactive/": (OPEN, NOT_ALLOWED),
    "accounts/sign-ins/": (CLOSED, CLOSED_405),
    "accounts/sign-ins/end-others/": (CLOSED_405, ELSEWHERE),
    "accounts/sign-ins/<pk>/end/": (CLOSED_405, "302 404 404 404"),
    "accounts/reauthenticate/": (CLOSED, CLOSED),
    "accounts/password/change/": (CLOSED, CLOSED),
    "accounts/password/reset/": (OPEN, OPEN),
    "accounts/password/reset/done/": (OPEN, NOT_ALLOWED),
    "accounts/password/reset/key/<uidb36>-<key>/": (OPEN, OPEN),
    "accounts/password/reset/key/done/": (OPEN, NOT_ALLOWED),
    "accounts/2fa/": (CLOSED, CLOSED_405),
    "accounts/2fa/authenticate/": (ELSEWHERE, ELSEWHERE),
    "accounts/2fa/reauthenticate/": (ELSEWHERE, ELSEWHERE),
    "accounts/2fa/totp/activate/": (ELSEWHERE, ELSEWHERE),
    "accounts/2fa/totp/deactivate/": ("302 404 404 404", "302 404 404 404"),
    "accounts/2fa/recovery-codes/": ("302 404 404 404", CLOSED_405),
    "accounts/2fa/recovery-codes/generate/": (ELSEWHERE, ELSEWHERE),
    "accounts/2fa/set-up/": (CLOSED, CLOSED_405),
    "accounts/2fa/done/": (ELSEWHERE, CLOSED_405),
    "accounts/2fa/webauthn/add/": (ELSEWHERE, ELSEWHERE),
    "accounts/2fa/webauthn/login/": (ELSEWHERE, ELSEWHERE),
    "accounts/2fa/webauthn/reauthenticate/": (ELSEWHERE, ELSEWHERE),
    "accounts/2fa/webauthn/keys/<pk>/remove/": (ELSEWHERE, ELSEWHERE),
    "accounts/2fa/webauthn/keys/<pk>/edit/": (ELSEWHERE, ELSEWHERE),
    # the clinic
    "manage/": ("302 200 200 302", CLOSED_405),
    "manage/names/": (CLOSED_405, ELSEWHERE),
    "manage/inbox/<pk>/": (MINE, CLOSED_405),
    "manage/inbox/<pk>/open/": (CLOSED_405, "302 404 302 404"),
    "manage/inbox/<pk>/<verb>/": (CLOSED_405, "302 404 422 404"),
    "manage/checks/": ("302 200 302 200", CLOSED_405),
    "manage/checks/<slug>/": (MINE, CLOSED_405),
    "manage/checks/<slug>/<pk>/answer/": (CLOSED_405, "302 404 422 404"),
    # the operator's staff
    "staff/answers/<pk>/": (STAFF, CLOSED_405),
    "staff/answers/<pk>/<verb>/": (CLOSED_405, "302 403 403 404"),
    "staff/": (STAFF, CLOSED_405),
    "staff/cases/open/": (CLOSED_405, "302 403 403 422"),
    "staff/cases/<pk>/": (STAFF, CLOSED_405),
    "staff/cases/<pk>/evidence/": (CLOSED_405, "302 403 403 422"),
    "staff/cases/<pk>/<verb>/": (CLOSED_405, "302 403 403 404"),
    "staff/evidence/<pk>/": ("302 403 403 404", CLOSED_405),
    "staff/lapse-stops/<pk>/": (CLOSED_405, "302 403 403 404"),
    "staff/candidates/": (STAFF, CLOSED_405),
    "staff/candidates/template.csv": (STAFF, CLOSED_405),
    "staff/candidates/new/": (STAFF, "302 403 403 422"),
    "staff/candidates/file/": (STAFF, "302 403 403 422"),
    "staff/candidates/file/<key>/": ("302 403 403 404", "302 403 403 302"),
    "staff/candidates/<slug>/": ("302 403 403 404", CLOSED_405),
    "staff/candidates/<slug>/merge/": (CLOSED_405, "302 403 403 404"),
    "manage/attest/<pk>/": ("302 404 302 404", CLOSED_405),
    "manage/clinics/": ("302 200 302 200", CLOSED_405),
    "manage/clinics/<slug>/": (MINE, CLOSED_405),
    "manage/clinics/<slug>/send/": (CLOSED_405, "302 404 409 404"),
    "manage/clinics/<slug>/preview/": (MINE, CLOSED_405),
    "manage/clinics/<slug>/edit/<section>/": (MINE, "302 404 302 404"),
    "manage/clinics/<slug>/changes/<pk>/withdraw/": (CLOSED_405, "302 404 404 404"),
    "manage/clinics/<slug>/history/": (MINE, CLOSED_405),
    "manage/clinics/<slug>/history/<pk>/undo/": (CLOSED_405, "302 404 404 404"),
    "manage/clinics/<slug>/attest/": (MINE, "302 404 422 404"),
    "manage/clinics/<slug>/pause/": (MINE, "302 404 422 404"),
    "manage/clinics/<slug>/numbers/": (MINE, CLOSED_405),
    "manage/clinics/<slug>/close/": (MINE, "302 404 422 404"),
    "manage/clinics/<slug>/close/take-back/": (CLOSED_405, "302 404 302 404"),
    "manage/clinics/<slug>/terms/": (MINE, "302 404 409 404"),
    "manage/organization/": ("302 302 302 200", CLOSED_405),
    "manage/organization/<pk>/": (MINE, CLOSED_405),
    "manage/organization/<pk>/shared/": ("302 404 302 404", "302 404 302 404"),
    "manage/organization/<pk>/pause/": ("302 404 302 404", "302 404 302 404"),
    "manage/organization/<pk>/close/": ("302 404 302 404", "302 404 302 404"),
    "manage/organization/<pk>/file/": (MINE, "302 404 422 404"),
    "manage/organization/<pk>/file/sites.csv": ("302 404 302 404", CLOSED_405),
    "manage/organization/<pk>/file/<key>/": ("302 404 404 404", "302 404 302 404"),
    "manage/claim/": ("302 200 200 403", CLOSED_405),
    "manage/claim/<slug>/": ("302 302 200 403", "302 422 422 403"),
    "manage/claims/<pk>/": ("302 200 404 404", CLOSED_405),
    "manage/claims/<pk>/object/": ("302 404 200 404", "302 404 403 404"),
    "manage/claims/<pk>/<verb>/": (CLOSED_405, "302 404 404 404"),
    "staff/claims/<pk>/": (STAFF, CLOSED_405),
    "staff/claims/<pk>/<verb>/": (CLOSED_405, "302 403 403 404"),
    "manage/claim/new/": ("302 200 200 302", "302 422 422 302"),
    "staff/opt-outs/": (STAFF, CLOSED_405),
    "staff/opt-outs/<pk>/lift/": (CLOSED_405, "302 403 403 404"),
    "staff/clinics/<slug>/close/": (STAFF, "302 403 403 422"),
    "staff/people/": (STAFF, "302 403 403 422"),
    "staff/people/<pk>/reset/": (CLOSED_405, "302 403 403 403"),
    "staff/people/<pk>/end/": (CLOSED_405, "302 403 403 403"),
    "manage/team/": ("302 302 302 200", CLOSED_405),
    "manage/team/<pk>/": (MINE, CLOSED_405),
    "manage/team/<pk>/invite/": (MINE, "302 404 403 404"),
    "manage/team/<pk>/invitations/<invitation>/end/": (CLOSED_405, "302 404 403 404"),
    "manage/team/<pk>/people/<member>/": (MINE, CLOSED_405),
    "manage/team/<pk>/people/<member>/change/": (CLOSED_405, "302 404 403 404"),
    "manage/team/<pk>/people/<member>/remove/": (CLOSED_405, "302 404 403 404"),
    "manage/team/<pk>/people/<member>/reset/": (CLOSED_405, "302 404 403 404"),
    "manage/team/<pk>/leave/": (MINE, "302 404 409 404"),
    "join/<token>/": ("404 404 404 404", "404 404 404 404"),
    "manage/keys/": ("302 200 200 403", "302 403 403 403"),
    "manage/keys/<pk>/end/": (CLOSED_405, "302 403 403 403"),
    "staff/undelivered/": (STAFF, CLOSED_405),
    "staff/undelivered/<pk>/again/": (CLOSED_405, "302 403 403 302"),
    "staff/undelivered/<pk>/give-up/": (CLOSED_405, "302 403 403 302"),
}


def addresses() -> Iterator[str]:
    """Every route of the resolver, with its parameters as <name>."""
    return (route for route, _ in routes())


def routes() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The same, each with the view that answers there."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns, before: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            plain = re.sub(r"\(\?P(<\w+>)(?:\[[^\]]*\]|[^()])*\)", r"\1", route)
            yield re.sub(r"<\w+:", "<", plain).replace("^", "").replace("$", ""), pattern.callback
        else:
            yield from _walk(pattern.url_patterns, route)


def test_every_address_is_in_the_table():
    assert sorted(addresses()) == sorted(TABLE)


@pytest.fixture
def place(clinic, owner, stranger):
    """What stands for each parameter: a clinic, a request it has opened, and a message that could not be sent."""
    receipt = build_referrals.sent(clinic)
    delivery = deliveries.enqueue(
        kind="clinic-new-request",
        subject=str(receipt.referral.pk),
        recipient="user:1",
        dedupe_key="a dead letter",
    )
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.DEAD, attempts=10, settled_at=clock.now()
    )

    against = build.check(clinic, Fact.REMS, outcome=Check.Outcome.FAILS)
    answer = Reply.objects.create(
        check_answered=against, text="We are enrolled.", made_by=owner, made_at=clock.now()
    )
    case = cases.open_case(clinic=clinic, kind=Case.Kind.DUE, fact=Fact.CONTACT)
    claim = build.claim(clinic, stranger)
    of_its_own = {
        "accounts/": 1,
        "manage/claims/": claim.pk,
        "staff/claims/": claim.pk,
        "manage/checks/": against.pk,
        "manage/attest/": clinic.pk,
        "manage/organization/": clinic.organization_id,
        "staff/answers/": answer.pk,
        "staff/cases/": case.pk,
        "staff/evidence/": 1,
        "manage/clinics/<slug>/changes/": 1,
        "manage/clinics/<slug>/history/": 1,
        "staff/lapse-stops/": 1,
        "staff/opt-outs/": 1,
        "staff/people/": 1,
        "manage/keys/": 1,
        "manage/team/": clinic.organization_id,
    }

    def fill_in(address: str) -> str:
        pk = delivery.pk if address.startswith("staff/") else receipt.referral.pk
        pk = next((its for start, its in of_its_own.items() if address.startswith(start)), pk)
        values = {
            "slug": clinic.slug,
            "number": 1,
            "token": receipt.token,
            "pk": pk,
            "verb": "decline",
            "section": "first-visit",
            "member": owner.memberships.get().pk,
            "invitation": 1,
            "uidb36": "1",
            "key": "set-password",
        }
        return "/" + re.sub(r"<(\w+)>", lambda found: str(values[found[1]]), address)

    return fill_in


CAST = ("anonymous", "stranger", "owner", "staff")


@pytest.fixture
def cast(stranger, owner, staff):
    """Each of the cast at a browser, in the order of the table's columns."""
    browsers = []
    for person in (None, stranger, owner, staff):
        client = Client()
        if person:
            client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
        browsers.append(client)
    return browsers


@pytest.mark.parametrize("address", TABLE)
def test_it_answers_each_of_the_cast_as_the_table_says(address, cast, place):
    where, (gets, posts) = place(address), TABLE[address]
    for who, client, get, post in zip(CAST, cast, gets.split(), posts.split(), strict=True):
        with transaction.atomic():  # nobody meets what another one did
            answers = client.get(where), client.post(where, {"reason": "not-accepting"})
            transaction.set_rollback(True)
        assert [answer.status_code for answer in answers] == [int(get), int(post)], who


@pytest.mark.parametrize("address", TABLE)
def test_it_does_nothing_by_any_other_method(address, owner, place):
    client = Client(raise_request_exception=False)
    client.force_login(owner, "allauth.account.auth_backends.AuthenticationBackend")
    where = place(address)
    # Django's form pages take a PUT for a form with nothing in it, and show it again.
    refused = {302, 401, 403, 404, 405} | ({200} if address.startswith("accounts/") else set())
    before = Delivery.objects.count(), AuditEvent.objects.count()
    for method in ("put", "patch", "delete", "trace"):
        assert getattr(client, method)(where).status_code in refused, method
    assert (Delivery.objects.count(), AuditEvent.objects.count()) == before


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["inbox-referral", "inbox-open"])
def test_a_referral_of_others_is_answered_like_one_that_does_not_exist(
    stranger, clinic, client, name, method
):
    client.force_login(stranger, "allauth.account.auth_backends.AuthenticationBackend")
    foreign = build_referrals.referral(clinic)
    pages = [getattr(client, method)(reverse(name, args=[pk])) for pk in (foreign.pk, uuid.uuid4())]
    assert [page.status_code for page in pages] in ([404, 404], [405, 405])
    assert pages[0].content == pages[1].content


def test_somebody_who_left_sees_nothing_at_the_next_request(owner, clinic, client):
    client.force_login(owner, "allauth.account.auth_backends.AuthenticationBackend")
    referral = build_referrals.referral(clinic)
    page = reverse("inbox-referral", args=[referral.pk])
    assert client.get(page).status_code == 200
    owner.memberships.update(ended_at=clock.now())
    assert client.get(page).status_code == 404


def test_there_is_something_to_be_seen(owner, place, client):
    """The table would mean little if the pages it closes were empty."""
    client.force_login(owner, "allauth.account.auth_backends.AuthenticationBackend")
    name = build_referrals.answers().call_me
    client.post(place("manage/inbox/<pk>/open/"))
    assert name in client.get(place("manage/inbox/<pk>/")).content.decode()
