"""What a manager of many sites fills in: which sites, what they share, a pause, an end, a file."""

from copy import deepcopy
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from directory import many_sites
from directory.forms import NoteField, PlainForm
from directory.many_sites_cells import HOURS_HINT, read_opening_hours
from directory.many_sites_file import MOST_BYTES, MOST_ROWS
from directory.models import Clinic
from portal import listing_words
from portal.listing_forms.hours import HoursForm
from portal.listing_forms.said import (
    AccessForm,
    CostForm,
    FirstVisitForm,
    LanguagesForm,
    NewPatientsForm,
    PatientsForm,
)

_Reason = Clinic.StatusReason
NOTHING_TICKED: Final = "Tick at least one thing to change"
NOT_TICKED: Final = "You filled in “{}”, but did not tick it. Tick it, or clear what you filled in"
STATES: Final = {
    "shown": "Shown in search",
    "hidden": "Not shown in search",
    "paused": "Paused",
    "due": "To be confirmed soon",
    "closed": "Closed",
}


class SitesForm(forms.Form):
    """What the list of sites shows. What does not fit is left out, as everywhere in an address."""

    q = forms.CharField(label="Name, city or ZIP code", required=False, max_length=100)
    state = forms.ChoiceField(
        label="Which sites", required=False, choices=[("", "All that are not closed"), *STATES.items()]
    )

    def chosen(self) -> dict[str, str]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class OpeningHoursField(NoteField):
    """One line for each day. Cleans to spans, as directory.opening has them."""

    def clean(self, value: Any) -> Any:
        return read_opening_hours(super().clean(value))


_OPENING_HOURS: Final = OpeningHoursField(
    required=False,
    max_length=600,
    help_text=f"One line for each day, like “{HOURS_HINT.partition(';')[0]}”. Leave out days without hours.",
    widget=forms.Textarea(attrs={"rows": 7}),
    error_messages={"max_length": "Use 600 characters or fewer"},
)
_FIELDS: Final[dict[str, forms.Field]] = {
    **NewPatientsForm.base_fields,
    **{name: CostForm.base_fields[name] for name in ("insurance", "price_low", "price_high", "cost")},
    **PatientsForm.base_fields,
    **LanguagesForm.base_fields,
    **AccessForm.base_fields,
    **FirstVisitForm.base_fields,
    "opening_hours": _OPENING_HOURS,
    "hours": HoursForm.base_fields["hours"],
}
_SAID_WORDS: Final = {"yes": True, "no": False, "unsaid": None}


class SharedForm(PlainForm):
    """The fields of many_sites.SHARED, and for each a tick: without it the sites keep what they have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in _FIELDS.items():
            self.fields[f"change_{name}"] = forms.BooleanField(
                label="Change this at the sites you chose", required=False
            )
            self.fields[name] = deepcopy(field)
            self.fields[name].required = False
            self.fields[name].label = listing_words.label(name)

    def parts(self) -> list[dict[str, Any]]:
        """For the page: each field with its tick; it is open where something was said or is wrong."""
        return [
            {
                "label": self.fields[name].label,
                "tick": self[f"change_{name}"],
                "field": self[name],
                "open": bool(self[f"change_{name}"].value() or self[name].value() or self._wrong(name)),
            }
            for name in _FIELDS
        ]

    def clean(self) -> dict[str, Any]:
        """Nothing that was filled in is lost for want of a tick."""
        given: dict[str, Any] = super().clean() or {}
        for name in _FIELDS:
            filled = given.get(name) not in (None, "", [])
            if filled and not given.get(f"change_{name}"):
                self.add_error(f"change_{name}", NOT_TICKED.format(self.fields[name].label))
        if given.get("change_accepting_new_patients") and not given.get("accepting_new_patients"):
            self.add_error("accepting_new_patients", "Choose one")
        low, high = (given.get(name) for name in ("price_low", "price_high"))
        if low is not None and high is not None and low > high:
            self.add_error("price_high", "The highest price is below the lowest one")
        if not self.errors and not self._ticked():
            self.add_error(None, NOTHING_TICKED)
        return given

    def values(self) -> dict[str, Any]:
        """The ticked values of a valid form, as directory.editing takes them."""
        given = {name: self.cleaned_data[name] for name in self._ticked()}
        if "accepting_new_patients" in given:
            given["accepting_new_patients"] = _SAID_WORDS[given["accepting_new_patients"]]
        return given

    def typed(self) -> list[tuple[str, str]]:
        """Everything that was posted of it, to go on with the next page."""
        names = [name for field in _FIELDS for name in (f"change_{field}", field)]
        posted = cast("QueryDict", self.data)
        return [(name, str(value)) for name in names for value in posted.getlist(name) if value]

    def _ticked(self) -> list[str]:
        return [name for name in many_sites.SHARED if self.cleaned_data.get(f"change_{name}")]

    def _wrong(self, name: str) -> bool:
        return bool(self.errors.get(name) or self.errors.get(f"change_{name}")) if self.is_bound else False


class PauseForm(PlainForm):
    """Until when, and why, as patients may read it."""

    until = forms.DateField(
        label="First day on which they take requests again",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={"required": "Choose a day", "invalid": "Enter a day like 2027-04-30"},
    )
    reason = forms.ChoiceField(
        label="Why? Patients read this.",
        choices=Clinic.PauseReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason", "invalid_choice": "Choose a reason"},
    )


class CloseForm(PlainForm):
    """Why, and the words that show that somebody read how many."""

    reason = forms.ChoiceField(
        label="What happened?",
        choices=[
            (_Reason.CLOSED_DOWN, "They closed"),
            (_Reason.CLINIC_ASKED, "They are open, but should not be listed here"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what happened", "invalid_choice": "Choose what happened"},
    )
    sure = forms.CharField(
        label="This cannot be undone",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, sites: int, **kwargs: Any) -> None:
        """`sites`: how many would be closed."""
        super().__init__(*args, **kwargs)
        self.words = f"close {sites} site{'' if sites == 1 else 's'}"
        sure = self.fields["sure"]
        sure.help_text = f"To go on, type: {self.words}"
        say = f"Type “{self.words}” to say that you know it cannot be undone"
        sure.error_messages = {**sure.error_messages, "required": say, "max_length": say}

    def clean_sure(self) -> str:
        """Capital letters and spaces do not matter."""
        text = " ".join(str(self.cleaned_data["sure"]).split()).casefold()
        if text.strip("“”\"'.") != self.words:
            raise ValidationError(self.fields["sure"].error_messages["required"], code="words")
        return text


class FileForm(PlainForm):
    """The table of sites, changed."""

    file = forms.FileField(
        label="CSV file",
        help_text=f"At most {MOST_ROWS:,} rows and {MOST_BYTES // 2**20} MB.",
        error_messages={
            "required": "Choose a file",
            "empty": "The file is empty",
            "missing": "Choose a file",
            "invalid": "Choose a file",
        },
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> bytes:
        """Its bytes. Whether they are a table is said by the plan."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(f"Choose a file of at most {MOST_BYTES // 2**20} MB")
        return bytes(file.read())
