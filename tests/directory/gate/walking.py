"""One person tries whatever the site lets them call, in any order, to get a seller into public."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client

from directory import attesting, changes, checks, claims, closing, listings, website_texts
from directory.casework import cases
from directory.casework import decisions as case_decisions
from directory.intake import candidates, preparing
from directory.intake.candidate import Candidate
from directory.models import Case, Check, Clinic, License, ListingClaim, ProposedChange, Reply, Report
from directory.refusals import Refused
from directory.vocabulary import Fact, Modality
from directory.voices import replies, reports
from outbox import clock
from tests.directory.gate.profiles import dice
from tests.directory.gate.sellers import seller_profiles
from tests.directory.gate.visiting import visit
from tests.directory.gate.world import World, a_site, pending_claim, with_seller

ROLES = ("verifier", "verifier", "verifier", "owner", "insider", "staff", "stranger")
LONGEST = 14
Act = Callable[[World, random.Random], object]


class Walk:
    """The outcome of one sequence: what was called, and what leaked."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.done: list[str] = []
        self.leak = ""

    def __repr__(self) -> str:
        return f"sequence {self.number}: {self.leak} after {', '.join(self.done)}"


def walk_all(numbers: range, *, pages: int) -> Iterator[Walk]:
    """Sequences `numbers`, the site as new before each. In about one of `pages` pages are visited too (0: never)."""
    site, profiles = a_site(), seller_profiles()
    for number in numbers:
        walk = Walk(number)
        chance = dice(f"walk {number}")
        with transaction.atomic():
            world = with_seller(site, profiles[number % len(profiles)], chance.choice(ROLES), chance)
            walk.done.append(f"{world.profile.kind} by {world.role}")
            _go(walk, world, chance, pages=bool(pages) and number % pages == 0)
            transaction.set_rollback(True)
        yield walk


def _go(walk: Walk, world: World, chance: random.Random, *, pages: bool) -> None:
    client = _signed_in(world) if pages else None
    if chance.random() < 0.3:
        pending_claim(world)
    for _ in range(chance.randint(4, LONGEST)):
        if client and chance.random() < 0.4:
            walk.done.append(visit(client, world, chance))
        elif not _try(walk, world, chance):
            continue  # refused, and nothing was changed
        walk.leak = world.leak()
        if walk.leak:
            return
    if client:
        walk.leak = _read_pages(world)


def _signed_in(world: World) -> Client:
    client = Client()
    if world.role != "stranger":  # who stays anonymous
        client.force_login(world.person)
    return client


def _try(walk: Walk, world: World, chance: random.Random) -> bool:
    act = chance.choice(ACTS)
    try:
        with transaction.atomic():
            act(world, chance)
    except (Refused, ValidationError):
        return False
    walk.done.append(act.__name__)
    return True


def _read_pages(world: World) -> str:
    """What anybody reads in the end. As the source of a check any name may stand there, so it is not looked for."""
    anybody, profile = Client(), world.profile
    pages = [f"/clinic/{slug}/{page}" for slug in _slugs(world) for page in ("", "checks/")]
    for path in ("/search/?near=39.7,-104.9", *pages):
        text = anybody.get(path).content.decode()
        if profile.website and f'href="{profile.website}"' in text:
            return f"{path} links to the seller"
        hidden = world.seller.status == Clinic.Status.CANDIDATE and world.honest.slug not in path
        if hidden and profile.name in text:
            return f"{path} names the seller"
        if profile.sells(text):
            return f"{path} sells"
    return ""


def _slugs(world: World) -> list[str]:
    return [world.honest.slug, world.seller.slug]


# --- what can be called ------------------------------------------------------------------------


def _either(world: World, chance: random.Random) -> Clinic:
    return chance.choice((world.seller, world.seller, world.honest))


def _any(rows: Any, chance: random.Random) -> Any:
    """One of them, the same on every run; None if there are none."""
    found = list(rows.order_by("pk"))
    return chance.choice(found) if found else None


def _bait(world: World, chance: random.Random) -> str:
    """Something of the seller's."""
    return chance.choice([*world.profile.own, *world.profile.said.values()] or ["x"])


