"""What the staff can do about a case. `slug` is the address of a verb; a form that was posted runs it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.forms import Form
from django.http import Http404

from accounts.models import User
from directory import links, listings, website_texts
from directory.casework import asking, cases
from directory.casework import decisions as case_decisions
from directory.fact_rules import RULES
from directory.intake import preparing
from directory.models import Case, Clinic, License
from directory.vocabulary import Fact
from directory.voices import removals, reports
from portal import case_forms, clinic_forms
from referrals import phones
from referrals.forms import PlainForm

Run = Callable[[Case, User, Any], object]
FACT_KINDS: Final = (Case.Kind.DUE, Case.Kind.CONFLICT, Case.Kind.MATCH)


@dataclass(frozen=True)
class Verb:
    """`decides`: for a verifier alone. `done` is what the page says afterwards, unless `run` returns a sentence."""

    slug: str
    label: str
    done: str
    form: Callable[..., Form]
    run: Run
    decides: bool = False


def _day(case: Case) -> dict[str, Any]:
    return {"clinic": case.clinic}


def _look(case: Case, by: User, form: case_forms.LookForm) -> None:
    _look_at_discipline(case, by, form)
    case_decisions.look(case=case, by=by, fact=form.fact, **form.said)


def _decide(case: Case, by: User, form: case_forms.LookForm) -> None:
    _look_at_discipline(case, by, form)
    case_decisions.decide(case=case, by=by, **form.said)


def _look_at_discipline(case: Case, by: User, form: case_forms.LookForm) -> None:
    """The board's page shows it beside the license, so one look serves both facts."""
    outcome = form.cleaned_data.get("discipline")
    if not outcome:
        return
    said = {name: form.cleaned_data[name] for name in ("source", "source_url", "how")}
    found = "None found" if outcome == case_forms.HOLDS else "There is some"
    case_decisions.look(case=case, by=by, fact=Fact.DISCIPLINE, outcome=outcome, verbatim=found, **said)


def _clinician(case: Case, by: User, form: Any) -> None:
    given = form.cleaned_data
    preparing.name_clinician(
        clinic=case.clinic,
        by=by,
        clinician_first_name=given["first_name"],
        clinician_last_name=given["last_name"],
        clinician_credential=given["credential"],
        clinician_npi=given["npi"],
        license_board=given["board"],
        license_number=given["number"],
        license_expires=given["expires"],
        license_lookup=given["lookup_url"],
    )
    cases.note(case=case, text="Named the clinician in charge.", by=by)


def _practice(case: Case, by: User, form: Any) -> None:
    preparing.name_practice(clinic=case.clinic, by=by, **form.cleaned_data)
    cases.note(case=case, text="Named the NPI of the practice.", by=by)


def _offers(case: Case, by: User, form: Any) -> None:
    preparing.name_offers(clinic=case.clinic, by=by, **form.cleaned_data)
    cases.note(case=case, text="Named the treatment given there.", by=by)


def _correct(case: Case, by: User, form: Any) -> str:
    cases.take(case=case, by=by)
    change = preparing.correct(clinic=case.clinic, by=by, **form.values)
    return "Asked for. Another verifier accepts it, and until then nothing changes." if change else ""


def _domain(case: Case, by: User, form: Any) -> None:
    domain = links.host_of(case.clinic.website)
    cases.note(case=case, text=f"Saw that {domain} is the clinic's website.", by=by)
    listings.confirm_domain(clinic=case.clinic, domain=domain, by=by)


def _website_text(case: Case, by: User, form: Any) -> str:
    cases.note(case=case, text="Read the clinic's website.", by=by)
    found = website_texts.record(clinic=case.clinic, text=form.cleaned_data["text"], by=by)
    return "Kept. Something in it must be looked at: a case was opened." if found else ""


def _submit(case: Case, by: User, form: Any) -> str:
    clinic = case_decisions.submit(case=case, by=by)
    return "" if clinic.submitted_by_id else "Held: something in it must be decided first. A case was opened."


def _change(case: Case, form: Any) -> Any:
    waiting = {change.pk: change for change in case_decisions.changes_of(case)}
    if (found := waiting.get(form.cleaned_data["change"])) is None:
        raise Http404
    return found


