"""The example directory: plainly made up, the same for the same seed, and every case in it somewhere."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from accounts import audit
from accounts.models import Organization, User
from directory import examples, facts, search
from directory.examples import cases, planning
from directory.models import Clinic, IndexRow, Practitioner
from directory.states import STATES
from directory.vocabulary import Modality, Word
from outbox import clock
from outbox.models import Delivery
from referrals.models import Referral

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)


def load(**options) -> str:
    said = StringIO()
    call_command("load_examples", stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def loaded():
    with clock.frozen(AS_OF):
        load(as_of=AS_OF)


def documents() -> list[str]:
    return list(IndexRow.objects.order_by("name_key", "latitude").values_list("document", flat=True))


def without_ids(texts: list[str]) -> list[str]:
    return [re.sub(r'"id":\d+', '"id":0', text) for text in texts]


@pytest.mark.once
def test_the_same_seed_and_date_give_the_same_directory(loaded):
    first = without_ids(documents())
    Clinic.objects.all().delete()
    Organization.objects.all().delete()
    Practitioner.objects.all().delete()
    User.objects.all().delete()
    with clock.frozen(AS_OF):
        load(as_of=AS_OF)
    assert without_ids(documents()) == first


@pytest.mark.once
def test_there_are_320_in_every_state_and_territory(loaded):
    assert Clinic.objects.count() == 320
    assert set(Clinic.objects.values_list("state", flat=True)) == set(STATES)


@pytest.mark.once
def test_nothing_could_be_taken_for_real(loaded):
    for clinic in Clinic.objects.select_related("organization", "responsible"):
        assert re.fullmatch(r"\+1\d{3}55501\d\d", clinic.phone)
        assert "Example" in clinic.name
        assert not clinic.website or urlsplit(clinic.website).hostname.endswith(".example")
        assert clinic.organization.npi.startswith("2")
        assert clinic.responsible.npi.startswith("2")
    assert all(user.email.endswith(".example") for user in User.objects.all())


@pytest.mark.once
def test_example_npis_have_the_right_check_digit():
    # CMS's own example: 123456789 takes the check digit 3. Ours begin with 2; 2234567891 is right as well.
    assert planning.npi(23456789) == "2234567891"
    assert len({planning.npi(number) for number in range(1000)}) == 1000


@pytest.mark.once
def test_chains_share_one_npi_and_solo_clinicians_use_their_own(loaded):
    chain = Organization.objects.get(name="Evergreen Example Group")
    assert chain.npi_type == 2
    assert chain.clinics.count() >= 5
    solo = Clinic.objects.filter(organization__npi_type=1).select_related("organization", "responsible")
    assert solo.count() > 50
    assert all(clinic.organization.npi == clinic.responsible.npi for clinic in solo)


@pytest.mark.once
def test_every_modality_status_and_word_is_met(loaded):
    clinics = facts.with_facts(Clinic.objects.all())
    assert {modality for clinic in clinics for modality in facts.modalities(clinic)} == set(Modality)
    assert set(Clinic.objects.values_list("status", flat=True)) == set(Clinic.Status.values)
    words = {line.word for clinic in clinics for line in facts.lines(clinic, AS_OF)}
    assert words == set(Word)
    assert len({cases.case_for(number).name for number in range(320)}) == len(cases.UNUSUAL) + 1


def test_most_are_shown_and_some_are_not(loaded):
    with clock.frozen(AS_OF):
        shown = Clinic.objects.shown().count()
        assert 280 <= shown < 320
        assert search.find(search.Query()).count == shown
        assert Clinic.objects.shown().exclude(pk__in=Clinic.objects.able_to_receive()).count() > 0


def test_the_front_desk_has_requests_in_every_state_of_an_inbox():
    load()
    referrals = Referral.objects.all()
    assert referrals.count() == 7
    assert len(set(referrals.values_list("status", flat=True))) == 6
    assert Delivery.objects.exists()
    assert audit.verify() == []


@pytest.mark.once
def test_it_says_whom_to_sign_in_as():
    said = load(as_of=AS_OF)
    assert all(who.email in said and who.password in said for who in examples.SIGN_INS)


@pytest.mark.once
def test_it_is_refused_off_loopback(settings):
    settings.LOOPBACK = False
    with pytest.raises(CommandError, match="loopback"):
        load()
    assert not Clinic.objects.exists()


@pytest.mark.once
def test_it_is_refused_where_there_are_clinics(loaded):
    with pytest.raises(CommandError, match="empty"):
        load()


@pytest.mark.once
def test_too_few_clinics_are_refused_with_the_reason():
    with pytest.raises(CommandError, match="at least 60"):
        load(clinics=3)


@pytest.mark.once
def test_the_index_alone_can_be_filled_for_benchmarks(loaded):
    with clock.frozen(AS_OF + timedelta(seconds=1)):
        before = search.find(search.Query()).count
        load(clinics=1500, index_only=True)
        assert IndexRow.objects.count() == 1500
        found = search.find(search.Query(page_size=100, order="name"))
    assert before < found.count <= 1500
    assert Clinic.objects.count() == 320
    assert len({hit.document["slug"] for hit in found.results}) == 100


@pytest.mark.once
def test_the_index_alone_needs_the_examples_first():
    with pytest.raises(CommandError, match="examples first"):
        load(clinics=1500, index_only=True)
