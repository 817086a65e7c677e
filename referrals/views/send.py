"""The last look at the answers, the agreement, and the page that says the request was sent."""

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits
from directory.models import Clinic
from outbox import clock
from outbox.failpoints import failpoint
from referrals import answer_lines, drafts, lifecycle, reply_clock
from referrals.answers import Answers
from referrals.forms import (
    NUMBER_WARNING,
    PHONE_ONLY_NOTICE,
    ConsentForm,
    holds_identity_number,
    is_offered,
    phone_only,
    sounds_like_crisis,
)
from referrals.models import Referral
from referrals.views.addressee import (
    clinic_or_404,
    keeps_text,
    not_taking,
    to_a_clinic,
    too_many,
    values_in_address,
)

LOOKED_FOR = timedelta(seconds=2)
"""Nobody reads their answers faster. A quicker post is shown the page once more; it is never dropped."""
LINK_SHOWN_FOR = timedelta(minutes=30)
"""How long one can come back to the page that says "sent": others may use the phone, too."""
PER_NEIGHBOURHOOD = (30, 3600)
"""Requests per hour from one block of addresses: phone companies put many people behind one."""
PER_CLINIC = (60, 3600)
_SALT = "referrals.check"

KEPT = "That did not send, but nothing was lost. Tick the box and send it again."
_IF_RIGHT = "Nothing was lost. If they are right, press Send request again."
QUICK = f"You were quick, so here are your answers once more. {_IF_RIGHT}"
LOOK_AGAIN = f"Here are your answers once more. {_IF_RIGHT}"
AGREE_AGAIN = "What you agree to has changed. Nothing was lost. Read it again, tick the box and send."


def _check_after_expired_form(request: HttpRequest, reason: str) -> HttpResponse:
    clinic = clinic_or_404(values_in_address(request)["slug"])
    answers = drafts.answers(request.session)
    if answers is None:
        return render(request, "referrals/session_ended.html", {"clinic": clinic})
    return _show(request, clinic, answers, ConsentForm(clinic=clinic), notice=KEPT)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@keeps_text(_check_after_expired_form)
