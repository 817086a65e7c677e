"""The operator's terms for receiving requests: each version that was published, and which clinic agreed to it.

    terms.publish(version="2027-01", text=text)          what `manage.py publish_terms` does
    terms.state_of(clinic)                               "none", "agreed", "new" or "missing"

A clinic begins to take requests only with the current terms agreed. A newer version stops nothing: the clinic is asked
to agree within 30 days, and after that the operator's staff decides.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

from django.db import transaction

from accounts import audit
from accounts.models import Membership, User
from directory.deciding import acts_for, require_somebody_there
from directory.models import Clinic, ListingClaim, Terms, TermsAgreement
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock

State = Literal["none", "agreed", "new", "missing"]
"""No terms were published; the clinic agreed to those of today; to earlier ones alone; to none."""

TIME_TO_AGREE: Final = timedelta(days=30)
LONGEST: Final = 100_000
"""Characters of a text."""

NAME_LIMIT: Final = 120
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")
_KEPT_CONTROLS: Final = "\n\t"


class NotPublishable(ValueError):
    """No text that could be kept under this version. The message is for the operator."""


@transaction.atomic
def publish(*, version: str, text: str) -> Terms:
    """Keep a version for good, from now on the current one; the same text again changes nothing.

    By the command line, which already has the database. Raises NotPublishable.
    """
    found = look(version=version, text=text)
    if found.pk:
        return found
    found.save()
    audit.record(
        actor=audit.SYSTEM,
        action="terms.published",
        object_type="terms",
        object_id=str(found.pk),
        purpose=version,
    )
    return found


def look(*, version: str, text: str) -> Terms:
    """The version as it is kept, or as it would be: then without a key. Changes nothing. Raises NotPublishable."""
    plain = _plain(text)
    if not _VERSION.fullmatch(version):
        raise NotPublishable("A version has at most 20 letters, digits, dots, hyphens or underscores.")
    known = Terms.objects.filter(version=version).first()
    if known and known.text != plain:
        raise NotPublishable("This version was published with another text. Choose another version.")
    return known or Terms(version=version, text=plain, published_at=clock.now())


def _plain(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not plain:
        raise NotPublishable("The text is empty.")
    if len(plain) > LONGEST:
        raise NotPublishable(f"The text is longer than {LONGEST:,} characters.")
    if any(
        unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in plain if letter not in _KEPT_CONTROLS
    ):
        raise NotPublishable("The text holds control characters. Save it as plain text.")
    return plain


# --- what stands -------------------------------------------------------------------------------


def current() -> Terms | None:
    """The version of today, if the operator published any."""
    return Terms.objects.order_by("-published_at", "-pk").first()


def every_version() -> list[Terms]:
    """The latest first."""
    return list(Terms.objects.order_by("-published_at", "-pk"))


def state_of(clinic: Clinic) -> State:
    """Where a clinic stands with the terms of today."""
    return states_of([clinic.pk])[clinic.pk]


def states_of(clinics: Iterable[int]) -> dict[int, State]:
    """The same for many clinics by their keys, in three statements.

    What was agreed under an earlier claim bound somebody else: only agreements of the claim that stands count.
    """
    wanted, today = list(clinics), current()
    if today is None:
        return dict.fromkeys(wanted, "none")
    standing = ListingClaim.objects.standing().filter(clinic__in=wanted)
    since = dict(standing.values_list("clinic", "decided_at"))
    agreed: dict[int, set[int]] = {pk: set() for pk in wanted}
    rows = TermsAgreement.objects.filter(clinic__in=since).values_list("clinic", "terms", "agreed_at")
    for clinic, terms, at in rows:
        if at >= (since[clinic] or at):
            agreed[clinic].add(terms)
    return {pk: _state(agreed[pk], today) for pk in wanted}


def _state(agreed: set[int], today: Terms) -> State:
    if today.pk in agreed:
        return "agreed"
    return "new" if agreed else "missing"


def agree_by(terms: Terms) -> datetime:
    """Until when a clinic that agreed to earlier terms is asked to agree to these."""
    return terms.published_at + TIME_TO_AGREE


# --- agreeing ----------------------------------------------------------------------------------


@transaction.atomic
def agree(*, clinic: Clinic, by: User, version: str, typed_name: str) -> TermsAgreement:
    """A manager agrees for the clinic to the version that they read; agreeing again changes nothing.

    Raises NotAllowed for anybody else, or without a claim that stands; WrongState if it is not the current version;
    Incomplete without a name.
    """
    require_somebody_there(by, clinic)
    if not acts_for(by, clinic, Membership.Role.MANAGER):
        raise NotAllowed("Only a manager of the clinic may do this.")
    name = " ".join(typed_name.split())
    if not name or len(name) > NAME_LIMIT:
        raise Incomplete(["typed_name"])
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    today = current()
    if today is None or today.version != version:
        raise WrongState("another version")
    return _agreed(clinic, today, by, name)


def _agreed(clinic: Clinic, today: Terms, by: User, name: str) -> TermsAgreement:
    known = TermsAgreement.objects.filter(clinic=clinic, terms=today, agreed_by=by).first()
    if known and state_of(clinic) == "agreed":
        return known
    row = known or TermsAgreement(clinic=clinic, terms=today, agreed_by=by)
    row.agreed_at, row.typed_name = clock.now(), name
    row.save()
    audit.record(
        actor=audit.actor_of(by),
        action="terms.agreed",
        object_type="clinic",
        object_id=str(clinic.pk),
        purpose=today.version,
    )
    return row


def require_agreed(clinic: Clinic) -> None:
    """Incomplete(["terms"]) unless the clinic agreed to the terms of today, or none were published."""
    if state_of(clinic) not in ("none", "agreed"):
        raise Incomplete(["terms"])
