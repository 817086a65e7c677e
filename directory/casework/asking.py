"""A question to the people who act for a clinic, chosen from a list: nobody can write health data into it."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import TextChoices

from accounts.models import User
from directory import members
from directory.casework import cases
from directory.models import Case, CaseStep
from directory.refusals import Incomplete
from outbox import clock, deliveries, handlers
from outbox.handlers import Mail
from outbox.models import Delivery

KIND: Final = "clinic-asked"
ANSWER_WITHIN: Final = timedelta(days=7)
SUBJECT: Final = "A question about your listing"
_BODY: Final = (
    "We are looking at your clinic's listing, and have a question:\n\n{question}\n\n{how}\n\n"
    "Do not send anything about a patient.\n"
)


class Question(TextChoices):
    """What may be asked. The text is the mail's."""

    CONTACT = "contact", "Are your address and phone number still right? Tell us what changed."
    LICENSE = "license", "Was the license of the clinician in charge renewed? Tell us the new end date."
    CLINICIAN = (
        "clinician",
        "Who is the clinician in charge now? Tell us the name, the license number and the state.",
    )
    NPI = "npi", "Which NPI does the clinic use now? Is its address in the federal registry (NPPES) right?"
    REMS = (
        "rems",
        "Is this site still certified under the Spravato safety program (REMS)? Tell us how we can see it.",
    )
    WEBSITE = "website", "Is the website in your listing yours? Tell us its right address."
    CALL = "call", "We could not reach you by phone. Call us back, please."


@transaction.atomic
def ask(*, case: Case, question: str, by: User) -> Case:
    """Write to everybody who acts for the clinic; the case comes back in seven days. `question` is a Question.

    Refusals as `cases.take`; Incomplete(["members"]) where nobody acts for the clinic here: call it instead.
    """
    if question not in Question.values:
        raise Incomplete(["question"])
    found = cases.working(case, by)
    recipients = members.recipients_of(found.clinic)
    if not recipients:
        raise Incomplete(["members"])
    step = cases.add_step(found, by, "asked", code=question)
    keys = {recipient: f"{KIND}:{step.pk}:{recipient}" for recipient in recipients}
    deliveries.enqueue_each(kind=KIND, subject=str(step.pk), dedupe_keys=keys)
    return cases.put_off(found, clock.now() + ANSWER_WITHIN, by, "waits-for-the-clinic")


def register() -> None:
    """Tell the outbox how it is written; called once, when the site starts."""
    handlers.register(KIND, compose)


def compose(delivery: Delivery) -> Mail | None:
    """The mail to somebody who still acts for the clinic; it names no clinic and no person."""
    step = CaseStep.objects.select_related("case__clinic").filter(pk=delivery.subject, action="asked").first()
    if step is None or step.case.closed_at:
        return None
    user = members.still_there(delivery.recipient, step.case.clinic)
    if user is None:
        return None
    body = _BODY.format(question=Question(step.code).label, how=_how_to_answer())
    return Mail(to=user.email, subject=SUBJECT, body=body)


def _how_to_answer() -> str:
    ways = [settings.HELP_EMAIL and f"write to {settings.HELP_EMAIL}"]
    ways += [settings.HELP_PHONE and f"call {settings.HELP_PHONE}"]
    told = " or ".join(way for way in ways if way)
    return f"To answer, {told}." if told else "To answer, wait for our call."
