"""What is asked of a new candidate. The page, the CSV file and the registry's rows all go through this form."""

import re
import unicodedata
from datetime import timedelta
from typing import Any, Final

import phonenumbers
from django import forms
from phonenumbers import PhoneNumberType

from directory import npi
from directory.intake.candidate import Candidate
from directory.models import Clinic, License, Practitioner
from directory.states import STATE_CHOICES, STATES
from directory.vocabulary import Modality
from outbox import clock

NO_ADDRESS_OF_A_PAGE: Final = "The website is no address of a web page. It was not kept as one."
_DANGEROUS: Final = {"javascript", "data", "vbscript", "file", "blob"}
_STATE_CODES: Final = {name.casefold(): code for code, name in STATES.items()}
_NORTH_AMERICA: Final = 1
_LONGEST_LICENSE: Final = timedelta(days=365 * 12)
_PAIRS: Final = {
    "clinician_first_name": ("clinician_last_name",),
    "clinician_last_name": ("clinician_first_name",),
    "clinician_npi": ("clinician_last_name",),
    "license_number": ("license_board", "clinician_last_name"),
    "license_board": ("license_number",),
    "license_expires": ("license_number",),
}
"""What makes no sense without something else."""


def _longest(model: Any, name: str) -> int:
    return int(model._meta.get_field(name).max_length)


class LineField(forms.CharField):
    """One line of any script, kept as it was written. Control characters become spaces."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        shown = "".join(" " if unicodedata.category(c) == "Cc" and c != "\0" else c for c in text)
        line = " ".join(shown.split())
        return line if any(c.isprintable() and not c.isspace() for c in line) else ""


class NpiField(LineField):
    """Ten digits, the last of which checks the others."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text and not npi.is_valid(text):
            raise forms.ValidationError("Enter ten digits of an NPI. One of these is mistyped")
        return text


class StateField(forms.ChoiceField):
    """Two letters, also read from the state's name."""

    def to_python(self, value: Any) -> str:
        text = " ".join(str(value or "").split())
        return _STATE_CODES.get(text.casefold(), text.upper())


class ZipField(LineField):
    """Five digits, also read from nine."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        found = re.fullmatch(r"([0-9]{5})(?:[- ]?[0-9]{4})?", unicodedata.normalize("NFKC", text))
        if text and not found:
            raise forms.ValidationError("Enter a ZIP code of five digits")
        return found[1] if found else ""


class ClinicPhoneField(LineField):
    """Cleans to (E.164, extension). A number of the United States or its neighbours under +1."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return "", ""
        try:
            number = phonenumbers.parse(text, "US")
        except phonenumbers.NumberParseException:
            raise forms.ValidationError(self.error_messages["invalid"]) from None
        premium = phonenumbers.number_type(number) == PhoneNumberType.PREMIUM_RATE
        if number.country_code != _NORTH_AMERICA or premium or not phonenumbers.is_valid_number(number):
            raise forms.ValidationError(self.error_messages["invalid"])
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return e164, number.extension or ""


class WebsiteField(forms.URLField):
    """An address of a page. What a browser would run instead of visiting is let through to be held, not kept."""

    def clean(self, value: Any) -> Any:
        text = str(value or "").strip()
        return text if _would_run(text) else super().clean(text)


def _would_run(text: str) -> bool:
    """Browsers skip control characters and spaces when they read the scheme."""
    bare = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isprintable() and not c.isspace())
    return bare.partition(":")[0].casefold() in _DANGEROUS and ":" in bare


