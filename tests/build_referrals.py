"""Builders of requests, made by the same doors as real ones.

build_referrals.answers(phone="", email="sam@patient.example")    what somebody answered
build_referrals.referral(clinic, note="Mornings")                  one that was just sent to `clinic`
build_referrals.sent(clinic, modality="iv").token                  the receipt, with the private link's token
build_referrals.referral(clinic, reached="accepted", by=owner)     one that went further
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from accounts.models import User
from directory.models import Clinic
from outbox import clock
from referrals import consent, lifecycle
from referrals.answers import Answers
from referrals.lifecycle import Receipt
from referrals.models import Referral
from referrals.vocabulary import CompleteReason, DeclineReason, Status

QUESTION = "Which mornings work for you?"


def answers(**overrides: Any) -> Answers:
    """Somebody who left a phone number and an e-mail address, and is not sure about the treatment."""
    plain: dict[str, Any] = {"call_me": "Sam", "phone": "+13035550142", "email": "sam@patient.example"}
    return Answers(**{**plain, **overrides})


def sent(clinic: Clinic, *, key: str = "", **overrides: Any) -> Receipt:
    """A request that `clinic` has not opened. `overrides` are those of `answers`."""
    return lifecycle.request(
        clinic=clinic,
        answers=answers(**overrides),
        consent=consent.text(clinic),
        idempotency_key=key or secrets.token_urlsafe(32),
    )


def referral(
    clinic: Clinic, *, reached: str = Status.REQUESTED, by: User | None = None, **overrides: Any
) -> Referral:
    """A request to `clinic` that has reached a status; `by` is the member of the clinic who acted."""
    made = sent(clinic, **overrides).referral
    for step in _WAYS[Status(reached)]:
        step(made, by)
    return made


def _open(made: Referral, by: Any) -> None:
    lifecycle.open(referral=made, by=by)


def _ask(made: Referral, by: Any) -> None:
    lifecycle.ask(referral=made, question=QUESTION, by=by)


def _accept(made: Referral, by: Any) -> None:
    lifecycle.accept(referral=made, by=by)


def _set_date(made: Referral, by: Any) -> None:
    lifecycle.set_appointment(referral=made, at=clock.now() + timedelta(days=7), by=by)


def _complete(made: Referral, by: Any) -> None:
    lifecycle.complete(referral=made, reason=CompleteReason.SEEN, by=by)


def _decline(made: Referral, by: Any) -> None:
    lifecycle.decline(referral=made, reason=DeclineReason.NOT_ACCEPTING, by=by)


def _withdraw(made: Referral, by: Any) -> None:
    lifecycle.withdraw(referral=made)


def _stop(made: Referral, by: Any) -> None:
    lifecycle.stop(referral=made)


_WAYS: dict[Status, list[Callable[[Referral, Any], None]]] = {
    Status.REQUESTED: [],
    Status.RECEIVED: [_open],
    Status.ON_HOLD: [_open, _ask],
    Status.ACCEPTED: [_open, _accept],
    Status.IN_PROGRESS: [_open, _accept, _set_date],
    Status.COMPLETED: [_open, _accept, _set_date, _complete],
    Status.REJECTED: [_open, _decline],
    Status.CANCELLED: [_withdraw],
    Status.FAILED: [_stop],
}
