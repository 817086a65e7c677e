"""What a case page shows: the facts to look at, what waits to be decided, the words for a call, the history."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.forms import Form
from django.utils.formats import date_format

from accounts.models import User
from directory import claims, editing, facts, opt_outs
from directory.casework import asking, cases
from directory.casework import decisions as case_decisions
from directory.casework import values as case_values
from directory.fact_rules import RULES
from directory.gate.sentences import SENTENCES
from directory.models import Case, CaseStep, Clinic, License, ListingClaim, ProposedChange, Removal, Report
from directory.refusals import NotAllowed
from directory.vocabulary import Fact, Word
from directory.voices import reports, sealing
from outbox import clock
from portal import case_forms, case_verbs

ACTIONS: Final = {
    "taken": "took it",
    "released": "gave it back",
    "snoozed": "put it off",
    "noted": "wrote a note",
    "called": "called the clinic",
    "asked": "asked the clinic",
    "waits-for-the-clinic": "put it off until the clinic has had time",
    "sent-back": "sent it back",
    "looked": "looked at a fact",
    "cannot-check": "could not check it",
    "evidence": "kept a file",
    "submitted": "submitted it for listing",
    "suspended": "suspended the listing",
    "closed": "closed it",
    "letter": "printed a letter",
}
_LABELS: Final = {
    **{choice.value: str(choice.label) for choice in cases.CallOutcome},
    **{choice.value: str(choice.label) for choice in asking.Question},
    **{choice.value: str(choice.label) for choice in case_decisions.CannotCheck},
    **{choice.value: str(choice.label) for choice in case_decisions.NothingToDo},
    **{choice.value: str(choice.label) for choice in Clinic.StatusReason},
    **{choice.value: str(choice.label) for choice in Report.Outcome},
    **{choice.value: str(choice.label) for choice in claims.CallOutcome},
    **{choice.value: str(choice.label) for choice in ListingClaim.Status},
    **{choice.value: str(choice.label) for choice in Removal.Outcome},
    opt_outs.OUTCOME: "It asked not to be listed",
    case_decisions.PASSED: "It holds",
    case_decisions.FAILED: "It does not hold",
    case_decisions.LISTED: "Listed",
    case_decisions.RETURNED: "Shown again",
}


@dataclass(frozen=True)
class Told:
    """One line of the history."""

    step: CaseStep
    who: str
    what: str
    code: str


@dataclass(frozen=True)
class Item:
    """One fact to look at, and the public line of today: `label`, the word, `source`, `today`."""

    fact: Fact
    word: Word
    line: str
    form: Form
    held: License | None
    lookup_url: str
    label: str
    source: str
    today: str
    is_open: bool
    fails_when: str


@dataclass(frozen=True)
class Waiting:
    """A proposed change, its values side by side, and what the gate found, in words."""

    change: ProposedChange
    lines: list[case_values.Line]
    findings: list[str]
    is_contact: bool
    accept: Form
    refuse: Form


@dataclass(frozen=True)
class ToldReport:
    """A report; `text` is None while the reader does not hold the case, or it is destroyed."""

    report: Report
    text: str | None
    form: Form


def item(
    case: Case, fact: Fact, verb: str, filled: Mapping[str, Form], *, word: Word, line: str = ""
) -> Item:
    """A fact with its form: the one that was posted, else an empty one."""
    prefix = f"{verb}-{fact}"
    held = case_verbs.held_for(case, fact)
    form = filled.get(prefix) or case_forms.look_form(
        None, clinic=case.clinic, fact=fact, held=held, prefix=prefix
    )
    return Item(
        fact=fact,
        word=word,
        line=line,
        form=form,
        held=held,
        lookup_url=held.lookup_url if held else "",
        label=str(RULES[fact].label),
        source=str(form["source"].value() or ""),
        today=date_format(clock.now(), "M j, Y"),
        is_open=prefix in filled,
        fails_when=str(RULES[fact].fails_when),
    )


def checklist(case: Case, filled: Mapping[str, Form]) -> list[Item]:
    """Every fact that must hold for this clinic, and the two that may be seen besides."""
    clinic = facts.with_facts(Clinic.objects.filter(pk=case.clinic_id)).get()
    known = {line.fact: line for line in facts.lines(clinic)}
    wanted = [*facts.needed_facts(clinic), Fact.DISCIPLINE, Fact.ACCREDITATION]
    return [
        item(
            case,
            fact,
            "look",
            filled,
            word=known[fact].word if fact in known else Word.NOT_CHECKED,
            line=_known(known.get(fact)),
        )
        for fact in wanted
    ]


def _known(line: facts.FactLine | None) -> str:
    if line is None or line.checked_on is None:
        return ""
    return f"{line.source}, {date_format(line.checked_on, 'M j, Y')}"


def in_words(slug: str) -> str:
    """A slug of Incomplete for a person."""
    plain = {
        "point": "a point on the map (a ZIP code that we know)",
        "responsible": "the clinician in charge",
        "offerings": "the treatment given there",
        "members": "somebody who acts for the clinic here: nobody does, so call it instead",
        "text": "some words",
        "reason": "a reason",
        "outcome": "an outcome",
        "call": "a call in which the clinic said yes",
    }
    return plain.get(slug) or (str(RULES[Fact(slug)].label) if slug in RULES else slug)


def waiting_changes(case: Case, filled: Mapping[str, Form]) -> list[Waiting]:
    """Each change that waits in the case: old and new value, findings in words, and its two forms."""
    return [_waiting(case, change, filled) for change in case_decisions.changes_of(case)]


def _waiting(case: Case, change: ProposedChange, filled: Mapping[str, Form]) -> Waiting:
    new = editing.thawed(change.values)
    old = {name: editing.value_of(case.clinic, name) for name in new}
    forms = {}
    for slug in ("accept", "refuse"):
        prefix = f"{slug}-{change.pk}"
        forms[slug] = filled.get(prefix) or case_forms.ChangeForm(
            prefix=prefix, initial={"change": change.pk}
        )
    return Waiting(
        change=change,
        lines=case_values.side_by_side(_by_label(old), _by_label(new)),
        findings=findings_in_words(change.findings),
        is_contact=bool(editing.CONTACT & set(new)),
        **forms,
    )


def _by_label(values: Mapping[str, Any]) -> dict[str, str]:
    return {editing.label(name): editing.shown(name, value) for name, value in values.items()}


def findings_in_words(codes: list[Any]) -> list[str]:
    """What the gate found, as sentences for the staff."""
    return [SENTENCES.get(str(code), str(code)) for code in codes]


def told_reports(case: Case, user: User, filled: Mapping[str, Form]) -> list[ToldReport]:
    """The reports of the case. What somebody wrote is unsealed only for the verifier who holds the case."""
    return [_told_report(case, report, user, filled) for report in case.reports.order_by("pk")]


def _told_report(case: Case, report: Report, user: User, filled: Mapping[str, Form]) -> ToldReport:
    prefix = f"report-{report.pk}"
    form = filled.get(prefix) or case_forms.ReportForm(prefix=prefix, initial={"report": report.pk})
    text = None
    if case.taken_by_id == user.pk and user.is_verifier:
        with suppress(NotAllowed, sealing.DoesNotOpen):
            text = reports.read(report=report, by=user)
    return ToldReport(report, text, form)


def script(clinic: Clinic) -> list[str]:
    """What to say on the phone, in this order."""
    name = settings.SITE_NAME
    number = case_values.side_by_side({"Phone": clinic.phone}, {})[0].ours[0].text
    lines = [
        f"Hello. I am calling from {name}, a directory of clinics. I have three short questions.",
        f"Is this {clinic.name}?",
        f"Is your address {case_values.address(clinic)}?",
        f"Is {number} the number for people who want a first visit?",
    ]
    if clinic.responsible:
        lines.append(f"Is {clinic.responsible} still the clinician in charge?")
    return [*lines, "Thank you. I will note that we spoke today."]


def history(case: Case) -> list[Told]:
    """What people did, the latest first."""
    steps = case.steps.select_related("by").order_by("-pk")
    return [
        Told(
            step=step,
            who=str(step.by) if step.by else "The system",
            what=ACTIONS.get(step.action, step.action),
            code="" if step.action == "evidence" else _in_words(step.code),
        )
        for step in steps
    ]


def _in_words(code: str) -> str:
    fact, _, outcome = code.partition(" ")
    if fact in RULES and outcome:
        return f"{RULES[Fact(fact)].label}: {'it holds' if outcome == 'holds' else 'it does not hold'}"
    return _LABELS.get(code, code)
