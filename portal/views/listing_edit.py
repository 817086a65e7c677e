"""One section of a listing, filled in by its clinic: saved, held for a person, or merged with what another saved."""

from collections.abc import Mapping
from typing import Final

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from directory import changes, keeping
from directory.models import Clinic, ProposedChange
from directory.refusals import Incomplete, NotAllowed, WrongState
from portal import listing_sections, task_list
from portal.access import SignedIn
from portal.listing_forms.contact import UNKNOWN_ZIP
from portal.listing_forms.section_form import SectionForm
from portal.listing_sections import Section
from portal.views import listing_people, section_page
from portal.views.listing import own_clinic_or_404
from portal.views.listing_merge import chosen, merge_page, seen_in
from referrals.views.addressee import values_in_address

KEPT: Final = "That was not saved, but nothing was lost. Check what you typed and save it again."
NO_TERMS: Final = "Agree to our terms for requests first. You find them on the list of tasks"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def section(request: SignedIn, slug: str, section: str) -> HttpResponse:
    """The form of one section; people have a page of their own under the same address."""
    clinic, found = own_clinic_or_404(request, slug), listing_sections.named(section)
    if found is None:
        raise Http404
    if request.method == "POST" and not task_list.may_edit(request.user, clinic, found):
        raise PermissionDenied
    if found.form is None:
        return listing_people.people(request, clinic, found)
    if request.method != "POST":
        return show(request, clinic, found, found.form(initial=found.form.initial_of(clinic)))
    return _save(request, clinic, found, found.form(request.POST))


def _after_expired_form(request: SignedIn, reason: str) -> HttpResponse:
    values = values_in_address(request)
    if getattr(request.user, "is_anonymous", True):
        return redirect_to_login(reverse("manage-edit", args=[values["slug"], values["section"]]))
    clinic, found = own_clinic_or_404(request, values["slug"]), listing_sections.named(values["section"])
    if found is None or not task_list.may_edit(request.user, clinic, found):
        raise Http404
    if found.form is None:
        return listing_people.again(request, clinic, found, notice=KEPT)
    return show(request, clinic, found, found.form(request.POST), notice=KEPT)


section.on_csrf_failure = _after_expired_form  # type: ignore[attr-defined]


@never_cache
@require_POST
def withdraw(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Whoever asked for a change takes it back."""
    clinic = own_clinic_or_404(request, slug)
    change = get_object_or_404(ProposedChange, pk=pk, clinic=clinic)
    if change.made_by_id != request.user.pk:
        raise PermissionDenied
    try:
        changes.refuse(change=change, by=request.user)
        messages.success(request, "Taken back. Nothing changes.")
    except WrongState:
        messages.info(request, "Somebody decided about it already.")
    slug_of_section = listing_sections.of_fields(set(change.values))
    return (
        redirect("manage-edit", slug, slug_of_section) if slug_of_section else redirect("manage-clinic", slug)
    )


# --- saving ------------------------------------------------------------------------------------


def _save(request: SignedIn, clinic: Clinic, found: Section, form: SectionForm) -> HttpResponse:
    if not form.is_valid():
        return show(request, clinic, found, form, status=422)
    values = form.values()
    try:
        saved = keeping.save(
            clinic=clinic, by=request.user, values=chosen(request, values), seen=seen_in(request)
        )
    except keeping.Stale as stale:
        return merge_page(request, stale, found, form)
    except (ValidationError, Incomplete) as wrong:
        _tell(form, wrong)
        return show(request, clinic, found, form, status=422)
    except WrongState:
        return show(request, clinic, found, form, notice=section_page.CLOSED, status=409)
    except NotAllowed as no:
        form.add_error(None, section_page.NO_CLAIM if not task_list.has_claim(clinic) else str(no))
        return show(request, clinic, found, form, status=422)
    return section_page.done(request, found, saved, clinic)


def _tell(form: SectionForm, wrong: ValidationError | Incomplete) -> None:
    """Put what the process refused beside the field that it is about."""
    if isinstance(wrong, Incomplete):
        name, words = ("zip", UNKNOWN_ZIP) if wrong.missing == ["point"] else (None, NO_TERMS)
        form.add_error(name, words)
        return
    by_field: Mapping[str, list[str]] = (
        wrong.message_dict if hasattr(wrong, "error_dict") else {"": wrong.messages}
    )
    for name, texts in by_field.items():
        form.add_error(name if name in form.fields else None, texts)


# --- the page ----------------------------------------------------------------------------------


def show(
    request: SignedIn,
    clinic: Clinic,
    found: Section,
    form: SectionForm,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """The form of a section, with what waits for a person; to those who may not edit it, what it says."""
    context = {
        **section_page.common(request, clinic, found),
        "form": form,
        "versions": _versions(request, clinic, found, form),
        "notice": notice,
    }
    return render(request, "portal/listing_edit.html", context, status=status)


def _versions(request: SignedIn, clinic: Clinic, found: Section, form: SectionForm) -> dict[str, str]:
    """What the form goes out with; a form shown again keeps the versions that it began with."""
    return seen_in(request) if form.is_bound else keeping.versions(clinic, form.listing)
