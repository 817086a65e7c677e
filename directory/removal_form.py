"""What somebody fills in who wants a clinic's listing taken down."""

import unicodedata
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from directory.forms import NoteField, PlainForm
from directory.intake.form import ClinicPhoneField, LineField
from directory.models import Removal
from directory.voices.removals import TEXT_LIMIT, Asker

NO_WAY: Final = "Enter a US phone number or an e-mail address"
_PHONE: Final = ClinicPhoneField(error_messages={"invalid": NO_WAY})
_READ_BACKWARDS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


class NameField(LineField):
    """One line without marks that turn the reading order round."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(unicodedata.normalize("NFC", str(value or "")))
        return "".join(letter for letter in text if letter not in _READ_BACKWARDS).strip()


class RemovalForm(PlainForm):
    """Who asks, how to reach them, and what they want."""

    name = NameField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your name", "max_length": "Use 120 characters or fewer"},
    )
    position = NameField(
        label="What you do at the clinic",
        help_text="Like office manager, or owner.",
        max_length=80,
        error_messages={
            "required": "Enter what you do at the clinic",
            "max_length": "Use 80 characters or fewer",
        },
    )
    reach = NameField(
        label="Your phone number or e-mail address",
        help_text="In case we have a question.",
        max_length=254,
        error_messages={"required": NO_WAY, "max_length": NO_WAY},
    )
    why = forms.ChoiceField(
        label="Why do you want this?",
        choices=Removal.Why.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason", "invalid_choice": "Choose from the list"},
    )
    words = NoteField(
        label="Is there more that we should know?",
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Write nothing about a patient.",
        error_messages={"max_length": f"Use {TEXT_LIMIT} characters or fewer"},
    )
    never_again = forms.BooleanField(
        label="Do not list us again, even if a public register names us", required=False
    )
    whole_organization = forms.BooleanField(label="This is about every site of our practice", required=False)
    may_ask = forms.BooleanField(
        label="I am allowed to ask this for the clinic",
        error_messages={"required": "Tick the box to say that you may ask this"},
    )

    def clean_reach(self) -> str:
        """An e-mail address, or a number that can be called."""
        text = str(self.cleaned_data["reach"])
        try:
            validate_email(text) if "@" in text else _PHONE.clean(text)
        except ValidationError:
            raise ValidationError(NO_WAY, code="invalid") from None
        return text

    @property
    def asker(self) -> Asker:
        """Who asks."""
        return Asker(**{name: self.cleaned_data[name] for name in ("name", "position", "reach", "words")})

    @property
    def wish(self) -> dict[str, Any]:
        """What they ask for, as `removals.ask` takes it."""
        return {name: self.cleaned_data[name] for name in ("why", "never_again", "whole_organization")}
