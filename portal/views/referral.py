"""One request at the clinic's side: read it, and answer it in one of five ways."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal import forms, waiting, zones
from portal.access import SignedIn, referral_or_404
from referrals import answer_lines, lifecycle, phones, reading
from referrals.errors import NotYours
from referrals.models import Referral
from referrals.note_signs import sounds_like_crisis
from referrals.vocabulary import Status

STOPPED = (
    "This listing cannot take the request at this moment, because one of its facts no longer holds. "
    "Nothing you typed was sent. The person is shown other clinics."
)
# What the patient's page says, turned round.
TITLES = {
    "You sent it": "The person sent it",
    "You answered": "The person answered",
    "You took it back": "The person took it back",
}


@dataclass(frozen=True)
class Action:
    """One way to answer. `slug` is its address, `verb` the lifecycle's word."""

    slug: str
    verb: str
    label: str
    done: str
    form: Callable[..., Form]
    run: Callable[..., None]

    def bound(self, referral: Referral, data: Any = None) -> Form:
        """Its form, empty or filled; the appointment's in the clinic's time zone."""
        zone = {"time_zone": referral.clinic.time_zone} if self.slug == "appointment" else {}
        return self.form(data, prefix=self.slug, **zone)


ACTIONS = (
    Action("accept", "accept", "Accept", "Accepted. The person's page says so.", forms.AcceptForm,
           lambda referral, by, given: lifecycle.accept(referral=referral, by=by, note=given["note"])),
    Action("ask", "ask", "Ask a question", "Your question is on the person's page.", forms.AskForm,
           lambda referral, by, given: lifecycle.ask(referral=referral, by=by, question=given["question"])),
    Action("appointment", "set_appointment", "Appointment set", "The date is on the person's page.",
           forms.AppointmentForm,
           lambda referral, by, given: lifecycle.set_appointment(referral=referral, by=by, at=given["at"])),
    Action("finish", "complete", "Finish", "Closed. The person's page says so.", forms.FinishForm,
           lambda referral, by, given: lifecycle.complete(referral=referral, by=by, reason=given["reason"])),
    Action("decline", "decline", "Cannot help", "Closed. The person is shown other clinics.", forms.DeclineForm,
           lambda referral, by, given: lifecycle.decline(referral=referral, by=by, reason=given["reason"])),
)  # fmt: skip


@never_cache
@require_safe
def page(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The request as the person wrote it. Before it is opened there is a button only: a visit changes nothing."""
    referral = referral_or_404(request.user, pk)
    return _show(request, referral)


@never_cache
@require_POST
def open_it(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Open a new request; the person's page says so from now on. A colleague may have been first: no matter."""
    referral = referral_or_404(request.user, pk)
    try:
        with suppress(lifecycle.WrongState):
            lifecycle.open(referral=referral, by=request.user)
    except lifecycle.ListingStopped:
        return render(request, "portal/stopped.html", {"notice": STOPPED}, status=409)
    return redirect("inbox-referral", pk=pk)


@never_cache
@require_POST
def act(request: SignedIn, pk: uuid.UUID, verb: str) -> HttpResponse:
    """Answer the request in one of the ways of ACTIONS."""
    referral, action = referral_or_404(request.user, pk), _action(verb)
    form = action.bound(referral, request.POST)
    if not form.is_valid():
        return _show(request, referral, filled={action.slug: form}, status=422)
    try:
        action.run(referral, request.user, form.cleaned_data)
    except lifecycle.WrongState as first:
        return _somebody_was_first(request, referral, action, form, first.current)
    except lifecycle.ListingStopped:
        return render(request, "portal/stopped.html", {"notice": STOPPED}, status=409)
    except lifecycle.DateOutOfRange:
        form.add_error("day", forms.OUT_OF_RANGE)
        return _show(request, referral, filled={action.slug: form}, status=422)
    messages.success(request, action.done)
    return redirect("inbox-referral", pk=pk)


def _action(slug: str) -> Action:
    found = next((action for action in ACTIONS if action.slug == slug), None)
    if found is None:
        raise Http404
    return found


def _somebody_was_first(
    request: SignedIn, referral: Referral, action: Action, form: Form, current: str
) -> HttpResponse:
    typed = [form.cleaned_data[name] for name in ("question", "note") if form.cleaned_data.get(name)]
    context = {
        "referral": referral,
        "action": action,
        "status": waiting.status_word(current),
        "typed": typed[0] if typed else "",
    }
    return render(request, "portal/somebody_was_first.html", context, status=409)


def _show(
    request: SignedIn,
    referral: Referral,
    *,
    filled: dict[str, Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "referral": referral,
        "clinic": referral.clinic,
        "tab": waiting.tab_of(referral),
        "status": waiting.status_word(referral.status, referral.status_reason),
        "waiting": waiting.words(referral.status_at),
        "late": waiting.is_late(referral),
        "is_new": referral.status == Status.REQUESTED,
        "taken_back": referral.status == Status.CANCELLED,
    }
    if not (context["is_new"] or context["taken_back"]):
        context |= _read(request, referral) | _actions(referral, filled or {})
    return render(request, "portal/referral.html", context, status=status)


def _read(request: SignedIn, referral: Referral) -> dict[str, Any]:
    """What the person wrote and what was said since; each look leaves its row in the trail."""
    try:
        answers, steps = reading.read_all(referral=referral, by=request.user, purpose="reply")
    except reading.PersonalDataGone:
        return {"gone": True}
    except NotYours:
        raise Http404 from None
    shown = phones.display(answers.phone, answers.phone_extension) if answers.phone else ""
    return {
        "answers": answers,
        "phone_shown": shown,
        "lines": answer_lines.lines_for_clinic(answers),
        "crisis": sounds_like_crisis(answers.note),
        "steps": _told(steps),
    }


def _told(steps: list[reading.Step]) -> list[dict[str, Any]]:
    """The timeline, latest first, as the clinic reads it: "You" is not the person here."""
    return [{"step": step, "title": TITLES.get(step.title, step.title)} for step in reversed(steps)]


def _actions(referral: Referral, filled: dict[str, Form]) -> dict[str, Any]:
    offered = [
        {
            "action": action,
            "form": filled.get(action.slug) or action.bound(referral),
            "is_open": action.slug in filled,
        }
        for action in ACTIONS
        if lifecycle.can(action.verb, referral.status)
    ]
    with_errors = [form for form in filled.values() if form.errors]
    return {
        "actions": offered,
        "reasons": forms.decline_reasons(),
        "decline_opening": forms.decline_opening(),
        "zone_name": zones.name(referral.clinic.time_zone),
        "form_with_errors": with_errors[0] if with_errors else None,
    }
