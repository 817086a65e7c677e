"""For the operator's staff: clinics we have heard of, by hand or otherwise, and whether we know them already."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory import opt_outs
from directory.intake import candidates, duplicates
from directory.intake.candidate import Candidate
from directory.intake.form import CandidateForm
from directory.models import Case, Clinic
from directory.models.clinic import ClinicQuerySet
from directory.refusals import Refused
from directory.states import STATE_CHOICES
from directory.templatetags.plain_words import phone
from portal.access import SignedIn, staff_only

PER_PAGE = 20
ORIGINS = {
    Clinic.Origin.STAFF: "Staff",
    Clinic.Origin.CLINIC: "The clinic",
    Clinic.Origin.IMPORT: "A file",
    Clinic.Origin.NPPES: "NPPES",
}


class FilterForm(forms.Form):
    """What the list shows. What does not fit is left out, as everywhere in an address."""

    q = forms.CharField(label="Name", required=False, max_length=100)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Every state"), *STATE_CHOICES])
    origin = forms.ChoiceField(
        label="Heard from", required=False, choices=[("", "Anybody"), *ORIGINS.items()]
    )

    def chosen(self) -> dict[str, str]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


@dataclass(frozen=True)
class Row:
    """A candidate of the list. `alike` is how many clinics it may be."""

    clinic: Clinic
    case: Case | None
    held: bool
    alike: int
    origin: str


@dataclass(frozen=True)
class Pair:
    """The candidate beside a clinic that it may be: label, its value, the other's, and whether they differ."""

    other: Clinic
    match: duplicates.Match
    lines: list[tuple[str, str, str, bool]]


