"""Everybody does whatever the site lets them call, in any order, as time goes by."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.memberships import AlreadyMember, LastManager
from accounts.models import Membership, User
from directory import claims, team
from directory.claims import codes
from directory.models import Clinic, Invitation, ListingClaim
from directory.refusals import Refused
from directory.team import invitations
from outbox import clock
from outbox.models import Delivery
from referrals import lifecycle
from referrals.errors import ListingStopped, NotTaking, NotYours, WrongState
from referrals.models import Referral
from referrals.vocabulary import CompleteReason, DeclineReason
from tests import build_referrals
from tests.custody.world import OPERATOR, OUTSIDE, World, a_world
from tests.directory.gate.profiles import dice

LONGEST = 20
Act = Callable[[World, random.Random], object]
REFUSALS = (
    Refused,
    ValidationError,
    LastManager,
    AlreadyMember,
    NotYours,
    WrongState,
    NotTaking,
    ListingStopped,
)


class Walk:
    """The outcome of one sequence: what was called, and what was wrong then."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.done: list[str] = []
        self.fault = ""

    def __repr__(self) -> str:
        return f"sequence {self.number}: {self.fault} after {', '.join(self.done)}"


def walk_all(numbers: range) -> Iterator[Walk]:
    """Sequences `numbers`, the world as new before each."""
    world = a_world()
    began = world.now
    for number in numbers:
        walk, chance = Walk(number), dice(f"custody {number}")
        world.now, world.tokens, world.by_operator = began, {}, set()
        with transaction.atomic():
            _go(walk, world, chance)
            transaction.set_rollback(True)
        yield walk


def _go(walk: Walk, world: World, chance: random.Random) -> None:
    if chance.random() < 0.8:  # most begin where somebody holds a clinic
        _quickly(walk, world, chance)
    for _ in range(chance.randint(8, LONGEST)):
        act = chance.choice(ACTS)
        if _try(act, world, chance):
            walk.done.append(act.__name__)
            walk.fault = world.fault()
        if walk.fault:
            return


def _quickly(walk: Walk, world: World, chance: random.Random) -> None:
    for act in (make, prove, call, approve, request, invite, join):
        if _try(act, world, chance):
            walk.done.append(act.__name__)


def _try(act: Act, world: World, chance: random.Random) -> bool:
    world.now += timedelta(seconds=chance.randint(1, 600))
    try:
        with clock.frozen(world.now), transaction.atomic():
            return act(world, chance) is not None
    except REFUSALS:
        return False


# --- what can be called -------------------------------------------------------------------------


def _any(rows: Any, chance: random.Random) -> Any:
    """One of them, the same on every run; a refusal if there are none."""
    found = list(rows.order_by("pk"))
    if not found:
        raise Refused("There is nothing to do this to.")
    return chance.choice(found)


def _outsider(world: World, chance: random.Random) -> User:
    return world.people[chance.choice(OUTSIDE)]


def _anybody(world: World, chance: random.Random) -> User:
    return world.people[chance.choice((*OUTSIDE, *OPERATOR))]


def _of_the_clinic(world: World, chance: random.Random, clinic: Clinic) -> User:
    membership = _any(Membership.objects.active().filter(organization=clinic.organization_id), chance)
    user: User = membership.user
    return user


def _clinic(world: World, chance: random.Random) -> Clinic:
    return Clinic.objects.get(pk=chance.choice(world.clinics).pk)


def _pending(chance: random.Random) -> ListingClaim:
    found: ListingClaim = _any(ListingClaim.objects.pending(), chance)
    return found


def make(world: World, chance: random.Random) -> object:
    proof = chance.choice(("domain-mail", "domain-mail", "letter", "manager"))
    by = _anybody(world, chance) if chance.random() < 0.1 else _outsider(world, chance)
    address = "desk@clinic.example" if proof == "domain-mail" else ""
    return claims.make(clinic=_clinic(world, chance), by=by, proof=proof, position="Desk", address=address)


def prove(world: World, chance: random.Random) -> object:
    claim = _pending(chance)
    if claim.proof == "letter":
        claims.print_letter(claim=claim, by=world.people["vera"], found_at="On the door")
        claim.refresh_from_db()
    by = claim.claimant if chance.random() < 0.9 else _anybody(world, chance)
    return claims.prove(claim=claim, code=codes.current(claim) or "12345678", by=by)


def call(world: World, chance: random.Random) -> object:
    claim, by = _pending(chance), _verifier(world, chance)
    outcome = "confirmed" if chance.random() < 0.8 else "no-answer"
    return claims.record_call(claim=claim, by=by, outcome=outcome, number="+13035550199", source="Phone book")


def _verifier(world: World, chance: random.Random) -> User:
    return world.people[chance.choice(("vera", "vic", "vera", "vic", "stacy", chance.choice(OUTSIDE)))]


def approve(world: World, chance: random.Random) -> object:
    return claims.approve(claim=_pending(chance), by=_verifier(world, chance))


