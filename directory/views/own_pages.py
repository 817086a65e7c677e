"""Forms that need neither a sign-in nor a cookie: only our own pages may post to them."""

from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def refuse_other_sites(request: HttpRequest) -> None:
    """403 for a post from another site. An old browser that says nothing of where it comes from is let through."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", "null")  # "null" under our Referrer-Policy
    if site != "same-origin" or not (origin == "null" or _host_of(origin) == request.get_host()):
        raise PermissionDenied


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""  # no browser of ours wrote that
