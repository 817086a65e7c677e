"""A page costs as much for forty sites and two hundred people as for one: under 20 statements, and the same number.

Every address below /manage/ that a manager may read is walked; a new one has to say what stands for its parameters.
"""

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver

from directory.models import Invitation, ListingEdit, ProposedChange
from outbox import clock
from portal.views.organization_file import FILES
from tests import build, build_referrals
from tests.portal import a_chain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

MOST = 19
SMALL = {"sites": 1, "staff": 2}
LARGE = {"sites": 40, "staff": 200}
ONE_LEADS_STRAIGHT_ON = {"manage/clinics/", "manage/checks/", "manage/organization/", "manage/team/"}
"""With one clinic or practice alone these lead to its own page."""


def addresses() -> list[str]:
    """Every route below /manage/, with its parameters as <name>."""
    routes = (
        str(pattern.pattern) for pattern in get_resolver().url_patterns if isinstance(pattern, URLPattern)
    )
    nested = (
        str(resolver.pattern) + str(pattern.pattern)
        for resolver in get_resolver().url_patterns
        if not isinstance(resolver, URLPattern)
        for pattern in resolver.url_patterns
        if isinstance(pattern, URLPattern)
    )
    found = [re.sub(r"<\w+:", "<", route) for route in (*routes, *nested)]
    return sorted(route for route in found if route.startswith("manage/"))


class World:
    """A practice with its manager at a browser, and what stands for each parameter of an address."""

    def __init__(self, sites: int, staff: int) -> None:
        self.organization, self.manager, self.clinics = a_chain.build(sites=sites, staff=staff)
        clinic = self.clinics[0]
        for each in self.clinics[:3]:
            build_referrals.referral(each)
        opened = build_referrals.referral(clinic, reached="received", by=self.manager)
        edits = [self._edit(each) for each in self.clinics]
        changes = [self._change(each) for each in self.clinics]
        claim, claim_of_another = (build.claim(clinic, by=each) for each in (self.manager, build.user()))
        member = self.organization.memberships.exclude(user=self.manager).first()
        self.filled = {
            "manage/inbox/": {"pk": opened.pk, "verb": "accept"},
            "manage/organization/": {"pk": self.organization.pk, "key": self._file(clinic)},
            "manage/team/": {
                "pk": self.organization.pk,
                "member": member.pk,
                "invitation": self._invitation().pk,
            },
            "manage/claims/": {"pk": claim.pk, "verb": "withdraw"},
            "manage/claims/<pk>/object/": {"pk": claim_of_another.pk},
            "manage/clinics/<slug>/history/": {"pk": edits[0].pk},
            "manage/clinics/<slug>/changes/": {"pk": changes[0].pk},
            "manage/attest/": {"pk": clinic.pk},
            "manage/": {"slug": clinic.slug, "section": "cost", "pk": 1, "verb": "add"},
        }
        self.client = Client()
        self.client.force_login(self.manager, "allauth.account.auth_backends.AuthenticationBackend")

    def _edit(self, clinic):
        return ListingEdit.objects.create(
            clinic=clinic,
            before={"cost": ""},
            after={"cost": clinic.cost},
            made_by=self.manager,
            made_at=clock.now(),
        )

    def _change(self, clinic):
        return ProposedChange.objects.create(
            clinic=clinic,
            values={"line2": "Suite 5"},
            before={"line2": ""},
            made_by=self.manager,
            made_at=clock.now(),
        )

    def _invitation(self):
        return Invitation.objects.create(
            organization=self.organization,
            email="guest@chain.example",
            token_digest="0" * 64,
            made_by=self.manager,
            made_at=clock.now(),
            expires_at=clock.now() + timedelta(days=7),
        )

    def _file(self, clinic) -> str:
        rows = "".join(f'"{each.slug}","Ask."\r\n' for each in self.clinics)
        return FILES.keep(f"site,cost\r\n{rows}".encode(), by=self.manager, about=self.organization.pk)

    def address(self, route: str) -> str:
        values: dict[str, object] = {}
        for start in sorted(self.filled, key=len):
            values |= self.filled[start] if route.startswith(start) else {}
        where = "/" + re.sub(r"<(\w+)>", lambda found: str(values[found[1]]), route)
        return where + ("?all=1" if route.endswith(("/shared/", "/pause/", "/close/")) else "")

    def statements(self, route: str) -> tuple[int, int]:
        """The status of the page, and how many statements it made when it was opened for the second time."""
        where = self.address(route)
        self.client.get(where)
        with CaptureQueriesContext(connection) as made:
            status = self.client.get(where).status_code
        return status, len(made)


def counted(settings, tmp_path, size) -> dict[str, tuple[int, int]]:
    """The status and the statements of every address that can be read."""
    settings.DATA_DIR = tmp_path
    world = World(**size)
    found = {route: world.statements(route) for route in addresses()}
    return {route: answer for route, answer in found.items() if answer[0] != 405}


def test_no_page_takes_more_for_forty_sites_than_for_one(settings, tmp_path, monkeypatch):
    monkeypatch.setattr("accounts.step_up.is_fresh", lambda request: True)
    with transaction.atomic():
        small = counted(settings, tmp_path, SMALL)
        transaction.set_rollback(True)
    large = counted(settings, tmp_path, LARGE)
    assert {route: answer for route, answer in large.items() if answer[1] > MOST} == {}
    same = {route for route in large if route not in ONE_LEADS_STRAIGHT_ON}
    assert {route: small[route] for route in same} == {route: large[route] for route in same}
