"""The page that says what is checked and what is not, written from the registry of facts itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory.fact_rules import GRACE, RULES, FactRule, Needed
from directory.vocabulary import Word
from directory.voices.reports import kept_days
from guide import routes
from guide.caching import public_page

MEANINGS = {
    Word.CHECKED: ("ok", "We compared it with a named source, and it still holds."),
    Word.CHECK_DUE: ("warn", "We checked it, and it is time to look again."),
    Word.NOT_CURRENT: ("bad", "The source says it does not hold now."),
    Word.CLINIC_SAYS: ("", "The clinic told us, on the day shown. We did not compare it with anything."),
    Word.NOT_CHECKED: ("", "Nobody has checked it, and the clinic has not said."),
}
"""What each of the five words says, and the tone it is shown in."""


@dataclass(frozen=True)
class Row:
    """A fact of the table, and after how many days we look again; None where no source could be looked at."""

    rule: FactRule
    days: int | None


@login_not_required
@public_page
def about_checks(request: HttpRequest) -> HttpResponse:
    """What is checked, with whom, how long it holds, who decides, and what a check does not tell."""
    rows = list(_rows())
    context = {
        "needed": [row for row in rows if row.rule.needed != Needed.OPTIONAL],
        "optional": [row for row in rows if row.rule.needed == Needed.OPTIONAL and row.days],
        "said": [row for row in rows if not row.days],
        "grace_days": GRACE.days,
        "words": [(word.label, *MEANINGS[word]) for word in Word],
        "imports_need_two": getattr(settings, "IMPORTS_NEED_TWO_VERIFIERS", True),
        "report_days": kept_days(),
        "routes": routes.ROUTES.values(),
    }
    return render(request, "directory/about_checks.html", context)


def _rows() -> Iterator[Row]:
    for rule in RULES.values():
        yield Row(rule, rule.holds_for.days if rule.holds_for else None)
