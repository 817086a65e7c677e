"""The world that the matrix walks: two practices, one of them with two sites, and everybody who may knock.

Objects come in relations to the practice of the `manager`:

    own       of the clinic that `colleague` and `site_manager`'s colleagues act for
    branch    of the other site of the same practice; `site_manager` acts for this one alone
    foreign   of another practice, for which `stranger` acts
    absent    never existed
    gone      of a clinic of the own practice that was closed, or a row whose time is over
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import Membership, Organization, User
from directory.models import Clinic, SiteMembership
from outbox import clock
from tests import build, build_referrals

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
RELATIONS = ("own", "branch", "foreign", "absent", "gone")

PRINCIPALS = (
    "anonymous",  # no session; also a patient, whose only key is a private link
    "referrer",  # signed in for an organization that refers
    "stranger",  # manager of another practice
    "manager",  # of the whole practice
    "colleague",  # staff of the whole practice
    "site_manager",  # manager of the branch alone
    "removed",  # was a manager; the sign-in is still in her browser
    "halfway",  # a manager who has not shown a second factor
    "verifier",
    "staff",  # of the operator, and no verifier
    "superuser",
)

CALLED = {"own": "Owena", "branch": "Branka", "foreign": "Forenza"}
"""Whoever asked each clinic."""


@dataclass
class World:
    """Everything that stands before a request is made."""

    practice: Organization
    clinics: dict[str, Clinic]
    people: dict[str, User]
    browsers: dict[str, Client] = field(default_factory=dict)

    def browser(self, principal: str) -> Client:
        """Whose session it is; the same one each time."""
        if principal not in self.browsers:
            self.browsers[principal] = _browser(self.people.get(principal), shown=principal != "halfway")
        return self.browsers[principal]


def build_world() -> World:
    """Rows as they are: how each came to be has tests of its own."""
    manager = build.user("manager@clinic.example", name="Mana Ger")
    own = build.clinic(name="Own Example Clinic", owner=manager)
    practice = own.organization
    branch, gone = (
        build.clinic(name=f"{name} Example Clinic", owner=manager, organization=practice)
        for name in ("Branch", "Gone")
    )
    Clinic.objects.filter(pk=gone.pk).update(status=Clinic.Status.CLOSED, status_reason="closed-down")
    gone.refresh_from_db()
    stranger = build.user("stranger@elsewhere.example", name="Stran Ger")
    foreign = build.clinic(name="Foreign Example Clinic", owner=stranger)
    people = {"manager": manager, "stranger": stranger, **_of_the_practice(practice, branch)}
    people |= _of_the_operator() | {"referrer": _referrer()}
    Authenticator.objects.bulk_create(
        Authenticator(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
        for person in people.values()
    )
    for relation, clinic in (("own", own), ("branch", branch), ("foreign", foreign)):
        build_referrals.sent(clinic, call_me=CALLED[relation])
    clinics = {"own": own, "branch": branch, "foreign": foreign, "gone": gone}
    return World(practice, clinics, people)


def _of_the_practice(practice: Organization, branch: Clinic) -> dict[str, User]:
    people = {
        "colleague": build.member(practice, role=Membership.Role.STAFF, email="colleague@clinic.example"),
        "halfway": build.member(practice, email="halfway@clinic.example"),
        "site_manager": build.member(practice, email="site@clinic.example"),
        "removed": build.member(practice, email="removed@clinic.example"),
    }
    limited = people["site_manager"].memberships.get()
    Membership.objects.filter(pk=limited.pk).update(whole_organization=False)
    SiteMembership.objects.create(membership=limited, clinic=branch)
    people["removed"].memberships.update(ended_at=clock.now() - timedelta(minutes=1))
    return people


def _of_the_operator() -> dict[str, User]:
    return {
        "verifier": build.user("verifier@operator.example", verifier=True),
        "staff": build.user("staff@operator.example", staff=True),
        "superuser": build.user("root@operator.example", staff=True, is_superuser=True),
    }


def _referrer() -> User:
    refers = build.organization(kind=Organization.Kind.REFERRER)
    return build.member(refers, email="referrer@practice.example")


def _browser(person: User | None, *, shown: bool) -> Client:
    """A browser in which `person` signed in a moment ago, with both factors if `shown`."""
    client = Client(raise_request_exception=True)
    if person is None:
        return client
    client.force_login(person, BACKEND)
    session = client.session
    now = time.time()
    records = [{"method": "password", "at": now, "email": person.email}]
    records += [{"method": "mfa", "at": now, "type": "totp"}] if shown else []
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client
