"""The sections of a listing, as its clinic fills them in: which form each has, and when there is nothing left to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from directory.editing import IDENTITY
from directory.models import Clinic
from portal.listing_forms.contact import ContactForm
from portal.listing_forms.hours import HoursForm
from portal.listing_forms.said import (
    AccessForm,
    CostForm,
    EmergencyForm,
    FirstVisitForm,
    LanguagesForm,
    NewPatientsForm,
    PatientsForm,
    RequestsForm,
)
from portal.listing_forms.section_form import SectionForm
from portal.listing_forms.treatments import QUESTIONS, TreatmentsForm

PEOPLE: Final = "people"
REQUESTS: Final = "requests"


@dataclass(frozen=True)
class Section:
    """One section. `fields`: what it holds of the listing. `form` is None where a page of its own has it.

    `is_done`: nothing is left to do, for a clinic from portal.task_list.loaded. `needed`: before the clinic can be sent
    for checking. `body`: the template of its fields.
    """

    slug: str
    title: str
    fields: tuple[str, ...]
    is_done: Callable[[Clinic], bool]
    form: type[SectionForm] | None
    needed: bool = False
    body: str = "portal/_listing_fields.html"

    @property
    def is_checked(self) -> bool:
        """It holds what somebody else confirms: of a published clinic the old value stays until then."""
        return bool(set(self.fields) & IDENTITY)


def _has_contact(clinic: Clinic) -> bool:
    said = (clinic.name, clinic.line1, clinic.city, clinic.state, clinic.zip, clinic.phone)
    return all(said) and clinic.latitude is not None


def _has_people(clinic: Clinic) -> bool:
    person = clinic.responsible
    return person is not None and any(held.state == clinic.state for held in person.licenses.all())


def _has_treatments(clinic: Clinic) -> bool:
    """Each treatment says at least one thing about how it is supervised."""
    rows = list(clinic.offerings.all())
    asked = ("monitoring_minutes", *QUESTIONS)
    return bool(rows) and all(any(getattr(row, name) is not None for name in asked) for row in rows)


def _has_answered(clinic: Clinic) -> bool:
    return bool(clinic.states_facts) or "states_facts" in clinic.stated_on


def _any(*names: str) -> Callable[[Clinic], bool]:
    return lambda clinic: any(getattr(clinic, name) not in (None, "", []) for name in names)


_CONTACT: Final = (*ContactForm.listing, "latitude", "longitude", "time_zone")

SECTIONS: Final = (
    Section("contact", "Name, address and phone", _CONTACT, _has_contact, ContactForm, needed=True),
    Section(PEOPLE, "People and licenses", ("practitioners", "responsible"), _has_people, None, needed=True),
    Section(
        "treatments",
        "Treatments and how you supervise them",
        TreatmentsForm.listing,
        _has_treatments,
        TreatmentsForm,
        needed=True,
        body="portal/_listing_treatments.html",
    ),
    Section(
        "emergency",
        "Emergency plan and DEA",
        EmergencyForm.listing,
        _has_answered,
        EmergencyForm,
        needed=True,
    ),
    Section(
        "first-visit", "First visit in your words", ("first_visit",), _any("first_visit"), FirstVisitForm
    ),
    Section("cost", "Cost and insurance", CostForm.listing, _any(*CostForm.listing), CostForm),
    Section(
        "patients",
        "Whom you treat, and whom you cannot",
        PatientsForm.listing,
        _any("age_groups"),
        PatientsForm,
    ),
    Section(
        "hours",
        "Hours",
        HoursForm.listing,
        _any(*HoursForm.listing),
        HoursForm,
        body="portal/_listing_hours.html",
    ),
    Section("languages", "Languages", ("languages",), _any("languages"), LanguagesForm),
    Section("access", "Getting there and getting in", ("access",), _any("access"), AccessForm),
    Section(
        "new-patients",
        "New patients",
        ("accepting_new_patients",),
        _any("accepting_new_patients"),
        NewPatientsForm,
    ),
    Section(
        REQUESTS, "Requests through this site", ("takes_requests",), _any("takes_requests"), RequestsForm
    ),
)

_BY_SLUG: Final = {section.slug: section for section in SECTIONS}


def named(slug: str) -> Section | None:
    """The section of that name, if there is one."""
    return _BY_SLUG.get(slug)


def of_fields(names: set[str]) -> str:
    """The slug of the section that holds the first of these fields; "" if none does."""
    return next((section.slug for section in SECTIONS if names & set(section.fields)), "")
