"""The private page: what became of a request, for whoever holds its link. A visit changes nothing."""

from contextlib import suppress
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from directory import search
from referrals import lifecycle, reading, reply_clock
from referrals.errors import BadText
from referrals.forms import MessageForm
from referrals.reading import StatusView
from referrals.views.addressee import keeps_text, values_in_address
from referrals.views.private_link import TooManyWrongLinks, behind_private_link
from referrals.vocabulary import Status

WRONG_LINKS = (60, 3600)
"""Wrong links an hour from one block of addresses, before it is asked to wait."""

TAG_CLASSES = {
    Status.ON_HOLD: "warn",
    Status.ACCEPTED: "ok",
    Status.IN_PROGRESS: "ok",
    Status.REJECTED: "clay",
    Status.FAILED: "clay",
}
NEXT = {
    Status.REQUESTED: "the clinic",
    Status.RECEIVED: "the clinic",
    Status.ON_HOLD: "you",
    Status.ACCEPTED: "the clinic",
    Status.IN_PROGRESS: "you",
}
KEPT = "That did not send, but nothing was lost. Check what you typed and send it again."
NO_QUESTION_NOW = (
    "The clinic is not waiting for an answer any more, so this was not sent. See below what has happened."
)


@behind_private_link
@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Status, who acts next, what the clinic said. Never what the patient wrote."""
    return _show(request, token, MessageForm())


def _answer_after_expired_form(request: HttpRequest, reason: str) -> HttpResponse:
    return _show(request, values_in_address(request)["token"], MessageForm(data=request.POST), notice=KEPT)


@keeps_text(_answer_after_expired_form)
@behind_private_link
@require_POST
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The patient's words to the clinic's question."""
    view = _found(request, token)
    form = MessageForm(data=request.POST)
    if not form.is_valid():
        return _show(request, token, form, status=422)
    try:
        lifecycle.answer(referral=view.referral, text=form.cleaned_data["text"])
    except lifecycle.WrongState:
        return _show(request, token, form, notice=NO_QUESTION_NOW, status=409)
    except BadText:
        form.add_error("text", "Write an answer first")
        return _show(request, token, form, status=422)
    return redirect("status", token=token)


@behind_private_link
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, token: str) -> HttpResponse:
    """Asks once more, then stops the request."""
    view = _found(request, token)
    if request.method != "POST" and view.can_withdraw:
        context = {"token": token, "was_opened": view.referral.status != Status.REQUESTED}
        return render(request, "referrals/take_back.html", context)
    if request.method == "POST":
        _withdraw(view)
    return redirect("status", token=token)


def _withdraw(view: StatusView) -> None:
    # If it is closed already, the page says how it ended.
    with suppress(lifecycle.WrongState):
        lifecycle.withdraw(referral=view.referral)


@behind_private_link
@require_POST
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Empties what this browser holds of the site, and goes to a page that says nothing."""
    request.session.flush()
    response = redirect("left")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@login_not_required
@require_safe
def left(request: HttpRequest) -> HttpResponse:
    """Anybody may see this page over a shoulder."""
    return render(request, "referrals/left.html")


def _found(request: HttpRequest, token: str) -> StatusView:
    """The request behind the link. A wrong link is like any page that does not exist."""
    view = reading.status_page(token)
    if view is None:
        block = limits.address_block(limits.client_address(request))
        limit, seconds = WRONG_LINKS
        if wait := limits.take("wrong-link", block, limit=limit, seconds=seconds):
            raise TooManyWrongLinks(wait)
        raise Http404
    return view


def _show(
    request: HttpRequest, token: str, form: MessageForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    view = _found(request, token)
    waited_long = _waited_long(view)
    ended_without = view.referral.status in (Status.REJECTED, Status.FAILED)
    context: dict[str, Any] = {
        "view": view,
        "token": token,
        "form": form,
        "notice": notice,
        "tag_class": TAG_CLASSES.get(Status(view.referral.status), "mute"),
        "next": "" if view.left else NEXT.get(Status(view.referral.status), ""),
        "waited_long": waited_long,
        "ended_without": ended_without,
        "taken_back": view.referral.status == Status.CANCELLED,
        "hits": search.alternatives(view.clinic, limit=3)
        if waited_long or ended_without or view.left
        else [],
        "search_url": f"{reverse('search')}?near={view.clinic.zip}",
        **_dates(view),
    }
    return render(request, "referrals/status.html", context, status=status)


def _dates(view: StatusView) -> dict[str, date]:
    """The dates the sent page told, while the clinic has not answered at all."""
    if view.left or not _is_waiting(view) or any(step.status == Status.ON_HOLD for step in view.steps):
        return {}
    since, zone = view.referral.created_at, view.clinic.time_zone
    return {
        "reply_due": reply_clock.reply_due(since, zone),
        "others_on": reply_clock.others_offered_on(since, zone),
    }


def _is_waiting(view: StatusView) -> bool:
    return view.referral.status in (Status.REQUESTED, Status.RECEIVED)


def _waited_long(view: StatusView) -> bool:
    return _is_waiting(view) and reply_clock.others_are_offered(
        view.referral.created_at, view.clinic.time_zone
    )
