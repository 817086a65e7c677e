"""What only the clinic can say of itself. It is shown at once, as "Clinic says" with the day."""

import re
import unicodedata
from typing import Any, ClassVar, Final

from django import forms

from directory.editing import MOST_DOLLARS
from directory.models import Clinic
from directory.vocabulary import Access, AgeGroup, Fact, Insurance, Language
from portal.listing_forms.section_form import YES_NO, SectionForm, one_of_field, several_field, words_field

_DOLLARS: Final = re.compile(r"\$?\s*([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})", re.ASCII)
WHOLE_DOLLARS: Final = "Enter whole US dollars, like 450 or 1,200"


class DollarsField(forms.CharField):
    """Whole US dollars: 450, $450 or 1,200. Cleans to a number or None."""

    widget = forms.TextInput(attrs={"inputmode": "numeric"})

    def clean(self, value: Any) -> int | None:
        text = unicodedata.normalize("NFKC", str(super().clean(value) or "")).strip()
        if not text:
            return None
        found = _DOLLARS.fullmatch(text)
        if not found:
            raise forms.ValidationError(WHOLE_DOLLARS, code="invalid")
        number = int(found[1].replace(",", ""))
        if number > MOST_DOLLARS:
            raise forms.ValidationError(f"Enter at most ${MOST_DOLLARS:,} for one visit", code="max")
        return number


def _dollars(label: str, help_text: str = "") -> DollarsField:
    return DollarsField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=20,
        error_messages={"max_length": WHOLE_DOLLARS},
    )


class CostForm(SectionForm):
    """What a visit costs, and how it can be paid for."""

    listing: ClassVar = ("price_low", "price_high", "cost", "insurance")

    price_low = _dollars(
        "Lowest price of one treatment visit, in dollars",
        "All that somebody pays who has no insurance. Leave it empty if you would rather not say.",
    )
    price_high = _dollars("Highest price of one treatment visit, in dollars")
    cost = words_field(
        "Cost, in your words", "What the price holds, and how people get a written estimate.", limit=1000
    )
    insurance = several_field("How can people pay?", Insurance.choices)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        low, high = given.get("price_low"), given.get("price_high")
        if low is not None and high is not None and low > high:
            self.add_error("price_high", "The highest price is below the lowest one")
        return given


class FirstVisitForm(SectionForm):
    listing: ClassVar = ("first_visit",)

    first_visit = words_field(
        "The first visit, in your words",
        "What happens, how long it takes, and what to bring. Leave out doses and results.",
        limit=1000,
        rows=7,
    )


class PatientsForm(SectionForm):
    """Whom the clinic treats, and whom it cannot."""

    listing: ClassVar = ("age_groups", "cannot_treat")

    age_groups = several_field("Whom do you treat?", AgeGroup.choices)
    cannot_treat = words_field(
        "Whom can you not treat?",
        "So that nobody asks in vain. For example: people with high blood pressure that is not under control.",
        limit=1000,
    )


class LanguagesForm(SectionForm):
    listing: ClassVar = ("languages",)

    languages = several_field("Which languages are spoken at the clinic?", Language.choices)


class AccessForm(SectionForm):
    listing: ClassVar = ("access",)

    access = several_field("What makes a visit possible?", Access.choices, "Tick all that is true today.")


class NewPatientsForm(SectionForm):
    listing: ClassVar = ("accepting_new_patients",)

    _WORDS: ClassVar = {"yes": True, "no": False, "unsaid": None}

    accepting_new_patients = one_of_field(
        "Are you taking new patients?",
        [("yes", "Yes"), ("no", "Not now"), ("unsaid", "We would rather not say")],
        "Shown for 30 days after you say it. Then we ask you again.",
    )

    @classmethod
    def initial_of(cls, clinic: Clinic) -> dict[str, Any]:
        """The word for what the clinic last said."""
        said = clinic.accepting_new_patients
        return {"accepting_new_patients": next(word for word, value in cls._WORDS.items() if value is said)}

    def values(self) -> dict[str, Any]:
        """True, False, or None for neither."""
        return {"accepting_new_patients": self._WORDS[self.cleaned_data["accepting_new_patients"]]}


class RequestsForm(SectionForm):
    listing: ClassVar = ("takes_requests",)

    takes_requests = one_of_field(
        "Should people be able to ask you for an appointment here?",
        YES_NO,
        "Requests come to your inbox on this site. You can turn this off at any time.",
    )

    @classmethod
    def initial_of(cls, clinic: Clinic) -> dict[str, Any]:
        """ "yes" or "no"."""
        return {"takes_requests": "yes" if clinic.takes_requests else "no"}

    def values(self) -> dict[str, Any]:
        return {"takes_requests": self.cleaned_data["takes_requests"] == "yes"}


class EmergencyForm(SectionForm):
    """What no source exists for: the clinic says it, or says that it is not so."""

    listing: ClassVar = ("states_facts",)

    emergency_plan = one_of_field(
        "Do you have a written plan for an emergency during a visit?",
        YES_NO,
        "Who does what, with which equipment, and who calls 911.",
    )
    dea = one_of_field(
        "Is whoever prescribes registered with the DEA at this address?",
        YES_NO,
        "We cannot look this up, so it is shown as what you say. Do not type the number anywhere here.",
    )
    _FACTS: ClassVar = {"emergency_plan": Fact.EMERGENCY_PLAN, "dea": Fact.DEA}

    @classmethod
    def initial_of(cls, clinic: Clinic) -> dict[str, Any]:
        """Empty where it was never answered."""
        if "states_facts" not in clinic.stated_on and not clinic.states_facts:
            return {}
        return {name: "yes" if fact in clinic.states_facts else "no" for name, fact in cls._FACTS.items()}

    def values(self) -> dict[str, Any]:
        """Those of the facts that the clinic says it has."""
        return {
            "states_facts": [
                str(fact) for name, fact in self._FACTS.items() if self.cleaned_data[name] == "yes"
            ]
        }
