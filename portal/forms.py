"""What a clinic answers, in the words that the patient will read."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from directory.voices.replies import TEXT_LIMIT
from referrals import wording
from referrals.forms import MESSAGE_LIMIT, NoteField, PlainForm
from referrals.vocabulary import CompleteReason, DeclineReason, Status

CANNED_QUESTIONS = (
    "Which days and times are good for a first call?",
    "Which state do you live in?",
    "How would you like to pay for the visit?",
    "Have you had this kind of treatment before?",
)


OUT_OF_RANGE = "Choose a time in the future, within two years"
LAST_YEAR = 9000  # instants near the end of the calendar have no UTC


class AcceptForm(PlainForm):
    note = NoteField(
        label="A word to the person",
        help_text='For example: "Ana will call you on Tuesday morning." They read it on their private page.',
        required=False,
        max_length=MESSAGE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AskForm(PlainForm):
    canned = forms.ChoiceField(
        label="A usual question",
        required=False,
        choices=[("", "Write my own below"), *((words, words) for words in CANNED_QUESTIONS)],
    )
    question = NoteField(
        label="Your question",
        help_text="The person reads exactly this, and answers on their private page.",
        required=False,
        max_length=MESSAGE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": f"Use {MESSAGE_LIMIT:,} characters or fewer"},
    )

    def clean(self) -> dict[str, Any]:
        """`question` becomes all that is asked: the usual one, then one's own words."""
        given: dict[str, Any] = super().clean() or {}
        parts = [given.get("canned", ""), given.get("question", "").strip()]
        given["question"] = "\n".join(part for part in parts if part)
        if not given["question"] and not self.errors:
            self.add_error("question", "Choose a question or write one")
        elif len(given["question"]) > MESSAGE_LIMIT:
            self.add_error("question", f"Use {MESSAGE_LIMIT:,} characters or fewer")
        return given


class DeclineForm(PlainForm):
    reason = forms.ChoiceField(
        label="Why?",
        choices=DeclineReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason", "invalid_choice": "Choose a reason from the list"},
    )


class AppointmentForm(PlainForm):
    """A day and a time at the clinic. `at` is the instant."""

    day = forms.DateField(
        label="Day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Enter the day", "invalid": "Enter a day like 2026-11-30"},
    )
    hour = forms.TimeField(
        label="Time",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S", "%I:%M %p"],
        error_messages={"required": "Enter the time", "invalid": "Enter a time like 14:30"},
    )

    def __init__(self, *args: Any, time_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(time_zone)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("day") and given.get("hour"):
            given["at"] = self._instant(given["day"], given["hour"])
        return given

    def _instant(self, day: date, hour: time) -> datetime | None:
        """The first of two when clocks go back; an error for an hour that clocks jump over."""
        at = datetime.combine(day, hour, self.zone)
        if day.year > LAST_YEAR:
            self.add_error("day", OUT_OF_RANGE)
            return None
        if at.astimezone(ZoneInfo("UTC")).astimezone(self.zone).replace(fold=0) != at:
            self.add_error("hour", "Clocks change that night, and this hour does not exist. Choose another")
            return None
        return at


class FinishForm(PlainForm):
    reason = forms.ChoiceField(
        label="How did it end?",
        choices=CompleteReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it ended", "invalid_choice": "Choose from the list"},
    )


def decline_opening() -> str:
    """What the person reads first, whatever the reason."""
    return wording.sentence(Status.REJECTED)


def decline_reasons() -> list[dict[str, str]]:
    """Each reason as the clinic chooses it, and the sentence that the person reads after `decline_opening`."""
    return [
        {"slug": slug, "label": str(label), "sentence": wording.reason(slug)}
        for slug, label in DeclineReason.choices
    ]


class ReplyForm(PlainForm):
    text = NoteField(
        label="Your answer",
        help_text=f"At most {TEXT_LIMIT} characters, about this fact alone. Name no patient.",
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Write your answer first",
            "max_length": f"Use {TEXT_LIMIT} characters or fewer",
        },
    )
