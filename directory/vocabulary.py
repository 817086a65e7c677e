"""The words of a listing. Slugs are public contract; a bit's place in the index is its place here.

Append only: moving a line would change the meaning of every stored bit.
"""

from collections.abc import Iterable
from functools import cache

from django.db import models


class Modality(models.TextChoices):
    """The route of treatment. What is taken or mailed home is no modality here."""

    ESKETAMINE = "esketamine", "Spravato (esketamine nose spray)"
    IV = "iv", "IV infusion"
    IM = "im", "Injection into a muscle (IM)"
    SC = "sc", "Injection under the skin (SC)"
    ORAL = "oral", "By mouth or under the tongue, taken at the clinic"


class Insurance(models.TextChoices):
    """How a visit may be paid for, as the clinic says."""

    MEDICAID = "medicaid", "Medicaid"
    MEDICARE = "medicare", "Medicare"
    TRICARE = "tricare", "TRICARE"
    VA = "va", "VA Community Care"
    COMMERCIAL = "commercial", "Private insurance"
    SELF_PAY = "self-pay", "Paying yourself"
    SLIDING_SCALE = "sliding-scale", "Lower price for low income"


class Language(models.TextChoices):
    """Languages spoken at the clinic (ISO 639-1; `ase` is American Sign Language, ISO 639-3)."""

    EN = "en", "English"
    ES = "es", "Spanish"
    ZH = "zh", "Chinese"
    VI = "vi", "Vietnamese"
    TL = "tl", "Tagalog"
    AR = "ar", "Arabic"
    FR = "fr", "French"
    KO = "ko", "Korean"
    RU = "ru", "Russian"
    HT = "ht", "Haitian Creole"
    ASE = "ase", "American Sign Language"


class AgeGroup(models.TextChoices):
    """Whom a clinic treats."""

    ADOLESCENT = "adolescent", "12 to 17 years"
    ADULT = "adult", "18 to 64 years"
    OLDER_ADULT = "older-adult", "65 years and older"


class Access(models.TextChoices):
    """What makes a visit possible."""

    STEP_FREE = "step-free", "Step-free entrance"
    EVENING = "evening", "Evening hours"
    WEEKEND = "weekend", "Weekend hours"
    VIDEO_FIRST_VISIT = "video-first-visit", "First visit by video"
    VIDEO_FOLLOW_UP = "video-follow-up", "Follow-up by video"
    TRANSIT = "transit", "Near public transport"


class Fact(models.TextChoices):
    """What can be known to be true of a clinic."""

    LICENSE = "license", "State license"
    NPI = "npi", "National Provider Identifier (NPI)"
    EXCLUSION = "exclusion", "Not on the federal exclusion list"
    CONTACT = "contact", "Address and phone"
    REMS = "rems", "Spravato safety program (REMS)"
    DISCIPLINE = "discipline", "Public board discipline"
    ACCREDITATION = "accreditation", "Accreditation"
    DEA = "dea", "DEA registration"
    EMERGENCY_PLAN = "emergency-plan", "Emergency plan"


REQUIRED_FACTS = (Fact.LICENSE, Fact.NPI, Fact.EXCLUSION, Fact.CONTACT)
# Only the clinic can say these; no source exists that could check them.
CLINIC_ONLY_FACTS = (Fact.DEA, Fact.EMERGENCY_PLAN)


class Word(models.TextChoices):
    """What the public reads of a fact, computed whenever it is shown and never stored."""

    CHECKED = "checked", "Checked"
    CHECK_DUE = "check_due", "Check due"
    NOT_CURRENT = "not_current", "Not current"
    CLINIC_SAYS = "clinic_says", "Clinic says"
    NOT_CHECKED = "not_checked", "Not checked"


class LicenseStatus(models.TextChoices):
    """What a board may say of a license. Only `active` holds; what is limited is for a person to decide."""

    ACTIVE = "active", "Active"
    ACTIVE_RESTRICTED = "active_restricted", "Active, with restrictions"
    PROBATION = "probation", "On probation"
    EXPIRED = "expired", "Expired"
    LAPSED = "lapsed", "Lapsed"
    SUSPENDED = "suspended", "Suspended"
    SURRENDERED = "surrendered", "Surrendered"
    REVOKED = "revoked", "Revoked"
    INACTIVE = "inactive", "Inactive"
    RETIRED = "retired", "Retired"
    NOT_FOUND = "not_found", "Not found"


LIMITED_LICENSES = (LicenseStatus.ACTIVE_RESTRICTED, LicenseStatus.PROBATION, LicenseStatus.NOT_FOUND)
ENDED_LICENSES = tuple(
    status for status in LicenseStatus if status not in (LicenseStatus.ACTIVE, *LIMITED_LICENSES)
)


@cache
def slugs_of(vocabulary: type[models.TextChoices]) -> tuple[str, ...]:
    """All slugs of a vocabulary, in its order. Django makes the list anew whenever it is asked for."""
    return tuple(vocabulary.values)


def bits(vocabulary: type[models.TextChoices], slugs: Iterable[str]) -> int:
    """`slugs` as bits, the first word of the vocabulary as bit 0. Unknown slugs raise ValueError."""
    places = slugs_of(vocabulary)
    return sum(1 << places.index(slug) for slug in set(slugs))
