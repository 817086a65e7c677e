"""A made list of 8,000 exclusions: every one of its NPIs blocks, and a file of reinstatements lifts them all."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from directory import checks, comparing, screening
from directory.models import Check, Clinic, IndexRow, LeieEntry, Practitioner
from directory.refusals import NotAllowed
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.directory.registries.leie_rows import row, write
from tests.directory.registries.making import an_npi

pytestmark = pytest.mark.django_db

COUNT = 8_000
NPIS = [an_npi(500_000 + number) for number in range(COUNT)]


def list_of(folder, name, **cells):
    rows = [
        row(LASTNAME=f"EXCLUDED{number}", FIRSTNAME="ADA", NPI=npi, **cells)
        for number, npi in enumerate(NPIS)
    ]
    return write(folder / name, rows)


def take(path, day, **options):
    call_command("import_leie", str(path), date=day, verbosity=0, **options)


@pytest.fixture
def full(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    take(list_of(tmp_path, "UPDATED.csv"), clock.now().date())
    return tmp_path


def screened(people):
    screen = screening.Screen(screening.of_practitioner(one, "CO") for one in people)
    return [screen.of(screening.of_practitioner(one, "CO")) for one in people]


def test_every_npi_of_the_list_blocks_and_no_other_does(full):
    assert LeieEntry.objects.count() == COUNT
    people = Practitioner.objects.bulk_create(
        Practitioner(first_name="Bea", last_name="Other", npi=npi) for npi in [*NPIS, an_npi(1)]
    )
    found = screened(people)
    assert sum(matches.excluded for matches in found) == COUNT
    assert not found[-1].excluded
    assert screening.excluded_npis([*NPIS, an_npi(1)]) == set(NPIS)
    lifted = clock.now().date().strftime("%Y%m%d")
    take(list_of(full, "rein.csv", REINDATE=lifted), clock.now().date(), supplement="rein")
    assert not any(matches.excluded for matches in screened(people))
    assert screening.excluded_npis(NPIS) == set()


def test_none_of_them_is_public_and_a_reinstatement_brings_them_back(full, verifier):
    clinics = build.many([{} for _ in range(30)])
    Check.objects.update(checked_by=verifier)
    for number, clinic in enumerate(clinics):
        subject = clinic.organization if number % 2 else clinic.responsible
        subject.npi = NPIS[number * 197]
        subject.save()
    assert comparing.compare("leie").held
    assert comparing.compare("leie", confirmed_by=verifier).ended == len(clinics)
    assert not Clinic.objects.shown().exists()
    assert not IndexRow.objects.exists()
    for clinic in clinics[:10]:
        with pytest.raises(NotAllowed):
            checks.record(clinic=clinic, fact=Fact.EXCLUSION, outcome="holds", source="OIG", by=verifier)
    lifted = clock.now().date().strftime("%Y%m%d")
    take(list_of(full, "rein.csv", REINDATE=lifted), clock.now().date(), supplement="rein")
    assert Clinic.objects.shown().count() == IndexRow.objects.count() == len(clinics)


def test_a_later_full_list_without_them_lifts_them_too(full, verifier):
    clinic = build.clinic()
    Check.objects.update(checked_by=verifier)
    clinic.organization.npi = NPIS[-1]
    clinic.organization.save()
    comparing.compare("leie")
    assert not IndexRow.objects.exists()
    rows = [
        row(LASTNAME=f"EXCLUDED{number}", FIRSTNAME="ADA", NPI=npi) for number, npi in enumerate(NPIS[:-1])
    ]
    tomorrow = clock.now() + timedelta(days=1)
    with clock.frozen(tomorrow):
        take(write(full / "next.csv", rows), tomorrow.date())
        assert IndexRow.objects.count() == 1
    assert LeieEntry.objects.count() == COUNT - 1
