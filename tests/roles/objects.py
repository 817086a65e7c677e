"""What stands for a parameter of an address, for each relation. Made when it is asked for."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any

from accounts.models import Membership
from directory.casework import cases
from directory.models import Case, Check, Clinic, Invitation, ListingEdit, OptOut, ProposedChange, Reply
from directory.vocabulary import Fact
from outbox import clock, deliveries
from outbox.models import Delivery
from referrals.models import Referral
from tests import build, build_referrals
from tests.roles.world import World

NOBODYS_NUMBER = 987_654_321


class Objects:
    """The rows of one world, by kind and relation."""

    def __init__(self, world: World) -> None:
        self.world = world

    def clinic(self, relation: str) -> Clinic:
        return self.world.clinics[relation]

    def slug(self, relation: str) -> dict[str, Any]:
        """A clinic by its slug."""
        return {"slug": "no-such-clinic" if relation == "absent" else self.clinic(relation).slug}

    def referral(self, relation: str) -> dict[str, Any]:
        """A request to the clinic."""
        if relation == "absent":
            return {"pk": uuid.UUID(int=7)}
        wanted = self.clinic(relation)
        if relation != "gone":
            return {"pk": build_referrals.referral(wanted).pk}
        made = build_referrals.referral(self.clinic("own"))  # a closed clinic takes none
        Referral.objects.filter(pk=made.pk).update(clinic=wanted)
        return {"pk": made.pk}

    def verb(self, relation: str) -> dict[str, Any]:
        return {**self.referral(relation), "verb": "decline"}

    def token(self, relation: str) -> dict[str, Any]:
        """The private link of a request; whoever holds it needs nothing else."""
        if relation in {"absent", "gone"}:
            return {"token": "x" * 43}
        return {"token": build_referrals.sent(self.clinic(relation)).token}

    def answered_check(self, relation: str) -> dict[str, Any]:
        """A check that went against the clinic."""
        if relation == "absent":
            return {"slug": self.clinic("own").slug, "pk": NOBODYS_NUMBER}
        wanted = self.clinic(relation)
        return {"slug": wanted.slug, "pk": build.check(wanted, Fact.REMS, outcome=Check.Outcome.FAILS).pk}

    def reply(self, relation: str) -> dict[str, Any]:
        """A clinic's answer, for the staff."""
        if relation == "absent":
            return {"pk": NOBODYS_NUMBER}
        against = build.check(self.clinic(relation), Fact.REMS, outcome=Check.Outcome.FAILS)
        made = Reply.objects.create(
            check_answered=against,
            text="We are enrolled.",
            made_by=self.world.people["manager"],
            made_at=clock.now(),
        )
        return {"pk": made.pk}

    def case(self, relation: str) -> dict[str, Any]:
        """Work for the staff."""
        if relation == "absent":
            return {"pk": NOBODYS_NUMBER}
        made = cases.open_case(clinic=self.clinic(relation), kind=Case.Kind.DUE, fact=Fact.CONTACT)
        return {"pk": made.pk}

    def dead_letter(self, relation: str) -> dict[str, Any]:
        """A message that every try failed to deliver."""
        if relation == "absent":
            return {"pk": uuid.UUID(int=7)}
        about = build_referrals.referral(self.clinic("own" if relation == "gone" else relation))
        made = deliveries.enqueue(
            kind="clinic-new-request",
            subject=str(about.pk),
            recipient="user:1",
            dedupe_key=f"dead {about.pk}",
        )
        Delivery.objects.filter(pk=made.pk).update(
            state=Delivery.State.DEAD, attempts=10, settled_at=clock.now()
        )
        return {"pk": made.pk}

    def clinic_key(self, relation: str) -> dict[str, Any]:
        """A clinic by its key."""
        return {"pk": NOBODYS_NUMBER if relation == "absent" else self.clinic(relation).pk}

    def claim(self, relation: str) -> dict[str, Any]:
        """Somebody else's claim, which waits."""
        if relation == "absent":
            return {"pk": NOBODYS_NUMBER}
        now = clock.now()
        claimant = build.user()
        made = build.claim(
            self.clinic(relation), claimant, made_at=now, objection_until=now + timedelta(hours=72)
        )
        return {"pk": made.pk}

    def change(self, relation: str) -> dict[str, Any]:
        """A change of a checked fact that waits, and is somebody else's."""
        if relation == "absent":
            return {"slug": self.clinic("own").slug, "pk": NOBODYS_NUMBER}
        wanted = self.clinic(relation)
        made = ProposedChange.objects.create(
            clinic=wanted, values={"name": "Other"}, made_by=build.user(), made_at=clock.now()
        )
        return {"slug": wanted.slug, "pk": made.pk}

    def edit(self, relation: str) -> dict[str, Any]:
        """An edit that could be undone."""
        if relation == "absent":
            return {"slug": self.clinic("own").slug, "pk": NOBODYS_NUMBER}
        wanted = self.clinic(relation)
        made = ListingEdit.objects.create(
            clinic=wanted, before={"hours": "x"}, after={"hours": wanted.hours}, made_at=clock.now()
        )
        return {"slug": wanted.slug, "pk": made.pk}

    def practice(self, relation: str) -> dict[str, Any]:
        """The organization of a clinic. There are two of them: `branch` and `gone` have the own one's."""
        return {"pk": self._organization(relation)}

    def _organization(self, relation: str) -> int:
        return NOBODYS_NUMBER if relation == "absent" else self.clinic(relation).organization_id

    def invitation(self, relation: str) -> dict[str, Any]:
        """One that is open."""
        organization = self._organization(relation)
        if relation == "absent":
            return {"pk": organization, "invitation": NOBODYS_NUMBER}
        now = clock.now()
        made = Invitation.objects.create(
            organization_id=organization,
            email="new@clinic.example",
            token_digest=uuid.uuid4().hex,
            made_by=self.world.people["manager"],
            made_at=now,
            expires_at=now + timedelta(days=7),
        )
        return {"pk": organization, "invitation": made.pk}

    def person(self, relation: str) -> dict[str, Any]:
        """Somebody of the team."""
        organization = self._organization(relation)
        if relation == "absent":
            return {"pk": self._organization("own"), "member": NOBODYS_NUMBER}
        member = build.member(self.clinic(relation).organization, role=Membership.Role.STAFF)
        return {"pk": organization, "member": member.memberships.get().pk}

    def opt_out(self, relation: str) -> dict[str, Any]:
        """A clinic that asked not to be listed."""
        if relation == "absent":
            return {"pk": NOBODYS_NUMBER}
        wanted = self.clinic(relation)
        made = OptOut.objects.create(clinic=wanted, name_key="x", zip=wanted.zip, made_at=clock.now())
        return {"pk": made.pk}

    def user(self, relation: str) -> dict[str, Any]:
        """Somebody who signs in."""
        return {"pk": NOBODYS_NUMBER if relation == "absent" else build.user().pk}

    @cached_property
    def nothing(self) -> Callable[[str], dict[str, Any]]:
        """An address without parameters."""
        return lambda _relation: {}
