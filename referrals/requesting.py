"""A person asks a clinic: eligibility, sealing, timeline, messages and trail in one transaction."""

import hashlib
import hmac
import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import audit, keyring
from directory.models import Clinic
from outbox import clock
from outbox.failpoints import failpoint
from referrals import consent as consent_words
from referrals import eligibility, envelope, reading, receiving, telling
from referrals.answers import Answers
from referrals.consent import ConsentText
from referrals.errors import ConsentChanged, KeyReused, NotTaking
from referrals.models import Referral, TimelineEntry
from referrals.vocabulary import Actor

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B and no vowels: it can be read out, and spells nothing.
REFERENCE_ALPHABET = "34679CDFGHJKMNPQRTVWXY"
TOKEN_BYTES = 32
ATTEMPTS = 5


@dataclass(frozen=True)
class Receipt:
    """What the sender gets: the referral, the token of its private page, and whether this was a repeat.

    `token` is "" when the repeat came after the personal data were destroyed.
    """

    referral: Referral
    token: str
    replayed: bool


@dataclass(frozen=True)
class _Asked:
    clinic: Clinic
    answers: Answers
    consent: ConsentText
    idempotency_digest: str
    by: str


def request(
    *,
    clinic: Clinic,
    answers: Answers,
    consent: ConsentText,
    idempotency_key: str,
    by: str = audit.PATIENT,
) -> Receipt:
    """Send one person's request to one clinic, once per key however often and fast it is posted.

    `by` is "patient" or "client:<id>"; each has its own keys. Raises NotTaking when the clinic cannot
    receive it at this instant, KeyReused when the key came with other content, ConsentChanged when
    the words agreed to are not today's: in each case nothing was stored.
    """
    failpoint("request.before-begin")
    asked = _Asked(clinic, answers, consent, idempotency_digest(by, idempotency_key), by)
    receipt = _tried(asked, ATTEMPTS)
    failpoint("request.after-commit")
    return receipt


def _tried(asked: _Asked, attempts: int) -> Receipt:
    """Two posts with one key, or two equal references, at the same instant: the loser looks again."""
    try:
        return _once(asked)
    except IntegrityError:
        if attempts == 1:
            raise
        return _tried(asked, attempts - 1)


@transaction.atomic
def _once(asked: _Asked) -> Receipt:
    failpoint("request.after-begin")
    clinic = eligibility.lock(asked.clinic.pk)
    failpoint("request.after-lock")
    earlier = Referral.objects.filter(idempotency_digest=asked.idempotency_digest).first()
    if earlier is not None:
        return _replay(asked, earlier)
    now = clock.now()
    if not receiving.can_receive(clinic.pk, asked.answers.modality, now):
        raise NotTaking(clinic)
    if asked.consent.digest != consent_words.text(clinic).digest:
        raise ConsentChanged
    failpoint("request.after-eligibility")
    return _written(asked, clinic, now)


def _written(asked: _Asked, clinic: Clinic, now: datetime) -> Receipt:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    referral = _row(asked, clinic, now, token)
    failpoint("request.after-sealing")
    referral.save(force_insert=True)
    failpoint("request.after-referral")
    _first_step(referral)
    failpoint("request.after-timeline")
    telling.tell_clinic_of_request(referral)
    failpoint("request.after-deliveries")
    audit.record(
        actor=asked.by, action="referral.request", object_type="referral", object_id=str(referral.pk)
    )
    failpoint("request.after-audit")
    return Receipt(referral=referral, token=token, replayed=False)


def _row(asked: _Asked, clinic: Clinic, now: datetime, token: str) -> Referral:
    """The token goes into the sealed part too: mails to the patient carry the link."""
    row = uuid.uuid4()
    box = envelope.seal(row, {"answers": asked.answers.as_payload(), "token": token})
    return Referral(
        id=row,
        clinic=clinic,
        reference=_reference(),
        created_at=now,
        status_at=now,
        token_digest=reading.digest_of(token),
        idempotency_digest=asked.idempotency_digest,
        body_digest=_body_digest(asked, box.key_id),
        consent_version=asked.consent.version,
        consent_digest=asked.consent.digest,
        may_mail_patient=bool(asked.answers.email),
        key_id=box.key_id,
        wrapped_key=box.wrapped_key,
        sealed=box.sealed,
    )


def _first_step(referral: Referral) -> None:
    TimelineEntry.objects.create(
        referral=referral, number=1, at=referral.status_at, actor=Actor.PATIENT, status=referral.status
    )


def _replay(asked: _Asked, earlier: Referral) -> Receipt:
    """The first answer again, whatever has become of clinic and wording since."""
    if not hmac.compare_digest(earlier.body_digest, _body_digest(asked, earlier.key_id)):
        raise KeyReused
    try:
        token = reading.patient_mail(referral=earlier, purpose="repeated request").token
    except reading.PersonalDataGone:
        token = ""
    failpoint("request.after-replay")
    return Receipt(referral=earlier, token=token, replayed=True)


def _reference() -> str:
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(6))
    return f"{letters[:3]}-{letters[3:]}"


def idempotency_digest(by: str, key: str) -> str:
    """How a sender's key is kept. No secret in it: a key says nothing of a person, and must match after rotation."""
    parts = [part.encode("utf-8", "surrogatepass") for part in (by, key)]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


def _body_digest(asked: _Asked, key_id: str) -> str:
    """Of what was asked of whom, under a key derived from the one that sealed it: not to be guessed at."""
    body = json.dumps([asked.clinic.pk, asked.answers.as_payload()], sort_keys=True).encode("ascii")
    return hmac.digest(keyring.derived("idempotency", key_id), body, hashlib.sha256).hex()
