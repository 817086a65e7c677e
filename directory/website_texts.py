"""What a clinic's confirmed website said on a day, as staff read it there: the gate reads it like any other text."""

from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import User
from directory import gate
from directory.casework import cases
from directory.deciding import require_verifier
from directory.models import Case, Clinic, WebsiteText
from directory.refusals import Incomplete, NotAllowed
from outbox import clock

SUBJECT: Final = "website"
"""The subject of the case that it opens; there is one for a clinic at a time."""

LONGEST: Final = 20_000

_TOO_COMMON: Final = frozenset({"link-elsewhere", "phone-elsewhere", "chat-handle"})
"""Of a whole website these say nothing."""


@transaction.atomic
def record(*, clinic: Clinic, text: str, by: User) -> gate.Findings:
    """Keep what the website of the confirmed domain says now, and what the gate finds in it.

    Whatever it finds opens a case, at the top of the queue if the drug seems to be for sale; nothing public changes
    before a person has decided. `text` is at most 20,000 characters; it is shown to the staff alone. By a verifier
    with no part in the clinic. Raises NotAllowed, also where no domain is confirmed; Incomplete without text;
    ValidationError for one that is too long or cannot be kept.
    """
    require_verifier(by, clinic)
    _require_text(text)
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if not found.confirmed_domain:
        raise NotAllowed("Confirm the domain of the website first.")
    kept = WebsiteText.objects.create(clinic=found, text=text, recorded_at=clock.now(), recorded_by=by)
    findings = _look(kept)
    if findings:
        _open_case(found, findings)
    audit.record(
        actor=audit.actor_of(by), action="website.read", object_type="clinic", object_id=str(kept.clinic_id)
    )
    return findings


def last_findings(clinic: Clinic) -> gate.Findings:
    """What the gate finds in the text that was read last; nothing where none was."""
    last = clinic.website_texts.select_related("clinic").order_by("-recorded_at", "-pk").first()
    return _look(last) if last else gate.Findings()


def _look(kept: WebsiteText) -> gate.Findings:
    return gate.look({"website_text": kept.text}, clinic=kept.clinic).without(_TOO_COMMON)


def _open_case(clinic: Clinic, findings: gate.Findings) -> None:
    cases.open_case(
        clinic=clinic,
        kind=Case.Kind.HELD,
        subject=SUBJECT,
        theirs={"Website": clinic.confirmed_domain},
        why=["This was found on the clinic's own website.", *findings.sentences],
        urgent=bool(findings.block),
    )


def _require_text(text: str) -> None:
    if not text.strip():
        raise Incomplete(["text"])
    if len(text) > LONGEST:
        raise ValidationError({"text": f"At most {LONGEST:,} characters."})
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValidationError({"text": "This holds a character that cannot be kept."})
