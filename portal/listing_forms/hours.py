"""When a clinic is open: two spans a day, before and after a break, as rows that work without script."""

import re
import unicodedata
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError

from directory import opening
from directory.models import Clinic
from portal.listing_forms.section_form import SectionForm, words_field

_TIME: Final = re.compile(r"([0-9]{1,2})(?:[:.]?([0-9]{2}))?\s*(?:([ap])\.?\s*m?\.?)?", re.ASCII)
NO_TIME: Final = "Enter a time like 9:00 or 1:30 PM, from 0:00 to 23:59"
BOTH: Final = "Enter both: when it opens and when it closes"
NOON: Final = 12


class TimeField(forms.CharField):
    """Cleans to "09:00", or ""."""

    def clean(self, value: Any) -> str:
        text = unicodedata.normalize("NFKC", str(super().clean(value) or "")).strip().lower()
        if not text:
            return ""
        found = _TIME.fullmatch(text)
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 99)
        if found and found[3] and 1 <= hour <= NOON:
            hour = hour % NOON + (NOON if found[3] == "p" else 0)
        if hour > 23 or minute > 59:
            raise forms.ValidationError(NO_TIME, code="invalid")
        return f"{hour:02d}:{minute:02d}"


class HoursForm(SectionForm):
    """Rows named d0_opens_1, d0_closes_1, d0_opens_2, d0_closes_2 for Monday, and so on."""

    listing: ClassVar = ("opening_hours", "hours")

    hours = words_field(
        "Anything else about your hours",
        'For example "Closed on public holidays", or "Evenings by appointment".',
        limit=500,
        rows=3,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day, label in enumerate(opening.DAYS):
            for span in range(1, opening.MOST_A_DAY + 1):
                for what in ("opens", "closes"):
                    self.fields[f"d{day}_{what}_{span}"] = _time_field(label, what, span)
        self.order_fields([*(name for name in self.fields if name != "hours"), "hours"])

    @classmethod
    def initial_of(cls, clinic: Clinic) -> dict[str, Any]:
        """The spans of the clinic in its rows."""
        initial: dict[str, Any] = {"hours": clinic.hours}
        for day in range(len(opening.DAYS)):
            spans = [span for span in clinic.opening_hours if span["day"] == day]
            for number, span in enumerate(spans, start=1):
                initial |= {f"d{day}_{what}_{number}": span[what] for what in ("opens", "closes")}
        return initial

    def days(self) -> list[dict[str, Any]]:
        """For the page: each day with its two spans; the second is open where it is used."""
        return [self._day(day, label) for day, label in enumerate(opening.DAYS)]

    def _day(self, day: int, label: str) -> dict[str, Any]:
        first, second = ([self[f"d{day}_{what}_{span}"] for what in ("opens", "closes")] for span in (1, 2))
        used = any(field.value() or field.errors for field in second)
        return {"label": label, "first": first, "second": second, "second_open": used}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        given["opening_hours"] = [
            span for day in range(len(opening.DAYS)) for span in self._spans(day, given)
        ]
        return given

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.listing}

    def _spans(self, day: int, given: dict[str, Any]) -> list[dict[str, Any]]:
        """The spans of a day; what is wrong with them stands beside the row."""
        spans = []
        for number in range(1, opening.MOST_A_DAY + 1):
            opens, closes = given.get(f"d{day}_opens_{number}"), given.get(f"d{day}_closes_{number}")
            if opens and closes:
                spans.append({"day": day, "opens": opens, "closes": closes})
            elif (opens or closes) and not self._has_errors(day):
                self.add_error(f"d{day}_{'closes' if opens else 'opens'}_{number}", BOTH)
        return self._in_form(day, spans)

    def _in_form(self, day: int, spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            return opening.in_form(spans)
        except ValidationError as wrong:
            self.add_error(f"d{day}_closes_1", wrong.messages[0])
            return []

    def _has_errors(self, day: int) -> bool:
        return any(name.startswith(f"d{day}_") for name in self.errors)


def _time_field(label: str, what: str, span: int) -> TimeField:
    again = " after the break" if span > 1 else ""
    return TimeField(
        label=f"{label}, {what}{again}",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "time"}),
        error_messages={"max_length": NO_TIME},
    )
