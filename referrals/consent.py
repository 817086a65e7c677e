"""The words a person agrees to before anything is sent: to one named clinic, with a version.

What such a text must say follows 45 CFR 164.508(c) in spirit (who, what, what for, until when, how to
take it back) and, for referral services, the disclosures of 42 CFR 1001.952(f).
"""

import hashlib
from dataclasses import dataclass

from django.conf import settings

from directory.models import Clinic

VERSION = "2026-11.2"
# How long personal data are kept after a request is closed. An operator may shorten it.
LONGEST_DAYS = 90

_WORDS = """\
If you tick the box, we send your answers to {clinic}. We only pass them on. Nobody else gets them.

The clinic gets what you see on this page: what to call you, how to reach you, and what you chose to tell. \
Nothing more.

The clinic uses it for one thing: to talk with you about an appointment.

{site} is not a clinic and gives no medical advice. Nobody here watches these messages. This is not for \
emergencies: call 911. If you may hurt yourself, call or text 988.

Sending this is not a prescription. It does not promise you treatment. You and the clinic decide together.

It is your choice. If you do not send it, your care stays the same. You can also call the clinic.

The clinic may reach you in the ways you gave. It leaves a voice message or sends a text only if you ticked that.

We delete your answers {days} days after the request is closed. Copies in backups can last a few days longer; \
the people who run this site decide how many.

You can take the request back at any time on your private page. What the clinic has read by then, it may keep.

Once the clinic has it, the clinic's own privacy notice applies.

We do not sell your answers. We do not use them for ads.

You must be 18 or over.

Neither you nor the clinic pays us for this. We show the clinics that are near first. A clinic can be listed once \
we have checked its state license, its NPI, the federal exclusion list, and its address and phone. If one of these \
does not hold, we leave the clinic out. We do not own any clinic."""


@dataclass(frozen=True)
class ConsentText:
    """`words` are paragraphs in display order; `digest` is the SHA-256 of version and words."""

    version: str
    words: list[str]
    digest: str


def text(clinic: Clinic) -> ConsentText:
    """The consent that names `clinic`. The digest is kept with the request: it proves what was shown."""
    values = {
        "clinic": clinic.name,
        "site": settings.SITE_NAME,
        "days": kept_days(),
    }
    words = _WORDS.format(**values).split("\n\n")
    digest = hashlib.sha256("\n".join([VERSION, *words]).encode()).hexdigest()
    return ConsentText(version=VERSION, words=words, digest=digest)


def kept_days() -> int:
    """Days after closing until personal data are destroyed: 90, or less if the operator says so."""
    return min(int(settings.PERSONAL_DATA_DAYS), LONGEST_DAYS)
