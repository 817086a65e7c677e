"""What is given at a clinic, and how it is supervised there (reference: domain.md B1, B2 and C9)."""

from typing import Any, ClassVar, Final

from django import forms

from directory.models import Clinic
from directory.vocabulary import Modality
from portal.listing_forms.section_form import SectionForm

_SAID: Final = {"": None, "yes": True, "no": False}
QUESTIONS: Final = {
    "prescriber_on_site": "A prescriber is on site the whole time",
    "pulse_oximetry": "Oxygen is measured the whole time (pulse oximetry)",
    "rescue_training": "Somebody trained in advanced life support is on site",
    "safe_departure": "You check each patient before they leave, and somebody else takes them home",
}
"""What a patient may ask about the way each treatment is given; each is shown as "Clinic says"."""

MOST_MINUTES: Final = 1440


class TreatmentsForm(SectionForm):
    """For each route: whether it is given here, and if so how."""

    listing: ClassVar = ("offerings",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for modality in Modality:
            for name, field in _fields(modality).items():
                self.fields[f"{modality}-{name}"] = field

    @classmethod
    def initial_of(cls, clinic: Clinic) -> dict[str, Any]:
        """One row of the clinic becomes the answers about its route."""
        initial: dict[str, Any] = {}
        for offering in clinic.offerings.all():
            row = {
                "offered": True,
                "psychotherapy": offering.psychotherapy,
                "monitoring_minutes": offering.monitoring_minutes,
                **{name: _answer(getattr(offering, name)) for name in QUESTIONS},
            }
            initial |= {f"{offering.modality}-{name}": value for name, value in row.items()}
        return initial

    def groups(self) -> list[dict[str, Any]]:
        """The fields of each route, for the page. A route is open where it is given, or something is wrong with it."""
        return [self._group(modality) for modality in Modality]

    def _group(self, modality: Modality) -> dict[str, Any]:
        fields = [self[name] for name in self.fields if name.startswith(f"{modality}-")]
        is_open = any(field.errors for field in fields) or bool(fields[0].value())
        return {"label": modality.label, "fields": fields, "is_open": is_open}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(given.get(f"{modality}-offered") for modality in Modality):
            self.add_error(
                f"{Modality.ESKETAMINE}-offered", "Choose at least one treatment that you give here"
            )
        return given

    def values(self) -> dict[str, Any]:
        """The rows of what is given; what was filled in about another route is left out."""
        given = self.cleaned_data
        return {"offerings": [_row(modality, given) for modality in Modality if given[f"{modality}-offered"]]}


def _fields(modality: Modality) -> dict[str, forms.Field]:
    about = {
        name: forms.ChoiceField(
            label=label,
            required=False,
            choices=[("", "We do not say"), ("yes", "Yes"), ("no", "No")],
            error_messages={"invalid_choice": "Choose from the list"},
        )
        for name, label in QUESTIONS.items()
    }
    return {
        "offered": forms.BooleanField(label=f"We give this here: {modality.label}", required=False),
        "psychotherapy": forms.BooleanField(
            label="It can be given together with psychotherapy", required=False
        ),
        "monitoring_minutes": forms.IntegerField(
            label="How many minutes do your staff watch each patient?",
            help_text="From the dose until they leave.",
            required=False,
            min_value=0,
            max_value=MOST_MINUTES,
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
            error_messages={
                "invalid": "Enter whole minutes, like 120",
                "min_value": "Enter whole minutes, like 120",
                "max_value": f"Enter at most {MOST_MINUTES} minutes, which is a day",
            },
        ),
        **about,
    }


def _answer(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _row(modality: Modality, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "modality": modality.value,
        "psychotherapy": given[f"{modality}-psychotherapy"],
        "monitoring_minutes": given[f"{modality}-monitoring_minutes"],
        **{name: _SAID[given[f"{modality}-{name}"]] for name in QUESTIONS},
    }
