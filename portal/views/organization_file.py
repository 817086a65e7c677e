"""For managers of several sites: all values as a file, what a changed file would do, and doing it."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import step_up
from accounts.models import Organization
from directory import many_sites_file
from directory.many_sites_file import Plan, UnreadableFile
from directory.refusals import Refused, WrongState
from portal.access import SignedIn
from portal.kept_files import KeptFiles
from portal.organization_forms import FileForm
from portal.views.organization import CHANGED, METHODS, counted, managed_or_404, shown_differences

FILES: Final = KeptFiles("site-files", 12 * 60 * 60)
SHOWN_PROBLEMS: Final = 100
GONE: Final = "That file has been dealt with, or 12 hours have passed. Nothing was changed. Send it again."
NOT_DONE: Final = "That could not be done, and nothing was changed. Look again at what would change now."


@never_cache
@require_safe
def values(request: SignedIn, pk: int) -> HttpResponse:
    """The current values of every site that is not closed, as CSV; with ?empty=1 the columns and an example alone."""
    organization = managed_or_404(request.user, pk)
    if request.GET.get("empty"):
        return _csv(many_sites_file.template(), "sites-empty.csv")
    return _export(request, organization)


@step_up.required_to_read
def _export(request: SignedIn, organization: Organization) -> HttpResponse:
    return _csv(many_sites_file.export(organization=organization, by=request.user), "sites.csv")


def _csv(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@never_cache
@require_http_methods(METHODS)
def upload(request: SignedIn, pk: int) -> HttpResponse:
    """A file: it is read, kept aside, and what it would do is shown on a page of its own."""
    organization = managed_or_404(request.user, pk)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_bound and form.is_valid():
        data = form.cleaned_data["file"]
        try:
            many_sites_file.plan(data, organization=organization, by=request.user)
        except UnreadableFile as problem:
            form.add_error("file", str(problem))
        else:
            key = FILES.keep(data, by=request.user, about=organization.pk)
            return redirect("manage-organization-preview", pk=pk, key=key)
    context = {"organization": organization, "form": form, "columns": many_sites_file.columns()}
    status = 422 if form.errors else 200
    return render(request, "portal/organization_file.html", context, status=status)


@never_cache
@require_http_methods(METHODS)
def preview(request: SignedIn, pk: int, key: str) -> HttpResponse:
    """What a file would change now; a post changes it, if that is still so."""
    organization = managed_or_404(request.user, pk)
    data = FILES.find(key, by=request.user, about=organization.pk)
    if data is None and request.method == "POST":
        messages.info(request, GONE)
        return redirect("manage-organization-file", pk=pk)
    if data is None:
        raise Http404
    if request.method != "POST":
        return _show(request, organization, data)
    try:
        outcome = many_sites_file.carry_out(
            data, organization=organization, by=request.user, seen=request.POST.get("seen", "")
        )
    except WrongState:
        return _show(request, organization, data, notice=CHANGED, status=409)
    except UnreadableFile:
        return _show(request, organization, data, status=422)
    except (Refused, ValidationError):
        return _show(request, organization, data, notice=NOT_DONE, status=409)
    FILES.discard(key, by=request.user, about=organization.pk)
    messages.success(request, _done_words(outcome))
    return redirect("manage-organization-sites", pk=pk)


def _done_words(outcome: many_sites_file.Outcome) -> str:
    words = f"Changed at {counted(outcome.changed)}."
    if outcome.waiting:
        words += f" At {counted(outcome.waiting)} a person looks at it first; the old values stay until then."
    return words


def _show(
    request: SignedIn, organization: Organization, data: bytes, *, notice: str = "", status: int = 200
) -> HttpResponse:
    plan = many_sites_file.plan(data, organization=organization, by=request.user)
    context = {"organization": organization, "plan": plan, "notice": notice, **_plan_context(plan)}
    return render(request, "portal/organization_file_preview.html", context, status=status)


def _plan_context(plan: Plan) -> dict[str, Any]:
    waiting = [each for each in plan.differences if many_sites_file.waits(each)]
    shown = shown_differences(plan.differences)
    return {
        "differences": shown,
        "more_sites": len(plan.sites) - sum(len(clinics) for clinics, _ in shown),
        "waiting_sites": len({each.clinic.pk for each in waiting}),
        "problems": plan.problems[:SHOWN_PROBLEMS],
        "more_problems": max(0, len(plan.problems) - SHOWN_PROBLEMS),
    }
