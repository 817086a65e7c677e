"""Whom to call or text in a crisis. Only lines read on the service's own page or a public body's are here.

Each line says where it was read and when; a test fails when that is more than 180 days ago.
Not shown on purpose: 988 "press 3", which ended on 2025-07-17, and anything that was only announced.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

READ_ON: Final = date(2026, 11, 24)


@dataclass(frozen=True)
class Way:
    """One way to reach a line. `href` is tel:, sms: or https:."""

    label: str
    href: str

    @property
    def is_elsewhere(self) -> bool:
        """Whether the link leaves this site."""
        return self.href.startswith("https:")


@dataclass(frozen=True)
class Line:
    """A service, what it is for, how to reach it, and where that was read."""

    key: str
    name: str
    about: str
    ways: tuple[Way, ...]
    sources: tuple[str, ...]
    reviewed_on: date = READ_ON
    more: tuple[str, ...] = ()


EMERGENCY: Final = Line(
    key="911",
    name="In danger right now",
    about="Call 911 if someone is in immediate danger, or go to the nearest emergency room.",
    ways=(Way("Call 911", "tel:911"),),
    sources=("mchb.hrsa.gov", "poisonhelp.hrsa.gov"),
)

LIFELINE: Final = Line(
    key="988",
    name="988 Suicide & Crisis Lifeline",
    about="Call, text or chat. Free, at any hour of any day.",
    ways=(
        Way("Call 988", "tel:988"),
        Way("Text 988", "sms:988"),
        Way("Chat at 988lifeline.org", "https://988lifeline.org"),
    ),
    more=(
        "Español: llame al 988 y oprima 2, o envíe AYUDA al 988.",
        "Deaf or hard of hearing: use ASL Now at 988lifeline.org, or call 1-800-273-8255 from a videophone.",
        "Or use your relay service, or dial 711 and then 988.",
    ),
    sources=("988lifeline.org/get-help/what-to-expect", "samhsa.gov"),
)

VETERANS: Final = Line(
    key="veterans",
    name="Veterans Crisis Line",
    about="For Veterans. You do not need to be enrolled with the VA.",
    ways=(
        Way("Call 988, then press 1", "tel:988"),
        Way("Text 838255", "sms:838255"),
        Way("Chat at VeteransCrisisLine.net", "https://www.veteranscrisisline.net/Chat"),
    ),
    sources=("veteranscrisisline.net", "va.gov/asheville-health-care"),
)

NOW: Final = (EMERGENCY, LIFELINE, VETERANS)

OTHERS: Final = (
    Line(
        key="crisis-text-line",
        name="Crisis Text Line",
        about="Help by text message.",
        ways=(Way("Text HOME to 741741", "sms:741741"),),
        more=("Español: envíe AYUDA al 741741, o por WhatsApp a 442-AYUDAME.",),
        sources=("crisistextline.org", "globenewswire.com 2023-10-16"),
    ),
    Line(
        key="domestic-violence",
        name="National Domestic Violence Hotline",
        about="If you are not safe at home.",
        ways=(
            Way("Call 1-800-799-7233", "tel:+18007997233"),
            Way("Text START to 88788", "sms:88788"),
        ),
        more=("TTY: 1-800-787-3224.",),
        sources=("ovc.ojp.gov", "thehotline.org"),
    ),
    Line(
        key="trevor",
        name="The Trevor Project",
        about="For LGBTQ+ young people.",
        ways=(
            Way("Call 1-866-488-7386", "tel:+18664887386"),
            Way("Text START to 678-678", "sms:678678"),
        ),
        sources=("thetrevorproject.org", "activeminds.org 2025-07-17"),
    ),
    Line(
        key="poison-help",
        name="Poison Help",
        about="If you think someone took too much of something. "
        "Call 911 if the person does not wake up or has trouble breathing.",
        ways=(Way("Call 1-800-222-1222", "tel:+18002221222"),),
        sources=("poisonhelp.hrsa.gov", "wtoc.com"),
    ),
    Line(
        key="samhsa",
        name="SAMHSA National Helpline",
        about="Information and help finding treatment, in English and Spanish, at any hour. Not a crisis line.",
        ways=(Way("Call 1-800-662-4357", "tel:+18006624357"),),
        more=("TTY: 1-800-487-4889.",),
        sources=("samhsa.gov/find-help/national-helpline", "disasterassistance.gov"),
    ),
)

ALL: Final = NOW + OTHERS
