"""What the staff fills in about a case: a look at a fact, a call, a question, a reason."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms

from directory.casework import asking, cases
from directory.casework import decisions as case_decisions
from directory.changes import REASON_LIMIT
from directory.fact_rules import RULES
from directory.models import Check, Clinic, License, Removal, Report
from directory.time_zones import end_of
from directory.vocabulary import Fact, LicenseStatus
from outbox import clock
from referrals.forms import LineField, NoteField, PlainForm

HOLDS, FAILS = Check.Outcome.HOLDS.value, Check.Outcome.FAILS.value
LIMITED: Final = {LicenseStatus.ACTIVE_RESTRICTED, LicenseStatus.PROBATION}
"""A person decides whether these hold, and says so in the words of the board."""


class WordsForm(PlainForm):
    """One text."""

    text = NoteField(
        label="Note",
        max_length=cases.NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For colleagues. Write nothing about a patient.",
        error_messages={"required": "Write a sentence", "max_length": "Use 1,000 characters or fewer"},
    )


class SendBackForm(WordsForm):
    """Why somebody should look again."""

    text = NoteField(
        label="What should be looked at again?",
        max_length=cases.NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what should be looked at again"},
    )


class DayForm(PlainForm):
    """A day on which the case comes back: at 8 in the morning at the clinic."""

    day = forms.DateField(
        label="Until",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Enter the day", "invalid": "Enter a day like 2026-11-30"},
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        self.fields["day"].initial = _next_weekday(clock.now().date())

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        last = clock.now() + timedelta(days=cases.MOST_DAYS_PUT_OFF)
        if not clock.now() < _morning(day, self.clinic) <= last:
            raise forms.ValidationError("Choose a day in the next 90 days")
        return day

    @property
    def until(self) -> datetime:
        """The instant."""
        return _morning(self.cleaned_data["day"], self.clinic)


class CannotCheckForm(DayForm):
    """A real outcome, and no pass."""

    reason = forms.ChoiceField(
        label="Why?",
        choices=case_decisions.CannotCheck.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason"},
    )
    field_order = ("reason", "day")


class CallForm(PlainForm):
    """How a call ended."""

    outcome = forms.ChoiceField(
        label="How did the call end?",
        choices=cases.CallOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it ended"},
    )
    text = NoteField(
        label="What they said",
        required=False,
        max_length=cases.NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Who answered, and what is different. Nothing about a patient.",
    )


class AskForm(PlainForm):
    """A question from the list."""

    question = forms.ChoiceField(
        label="What do you ask?",
        choices=asking.Question.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a question"},
    )


class DismissForm(PlainForm):
    """How a case ends without a check."""

    outcome = forms.ChoiceField(
        label="How does it end?",
        choices=case_decisions.NothingToDo.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it ends"},
    )


class SuspendForm(PlainForm):
    """Why a listing is taken down."""

    reason = forms.ChoiceField(
        label="Why?",
        choices=Clinic.StatusReason.choices,
        widget=forms.RadioSelect,
        help_text="The public page shows this sentence.",
        error_messages={"required": "Choose a reason"},
    )


class ReportForm(PlainForm):
    """What came of a report; whoever wrote it reads this."""

    report = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label="What came of it?",
        choices=Report.Outcome.choices,
        widget=forms.RadioSelect,
        help_text="Whoever reported it reads this sentence.",
        error_messages={"required": "Choose what came of it"},
    )


class RemovalForm(PlainForm):
    """What comes of a clinic's wish to be taken down."""

    outcome = forms.ChoiceField(
        label="What do you do?",
        choices=[
            (Removal.Outcome.TAKEN_DOWN, "Take it down for good: the clinic said so on the phone"),
            (Removal.Outcome.HIDDEN, "Only hide it: it may return"),
            (Removal.Outcome.REFUSED, "Refuse: it did not come from the clinic"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you do"},
    )
    never_again = forms.BooleanField(label="Do not list it again", required=False)
    whole_organization = forms.BooleanField(label="Every site of the practice", required=False)


class ChangeForm(PlainForm):
    """One proposed change. `contact_confirmed`: the accepter has just confirmed the new address or phone."""

    change = forms.IntegerField(widget=forms.HiddenInput)
    contact_confirmed = forms.BooleanField(
        label="I have just confirmed the new address and phone with the clinic", required=False
    )
    reason = LineField(
        label="Why you refuse it",
        help_text="Whoever asked for the change reads this. Name no person.",
        required=False,
        max_length=REASON_LIMIT,
        error_messages={"max_length": f"Use {REASON_LIMIT} characters or fewer"},
    )


class LookForm(PlainForm):
    """What a source says about one fact. `until` is the first instant at which it ends, if the source names one."""

    outcome = forms.ChoiceField(
        label="What does the source say?",
        choices=[(HOLDS, "It holds"), (FAILS, "It does not hold")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the source says"},
    )
    source = LineField(
        label="Source",
        max_length=120,
        help_text="The public reads this name.",
        error_messages={"required": "Name the source"},
    )
    verbatim = LineField(
        label="Its own words",
        max_length=200,
        help_text="Copy the words exactly as the source has them.",
        error_messages={"required": "Copy the words of the source"},
    )
    how = LineField(label="How", max_length=200, required=False)
    source_url = forms.URLField(
        label="Where anybody can look it up",
        required=False,
        assume_scheme="https",
        error_messages={"invalid": "Enter an address that starts with https://"},
    )
    ends_on = forms.DateField(
        label="Last day on which it holds",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Only if the source names one.",
        error_messages={"invalid": "Enter a day like 2026-11-30"},
    )

    def __init__(self, *args: Any, clinic: Clinic, fact: Fact, held: License | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic, self.fact, self.held = clinic, fact, held
        self._propose()

    def _propose(self) -> None:
        rule = RULES[self.fact]
        self.fields["source"].initial = self.held.authority if self.held else str(rule.source_words)
        self.fields["source_url"].initial = self.held.lookup_url if self.held else ""
        by_phone = self.fact == Fact.CONTACT
        self.fields["how"].initial = "Phone call by staff" if by_phone else "Looked up by staff"
        if self.held and self.held.expires_at:
            last = self.held.expires_at.astimezone(ZoneInfo(self.clinic.time_zone)) - timedelta(seconds=1)
            self.fields["ends_on"].initial = last.date()

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        day, holds = given.get("ends_on"), given.get("outcome") == HOLDS
        given["until"] = end_of(day, self.clinic.state) if day and in_range(day) else None
        if day and not in_range(day):
            self.add_error("ends_on", "Enter a day between 1950 and 2100")
        elif holds and given["until"] and given["until"] <= clock.now():
            self.add_error("ends_on", "This day has passed, so it does not hold")
        return given

    @property
    def said(self) -> dict[str, Any]:
        """What `checks.record` keeps."""
        given = self.cleaned_data
        looked = {name: given[name] for name in ("source", "verbatim", "how", "source_url")}
        return {**looked, "outcome": given["outcome"], "lapses_at": given["until"], "license": self.held}


class LicenseLookForm(LookForm):
    """A license: the board's status decides, and its discipline is noted in the same look."""

    status = forms.ChoiceField(
        label="Status at the board",
        choices=[("", "Choose"), *LicenseStatus.choices],
        error_messages={"required": "Choose the status that the board shows"},
    )
    discipline = forms.ChoiceField(
        label="Public discipline at the board",
        choices=[("", "Not looked at"), (HOLDS, "None found"), (FAILS, "There is some")],
        required=False,
    )
    field_order = ("status", "outcome", "verbatim", "ends_on", "discipline", "source", "source_url", "how")

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        status, outcome = given.get("status"), given.get("outcome")
        if outcome == HOLDS and status and status != LicenseStatus.ACTIVE and status not in LIMITED:
            self.add_error("outcome", f'A license that is "{LicenseStatus(status).label}" does not hold')
        if outcome == FAILS and status == LicenseStatus.ACTIVE:
            self.add_error("outcome", "An active license holds. Choose another status if it does not")
        return given


class OpenCaseForm(PlainForm):
    """Which clinic somebody of the staff wants to look at."""

    clinic = LineField(
        label="The clinic's page or short name",
        max_length=300,
        help_text="For example /clinic/high-plains/",
        error_messages={"required": "Enter the address of the clinic's page"},
    )

    def clean_clinic(self) -> Clinic:
        slug = self.cleaned_data["clinic"].strip("/ ").partition("/checks")[0].rpartition("/")[2]
        found = Clinic.objects.filter(slug=slug[:80]).first()
        if found is None:
            raise forms.ValidationError("There is no clinic with this address")
        return found


class FileForm(PlainForm):
    """A file that shows a fact. Judged by directory.casework.evidence, not by its name."""

    file = forms.FileField(
        label="File",
        help_text="PDF, PNG or JPEG, 10 MB at most. Nothing about a patient.",
        allow_empty_file=True,
        error_messages={"required": "Choose a file"},
    )


def look_form(data: Any, *, clinic: Clinic, fact: Fact, held: License | None, prefix: str) -> LookForm:
    """The form for a look at `fact`, empty or filled."""
    kind = LicenseLookForm if fact == Fact.LICENSE else LookForm
    return kind(data, clinic=clinic, fact=fact, held=held, prefix=prefix)


def in_range(day: date) -> bool:
    """A day that a license may end on."""
    return date(1950, 1, 1) <= day <= date(2100, 1, 1)


def _morning(day: date, clinic: Clinic) -> datetime:
    if not in_range(day):
        return clock.EPOCH
    return datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo(clinic.time_zone))


def _next_weekday(day: date) -> date:
    following = day + timedelta(days=1)
    while following.weekday() > 4:
        following += timedelta(days=1)
    return following
