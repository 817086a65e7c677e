"""The page of what was checked of one clinic, and the same for machines."""

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from directory import index, public_checks
from directory.views.gone import gone_page
from directory.views.profile import clinic_or_404, ways_on
from guide.caching import public_page
from outbox import clock

HISTORY_ON_PAGE: Final = 100
"""Earlier looks that the page shows, the latest first. The data have all of them."""


@login_not_required
@public_page
def clinic_checks(request: HttpRequest, slug: str) -> HttpResponse:
    """Every fact with its source, how it was looked up, when, when it is due again, and every earlier look.

    404 for a candidate; 410 for a clinic that is not shown now. `?format=json` leads to the same as data.
    """
    if request.GET.get("format") == "json":
        return redirect("api-clinic-checks", slug=slug)
    found = clinic_or_404(slug)
    moment = clock.now()
    if not index.is_shown(found, moment):
        return gone_page(request, found)
    account = public_checks.account(found, moment)
    context = {
        **ways_on(found),
        "account": account,
        "history": account.history[:HISTORY_ON_PAGE],
        "does_not_tell": public_checks.DOES_NOT_TELL,
    }
    return render(request, "directory/clinic_checks.html", context)
