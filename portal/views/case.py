"""One case: what we have and what the source has, and every way to go on from there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from directory import links
from directory.casework import cases, evidence
from directory.casework import values as case_values
from directory.fact_rules import RULES
from directory.models import Case, Clinic, Evidence
from directory.refusals import Incomplete, NotAllowed, Refused, WrongState
from directory.vocabulary import Fact, Word
from outbox import clock
from portal import case_forms, case_sheet, case_verbs, clinic_forms, queue_tabs, removal_sheet
from portal.access import SignedIn, staff_only
from portal.views.queue import what, where_of

MOST_NEIGHBOURS = 500
PREVIEW = "This is what the public would read. Nothing was recorded."


@never_cache
@require_safe
@staff_only
def page(request: SignedIn, pk: int) -> HttpResponse:
    """The case as it stands. A visit takes nothing and changes nothing."""
    return _show(request, _case(pk))


@never_cache
@require_POST
@staff_only
def act(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """Do what one of the forms says, and go on to the next case when this one is done."""
    case, chosen = _case(pk), case_verbs.named(verb)
    form = case_verbs.bound(chosen, case, request.POST)
    filled = {str(form.prefix): form}
    if not form.is_valid():
        return _show(request, case, filled=filled, status=422)
    if "preview" in request.POST:
        return _show(request, case, filled=filled, notice=PREVIEW)
    try:
        with transaction.atomic():
            said = chosen.run(case, request.user, form)
    except Refused as no:
        status, notice = _in_words(no)
        return _show(request, _case(pk), filled=filled, notice=notice, status=status)
    except ValidationError as no:
        return _show(request, _case(pk), filled=filled, notice=" ".join(no.messages), status=422)
    messages.success(request, (isinstance(said, str) and said) or chosen.done)
    return _onward(request, pk)


@never_cache
@require_POST
@staff_only
def upload(request: SignedIn, pk: int) -> HttpResponse:
    """Keep a file that shows a fact. It is judged by its content; its name is not read."""
    case, form = _case(pk), case_forms.FileForm(request.POST, request.FILES, prefix="evidence")
    filled: dict[str, Form] = {"evidence": form}
    if not form.is_valid():
        return _show(request, case, filled=filled, status=422)
    try:
        evidence.receive(case=case, content=form.cleaned_data["file"].read(), by=request.user)
    except (evidence.NotTaken, evidence.NotKept) as no:
        form.add_error("file", str(no))
        return _show(request, case, filled=filled, status=_status_of_upload(no))
    except Refused as no:
        status, notice = _in_words(no)
        return _show(request, case, filled=filled, notice=notice, status=status)
    messages.success(request, "The file was kept.")
    return redirect(_address(request, pk))


def _status_of_upload(no: evidence.NotTaken | evidence.NotKept) -> int:
    if isinstance(no, evidence.NotKept):
        return 503
    return {"too-big": 413, "not-a-kind": 415}.get(no.code, 422)


@never_cache
@require_safe
@staff_only
def download(request: SignedIn, pk: int) -> HttpResponse:
    """A kept file, after its digest was compared: as a download that may do nothing, whatever it holds."""
    found = get_object_or_404(Evidence.objects.select_related("case__clinic"), pk=pk)
    try:
        content = evidence.read(evidence=found, by=request.user)
    except evidence.Altered as no:
        return render(
            request, "portal/staff_evidence_altered.html", {"notice": no, "evidence": found}, status=409
        )
    response = HttpResponse(content, content_type=found.media_type)
    response["Content-Disposition"] = f'attachment; filename="{evidence.file_name(found)}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- what the page shows -----------------------------------------------------------------------


def _case(pk: int) -> Case:
    known = Case.objects.select_related(
        "clinic__organization",
        "clinic__responsible",
        "clinic__submitted_by",
        "license",
        "taken_by",
        "sent_to",
    )
    return get_object_or_404(known, pk=pk)


def _in_words(no: Refused) -> tuple[int, str]:
    """Status and sentence for a refusal. What was typed stays in its form."""
    if isinstance(no, cases.HeldByAnother):
        left = max(1, int((no.until - clock.now()).total_seconds() // 60))
        return 409, f"Somebody was first: {no.name} is working on this case, for {left} more minutes at most."
    if isinstance(no, WrongState):
        return 409, "Somebody was first: this has changed since you opened it. Below is how it stands now."
    if isinstance(no, Incomplete):
        return 422, "Still missing: " + ", ".join(case_sheet.in_words(slug) for slug in no.missing) + "."
    return (403 if isinstance(no, NotAllowed) else 422), str(no)


def _show(
    request: SignedIn,
    case: Case,
    *,
    filled: dict[str, Form] | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    forms = filled or {}
    with_errors = [form for form in forms.values() if form.is_bound and form.errors]
    context = {
        "case": case,
        "clinic": case.clinic,
        "what": what(case),
        "notice": notice,
        "form_with_errors": with_errors[0] if with_errors else None,
        **_state(request, case),
        **_parts(request, case, forms),
        **_neighbours(request, case),
    }
    return render(request, "portal/staff_case.html", context, status=status)


def _state(request: SignedIn, case: Case) -> dict[str, Any]:
    now = clock.now()
    held = bool(case.taken_until and case.taken_until > now)
    return {
        "mine": held and case.taken_by_id == request.user.pk,
        "held_by": case.taken_by if held and case.taken_by_id != request.user.pk else None,
        "late": case.due_at <= now,
        "snoozed": bool(case.snoozed_until and case.snoozed_until > now),
        "is_candidate": case.clinic.status == Clinic.Status.CANDIDATE,
        "submitted_by_me": case.clinic.submitted_by_id == request.user.pk,
    }


def _parts(request: SignedIn, case: Case, filled: dict[str, Form]) -> dict[str, Any]:
    verbs = {verb.slug: verb for verb in case_verbs.offered(case, request.user)}
    decide = case.fact and "decide" in verbs
    changes = case_sheet.waiting_changes(case, filled) if not case.closed_at else []
    publishing = case.kind == Case.Kind.NEW and not case.closed_at and request.user.is_verifier
    lines = [] if changes else case_values.lines(case)
    return {
        "lines": lines,
        "has_source": any(line.theirs for line in lines),
        "domain": "" if case.clinic.confirmed_domain else links.host_of(case.clinic.website),
        "decision": case_sheet.item(case, Fact(case.fact), "decide", filled, word=Word.NOT_CHECKED)
        if decide
        else None,
        "checklist": case_sheet.checklist(case, filled) if publishing else [],
        "people_form": filled.get("clinician") or clinic_forms.ClinicianForm(prefix="clinician"),
        "practice_form": filled.get("practice") or clinic_forms.PracticeForm(prefix="practice"),
        "offers_form": filled.get("offers") or _offers_form(case),
        "has_offers": case.clinic.offerings.exists(),
        "closing": next((verbs[slug] for slug in ("submit", "list", "reinstate") if slug in verbs), None),
        "changes": changes,
        "reports": case_sheet.told_reports(case, request.user, filled),
        "others": [_panel(case, verb, filled) for slug, verb in verbs.items() if slug in PANELS],
        "removal": removal_sheet.sheet(case, request.user, filled),
        "script": (removal_sheet if case.kind == Case.Kind.REMOVAL else case_sheet).script(case.clinic),
        "evidence": list(case.evidence.order_by("pk")),
        "evidence_form": filled.get("evidence") or case_forms.FileForm(prefix="evidence"),
        "history": case_sheet.history(case),
        "rule": RULES.get(Fact(case.fact)) if case.fact else None,
    }


PANELS = (
    "correct",
    "website-text",
    "cannot-check",
    "dismiss",
    "call",
    "ask",
    "note",
    "snooze",
    "send-back",
    "suspend",
)


def _panel(case: Case, verb: case_verbs.Verb, filled: dict[str, Form]) -> dict[str, Any]:
    form = filled.get(verb.slug)
    return {"verb": verb, "form": form or case_verbs.bound(verb, case), "is_open": form is not None}


def _offers_form(case: Case) -> clinic_forms.OffersForm:
    offered = list(case.clinic.offerings.all())
    chosen = {
        "modalities": [each.modality for each in offered],
        "psychotherapy": any(each.psychotherapy for each in offered),
    }
    return clinic_forms.OffersForm(prefix="offers", initial=chosen)


# --- from one case to the next -----------------------------------------------------------------


def _neighbours(request: SignedIn, case: Case) -> dict[str, Any]:
    """The case before and after this one in the tab it was opened from."""
    where = where_of(request.GET)
    tab = queue_tabs.tab_named(QueryDict(where).get("tab", ""))
    ids = _ids(request, tab, QueryDict(where).get("kind", "")) if tab else []
    place = ids.index(case.pk) if case.pk in ids else None
    before = ids[place - 1] if place else None
    after = ids[place + 1] if place is not None and place + 1 < len(ids) else None
    return {"where": where, "before": before, "after": after, "tab": tab}


def _ids(request: SignedIn, tab: queue_tabs.Tab, kind: str) -> list[int]:
    found = queue_tabs.in_tab(request.user, tab, kind).values_list("pk", flat=True)
    return list(found[:MOST_NEIGHBOURS])


def _onward(request: SignedIn, pk: int) -> HttpResponse:
    """The same case while it is still work; else the next of its tab, else the queue."""
    case = Case.objects.get(pk=pk)
    if not case.closed_at and not (case.snoozed_until and case.snoozed_until > clock.now()):
        return redirect(_address(request, pk))
    where = where_of(request.GET)
    tab = queue_tabs.tab_named(QueryDict(where).get("tab", ""))
    following = _ids(request, tab, QueryDict(where).get("kind", "")) if tab else []
    if following:
        messages.info(request, "This is the next case.")
        return redirect(_address(request, following[0]))
    return redirect(reverse("staff") + (f"?{where}" if where else ""))


def _address(request: SignedIn, pk: int) -> str:
    where = where_of(request.GET)
    return reverse("staff-case", kwargs={"pk": pk}) + (f"?{where}" if where else "")
