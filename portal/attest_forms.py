"""What somebody at a clinic fills in to confirm its listing, or to take no requests for a while."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms

from directory.attesting import NAME_LIMIT
from directory.listings import LONGEST_PAUSE
from directory.models import Clinic
from referrals.forms import LineField, PlainForm

TICK: Final = "I checked these today. I am allowed to say so for this clinic."


class AttestForm(PlainForm):
    """`seen`: the fingerprint of what the page showed (directory.attesting)."""

    checked = forms.BooleanField(
        label=TICK,
        error_messages={"required": "Tick the box to say that you checked these today"},
    )
    typed_name = LineField(
        label="Type your name",
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": "Type your name",
            "max_length": f"Use {NAME_LIMIT} characters or fewer",
        },
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_typed_name(self) -> str:
        name: str = self.cleaned_data["typed_name"]
        if not any(letter.isalnum() for letter in name):
            raise forms.ValidationError("Type your name", code="required")
        return name


_BY_DATE: Final = "date"
_DAYS: Final = {"week": 7, "two-weeks": 14, "month": 30}
_LENGTHS: Final = [
    ("week", "A week"),
    ("two-weeks", "Two weeks"),
    ("month", "A month (30 days)"),
    (_BY_DATE, "Until a day that I choose"),
]
_REASONS: Final = [
    (Clinic.PauseReason.FULL, "We have no room for new patients"),
    (Clinic.PauseReason.STAFF, "Somebody who gives the care is away"),
    (Clinic.PauseReason.HOLIDAY, "We are closed for a holiday"),
    (Clinic.PauseReason.WORKS, "We are moving or rebuilding"),
    (Clinic.PauseReason.OTHER, "I would rather not say"),
]


class PauseForm(PlainForm):
    """How long, and why. `resumes_on` is the first day on which requests are taken again."""

    length = forms.ChoiceField(
        label="For how long?",
        choices=_LENGTHS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how long", "invalid_choice": "Choose how long from the list"},
    )
    until = forms.DateField(
        label="The first day on which you take requests again",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=f"Only if you choose a day yourself: at most {LONGEST_PAUSE.days} days from today.",
        error_messages={"invalid": "Enter a day like 2026-11-30"},
    )
    reason = forms.ChoiceField(
        label="Why?",
        choices=_REASONS,
        widget=forms.RadioSelect,
        help_text="Patients read this.",
        error_messages={"required": "Choose a reason", "invalid_choice": "Choose a reason from the list"},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        """`today`: the day at the clinic."""
        super().__init__(*args, **kwargs)
        self.today = today
        ends = {"min": today + timedelta(days=1), "max": today + LONGEST_PAUSE}
        self.fields["until"].widget.attrs |= {name: day.isoformat() for name, day in ends.items()}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        length = given.get("length", "")
        if length in _DAYS:
            given["resumes_on"] = self.today + timedelta(days=_DAYS[length])
        elif length == _BY_DATE and "until" not in self.errors:
            given["resumes_on"] = self._chosen(given.get("until"))
        return given

    def _chosen(self, day: date | None) -> date | None:
        if day is None:
            self.add_error("until", "Enter the first day on which you take requests again")
        elif day <= self.today:
            self.add_error("until", "Choose a day after today")
        elif day > self.today + LONGEST_PAUSE:
            self.add_error("until", f"Choose a day within {LONGEST_PAUSE.days} days")
        return day
