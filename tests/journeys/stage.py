"""`python -m tests.journeys.stage`: a database and static files with one clinic in every state, for a browser to visit.

Reads DATA_DIR as the site does. Addresses are /clinic/<slug>/ with the slugs below.
"""

from datetime import datetime, timedelta
from typing import Any

import django

NEARBY = 22
"""Clinics in Denver besides those with a slug of their own: two pages of results."""


def clinics(now: datetime) -> list[dict[str, Any]]:
    """What tests.build makes; the slugs are what the tests visit."""
    denver = [
        {"slug": f"near-{n}", "at": (39.7 + n / 300, -105 + n % 5 / 30), "name": f"Near {n} Example Clinic"}
        for n in range(NEARBY)
    ]
    full = {
        "name": "High Plains Example Clinic",
        "modalities": ("esketamine", "iv", "im", "sc", "oral"),
        "psychotherapy": ("iv",),
        "first_visit": "A phone call.\nAn exam.",
        "cost": "We give a written estimate.",
        "hours": "Mon to Fri, 8 AM to 5 PM",
        "cannot_treat": "People under 18.",
        "insurance": ["medicaid", "commercial"],
        "access": ["step-free", "evening"],
    }
    return [
        *denver,
        {"slug": "full", **full},
        {"slug": "unclaimed", "claimed": False},
        {"slug": "paused", "paused_until": now + timedelta(days=20)},
        {"slug": "half", "modalities": ("esketamine", "iv"), "fails": ("rems",)},
        {"slug": "due", "modalities": ("iv",), "checked_at": now - timedelta(days=45)},
        {"slug": "plain", "modalities": ("iv",), "attested_at": None, "website": "", "insurance": []},
        {"slug": "closed", "status": "closed", "status_reason": "moved", "claimed": False},
        {"slug": "merged", "status": "closed", "status_reason": "merged", "claimed": False},
        {"slug": "replied", "modalities": ("esketamine", "iv"), "fails": ("rems",)},
        {"slug": "lapsed", "license_ends": now - timedelta(days=2)},
        {"slug": "lone", "at": (46.4, -105.84), "city": "Miles City", "state": "MT", "zip": "59301"},
    ]


def what_happened_to_some() -> None:
    """One went on as another; one has a history, and answered a check that went against it."""
    from directory.models import Clinic, Reply
    from outbox import clock
    from tests import build

    by_slug = {
        clinic.slug: clinic for clinic in Clinic.objects.filter(slug__in=("merged", "full", "replied"))
    }
    Clinic.objects.filter(slug="merged").update(successor=by_slug["full"])
    replied, verifier = by_slug["replied"], build.user(verifier=True)
    for days in (9, 6, 3):
        looked = clock.now() - timedelta(days=days)
        file = {"verbatim": "A", "source_date": looked.date(), "how": "Compared with the monthly file"}
        build.check(replied, "npi", checked_at=looked, **file)
    Reply.objects.create(
        check_answered=replied.checks.get(fact="rems"),
        text="We moved to another suite. Our new papers are on their way.",
        made_by=replied.claims.get().claimant,
        made_at=clock.now(),
        shown=True,
        decided_at=clock.now(),
        decided_by=verifier,
    )


def main() -> None:
    """Make everything from nothing; about six seconds."""
    django.setup()
    from django.core.management import call_command

    from outbox import clock
    from tests import build

    call_command("migrate", verbosity=0)
    call_command("load_gazetteer", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    build.many(clinics(clock.now()))
    what_happened_to_some()


if __name__ == "__main__":
    main()
