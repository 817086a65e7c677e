"""The pages of signing in that django-allauth has not."""

from allauth.account import views
from allauth.core.internal.httpkit import authenticated_user
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import sign_ins


@login_not_required
def prove_address(request: HttpRequest) -> HttpResponse:
    """The code that was mailed. Somebody who is signed in has shown it already."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    answer: HttpResponse = views.email_verification_sent(request)
    return answer


@require_safe
def list_sign_ins(request: HttpRequest) -> HttpResponse:
    """Where somebody is signed in."""
    listed = sign_ins.listed(authenticated_user(request), here=request.session.session_key or "")
    return render(request, "usersessions/sign_ins.html", {"sign_ins": listed})


@require_POST
def end_sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of them; one's own present one is ended by signing out."""
    try:
        sign_ins.end_one(sign_in=pk, by=authenticated_user(request))
    except sign_ins.NoSuchSignIn:
        raise Http404 from None
    messages.success(request, _("That sign-in is ended."))
    return redirect("sign-ins")


@require_POST
def end_other_sign_ins(request: HttpRequest) -> HttpResponse:
    """End all but this one."""
    sign_ins.end_others(by=authenticated_user(request), but=request.session.session_key or "")
    messages.success(request, _("All other sign-ins are ended."))
    return redirect("sign-ins")
