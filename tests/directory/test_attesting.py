"""Every 90 days a clinic says that all it says is true. Else it is shown as not confirmed, then gets no requests."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import AuditEvent, Membership
from directory import attesting, listings, search
from directory.attesting import State
from directory.lapses import attest_notices, recheck
from directory.models import Attestation, Clinic, ListingClaim
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock, deliveries
from outbox.models import Delivery
from referrals import lifecycle, receiving
from referrals.errors import NotTaking
from referrals.models import Referral
from referrals.vocabulary import Status
from tests import build, build_referrals

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
SAID_AT = datetime(2026, 8, 3, 12, tzinfo=UTC)
DUE = SAID_AT + 90 * DAY
OFF = SAID_AT + 120 * DAY


@pytest.fixture
def aging(owner):
    """A clinic that last confirmed at SAID_AT, its checks renewed since."""
    with clock.frozen(DUE - 20 * DAY):
        return build.clinic(
            name="High Plains Example Clinic",
            owner=owner,
            attested_at=SAID_AT,
            cost="Ask us.",
            states_facts=["emergency-plan"],
            accepting_stated_at=DUE - 20 * DAY,
            checked_at=DUE - 20 * DAY,
        )


# --- what attesting does -------------------------------------------------------------------------


def test_it_keeps_who_signed_and_what_the_clinic_then_said(clinic, owner):
    listings.edit(clinic=clinic, by=owner, cost="From $400", languages=["es", "en"])
    made = attesting.attest(clinic=clinic, by=owner, typed_name="  Olive   Owner ")
    assert (made.made_by, made.typed_name) == (owner, "Olive Owner")
    assert made.said["cost"] == "From $400"
    assert made.said["languages"] == ["en", "es"]
    assert [offering["modality"] for offering in made.said["offerings"]] == ["esketamine", "iv"]
    listings.edit(clinic=clinic, by=owner, cost="From $500")
    made.refresh_from_db()
    assert made.said["cost"] == "From $400"


def test_it_is_due_ninety_days_later_and_dates_what_it_says_of_new_patients(clinic, owner):
    at = clock.now()
    with clock.frozen(at):
        attesting.attest(clinic=clinic, by=owner, typed_name="Olive Owner")
    clinic.refresh_from_db()
    assert attesting.due_at(clinic) == clinic.attested_at + 90 * DAY
    assert clinic.accepting_stated_at == clinic.attested_at
    assert AuditEvent.objects.latest("seq").action == "listing.attested"


def test_a_colleague_may_and_nobody_without_a_standing_claim(clinic, owner, colleague, stranger, staff):
    attesting.attest(clinic=clinic, by=colleague, typed_name="Cole League")
    for somebody in (stranger, staff):
        with pytest.raises(NotAllowed):
            attesting.attest(clinic=clinic, by=somebody, typed_name="Some Body")
    ListingClaim.objects.update(ended_at=clock.now())
    with pytest.raises(NotAllowed):
        attesting.attest(clinic=clinic, by=owner, typed_name="Olive Owner")
    assert Attestation.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "..."])
def test_it_takes_a_name(clinic, owner, name):
    with pytest.raises(Incomplete) as refused:
        attesting.attest(clinic=clinic, by=owner, typed_name=name)
    assert refused.value.missing == ["typed_name"]


@pytest.mark.parametrize("name", ["x" * 121, "O\x00", "O\ud800"])
def test_a_name_that_cannot_be_kept_is_refused_by_its_field(clinic, owner, name):
    with pytest.raises(ValidationError) as refused:
        attesting.attest(clinic=clinic, by=owner, typed_name=name)
    assert list(refused.value.message_dict) == ["typed_name"]
    attesting.attest(clinic=clinic, by=owner, typed_name="李" * 120)


def test_nobody_confirms_what_they_were_not_shown(clinic, owner, colleague):
    shown = attesting.fingerprint(clinic)
    listings.edit(clinic=clinic, by=colleague, cost="From $400")
    with pytest.raises(WrongState) as refused:
        attesting.attest(clinic=clinic, by=owner, typed_name="Olive Owner", still_true=shown)
    assert refused.value.current == attesting.CHANGED_MEANWHILE
    clinic.refresh_from_db()
    attesting.attest(
        clinic=clinic, by=owner, typed_name="Olive Owner", still_true=attesting.fingerprint(clinic)
    )


def test_a_closed_clinic_says_nothing_more(clinic, owner, staff):
    listings.close(clinic=clinic, reason="closed-down", by=staff)
    with pytest.raises(WrongState):
        attesting.attest(clinic=clinic, by=owner, typed_name="Olive Owner")


# --- what follows without it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (DUE - 14 * DAY - TICK, State.CONFIRMED),
        (DUE - 14 * DAY, State.DUE),
        (DUE - TICK, State.DUE),
        (DUE, State.OVERDUE),
        (OFF - TICK, State.OVERDUE),
        (OFF, State.REQUESTS_OFF),
        (OFF + 300 * DAY, State.REQUESTS_OFF),
    ],
)
def test_how_it_stands_follows_from_the_clock(aging, at, state):
    assert attesting.state_of(aging, at) == state


def test_who_never_attested_is_counted_from_when_the_listing_began(aging):
    aging.attested_at, aging.status_changed_at = None, SAID_AT + DAY
    assert attesting.due_at(aging) == DUE + DAY
    assert attesting.requests_end_at(aging) == OFF + DAY


def receives(clinic: Clinic, at: datetime) -> dict[str, bool]:
    """Whether it can get a new request at an instant, wherever that is asked, nobody having written."""
    with clock.frozen(at):
        search.forget()
        client = Client()
        return {
            "database": Clinic.objects.able_to_receive().filter(pk=clinic.pk).exists(),
            "request": receiving.can_receive(clinic.pk, "", at),
            "search": search.find(search.Query()).results[0].document["accepts_referrals"],
            "api": client.get(f"/api/v1/clinics/{clinic.slug}/").json()["accepts_referrals"],
            "page": b"Ask for an appointment" in client.get(f"/clinic/{clinic.slug}/").content,
            "ask": client.get(f"/clinic/{clinic.slug}/ask/").status_code == 200,
        }


@pytest.mark.parametrize("never", [False, True], ids=["attested", "never attested"])
def test_requests_are_on_the_tick_before_and_off_at_the_instant_and_after(aging, never):
    if never:
        Clinic.objects.filter(pk=aging.pk).update(attested_at=None, status_changed_at=SAID_AT)
    for at, expected in ((OFF - TICK, True), (OFF, False), (OFF + TICK, False)):
        assert receives(aging, at) == dict.fromkeys(
            ("database", "request", "search", "api", "page", "ask"), expected
        )


def test_a_request_is_refused_from_that_instant_and_taken_again_once_somebody_looked(aging, owner):
    with clock.frozen(OFF):
        with pytest.raises(NotTaking):
            build_referrals.sent(aging)
        attesting.attest(clinic=aging, by=owner, typed_name="Olive Owner")
        build_referrals.sent(aging)
    assert all(receives(aging, OFF).values())


def unconfirmed(clinic: Clinic, at: datetime) -> dict[str, bool]:
    with clock.frozen(at):
        client = Client()
        words = b"not confirmed since Aug 3, 2026"
        detail = client.get(f"/api/v1/clinics/{clinic.slug}/checks/").json()
        says = client.get(f"/api/v1/clinics/{clinic.slug}/").json()["clinic_says"]
        for document in (detail, says):
            assert document["attested_on"] == "2026-08-03"
            assert document["attestation_due_on"] == "2026-11-01"
        plan = next(check for check in detail["checks"] if check["fact"] == "emergency-plan")
        assert (plan["checked_on"], plan["due_on"]) == ("2026-08-03", "2026-11-01")
        return {
            "page": words in client.get(f"/clinic/{clinic.slug}/").content,
            "checks": words in client.get(f"/clinic/{clinic.slug}/checks/").content,
        }


def test_what_it_says_is_shown_as_not_confirmed_from_the_day_it_is_overdue(aging):
    assert unconfirmed(aging, DUE - TICK) == {"page": False, "checks": False}
    assert unconfirmed(aging, DUE) == {"page": True, "checks": True}
    assert unconfirmed(aging, OFF + TICK) == {"page": True, "checks": True}


def test_what_was_never_confirmed_is_not_given_a_date(aging):
    Clinic.objects.filter(pk=aging.pk).update(attested_at=None, status_changed_at=SAID_AT)
    with clock.frozen(DUE):
        page = Client().get(f"/clinic/{aging.slug}/").content.decode()
    assert "has not confirmed" in page
    assert "not confirmed since" not in page


def test_the_ask_page_says_why_and_offers_others(aging):
    with clock.frozen(OFF):
        other = build.clinic(name="Other Example Clinic")
        page = Client().get(f"/clinic/{aging.slug}/ask/").content.decode()
    assert "has not confirmed what its page says since Aug 3, 2026" in page
    assert other.name in page


def test_an_answer_of_search_is_not_kept_beyond_either_instant(aging):
    for before, end in ((DUE, DUE), (OFF, OFF)):
        with clock.frozen(before - TICK):
            search.forget()
            assert search.find(search.Query()).valid_until == end


# --- a lapse of attestation is no lapse of a licence ---------------------------------------------


def test_a_request_sent_in_time_is_delivered_opened_and_accepted_all_the_same(aging, owner):
    with clock.frozen(OFF - TICK):
        sent = build_referrals.referral(aging)
    with clock.frozen(OFF + DAY):
        recheck.run()
        while deliveries.deliver_one():
            pass
        told = Delivery.objects.filter(kind="clinic-new-request", subject=str(sent.pk))
        assert set(told.values_list("state", flat=True)) == {Delivery.State.DELIVERED}
        lifecycle.open(referral=sent, by=owner)
        lifecycle.accept(referral=sent, by=owner)
    assert Referral.objects.get(pk=sent.pk).status == Status.ACCEPTED
    assert not Delivery.objects.filter(kind="patient-listing-stopped").exists()


# --- reminders -----------------------------------------------------------------------------------


def mailed() -> list[tuple[str, str]]:
    """What was promised about attesting: (kind, its days ahead)."""
    keys = Delivery.objects.filter(kind__in=attest_notices.SUBJECTS).order_by("created_at", "pk")
    return [(key.split(":")[0], key.split(":")[2]) for key in keys.values_list("dedupe_key", flat=True)]


def test_somebody_is_reminded_at_14_7_and_1_days_when_overdue_and_when_requests_stop(aging):
    at = DUE - 20 * DAY
    while at < OFF + 10 * DAY:
        with clock.frozen(at):
            attest_notices.tell(at)
        at += timedelta(hours=12)
    assert mailed() == [
        (attest_notices.DUE, "14"),
        (attest_notices.DUE, "7"),
        (attest_notices.DUE, "1"),
        (attest_notices.OVERDUE, "0"),
        (attest_notices.REQUESTS_OFF, "0"),
    ]


@pytest.mark.parametrize(
    ("late", "mails"), [(timedelta(hours=47), 1), (timedelta(hours=49), 0)], ids=["in time", "too late"]
)
def test_a_worker_that_was_down_for_two_days_catches_up(aging, late, mails):
    with clock.frozen(DUE + late):
        attest_notices.tell(DUE + late)
        attest_notices.tell(DUE + late)
    assert len(mailed()) == mails


def test_the_hourly_round_tells_everybody_who_looks_after_it(aging, owner):
    other = build.member(aging.organization, role=Membership.Role.STAFF)
    with clock.frozen(DUE - 7 * DAY):
        recheck.every_hour()
    recipients = Delivery.objects.filter(kind=attest_notices.DUE).values_list("recipient", flat=True)
    assert set(recipients) == {f"user:{owner.pk}", f"user:{other.pk}"}


def the_mail(at: datetime) -> str:
    delivery = Delivery.objects.filter(kind__in=attest_notices.SUBJECTS).latest("created_at")
    with clock.frozen(at):
        mail = attest_notices.compose(delivery)
    return f"{mail.subject}\n{mail.body}" if mail else ""


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (DUE - 7 * DAY, "by November 1, 2026"),
        (DUE, "until December 1, 2026"),
        (OFF, "since December 1, 2026"),
    ],
    ids=["due", "overdue", "off"],
)
def test_a_mail_leads_to_the_page_and_names_no_clinic_drug_or_person(aging, at, words):
    with clock.frozen(at):
        attest_notices.tell(at)
    mail = the_mail(at)
    assert words in mail
    assert f"/manage/attest/{aging.pk}/" in mail
    for told in (aging.name, aging.slug, "Owner", "etamine", "clinic"):
        assert told not in mail


def test_a_mail_is_not_sent_once_it_was_confirmed_or_its_time_has_passed(aging, owner):
    with clock.frozen(DUE - DAY):
        attest_notices.tell(DUE - DAY)
    assert the_mail(DUE - TICK)
    assert the_mail(DUE) == ""
    with clock.frozen(DUE - DAY):
        attesting.attest(clinic=aging, by=owner, typed_name="Olive Owner")
    assert the_mail(DUE - TICK) == ""


def test_who_takes_no_requests_does_not_hear_that_they_stopped(aging):
    Clinic.objects.filter(pk=aging.pk).update(takes_requests=False)
    with clock.frozen(OFF):
        attest_notices.tell(OFF)
    assert mailed() == []


def test_nobody_is_told_of_a_listing_that_nobody_looks_after(aging):
    ListingClaim.objects.update(ended_at=SAID_AT + DAY)
    with clock.frozen(DUE):
        attest_notices.tell(DUE)
    assert mailed() == []


def test_the_round_asks_the_same_number_of_questions_for_one_listing_and_for_four(
    aging, django_assert_num_queries
):
    with clock.frozen(DUE - 20 * DAY):
        build.many([{"attested_at": SAID_AT}] * 3)
    with django_assert_num_queries(6):
        attest_notices.wanted(DUE)
