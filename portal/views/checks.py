"""For a clinic: what was checked of it, and its answer to what went against it. For staff: showing that answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Membership
from directory import facts, public_checks
from directory.deciding import acts_for
from directory.models import Check, Clinic, Reply
from directory.models.clinic import ClinicQuerySet
from directory.refusals import NotAllowed, Refused, WrongState
from directory.voices import replies
from portal.access import SignedIn, staff_only
from portal.forms import ReplyForm

GONE: Final = "A later check took the place of this one, so there is nothing to answer any more."
WAITS: Final = "Your answer before this one still waits for us to look at it."
NOT_YOURS: Final = "Only somebody who acts for the clinic, after we approved the claim, can answer here."


@dataclass(frozen=True)
class Against:
    """A fact that does not hold, what the clinic answered that waits for us, and a form where nothing waits."""

    entry: public_checks.Line
    waiting: Reply | None
    form: ReplyForm


@never_cache
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """The clinics that the user acts for; with one alone, its own page."""
    clinics = list(_mine(request).order_by("name", "pk"))
    if len(clinics) == 1:
        return redirect("manage-checks", slug=clinics[0].slug)
    return render(request, "portal/my_checks.html", {"clinics": clinics})


@never_cache
@require_safe
def page(request: SignedIn, slug: str) -> HttpResponse:
    """Every fact of the clinic as the public reads it, also while it is not shown."""
    return _show(request, _clinic(request, slug))


@never_cache
@require_POST
def reply(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """The clinic's words about a check that went against it. A verifier looks at them before anybody else."""
    clinic = _clinic(request, slug)
    check = get_object_or_404(Check, pk=pk, clinic=clinic)
    form = ReplyForm(request.POST, prefix=str(check.pk))
    if not form.is_valid():
        return _show(request, clinic, form, status=422)
    try:
        replies.make(check=check, by=request.user, text=form.cleaned_data["text"])
    except WrongState:
        return _show(request, clinic, form, notice=WAITS, status=409)
    except NotAllowed:
        against = replies.is_against(check)
        return _show(request, clinic, form, notice=NOT_YOURS if against else GONE, status=409)
    messages.success(request, "We have your answer. A person looks at it before it is shown.")
    return redirect("manage-checks", slug=slug)


def _mine(request: SignedIn) -> ClinicQuerySet:
    return Clinic.objects.acted_for_by(request.user)


def _clinic(request: SignedIn, slug: str) -> Clinic:
    return get_object_or_404(facts.with_facts(_mine(request)), slug=slug)


def _show(
    request: SignedIn, clinic: Clinic, filled: ReplyForm | None = None, *, notice: str = "", status: int = 200
) -> HttpResponse:
    account = public_checks.account(clinic)
    context = {
        "clinic": clinic,
        "account": account,
        "against": [_against(entry, filled) for entry in account.lines if _is_against(entry)],
        "may_close": acts_for(request.user, clinic, Membership.Role.MANAGER),
        "is_shown": Clinic.objects.shown().filter(pk=clinic.pk).exists(),
        "form": filled,
        "notice": notice,
    }
    return render(request, "portal/checks.html", context, status=status)


def _is_against(entry: public_checks.Line) -> bool:
    return entry.check is not None and replies.is_against(entry.check)


def _against(entry: public_checks.Line, filled: ReplyForm | None) -> Against:
    prefix = str(entry.check.pk) if entry.check else ""
    waiting = replies.waiting(entry.check).first() if entry.check else None
    form = filled if filled is not None and filled.prefix == prefix else ReplyForm(prefix=prefix)
    return Against(entry, waiting, form)


# --- the operator's staff ------------------------------------------------------------------------

DECISIONS: Final[dict[str, tuple[Callable[..., Reply], str]]] = {
    "show": (replies.let_through, "The answer stands beside the check now, as what the clinic says."),
    "refuse": (replies.refuse, "The answer is not shown."),
}


@never_cache
@require_safe
@staff_only
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """A clinic's answer, beside the line that it answers."""
    found = get_object_or_404(Reply.objects.select_related("check_answered__clinic"), pk=pk)
    return render(request, "portal/reply.html", {"reply": found, "clinic": found.check_answered.clinic})


@never_cache
@require_POST
@staff_only
def decide_answer(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """Show the answer, or do not."""
    found = get_object_or_404(Reply, pk=pk)
    if verb not in DECISIONS:
        raise Http404
    decide, done = DECISIONS[verb]
    try:
        decide(reply=found, by=request.user)
        messages.success(request, done)
    except Refused as refusal:
        messages.info(request, str(refusal))
    return redirect("staff-reply", pk=pk)
