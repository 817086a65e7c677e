"""What the staff fills in about a clinic itself: who and where it is, who is in charge, what is given there."""

from datetime import date
from typing import Final

from django import forms

from directory.intake.form import NpiField
from directory.states import STATE_CHOICES
from directory.vocabulary import Modality
from portal.case_forms import in_range
from referrals.forms import LineField, NoteField, PhoneField, PlainForm

_REQUIRED: Final = {"required": "Enter this"}


class ClinicianForm(PlainForm):
    """The clinician in charge of a candidate, with the license."""

    first_name = LineField(label="First name", max_length=60, error_messages=_REQUIRED)
    last_name = LineField(label="Last name", max_length=60, error_messages=_REQUIRED)
    credential = LineField(label="Title", max_length=20, required=False, help_text="MD, DO, NP, CRNA …")
    npi = NpiField(label="NPI", required=False)
    board = LineField(label="Licensing board", max_length=120, error_messages=_REQUIRED)
    number = LineField(label="License number", max_length=40, error_messages=_REQUIRED)
    expires = forms.DateField(
        label="Last day of the license",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a day like 2026-11-30"},
    )
    lookup_url = forms.URLField(
        label="Where the board lets anybody look it up",
        required=False,
        assume_scheme="https",
        error_messages={"invalid": "Enter an address that starts with https://"},
    )

    def clean_expires(self) -> date | None:
        day: date | None = self.cleaned_data["expires"]
        if day and not in_range(day):
            raise forms.ValidationError("Enter a day between 1950 and 2100")
        return day


class PracticeForm(PlainForm):
    """The NPI of a candidate's practice."""

    npi = NpiField(label="NPI of the practice", error_messages={"required": "Enter ten digits of an NPI"})
    npi_type = forms.TypedChoiceField(
        label="Whose number is it?",
        choices=[(2, "An organization's (type 2)"), (1, "A clinician's who is the practice (type 1)")],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whose number it is"},
    )


class OffersForm(PlainForm):
    """Which routes of treatment a candidate gives."""

    modalities = forms.MultipleChoiceField(
        label="Treatment at the clinic",
        choices=Modality.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one"},
    )
    psychotherapy = forms.BooleanField(label="With psychotherapy", required=False)


class ValuesForm(PlainForm):
    """Who and where the clinic is."""

    name = LineField(label="Name", max_length=160, error_messages=_REQUIRED)
    line1 = LineField(label="Street", max_length=120, error_messages=_REQUIRED)
    line2 = LineField(label="Suite or floor", max_length=120, required=False)
    city = LineField(label="City", max_length=80, error_messages=_REQUIRED)
    state = forms.ChoiceField(label="State", choices=STATE_CHOICES)
    zip = forms.RegexField(
        r"^\d{5}$", label="ZIP code", error_messages={**_REQUIRED, "invalid": "A ZIP code has five digits"}
    )
    phone = PhoneField(label="Phone", max_length=40, error_messages=_REQUIRED)
    website = forms.URLField(
        label="Website",
        required=False,
        max_length=200,
        assume_scheme="https",
        error_messages={"invalid": "Enter an address that starts with https://"},
    )

    @property
    def values(self) -> dict[str, str]:
        """As the clinic keeps them."""
        number, extension = self.cleaned_data["phone"]
        return {**self.cleaned_data, "phone": number, "phone_extension": extension}


class WebsiteTextForm(PlainForm):
    """What the clinic's own website says today."""

    text = NoteField(
        label="The words of the clinic's website",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Copy what the main pages say. Shops and prices of a drug are looked for.",
        error_messages={
            "required": "Copy the words of the website",
            "max_length": "Use 20,000 characters or fewer",
        },
    )
