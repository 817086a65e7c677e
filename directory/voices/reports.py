"""Somebody, who need not say who they are, tells us that something about a listing is wrong.

What they wrote is sealed, read by a verifier alone with a line in the trail, and destroyed on time. They hold a link
that shows what came of it. The clinic learns neither of the report nor of who made it.
"""

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from accounts import audit, keyring
from accounts.models import User
from directory.casework import cases
from directory.deciding import require_verifier
from directory.models import Case, Clinic, Report
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.voices import sealing
from outbox import clock, write_ahead_log

TEXT_LIMIT: Final = 1000
LONGEST_KEPT: Final = 90
"""Days. The operator may shorten it (PERSONAL_DATA_DAYS)."""

URGENT: Final = frozenset({Report.About.HARM, Report.About.SELLER})
"""To be looked at before everything else."""

REPORTER: Final = "reporter"
"""How the trail names somebody of whom nothing is known."""

_PURPOSE: Final = "report"
_ONCE: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Receipt:
    """The report, and the secret of the link that shows what came of it: 256 bits, kept only hashed."""

    report: Report
    token: str


def kept_days() -> int:
    """How many days we keep what somebody wrote."""
    return min(int(settings.PERSONAL_DATA_DAYS), LONGEST_KEPT)


def new_once() -> str:
    """A random text that makes two posts of one form the same report."""
    return secrets.token_hex(32)


@transaction.atomic
def make(*, clinic: Clinic, about: str, text: str = "", once: str = "") -> Receipt:
    """Keep a report, and open the case of it: at the top of the queue if somebody may come to harm.

    The same words with the same `once` (from `new_once`) are the same report. Raises NotAllowed for a clinic that the
    public does not know; Incomplete naming `about` or `text` if they cannot be kept.
    """
    if about not in Report.About.values:
        raise Incomplete(["about"])
    if len(text) > TEXT_LIMIT:
        raise Incomplete(["text"])
    token = _token(once, about, text)
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if found.status == Clinic.Status.CANDIDATE:
        raise NotAllowed("There is no such listing.")
    known = Report.objects.filter(token_digest=_digest(token)).first()
    return Receipt(known or _kept(found, Report.About(about), text.strip(), token), token)


def _kept(clinic: Clinic, about: Report.About, text: str, token: str) -> Report:
    now = clock.now()
    case = cases.open_case(
        clinic=clinic,
        kind=Case.Kind.REPORT,
        subject=about.value,
        why=[f"Somebody reported: {about.label}."],
        urgent=about in URGENT,
    )
    digest = _digest(token)
    key_id, box = sealing.seal(text, purpose=_PURPOSE, place=digest) if text else ("", None)
    report = Report.objects.create(
        clinic=clinic,
        case=case,
        about=about,
        key_id=key_id,
        sealed=box,
        token_digest=digest,
        made_at=now,
        text_until=now + timedelta(days=kept_days()),
    )
    _note(REPORTER, "report.made", report, about.value)
    return report


def _token(once: str, *words: str) -> str:
    """The secret of the link: for one form and its words always the same, and nobody but us can tell it from them."""
    chosen = once if _ONCE.fullmatch(once) else new_once()
    secret = keyring.derived("report link")
    return hmac.digest(secret, json.dumps([chosen, *words]).encode(), hashlib.sha256).hex()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def behind_link(token: str) -> Report | None:
    """The report of a link, with its clinic; None for a wrong one, and when what was written is destroyed."""
    reports = Report.objects.select_related("clinic").filter(text_until__gt=clock.now())
    return reports.filter(token_digest=_digest(token)).first()


@transaction.atomic
def read(*, report: Report, by: User) -> str:
    """What somebody wrote, "" if nothing. By a verifier with no part in the clinic; the trail has a line of it.

    Raises NotAllowed; directory.voices.sealing.DoesNotOpen if it was altered, or is destroyed.
    """
    require_verifier(by, report.clinic)
    if not report.key_id:
        return ""
    text = sealing.unseal(report.sealed, key_id=report.key_id, purpose=_PURPOSE, place=report.token_digest)
    _note(audit.actor_of(by), "report.read", report)
    return text


@transaction.atomic
def decide(*, report: Report, outcome: str, by: User) -> Report:
    """Say what came of it, for whoever holds the link; with its last report the case is closed.

    `outcome` is a Report.Outcome. It changes nothing about the listing. By a verifier with no part in the clinic.
    Raises NotAllowed, Incomplete, WrongState if it was decided before, cases.HeldByAnother.
    """
    require_verifier(by, report.clinic)
    if outcome not in Report.Outcome.values:
        raise Incomplete(["outcome"])
    Clinic.objects.select_for_update(no_key=True).get(pk=report.clinic_id)
    found = Report.objects.select_related("case").get(pk=report.pk)
    if found.outcome:
        raise WrongState(found.outcome)
    found.outcome, found.decided_at = outcome, clock.now()
    found.save()
    if not found.case.closed_at and not found.case.reports.filter(outcome="").exists():
        cases.close(case=found.case, outcome=outcome, by=by)
    _note(audit.actor_of(by), "report.decided", found, outcome)
    return found


def destroy_due(limit: int = 200) -> int:
    """Destroy what was written in reports that are old enough; how many. What they were about remains, as a count."""
    destroyed = _destroy_due(limit)
    if destroyed:
        write_ahead_log.empty()
    return destroyed


@transaction.atomic
def _destroy_due(limit: int) -> int:
    due = Report.objects.filter(sealed__isnull=False, text_until__lte=clock.now()).order_by("text_until")
    ids = list(due.values_list("pk", flat=True)[:limit])
    if ids:
        Report.objects.filter(pk__in=ids).update(sealed=None)
        audit.record_each(
            actor=audit.SYSTEM, action="report.destroy", object_type="report", object_ids=map(str, ids)
        )
    return len(ids)


def _note(actor: str, action: str, report: Report, purpose: str = "") -> None:
    audit.record(actor=actor, action=action, object_type="report", object_id=str(report.pk), purpose=purpose)
