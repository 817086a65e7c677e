"""For the operator's staff: one person by their exact address, to reset a lost second factor or end an account."""

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import ended_accounts, second_factor, step_up
from accounts.models import Membership, User
from portal.access import SignedIn, staff_only


class PersonForm(forms.Form):
    """The whole address. Parts of it find nobody, so that nobody browses."""

    email = forms.EmailField(
        max_length=254,
        label="E-mail address",
        help_text="The whole address with which the person signs in.",
        error_messages={
            "required": "E-mail address: type it first.",
            "invalid": "E-mail address: type a whole address, such as name@clinic.example.",
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def page(request: SignedIn) -> HttpResponse:
    """Search by address. It is posted, so that it stands in no history and no log."""
    form = PersonForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return render(request, "portal/people.html", {"form": form}, status=422 if form.is_bound else 200)
    person = User.objects.filter(email__iexact=form.cleaned_data["email"]).first()
    context = {"form": form, "searched": True, "person": person}
    if person is not None:
        context |= _known_of(person, request.user)
    return render(request, "portal/people.html", context)


@never_cache
@require_POST
@staff_only
@step_up.required
def reset(request: SignedIn, pk: int) -> HttpResponse:
    """Take the second factor away, after a call at a number that we know."""
    try:
        second_factor.reset(user=get_object_or_404(User, pk=pk), by=request.user)
        messages.success(request, "Done. The person has a mail, and sets up a new one at the next sign-in.")
    except second_factor.NotAllowed:
        raise PermissionDenied from None
    return redirect("staff-people")


@never_cache
@require_POST
@staff_only
@step_up.required
def end(request: SignedIn, pk: int) -> HttpResponse:
    """End an account. Its sign-ins and keys are dead at the next request."""
    try:
        ended_accounts.end(user=get_object_or_404(User, pk=pk), by=request.user)
        messages.success(request, "The account is ended.")
    except ended_accounts.NotAllowed:
        raise PermissionDenied from None
    return redirect("staff-people")


def _known_of(person: User, by: User) -> dict[str, object]:
    memberships = Membership.objects.filter(user=person).select_related("organization")
    return {
        "memberships": list(memberships.order_by("ended_at", "organization__name")),
        "has_factor": is_mfa_enabled(person),
        "may_reset": second_factor.may_reset(user=person, by=by),
        "may_end": person.is_active and person != by and (by.is_superuser or not person.is_staff),
    }
