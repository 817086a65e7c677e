"""Many at once: one invitation opens one door, and a team never loses its last manager to two who leave together."""

from collections import Counter
from functools import partial

import pytest

from accounts import audit
from accounts.models import Membership, User
from directory import team
from directory.models import Invitation
from tests import build
from tests.a_team import of, token_of
from tests.referrals.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 20


def one_invitation_used_by_twenty(rounds):
    """Some with the account that was asked, some as somebody new: one membership each round."""
    owner, desk = build.user(), build.user("desk@clinic.example")
    for number in range(rounds):
        practice = build.organization()
        build.membership(owner, practice)
        invite = partial(team.invite, organization=practice, role="staff", by=owner, whole_organization=True)
        made = invite(email=desk.email if number % 2 else f"new{number}@clinic.example")
        token = token_of(made)
        act = partial(team.accept, token=token, user=desk)
        if not number % 2:
            act = partial(team.accept_as_new, token=token, name="New", password="seven swans swim at dusk")
        results = at_once(*[act] * 20)
        kinds = Counter(type(result).__name__ for result in results)
        assert kinds == {"Membership": 1, "NoInvitation": 19}, results
        assert Membership.objects.filter(organization=practice).count() == 2
        assert User.objects.filter(email=made.email).count() == 1
    assert Invitation.objects.filter(used_at=None).count() == 0
    assert audit.verify() == []


def two_last_managers_leave(rounds):
    """By themselves, or each removes the other: one stays."""
    first, second = build.user(), build.user()
    for number in range(rounds):
        practice = build.organization()
        build.clinic(organization=practice, owner=first)
        build.membership(second, practice)
        leaving = [partial(team.leave, organization=practice, by=person) for person in (first, second)]
        removing = [
            partial(team.remove, membership=of(other, practice), by=person)
            for person, other in ((first, second), (second, first))
        ]
        results = at_once(*(leaving if number % 2 else removing))
        kinds = Counter(type(result).__name__ for result in results)
        assert kinds["NoneType"] == 1, results
        assert kinds["LastManager"] + kinds["NotAllowed"] == 1, results
        assert Membership.objects.active().filter(organization=practice).count() == 1
    assert audit.verify() == []


def test_one_invitation_used_twenty_times_at_once_has_one_winner(db):
    one_invitation_used_by_twenty(ROUNDS)


def test_of_two_last_managers_who_leave_at_once_one_stays(db):
    two_last_managers_leave(ROUNDS)
