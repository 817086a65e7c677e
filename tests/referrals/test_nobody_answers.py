"""A clinic loses the last person who could answer: every open request ends, and each patient is told."""

import pytest

from accounts import audit, memberships
from directory import claims
from directory.models import ListingClaim
from outbox.models import Delivery
from referrals.access import inbox_of
from referrals.models import Referral
from referrals.vocabulary import FailReason, Status
from tests import build_referrals

pytestmark = pytest.mark.django_db


@pytest.fixture
def requests(clinic, owner):
    """One request at every open step, each by somebody who left an e-mail address."""
    reached = ["requested", "received", "on-hold", "accepted", "in-progress"]
    return [
        build_referrals.referral(clinic, reached=status, by=owner, email="sam@example.org")
        for status in reached
    ]


def end_the_claim(clinic, owner, verifier):
    claims.end(claim=ListingClaim.objects.get(clinic=clinic), by=verifier)


def let_the_last_person_go(clinic, owner, verifier):
    memberships.end(membership=owner.memberships.get(), by=verifier)


def close_the_last_account(clinic, owner, verifier):
    owner.is_active = False
    owner.save(update_fields=["is_active"])


WAYS = [end_the_claim, let_the_last_person_go, close_the_last_account]


@pytest.mark.parametrize("happens", WAYS)
def test_every_open_request_ends_and_the_person_is_told(happens, requests, clinic, owner, verifier):
    told_before = Delivery.objects.filter(kind="patient-update").count()
    happens(clinic, owner, verifier)

    ended = [Referral.objects.get(pk=request.pk) for request in requests]
    assert {referral.status for referral in ended} == {Status.FAILED}
    assert [referral.status_reason for referral in ended] == [
        FailReason.UNDELIVERABLE,
        FailReason.UNDELIVERABLE,
        FailReason.UNDELIVERABLE,
        FailReason.OUTCOME_UNKNOWN,
        FailReason.OUTCOME_UNKNOWN,
    ]
    assert Delivery.objects.filter(kind="patient-update").count() == told_before + len(requests)
    assert audit.verify() == []


def test_a_colleague_who_stays_keeps_every_request(requests, clinic, owner, colleague, verifier):
    memberships.end(membership=owner.memberships.get(), by=verifier)
    assert inbox_of(colleague).open().count() == len(requests)


def test_requests_that_have_ended_stay_as_they_ended(clinic, owner, verifier):
    done = build_referrals.referral(clinic, reached="completed", by=owner)
    end_the_claim(clinic, owner, verifier)
    assert Referral.objects.get(pk=done.pk).status == Status.COMPLETED


def test_the_patients_page_says_it_in_plain_words(client, clinic, owner, verifier):
    receipt = build_referrals.sent(clinic)
    end_the_claim(clinic, owner, verifier)
    page = client.get(f"/r/{receipt.token}/").content.decode()
    assert "Nobody there can read your request" in page
    assert "988" in page