def _accept(case: Case, by: User, form: Any) -> None:
    confirmed = {"contact_confirmed": True} if form.cleaned_data["contact_confirmed"] else {}
    case_decisions.accept_change(case=case, change=_change(case, form), by=by, **confirmed)


def _answer_report(case: Case, by: User, form: Any) -> None:
    report = case.reports.filter(pk=form.cleaned_data["report"]).first()
    if report is None:
        raise Http404
    cases.take(case=case, by=by)
    reports.decide(report=report, outcome=form.cleaned_data["outcome"], by=by)


def _remove(case: Case, by: User, form: Any) -> str:
    closed = removals.decide(case=case, by=by, **form.cleaned_data)
    return f"Taken down: {len(closed)} clinics." if len(closed) > 1 else ""


VERBS: Final = (
    Verb("take", "Take it", "It is yours for 20 minutes from the last thing you do.", PlainForm,
         lambda case, by, form: cases.take(case=case, by=by)),
    Verb("release", "Give it back", "Given back.", PlainForm,
         lambda case, by, form: cases.release(case=case, by=by)),
    Verb("look", "Record this look", "Recorded.", PlainForm, _look, decides=True),
    Verb("decide", "Decide", "Decided.", PlainForm, _decide, decides=True),
    Verb("cannot-check", "Cannot check now", "It comes back on that day. The last good look stands.",
         case_forms.CannotCheckForm,
         lambda case, by, form: case_decisions.cannot_check(
             case=case, by=by, reason=form.cleaned_data["reason"], until=form.until), decides=True),
    Verb("clinician", "Save the clinician", "Saved.", clinic_forms.ClinicianForm, _clinician, decides=True),
    Verb("practice", "Save the NPI", "Saved.", clinic_forms.PracticeForm, _practice, decides=True),
    Verb("offers", "Save the treatment", "Saved.", clinic_forms.OffersForm, _offers, decides=True),
    Verb("correct", "Save the new values", "Saved.", clinic_forms.ValuesForm, _correct, decides=True),
    Verb("domain", "This is the clinic's website", "Saved. The listing links to it.", PlainForm, _domain,
         decides=True),
    Verb("website-text", "Keep the words of the website", "Kept. Nothing was found in it.",
         clinic_forms.WebsiteTextForm, _website_text, decides=True),
    Verb("submit", "Submit for listing", "Submitted. A second verifier lists it.", PlainForm,
         _submit, decides=True),
    Verb("list", "List it", "Listed. It is public now.", PlainForm,
         lambda case, by, form: case_decisions.list_it(case=case, by=by), decides=True),
    Verb("reinstate", "Show it again", "It is shown again.", PlainForm,
         lambda case, by, form: case_decisions.reinstate(case=case, by=by), decides=True),
    Verb("accept", "Accept the new values", "Accepted.", case_forms.ChangeForm, _accept, decides=True),
    Verb("refuse", "Refuse", "Refused. The old values stay.", case_forms.ChangeForm,
         lambda case, by, form: case_decisions.refuse_change(
             case=case, change=_change(case, form), by=by, reason=form.cleaned_data["reason"]),
         decides=True),
    Verb("report", "Answer the report", "Answered. Whoever reported it can read it.", case_forms.ReportForm,
         _answer_report, decides=True),
    Verb("removal", "Decide", "Done.", case_forms.RemovalForm, _remove, decides=True),
    Verb("dismiss", "Close without a check", "Closed.", case_forms.DismissForm,
         lambda case, by, form: case_decisions.dismiss(case=case, by=by, outcome=form.cleaned_data["outcome"]),
         decides=True),
    Verb("call", "Keep the call", "Kept.", case_forms.CallForm,
         lambda case, by, form: cases.call(case=case, by=by, **form.cleaned_data)),
    Verb("ask", "Ask the clinic", "Asked. The case comes back in seven days.", case_forms.AskForm,
         lambda case, by, form: asking.ask(case=case, by=by, question=form.cleaned_data["question"])),
    Verb("note", "Keep the note", "Kept.", case_forms.WordsForm,
         lambda case, by, form: cases.note(case=case, by=by, text=form.cleaned_data["text"])),
    Verb("snooze", "Put it off", "Put off.", case_forms.DayForm,
         lambda case, by, form: cases.snooze(case=case, by=by, until=form.until)),
    Verb("send-back", "Send it back", "Sent back.", case_forms.SendBackForm,
         lambda case, by, form: cases.send_back(case=case, by=by, text=form.cleaned_data["text"])),
    Verb("suspend", "Suspend now", "Suspended. It is out of search, and takes no requests.",
         case_forms.SuspendForm,
         lambda case, by, form: case_decisions.suspend(case=case, by=by, reason=form.cleaned_data["reason"])),
)  # fmt: skip

