"""A case: one question about one clinic that waits for a person, and what people did about it.

    cases.open_case(clinic=clinic, kind=Case.Kind.CONFLICT, fact=Fact.NPI, ours={"Name": a}, theirs={"Name": b})

Whoever works on a case holds it for 20 minutes from the last thing they did. What ends in a check, a listing or a
change is in `directory.casework.decisions`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, TextChoices
from django.db.models.functions import TruncMonth

from accounts import audit
from accounts.models import User
from directory.models import Case, CaseStep, Check, Clinic, License
from directory.refusals import Incomplete, NotAllowed, Refused, WrongState
from outbox import clock

HELD_FOR: Final = timedelta(minutes=20)
"""How long a case stays with whoever worked on it last."""

MOST_DAYS_PUT_OFF: Final = 90
NOTE_LIMIT: Final = 1000
DECIDED: Final = "decided"

TIME_FOR: Final[dict[str, timedelta]] = {
    Case.Kind.NEW: timedelta(days=14),
    Case.Kind.DUE: timedelta(days=14),
    # 42 USC 300gg-115 gives a provider directory two business days for a correction.
    Case.Kind.CONFLICT: timedelta(days=2),
    Case.Kind.MATCH: timedelta(days=2),
    Case.Kind.HELD: timedelta(days=2),
    Case.Kind.CHANGE: timedelta(days=2),
    Case.Kind.REPORT: timedelta(days=2),
    Case.Kind.REPLY: timedelta(days=2),
    Case.Kind.EVIDENCE: timedelta(0),
    Case.Kind.REMOVAL: timedelta(days=2),
    Case.Kind.CLAIM: timedelta(days=2),
}
"""In which time it should be decided, where nobody says otherwise. What is urgent is due at once."""


class CallOutcome(TextChoices):
    """How a call to a clinic ended."""

    CONFIRMED = "answered-confirmed", "They answered, and all of it is right"
    DIFFERS = "answered-differs", "They answered, and something is different"
    NO_ANSWER = "no-answer", "Nobody answered"
    WRONG_NUMBER = "wrong-number", "The number belongs to somebody else"
    DISCONNECTED = "disconnected", "The number is not in service"
    REFUSED = "refused", "They did not want to answer"


class HeldByAnother(Refused):
    """Somebody else is working on it. `name` is theirs; `until` is when it is free again."""

    def __init__(self, name: str, until: datetime) -> None:
        super().__init__(f"{name} is working on this case.")
        self.name, self.until = name, until


@dataclass(frozen=True)
class MonthAhead:
    """How many checks of listed clinics fall due in a month. `first` is its first day, in UTC."""

    first: date
    checks: int


@transaction.atomic
def open_case(
    *,
    clinic: Clinic,
    kind: str,
    fact: str = "",
    license: License | None = None,  # noqa: A002  (the word of the model)
    subject: str = "",
    ours: Mapping[str, str] | None = None,
    theirs: Mapping[str, str] | None = None,
    why: Iterable[str] = (),
    urgent: bool = False,
    due_at: datetime | None = None,
) -> Case:
    """The open case about this question, brought up to date; a new one if there is none.

    `ours` and `theirs` hold values by label, compared side by side where the labels agree; `why` holds sentences for
    the staff. `subject` tells apart what else would be the same question (key of a registry's row, id of a change);
    for a license it is the license unless given. Anybody may open a case: it changes nothing public. Locks the clinic.
    """
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    subject = subject or (f"license {license.pk}" if license else "")
    same = Case.objects.open().filter(clinic=clinic, kind=kind, fact=fact, subject=subject)
    case = same.first() or _new(clinic, Case.Kind(kind), fact, subject, urgent)
    case.license = license or case.license
    case.ours, case.theirs = dict(ours or case.ours), dict(theirs or case.theirs)
    case.why = list(dict.fromkeys([*case.why, *why]))  # each sentence once, the oldest first
    case.urgent = case.urgent or urgent
    case.due_at = min(case.due_at, due_at or case.due_at) if case.pk else due_at or case.due_at
    if urgent:
        case.due_at, case.snoozed_until = min(case.due_at, clock.now()), None
    case.save()
    return case


def _new(clinic: Clinic, kind: Case.Kind, fact: str, subject: str, urgent: bool) -> Case:
    now = clock.now()
    due_at = now if urgent else now + TIME_FOR[kind]
    return Case(clinic=clinic, kind=kind, fact=fact, subject=subject, opened_at=now, due_at=due_at)


def take(*, case: Case, by: User) -> Case:
    """Hold it for 20 minutes. Raises HeldByAnother, WrongState if it was decided, NotAllowed unless staff."""
    return _do(case, by, "taken")


@transaction.atomic
def release(*, case: Case, by: User) -> Case:
    """Give it back to whoever comes next. Raises as `take` does."""
    found = working(case, by)
    return _let_go(found, by, "released")


@transaction.atomic
def snooze(*, case: Case, until: datetime, by: User) -> Case:
    """Put it off to an instant in the next 90 days. Raises as `take` does; NotAllowed for any other instant."""
    found = working(case, by)
    return put_off(found, until, by, "snoozed")


def note(*, case: Case, text: str, by: User) -> Case:
    """Keep a sentence for the next who works on it. Raises as `take` does; Incomplete without words."""
    if not text.strip():
        raise Incomplete(["text"])
    return _do(case, by, "noted", text=text)


def call(*, case: Case, outcome: str, by: User, text: str = "") -> Case:
    """Somebody called the clinic; `outcome` is a CallOutcome. A call alone changes no fact. Raises as `take` does."""
    if outcome not in CallOutcome.values:
        raise Incomplete(["outcome"])
    return _do(case, by, "called", code=outcome, text=text)


@transaction.atomic
def send_back(*, case: Case, text: str, by: User) -> Case:
    """Let the first who worked on it look once more, and say why.

    Raises as `take` does; Incomplete without words; NotAllowed if nobody else worked on it before.
    """
    if not text.strip():
        raise Incomplete(["text"])
    found = working(case, by)
    first = first_worker(found, besides=by)
    if first is None:
        raise NotAllowed("Nobody else has worked on this case yet.")
    found.sent_to = first
    return _let_go(found, by, "sent-back", text=text)


@transaction.atomic
def close(*, case: Case, outcome: str, by: User | None = None) -> Case:
    """It needs nobody any more. `by` is None where the system saw that the question has gone away.

    Raises WrongState if it was closed before, HeldByAnother.
    """
    found = working(case, by) if by else _locked(case)
    return finish(found, outcome, by)


@transaction.atomic
def close_open(*, clinic: Clinic, kind: str, outcome: str, fact: str = "", by: User | None = None) -> int:
    """Close every open case of a kind about a clinic and fact, whoever holds it; how many those were."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    found = list(Case.objects.open().filter(clinic=clinic, kind=kind, fact=fact).select_for_update())
    for case in found:
        finish(case, outcome, by)
    return len(found)


def first_worker(case: Case, *, besides: User) -> User | None:
    """Who submitted the clinic, else who worked on the case first; never `besides`."""
    submitter = case.clinic.submitted_by if case.kind == Case.Kind.NEW else None
    if submitter and submitter.is_staff and submitter != besides:
        return submitter
    steps = case.steps.filter(by__is_staff=True, by__is_active=True).exclude(by=besides)
    step = steps.select_related("by").order_by("pk").first()
    return step.by if step else None


def forecast(*, months: int = 6) -> list[MonthAhead]:
    """The work that is coming: checks of listed clinics by the month in which they fall due, this month first.

    What is overdue counts in this month. One statement.
    """
    checks = Check.objects.current().filter(clinic__status=Clinic.Status.LISTED)
    rows = checks.annotate(month=TruncMonth("due_at")).values_list("month").annotate(Count("pk"))
    firsts = _months_from(clock.now().date(), months)
    counted = dict.fromkeys(firsts, 0)
    for month, number in rows:
        first = max(month.date(), firsts[0])
        if first in counted:
            counted[first] += number
    return [MonthAhead(first, number) for first, number in counted.items()]


def _months_from(day: date, months: int) -> list[date]:
    numbers = range(day.year * 12 + day.month - 1, day.year * 12 + day.month - 1 + months)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


# --- for the modules that decide ---------------------------------------------------------------


def working(case: Case, by: User) -> Case:
    """The case as it is now, held by `by` for 20 minutes more; clinic and case are locked, in this order.

    Raises NotAllowed unless staff, WrongState if it was decided, HeldByAnother. In the caller's transaction.
    """
    if not (by.is_active and by.is_staff):
        raise NotAllowed("Only the operator's staff works on cases.")
    found = _locked(case)
    if found.taken_by_id not in (None, by.pk) and found.taken_until and found.taken_until > clock.now():
        raise HeldByAnother(str(found.taken_by), found.taken_until)
    found.taken_by, found.taken_until = by, clock.now() + HELD_FOR
    found.save()
    return found


def _locked(case: Case) -> Case:
    Clinic.objects.select_for_update(no_key=True).get(pk=case.clinic_id)
    found = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    if found.closed_at:
        raise WrongState(DECIDED)
    return found


def add_step(case: Case, by: User | None, action: str, *, code: str = "", text: str = "") -> CaseStep:
    """One line of the case's history."""
    kept = text.strip()[:NOTE_LIMIT]
    return CaseStep.objects.create(case=case, at=clock.now(), by=by, action=action, code=code, text=kept)


def put_off(case: Case, until: datetime, by: User, action: str, *, code: str = "", text: str = "") -> Case:
    """Release a locked case and hide it until an instant in the next 90 days; NotAllowed for any other instant."""
    now = clock.now()
    if not now < until <= now + timedelta(days=MOST_DAYS_PUT_OFF):
        raise NotAllowed(f"A case can be put off by {MOST_DAYS_PUT_OFF} days at most.")
    case.snoozed_until = until
    return _let_go(case, by, action, code=code, text=text)


def finish(case: Case, outcome: str, by: User | None) -> Case:
    """Close a locked case; the trail says by whom and how."""
    case.closed_at, case.closed_by, case.outcome = clock.now(), by, outcome
    case.taken_by, case.taken_until, case.snoozed_until, case.sent_to = None, None, None, None
    case.save()
    add_step(case, by, "closed", code=outcome)
    actor = audit.actor_of(by) if by else audit.SYSTEM
    audit.record(
        actor=actor, action="case.closed", object_type="case", object_id=str(case.pk), purpose=outcome
    )
    return case


def step_and_release(case: Case, by: User, action: str) -> Case:
    """One more line in a locked case's history; it waits for somebody else now."""
    return _let_go(case, by, action)


@transaction.atomic
def _do(case: Case, by: User, action: str, *, code: str = "", text: str = "") -> Case:
    found = working(case, by)
    found.snoozed_until, found.sent_to = None, None
    found.save()
    add_step(found, by, action, code=code, text=text)
    return found


def _let_go(case: Case, by: User, action: str, *, code: str = "", text: str = "") -> Case:
    case.taken_by, case.taken_until = None, None
    case.save()
    add_step(case, by, action, code=code, text=text)
    return case
