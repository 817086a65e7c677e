"""What all forms of a listing have in common: they begin with what the clinic has, and end in values for its fields."""

from typing import Any, ClassVar, Final

from django import forms

from directory.forms import NoteField, PlainForm
from directory.models import Clinic

YES_NO: Final = [("yes", "Yes"), ("no", "No")]


class SectionForm(PlainForm):
    """One section. `listing` names the fields of directory.editing that it writes."""

    listing: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def initial_of(cls, clinic: Clinic) -> dict[str, Any]:
        """What the clinic has, by the names of the form's fields."""
        return {name: getattr(clinic, name) for name in cls.listing}

    def values(self) -> dict[str, Any]:
        """The values of a valid form, by the names of the listing's fields."""
        return {name: self.cleaned_data[name] for name in self.listing}


def words_field(label: str, help_text: str, *, limit: int, rows: int = 5) -> NoteField:
    """Some sentences of the clinic's own; a line break counts as one character."""
    return NoteField(
        label=label,
        help_text=f"{help_text} At most {limit:,} characters.",
        required=False,
        max_length=limit,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"max_length": f"Use {limit:,} characters or fewer"},
    )


def several_field(label: str, choices: Any, help_text: str = "") -> forms.MultipleChoiceField:
    """Any number of the words of a vocabulary."""
    return forms.MultipleChoiceField(
        label=label,
        help_text=help_text,
        required=False,
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the list"},
    )


def one_of_field(label: str, choices: Any, help_text: str = "") -> forms.ChoiceField:
    """Exactly one of a few."""
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one", "invalid_choice": "Choose one"},
    )
