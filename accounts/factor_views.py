"""Apps and passkeys: django-allauth's views, so that what was just set up need not be shown once more, each passkey
checks who holds it, and each refusal is told on the page.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts import factor_set_up


class SetUpAppView(totp.ActivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    """Set up an authenticator app."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Whoever typed its code has shown it."""
        answer: HttpResponse = super().form_valid(form)
        factor_set_up.counts_as_shown(self.request, Authenticator.Type.TOTP)
        return answer


class AddPasskeyView(views.AddWebAuthnView):  # type: ignore[misc]
    """Make a passkey. It is asked for a finger, a face or a PIN each time, so it is both factors in one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what the browser needs to make the key."""
        known = super().get_context_data(**kwargs)
        options = auth.begin_registration(self.request.user, True)
        return {
            **known,
            "js_data": {"creation_options": options},
            "form": kwargs.get("form") or known["form"],
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Whoever made it has shown it."""
        answer: HttpResponse = super().form_valid(form)
        factor_set_up.counts_as_shown(self.request, Authenticator.Type.WEBAUTHN)
        return answer


class PasskeyAgainView(views.ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Show the passkey once more before something is changed."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """Back to the same page, with what went wrong."""
        for message in form.errors.get("credential", []):
            get_adapter().add_message(self.request, messages.ERROR, message=message)
        return redirect(self.request.get_full_path())


set_up_app = SetUpAppView.as_view()
add_passkey = AddPasskeyView.as_view()
passkey_again = PasskeyAgainView.as_view()
