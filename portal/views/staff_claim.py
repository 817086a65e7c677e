"""For verifiers: one claim, the call to the clinic, the letter, and the decision."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from directory import claims
from directory.claims import rows
from directory.models import Case, ListingClaim
from directory.refusals import Incomplete, NotAllowed, Refused, WrongState
from outbox import clock
from portal import waiting
from portal.access import SignedIn, staff_only
from portal.case_sheet import history
from portal.claim_forms import CallForm, LetterForm, RefuseForm
from referrals.forms import PlainForm

_MISSING: Final = {
    "proof": "the proof: the code has not come back yet",
    "call": "the call: nobody has reached the clinic yet",
    "objection": "time: those who hold the clinic can still object",
    "objected": "peace: somebody who holds the clinic objected. End the old claim first if it is the wrong one",
    "found_at": "where you saw the address",
    "number": "the number that you called",
    "source": "where you found the number",
}
_PROOFS: Final = {
    ListingClaim.Proof.DOMAIN_MAIL: "Code by mail",
    ListingClaim.Proof.LETTER: "Code by letter",
    ListingClaim.Proof.MANAGER: "A manager of the clinic",
}
STATES: Final = {
    "objection": "Those who hold the clinic can still object.",
    "objected": "Somebody who holds the clinic objected. End the old claim first if it is the wrong one.",
    "closed": "The clinic is closed.",
    "yours": "They act for the clinic already: a colleague let them in. There is nothing to take over.",
    "proven": "The proof is shown already: no letter is needed.",
}
DECIDED: Final = "Somebody was first: this was decided already. Below is how it stands now."


@dataclass(frozen=True)
class _Sources:
    """What sources of ours know of the clinic, asked for once."""

    numbers: list[claims.Number]
    address: tuple[list[str], str] | None


@dataclass(frozen=True)
class _Verb:
    form: Callable[[_Sources, Any], Form]
    run: Callable[[ListingClaim, User, dict[str, Any]], object]
    done: str


def _call_form(sources: _Sources, data: Any) -> Form:
    return CallForm(data, known=sources.numbers, prefix="call")


def _letter_form(sources: _Sources, data: Any) -> Form:
    return LetterForm(data, is_known=sources.address is not None, prefix="letter")


VERBS: Final = {
    "call": _Verb(
        _call_form,
        lambda claim, by, given: claims.record_call(claim=claim, by=by, **given),
        "The call was kept.",
    ),
    "letter": _Verb(
        _letter_form, lambda claim, by, given: claims.print_letter(claim=claim, by=by, **given), ""
    ),
    "approve": _Verb(
        lambda sources, data: PlainForm(data, prefix="approve"),
        lambda claim, by, given: claims.approve(claim=claim, by=by),
        "Approved. They look after the listing from now on.",
    ),
    "refuse": _Verb(
        lambda sources, data: RefuseForm(data, prefix="refuse"),
        lambda claim, by, given: claims.refuse(claim=claim, by=by, **given),
        "Refused. The person can read why.",
    ),
}


@never_cache
@require_safe
@staff_only
def page(request: SignedIn, pk: int) -> HttpResponse:
    """What is claimed, by whom, and how far it is."""
    return _show(request, _claim(pk))


@never_cache
@require_POST
@staff_only
def act(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """Record the call, print the letter, or decide."""
    claim = _claim(pk)
    if verb not in VERBS:
        raise Http404
    form = VERBS[verb].form(_sources(claim), request.POST)
    if not form.is_valid():
        return _show(request, claim, filled={verb: form}, status=422)
    try:
        came = VERBS[verb].run(claim, request.user, form.cleaned_data)
    except Refused as no:
        status, notice = _in_words(no)
        return _show(request, _claim(pk), filled={verb: form}, notice=notice, status=status)
    if isinstance(came, claims.Letter):
        return render(request, "portal/claim_letter.html", {"claim": claim, "letter": came})
    messages.success(request, VERBS[verb].done)
    return redirect("staff-claim", pk=pk)


def _claim(pk: int) -> ListingClaim:
    known = ListingClaim.objects.select_related(
        "clinic__organization", "claimant", "called_by", "decided_by", "objected_by"
    )
    return get_object_or_404(known, pk=pk)


def _sources(claim: ListingClaim) -> _Sources:
    return _Sources(claims.numbers_to_call(claim), claims.address_to_write(claim))


def _in_words(no: Refused) -> tuple[int, str]:
    if isinstance(no, WrongState):
        return 409, STATES.get(no.current, DECIDED)
    if isinstance(no, Incomplete):
        return 422, "Still missing: " + "; ".join(_MISSING.get(slug, slug) for slug in no.missing) + "."
    return (403 if isinstance(no, NotAllowed) else 422), str(no)


def _show(
    request: SignedIn,
    claim: ListingClaim,
    *,
    filled: dict[str, Form] | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    given, sources = filled or {}, _sources(claim)
    case = Case.objects.filter(
        clinic=claim.clinic_id, kind=Case.Kind.CLAIM, subject=rows.subject(claim)
    ).last()
    waits = claim.status == ListingClaim.Status.PENDING
    context = {
        "claim": claim,
        "clinic": claim.clinic,
        "notice": notice,
        "form_with_errors": next((form for form in given.values() if form.errors), None),
        "may_decide": waits and request.user.is_verifier and claim.proof != ListingClaim.Proof.MANAGER,
        "case": case,
        "numbers": sources.numbers,
        "address": sources.address,
        "history": history(case) if case else [],
        **_who(claim),
        **_how_far(claim),
        "forms": {verb: given.get(verb) or each.form(sources, None) for verb, each in VERBS.items()}
        if waits
        else {},
    }
    return render(request, "portal/staff_claim.html", context, status=status)


def _who(claim: ListingClaim) -> dict[str, Any]:
    """The claimant as far as it helps to decide: never the whole address."""
    claimant = claim.claimant
    others = ListingClaim.objects.filter(claimant=claimant).exclude(pk=claim.pk).select_related("clinic")
    return {
        "domain": claimant.email.rpartition("@")[2],
        "proof": _PROOFS.get(ListingClaim.Proof(claim.proof), claim.proof),
        "proof_domain": claim.address.rpartition("@")[2],
        "account_age": waiting.words(claimant.date_joined, clock.now()),
        "others": list(others.order_by("-made_at")[:10]),
        "rivals": list(
            claim.clinic.claims.pending()
            .exclude(pk=claim.pk)
            .select_related("claimant")
            .order_by("made_at")[:10]
        ),
    }


def _how_far(claim: ListingClaim) -> dict[str, Any]:
    return {
        "standing": claim.clinic.claims.standing().exclude(pk=claim.pk).select_related("claimant").first(),
        "lacking": [_MISSING[slug] for slug in claims.lacking(claim)],
    }
