"""Mails to those who look after a listing: some of its facts are due. No health data, and nothing of any patient.

30, 14 and 3 days before the next look is due, and 14 and 3 days before the listing would leave search for its age.
Only about facts where the clinic can help; what a registry's file renews is no work for it.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Exists, F, Min, OuterRef, Q

from directory import members
from directory.fact_rules import RULES, Needed
from directory.lapses import occasions
from directory.lapses.occasions import Notice
from directory.models import Check, Clinic, Offering
from directory.models.check import CheckQuerySet
from directory.vocabulary import Fact, Modality
from outbox import clock, handlers
from outbox.handlers import Mail
from outbox.models import Delivery

FACTS_DUE: Final = "listing-facts-due"
LEAVES_SOON: Final = "listing-leaves-soon"

STAGES: Final = ((LEAVES_SOON, 3), (LEAVES_SOON, 14), (FACTS_DUE, 3), (FACTS_DUE, 14), (FACTS_DUE, 30))
"""Days ahead, what is most pressing first: of several only the first is said."""

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


def register() -> None:
    """Tell the outbox how these are composed; called once, when the site starts."""
    handlers.register(FACTS_DUE, compose)
    handlers.register(LEAVES_SOON, compose)


def tell(at: datetime) -> int:
    """Promise the mails that are wanted at `at`; about how many listings."""
    return occasions.promise(wanted(at))


def wanted(at: datetime) -> list[Notice]:
    """At most one notice for each claimed listing, which was not said and does not follow another too soon.

    Facts fall due on different days; nobody gets a mail for each.
    """
    found: dict[int, Notice] = {}
    for kind, days in STAGES:
        for notice in _of_stage(kind, days, at):
            found.setdefault(notice.clinic_id, notice)
    said = occasions.said_of_late(SUBJECTS, at)
    return [
        notice
        for notice in found.values()
        if not said.has(notice) and (notice.days == 3 or notice.clinic_id not in said.clinic_ids)
    ]


def _of_stage(kind: str, days: int, at: datetime) -> list[Notice]:
    checks = _asked_of_listed().filter(_falls(kind, occasions.window(days, at), at))
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
