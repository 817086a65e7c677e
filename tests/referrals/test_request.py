"""Asking a clinic: one transaction, one referral per key, nothing stored for a clinic that may not receive."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AuditEvent
from directory.models import Check, Clinic
from directory.vocabulary import Fact
from outbox import clock
from outbox.models import Delivery
from referrals import consent, envelope, lifecycle, reading
from referrals.models import Referral, TimelineEntry
from referrals.requesting import REFERENCE_ALPHABET
from referrals.vocabulary import Actor, Status
from tests import build
from tests.build_referrals import answers, sent

pytestmark = pytest.mark.django_db

KEY = "a key that a session holds"


def test_it_stores_the_referral_its_first_step_a_message_and_its_trail(clinic, owner):
    receipt = sent(clinic)
    referral = Referral.objects.get()
    assert (referral, receipt.replayed) == (receipt.referral, False)
    assert (referral.status, referral.clinic, referral.may_mail_patient) == (Status.REQUESTED, clinic, True)
    step = TimelineEntry.objects.get()
    assert (step.number, step.actor, step.status, step.at) == (
        1,
        Actor.PATIENT,
        "requested",
        referral.created_at,
    )
    assert _messages() == [("clinic-new-request", str(referral.pk), f"user:{owner.pk}")]
    event = AuditEvent.objects.latest("seq")
    assert (event.actor, event.action, event.object_id) == ("patient", "referral.request", str(referral.pk))


def test_each_reachable_member_gets_a_message_and_nobody_else(clinic, owner, colleague, stranger):
    gone = build.member(clinic.organization)
    gone.memberships.update(ended_at=clock.now())
    asleep = build.member(clinic.organization)
    asleep.is_active = False
    asleep.save()
    sent(clinic)
    assert {recipient for *_, recipient in _messages()} == {f"user:{owner.pk}", f"user:{colleague.pk}"}


def test_the_sealed_part_holds_answers_and_token_and_no_column_does(clinic):
    receipt = sent(clinic, note="only mornings", topics=("ptsd",))
    payload = envelope.unseal(Referral.objects.get())
    assert payload == {
        "answers": answers(note="only mornings", topics=("ptsd",)).as_payload(),
        "token": receipt.token,
    }
    stored = repr(Referral.objects.values().get())
    assert not any(
        text in stored for text in ("Sam", "mornings", "3035550142", "patient.example", receipt.token)
    )


def test_the_token_has_256_bits_and_is_stored_hashed(clinic):
    receipt = sent(clinic)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", receipt.token)
    assert receipt.referral.token_digest == reading.digest_of(receipt.token)


def test_the_reference_can_be_read_out(clinic):
    references = {sent(clinic).referral.reference for _ in range(20)}
    assert len(references) == 20
    letters = f"[{REFERENCE_ALPHABET}]{{3}}"
    assert all(re.fullmatch(f"{letters}-{letters}", reference) for reference in references)
    assert not set(REFERENCE_ALPHABET) & set("0O1IL2Z5S8BAEU")


def test_a_reference_in_use_is_drawn_again(clinic, monkeypatch):
    drawn = iter("K7QK7QK7QK7QK7QK7QM4DM4D")
    monkeypatch.setattr("referrals.requesting.secrets.choice", lambda letters: next(drawn))
    assert sent(clinic).referral.reference == "K7Q-K7Q"
    assert sent(clinic).referral.reference == "M4D-M4D"


def test_consent_is_kept_by_version_and_digest(clinic):
    referral = sent(clinic).referral
    words = consent.text(clinic)
    assert (referral.consent_version, referral.consent_digest) == (words.version, words.digest)


def test_consent_to_other_words_stores_nothing(clinic):
    words = replace(consent.text(clinic), digest="0" * 64)
    with pytest.raises(lifecycle.ConsentChanged):
        lifecycle.request(clinic=clinic, answers=answers(), consent=words, idempotency_key=KEY)
    _nothing_stored()


# --- once per key ------------------------------------------------------------------------------


def test_the_same_key_and_answers_give_the_same_receipt(clinic):
    first, again = sent(clinic, key=KEY), sent(clinic, key=KEY)
    assert (again.referral, again.token, again.replayed) == (first.referral, first.token, True)
    assert Referral.objects.count() == Delivery.objects.count() == TimelineEntry.objects.count() == 1


def test_a_repeat_leaves_a_trail_because_the_token_was_read(clinic):
    sent(clinic, key=KEY)
    sent(clinic, key=KEY)
    event = AuditEvent.objects.latest("seq")
    assert (event.action, event.purpose) == ("referral.read", "repeated request")


def test_the_same_key_with_other_answers_or_for_another_clinic_is_refused(clinic):
    sent(clinic, key=KEY)
    with pytest.raises(lifecycle.KeyReused):
        sent(clinic, key=KEY, call_me="Alex")
    with pytest.raises(lifecycle.KeyReused):
        sent(build.clinic(), key=KEY)
    assert Referral.objects.count() == 1


def test_each_sender_has_keys_of_its_own(clinic):
    words = consent.text(clinic)
    for sender in ("patient", "client:1", "client:2"):
        lifecycle.request(clinic=clinic, answers=answers(), consent=words, idempotency_key=KEY, by=sender)
    assert Referral.objects.count() == 3


def test_sender_and_key_are_not_run_together(clinic):
    words = consent.text(clinic)
    for sender, key in (("client:1", "1x"), ("client:11", "x")):
        lifecycle.request(clinic=clinic, answers=answers(), consent=words, idempotency_key=key, by=sender)
    assert Referral.objects.count() == 2


def test_a_repeat_after_the_clinic_lapsed_is_still_a_repeat(clinic):
    first = sent(clinic, key=KEY)
    Clinic.objects.update(takes_requests=False)
    assert sent(clinic, key=KEY).token == first.token


def test_a_repeat_after_the_keys_were_rotated_is_still_a_repeat(clinic, settings):
    first = sent(clinic, key=KEY)
    settings.PHI_KEYS = "newer:" + "A" * 43 + "=," + settings.PHI_KEYS
    again = sent(clinic, key=KEY)
    assert (again.token, again.replayed) == (first.token, True)
    assert Referral.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 1_000_000, "\x00", "\ud800", "ключ"])
def test_any_text_is_a_key(clinic, key):
    words = consent.text(clinic)
    for replayed in (False, True):
        receipt = lifecycle.request(clinic=clinic, answers=answers(), consent=words, idempotency_key=key)
        assert receipt.replayed is replayed


# --- who may receive ---------------------------------------------------------------------------

NOON = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"status": Clinic.Status.SUSPENDED, "status_reason": Clinic.StatusReason.UNDER_REVIEW},
        {"status": Clinic.Status.CLOSED, "status_reason": Clinic.StatusReason.MOVED},
        {"status": Clinic.Status.CANDIDATE},
        {"takes_requests": False},
        {"paused_until": datetime(2999, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_clinic_that_may_not_receive_gets_nothing(clinic, change):
    Clinic.objects.filter(pk=clinic.pk).update(**change)
    with pytest.raises(lifecycle.NotTaking) as caught:
        sent(clinic)
    assert caught.value.clinic == clinic
    _nothing_stored()


@pytest.mark.parametrize("fact", [Fact.LICENSE, Fact.NPI, Fact.EXCLUSION, Fact.CONTACT])
def test_a_clinic_with_a_failing_fact_gets_nothing(fact):
    with pytest.raises(lifecycle.NotTaking):
        sent(build.clinic(fails=(fact,)))
    _nothing_stored()


def test_an_unclaimed_clinic_gets_nothing():
    with pytest.raises(lifecycle.NotTaking):
        sent(build.clinic(claimed=False, takes_requests=True))
    _nothing_stored()


def test_a_clinic_nobody_can_be_reached_at_gets_nothing(clinic, owner):
    owner.is_active = False
    owner.save()
    with pytest.raises(lifecycle.NotTaking):
        sent(clinic)
    _nothing_stored()


def test_a_treatment_that_is_not_offered_gets_nothing():
    clinic = build.clinic(modalities=("iv",))
    assert sent(clinic, modality="iv")
    with pytest.raises(lifecycle.NotTaking):
        sent(clinic, modality="esketamine")
    assert Referral.objects.count() == 1


def test_esketamine_is_asked_only_of_a_certified_site():
    clinic = build.clinic(fails=(Fact.REMS,))
    assert sent(clinic)
    assert sent(clinic, modality="iv")
    with pytest.raises(lifecycle.NotTaking):
        sent(clinic, modality="esketamine")


def test_a_license_receives_until_its_last_instant_and_not_in_it():
    clinic = build.clinic(license_ends=NOON, checked_at=NOON - timedelta(days=10))
    tick = timedelta(microseconds=1)
    with clock.frozen(NOON - tick):
        assert sent(clinic).referral.created_at == NOON - tick
    for late in (NOON, NOON + tick):
        with clock.frozen(late), pytest.raises(lifecycle.NotTaking):
            sent(clinic)
    assert not Referral.objects.filter(created_at__gte=NOON).exists()


def test_a_known_lapse_of_the_certification_acts_at_its_instant():
    clinic = build.clinic(lapses={Fact.REMS: NOON}, checked_at=NOON - timedelta(days=10))
    with clock.frozen(NOON - timedelta(microseconds=1)):
        assert sent(clinic, modality="esketamine")
    with clock.frozen(NOON):
        with pytest.raises(lifecycle.NotTaking):
            sent(clinic, modality="esketamine")
        assert sent(clinic)


def test_what_the_caller_believes_of_the_clinic_does_not_count(clinic):
    believed = Clinic.objects.get(pk=clinic.pk)
    Check.objects.filter(clinic=clinic, fact=Fact.EXCLUSION).update(outcome=Check.Outcome.FAILS)
    with pytest.raises(lifecycle.NotTaking):
        sent(believed)


# --- answers -----------------------------------------------------------------------------------


def test_a_request_is_for_an_adult_who_can_be_reached():
    with pytest.raises(ValueError, match="adult"):
        answers(adult=False)
    with pytest.raises(ValueError, match="phone"):
        answers(phone="", email="")


def test_answers_survive_sealing(clinic):
    full = answers(
        for_whom="other",
        call_me="李 O'Brien <script>",
        phone_extension="12",
        voicemail_ok=True,
        text_ok=True,
        best_time="mornings",
        language="es",
        interpreter=True,
        topics=("depression", "ptsd"),
        modality="iv",
        insurance="medicaid",
        note="=cmd()\n{{7*7}} ${jndi:x} \U0001f642",
    )
    receipt = lifecycle.request(
        clinic=clinic, answers=full, consent=consent.text(clinic), idempotency_key=KEY
    )
    read = reading.read(referral=receipt.referral, by=build.member(clinic.organization), purpose="test")
    assert read == full


def test_a_person_who_left_only_a_phone_gets_no_mail(clinic, owner):
    referral = sent(clinic, email="").referral
    lifecycle.open(referral=referral, by=owner)
    assert referral.may_mail_patient is False
    assert not Delivery.objects.filter(kind="patient-update").exists()


def _messages():
    return list(Delivery.objects.order_by("recipient").values_list("kind", "subject", "recipient"))


def _nothing_stored():
    assert not Referral.objects.exists()
    assert not TimelineEntry.objects.exists()
    assert not Delivery.objects.exists()
    assert not AuditEvent.objects.filter(object_type="referral").exists()
