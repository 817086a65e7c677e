"""The pages of django-allauth that we show, and ours beside them."""

from allauth.account import views
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import URLPattern, URLResolver, include, path, re_path, reverse_lazy

from accounts import email_change_pages, factor_set_up, factor_views, idle
from accounts import views as ours

INDEX = reverse_lazy("mfa_index")

passkeys: list[URLPattern | URLResolver] = [
    path("add/", factor_views.add_passkey, name="mfa_add_webauthn"),
    path("login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("reauthenticate/", factor_views.passkey_again, name="mfa_reauthenticate_webauthn"),
    path(
        "keys/<int:pk>/remove/",
        webauthn.RemoveWebAuthnView.as_view(success_url=INDEX),
        name="mfa_remove_webauthn",
    ),
    path(
        "keys/<int:pk>/edit/", webauthn.EditWebAuthnView.as_view(success_url=INDEX), name="mfa_edit_webauthn"
    ),
]

second_factors: list[URLPattern | URLResolver] = [
    path("", second_factor.index, name="mfa_index"),
    path("set-up/", factor_set_up.choose, name="second-factor-set-up"),
    path("done/", factor_set_up.done, name="second-factor-done"),
    path("authenticate/", second_factor.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("totp/activate/", factor_views.set_up_app, name="mfa_activate_totp"),
    path("totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/generate/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path("webauthn/", include(passkeys)),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("keep/", idle.keep, name="account_keep"),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("signup/", views.signup, name="account_signup"),
    path("confirm-email/", ours.prove_address, name="account_email_verification_sent"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("email/", email_change_pages.ask, name="account-email"),
    path("email/confirm/<str:token>/", email_change_pages.confirm, name="account-email-confirm"),
    path("email/return/<str:token>/", email_change_pages.give_back, name="account-email-return"),
    path("sign-ins/", ours.list_sign_ins, name="sign-ins"),
    path("sign-ins/end-others/", ours.end_other_sign_ins, name="sign-ins-end-others"),
    path("sign-ins/<int:pk>/end/", ours.end_sign_in, name="sign-in-end"),
    path("2fa/", include(second_factors)),
]
