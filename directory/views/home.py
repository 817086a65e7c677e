"""The first page: one box for a place, one choice, and what this site is."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory.pages import browse
from directory.vocabulary import Modality
from guide.caching import public_page


@login_not_required
@public_page
def home(request: HttpRequest) -> HttpResponse:
    """The search form, what is checked and what is not, and every state by name."""
    states = browse.states()
    context = {
        "modalities": Modality.choices,
        "states": states,
        "total": sum(state.count for state in states),
    }
    return render(request, "directory/home.html", context)
