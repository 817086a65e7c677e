"""What somebody fills in who adds their own clinic."""

from dataclasses import replace
from typing import Any, Final

from django import forms

from directory.intake.candidate import Candidate
from directory.intake.form import CandidateForm

ORGANIZATION, SOLO = "organization", "solo"
GROUPS: Final = (
    ("The clinic", "clinic_name address address_2 city state zip phone phone_extension website"),
    ("The practice", "organization_npi npi_type"),
    ("Treatments", "modalities"),
)
CLINICIAN: Final = (
    "clinician_first_name clinician_last_name clinician_credential license_board license_number license_expires"
).split()
_TURNS_ROUND: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
HIDDEN_MARKS: Final = "This holds hidden marks that turn letters round. Type it again"


class AddClinicForm(CandidateForm):
    """The fields of a candidate that a clinic is asked for, and its answers to what we asked back."""

    npi_type = forms.ChoiceField(
        label="Whose NPI is it?",
        required=False,
        choices=[(ORGANIZATION, "The organization's"), (SOLO, "One clinician's, who is the practice")],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose whose NPI it is"},
    )
    none_of_these = forms.BooleanField(label="It is none of these", required=False)
    take_back = forms.BooleanField(label="Yes, the clinic wants to be listed now", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organization_npi"].help_text = "Ten digits. If you do not have it at hand, leave it out."
        self.fields["website"].help_text = "People can open it once we have seen that it is yours."

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        for name, value in list(given.items()):
            if isinstance(value, str) and _TURNS_ROUND & set(value):
                self.add_error(name, HIDDEN_MARKS)
        if given.get("organization_npi") and not given.get("npi_type") and "npi_type" not in self.errors:
            self.add_error("npi_type", "Choose whose NPI it is")
        return given

    def clean_website(self) -> str:
        """An address of a page, or nothing. What is no such address goes back to whoever typed it."""
        text = super().clean_website()
        if not text and str(self.data.get("website", "")).strip():
            raise forms.ValidationError("Enter a web address, like https://clinic.example/")
        return text

    def candidate(self, *, notes: tuple[str, ...] = ()) -> Candidate:
        """The values of a valid form. A practice of one clinician has that clinician's NPI."""
        made = super().candidate(notes=notes)
        if self.cleaned_data["npi_type"] != SOLO or not made.organization_npi:
            return made
        own = made.organization_npi if made.clinician_last_name else ""
        return replace(made, is_solo=True, clinician_npi=own)
