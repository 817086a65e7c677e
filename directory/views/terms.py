"""The operator's terms for clinics that take requests, as anybody may read them."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory import terms
from guide.caching import public_page


@login_not_required
@public_page
def about_terms(request: HttpRequest) -> HttpResponse:
    """The current version, and every earlier one."""
    every = terms.every_version()
    context = {"current": every[0] if every else None, "earlier": every[1:]}
    return render(request, "directory/about_terms.html", context)
