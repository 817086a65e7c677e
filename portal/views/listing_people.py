"""The clinicians of a clinic and their licenses, as the clinic says: one more, one less, and who is in charge."""

from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from directory import clinicians, keeping
from directory.models import Check, Clinic, License, Practitioner
from directory.refusals import Refused, WrongState
from portal import task_list
from portal.access import SignedIn
from portal.listing_forms.people import ClinicianForm
from portal.listing_sections import Section
from portal.views import section_page
from portal.views.listing_merge import seen_in

FIELDS: Final = ("practitioners", "responsible")
SOMEBODY_WAS_FIRST: Final = (
    "Somebody else changed who is in charge after you opened this page. Below is how it stands now. "
    "What you typed is still here."
)


@dataclass(frozen=True)
class Person:
    """A clinician with what we know of the licenses. `is_new`: asked for, and not accepted yet."""

    row: Practitioner
    licenses: list[License]
    in_charge: bool
    is_new: bool


def people(request: SignedIn, clinic: Clinic, found: Section) -> HttpResponse:
    """The page, and what was posted on it: `do` is add, remove or charge."""
    if request.method != "POST":
        return _show(request, clinic, found)
    form = ClinicianForm(request.POST) if request.POST.get("do") == "add" else None
    if form is not None and not form.is_valid():
        return _show(request, clinic, found, form, status=422)
    try:
        return section_page.done(request, found, _do(request, clinic, form), clinic)
    except ValidationError as wrong:
        return _show(request, clinic, found, form, status=422, **_told(form, wrong))
    except Refused as no:
        status, notice = _in_words(clinic, no)
        return _show(request, clinic, found, form, status=status, notice=notice)


def _in_words(clinic: Clinic, no: Refused) -> tuple[int, str]:
    """Status and sentence for a refusal. What was typed stays in its form."""
    if isinstance(no, keeping.Stale):
        return 409, SOMEBODY_WAS_FIRST
    if isinstance(no, WrongState):
        return 409, section_page.CLOSED
    return 422, str(no) if task_list.has_claim(clinic) else section_page.NO_CLAIM


def again(request: SignedIn, clinic: Clinic, found: Section, *, notice: str) -> HttpResponse:
    """The page with what was typed in it."""
    form = ClinicianForm(request.POST) if request.POST.get("do") == "add" else None
    return _show(request, clinic, found, form, notice=notice)


def _do(request: SignedIn, clinic: Clinic, form: ClinicianForm | None) -> keeping.Saved:
    seen = seen_in(request)
    if form is not None:
        return clinicians.add(
            clinic=clinic,
            by=request.user,
            said=form.said(),
            in_charge=form.cleaned_data["in_charge"],
            seen=seen,
        )
    there = {person.pk for person in clinicians.team(clinic, request.user)}
    key = request.POST.get("person", "")
    person = get_object_or_404(
        Practitioner.objects.filter(pk__in=there), pk=int(key) if key.isascii() and key.isdigit() else 0
    )
    if request.POST.get("do") == "remove":
        return clinicians.remove(clinic=clinic, by=request.user, person=person, seen=seen)
    return clinicians.put_in_charge(clinic=clinic, by=request.user, person=person, seen=seen)


def _told(form: ClinicianForm | None, wrong: ValidationError) -> dict[str, str]:
    """Beside the field, or above the page where there is no form."""
    if form is None:
        return {"notice": wrong.messages[0]}
    by_field = wrong.message_dict if hasattr(wrong, "error_dict") else {"": wrong.messages}
    for name, texts in by_field.items():
        form.add_error(name if name in form.fields else None, texts)
    return {}


def _show(
    request: SignedIn,
    clinic: Clinic,
    found: Section,
    form: ClinicianForm | None = None,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        **section_page.common(request, clinic, found),
        "people": _people(request, clinic),
        "form": form or ClinicianForm(initial={"license_state": clinic.state}),
        "is_open": form is not None,
        "versions": keeping.versions(clinic, FIELDS),
        "notice": notice,
    }
    return render(request, "portal/listing_people.html", context, status=status)


def _people(request: SignedIn, clinic: Clinic) -> list[Person]:
    """Who is there and who was asked for; the one in charge first."""
    asked = clinicians.team(clinic, request.user)
    there = set(clinic.practitioners.values_list("pk", flat=True)) | {clinic.responsible_id}
    rows = {person.pk: person for person in asked}
    if clinic.responsible:
        rows.setdefault(clinic.responsible.pk, clinic.responsible)
    current = Check.objects.current().filter(license=OuterRef("pk"), clinic=clinic)
    held: dict[int, list[License]] = {}
    for each in (
        License.objects.filter(practitioner__in=rows).annotate(is_checked=Exists(current)).order_by("pk")
    ):
        held.setdefault(each.practitioner_id, []).append(each)
    return sorted(
        (
            Person(row, held.get(pk, []), pk == clinic.responsible_id, pk not in there)
            for pk, row in rows.items()
        ),
        key=lambda person: (not person.in_charge, person.row.last_name, person.row.pk),
    )
