"""Each guard of a page is needed: without it, some cell of the matrix fails.

A guard is taken away where the pages look it up. Where the process behind a page refuses as well, taking away one of
the two shows nothing in the matrix; the processes have tests of their own.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import pytest
from django.shortcuts import get_object_or_404

from accounts import second_factor, sign_in_required
from accounts.models import Organization
from directory.models import ListingClaim
from directory.models.clinic import ClinicQuerySet
from directory.team.roster import Viewer
from portal import access, own_clinic
from portal.views import claim, inbox, organization, terms
from referrals.models import Referral
from tests.roles.addresses import ADDRESSES
from tests.roles.knocking import faults
from tests.roles.world import build_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]


def yes(*_args: Any) -> bool:
    """Whoever asks may."""
    return True


def any_organization(_user: Any, pk: int) -> Organization:
    """Without asking for whom."""
    return get_object_or_404(Organization, pk=pk)


def any_claim(_request: Any, pk: int) -> ListingClaim:
    """Without asking whose it is."""
    return get_object_or_404(ListingClaim, pk=pk)


WITHOUT: Final[list[tuple[type | ModuleType, str, Callable[..., Any] | property, str]]] = [
    (sign_in_required.SignInRequiredMiddleware, "process_view", lambda *_args, **_more: None, "manage/"),
    (second_factor, "_where_to_show_it", lambda _request: "", "manage/"),
    (access, "require_staff", yes, "staff/cases/"),
    (access, "inbox_of", lambda _user: Referral.objects.all(), "manage/inbox/"),
    (inbox, "inbox_of", lambda _user: Referral.objects.all(), "manage/"),
    (ClinicQuerySet, "acted_for_by", lambda clinics, *_args: clinics, "manage/clinics/"),
    (own_clinic, "acts_for", yes, "manage/clinics/<slug>/close/"),
    (terms, "acts_for", yes, "manage/clinics/<slug>/terms/"),
    (claim, "acts_for", yes, "manage/claims/"),
    (claim, "_own", any_claim, "manage/claims/"),
    (organization, "managed_or_404", any_organization, "manage/organization/"),
    (Viewer, "manages", property(yes), "manage/team/"),
]


@pytest.mark.parametrize(
    ("home", "name", "instead", "first"),
    WITHOUT,
    ids=[f"{home.__name__}.{name}" for home, name, *_ in WITHOUT],
)
@pytest.mark.usefixtures("second_factor_required")
def test_a_guard_that_is_taken_away_shows(monkeypatch, home, name, instead, first):
    world = build_world()
    monkeypatch.setattr(home, name, instead)
    guarded = [route for route in ADDRESSES if route.startswith(("manage/", "staff/"))]
    likeliest_first = sorted(guarded, key=lambda route: not route.startswith(first))
    assert any(fault for route in likeliest_first for fault in faults(route, world))