@never_cache
@require_safe
@staff_only
def listing(request: SignedIn) -> HttpResponse:
    """The latest first, by state, source and name."""
    form = FilterForm(request.GET)
    chosen = form.chosen()
    page = Paginator(_filtered(chosen), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": FilterForm(initial=chosen),
        "page": page,
        "rows": _rows(list(page)),
        "filtered": bool(chosen),
        "query": f"{urlencode(chosen)}&" if chosen else "",
    }
    return render(request, "portal/staff_candidates.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def add(request: SignedIn) -> HttpResponse:
    """One candidate by hand. A clinic that is known exactly is not added again."""
    form = CandidateForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _add_page(request, form)
    values = form.candidate()
    exact = next((match for match in duplicates.of(values) if match.exact), None)
    if exact:
        known = Clinic.objects.get(pk=exact.clinic_id)
        form.add_error(None, f"We have this clinic already: {known.name}, {known.city}, {known.state}")
        return _add_page(request, form)
    try:
        clinic = candidates.add(by=request.user, values=values, origin=Clinic.Origin.STAFF)
    except opt_outs.AskedNotToBeListed as no:
        form.add_error(None, str(no))
        return _add_page(request, form)
    messages.success(request, "Added. Nothing is shown to anybody until it was checked.")
    return redirect("staff-candidate", slug=clinic.slug)


@never_cache
@require_safe
@staff_only
def candidate(request: SignedIn, slug: str) -> HttpResponse:
    """What we were told, and side by side the clinics that it may be."""
    clinic = _candidate_or_404(slug)
    context = {
        "clinic": clinic,
        "lines": [(label, value) for label, value in _described(clinic) if value],
        "offerings": [offering.get_modality_display() for offering in clinic.offerings.all()],
        "licenses": clinic.responsible.licenses.all() if clinic.responsible else [],
        "cases": clinic.cases.open().order_by("opened_at", "pk"),
        "origin": ORIGINS[Clinic.Origin(clinic.origin)],
        "pairs": _pairs(clinic),
    }
    return render(request, "portal/staff_candidate.html", context)


@never_cache
@require_POST
@staff_only
def merge(request: SignedIn, slug: str) -> HttpResponse:
    """ "This is the same clinic"."""
    clinic = _candidate_or_404(slug)
    other = get_object_or_404(Clinic, slug=request.POST.get("into", ""))
    try:
        candidates.merge(candidate=clinic, into=other, by=request.user)
    except Refused as reason:
        messages.info(request, f"Nothing was changed. {reason}")
        return redirect("staff-candidate", slug=slug)
    messages.success(request, f"Done: {clinic.name} is the clinic we had. Nothing of that one was changed.")
    return redirect("staff-candidates")


# --- the list ----------------------------------------------------------------------------------


def _filtered(chosen: dict[str, str]) -> ClinicQuerySet:
    names = {"q": "name__icontains", "state": "state", "origin": "origin"}
    found = candidates.waiting().filter(**{names[name]: value for name, value in chosen.items()})
    open_cases = Prefetch("cases", Case.objects.open().order_by("opened_at", "pk"), to_attr="open_cases")
    return (
        found.select_related("organization")
        .prefetch_related(open_cases)
        .order_by("-status_changed_at", "-pk")
    )


def _rows(clinics: list[Any]) -> list[Row]:
    """Two statements for the likeness of all, however many there are."""
    values = [_values(clinic) for clinic in clinics]
    register = duplicates.Register.around(values)
    return [
        Row(
            clinic=clinic,
            case=next(iter(clinic.open_cases), None),
            held=any(case.kind == Case.Kind.HELD for case in clinic.open_cases),
            alike=sum(match.clinic_id != clinic.pk for match in register.matches(one)),
            origin=ORIGINS[Clinic.Origin(clinic.origin)],
        )
        for clinic, one in zip(clinics, values, strict=True)
    ]


def _values(clinic: Clinic) -> Candidate:
    """The clinic as duplicates are looked for."""
    names = "name line1 line2 city state zip phone".split()
    return Candidate(
        **{name: getattr(clinic, name) for name in names}, organization_npi=clinic.organization.npi
    )


# --- one candidate -----------------------------------------------------------------------------


def _candidate_or_404(slug: str) -> Clinic:
    found = candidates.waiting().select_related("organization", "responsible")
    return get_object_or_404(found, slug=slug)


def _pairs(clinic: Clinic) -> list[Pair]:
    values = _values(clinic)
    matches = [match for match in duplicates.of(values) if match.clinic_id != clinic.pk]
    others = Clinic.objects.select_related("organization", "responsible").in_bulk(
        [match.clinic_id for match in matches]
    )
    mine = _described(clinic)
    return [Pair(others[match.clinic_id], match, _beside(mine, others[match.clinic_id])) for match in matches]


def _beside(mine: list[tuple[str, str]], other: Clinic) -> list[tuple[str, str, str, bool]]:
    both = zip(mine, _described(other), strict=True)
    return [(label, ours, theirs, ours != theirs) for (label, ours), (_, theirs) in both if ours or theirs]


def _described(clinic: Clinic) -> list[tuple[str, str]]:
    street = ", ".join(part for part in (clinic.line1, clinic.line2) if part)
    extension = f" ext. {clinic.phone_extension}" if clinic.phone_extension else ""
    return [
        ("Clinic", clinic.name),
        ("Practice", clinic.organization.name),
        ("NPI", clinic.organization.npi),
        ("Address", f"{street}, {clinic.city}, {clinic.state} {clinic.zip}"),
        ("Phone", f"{phone(clinic.phone)}{extension}"),
        ("Website, as we were told", clinic.website),
        ("Clinician", str(clinic.responsible or "")),
    ]


# --- the form ------------------------------------------------------------------------------------


def _add_page(request: SignedIn, form: CandidateForm) -> HttpResponse:
    groups = [
        ("The clinic", "clinic_name address address_2 city state zip phone phone_extension website"),
        ("The practice", "organization_name organization_npi"),
        ("Treatments", "modalities psychotherapy"),
        (
            "The responsible clinician",
            (
                "clinician_first_name clinician_last_name clinician_credential clinician_npi license_state"
                " license_board license_number license_expires license_lookup"
            ),
        ),
    ]
    shown = [(title, [form[name] for name in names.split()]) for title, names in groups]
    status = 422 if form.errors else 200
    return render(request, "portal/staff_candidate_add.html", {"form": form, "groups": shown}, status=status)
