"""What every template knows about the site."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest

from accounts.models import Organization

# NPIs begin with 1 today. 2 is allowed by the standard and not given out, so example data use it.
# https://www.cms.gov/Regulations-and-Guidance/Administrative-Simplification/NationalProvIdentStand
EXAMPLE_NPI = "2"
_SECONDS = 60


def site(request: HttpRequest) -> dict[str, Any]:
    """SITE_NAME, SITE_URL, whom to ask for help, and `examples_loaded`.

    The last is asked for only by a template that shows the banner.
    """
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "HELP_EMAIL": settings.HELP_EMAIL,
        "HELP_PHONE": settings.HELP_PHONE,
        "examples_loaded": examples_loaded,
    }


def examples_loaded() -> bool:
    """Whether made-up clinics are in the database, as of at most 60 seconds ago."""
    loaded = cache.get("examples-loaded")
    if loaded is None:
        try:
            loaded = examples_in_database()
        except DatabaseError:
            return False  # an error page must not need the database
        cache.set("examples-loaded", loaded, _SECONDS)
    return bool(loaded)


def examples_in_database() -> bool:
    """The same, asked now."""
    return Organization.objects.filter(npi__startswith=EXAMPLE_NPI).exists()
