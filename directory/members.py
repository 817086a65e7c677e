"""Who acts for a clinic at this moment: the whole question, for one clinic or for many. Ask anew each time."""

from collections.abc import Iterable

from accounts.models import User
from directory.models import Clinic, SiteMembership
from directory.models.team import acting


def recipients_of(clinic: Clinic, *roles: str) -> list[str]:
    """Everybody who acts for it as the outbox addresses people, "user:<id>"; in one of `roles`, if any are named."""
    members = acting(clinic=clinic.pk, organization=clinic.organization_id)
    members = members.filter(role__in=roles) if roles else members
    users = members.order_by("user_id").values_list("user_id", flat=True).distinct()
    return [f"user:{user_id}" for user_id in users]


def recipients_of_each(clinics: Iterable[int]) -> dict[int, list[str]]:
    """The same for many clinics by their keys, in two statements. A clinic that nobody acts for is left out."""
    found: dict[int, set[int]] = {}
    wanted = Clinic.objects.filter(pk__in=list(clinics))
    whole = wanted.filter(
        organization__memberships__ended_at__isnull=True,
        organization__memberships__user__is_active=True,
        organization__memberships__whole_organization=True,
    ).values_list("pk", "organization__memberships__user_id")
    site = SiteMembership.objects.filter(
        clinic__in=wanted, membership__ended_at__isnull=True, membership__user__is_active=True
    ).values_list("clinic_id", "membership__user_id")
    for clinic, user in (*whole, *site):
        found.setdefault(clinic, set()).add(user)
    return {clinic: [f"user:{user}" for user in sorted(users)] for clinic, users in found.items()}


def still_there(recipient: str, clinic: Clinic) -> User | None:
    """The person behind "user:<id>", while they act for the clinic."""
    members = acting(clinic=clinic.pk, organization=clinic.organization_id)
    user_id = int(recipient.removeprefix("user:"))
    return User.objects.filter(pk=user_id, pk__in=members.values("user_id"), is_active=True).first()
