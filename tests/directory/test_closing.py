"""Closed down, moved, merged: one person may, the page stays, and a chain goes in one action."""

import pytest

from accounts.models import AuditEvent, Membership
from directory import closing, index, search
from directory.models import Clinic
from directory.refusals import Incomplete, NotAllowed, WrongState
from tests import build
from tests.directory.test_checks import stopped

__all__ = ["stopped"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(owner):
    """A practice of forty sites; `owner` manages it."""
    practice = build.organization(name="Example Chain")
    return build.many([{"organization": practice, "owner": owner} for _ in range(40)])


def close(clinic, by, reason="closed-down", **more):
    return closing.close_clinic(clinic=clinic, reason=reason, by=by, **more)


@pytest.mark.parametrize("reason", ["closed-down", "moved", "clinic-asked", "under-review"])
def test_staff_or_a_manager_closes_a_clinic_with_a_reason(owner, staff, reason, stopped):
    clinics = [build.clinic(owner=owner) for _ in range(2)]
    for clinic, person in zip(clinics, (owner, staff), strict=True):
        closed = close(clinic, person, reason)
        assert (closed.status, closed.status_reason) == ("closed", reason)
    assert stopped == [clinic.pk for clinic in clinics]


def test_nobody_else_does(clinic, colleague, stranger):
    for person in (colleague, stranger):
        with pytest.raises(NotAllowed):
            close(clinic, person)
        with pytest.raises(NotAllowed):
            closing.close_organization(organization=clinic.organization, reason="closed-down", by=person)
    assert Clinic.objects.get(pk=clinic.pk).status == "listed"


def test_a_moved_clinic_says_where_it_went(clinic, owner):
    there = build.clinic(organization=clinic.organization, claimed=False)
    assert close(clinic, owner, "moved", successor=there).successor == there
    assert Clinic.objects.get(pk=clinic.pk).successor == there


def test_a_merged_clinic_names_the_other_one(clinic, staff):
    with pytest.raises(Incomplete) as caught:
        close(clinic, staff, "merged")
    assert caught.value.missing == ["successor"]
    other = build.clinic()
    assert close(clinic, staff, "merged", successor=other).successor == other


def test_a_manager_sends_people_to_a_clinic_of_the_same_practice_alone(clinic, owner, staff):
    other = build.clinic()
    with pytest.raises(NotAllowed):
        close(clinic, owner, "moved", successor=other)
    assert Clinic.objects.get(pk=clinic.pk).successor is None
    close(clinic, staff, "moved", successor=other)


@pytest.mark.parametrize("reason", ["closed-down", "under-review", "clinic-asked"])
def test_a_clinic_that_went_nowhere_names_no_successor(clinic, staff, reason):
    with pytest.raises(NotAllowed):
        close(clinic, staff, reason, successor=build.clinic())


def test_no_successor_is_the_clinic_itself_or_one_that_is_closed(clinic, staff):
    gone = build.clinic(status="closed", status_reason="closed-down")
    for successor in (clinic, gone):
        with pytest.raises(NotAllowed):
            close(clinic, staff, "moved", successor=successor)
    assert Clinic.objects.get(pk=clinic.pk).status == "listed"


def test_a_closed_clinic_is_closed_for_good(clinic, staff):
    close(clinic, staff)
    with pytest.raises(WrongState):
        close(clinic, staff)
    other = build.clinic()
    with pytest.raises(WrongState):
        close(clinic, staff, "moved", successor=other)
    assert Clinic.objects.get(pk=clinic.pk).successor is None


def test_an_unknown_reason_closes_nothing(clinic, staff):
    for act in (
        lambda: close(clinic, staff, "harm"),
        lambda: closing.close_organization(organization=clinic.organization, reason="moved", by=staff),
        lambda: closing.close_organization(organization=clinic.organization, reason="", by=staff),
    ):
        with pytest.raises(Incomplete):
            act()
    assert Clinic.objects.get(pk=clinic.pk).status == "listed"


def test_a_chain_is_closed_in_one_action(chain, owner, stopped):
    elsewhere = build.clinic()
    Clinic.objects.filter(pk=chain[0].pk).update(status="suspended", status_reason="under-review")
    Clinic.objects.filter(pk=chain[1].pk).update(status="candidate", status_reason="")
    index.rebuild_many(chain[:2])
    practice = chain[0].organization
    closed = closing.close_organization(organization=practice, reason="closed-down", by=owner)
    assert len(closed) == 39
    status = Clinic.objects.filter(organization=practice).values_list("status", flat=True)
    assert sorted(set(status)) == ["candidate", "closed"]
    assert search.find(search.Query()).count == 1
    assert Clinic.objects.get(pk=elsewhere.pk).status == "listed"
    assert set(stopped) >= {clinic.pk for clinic in chain[2:]}
    event = AuditEvent.objects.latest("seq")
    assert (event.action, event.purpose) == ("organization.closed", "closed-down")
    assert AuditEvent.objects.filter(action="listing.closed").count() == 39
    with pytest.raises(WrongState):
        closing.close_organization(organization=practice, reason="closed-down", by=owner)


def test_a_chain_is_closed_whole_or_not_at_all(chain, owner, monkeypatch):
    from directory import listings

    real, done = listings.close, []

    def breaks(**how):
        if len(done) == 5:
            raise RuntimeError
        done.append(real(**how))
        return done[-1]

    monkeypatch.setattr(listings, "close", breaks)
    with pytest.raises(RuntimeError):
        closing.close_organization(organization=chain[0].organization, reason="closed-down", by=owner)
    assert Clinic.objects.filter(organization=chain[0].organization, status="listed").count() == 40


def test_a_manager_who_left_closes_nothing(chain, owner):
    Membership.objects.filter(user=owner).delete()
    with pytest.raises(NotAllowed):
        closing.close_organization(organization=chain[0].organization, reason="closed-down", by=owner)
