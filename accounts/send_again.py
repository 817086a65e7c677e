"""A post that could not be taken keeps what was typed, in the page alone: shown, and ready to be sent again.

It comes without a session that holds, with a form older than the sign-in, or without a fresh proof of who it is. The
words go back to the browser that sent them; no session, log or address holds them.

A form that somebody else's page sent must not be offered for sending again, because then we would vouch for it. So
it is offered only where the browser says that it came from a page of ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

PLACES: Final = ("/manage/", "/staff/", "/accounts/email/")
"""Where people who are signed in type."""

OF_OURS: Final = ("csrfmiddlewaretoken", "step_up_code", "step_up_password")
"""Fields that our own pages add. They are made anew."""


@dataclass(frozen=True)
class Typed:
    """One field of a post: its name in the form, its name in words, and one value."""

    name: str
    label: str
    value: str

    @property
    def is_words(self) -> bool:
        """Something that a person wrote, rather than chose."""
        return any(mark in self.value for mark in " \n") or len(self.value) > 30


def is_proven_ours(request: HttpRequest) -> bool:
    """The browser says that a page of this site sent it. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header"""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return origin in {_origin(settings.SITE_URL), f"{request.scheme}://{request.get_host()}"}


def can_keep(request: HttpRequest) -> bool:
    """Whether this post is one of ours, to a place where people type, with something typed in it."""
    if request.method != "POST" or not request.path.startswith(PLACES) or not is_proven_ours(request):
        return False
    return any(each.value.strip() for each in kept(request)) or bool(request.FILES)


def page(request: HttpRequest) -> HttpResponse:
    """403: everything that was typed, and a form that sends it to the same address with a new token."""
    return render(request, "portal/signed_out.html", context(request), status=403)


def context(request: HttpRequest) -> dict[str, Any]:
    """What templates/portal/_send_again.html shows."""
    fields = list(kept(request))
    return {
        "address": request.get_full_path(),
        "fields": fields,
        "has_words": any(field.is_words for field in fields),
        "again": list(secret_names(request)),
        "files": sorted(request.FILES),
        "next": page_before(request),
    }


def kept(request: HttpRequest) -> Iterator[Typed]:
    """Each value that was posted, but for secrets and for what our own pages add."""
    for name, values in request.POST.lists():
        if name not in OF_OURS and not is_secret(name):
            yield from (Typed(name, _label(name), str(value)) for value in values)


def secret_names(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Names and labels of the fields that nobody shows or sends back. They are typed again."""
    for name in request.POST:
        if name not in OF_OURS and is_secret(name):
            yield name, _label(name)


def is_secret(name: str) -> bool:
    """A password, a code, a token or a key, by the name of its field; a form's prefix does not matter."""
    bare = name.rpartition("-")[2].lower()
    parts = set(bare.split("_"))
    return "password" in bare or bare == "key" or bool(parts & {"code", "secret", "token", "credential"})


def _label(name: str) -> str:
    return name.rpartition("-")[2].replace("_", " ").capitalize()


def page_before(request: HttpRequest) -> str:
    """The page that held the form, if the browser names it and it is ours; else the first page of the place."""
    before = urlsplit(request.headers.get("Referer", ""))
    own = {_origin(settings.SITE_URL), f"{request.scheme}://{request.get_host()}"}
    if f"{before.scheme}://{before.netloc}" in own and before.path.startswith(PLACES):
        return before.path
    return "/staff/" if request.path.startswith("/staff/") else settings.LOGIN_REDIRECT_URL


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
