"""Is what was acknowledged really stored, sent out once to each, on the trail and readable? And on the disk?"""

from collections import Counter
from typing import Any

from django.db import connection

from accounts import audit
from accounts.models import AuditEvent, Membership
from outbox.models import Delivery
from referrals import envelope, telling
from referrals.models import Referral

WANTED = {
    "sqlite": {"journal_mode": "wal", "synchronous": "2"},
    "postgresql": {"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on"},
}


def settings() -> dict[str, str]:
    """What the site's own connection says of how it commits."""
    ask = "PRAGMA {}" if connection.vendor == "sqlite" else "SHOW {}"
    with connection.cursor() as cursor:
        return {name: _value(cursor, ask.format(name)) for name in WANTED[connection.vendor]}


def _value(cursor: Any, sql: str) -> str:
    cursor.execute(sql)
    return str(cursor.fetchone()[0])


def counts(acknowledged: int) -> dict[str, int]:
    """Numbers that must all agree: see `broken`."""
    messages = Delivery.objects.filter(kind=telling.NEW_REQUEST).values_list("subject", "recipient")
    times = Counter(messages)
    return {
        "acknowledged": acknowledged,
        "stored": Referral.objects.count(),
        "audit_links": AuditEvent.objects.filter(action="referral.request").count(),
        "readable": sum(_opens(referral) for referral in Referral.objects.iterator()),
        "messages": len(times),
        "messages_twice": sum(count > 1 for count in times.values()),
        "messages_owed": _messages_owed(),
    }


def broken(counted: dict[str, int], read_back: dict[str, str]) -> list[str]:
    """Each promise that does not hold, in words; empty if all do. Also looks over the whole audit trail."""
    audit.anchor()
    wrong = [f"{name} is not acknowledged" for name in ("stored", "audit_links", "readable")]
    return [
        *(text for text in wrong if counted[text.split()[0]] != counted["acknowledged"]),
        *(["not one message to each member"] if counted["messages"] != counted["messages_owed"] else []),
        *(["a message was written twice"] if counted["messages_twice"] else []),
        *audit.verify(),
        *(["commits are not durable"] if read_back != WANTED[connection.vendor] else []),
    ]


def _opens(referral: Referral) -> bool:
    answers = envelope.unseal(referral)["answers"]
    return str(answers["call_me"]).startswith("Person ")


def _messages_owed() -> int:
    members = Counter(Membership.objects.active().values_list("organization_id", flat=True))
    asked = Referral.objects.values_list("clinic__organization_id", flat=True)
    return sum(members[organization] for organization in asked)
