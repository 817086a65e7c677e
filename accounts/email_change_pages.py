"""Pages of a change of address: asked for, confirmed from the new mailbox, taken back from the old one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import addresses, email_changes, step_up
from accounts.models import User

METHODS = ["GET", "HEAD", "POST"]


class SignedIn(HttpRequest):
    """A request that the middleware let through to a closed page."""

    user: User


class NewAddressForm(forms.Form):
    """Where somebody wants to sign in with from now on."""

    email = forms.EmailField(
        max_length=254,
        label="New e-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "New e-mail address: type it first.",
            "invalid": "New e-mail address: type a whole address, such as name@clinic.example.",
            "max_length": "New e-mail address: this is longer than an address can be.",
        },
    )

    def __init__(self, *args: Any, now: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_email(self) -> str:
        """Another than the present one."""
        email: str = self.cleaned_data["email"]
        if email.lower() == self.now.lower():
            raise forms.ValidationError("New e-mail address: this is the one that you sign in with already.")
        return email


@never_cache
@require_http_methods(METHODS)
@step_up.required
def ask(request: SignedIn) -> HttpResponse:
    """The answer is the same whether somebody has the address or not."""
    form = NewAddressForm(request.POST if request.method == "POST" else None, now=request.user.email)
    if not form.is_bound:
        return _show(request, form)
    if not form.is_valid():
        return _show(request, form, status=422)
    try:
        email_changes.ask(user=request.user, email=form.cleaned_data["email"])
    except email_changes.TooMany:
        form.add_error("email", "You asked for several changes today. Please try again tomorrow.")
        return _show(request, form, status=429)
    return render(request, "account/email_change_asked.html", {"email": form.cleaned_data["email"]})


@never_cache
@require_http_methods(METHODS)
def confirm(request: SignedIn, token: str) -> HttpResponse:
    """From the mail to the new address, by whoever asked, signed in. A visit changes nothing."""
    try:
        if request.method != "POST":
            change = email_changes.waiting(token, request.user)
            return render(request, "account/email_change_confirm.html", {"change": change})
        email_changes.confirm(token=token, by=request.user)
    except email_changes.NoSuchLink:
        return _over(request)
    except addresses.AddressTaken:
        return _over(request, status=409)
    messages.success(request, "Done. You sign in with the new address from now on.")
    return redirect("mfa_index")


@never_cache
@login_not_required
@require_http_methods(METHODS)
def give_back(request: HttpRequest, token: str) -> HttpResponse:
    """From the mail to the old address. Whoever reads that mailbox need not get in: perhaps they cannot any more."""
    try:
        if request.method != "POST":
            change = email_changes.returnable(token)
            return render(request, "account/email_change_return.html", {"change": change})
        email_changes.give_back(token=token)
    except email_changes.NoSuchLink:
        return _over(request)
    except addresses.AddressTaken:
        return _over(request, status=409)
    return render(request, "account/email_change_returned.html")


def _show(request: HttpRequest, form: NewAddressForm, *, status: int = 200) -> HttpResponse:
    return render(request, "account/email_change.html", {"form": form}, status=status)


def _over(request: HttpRequest, *, status: int = 404) -> HttpResponse:
    return render(request, "account/email_change_over.html", status=status)
