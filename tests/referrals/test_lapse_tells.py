"""When a clinic is shown no more: who waits is stopped, who was accepted is told to call, and nobody reads a cause."""

from datetime import UTC, datetime, timedelta

import pytest

from directory import closing
from directory.lapses import recheck
from directory.models import Clinic
from directory.vocabulary import Fact
from outbox import clock, deliveries
from outbox.models import Delivery
from referrals import lifecycle, reading
from referrals.models import Referral
from referrals.vocabulary import FailReason, Status
from tests import build
from tests.build_referrals import referral, sent
from tests.referrals.test_notices import BANNED, _sent, spool

__all__ = ["spool"]

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
CAUSES = (
    "license licence revoked expired exclusion excluded npi deactivated board fact facts lapse lapsed".split()
)


def lapse(clinic) -> None:
    build.check(clinic, Fact.LICENSE, outcome="fails", verbatim="Revoked")


def told(kind: str = "patient-listing-stopped") -> set[str]:
    return set(Delivery.objects.filter(kind=kind).values_list("subject", flat=True))


def accepted(clinic, owner, reached=Status.IN_PROGRESS, **overrides):
    receipt = sent(clinic, **overrides)
    lifecycle.open(referral=receipt.referral, by=owner)
    lifecycle.accept(referral=receipt.referral, by=owner)
    if reached == Status.IN_PROGRESS:
        date = clock.now() + timedelta(days=7)
        lifecycle.set_appointment(referral=receipt.referral, at=date, by=owner)
    return receipt


def test_those_who_were_accepted_are_told_and_nobody_else(clinic, owner):
    with_date = accepted(clinic, owner).referral
    without = accepted(clinic, owner, Status.ACCEPTED).referral
    by_phone = accepted(clinic, owner, email="").referral
    opened = referral(clinic, reached=Status.RECEIVED, by=owner)
    finished = referral(clinic, reached=Status.COMPLETED, by=owner)
    elsewhere = build.clinic(owner=owner)
    other = accepted(elsewhere, owner).referral
    lapse(clinic)
    assert told() == {str(with_date.pk), str(without.pk)}
    states = dict(Referral.objects.values_list("pk", "status"))
    assert states[with_date.pk] == Status.IN_PROGRESS
    assert states[without.pk] == states[by_phone.pk] or states[by_phone.pk] == Status.IN_PROGRESS
    assert (states[opened.pk], states[finished.pk]) == (Status.RECEIVED, Status.COMPLETED)
    assert states[other.pk] == Status.IN_PROGRESS


def test_the_mail_is_like_any_other_and_the_page_says_call_the_clinic(clinic, owner, spool, client):
    build.clinic(name="Another Example Clinic")
    receipt = accepted(clinic, owner)
    Delivery.objects.all().delete()
    lapse(clinic)
    (mail,) = _sent(spool)
    assert (mail["To"], mail["Subject"]) == ("sam@patient.example", "There is an update")
    text = mail.get_payload().replace(receipt.token, "").lower()
    assert not set(text.replace(".", " ").split()) & {*BANNED, *CAUSES}
    assert clinic.name.lower() not in text
    page = client.get(f"/r/{receipt.token}/").content.decode()
    assert "This clinic is no longer shown on this site. Please call the clinic about your visit." in page
    assert f'href="tel:{clinic.phone}"' in page
    assert "Another Example Clinic" in page
    assert "Appointment set" in page
    main = page[page.index("<main") :].lower()
    assert not [cause for cause in CAUSES if f" {cause}" in main]


def test_who_was_opened_reads_that_the_clinic_cannot_accept_now_and_whom_else_to_ask(clinic, owner, client):
    build.clinic(name="Another Example Clinic")
    receipt = sent(clinic)
    lifecycle.open(referral=receipt.referral, by=owner)
    lapse(clinic)
    page = client.get(f"/r/{receipt.token}/").content.decode()
    assert "It cannot accept your request now. You can ask another clinic." in page
    assert "Another Example Clinic" in page
    assert "We ask clinics to reply by" not in page
    assert f'href="tel:{clinic.phone}"' not in page


def test_once_the_clinic_is_back_the_page_and_the_outbox_say_nothing_of_it(clinic, owner, spool, client):
    receipt = accepted(clinic, owner)
    Delivery.objects.all().delete()
    lapse(clinic)
    build.check(clinic, Fact.LICENSE)
    assert _sent(spool) == []
    assert Delivery.objects.get().state == "stopped"
    page = client.get(f"/r/{receipt.token}/").content.decode()
    assert "no longer shown" not in page


