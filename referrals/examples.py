"""A few example requests, made by the same doors as real ones, so that an example inbox is not empty."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from accounts.models import User
from directory import examples
from directory.models import Clinic
from outbox import clock
from referrals import consent, lifecycle
from referrals.answers import Answers
from referrals.models import Referral
from referrals.vocabulary import CompleteReason, DeclineReason


def load(say: Callable[[str], None] = lambda text: None) -> int:
    """Send example requests to the clinic of the front desk's sign-in. Returns how many."""
    desk = User.objects.get(email=examples.FRONT_DESK.email)
    clinic = (
        Clinic.objects.able_to_receive().filter(organization__memberships__user=desk).order_by("pk").first()
    )
    if clinic is None:
        return 0
    say("requests")
    steps = [_leave_new, _leave_new, _ask, _accept, _set_date, _decline, _finish]
    for number, (who, step) in enumerate(zip(_people(), steps, strict=True)):
        step(_send(clinic, who, number), desk)
    return len(steps)


def _people() -> list[Answers]:
    return [
        _person("Sam", phone="+14155550142", topics=("depression",), best_time="mornings"),
        _person("Alex", email="alex@patient.example", topics=("rather-tell",), modality="esketamine"),
        _person(
            "Robin", phone="+14155550143", email="robin@patient.example", topics=("ptsd",), language="es"
        ),
        _person("Jo", phone="+14155550144", topics=("depression", "anxiety"), insurance="medicaid"),
        _person("Kim", email="kim@patient.example", topics=("pain",), modality="iv"),
        _person("Lee", phone="+14155550145", for_whom="other", topics=("other",)),
        _person("Pat", email="pat@patient.example", topics=("depression",), note="Mornings are best for me."),
    ]


def _person(call_me: str, **known: Any) -> Answers:
    return Answers(**{"for_whom": "me", "call_me": call_me, "adult": True, **known})


def _send(clinic: Clinic, answers: Answers, number: int) -> Referral:
    key = f"example-{number}-{secrets.token_urlsafe(16)}"
    return lifecycle.request(
        clinic=clinic, answers=answers, consent=consent.text(clinic), idempotency_key=key
    ).referral


def _leave_new(referral: Referral, desk: User) -> None:
    """Nobody has opened it."""


def _ask(referral: Referral, desk: User) -> None:
    lifecycle.open(referral=referral, by=desk)
    lifecycle.ask(referral=referral, question="Which mornings work for you?", by=desk)


def _accept(referral: Referral, desk: User) -> None:
    lifecycle.open(referral=referral, by=desk)
    lifecycle.accept(referral=referral, by=desk)


def _set_date(referral: Referral, desk: User) -> None:
    _accept(referral, desk)
    lifecycle.set_appointment(referral=referral, at=clock.now() + timedelta(days=6), by=desk)


def _decline(referral: Referral, desk: User) -> None:
    lifecycle.open(referral=referral, by=desk)
    lifecycle.decline(referral=referral, reason=DeclineReason.NOT_ACCEPTING, by=desk)


def _finish(referral: Referral, desk: User) -> None:
    _set_date(referral, desk)
    lifecycle.complete(referral=referral, reason=CompleteReason.SEEN, by=desk)
