"""What somebody wants to change of a listing, held until another person has decided. The old value stays until then."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import transaction

from accounts import audit
from accounts.models import Membership, User
from directory import checks, editing, gate, index
from directory.casework import cases
from directory.deciding import acts_for, require_verifier
from directory.models import Case, Check, Clinic, ProposedChange
from directory.refusals import NotAllowed, WrongState
from directory.vocabulary import Fact
from outbox import clock

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
OVERTAKEN: Final = "overtaken"  # what it would replace was itself replaced meanwhile
REASON_LIMIT: Final = 300
CONFIRMED_BY_CALL: Final = "Phone call by staff"


@transaction.atomic
def propose(*, clinic: Clinic, by: User, values: Mapping[str, Any]) -> ProposedChange:
    """Ask for new values of fields: `editing.IDENTITY`, or what the clinic says of itself. Nothing public changes.

    `by` is a verifier with no part in the clinic, or one of its managers with a standing claim. Another person, a
    verifier, accepts it. Raises NotAllowed, WrongState for a closed clinic, ValidationError for values that do not
    fit, and NotAllowed where nothing would change.
    """
    _require_proposer(clinic, by)
    editing.require_known(values)
    found = _open_clinic(clinic)
    kept, before = editing.frozen(values), {name: editing.value_of(found, name) for name in values}
    changed = editing.put(found, values)
    if not changed:
        raise NotAllowed("These are the values that it has already.")
    texts = {name: text for name, text in editing.texts_of(found).items() if name in changed}
    # `found` holds the new values by now, in memory alone.
    findings = (
        gate.look_at_clinic(found, texts) if changed & editing.IDENTITY else gate.look(texts, clinic=found)
    )
    wanted = {name: value for name, value in kept.items() if name in changed}
    return hold(clinic=found, by=by, values=wanted, findings=findings, before=before)


@transaction.atomic
def accept(*, change: ProposedChange, by: User, contact_confirmed: bool = False) -> ProposedChange:
    """The new values become the clinic's: by a verifier with no part in it, who did not ask for them.

    A new address or phone ends the contact check, unless `contact_confirmed`: `by` has just called the clinic there.
    A held submission counts from now on. Raises NotAllowed, WrongState if somebody decided already, the clinic is
    closed, or the old values are no longer what they were when this was asked for; ValidationError where the values
    no longer fit.
    """
    require_verifier(by, change.clinic)
    clinic = _open_clinic(change.clinic)
    found = _waiting(change)
    if editing.refrozen(found.before) != editing.standing(clinic, found.before):
        raise WrongState(OVERTAKEN)
    if by.pk == found.made_by_id:
        raise NotAllowed("Whoever asked for a change does not accept it: that takes another person.")
    changed = editing.write(clinic, editing.thawed(found.values))
    if not found.values:
        clinic.submitted_by, clinic.submitted_at = found.made_by, clock.now()
        clinic.save(update_fields=["submitted_by", "submitted_at"])
    if contact_confirmed and changed & editing.CONTACT:
        _confirm_contact(clinic, by)  # brings the index up to date: at no instant was the contact unconfirmed
    else:
        index.rebuild(clinic)
    decided = _decide(found, by, accepted=True)
    if changed & editing.IDENTITY and clinic.status != Clinic.Status.LISTED:
        void_submissions(clinic, by)
    _audit("change.accepted", decided, by)
    return decided


@transaction.atomic
def refuse(*, change: ProposedChange, by: User, reason: str = "") -> ProposedChange:
    """The old values stay. By a verifier with no part in the clinic, or by whoever asked. Raises as `accept`.

    `reason` is for whoever asked to read: at most 300 characters.
    """
    if by.pk != change.made_by_id:
        require_verifier(by, change.clinic)
    _locked(change.clinic)
    found = _waiting(change)
    found.reason = reason.strip()[:REASON_LIMIT]
    decided = _decide(found, by, accepted=False)
    _audit("change.refused", decided, by)
    return decided


def waiting_fields(clinic: Clinic) -> set[str]:
    """The fields of a clinic for which a new value waits for a person."""
    return waiting_fields_of_each([clinic]).get(clinic.pk, set())


def waiting_fields_of_each(clinics: Iterable[Clinic]) -> dict[int, set[str]]:
    """The same for many clinics, by their keys, in one statement. A clinic without any is left out."""
    waiting: dict[int, set[str]] = {}
    for change in ProposedChange.objects.open().filter(clinic__in=list(clinics)):
        waiting.setdefault(change.clinic_id, set()).update(change.values)
    return waiting


# --- for directory.listings --------------------------------------------------------------------


def hold(
    *,
    clinic: Clinic,
    by: User,
    values: Mapping[str, Any],
    findings: gate.Findings,
    before: Mapping[str, Any] | None = None,
) -> ProposedChange:
    """Keep values (as `editing.frozen` has them) for a person to decide, with a case; none at all: a submission.

    Asking for the same again makes no second one. `before` holds the values as they stand, by field. The clinic is
    locked by the caller.
    """
    same = ProposedChange.objects.open().filter(clinic=clinic, made_by=by)
    change = next((each for each in same if each.values == dict(values)), None)
    if change is None:
        change = ProposedChange.objects.create(
            clinic=clinic,
            values=dict(values),
            before=editing.frozen({name: before[name] for name in values} if before else {}),
            findings=findings.codes,
            made_by=by,
            made_at=clock.now(),
        )
    _open_case(change, findings, before or {})
    _audit("change.proposed", change, by)
    return change


def void_submissions(clinic: Clinic, by: User) -> None:
    """Held submissions of a clinic that is no longer what was submitted: whoever made one has to look again.

    Otherwise one person could put in values of their own, and then let through what another had said of the old ones.
    The clinic is locked by the caller.
    """
    for change in ProposedChange.objects.open().filter(clinic=clinic, values={}):
        _audit("change.refused", _decide(change, by, accepted=False), by)


def let_through(clinic: Clinic) -> set[str]:
    """What the gate had found and a person has let through."""
    accepted = ProposedChange.objects.filter(clinic=clinic, accepted=True)
    return {code for change in accepted for code in change.findings}


def _open_case(change: ProposedChange, findings: gate.Findings, before: Mapping[str, Any]) -> None:
    cases.open_case(
        clinic=change.clinic,
        kind=Case.Kind.HELD if findings else Case.Kind.CHANGE,
        subject=_subject(change),
        ours={editing.label(name): editing.shown(name, before.get(name)) for name in change.values},
        theirs={
            editing.label(name): editing.shown(name, value)
            for name, value in editing.thawed(change.values).items()
        },
        why=findings.sentences if change.values else ["It was submitted for listing.", *findings.sentences],
        urgent=bool(findings.block) and change.clinic.status == Clinic.Status.LISTED,
    )


def _subject(change: ProposedChange) -> str:
    return f"change {change.pk}"


def _require_proposer(clinic: Clinic, by: User) -> None:
    if acts_for(by, clinic, Membership.Role.MANAGER) and clinic.claims.standing().exists():
        return
    require_verifier(by, clinic)


def _locked(clinic: Clinic) -> Clinic:
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _open_clinic(clinic: Clinic) -> Clinic:
    found = _locked(clinic)
    if found.status == Clinic.Status.CLOSED:
        raise WrongState(found.status)
    return found


def _waiting(change: ProposedChange) -> ProposedChange:
    """The change as it is now; the clinic is locked, so that its changes are decided one at a time."""
    found = ProposedChange.objects.select_related("made_by").get(pk=change.pk)
    if found.decided_at:
        raise WrongState(ACCEPTED if found.accepted else REFUSED)
    return found


def _decide(change: ProposedChange, by: User, *, accepted: bool) -> ProposedChange:
    change.decided_by, change.decided_at, change.accepted = by, clock.now(), accepted
    change.save()
    kinds = (Case.Kind.HELD, Case.Kind.CHANGE)
    about = Case.objects.open().filter(clinic=change.clinic_id, kind__in=kinds, subject=_subject(change))
    for case in about.select_for_update(of=("self",), no_key=True):
        cases.finish(case, ACCEPTED if accepted else REFUSED, by)
    return change


def _confirm_contact(clinic: Clinic, by: User) -> None:
    checks.record(
        clinic=clinic, fact=Fact.CONTACT, outcome=Check.Outcome.HOLDS, source=CONFIRMED_BY_CALL, by=by
    )


def _audit(action: str, change: ProposedChange, by: User) -> None:
    audit.record(actor=audit.actor_of(by), action=action, object_type="change", object_id=str(change.pk))