def test_a_clinic_that_comes_and_goes_mails_its_patients_once_a_day(clinic, owner):
    accepted(clinic, owner)
    with clock.frozen(clock.now()):
        for _ in range(3):
            lapse(clinic)
            build.check(clinic, Fact.LICENSE)
    assert Delivery.objects.filter(kind="patient-listing-stopped").count() == 1


def test_a_lapse_that_nobody_wrote_is_told_by_the_next_sweep_and_once(owner, spool):
    with clock.frozen(NOON - timedelta(days=3)):
        clinic = build.clinic(owner=owner, license_ends=NOON)
        waiting, agreed = sent(clinic).referral, accepted(clinic, owner).referral
    with clock.frozen(NOON - TICK):
        recheck.run()
        assert told() == set()
    with clock.frozen(NOON):
        recheck.run()
        recheck.run()
    assert told() == {str(agreed.pk)}
    stored = Referral.objects.get(pk=waiting.pk)
    assert (stored.status, stored.status_reason) == (Status.FAILED, FailReason.LISTING_STOPPED)
    assert stored.timeline.count() == 2


def test_closing_a_chain_stops_who_waits_and_tells_who_was_accepted_at_every_site(owner):
    practice = build.organization()
    sites = [build.clinic(organization=practice, owner=owner) for _ in range(3)]
    waiting = [sent(site).referral for site in sites]
    agreed = [accepted(site, owner).referral for site in sites]
    closing.close_organization(organization=practice, reason="closed-down", by=owner)
    states = set(
        Referral.objects.filter(pk__in=[each.pk for each in waiting]).values_list("status", flat=True)
    )
    assert states == {Status.FAILED}
    assert told() == {str(each.pk) for each in agreed}


# --- asked again at delivery and at acceptance ---------------------------------------------------


def test_at_delivery_the_facts_are_asked_again_at_their_instant(owner, spool):
    with clock.frozen(NOON - timedelta(days=3)):
        clinic = build.clinic(owner=owner, license_ends=NOON)
        before, after = sent(clinic).referral, sent(clinic).referral
        Delivery.objects.filter(subject=str(after.pk)).update(run_after=NOON)
    with clock.frozen(NOON - TICK):
        mails = _sent(spool)
    assert [mail["Subject"] for mail in mails] == ["1 new request"]
    with clock.frozen(NOON):
        while deliveries.deliver_one():
            pass
    states = dict(Referral.objects.values_list("pk", "status"))
    assert states == {before.pk: Status.REQUESTED, after.pk: Status.FAILED}


def test_at_acceptance_the_clinic_gets_a_plain_page_and_nothing_changes(client, owner):
    with clock.frozen(NOON - timedelta(days=3)):
        clinic = build.clinic(owner=owner, license_ends=NOON)
        made = referral(clinic, reached=Status.RECEIVED, by=owner)
    with clock.frozen(NOON):
        client.force_login(owner)
        answer = client.post(f"/manage/inbox/{made.pk}/accept/", {"accept-note": ""})
    assert answer.status_code == 409
    assert "This listing cannot take requests now" in answer.content.decode()
    assert Referral.objects.get().status == Status.RECEIVED


def test_page_api_inbox_and_mail_agree_when_one_license_is_revoked(clinic, owner, verifier, spool, client):
    """The last part of the thirty-five days: one license is truly revoked."""
    from directory import checks

    receipt = sent(clinic)
    held = clinic.responsible.licenses.get()
    checks.record(
        clinic=clinic,
        fact=Fact.LICENSE,
        license=held,
        outcome="fails",
        source="Colorado Medical Board",
        verbatim="Revoked",
        by=verifier,
    )
    gone = client.get(f"/clinic/{clinic.slug}/")
    assert gone.status_code == 410
    assert client.get(f"/api/v1/clinics/{clinic.slug}/").status_code in {404, 410}
    assert client.get("/api/v1/clinics/", {"q": clinic.name}).json()["count"] == 0
    (mail,) = _sent(spool)
    page = client.get(f"/r/{receipt.token}/").content.decode()
    assert "The clinic no longer takes requests here." in page
    client.force_login(owner)
    inbox = client.get("/manage/?tab=closed").content.decode()
    assert receipt.referral.reference in inbox or "Stopped" in inbox
    for text in (gone.content.decode(), mail.get_payload(), page):
        main = text[text.find("<main") :].lower()
        assert "revoked" not in main
        assert "license" not in main
        assert "board" not in main
    assert not Clinic.objects.able_to_receive().filter(pk=clinic.pk).exists()
    assert reading.status_page(receipt.token).tag == "Stopped"
