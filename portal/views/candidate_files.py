"""For the operator's staff: a file of clinics, what it would do, and doing it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from directory.intake import importing as clinic_import
from directory.intake import spreadsheet as clinic_csv
from directory.intake.importing import Plan, UnreadableFile
from directory.models import Clinic
from portal import clinic_files
from portal.access import SignedIn, staff_only

SHOWN_ROWS = 50
MOST_ROWS_HERE = 1_000
"""Rows that a page can add in a few seconds. The command takes more."""

MOST_BYTES_HERE = 2 * 2**20


class FileForm(forms.Form):
    """A CSV file of clinics."""

    use_required_attribute = False
    file = forms.FileField(
        label="CSV file",
        help_text=f"At most {MOST_ROWS_HERE:,} rows. For more, use manage.py import_clinics.",
        error_messages={
            "required": "Choose a file",
            "empty": "The file is empty",
            "missing": "Choose a file",
        },
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> bytes:
        """Its bytes. Whether they are a table is said by the plan."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES_HERE:
            raise forms.ValidationError(f"Choose a file of at most {MOST_BYTES_HERE // 2**20} MB")
        return bytes(file.read())


@never_cache
@require_safe
@staff_only
def template(request: SignedIn) -> HttpResponse:
    """An empty file with every column."""
    # A spreadsheet reads UTF-8 only with the mark in front.
    response = HttpResponse("\ufeff" + clinic_csv.template(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="clinics.csv"'
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def upload(request: SignedIn) -> HttpResponse:
    """A file: it is read, kept aside, and what it would do is shown on a page of its own."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_bound and form.is_valid():
        try:
            _require_few(form.cleaned_data["file"])
        except UnreadableFile as problem:
            form.add_error("file", str(problem))
        else:
            key = clinic_files.keep(form.cleaned_data["file"], by=request.user)
            return redirect("staff-candidates-file", key=key)
    context = {"form": form, "columns": clinic_csv.COLUMNS, "needed": clinic_csv.REQUIRED}
    status = 422 if form.errors else 200
    return render(request, "portal/staff_candidates_upload.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def file(request: SignedIn, key: str) -> HttpResponse:
    """What a file would do; a post does it, leaving bad rows out only where that was asked for."""
    data = clinic_files.find(key, by=request.user)
    if data is None and request.method == "POST":
        messages.info(request, "That file has been dealt with, or a day has passed. Nothing more was added.")
        return redirect("staff-candidates")
    if data is None:
        raise Http404
    plan = clinic_import.plan(data)
    if request.method != "POST" or (plan.problems and "partial" not in request.POST):
        status = 422 if request.method == "POST" else 200
        return render(request, "portal/staff_candidates_file.html", _plan_context(plan, key), status=status)
    outcome = clinic_import.carry_out(plan, by=request.user, origin=Clinic.Origin.IMPORT, partial=True)
    clinic_files.discard(key, by=request.user)
    left_out = f" {outcome.left_out} left out." if outcome.left_out else ""
    opted_out = f" {outcome.opted_out} asked not to be listed." if outcome.opted_out else ""
    messages.success(request, f"{outcome.added} added, {outcome.known} known already.{opted_out}{left_out}")
    return redirect("staff-candidates")


def _require_few(data: bytes) -> None:
    """Raises UnreadableFile for what cannot be read, or takes too long for a page."""
    table = clinic_csv.read(data)
    if len(table.rows) + len(table.problems) > MOST_ROWS_HERE:
        raise UnreadableFile(
            f"The file has more than {MOST_ROWS_HERE:,} rows. Cut it into several, or use manage.py import_clinics."
        )


def _plan_context(plan: Plan, key: str) -> dict[str, Any]:
    ids = {match.clinic_id for row in plan.rows for match in row.like} | {row.known for row in plan.known}
    clinics = Clinic.objects.in_bulk([pk for pk in ids if pk and pk > 0])
    return {
        "plan": plan,
        "key": key,
        "problems": plan.problems[:SHOWN_ROWS],
        "more_problems": max(0, len(plan.problems) - SHOWN_ROWS),
        "doubtful": [
            (row, [(_known_name(match.clinic_id, clinics), match.reasons) for match in row.like])
            for row in plan.doubtful[:SHOWN_ROWS]
        ],
        "known": [(row, _known_name(row.known or 0, clinics)) for row in plan.known[:SHOWN_ROWS]],
        "opted_out": plan.opted_out[:SHOWN_ROWS],
        "new": plan.new[:SHOWN_ROWS],
        "more_new": max(0, len(plan.new) - SHOWN_ROWS),
    }


def _known_name(clinic_id: int, clinics: dict[int, Clinic]) -> str:
    if clinic_id in clinics:
        clinic = clinics[clinic_id]
        return f"{clinic.name}, {clinic.city}, {clinic.state}"
    return f"line {-clinic_id} of this file"