def _identity(world: World, chance: random.Random) -> dict[str, Any]:
    profile = world.profile
    values = {
        "name": profile.name, "line1": profile.line1, "phone": profile.phone, "website": profile.website,
        "responsible": world.doctor, "practitioners": [world.doctor],
        "offerings": [{"modality": chance.choice(Modality.values)}],
        "confirmed_domain": profile.website.split("/")[2] if profile.website else "",
    }  # fmt: skip
    names = chance.sample(sorted(values), chance.randint(1, 4))
    return {name: values[name] for name in names}


def look(world: World, chance: random.Random) -> object:
    clinic, fact = _either(world, chance), Fact(chance.choice(Fact.values))
    said = chance.choice(
        (
            {},
            {"how": _bait(world, chance)},
            {"source_url": world.profile.website},
            {"verbatim": _bait(world, chance)},
        )
    )
    source = chance.choice(("State board", "NPPES", _bait(world, chance)))
    held = (
        _any(License.objects.filter(practitioner=clinic.responsible_id), chance)
        if fact == Fact.LICENSE
        else None
    )
    return checks.record(
        clinic=clinic, fact=fact, outcome="holds", source=source[:120], by=world.person, license=held, **said
    )


def look_at_all(world: World, chance: random.Random) -> object:
    for fact in (Fact.LICENSE, Fact.NPI, Fact.EXCLUSION, Fact.CONTACT, Fact.REMS):
        held = world.license if fact == Fact.LICENSE else None
        checks.record(
            clinic=world.seller, fact=fact, outcome="holds", source="Board", by=world.person, license=held
        )
    return None


def submit(world: World, chance: random.Random) -> object:
    return listings.submit(clinic=_either(world, chance), by=world.person)


def publish(world: World, chance: random.Random) -> object:
    return listings.publish(clinic=world.seller, by=world.person)


def edit_words(world: World, chance: random.Random) -> object:
    said = {name: text for name, text in world.profile.said.items() if chance.random() < 0.7}
    return listings.edit(clinic=_either(world, chance), by=world.person, **said)


def edit_identity(world: World, chance: random.Random) -> object:
    return listings.edit(clinic=_either(world, chance), by=world.person, **_identity(world, chance))


def confirm_domain(world: World, chance: random.Random) -> object:
    host = world.profile.website.split("/")[2] if world.profile.website else ""
    return listings.confirm_domain(clinic=_either(world, chance), domain=host, by=world.person)


def propose(world: World, chance: random.Random) -> object:
    values = chance.choice((_identity(world, chance), dict(world.profile.said)))
    return changes.propose(clinic=_either(world, chance), by=world.person, values=values)


def accept(world: World, chance: random.Random) -> object:
    change = _any(ProposedChange.objects.open(), chance)
    return change and changes.accept(change=change, by=world.person, contact_confirmed=chance.random() < 0.5)


def refuse(world: World, chance: random.Random) -> object:
    change = _any(ProposedChange.objects.open(), chance)
    return change and changes.refuse(change=change, by=world.person)


def suspend(world: World, chance: random.Random) -> object:
    reason = chance.choice(Clinic.StatusReason.values)
    return listings.suspend(clinic=world.honest, reason=reason, by=world.person)


def reinstate(world: World, chance: random.Random) -> object:
    return listings.reinstate(clinic=_either(world, chance), by=world.person)


def close(world: World, chance: random.Random) -> object:
    reason = chance.choice(Clinic.StatusReason.values)
    return closing.close_clinic(clinic=world.honest, reason=reason, by=world.person, successor=world.seller)


def claim(world: World, chance: random.Random) -> object:
    proof = chance.choice(("letter", "domain-mail", "manager"))
    return claims.make(
        clinic=_either(world, chance),
        by=world.person,
        proof=proof,
        position="Desk",
        address="a@clinic.example",
    )


def decide_claim(world: World, chance: random.Random) -> object:
    found = _any(ListingClaim.objects.filter(status="pending"), chance)
    if not found:
        return None
    shown = {"proven_at": clock.now(), "called_at": clock.now(), "called_by": world.person}
    ListingClaim.objects.filter(pk=found.pk).update(**shown)
    return claims.approve(claim=found, by=world.person)


