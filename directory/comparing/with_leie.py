"""The federal exclusion list beside clinics: the same NPI ends the fact, the same name is work for a person."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from directory import screening
from directory.comparing.findings import Difference, Finding, Values, day_of
from directory.models import Case, Check, Clinic, LeieEntry
from directory.registries.fields import digest
from directory.screening import Matches, Screen, Subject
from directory.vocabulary import Fact

WORD: Final = "leie"
SAID: Final = {
    "source": "OIG exclusion list",
    "source_url": "https://exclusions.oig.hhs.gov/",
    "how": "Compared with the file that the OIG publishes",
}
MOST_SHOWN: Final = 5
"""Entries of one name on a case; the staff see how many more there are."""


def findings(clinics: Sequence[Clinic]) -> Iterator[Finding]:
    """One finding for each clinic; none before a full list was loaded."""
    whole_on = day_of("leie")
    newest_on = day_of("leie", "leie-excl", "leie-rein")
    if whole_on is None or newest_on is None:
        return
    also = screening.registered_names(clinic.organization.npi for clinic in clinics)
    required = {
        clinic.pk: screening.required_subjects(clinic, also[clinic.organization.npi]) for clinic in clinics
    }
    others = {clinic.pk: _others(clinic) for clinic in clinics}
    screen = Screen(subject for group in (required, others) for some in group.values() for subject in some)
    for clinic in clinics:
        found = _found(clinic, required[clinic.pk], others[clinic.pk], screen)
        # A supplement says who was added or reinstated; only a full list says of all others that they are not on it.
        whole = found.outcome == Check.Outcome.HOLDS
        yield replace(found, seen_on=whole_on if whole else newest_on, newest_on=newest_on)


def _others(clinic: Clinic) -> list[Subject]:
    """Who works there beside the responsible clinician. The listing does not rest on them."""
    people = [one for one in clinic.practitioners.all() if one.pk != clinic.responsible_id]
    return [screening.of_practitioner(one, clinic.state) for one in people]


def _found(clinic: Clinic, required: list[Subject], others: list[Subject], screen: Screen) -> Finding:
    matches = {subject: screen.of(subject) for subject in [*required, *others]}
    excluded = [subject for subject in required if matches[subject].excluded]
    named = [subject for subject in required if matches[subject].by_name]
    elsewhere = [subject for subject in others if matches[subject].excluded or matches[subject].by_name]
    return Finding(
        clinic=clinic,
        fact=Fact.EXCLUSION,
        outcome=Check.Outcome.FAILS if excluded else Check.Outcome.HOLDS,
        seen_on=date.min,
        cause=excluded[0].who if excluded else "",
        said=SAID,
        differences=(
            *(_by_number(subject, matches[subject]) for subject in excluded),
            *(_by_name(subject, matches[subject]) for subject in named),
            *(_elsewhere(subject, matches[subject]) for subject in elsewhere),
        ),
    )


def _by_number(subject: Subject, matches: Matches) -> Difference:
    why = "The exclusion list names this NPI. The listing is not shown. Look the entry up with the OIG."
    return _difference(subject, matches.by_npi, why, kind=Case.Kind.CONFLICT, urgent=True)


def _by_name(subject: Subject, matches: Matches) -> Difference:
    why = (
        "Somebody of this name is on the exclusion list. It may be another person: nothing was changed in public."
        " Ask the OIG's own search, and compare what else is known."
    )
    return _difference(subject, matches.by_name, why)


def _elsewhere(subject: Subject, matches: Matches) -> Difference:
    why = "Not the responsible clinician, but somebody who works there: the exclusion list has this NPI or this name."
    entries = matches.by_npi or matches.by_name
    return _difference(subject, entries, why, urgent=matches.excluded, blocks=False)


def _difference(
    subject: Subject,
    entries: Sequence[LeieEntry],
    why: str,
    *,
    kind: str = Case.Kind.MATCH,
    urgent: bool = False,
    blocks: bool = True,
) -> Difference:
    ours: Values = {"Name": subject.name, "NPI": subject.npi, "State": subject.state}
    return Difference(
        f"{WORD} {subject.who}", ours, _theirs(entries), (why,), kind=kind, urgent=urgent, blocks=blocks
    )


def _theirs(entries: Sequence[LeieEntry]) -> Values:
    shown = entries[:MOST_SHOWN]
    return {
        "Name": _each(_name(entry) for entry in shown),
        "NPI": _each(entry.npi or "none" for entry in shown),
        "State": _each(f"{entry.city}, {entry.state}" for entry in shown),
        "Specialty": _each(entry.specialty or entry.general for entry in shown),
        "Excluded since": _each(str(entry.excluded_on or "?") for entry in shown),
        "Kind of exclusion": _each(entry.exclusion_type for entry in shown),
        "Entries of this name": str(len(entries)),
        # So that a decision is about these entries, and one more makes it a new question.
        "Fingerprint": digest(tuple(sorted(entry.pk for entry in entries)))[:12],
    }


def _each(values: Iterator[str]) -> str:
    return " / ".join(values)


def _name(entry: LeieEntry) -> str:
    person = " ".join(filter(None, (entry.first_name, entry.middle_name, entry.last_name)))
    return entry.business_name or person