@never_cache
@to_a_clinic
def check(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    """All answers, what will happen, and a box to agree to this one clinic. Posting sends the request."""
    answers = drafts.answers(request.session)
    if answers is None:
        return _nothing_to_check(request, clinic)
    if answers.modality and not is_offered(clinic, answers.modality):
        return redirect("ask-step", slug=clinic.slug, number=3)
    if request.method == "POST":
        return _send(request, clinic, answers)
    return _show(request, clinic, answers, ConsentForm(clinic=clinic))


def _nothing_to_check(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    """Sent a moment ago (a double click, Back after sending), or steps are missing."""
    if request.method == "POST" and drafts.sent(request.session, clinic):
        return redirect("ask-sent", slug=clinic.slug)
    first = drafts.next_step(request.session) or 1
    return redirect("ask-step", slug=clinic.slug, number=first)


def _send(request: HttpRequest, clinic: Clinic, answers: Answers) -> HttpResponse:
    form = ConsentForm(data=request.POST, clinic=clinic)
    if not form.is_valid():
        return _show(request, clinic, answers, form, status=422)
    if again := _why_again(request, answers):
        return _show(request, clinic, answers, form, notice=again)
    if wait := _seconds_to_wait(request, clinic):
        return too_many(request, wait, clinic)
    return _request(request, clinic, answers, form)


def _request(request: HttpRequest, clinic: Clinic, answers: Answers, form: ConsentForm) -> HttpResponse:
    try:
        receipt = lifecycle.request(
            clinic=clinic,
            answers=answers,
            consent=form.consent,
            idempotency_key=drafts.key_for(request.session, clinic),
        )
    except lifecycle.NotTaking:
        return not_taking(request, clinic)
    except lifecycle.ConsentChanged:
        return _show(request, clinic, answers, ConsentForm(clinic=clinic), notice=AGREE_AGAIN, status=409)
    except lifecycle.KeyReused:
        drafts.discard(request.session)
        return render(request, "referrals/already_sent.html", {"clinic": clinic}, status=409)
    drafts.finish(
        request.session,
        clinic,
        reference=receipt.referral.reference,
        token=receipt.token,
        way=_way(answers),
    )
    failpoint("request.before-answer")
    return redirect("ask-sent", slug=clinic.slug)


def _seconds_to_wait(request: HttpRequest, clinic: Clinic) -> int:
    block = limits.address_block(limits.client_address(request))
    limit, seconds = PER_NEIGHBOURHOOD
    if wait := limits.take("ask-from", block, limit=limit, seconds=seconds):
        return wait
    limit, seconds = PER_CLINIC
    return limits.take("ask-clinic", str(clinic.pk), limit=limit, seconds=seconds)


# --- a page that was shown, and to a person -----------------------------------------------------


def shown_now(answers: Answers) -> str:
    """Signed: which answers were on the page, as a digest, and when it was shown."""
    return signing.dumps({"at": clock.to_micros(clock.now()), "answers": _digest(answers)}, salt=_SALT)


def _why_again(request: HttpRequest, answers: Answers) -> str:
    """ "" if these very answers were on the page for a moment, and the field that people do not see is empty."""
    try:
        shown = signing.loads(request.POST.get("shown", ""), salt=_SALT)
    except signing.BadSignature:
        return LOOK_AGAIN
    if shown["answers"] != _digest(answers) or request.POST.get("leave_empty_note"):
        return LOOK_AGAIN
    long_enough = clock.now() - clock.from_micros(shown["at"]) >= LOOKED_FOR
    return "" if long_enough else QUICK


def _digest(answers: Answers) -> str:
    payload = json.dumps(answers.as_payload(), sort_keys=True)
    return salted_hmac(_SALT, payload, algorithm="sha256").hexdigest()


def _show(
    request: HttpRequest,
    clinic: Clinic,
    answers: Answers,
    form: ConsentForm,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    drafts.key_for(request.session, clinic)  # kept before the first try, so that a retry is the same request
    context: dict[str, Any] = {
        "clinic": clinic,
        "lines": answer_lines.lines(answers),
        "form": form,
        "shown": shown_now(answers),
        "notice": notice,
        "is_mistake": bool(form.errors) or notice in (KEPT, AGREE_AGAIN),
        "phone_only_notice": PHONE_ONLY_NOTICE if phone_only(answers.as_payload()) else "",
        "number_warning": NUMBER_WARNING if holds_identity_number(answers.note) else "",
        "crisis": sounds_like_crisis(answers.note),
    }
    return render(request, "referrals/check.html", context, status=status)


# --- sent ---------------------------------------------------------------------------------------


def _way(answers: Answers) -> str:
    """How the clinic answers: by what the person left and allowed."""
    may_write = answers.email or answers.text_ok
    if answers.phone and may_write:
        return "calls you or writes to you, in the way you chose"
    return "calls you" if answers.phone else "writes to you"


@login_not_required
@require_safe
@never_cache
def sent(request: HttpRequest, slug: str) -> HttpResponse:
    """Reference, what happens next and by when, and the private link. The answers are gone from here."""
    clinic = clinic_or_404(slug)
    reference, token = drafts.sent(request.session, clinic) or ("", "")
    referral = Referral.objects.filter(reference=reference).first()
    if referral is None or clock.now() > referral.created_at + LINK_SHOWN_FOR:
        return redirect("ask", slug=clinic.slug)
    context = {
        "clinic": clinic,
        "reference": reference,
        "token": token,
        "link": f"{settings.SITE_URL}{reverse('status', args=[token])}",
        "reply_due": reply_clock.reply_due(referral.created_at, clinic.time_zone),
        "others_on": reply_clock.others_offered_on(referral.created_at, clinic.time_zone),
        "way": drafts.way(request.session, clinic) or "answers you in the way you chose",
        "may_mail": referral.may_mail_patient,
    }
    response = render(request, "referrals/sent.html", context)
    response["Clear-Site-Data"] = '"cache"'
    response["X-Robots-Tag"] = "noindex"
    return response
