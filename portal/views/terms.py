"""For a clinic's manager: the operator's terms for receiving requests, read and agreed to."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Membership
from directory import terms
from directory.deciding import acts_for
from directory.models import Clinic, Terms, TermsAgreement
from directory.refusals import NotAllowed, WrongState
from portal.access import SignedIn
from portal.terms_form import TermsForm

ANOTHER = "A newer version was published since you opened this page. Read it, and agree again."
NOT_YET = "You can agree once a verifier has approved the claim of this clinic."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, slug: str) -> HttpResponse:
    """The current text, and whether the clinic agreed. 404 for others; 403 for whoever is not a manager of it."""
    clinic = get_object_or_404(Clinic.objects.acted_for_by(request.user), slug=slug)
    if not acts_for(request.user, clinic, Membership.Role.MANAGER):
        raise PermissionDenied
    today = terms.current()
    form = TermsForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or today is None:
        return _show(request, clinic, today, form, status=409 if form.is_bound else 200)
    if not form.is_valid():
        return _show(request, clinic, today, form, status=422)
    return _agree(request, clinic, form)


def _agree(request: SignedIn, clinic: Clinic, form: TermsForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        terms.agree(clinic=clinic, by=request.user, version=given["version"], typed_name=given["typed_name"])
    except WrongState:
        again = TermsForm(initial={"typed_name": given["typed_name"]})  # without the tick
        return _show(request, clinic, terms.current(), again, notice=ANOTHER, status=409)
    except NotAllowed:
        return _show(request, clinic, terms.current(), form, notice=NOT_YET, status=409)
    messages.success(request, "Thank you. The clinic has agreed to these terms.")
    return redirect("manage-terms", slug=clinic.slug)


def _show(
    request: SignedIn,
    clinic: Clinic,
    today: Terms | None,
    form: TermsForm,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    state = terms.state_of(clinic)
    agreed = TermsAgreement.objects.filter(clinic=clinic, terms=today) if state == "agreed" else None
    context = {
        "clinic": clinic,
        "terms": today,
        "state": state,
        "agreed": agreed.order_by("-agreed_at").first() if agreed is not None else None,
        "until": terms.agree_by(today) if today else None,
        "form": form,
        "version": today.version if today else "",
        "notice": notice,
    }
    return render(request, "portal/terms.html", context, status=status)
