"""The stored question "may it receive a request?" answers as the directory's own words do, whoever is asked about."""

from datetime import timedelta
from typing import Any

import pytest

from directory.models import Clinic
from directory.vocabulary import Fact
from outbox import clock
from referrals import receiving
from tests import build

CLINICS: dict[str, dict[str, Any]] = {
    "able": {},
    "a candidate": {"listed": False},
    "unclaimed": {"claimed": False},
    "not certified": {"fails": (Fact.REMS,)},
    "only esketamine, not certified": {"modalities": ("esketamine",), "fails": (Fact.REMS,)},
    "excluded": {"fails": (Fact.EXCLUSION,)},
    "closed inbox": {"takes_requests": False},
}


@pytest.mark.django_db
@pytest.mark.parametrize("modality", ["", "esketamine", "iv", "oral"])
@pytest.mark.parametrize("kind", CLINICS)
def test_it_answers_as_the_directory_does(kind: str, modality: str) -> None:
    build.clinic()  # another one must not answer for it
    clinic, now = build.clinic(**CLINICS[kind]), clock.now()
    able = Clinic.objects.filter(pk=clinic.pk).able_to_receive(now)
    expected = (able.offering(modality, now) if modality else able).exists()
    assert receiving.can_receive(clinic.pk, modality, now) is expected


@pytest.mark.django_db
def test_it_is_asked_about_the_instant_given() -> None:
    noon = clock.now() + timedelta(days=1)
    lapsing, paused = build.clinic(license_ends=noon), build.clinic(paused_until=noon)
    tick = timedelta(milliseconds=1)
    at = (noon - tick, noon)
    assert [receiving.can_receive(lapsing.pk, "iv", moment) for moment in at] == [True, False]
    assert [receiving.can_receive(paused.pk, "iv", moment) for moment in at] == [False, True]