def pause(world: World, chance: random.Random) -> object:
    return listings.pause_requests(
        clinic=world.honest, until=clock.now() + timedelta(days=3), by=world.person
    )


def attest(world: World, chance: random.Random) -> object:
    return attesting.attest(
        clinic=_either(world, chance), by=world.person, typed_name=world.person.name or "Ana"
    )


def read_website(world: World, chance: random.Random) -> object:
    return website_texts.record(
        clinic=_either(world, chance), text=world.profile.website_text or "Welcome", by=world.person
    )


def add_candidate(world: World, chance: random.Random) -> object:
    """The seller's license, on a clinician of the honest clinic: whoever shares a person could share its words."""
    doctor = world.honest.responsible
    wanted = Candidate(
        name=world.profile.name, line1="1 Example Street", city="Denver", state="CO", zip="80202", phone="+13035550100",
        website=world.profile.website, clinician_first_name=doctor.first_name, clinician_last_name=doctor.last_name,
        clinician_npi=doctor.npi, license_state="CO", license_board=_bait(world, chance)[:120], license_number="DR.1",
        license_lookup=world.profile.website,
    )  # fmt: skip
    origin = chance.choice(Clinic.Origin.values)
    return candidates.add(by=world.person, values=wanted, origin=origin)


def name_clinician(world: World, chance: random.Random) -> object:
    return preparing.name_clinician(
        clinic=_either(world, chance), by=world.person, clinician_first_name="Ada", clinician_last_name="Nobody",
        license_board=_bait(world, chance)[:120], license_number="DR.2", license_lookup=world.profile.website,
    )  # fmt: skip


def name_offers(world: World, chance: random.Random) -> object:
    return preparing.name_offers(
        clinic=_either(world, chance), by=world.person, modalities=[chance.choice(Modality.values)]
    )


def correct(world: World, chance: random.Random) -> object:
    values = {"name": world.profile.name, "phone": world.profile.phone, "website": world.profile.website}
    return preparing.correct(clinic=_either(world, chance), by=world.person, **values)


def merge(world: World, chance: random.Random) -> object:
    return candidates.merge(candidate=world.seller, into=world.honest, by=world.person)


def work_on_a_case(world: World, chance: random.Random) -> object:
    case = _any(Case.objects.open(), chance) or cases.open_case(
        clinic=_either(world, chance), kind=Case.Kind.NEW
    )
    act = chance.choice(
        (
            lambda: case_decisions.submit(case=case, by=world.person),
            lambda: case_decisions.list_it(case=case, by=world.person),
            lambda: case_decisions.reinstate(case=case, by=world.person),
            lambda: case_decisions.suspend(case=case, reason="under-review", by=world.person),
            lambda: case_decisions.dismiss(case=case, outcome="nothing-wrong", by=world.person),
            lambda: [
                case_decisions.accept_change(case=case, change=change, by=world.person)
                for change in case_decisions.changes_of(case)
            ],
        )
    )
    return act()


def answer(world: World, chance: random.Random) -> object:
    check = _any(Check.objects.current().filter(clinic=world.honest), chance)
    Check.objects.filter(pk=check.pk).update(outcome="fails") if check else None
    return check and replies.make(
        check=Check.objects.get(pk=check.pk), by=world.person, text=_bait(world, chance)[:500]
    )


def let_answer_through(world: World, chance: random.Random) -> object:
    reply = _any(Reply.objects.filter(decided_at=None), chance)
    return reply and replies.let_through(reply=reply, by=world.person)


def report(world: World, chance: random.Random) -> object:
    return reports.make(
        clinic=world.honest, about=chance.choice(Report.About.values), text=_bait(world, chance)
    )


ACTS: tuple[Act, ...] = (
    look, look, look_at_all, look_at_all, submit, submit, publish, publish, publish, edit_words, edit_words,
    edit_identity, edit_identity, confirm_domain, propose, propose, accept, accept, refuse, suspend, reinstate,
    reinstate, close, claim, decide_claim, pause, attest, read_website, add_candidate,
    name_clinician, name_offers, correct, merge,
    work_on_a_case, work_on_a_case, work_on_a_case, answer, let_answer_through, report,
)  # fmt: skip