def refuse(world: World, chance: random.Random) -> object:
    return claims.refuse(claim=_pending(chance), by=_verifier(world, chance))


def take_back(world: World, chance: random.Random) -> object:
    claim = _pending(chance)
    return claims.withdraw(claim=claim, by=claim.claimant)


def object_to(world: World, chance: random.Random) -> object:
    claim = _any(ListingClaim.objects.pending().exclude(objection_until=None), chance)
    by = _of_the_clinic(world, chance, claim.clinic) if chance.random() < 0.7 else _anybody(world, chance)
    return claims.object_to(claim=claim, by=by)


def let_in(world: World, chance: random.Random) -> object:
    whole, role = chance.random() < 0.5, chance.choice(Membership.Role.values)
    return claims.let_in(claim=_pending(chance), by=_outsider(world, chance), role=role, whole=whole)


def end_claim(world: World, chance: random.Random) -> object:
    claim = _any(ListingClaim.objects.standing(), chance)
    return claims.end(claim=claim, by=_anybody(world, chance))


def three_days_pass(world: World, _chance: random.Random) -> object:
    world.now += timedelta(hours=72)
    return True


def invite(world: World, chance: random.Random) -> object:
    manager = _any(Membership.objects.active().filter(role="manager"), chance)
    by = manager.user if chance.random() < 0.8 else _anybody(world, chance)
    guest = world.people[chance.choice(OUTSIDE)]
    sites = [site for site in world.clinics if site.organization_id == manager.organization_id]
    made: Invitation = team.invite(
        organization=manager.organization,
        email=guest.email,
        role=chance.choice(Membership.Role.values),
        by=by,
        whole_organization=chance.random() < 0.5,
        clinics=chance.sample(sites, 1),
    )
    return made


def join(world: World, chance: random.Random) -> object:
    invitation = _any(Invitation.objects.open(world.now), chance)
    guest = User.objects.get(email=invitation.email)
    user = guest if chance.random() < 0.8 else _anybody(world, chance)
    return team.accept(token=_token(invitation), user=user)


def _token(invitation: Invitation) -> str:
    """As the mail has it."""
    promised = Delivery.objects.get(recipient=f"invitation:{invitation.pk}")
    return re.search(r"/join/([^/]+)/", invitations.compose(promised).body)[1]


def remove(world: World, chance: random.Random) -> object:
    membership, by = _any(Membership.objects.active(), chance), _anybody(world, chance)
    if by.is_staff:
        _note_operator(world, membership)
    team.remove(membership=membership, by=by)
    return True


def _note_operator(world: World, membership: Membership) -> None:
    world.by_operator |= {
        site.pk for site in world.clinics if site.organization_id == membership.organization_id
    }


def leave(world: World, chance: random.Random) -> object:
    membership = _any(Membership.objects.active(), chance)
    team.leave(organization=membership.organization, by=membership.user)
    return True


def other_role(world: World, chance: random.Random) -> object:
    membership, by = _any(Membership.objects.active(), chance), _anybody(world, chance)
    if by.is_staff:
        _note_operator(world, membership)
    return team.change_role(membership=membership, role=chance.choice(Membership.Role.values), by=by)


def other_sites(world: World, chance: random.Random) -> object:
    membership = _any(Membership.objects.active(), chance)
    sites = [site for site in world.clinics if site.organization_id == membership.organization_id]
    return team.limit_to_sites(
        membership=membership,
        by=_anybody(world, chance),
        clinics=chance.sample(sites, chance.randint(1, len(sites))),
        whole_organization=chance.random() < 0.3,
    )


def account_ends(world: World, chance: random.Random) -> object:
    """Somebody may sign in no more."""
    person = User.objects.get(pk=_outsider(world, chance).pk)
    person.is_active = False
    for membership in Membership.objects.filter(user=person, ended_at=None):
        _note_operator(world, membership)
    person.save(update_fields=["is_active"])
    return True


def request(world: World, chance: random.Random) -> object:
    return build_referrals.sent(_clinic(world, chance), key=f"{world.now.isoformat()}")


def answer(world: World, chance: random.Random) -> object:
    """Anybody tries what only the clinic may do."""
    referral = _any(Referral.objects.open(), chance)
    by = _of_the_clinic(world, chance, referral.clinic) if chance.random() < 0.7 else _anybody(world, chance)
    step = chance.choice(
        (
            lambda: lifecycle.open(referral=referral, by=by),
            lambda: lifecycle.accept(referral=referral, by=by),
            lambda: lifecycle.decline(referral=referral, reason=DeclineReason.NOT_ACCEPTING, by=by),
            lambda: lifecycle.complete(referral=referral, reason=CompleteReason.SEEN, by=by),
        )
    )
    step()
    return True


ACTS: tuple[Act, ...] = (
    make, make, make, prove, prove, call, call, approve, approve, approve, refuse, take_back, object_to, let_in,
    let_in, end_claim, three_days_pass, three_days_pass, invite, invite, join, join, remove, leave, other_role,
    other_sites, account_ends, request, request, request, answer, answer,
)  # fmt: skip