_WITH_A_DAY: Final = ("cannot-check", "snooze")


def named(slug: str) -> Verb:
    """The verb of that name; 404 if there is none."""
    found = next((verb for verb in VERBS if verb.slug == slug), None)
    if found is None:
        raise Http404
    return found


def bound(verb: Verb, case: Case, data: Any = None) -> Form:
    """The form of a verb, empty or filled. A look names its fact in `fact`; a decision is about the case's own."""
    if verb.slug in ("look", "decide"):
        return _bound_look(verb, case, data)
    more = _day(case) if verb.slug in _WITH_A_DAY else {}
    if verb.slug == "correct":
        more = {"initial": _values(case.clinic)}
    prefix = verb.slug
    if verb.slug in ("accept", "refuse", "report") and data is not None:
        prefix = f"{verb.slug}-{data.get('which', '')}"[:40]
    return verb.form(data, prefix=prefix, **more)


def _values(clinic: Clinic) -> dict[str, str]:
    names = "name line1 line2 city state zip website".split()
    number = phones.display(clinic.phone, clinic.phone_extension) if clinic.phone else ""
    return {name: getattr(clinic, name) for name in names} | {"phone": number}


def _bound_look(verb: Verb, case: Case, data: Any) -> Form:
    slug = case.fact if verb.slug == "decide" else (data or {}).get("fact", "")
    if slug not in RULES or not RULES[Fact(slug)].is_checkable:
        raise Http404
    fact = Fact(slug)
    held = held_for(case, fact, (data or {}).get("held", ""))
    return case_forms.look_form(data, clinic=case.clinic, fact=fact, held=held, prefix=f"{verb.slug}-{fact}")


def held_for(case: Case, fact: Fact, number: str = "") -> License | None:
    """The license that a look is about: the case's, the one named, else the responsible clinician's in the state."""
    if fact != Fact.LICENSE:
        return None
    if case.license:
        return case.license
    mine = License.objects.filter(practitioner=case.clinic.responsible_id, state=case.clinic.state)
    named_one = mine.filter(pk=number).first() if number.isdecimal() and len(number) < 18 else None
    return named_one or mine.order_by("-expires_at", "-pk").first()


def offered(case: Case, user: User) -> list[Verb]:
    """What may be done about a case now by this user, in the order in which it stands on the page."""
    if case.closed_at:
        return []
    website = ["website-text"] if case.clinic.confirmed_domain else []
    slugs = [
        *_deciding(case),
        "correct",
        *website,
        "cannot-check",
        "call",
        "ask",
        "note",
        "snooze",
        "send-back",
    ]
    if case.clinic.status == case.clinic.Status.LISTED:
        slugs.append("suspend")
    return [verb for slug in slugs if not (verb := named(slug)).decides or user.is_verifier]


def _deciding(case: Case) -> list[str]:
    if case.kind == Case.Kind.NEW:
        return _publishing(case)
    if case.kind == Case.Kind.REMOVAL:
        return ["removal"]
    if case.fact and case.kind in FACT_KINDS:
        return ["decide"]
    if case_decisions.changes_of(case) or case.kind == Case.Kind.REPORT:
        return []  # they have forms of their own
    return ["dismiss"]


def _publishing(case: Case) -> list[str]:
    clinic = case.clinic
    if clinic.status == clinic.Status.CANDIDATE:
        return ["list" if clinic.submitted_by_id else "submit"]
    if clinic.status == clinic.Status.SUSPENDED:
        return ["reinstate" if clinic.submitted_by_id or not _takes_two(clinic) else "submit"]
    return ["dismiss"]


def _takes_two(clinic: Clinic) -> bool:
    return clinic.status_reason == Clinic.StatusReason.UNDER_REVIEW
