"""Mails to those who look after a listing: some of its facts are due. No health data, and nothing of any patient.

30, 14 and 3 days before the next look is due, and 14 and 3 days before the listing would leave search for its age.
Only about facts where the clinic can help; what a registry's file renews is no work for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Exists, F, Min, OuterRef, Q

from directory import members
from directory.fact_rules import RULES, Needed
from directory.models import Check, Clinic, Offering
from directory.models.check import CheckQuerySet
from directory.vocabulary import Fact, Modality
from outbox import clock, deliveries, handlers
from outbox.handlers import Mail
from outbox.models import Delivery

FACTS_DUE: Final = "listing-facts-due"
LEAVES_SOON: Final = "listing-leaves-soon"

STAGES: Final = ((LEAVES_SOON, 3), (LEAVES_SOON, 14), (FACTS_DUE, 3), (FACTS_DUE, 14), (FACTS_DUE, 30))
"""Days ahead, what is most pressing first: of several only the first is said."""

_CAUGHT_UP_FOR: Final = timedelta(days=2)
"""A worker that was down so long still says what it would have said."""

_QUIET_FOR: Final = timedelta(days=6)
"""Facts fall due on different days; nobody gets a mail for each."""

_ASKED: Final = [rule.fact for rule in RULES.values() if rule.asks_clinic]

SUBJECTS: Final = {
    FACTS_DUE: "Facts of your listing are due",
    LEAVES_SOON: "Your listing leaves the search soon",
}
_WHAT: Final = {
    FACTS_DUE: "Some facts of a listing that you look after are due to be checked again by {day}.",
    LEAVES_SOON: "Nobody could check some facts of a listing that you look after. It leaves the search on {day}.",
}
_BODY: Final = (
    "{what}\n\nSee which:\n{link}\n\n"
    "You can help: answer when we call, and tell us of a new license, address or phone number. A listing whose facts "
    "grew too old leaves the search by itself, and is back as soon as they are checked.\n\n"
    "This address is not read by anybody.\n"
)


@dataclass(frozen=True)
class Notice:
    """One mail to everybody who acts for a clinic. `day`: what it is about, as an ISO date in UTC."""

    kind: str
    days: int
    clinic_id: int
    day: str

    def key_for(self, recipient: str) -> str:
        """The same occasion is the same mail, whoever asks for it and however often."""
        return f"{self.kind}:{self.clinic_id}:{self.days}:{self.day}:{recipient}"


def register() -> None:
    """Tell the outbox how these are composed; called once, when the site starts."""
    handlers.register(FACTS_DUE, compose)
    handlers.register(LEAVES_SOON, compose)


def tell(at: datetime) -> int:
    """Promise the mails that are wanted at `at`; about how many listings."""
    found = wanted(at)
    looking_after = members.recipients_of_each(notice.clinic_id for notice in found)
    for notice in found:
        recipients = looking_after.get(notice.clinic_id, [])
        deliveries.enqueue_each(
            kind=notice.kind,
            subject=str(notice.clinic_id),
            dedupe_keys={recipient: notice.key_for(recipient) for recipient in recipients},
        )
    return len(found)


def wanted(at: datetime) -> list[Notice]:
    """At most one notice for each claimed listing, which was not said and does not follow another too soon."""
    found: dict[int, Notice] = {}
    for kind, days in STAGES:
        for notice in _of_stage(kind, days, at):
            found.setdefault(notice.clinic_id, notice)
    said, quiet = _said_of_late(at)
    return [
        notice
        for notice in found.values()
        if notice.key_for("") not in said and (notice.days == 3 or notice.clinic_id not in quiet)
    ]


def _of_stage(kind: str, days: int, at: datetime) -> list[Notice]:
    until = at + timedelta(days=days)
    window = (max(at, until - _CAUGHT_UP_FOR), until)
    checks = _asked_of_listed().filter(_falls(kind, window, at))
    rows = checks.values_list("clinic_id", "due_at", "lapses_at", "holds_until")
    return [
        Notice(kind, days, clinic, _day(kind, due, lapse, holds))
        for clinic, due, lapse, holds in rows.order_by("clinic_id", "due_at")
    ]


def _falls(kind: str, window: tuple[datetime, datetime], at: datetime) -> Q:
    if kind == LEAVES_SOON:
        return Q(holds_until__range=window, due_at__lte=at)
    return Q(due_at__range=window) | Q(lapses_at__range=window)


def _day(kind: str, due: datetime, lapse: datetime | None, holds: datetime) -> str:
    instant = holds if kind == LEAVES_SOON else min(due, lapse or due)
    return instant.date().isoformat()


def _asked_of_listed() -> CheckQuerySet:
    """Current checks of facts where the clinic can help, of listings that somebody looks after."""
    checks = Check.objects.current().filter(fact__in=_ASKED, outcome=Check.Outcome.HOLDS)
    theirs = ~Q(fact=Fact.LICENSE) | Q(
        license__practitioner=F("clinic__responsible"), license__state=F("clinic__state")
    )
    offered = Offering.objects.filter(clinic=OuterRef("clinic"), modality=Modality.ESKETAMINE)
    only_esketamine = [fact for fact in _ASKED if RULES[fact].needed == Needed.ESKETAMINE]
    concerns = ~Q(fact__in=only_esketamine) | Exists(offered)
    return checks.filter(theirs, concerns, clinic__in=Clinic.objects.listed().claimed().values("pk"))


def _said_of_late(at: datetime) -> tuple[set[str], set[int]]:
    """Occasions that were said, without their recipients; and listings that had a mail a short while ago."""
    rows = Delivery.objects.filter(kind__in=SUBJECTS, created_at__gt=at - _QUIET_FOR)
    pairs = list(rows.values_list("dedupe_key", "subject"))
    return {key.rpartition(":user:")[0] + ":" for key, _ in pairs}, {int(subject) for _, subject in pairs}


def compose(delivery: Delivery) -> Mail | None:
    """The mail, unless the facts were checked meanwhile, the listing has gone, or this person left."""
    clinic = Clinic.objects.listed().filter(pk=int(delivery.subject)).first()
    user = members.still_there(delivery.recipient, clinic) if clinic else None
    instant = _when(delivery.kind, clinic) if clinic and user else None
    if not (clinic and user and instant):
        return None
    what = _WHAT[delivery.kind].format(day=f"{instant:%B} {instant.day}, {instant.year}")
    link = f"{settings.SITE_URL}/clinic/{clinic.slug}/checks/"
    return Mail(user.email, SUBJECTS[delivery.kind], _BODY.format(what=what, link=link))


def _when(kind: str, clinic: Clinic) -> datetime | None:
    """The first instant it is about, None if there is none within a month any more."""
    now = clock.now()
    checks = _asked_of_listed().filter(clinic=clinic)
    month = (now, now + timedelta(days=31))
    if kind == LEAVES_SOON:
        found = checks.filter(_falls(kind, month, now)).aggregate(first=Min("holds_until"))["first"]
    else:
        ends = [checks.filter(**{f"{name}__range": month}).aggregate(first=Min(name))["first"] for name in
                ("due_at", "lapses_at")]  # fmt: skip
        found = min((end for end in ends if end), default=None)
    return found if isinstance(found, datetime) else None
