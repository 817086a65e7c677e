"""Somebody says that they act for a clinic: finding it, choosing the proof, and following what happens."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits, step_up
from accounts.models import Membership
from directory import claims
from directory.claims import objecting, searching
from directory.claims.proving import MOST_MAILS
from directory.deciding import acts_for
from directory.models import Clinic, ListingClaim
from directory.refusals import Incomplete, NotAllowed, Refused, WrongState
from portal.access import SignedIn
from portal.claim_forms import NO, WHOLE, AnswerForm, ClaimForm, FindForm, ProofCodeForm
from portal.claim_steps import steps_of

_METHODS: Final = ["GET", "HEAD", "POST"]
MOST_A_DAY: Final = 10
DAY: Final = 24 * 60 * 60
MOST_SHOWN: Final = 20

TOO_MANY: Final = "You claimed many listings today. Wait until tomorrow, or write to us if you need more."
STATES: Final = {
    "closed": "This listing is closed, so there is nothing to claim.",
    "merged": "This listing became part of another one.",
    "yours": "You look after this listing already.",
    "proven": "That was shown already. There is nothing more to type.",
    "no-code": "No code is waiting for you yet.",
    "expired": "That code is over. Ask for a new one below.",
    "no-tries": "A wrong code was typed five times. From here a person helps you: tell us, or wait for our call.",
    "mails": f"The code was mailed {MOST_MAILS} times. From here a person helps you: tell us, or wait for our call.",
    "letter": "The code of this claim comes by post.",
    "manager": "Nobody sends a code for this claim.",
    "too-late": "The 72 hours are over. If this is wrong, tell us at once.",
    "objected": "Somebody of your clinic objected already.",
    "unclaimed": "Nobody looks after this listing now, so nobody can be let in.",
}
DECIDED: Final = "Somebody was first: this was decided already. Below is how it stands now."


@never_cache
@require_safe
def search(request: SignedIn) -> HttpResponse:
    """Find one's own clinic, also one that is not shown yet."""
    _require_no_operator(request)
    form = FindForm(request.GET if request.GET.get("q", "").strip() else None)
    text = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    found, more = searching.find(text)
    mine = request.user.claims.select_related("clinic").order_by("-made_at")[:MOST_SHOWN]
    context = {"form": form, "text": text, "clinics": found, "more": more, "mine": mine}
    return render(request, "portal/claim_search.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(_METHODS)
def choose(request: SignedIn, slug: str) -> HttpResponse:
    """One clinic: how its claim can be proved."""
    _require_no_operator(request)
    clinic = get_object_or_404(Clinic.objects.select_related("organization"), slug=slug)
    mine = clinic.claims.pending().filter(claimant=request.user).first()
    if mine and request.method != "POST":
        return redirect("manage-claim-state", pk=mine.pk)
    form = ClaimForm(request.POST if request.method == "POST" else None, clinic=clinic)
    if not form.is_bound or not form.is_valid():
        return _show_choice(request, clinic, form, status=422 if form.is_bound else 200)
    if limits.take("claims", str(request.user.pk), limit=MOST_A_DAY, seconds=DAY):
        return _show_choice(request, clinic, form, notice=TOO_MANY, status=429)
    return _make(request, clinic, form)


def _make(request: SignedIn, clinic: Clinic, form: ClaimForm) -> HttpResponse:
    try:
        claim = claims.make(clinic=clinic, by=request.user, **form.cleaned_data)
    except claims.WrongAddress as no:
        form.add_error("address" if "address" in form.fields else "proof", str(no))
        return _show_choice(request, clinic, form, status=422)
    except Incomplete as no:
        form.add_error(no.missing[0], "Check this")
        return _show_choice(request, clinic, form, status=422)
    except WrongState as no:
        notice = STATES.get(no.current, "You have claimed this listing already.")
        return _show_choice(request, clinic, form, notice=notice, status=409)
    return redirect("manage-claim-state", pk=claim.pk)


@never_cache
@require_safe
def state(request: SignedIn, pk: int) -> HttpResponse:
    """What happens next with one's own claim, and by when."""
    return _show_state(request, _own(request, pk))


@never_cache
@require_POST
def act(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """Type the code, have it sent again, or take the claim back."""
    claim = _own(request, pk)
    if verb not in _VERBS:
        raise Http404
    if verb == "code":
        return _prove(request, claim)
    try:
        _VERBS[verb].run(claim=claim, by=request.user)
    except WrongState as no:
        return _show_state(request, _own(request, pk), notice=_in_words(no), status=409)
    messages.success(request, _VERBS[verb].done)
    return redirect("manage-claim-state", pk=pk)


def _prove(request: SignedIn, claim: ListingClaim) -> HttpResponse:
    form = ProofCodeForm(request.POST)
    if not form.is_valid():
        return _show_state(request, claim, form=form, status=422)
    try:
        claims.prove(claim=claim, code=form.cleaned_data["code"], by=request.user)
    except claims.WrongCode as no:
        form.add_error("code", _wrong_code(no))
        return _show_state(request, _own(request, claim.pk), form=form, status=422)
    except WrongState as no:
        return _show_state(request, _own(request, claim.pk), notice=_in_words(no), status=409)
    messages.success(request, "That is the code. The next step is our call to the clinic.")
    return redirect("manage-claim-state", pk=claim.pk)


def _wrong_code(no: claims.WrongCode) -> str:
    if no.left is None:
        return "The code has 8 digits"
    if no.left == 0:
        return STATES["no-tries"]
    return f"That is not the code. You can try {no.left} more time{'s' if no.left > 1 else ''}"


@never_cache
@require_http_methods(_METHODS)
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """For those who hold the clinic: somebody says that they act for it. Do they?"""
    _for_managers(request, pk)  # what is not theirs is absent, before anybody is asked who they are
    return _answered(request, pk=pk)


@step_up.required
def _answered(request: SignedIn, pk: int) -> HttpResponse:
    claim = _for_managers(request, pk)
    given = request.POST if request.method == "POST" else None
    form = AnswerForm(given, can_let_in=_can_let_in(request, claim), has_whole=_has_whole(request, claim))
    if not form.is_bound or not form.is_valid():
        return _show_answer(request, claim, form, status=422 if form.is_bound else 200)
    try:
        done = _answer(request, claim, form.cleaned_data)
    except WrongState as no:
        return _show_answer(request, _for_managers(request, pk), form, notice=_in_words(no), status=409)
    except NotAllowed as no:
        return _show_answer(request, claim, form, notice=str(no), status=403)
    messages.success(request, done)
    return redirect("manage-claim-object", pk=pk)


def _answer(request: SignedIn, claim: ListingClaim, given: dict[str, Any]) -> str:
    if given["answer"] == NO:
        if claim.proof == ListingClaim.Proof.MANAGER:
            claims.turn_away(claim=claim, by=request.user)
            return "They were not let in. We told them so."
        claims.object_to(claim=claim, by=request.user)
        return "We have your objection. Nothing changes until a person has looked at it."
    claims.let_in(claim=claim, by=request.user, role=given["role"], whole=given.get("where") == WHOLE)
    return "They are in, and we told them so."


# --- who sees what -------------------------------------------------------------------------------


def _require_no_operator(request: SignedIn) -> None:
    if request.user.is_staff:
        raise PermissionDenied("The operator's staff acts for no clinic.")


def _own(request: SignedIn, pk: int) -> ListingClaim:
    mine = ListingClaim.objects.filter(claimant=request.user).select_related("clinic__organization")
    return get_object_or_404(mine, pk=pk)


def _for_managers(request: SignedIn, pk: int) -> ListingClaim:
    """404 where somebody has nothing to do with the clinic, 403 where another role decides."""
    known = ListingClaim.objects.select_related("clinic__organization", "claimant")
    claim = get_object_or_404(known, pk=pk)
    if objecting.may_object(claim, request.user):
        return claim
    if acts_for(request.user, claim.clinic):
        raise PermissionDenied("Only a manager of the clinic answers this.")
    raise Http404


def _can_let_in(request: SignedIn, claim: ListingClaim) -> bool:
    manages = acts_for(request.user, claim.clinic, Membership.Role.MANAGER)
    return manages and claim.clinic.claims.standing().exists()


def _has_whole(request: SignedIn, claim: ListingClaim) -> bool:
    mine = Membership.objects.active().filter(user=request.user, organization=claim.clinic.organization_id)
    return mine.filter(whole_organization=True).exists()


# --- what is shown -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Verb:
    run: Any
    done: str


_VERBS: Final = {
    "code": _Verb(None, ""),
    "again": _Verb(claims.send_again, "A new code is on its way. The one before does not work any more."),
    "withdraw": _Verb(claims.withdraw, "You took your claim back."),
}


def _in_words(no: Refused) -> str:
    return STATES.get(no.current, DECIDED) if isinstance(no, WrongState) else str(no)


def _show_choice(
    request: SignedIn, clinic: Clinic, form: ClaimForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    is_held = clinic.claims.standing().exists()
    context = {
        "clinic": clinic,
        "form": form,
        "notice": notice,
        "is_held": is_held,
        "is_mine": is_held and acts_for(request.user, clinic),
        "is_open": searching.claimable().filter(pk=clinic.pk).exists(),
    }
    return render(request, "portal/claim_choose.html", context, status=status)


def _show_state(
    request: SignedIn,
    claim: ListingClaim,
    *,
    form: ProofCodeForm | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "claim": claim,
        "clinic": claim.clinic,
        "form": form or ProofCodeForm(),
        "notice": notice,
        "steps": steps_of(claim),
        "wants_code": claim.status == ListingClaim.Status.PENDING
        and bool(claim.code_digest)
        and not claim.proven_at,
        "may_send_again": _may_send_again(claim),
        "is_stuck": claim.code_tries >= claims.MOST_TRIES and not claim.proven_at,
    }
    return render(request, "portal/claim_state.html", context, status=status)


def _may_send_again(claim: ListingClaim) -> bool:
    waits = claim.status == ListingClaim.Status.PENDING and claim.proven_at is None
    by_mail = claim.proof == ListingClaim.Proof.DOMAIN_MAIL
    return waits and by_mail and claim.code_tries < claims.MOST_TRIES


def _show_answer(
    request: SignedIn, claim: ListingClaim, form: AnswerForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    asks = claim.proof == ListingClaim.Proof.MANAGER
    open_until = objecting.open_until(claim)
    can_let_in = _can_let_in(request, claim)
    waits = claim.status == ListingClaim.Status.PENDING
    context = {
        "claim": claim,
        "clinic": claim.clinic,
        "form": form if waits and (can_let_in or open_until) else None,
        "notice": notice,
        "asks": asks,
        "open_until": open_until,
        "domain": claim.claimant.email.rpartition("@")[2],
        "proof_domain": claim.address.rpartition("@")[2],
    }
    return render(request, "portal/claim_answer.html", context, status=status)