class CandidateForm(forms.Form):
    """A clinic we have heard of. Its field names are the columns of the CSV file (docs/clinics-csv.md)."""

    use_required_attribute = False

    clinic_name = LineField(
        label="Name of the clinic",
        max_length=_longest(Clinic, "name"),
        error_messages={"required": "Enter the name of the clinic"},
    )
    organization_name = LineField(
        label="Legal name of the practice",
        help_text="If it is not the clinic's own name.",
        required=False,
        max_length=200,
    )
    organization_npi = NpiField(
        label="NPI of the practice",
        help_text="Of the organization, or of a clinician who is the practice.",
        required=False,
        max_length=10,
    )
    address = LineField(
        label="Street address",
        max_length=_longest(Clinic, "line1"),
        error_messages={"required": "Enter the street address"},
    )
    address_2 = LineField(label="Suite or floor", required=False, max_length=_longest(Clinic, "line2"))
    city = LineField(
        label="City", max_length=_longest(Clinic, "city"), error_messages={"required": "Enter the city"}
    )
    state = StateField(
        label="State",
        choices=[("", "Choose a state"), *STATE_CHOICES],
        error_messages={"required": "Choose a state", "invalid_choice": "Enter a state of the United States"},
    )
    zip = ZipField(label="ZIP code", max_length=20, error_messages={"required": "Enter the ZIP code"})
    phone = ClinicPhoneField(
        label="Phone",
        max_length=60,
        error_messages={
            "required": "Enter the phone number",
            "invalid": "Enter a US phone number, like 303-555-0142",
        },
    )
    phone_extension = LineField(
        label="Extension", required=False, max_length=_longest(Clinic, "phone_extension")
    )
    website = WebsiteField(
        label="Website",
        required=False,
        max_length=_longest(Clinic, "website"),
        assume_scheme="https",
        error_messages={"invalid": "Enter a web address, like https://clinic.example/"},
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )
    modalities = forms.MultipleChoiceField(
        label="Treatments given at the clinic",
        required=False,
        choices=Modality.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from esketamine, iv, im, sc, oral"},
    )
    psychotherapy = forms.ChoiceField(
        label="Psychotherapy with it",
        required=False,
        choices=[("", "Not known"), ("yes", "Yes"), ("no", "No")],
        error_messages={"invalid_choice": "Enter yes or no"},
    )
    clinician_first_name = LineField(
        label="First name of the responsible clinician",
        required=False,
        max_length=_longest(Practitioner, "first_name"),
    )
    clinician_last_name = LineField(
        label="Last name", required=False, max_length=_longest(Practitioner, "last_name")
    )
    clinician_credential = LineField(
        label="Credential",
        help_text="Like MD, DO, NP or CRNA.",
        required=False,
        max_length=_longest(Practitioner, "credential"),
    )
    clinician_npi = NpiField(label="NPI of the clinician", required=False, max_length=10)
    license_state = StateField(
        label="State of the license",
        help_text="The clinic's own state if left open.",
        required=False,
        choices=[("", "The clinic's state"), *STATE_CHOICES],
        error_messages={"invalid_choice": "Enter a state of the United States"},
    )
    license_board = LineField(
        label="Board that issued the license",
        required=False,
        max_length=_longest(License, "authority"),
    )
    license_number = LineField(label="License number", required=False, max_length=_longest(License, "number"))
    license_expires = forms.DateField(
        label="Last day of the license",
        help_text="Like 2027-04-30.",
        required=False,
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={"invalid": "Enter a day like 2027-04-30"},
    )
    license_lookup = forms.URLField(
        label="Page where the board shows the license",
        required=False,
        max_length=_longest(License, "lookup_url"),
        assume_scheme="https",
        error_messages={"invalid": "Enter a web address, like https://board.example/"},
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )

    def clean(self) -> dict[str, Any]:
        """What belongs together is there, and no clinic stands where only mail goes."""
        given: dict[str, Any] = super().clean() or {}
        for name, needed in _PAIRS.items():
            for other in needed if given.get(name) else ():
                if not given.get(other) and other not in self.errors:
                    self.add_error(other, f"Enter this too, or leave out: {self.fields[name].label}")
        if given.get("license_expires") and given["license_expires"] > self._last_believable_day():
            self.add_error("license_expires", "This day is too far away. Check the year")
        return given

    def clean_website(self) -> str:
        """What would run stands in the case alone (see `candidate`)."""
        text = str(self.cleaned_data["website"])
        return "" if _would_run(text) else text

    def candidate(self, *, notes: tuple[str, ...] = ()) -> Candidate:
        """The values of a valid form."""
        given = self.cleaned_data
        phone, extension = given["phone"]
        typed = str(self.data.get("website", "")).strip()
        runs = _would_run(typed)
        return Candidate(
            name=given["clinic_name"],
            line1=given["address"],
            line2=given["address_2"],
            phone=phone,
            phone_extension=given["phone_extension"] or extension[:10],
            modalities=tuple(given["modalities"]),
            psychotherapy=given["psychotherapy"] == "yes",
            license_state=given["license_state"] or given["state"],
            **{name: given[name] for name in _SAME_NAME},
            notes=notes,
            doubts=(NO_ADDRESS_OF_A_PAGE,) if runs else (),
            as_typed={"Website, as it came": typed[:200]} if runs else {},
        )

    def _last_believable_day(self) -> Any:
        return (clock.now() + _LONGEST_LICENSE).date()


_SAME_NAME: Final = (
    "organization_name organization_npi city state zip website clinician_first_name"
    " clinician_last_name clinician_credential clinician_npi license_board license_number license_expires"
    " license_lookup"
).split()
