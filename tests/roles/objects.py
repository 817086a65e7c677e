"""What stands for a parameter of an address, for each relation. Made when it is asked for."""

import uuid
from collections.abc import Callable
from functools import cached_property
from typing import Any

from directory.casework import cases
from directory.models import Case, Check, Clinic, Reply
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

    @cached_property
    def nothing(self) -> Callable[[str], dict[str, Any]]:
        """An address without parameters."""
        return lambda _relation: {}
