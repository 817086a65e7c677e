"""Each check of who may come in is needed: without it, some cell of the matrix fails.

A guard is taken away in one module at a time, wherever a page, or what a page asks, has taken it in.
"""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings

from accounts import second_factor, sign_in_required
from directory import deciding
from directory.models.clinic import ClinicQuerySet
from portal import access as portal_access
from referrals import access as referral_access
from referrals.models import Referral
from tests.roles.addresses import ADDRESSES
from tests.roles.knocking import faults
from tests.roles.world import build_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]

GUARDED = ("manage/", "staff/")

EVERYBODY: dict[tuple[Any, str], Callable[..., Any]] = {
    (sign_in_required.SignInRequiredMiddleware, "process_view"): lambda *_args, **_more: None,
    (second_factor, "_where_to_show_it"): lambda _request: "",
    (portal_access, "require_staff"): lambda _user: None,
    (ClinicQuerySet, "acted_for_by"): lambda clinics, *_args: clinics,
    (referral_access, "inbox_of"): lambda _user: Referral.objects.all(),
    (deciding, "acts_for"): lambda *_args: True,
}


def mutants() -> Iterator[Any]:
    """Every place that holds one of these: a class or module, the name in it, and what stands there instead."""
    for (home, name), instead in EVERYBODY.items():
        guard = getattr(home, name)
        if isinstance(home, type):
            yield pytest.param(home, name, instead, id=f"{home.__name__}.{name}")
            continue
        for module in sorted(_pages(), key=lambda module: module.__name__):
            if getattr(module, name, None) is guard:
                yield pytest.param(module, name, instead, id=f"{module.__name__}.{name}")


def _pages() -> list[Any]:
    """The modules that decide what a page shows, all of them read."""
    import_module(settings.ROOT_URLCONF)
    return [
        module for title, module in list(sys.modules.items()) if title.startswith(("portal.", "accounts."))
    ]


@pytest.mark.parametrize(("home", "name", "instead"), list(mutants()))
@pytest.mark.usefixtures("second_factor_required")
def test_a_guard_that_is_taken_away_shows(monkeypatch, home, name, instead):
    world = build_world()
    monkeypatch.setattr(home, name, instead)
    assert any(fault for route in ADDRESSES if route.startswith(GUARDED) for fault in faults(route, world))
