"""A known lapse acts at its instant, nobody writing: in search, on the page, in the API. So does the return."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from directory import checks, index, search
from directory.lapses import recheck
from directory.models import IndexRow
from directory.vocabulary import REQUIRED_FACTS, Fact
from outbox import clock
from tests import build
from tests.directory.test_checks import stopped

__all__ = ["stopped"]

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
# PostgreSQL keeps microseconds; the index and the frozen clock do on both databases.
TICK = timedelta(microseconds=1)


def clinic_until(ends: datetime = NOON, **overrides):
    with clock.frozen(ends - 3 * DAY):
        return build.clinic(**{"license_ends": ends, "name": "High Plains Example Clinic", **overrides})


def seen(clinic, at: datetime, **query) -> dict[str, bool]:
    """Where the clinic is shown at an instant."""
    client = Client()
    with clock.frozen(at):
        search.forget()
        found = search.find(search.Query(q=clinic.name, **query))
        return {
            "search": found.count == 1,
            "page": client.get(f"/clinic/{clinic.slug}/").status_code == 200,
            "api": client.get(f"/api/v1/clinics/{clinic.slug}/").status_code == 200,
            "list": client.get("/api/v1/clinics/", {"q": clinic.name}).json()["count"] == 1,
        }


EVERYWHERE = dict.fromkeys(("search", "page", "api", "list"), True)
NOWHERE = dict.fromkeys(EVERYWHERE, False)


def test_the_tick_before_it_is_everywhere_and_at_the_instant_and_after_nowhere(gazetteer):
    clinic = clinic_until()
    assert seen(clinic, NOON - TICK) == EVERYWHERE
    assert seen(clinic, NOON) == NOWHERE
    assert seen(clinic, NOON + TICK) == NOWHERE
    assert IndexRow.objects.filter(pk=clinic.pk).exists()  # and nobody wrote anything


@pytest.mark.parametrize("fact", [fact for fact in REQUIRED_FACTS if fact != Fact.LICENSE])
def test_so_it_is_for_every_required_fact(gazetteer, fact):
    clinic = clinic_until(license_ends=NOON + 400 * DAY, lapses={fact: NOON})
    assert seen(clinic, NOON - TICK) == EVERYWHERE
    assert seen(clinic, NOON) == NOWHERE


def test_a_check_that_merely_grew_old_is_due_for_thirty_days_and_only_then_gone(gazetteer):
    looked = datetime(2026, 6, 1, 9, tzinfo=UTC)
    with clock.frozen(looked):
        clinic = build.clinic(name="High Plains Example Clinic", checked_at=looked)
    over = looked + 60 * DAY  # NPI and exclusion list: 30 days, and 30 more
    assert seen(clinic, looked + 30 * DAY) == EVERYWHERE
    assert seen(clinic, over - TICK) == EVERYWHERE
    assert seen(clinic, over) == NOWHERE


def test_a_lapse_is_told_of_once_however_often_and_late_it_is_swept(stopped):
    clinic = clinic_until()
    with clock.frozen(NOON - TICK):
        recheck.run()
    assert stopped == []
    with clock.frozen(NOON):
        recheck.run()
        recheck.run()
    with clock.frozen(NOON + 9 * DAY):
        recheck.run()
        index.rebuild(clinic)
    assert stopped == [clinic.pk]


def test_it_returns_by_itself_when_its_facts_hold_again_and_can_lapse_again(gazetteer, verifier, stopped):
    clinic = clinic_until()
    with clock.frozen(NOON + DAY):
        recheck.run()
        renewed = build.license(clinic.responsible, expires_at=NOON + 40 * DAY)
        look = {"fact": Fact.LICENSE, "outcome": "holds", "source": "Colorado Medical Board"}
        checks.record(clinic=clinic, license=renewed, by=verifier, **look)
    assert seen(clinic, NOON + DAY) == EVERYWHERE
    with clock.frozen(NOON + 41 * DAY):
        recheck.run()
    assert stopped == [clinic.pk, clinic.pk]


# --- esketamine ----------------------------------------------------------------------------------


def found(modality: str, at: datetime) -> set[int]:
    with clock.frozen(at):
        search.forget()
        return {hit.document["id"] for hit in search.find(search.Query(modality=(modality,))).results}


def test_esketamine_without_rems_is_never_found_and_the_rest_of_the_offer_is(gazetteer):
    never = clinic_until(license_ends=NOON + 90 * DAY, unchecked=(Fact.REMS,), name="Never Certified Example")
    fails = clinic_until(license_ends=NOON + 90 * DAY, fails=(Fact.REMS,), name="Decertified Example")
    ends = clinic_until(license_ends=NOON + 90 * DAY, lapses={Fact.REMS: NOON}, name="Ending Example")
    holds = clinic_until(license_ends=NOON + 90 * DAY, name="Certified Example")
    everybody = {never.pk, fails.pk, ends.pk, holds.pk}
    assert found("esketamine", NOON - TICK) == {ends.pk, holds.pk}
    assert found("esketamine", NOON) == {holds.pk}
    assert found("iv", NOON) == everybody
    with clock.frozen(NOON):
        answer = Client().get(f"/api/v1/clinics/{ends.slug}/").json()
        assert answer["modalities"] == ["iv"]
        recheck.run()
    assert found("esketamine", NOON + DAY) == {holds.pk}
    assert found("iv", NOON + DAY) == everybody
