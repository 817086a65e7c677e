"""What was checked of one clinic, with whom and when: the one account that its page and its JSON both give.

Every fact as it stands now, what the clinic says about a fact that does not hold, and every earlier look. Nobody is
named but the clinician whose license is shown; who looked is the operator's own matter.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy

from directory import attestation, facts
from directory.models import CaseStep, Check, Clinic, License, Reply
from directory.vocabulary import Fact, Word
from outbox import clock

DOES_NOT_TELL: Final = (
    gettext_lazy("how good the care is"),
    gettext_lazy("that it will work for you"),
    gettext_lazy("what it costs"),
    gettext_lazy("that nothing has changed since the dates above"),
)
"""What no check says, however current it is."""


@dataclass(frozen=True)
class Answer:
    """What the clinic said about a check that went against it, let through by a verifier."""

    text: str
    said_on: date


@dataclass(frozen=True)
class Line:
    """One fact as it stands. Days are in UTC. `source_date`: the day on the registry's file, if it was one.

    verbatim: the source's own words. tried_on: when we last looked and the source could not be reached. check: the look
    that decides it, None where there is none.
    """

    line: facts.FactLine
    verbatim: str
    source_date: date | None
    tried_on: date | None
    answers: list[Answer]
    check: Check | None


@dataclass(frozen=True)
class Past:
    """An earlier look, and the day on which a later one took its place. It names no license: people move on."""

    fact: Fact
    word: Word
    source: str
    verbatim: str
    source_date: date | None
    checked_on: date
    replaced_on: date
    answers: list[Answer]

    @property
    def label(self) -> str:
        return str(facts.RULES[self.fact].label)


@dataclass(frozen=True)
class Account:
    """All of it. `required` counts the facts that must hold, `current` those of them that are Checked."""

    clinic: Clinic
    lines: list[Line]
    history: list[Past]
    required: int
    current: int
    oldest_on: date | None
    next_due_on: date | None


def account(clinic: Clinic, at: datetime | None = None) -> Account:
    """The account of `clinic` (from facts.with_facts) at an instant. Three statements, however long its history."""
    moment = at or clock.now()
    answers, tried = _answers(clinic), _tried(clinic)
    lines = [_line(clinic, line, answers, tried) for line in facts.lines(clinic, moment)]
    needed = facts.needed_facts(clinic)
    required = [each.line for each in lines if each.line.fact in needed]
    return Account(
        clinic=clinic,
        lines=lines,
        history=_history(clinic, answers),
        required=len(required),
        current=sum(line.word == Word.CHECKED for line in required),
        oldest_on=min((line.checked_on for line in required if line.checked_on), default=None),
        next_due_on=min((line.due_on for line in required if line.due_on), default=None),
    )


def _answers(clinic: Clinic) -> dict[int, list[Answer]]:
    """What the clinic may be read to say, by check, the latest first."""
    shown = Reply.objects.filter(check_answered__clinic=clinic, shown=True).order_by("-made_at", "-pk")
    by_check: dict[int, list[Answer]] = defaultdict(list)
    for reply in shown:
        by_check[reply.check_answered_id].append(Answer(reply.text, reply.made_at.date()))
    return by_check


def _tried(clinic: Clinic) -> list[CaseStep]:
    """Every look that found the source away (directory.casework.decisions.cannot_check), the latest first."""
    steps = CaseStep.objects.filter(case__clinic=clinic, action="cannot-check", code="source-down")
    return list(steps.select_related("case").order_by("-at", "-pk"))


def _tried_since(check: Check | None, fact: Fact, tried: list[CaseStep]) -> date | None:
    """The day of the latest of them that is about this fact, and about this license; None before the last good look."""
    if check is None:
        return None
    for step in tried:
        if step.case.fact == fact and step.case.license_id in (None, check.license_id):
            return step.at.date() if step.at > check.checked_at else None
    return None


def _line(
    clinic: Clinic, line: facts.FactLine, answers: dict[int, list[Answer]], tried: list[CaseStep]
) -> Line:
    check = facts.deciding_check(clinic, line.fact)
    return Line(
        line=line,
        verbatim=_own_words(check),
        source_date=check.source_date if check else None,
        tried_on=_tried_since(check, line.fact, tried),
        answers=answers.get(check.pk, []) if check else [],
        check=check,
    )


def _own_words(check: Check | None) -> str:
    """The source's words for the status; of the exclusion list none, because its lines name people."""
    return check.verbatim if check and check.fact != Fact.EXCLUSION else ""


def _history(clinic: Clinic, answers: dict[int, list[Answer]]) -> list[Past]:
    earlier = Check.objects.filter(clinic=clinic, superseded_at__isnull=False)
    return [_past(check, answers) for check in earlier.order_by("-checked_at", "-pk")]


def _past(check: Check, answers: dict[int, list[Answer]]) -> Past:
    replaced_at = check.superseded_at or check.checked_at
    return Past(
        fact=Fact(check.fact),
        word=facts.word_of(check, check.checked_at),
        source=check.source,
        verbatim=_own_words(check),
        source_date=check.source_date,
        checked_on=check.checked_at.date(),
        replaced_on=replaced_at.date(),
        answers=answers.get(check.pk, []),
    )


# --- the same for machines ---------------------------------------------------------------------


def document(found: Account) -> dict[str, Any]:
    """The account as JSON: dates as YYYY-MM-DD, null where there is none; the five words as slugs."""
    clinic = found.clinic
    return {
        "clinic": {
            "slug": clinic.slug,
            "name": clinic.name,
            "url": f"{settings.SITE_URL}/clinic/{clinic.slug}/",
        },
        "required": found.required,
        "current": found.current,
        "oldest_on": _day(found.oldest_on),
        "next_due_on": _day(found.next_due_on),
        "attested_on": _day(clinic.attested_at.date() if clinic.attested_at else None),
        "attestation_due_on": _day(attestation.due_at(clinic).date()),
        "checks": [_check(line) for line in found.lines],
        "does_not_tell": [str(text) for text in DOES_NOT_TELL],
        "history_count": len(found.history),
        "history": [_earlier(past) for past in found.history],
    }


def _check(entry: Line) -> dict[str, Any]:
    line = entry.line
    return {
        "fact": line.fact.value,
        "label": str(line.label),
        "word": line.word.value,
        "source": line.source,
        "source_url": line.source_url,
        "how": line.how,
        "verbatim": entry.verbatim,
        "source_date": _day(entry.source_date),
        "checked_on": _day(line.checked_on),
        "due_on": _day(line.due_on),
        "tried_on": _day(entry.tried_on),
        "license": _license(line.license) if line.license else None,
        "clinic_says": _said(entry.answers),
    }


def _license(held: License) -> dict[str, str]:
    return {
        "holder": str(held.practitioner),
        "state": held.state,
        "number": held.number,
        "authority": held.authority,
        "lookup_url": held.lookup_url,
    }


def _earlier(past: Past) -> dict[str, Any]:
    return {
        "fact": past.fact.value,
        "label": past.label,
        "word": past.word.value,
        "source": past.source,
        "verbatim": past.verbatim,
        "source_date": _day(past.source_date),
        "checked_on": _day(past.checked_on),
        "replaced_on": _day(past.replaced_on),
        "clinic_says": _said(past.answers),
    }


def _said(answers: list[Answer]) -> list[dict[str, Any]]:
    return [{"text": answer.text, "said_on": _day(answer.said_on)} for answer in answers]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
