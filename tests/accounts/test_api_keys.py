"""Keys for a clinic's own program: a manager makes them, sees each once, and ends them. At most two at a time."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import api_keys
from accounts.models import ApiKey, AuditEvent, Membership
from outbox import clock
from tests import build
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
KEYS = "/manage/keys/"


@pytest.fixture
def mine(clinic, owner):
    return owner.memberships.get()


@pytest.fixture
def browser(mine, owner):
    return signed_in(owner)


def make(browser, mine, **more):
    return browser.post(KEYS, {"label": "our program", "organization": mine.pk, "days": "90", **more})


def secret_in(page) -> str:
    return re.search(r"cairn_[a-z0-9]{8}_[\w-]{43}", page.content.decode())[0]


def test_a_key_is_shown_once_and_kept_as_a_digest(browser, mine):
    secret = secret_in(make(browser, mine))
    key = ApiKey.objects.get()
    assert secret.startswith(f"cairn_{key.prefix}_")
    assert secret not in str(ApiKey.objects.values().get())
    assert key.expires_at - key.made_at == timedelta(days=90)
    assert api_keys.used(secret) == key
    page = browser.get(KEYS).content.decode()
    assert f"cairn_{key.prefix}_…" in page
    assert secret not in page
    assert list(AuditEvent.objects.filter(object_type="key").values_list("action", flat=True)) == ["key.made"]


def test_two_are_in_force_so_that_one_can_be_changed(browser, mine):
    first, second = secret_in(make(browser, mine)), secret_in(make(browser, mine))
    refused = make(browser, mine, label="a third")
    assert refused.status_code == 409
    assert 'value="a third"' in refused.content.decode()
    assert api_keys.used(first)
    assert api_keys.used(second)

    browser.post(f"{KEYS}{api_keys.used(first).pk}/end/")

    assert api_keys.used(first) is None
    assert make(browser, mine).status_code == 200


def test_a_year_at_most(mine, owner):
    key, _ = api_keys.make(membership=mine, label="x", days=9_999, by=owner)
    assert key.expires_at - key.made_at == timedelta(days=365)


def test_staff_of_a_clinic_and_the_operator_have_none(colleague, staff, mine):
    for person in (colleague, staff):
        assert signed_in(person).get(KEYS).status_code == 403
        assert make(signed_in(person), mine).status_code == 403
    with pytest.raises(api_keys.NotAllowed):
        api_keys.make(membership=colleague.memberships.get(), label="x", days=1, by=colleague)
    with pytest.raises(api_keys.NotAllowed):
        api_keys.make(membership=mine, label="x", days=1, by=colleague)
    assert not ApiKey.objects.exists()


def test_the_key_of_somebody_else_is_as_absent(mine, owner, stranger):
    key, _ = api_keys.make(membership=mine, label="x", days=1, by=owner)
    answers = [signed_in(stranger).post(f"{KEYS}{pk}/end/") for pk in (key.pk, 9_999)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    with pytest.raises(api_keys.NotAllowed):
        api_keys.end(key=key, by=stranger)


def test_the_operator_may_end_a_key_and_nothing_ends_twice(mine, owner, staff):
    key, _ = api_keys.make(membership=mine, label="x", days=1, by=owner)
    api_keys.end(key=key, by=staff)
    with pytest.raises(api_keys.Ended):
        api_keys.end(key=key, by=owner)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("label", "", "Type a name first"),
        ("label", "x" * 61, "at most 60 characters"),
        ("organization", "", "Choose one"),
        ("organization", "9999", "not one of the available choices"),
        ("days", "366", "not one of the available choices"),
        ("days", "", "required"),
    ],
)
def test_what_does_not_fit_is_named_and_the_rest_is_kept(browser, mine, field, value, says):
    page = make(browser, mine, **{field: value})
    assert page.status_code == 422
    assert says in page.content.decode()
    assert not ApiKey.objects.exists()


def test_a_label_of_sixty_characters_fits(browser, mine):
    assert make(browser, mine, label="x" * 60).status_code == 200


def test_the_page_takes_as_many_statements_for_four_keys_as_for_one(
    browser, owner, mine, django_assert_num_queries
):
    second = build.membership(owner, build.organization())
    api_keys.make(membership=mine, label="x", days=1, by=owner)
    browser.get(KEYS)
    with CaptureQueriesContext(connection) as taken:
        browser.get(KEYS)
    for membership in (mine, second, second):
        api_keys.make(membership=membership, label="x", days=1, by=owner)
    with django_assert_num_queries(len(taken)):
        page = browser.get(KEYS).content.decode()
    assert page.count("End it") == 4


def test_an_ended_membership_cannot_make_one(mine, owner):
    Membership.objects.update(ended_at=clock.now())
    with pytest.raises(api_keys.NotAllowed):
        api_keys.make(membership=mine, label="x", days=1, by=owner)
