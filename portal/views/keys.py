"""API keys for a clinic's own program: a manager makes them, sees each once, and ends them."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import api_keys, step_up
from accounts.models import ApiKey, Membership
from portal.access import SignedIn

LASTS: Final = [("30", "30 days"), ("90", "90 days"), ("365", "1 year")]
TOO_MANY: Final = "Two keys are in force already. End one of them first."


class KeyForm(forms.Form):
    """What a new key is for, and how long it lasts."""

    label = forms.CharField(
        max_length=60,
        label="What is the key for?",
        help_text="A name for yourself, such as the program that will use it. At most 60 characters.",
        error_messages={
            "required": "What is the key for? Type a name first.",
            "max_length": "What is the key for? Use at most 60 characters.",
        },
    )
    organization = forms.ChoiceField(
        label="For which practice?", error_messages={"required": "For which practice? Choose one."}
    )
    days = forms.ChoiceField(
        choices=LASTS, initial="90", label="How long does it last?", widget=forms.RadioSelect
    )

    def __init__(self, data: Any, memberships: list[Membership]) -> None:
        super().__init__(data)
        self.memberships = {str(each.pk): each for each in memberships}
        choices = [(pk, each.organization.name) for pk, each in self.memberships.items()]
        self.fields["organization"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["organization"].widget = forms.HiddenInput()
            self.fields["organization"].initial = choices[0][0]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@step_up.required
def page(request: SignedIn) -> HttpResponse:
    """The keys of a manager, and a form for another one. The secret of a new one is in this one answer alone."""
    form = KeyForm(request.POST if request.method == "POST" else None, _managed(request))
    if not form.is_bound:
        return _show(request, form)
    if not form.is_valid():
        return _show(request, form, status=422)
    try:
        key, secret = _make(request, form)
    except api_keys.TooMany:
        form.add_error(None, TOO_MANY)
        return _show(request, form, status=409)
    except api_keys.NotAllowed:  # the membership ended this instant
        raise PermissionDenied from None
    return _show(request, KeyForm(None, _managed(request)), made=key, secret=secret)


@never_cache
@require_POST
@step_up.required
def end(request: SignedIn, pk: int) -> HttpResponse:
    """End one of the reader's own keys."""
    key = get_object_or_404(ApiKey.objects.filter(membership__user=request.user), pk=pk)
    try:
        api_keys.end(key=key, by=request.user)
        messages.success(request, "The key is ended. The next time a program uses it, it is refused.")
    except api_keys.Ended:
        messages.info(request, "This key had ended already.")
    return redirect("manage-keys")


def _make(request: SignedIn, form: KeyForm) -> tuple[ApiKey, str]:
    given = form.cleaned_data
    return api_keys.make(
        membership=form.memberships[given["organization"]],
        label=given["label"],
        days=int(given["days"]),
        by=request.user,
    )


def _managed(request: SignedIn) -> list[Membership]:
    """The memberships as a manager; 403 for somebody who manages nothing."""
    mine = Membership.objects.active().filter(user=request.user, role=Membership.Role.MANAGER)
    found = list(mine.select_related("organization").order_by("organization__name", "pk"))
    if not found:
        raise PermissionDenied
    return found


def _show(
    request: SignedIn, form: KeyForm, *, made: ApiKey | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "keys": list(api_keys.of(request.user)),
        "made": made,
        "secret": secret,
        "many": len(form.memberships) > 1,
    }
    return render(request, "portal/keys.html", context, status=status)
