"""Asking for an appointment: the page that says what will be asked, and three short steps."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from directory.models import Clinic
from referrals import consent, drafts, phones
from referrals.forms import NOTE_LIMIT, STEPS, offered_by
from referrals.views.addressee import clinic_or_404, keeps_text, to_a_clinic, values_in_address

TITLES = {
    1: "Who is this for?",
    2: "How can the clinic reach you?",
    3: "What would you like help with?",
}
LAST_STEP = max(STEPS)
KEPT = "That did not send, but nothing was lost. We kept what you typed. Check it and send it again."
ENDED = (
    "Your visit here ended for a while, and we do not keep unsent answers for long. "
    "We kept what you typed last. Please fill in this page again."
)
NOT_OFFERED = (
    "This clinic does not give the treatment you chose before. Choose again, or leave it at Not sure."
)


@login_not_required
@require_safe
@to_a_clinic
def start(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    """What will be asked, who sees it and for how long. No question, no cookie."""
    context = {
        "clinic": clinic,
        "days": consent.kept_days(),
        "has_answers": drafts.next_step(request.session) is None,
    }
    return render(request, "referrals/start.html", context)


def _step_after_expired_form(request: HttpRequest, reason: str) -> HttpResponse:
    values = values_in_address(request)
    clinic, number = clinic_or_404(values["slug"]), values["number"]
    return _show(request, clinic, number, _form(number, clinic, data=request.POST), notice=KEPT)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@keeps_text(_step_after_expired_form)
@to_a_clinic
def step(request: HttpRequest, clinic: Clinic, number: int) -> HttpResponse:
    """One topic. A saved step leads to the first unanswered one, or to the page that shows all answers."""
    if request.method == "POST":
        return _save(request, clinic, number)
    first = drafts.next_step(request.session)
    if first and first < number:
        return redirect("ask-step", slug=clinic.slug, number=first)
    mistaken = drafts.typed(request.session, number)
    if mistaken is not None:
        return _show(request, clinic, number, _form(number, clinic, data=mistaken))
    form = _form(number, clinic, initial=_as_typed(drafts.step(request.session, number)))
    return _show(request, clinic, number, form, notice=_notice(request, clinic, number))


def _as_typed(kept: dict[str, Any]) -> dict[str, Any]:
    """Kept answers as a person would type them again."""
    if kept.get("phone"):
        kept["phone"] = phones.display(kept["phone"], kept.get("phone_extension", ""))
    return kept


@login_not_required
@require_safe
def under_18(request: HttpRequest, slug: str) -> HttpResponse:
    """No error: what a parent can do, and who helps now."""
    return render(request, "referrals/under_18.html", {"clinic": clinic_or_404(slug)})


def _form(number: int, clinic: Clinic, **kwargs: Any) -> Form:
    if number not in STEPS:
        raise Http404
    if number == LAST_STEP:
        kwargs["clinic"] = clinic  # whose treatments can be chosen
    return STEPS[number](**kwargs)


def _save(request: HttpRequest, clinic: Clinic, number: int) -> HttpResponse:
    form = _form(number, clinic, data=request.POST)
    if not form.is_valid():
        return _ask_again(request, clinic, number, form)
    if form.cleaned_data.get("adult") is False:
        drafts.discard(request.session)
        return redirect("ask-under-18", slug=clinic.slug)
    drafts.keep(request.session, number, form.cleaned_data)
    following = drafts.next_step(request.session)
    if following:
        return redirect("ask-step", slug=clinic.slug, number=following)
    return redirect("ask-check", slug=clinic.slug)


def _ask_again(request: HttpRequest, clinic: Clinic, number: int, form: Form) -> HttpResponse:
    """To the same page by a visit: Back would ask to send a posted page again."""
    if drafts.keep_typed(request.session, number, request.POST):
        return redirect("ask-step", slug=clinic.slug, number=number)
    return _show(request, clinic, number, form, status=422)


def _notice(request: HttpRequest, clinic: Clinic, number: int) -> str:
    kept = drafts.step(request.session, number)
    if not kept and any(drafts.step(request.session, later) for later in range(number + 1, LAST_STEP + 1)):
        return ENDED
    if kept.get("modality") and kept["modality"] not in offered_by(clinic):
        return NOT_OFFERED
    return ""


def _show(
    request: HttpRequest, clinic: Clinic, number: int, form: Form, *, notice: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "clinic": clinic,
        "number": number,
        "last": LAST_STEP,
        "title": TITLES[number],
        "form": form,
        "notice": notice,
        "note_limit": NOTE_LIMIT,
        "is_change": drafts.next_step(request.session) is None,
    }
    return _kept_for_back(request, f"referrals/step_{number}.html", context, status)


def _kept_for_back(request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """A page that the browser may keep, so that Back and Forward find what was typed and not yet saved.

    The page that says "sent" clears what was kept. Django would renew the form's cookie with every page,
    and what sets a cookie is kept by nobody (config.middleware).
    """
    has_cookie = "CSRF_COOKIE" in request.META and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
    response = render(request, template, context, status=status)
    if has_cookie:
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
    patch_cache_control(response, private=True, no_cache=True)
    return response
