"""What is stored after kills of the web server, against what people were told: `python -m drills.web_kills_check
LEDGER FORMS` in a process of the site. Prints counts as JSON; all of BROKEN must be 0.
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

from benchmarks import people
from drills import ledger

SENT = 302
BROKEN = (
    "lost",
    "doubled",
    "nobody_asked",
    "does_not_open",
    "wrong_deliveries",
    "without_one_first_step",
    "sent_page_of_another",
    "audit_problems",
)


@dataclass
class Told:
    """By person's number: who pressed Send at all, and who was answered that it was sent."""

    pressed: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)


def told(path: Path) -> Told:
    """What the ledger says."""
    found = Told()
    for line in ledger.read(path):
        if line["event"] == "before":
            found.pressed.add(line["person"])
        elif line["status"] == SENT:
            found.answered.add(line["person"])
    return found


def compare(ledger_path: Path, forms_path: Path) -> dict[str, Any]:
    """Counts of what is stored and of every broken promise."""
    from accounts import audit

    said, forms = told(ledger_path), {form.name: form for form in people.read(forms_path)}
    opened, does_not_open = _opened()
    by_person = Counter(forms[name].number if name in forms else -1 for name in opened.values())
    problems = audit.verify()
    return {
        "stored": len(opened) + does_not_open,
        "acknowledged": len(said.answered),
        "told_again": _told_again(),
        "lost": len(said.answered - by_person.keys()),
        "doubled": sum(1 for times in by_person.values() if times > 1),
        "nobody_asked": len(by_person.keys() - said.pressed),
        "does_not_open": does_not_open,
        "wrong_deliveries": _wrong_deliveries(),
        "without_one_first_step": _without_one_first_step(),
        "sent_page_of_another": _sent_page_of_another(said, forms, opened),
        "audit_problems": len(problems),
        "audit_says": problems[:3],
    }


def _opened() -> tuple[dict[str, str], int]:
    """Reference and name of every referral that decrypts, and how many do not."""
    from referrals import envelope
    from referrals.models import Referral

    names, closed = {}, 0
    for referral in Referral.objects.iterator():
        try:
            names[referral.reference] = str(envelope.unseal(referral)["answers"]["call_me"])
        except envelope.EnvelopeError:
            closed += 1
    return names, closed


def _told_again() -> int:
    """Repeats that found their request stored already: kills after the commit and before the answer, mostly."""
    from accounts.models import AuditEvent

    return AuditEvent.objects.filter(purpose="repeated request").count()


def _wrong_deliveries() -> int:
    """Referrals whose clinic's members were not told once each, and messages about no referral."""
    from accounts.models import Membership
    from outbox.models import Delivery
    from referrals.models import Referral

    organization = Referral.objects.values_list("clinic__organization_id", flat=True).first()
    members = Membership.objects.active().filter(organization_id=organization)
    wanted = sorted(f"user:{user}" for user in members.values_list("user_id", flat=True))
    told_of: dict[str, list[str]] = {str(pk): [] for pk in Referral.objects.values_list("pk", flat=True)}
    for subject, recipient in Delivery.objects.filter(kind="clinic-new-request").values_list(
        "subject", "recipient"
    ):
        told_of.setdefault(subject, ["no such referral"]).append(recipient)
    return sum(1 for recipients in told_of.values() if sorted(recipients) != wanted)


def _without_one_first_step() -> int:
    """Referrals whose timeline is not exactly "requested"."""
    from referrals.models import Referral, TimelineEntry

    steps = Counter(TimelineEntry.objects.values_list("referral_id", flat=True))
    return sum(1 for pk in Referral.objects.values_list("pk", flat=True) if steps[pk] != 1)


def _sent_page_of_another(said: Told, forms: dict[str, Any], opened: dict[str, str]) -> int:
    """People told that it was sent whose session does not lead to their own stored referral's private page."""
    from referrals.models import Referral

    reference_of = {name: reference for reference, name in opened.items()}
    digest_of = dict(Referral.objects.values_list("reference", "token_digest"))
    waiting = [form for form in forms.values() if form.number in said.answered]
    return sum(1 for form in waiting if not _leads_home(form, reference_of, digest_of))


def _leads_home(form: people.Filled, reference_of: dict[str, str], digest_of: dict[str, str]) -> bool:
    from django.contrib.sessions.backends.db import SessionStore

    from directory.models import Clinic
    from referrals import drafts, reading

    reference, token = drafts.sent(SessionStore(form.session), Clinic.objects.get(slug=form.clinic)) or (
        "",
        "",
    )
    mine = reference != "" and reference_of.get(form.name) == reference
    return mine and digest_of[reference] == reading.digest_of(token)


if __name__ == "__main__":
    django.setup()
    print(json.dumps(compare(Path(sys.argv[1]), Path(sys.argv[2]))))
