"""Statuses, reasons and choices of a referral. The words are FHIR Task's (design: Words)."""

from django.db import models


class Status(models.TextChoices):
    REQUESTED = "requested", "Sent"
    RECEIVED = "received", "Opened"
    ON_HOLD = "on-hold", "Question for you"
    ACCEPTED = "accepted", "Accepted"
    IN_PROGRESS = "in-progress", "Appointment set"
    COMPLETED = "completed", "Finished"
    REJECTED = "rejected", "Cannot help"
    CANCELLED = "cancelled", "Taken back"
    FAILED = "failed", "No reply"


OPEN_STATUSES = (
    Status.REQUESTED,
    Status.RECEIVED,
    Status.ON_HOLD,
    Status.ACCEPTED,
    Status.IN_PROGRESS,
)
AGREED = (Status.ACCEPTED, Status.IN_PROGRESS)
"""The clinic said that it will see the person."""
CLOSED_STATUSES = (Status.COMPLETED, Status.REJECTED, Status.CANCELLED, Status.FAILED)


class DeclineReason(models.TextChoices):
    """Coded as BSeR and e-RS code them; the words are what the clinic reads."""

    NOT_ACCEPTING = "not-accepting", "No space now"
    OUT_OF_STATE = "out-of-state", "Lives in a state we may not treat"
    COVERAGE = "coverage", "Payment or insurance does not fit"
    MODALITY_NOT_OFFERED = "modality-not-offered", "We do not give this treatment"
    CLINICALLY_UNSUITABLE = "clinically-unsuitable", "Another kind of care fits better"
    NEEDS_HIGHER_LEVEL = "needs-higher-level-of-care", "Needs more care than we can give"
    DUPLICATE = "duplicate", "We have this request already"
    UNREACHABLE = "unreachable", "We could not reach the person"


class FailReason(models.TextChoices):
    NO_REPLY = "no-reply", "The clinic did not answer"
    UNDELIVERABLE = "undeliverable", "We could not reach the clinic"
    LISTING_STOPPED = "listing-stopped", "The clinic is no longer listed"
    OUTCOME_UNKNOWN = "outcome-unknown", "We do not know how it ended"


class CompleteReason(models.TextChoices):
    SEEN = "seen", "The person was seen"
    NO_SHOW = "no-show", "The person did not come"
    NOT_STARTED = "not-started", "Treatment was not started"
    OTHER = "other", "Something else"


class Topic(models.TextChoices):
    """What a patient may want help with."""

    DEPRESSION = "depression", "Depression"
    ANXIETY = "anxiety", "Anxiety"
    PTSD = "ptsd", "PTSD"
    PAIN = "pain", "Pain"
    OTHER = "other", "Something else"


class Actor(models.TextChoices):
    """Whose act a timeline entry was, as the patient reads it."""

    PATIENT = "patient", "You"
    CLINIC = "clinic", "The clinic"
    SITE = "site", "We"
