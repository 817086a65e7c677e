"""One more clinician of a clinic, with the license."""

from datetime import date
from typing import Any, Final

from django import forms

from directory.forms import PlainForm
from directory.intake.form import LineField, NpiField, StateField
from directory.models import License, Practitioner
from directory.states import STATE_CHOICES
from portal.case_forms import in_range

_REQUIRED: Final = "Enter this"


def _line(label: str, model: Any, name: str, *, required: bool = True, help_text: str = "") -> LineField:
    limit = int(model._meta.get_field(name).max_length)
    return LineField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=limit,
        error_messages={"required": _REQUIRED, "max_length": f"Use {limit} characters or fewer"},
    )


class ClinicianForm(PlainForm):
    """Its fields are those of directory.intake.candidate.Candidate, and whether this one is in charge."""

    clinician_first_name = _line("First name", Practitioner, "first_name")
    clinician_last_name = _line("Last name", Practitioner, "last_name")
    clinician_credential = _line(
        "Title", Practitioner, "credential", required=False, help_text="MD, DO, NP, CRNA …"
    )
    clinician_npi = NpiField(
        label="NPI of the clinician",
        help_text="Ten digits. We look it up in the federal registry.",
        required=False,
        max_length=20,
        error_messages={"max_length": "Enter ten digits of an NPI. One of these is mistyped"},
    )
    license_state = StateField(
        label="State of the license",
        choices=STATE_CHOICES,
        error_messages={"required": "Choose a state", "invalid_choice": "Choose a state"},
    )
    license_board = _line("Board that issued the license", License, "authority")
    license_number = _line("License number", License, "number")
    license_expires = forms.DateField(
        label="Last day of the license",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={"invalid": "Enter a day like 2027-04-30"},
    )
    in_charge = forms.BooleanField(label="This clinician is in charge of the care", required=False)

    def clean_license_expires(self) -> date | None:
        """No year that somebody mistyped."""
        day: date | None = self.cleaned_data["license_expires"]
        if day and not in_range(day):
            raise forms.ValidationError("Enter a day between 1950 and 2100")
        return day

    def said(self) -> dict[str, Any]:
        """The values of a valid form, but for who is in charge."""
        return {name: value for name, value in self.cleaned_data.items() if name != "in_charge"}
