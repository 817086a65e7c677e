"""What no try could deliver comes before a person, who can try again or close it."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from outbox import clock
from outbox.models import Delivery
from referrals import lifecycle, reading
from tests import build_referrals
from tests.portal.reading_pages import main, text

pytestmark = pytest.mark.django_db

PAGE = "/staff/undelivered/"


@pytest.fixture
def signed_in(client, staff):
    client.force_login(staff)
    return client


def dead_letter(clinic, **answers):
    """A request whose message to the clinic could not be delivered."""
    receipt = build_referrals.sent(clinic, **answers)
    letter = Delivery.objects.get(subject=str(receipt.referral.pk))
    letter.state, letter.attempts = Delivery.State.DEAD, 10
    letter.settled_at, letter.last_error = clock.now(), "SMTPRecipientsRefused"
    letter.save()
    return receipt, letter


def test_it_names_the_clinic_its_phone_and_the_kind_of_error(signed_in, clinic):
    receipt, _ = dead_letter(clinic, call_me="Zebrafinch")

    page = text(signed_in.get(PAGE))

    for words in (receipt.referral.reference, clinic.name, "303-555-0101", "SMTPRecipientsRefused"):
        assert words in page
    for personal in ("Zebrafinch", "303-555-0142", "sam@patient.example", "owner@clinic.example"):
        assert personal not in page


def test_trying_again_puts_it_back_and_is_in_the_trail(signed_in, clinic, staff):
    _, letter = dead_letter(clinic)

    response = signed_in.post(reverse("staff-try-again", args=[letter.pk]))

    letter.refresh_from_db()
    assert response.url == PAGE
    assert letter.state == Delivery.State.PENDING
    event = AuditEvent.objects.latest("seq")
    assert (event.actor, event.action, event.object_id) == (
        f"user:{staff.pk}",
        "delivery.try-again",
        str(letter.pk),
    )


def test_a_second_press_changes_nothing_and_says_so(signed_in, clinic):
    _, letter = dead_letter(clinic)
    signed_in.post(reverse("staff-try-again", args=[letter.pk]))
    before = AuditEvent.objects.count()

    signed_in.post(reverse("staff-try-again", args=[letter.pk]))

    assert "Somebody was first" in text(signed_in.get(PAGE))
    assert AuditEvent.objects.count() == before


def test_a_clinic_that_cannot_be_reached_is_closed_and_the_person_is_told(signed_in, clinic):
    receipt, letter = dead_letter(clinic)

    signed_in.post(reverse("staff-give-up", args=[letter.pk]))

    assert reading.status_page(receipt.token).reason.startswith("We cannot reach the clinic.")
    assert "Close it" not in main(signed_in.get(PAGE))


def test_what_has_moved_on_is_left_as_it_is(signed_in, clinic, owner):
    receipt, letter = dead_letter(clinic)
    lifecycle.open(referral=receipt.referral, by=owner)

    signed_in.post(reverse("staff-give-up", args=[letter.pk]))

    assert reading.status_page(receipt.token).tag == "Opened"
    assert "moved on" in text(signed_in.get(PAGE))


def test_an_empty_list_says_so(signed_in):
    assert "Every message has arrived" in text(signed_in.get(PAGE))


def test_clinics_may_not_see_it_and_strangers_are_asked_to_sign_in(client, clinic, owner):
    _, letter = dead_letter(clinic)
    assert client.get(PAGE).status_code == 302

    client.force_login(owner)
    assert client.get(PAGE).status_code == 403
    for name in ("staff-try-again", "staff-give-up"):
        foreign = client.post(reverse(name, args=[letter.pk]))
        absent = client.post(reverse(name, args=[uuid.uuid4()]))
        assert foreign.status_code == absent.status_code == 403
        assert foreign.content == absent.content
    assert Delivery.objects.get(pk=letter.pk).state == Delivery.State.DEAD


def test_three_rows_cost_no_more_statements_than_one(signed_in, clinic):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            signed_in.get(PAGE)
        return len(caught)

    dead_letter(clinic)
    signed_in.get(PAGE)
    one = queries()
    dead_letter(clinic)
    dead_letter(clinic)

    assert queries() == one
