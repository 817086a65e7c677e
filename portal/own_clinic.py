"""A clinic on the pages of those who act for it: anybody else's is answered like none."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.models import Membership, User
from directory.deciding import acts_for
from directory.models import Clinic


def managed_or_404(user: User, slug: str) -> Clinic:
    """A clinic that `user` manages, with its practice. PermissionDenied (403) for a colleague who does not."""
    mine = Clinic.objects.acted_for_by(user).select_related("organization")
    clinic = get_object_or_404(mine, slug=slug)
    if not acts_for(user, clinic, Membership.Role.MANAGER):
        raise PermissionDenied
    return clinic


def claimed_or_404(user: User, slug: str) -> Clinic:
    """A clinic that `user` acts for, with its practice. PermissionDenied (403) where no approved claim stands."""
    mine = Clinic.objects.acted_for_by(user).select_related("organization")
    clinic = get_object_or_404(mine, slug=slug)
    if not clinic.claims.standing().exists():
        raise PermissionDenied
    return clinic
