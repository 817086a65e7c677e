"""The index follows the clinic in the same transaction, and time by itself."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts import memberships
from directory import index, search
from directory.models import Clinic, DirectoryVersion, IndexRow
from directory.vocabulary import Fact
from outbox import chores, clock
from tests import build
from tests.directory.test_checks import stopped

__all__ = ["stopped"]

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)

CLINIC_KEYS = (
    "id slug url name organization distance_miles address location phone website modalities insurance"
    " accepting_new_patients accepts_referrals checks"
).split()


def document() -> dict:
    return search.find(search.Query()).results[0].document


def test_a_document_is_the_clinic_of_the_public_contract(clinic, settings):
    made = index.document_of(clinic)
    assert list(made) == CLINIC_KEYS
    assert made["url"] == f"{settings.SITE_URL}/clinic/{clinic.slug}/"
    assert made["organization"] == {"id": clinic.organization_id, "name": clinic.organization.name}
    assert set(made["address"]) == {"line1", "line2", "city", "state", "zip"}
    assert made["modalities"] == ["esketamine", "iv"]
    assert [set(check) for check in made["checks"]] == [
        {"fact", "word", "source", "checked_on", "due_on"}
    ] * 7
    assert made["accepts_referrals"] is made["accepting_new_patients"] is True
    assert json.loads(IndexRow.objects.get().document) == made


def test_a_document_tells_an_unclaimed_clinic_from_one_that_can_receive():
    build.clinic(claimed=False, website="", accepting_new_patients=None)
    made = document()
    assert (made["accepts_referrals"], made["website"], made["accepting_new_patients"]) == (False, "", None)


def test_only_what_is_shown_has_a_row():
    shown = build.clinic()
    build.clinic(listed=False)
    build.clinic(fails=(Fact.LICENSE,))
    build.clinic(license_ends=clock.now() - timedelta(seconds=1))
    assert [row.clinic_id for row in IndexRow.objects.all()] == [shown.pk]


def test_the_version_rises_with_every_write_and_falls_back_with_it(clinic):
    before = DirectoryVersion.objects.get().number
    index.rebuild(clinic)
    assert DirectoryVersion.objects.get().number == before + 1
    with transaction.atomic():
        index.rebuild(clinic)
        transaction.set_rollback(True)
    assert DirectoryVersion.objects.get().number == before + 1


def test_rebuilding_nothing_writes_nothing():
    index.rebuild_many([])
    assert not DirectoryVersion.objects.exists()


def test_a_row_says_until_when_it_may_be_shown():
    ends = clock.now() + timedelta(days=9)
    build.clinic(modalities=("esketamine",), lapses={Fact.REMS: ends})
    row = IndexRow.objects.get()
    assert row.listed_until == row.esketamine_until == row.next_change_at == clock.to_micros(ends)
    build.clinic(modalities=("iv",))
    assert IndexRow.objects.latest("pk").esketamine_until == 0


def test_many_are_rebuilt_in_a_fixed_number_of_statements(django_assert_num_queries):
    few, many = build.many([{}] * 2), build.many([{}] * 30)
    with django_assert_num_queries(11):
        index.rebuild_many(few)
    with django_assert_num_queries(11):
        index.rebuild_many(many)


def test_the_chore_is_registered():
    assert chores._chores["directory.refresh_stale"].run is index.refresh_stale


def test_the_chore_takes_down_what_has_lapsed_and_says_so(stopped):
    with clock.frozen(NOON - timedelta(days=1)):
        lapsing, lasting = build.clinic(license_ends=NOON), build.clinic()
    with clock.frozen(NOON - timedelta(milliseconds=1)):
        assert index.refresh_stale() == 0
    with clock.frozen(NOON):
        assert index.refresh_stale() == 1
        assert index.refresh_stale() == 0
    assert stopped == [lapsing.pk]
    assert [row.clinic_id for row in IndexRow.objects.all()] == [lasting.pk]


def test_the_chore_rewrites_documents_that_have_aged(stopped):
    with clock.frozen(NOON):
        build.clinic(checked_at=NOON - timedelta(days=29))
    with clock.frozen(NOON + timedelta(days=1)):
        assert index.refresh_stale() == 1
        words = {
            check["fact"]: check["word"] for check in json.loads(IndexRow.objects.get().document)["checks"]
        }
    assert (words["npi"], words["license"]) == ("check_due", "checked")
    assert stopped == []


def test_the_chore_takes_the_longest_overdue_first():
    with clock.frozen(NOON - timedelta(days=1)):
        later = build.clinic(license_ends=NOON)
        sooner = build.clinic(license_ends=NOON - timedelta(hours=1))
    with clock.frozen(NOON):
        assert index.refresh_stale(limit=1) == 1
    assert IndexRow.objects.filter(pk=later.pk).exists()
    assert not IndexRow.objects.filter(pk=sooner.pk).exists()


def test_a_clinic_whose_last_member_left_receives_nothing_and_says_so(clinic, owner, staff):
    assert document()["accepts_referrals"] is True
    memberships.end(membership=owner.memberships.get(), by=staff)
    assert document()["accepts_referrals"] is False
    assert not Clinic.objects.able_to_receive().exists()
    memberships.add(user=owner, organization=clinic.organization, role="staff", by=staff)
    assert document()["accepts_referrals"] is True


def test_a_clinic_whose_only_person_can_no_longer_sign_in_receives_nothing(clinic, owner):
    owner.is_active = False
    owner.save()
    assert document()["accepts_referrals"] is False


def test_signing_in_writes_no_index(clinic, owner, django_assert_num_queries):
    owner.last_login = clock.now()
    with django_assert_num_queries(1):
        owner.save(update_fields=["last_login"])


def test_a_practice_that_is_renamed_is_renamed_in_its_clinics(clinic):
    clinic.organization.name = "Another Name"
    clinic.organization.save()
    assert document()["organization"]["name"] == "Another Name"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("St. Mary's  Clinic", "st marys clinic"),
        ("Ñandú—Öl & Söhne", "nandu ol sohne"),
        ("ＦＵＬＬ　width", "full width"),
        ("李 医院", "李 医院"),
        ("%_\\", ""),
        ("ﬁne", "fine"),
    ],
)
def test_names_are_compared_without_case_accents_and_marks(name, key):
    assert index.name_key(name) == key
