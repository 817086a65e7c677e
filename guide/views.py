"""What a person should be able to read before asking anybody anything: plain pages, the same for everyone."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from guide import crisis_lines
from guide.caching import public_page


@login_not_required
@public_page
def crisis(request: HttpRequest) -> HttpResponse:
    """Whom to call or text now. Never a list of clinics."""
    lines = {"now": crisis_lines.NOW, "others": crisis_lines.OTHERS, "read_on": crisis_lines.READ_ON}
    return render(request, "guide/crisis.html", lines)


@login_not_required
@public_page
def about_privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, for how long, and what never leaves the site."""
    return render(
        request,
        "guide/about_privacy.html",
        {"kept_days": min(settings.PERSONAL_DATA_DAYS, 90)},
    )


@login_not_required
@public_page
def about_accessibility(request: HttpRequest) -> HttpResponse:
    """How the site is meant to work for everybody, and what is known not to."""
    return render(request, "guide/about_accessibility.html")


@login_not_required
@public_page
def about_money(request: HttpRequest) -> HttpResponse:
    """Who pays: nobody for rank, nobody per request."""
    return render(request, "guide/about_money.html")
