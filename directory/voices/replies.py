"""The right of reply: what a clinic says about a check that went against it, shown once a verifier let it through."""

from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import User
from directory import facts, gate
from directory.casework import cases
from directory.deciding import require_somebody_there, require_verifier
from directory.models import Case, Check, Clinic, Reply
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Fact, Word
from outbox import clock

TEXT_LIMIT: Final = 500
SHOWN: Final = "shown"
NOT_SHOWN: Final = "not-shown"


@transaction.atomic
def make(*, check: Check, by: User, text: str) -> Reply:
    """Keep the clinic's own words beside a check that went against it, and let a verifier look at them first.

    `by` acts for the clinic. Raises NotAllowed for anybody else, and for a fact that holds; Incomplete without words or
    with more than 500 characters; WrongState while an earlier answer still waits.
    """
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=check.clinic_id)
    require_somebody_there(by, clinic)
    if not is_against(check):
        raise NotAllowed("This fact holds, or a later look took its place. There is nothing to answer.")
    words = text.strip()
    if not words or len(words) > TEXT_LIMIT:
        raise Incomplete(["text"])
    if waiting(check).exists():
        raise WrongState("waiting")
    reply = Reply.objects.create(check_answered=check, text=words, made_by=by, made_at=clock.now())
    _open_case(clinic, reply)
    _note(by, "reply.made", reply)
    return reply


def is_against(check: Check) -> bool:
    """Whether it is the latest look at its fact, and the source said that the fact does not hold."""
    return check.superseded_at is None and facts.word_of(check, clock.now()) == Word.NOT_CURRENT


def waiting(check: Check) -> QuerySet[Reply]:
    """The clinic's answers to it that nobody has decided about."""
    return Reply.objects.filter(check_answered=check, decided_at=None)


def _open_case(clinic: Clinic, reply: Reply) -> None:
    check = reply.check_answered
    label = str(facts.RULES[Fact(check.fact)].label)
    found = gate.look({"reply": reply.text}, clinic=clinic)
    cases.open_case(
        clinic=clinic,
        kind=Case.Kind.REPLY,
        subject=f"reply {reply.pk}",
        ours={label: f"{Word.NOT_CURRENT.label}, by {check.source}"},
        theirs={"The clinic says": reply.text},
        why=["The clinic answers a check that went against it.", *found.sentences],
    )


@transaction.atomic
def let_through(*, reply: Reply, by: User) -> Reply:
    """Show it beside the check as "Clinic says", in place of an earlier one. By a verifier with no part in the clinic.

    Raises NotAllowed; WrongState if it was decided before.
    """
    return _decide(reply, by, shown=True)


@transaction.atomic
def refuse(*, reply: Reply, by: User) -> Reply:
    """Do not show it: it is not about the fact, or it sells something. Raises as `let_through`."""
    return _decide(reply, by, shown=False)


def _decide(reply: Reply, by: User, *, shown: bool) -> Reply:
    clinic = Clinic.objects.select_for_update(no_key=True).get(checks=reply.check_answered_id)
    require_verifier(by, clinic)
    found = Reply.objects.select_related("check_answered").get(pk=reply.pk)
    if found.decided_at:
        raise WrongState(SHOWN if found.shown else NOT_SHOWN)
    found.shown, found.decided_at, found.decided_by = shown, clock.now(), by
    found.save()
    if shown:
        Reply.objects.filter(check_answered=found.check_answered_id).exclude(pk=found.pk).update(shown=False)
    for case in Case.objects.open().filter(clinic=clinic, kind=Case.Kind.REPLY, subject=f"reply {found.pk}"):
        cases.close(case=case, outcome=SHOWN if shown else NOT_SHOWN, by=by)
    _note(by, "reply.shown" if shown else "reply.refused", found)
    return found


def _note(by: User, action: str, reply: Reply) -> None:
    audit.record(actor=audit.actor_of(by), action=action, object_type="reply", object_id=str(reply.pk))
