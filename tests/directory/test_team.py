"""A team: who may change whom, what must not be left alone, and that an end is an end at once."""

from datetime import timedelta

import pytest

from accounts import memberships
from accounts.memberships import LastManager
from accounts.models import ApiKey, AuditEvent, Membership
from directory import members, team
from directory.deciding import acts_for
from directory.models import Clinic, IndexRow, SiteMembership
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock
from referrals.models import Referral
from tests import build, build_referrals
from tests.a_team import at_sites, made_at_sites, of

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def sites(owner, clinic):
    """Three claimed sites of one organization that `owner` manages as a whole."""
    more = [{"owner": owner, "organization": clinic.organization} for _ in range(2)]
    return [clinic, *build.many(more)]


@pytest.fixture
def practice(clinic):
    return clinic.organization


def acts_at(person, sites):
    return [acts_for(person, site) for site in sites]


def actions():
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


# --- roles and sites -----------------------------------------------------------------------------


def test_a_manager_of_the_whole_organization_changes_anybodys_role(owner, colleague, practice, sites):
    team.change_role(membership=of(colleague, practice), role=Role.MANAGER, by=owner)
    assert of(colleague, practice).role == Role.MANAGER
    team.change_role(membership=of(owner, practice), role=Role.STAFF, by=colleague)
    assert of(owner, practice).role == Role.STAFF
    assert actions()[-2:] == ["membership.role-changed"] * 2


def test_staff_change_nobody_and_nobody_changes_a_team_of_others(owner, colleague, stranger, practice):
    for person in (colleague, stranger):
        for change in (
            lambda by: team.change_role(membership=of(owner, practice), role=Role.STAFF, by=by),
            lambda by: team.limit_to_sites(membership=of(owner, practice), by=by, whole_organization=True),
            lambda by: team.remove(membership=of(owner, practice), by=by),
            lambda by: team.invite(
                organization=practice, email="a@b.example", role="staff", by=by, whole_organization=True
            ),
        ):
            with pytest.raises(NotAllowed):
                change(person)
    assert actions() == []


def test_a_role_that_does_not_exist_is_refused(owner, colleague, practice):
    with pytest.raises(Incomplete, match="role"):
        team.change_role(membership=of(colleague, practice), role="king", by=owner)


def test_somebody_limited_to_a_site_acts_for_this_one_alone(owner, colleague, practice, sites):
    team.limit_to_sites(membership=of(colleague, practice), clinics=[sites[1]], by=owner)
    assert acts_at(colleague, sites) == [False, True, False]
    team.limit_to_sites(membership=of(colleague, practice), clinics=sites[1:], by=owner)
    assert acts_at(colleague, sites) == [False, True, True]
    team.limit_to_sites(membership=of(colleague, practice), clinics=[sites[0]], by=owner)
    assert acts_at(colleague, sites) == [True, False, False]
    team.limit_to_sites(membership=of(colleague, practice), whole_organization=True, by=owner)
    assert acts_at(colleague, sites) == [True, True, True]
    assert not SiteMembership.objects.exists()
    assert actions() == ["membership.sites-changed"] * 4


def test_what_changes_nothing_leaves_no_line_in_the_trail(owner, colleague, practice):
    team.limit_to_sites(membership=of(colleague, practice), whole_organization=True, by=owner)
    team.change_role(membership=of(colleague, practice), role=Role.STAFF, by=owner)
    assert actions() == []


def test_no_site_or_one_of_another_practice_is_refused(owner, colleague, practice, clinic):
    for clinics in ([], [build.clinic()], [clinic, build.clinic()]):
        with pytest.raises(Incomplete, match="sites"):
            team.limit_to_sites(membership=of(colleague, practice), clinics=clinics, by=owner)


def test_a_manager_of_some_sites_manages_people_of_these_alone(owner, practice, sites):
    manager = at_sites(practice, *sites[:2])
    within, across = (at_sites(practice, *some, role=Role.STAFF) for some in (sites[:1], sites[1:]))
    team.change_role(membership=within, role=Role.MANAGER, by=manager.user)
    team.limit_to_sites(membership=within, clinics=sites[:2], by=manager.user)
    for membership in (across, of(owner, practice)):
        for act in (
            lambda each: team.change_role(membership=each, role=Role.STAFF, by=manager.user),
            lambda each: team.remove(membership=each, by=manager.user),
        ):
            with pytest.raises(NotAllowed):
                act(membership)
    team.remove(membership=within, by=manager.user)
    assert acts_at(within.user, sites) == [False] * 3


def test_a_manager_of_some_sites_gives_nobody_more_than_they_manage(practice, sites):
    manager = at_sites(practice, *sites[:2])
    person = at_sites(practice, sites[0], role=Role.STAFF)
    for more in ({"whole_organization": True}, {"clinics": sites}):
        with pytest.raises(NotAllowed):
            team.limit_to_sites(membership=person, by=manager.user, **more)
        with pytest.raises(NotAllowed):
            team.limit_to_sites(membership=manager, by=manager.user, **more)


def test_somebody_who_also_works_elsewhere_is_taken_off_the_managers_own_sites_alone(practice, sites):
    manager = at_sites(practice, *sites[:2])
    across = at_sites(practice, *sites, role=Role.STAFF)
    team.limit_to_sites(membership=across, clinics=[sites[0]], by=manager.user)
    assert acts_at(across.user, sites) == [True, False, True]
    team.take_off_sites(membership=across, by=manager.user)
    assert acts_at(across.user, sites) == [False, False, True]


def test_another_manager_is_not_taken_off_a_site_by_one_who_manages_less(practice, sites):
    less, more = at_sites(practice, sites[0]), at_sites(practice, *sites[:2])
    with pytest.raises(NotAllowed):
        team.take_off_sites(membership=more, by=less.user)


# --- the last manager ----------------------------------------------------------------------------


def test_the_last_manager_of_an_organization_stays(owner, colleague, practice, clinic):
    mine = of(owner, practice)
    for act in (
        lambda: team.leave(organization=practice, by=owner),
        lambda: team.remove(membership=mine, by=owner),
        lambda: team.change_role(membership=mine, role=Role.STAFF, by=owner),
        lambda: team.limit_to_sites(membership=mine, clinics=[clinic], by=owner),
    ):
        with pytest.raises(LastManager):
            act()
    team.change_role(membership=of(colleague, practice), role=Role.MANAGER, by=owner)
    team.leave(organization=practice, by=owner)
    assert not acts_for(owner, clinic)
    assert actions()[-1] == "membership.ended"


def test_a_manager_who_cannot_sign_in_does_not_count(owner, practice, clinic):
    build.member(practice, is_active=False)
    with pytest.raises(LastManager):
        team.leave(organization=practice, by=owner)


def test_the_last_manager_of_a_claimed_site_stays_at_it(owner, practice, sites, verifier):
    first, second = at_sites(practice, *sites[:2]), at_sites(practice, *sites[1:])
    memberships.end(membership=of(owner, practice), by=verifier)
    for act in (
        lambda: team.leave(organization=practice, by=first.user),
        lambda: team.change_role(membership=first, role=Role.STAFF, by=first.user),
        lambda: team.limit_to_sites(membership=first, clinics=[sites[1]], by=first.user),
    ):
        with pytest.raises(LastManager):
            act()
    team.limit_to_sites(membership=first, clinics=[sites[0]], by=first.user)
    third = at_sites(practice, sites[0])
    team.leave(organization=practice, by=first.user)
    assert acts_at(first.user, sites) == [False] * 3
    assert third.ended_at is None
    assert second.ended_at is None


def test_a_site_that_nobody_claimed_may_be_left_alone(owner, practice, verifier):
    free = build.clinic(organization=practice, claimed=False)
    another = build.clinic(organization=practice, owner=owner)
    here, there = at_sites(practice, free, another), at_sites(practice, another)
    memberships.end(membership=of(owner, practice), by=verifier)
    team.leave(organization=practice, by=here.user)
    with pytest.raises(LastManager):
        team.leave(organization=practice, by=there.user)


def test_the_operator_may_remove_the_last_one_and_open_requests_end(owner, practice, clinic, verifier):
    request = build_referrals.referral(clinic)
    assert Clinic.objects.able_to_receive().filter(pk=clinic.pk).exists()
    team.remove(membership=of(owner, practice), by=verifier)
    assert not Clinic.objects.able_to_receive().filter(pk=clinic.pk).exists()
    assert '"accepts_referrals":false' in IndexRow.objects.get(clinic=clinic).document.replace(" ", "")
    assert Referral.objects.get(pk=request.pk).status == "failed"


def test_the_operator_makes_nobody_a_manager_and_invites_nobody(colleague, practice, staff, verifier):
    for by in (staff, verifier):
        with pytest.raises(NotAllowed):
            team.change_role(membership=of(colleague, practice), role=Role.MANAGER, by=by)
        with pytest.raises(NotAllowed):
            team.invite(
                organization=practice, email="a@b.example", role="staff", by=by, whole_organization=True
            )


def test_no_open_request_ends_while_sites_of_a_person_change(owner, colleague, practice, sites):
    request = build_referrals.referral(sites[1])
    team.limit_to_sites(membership=of(colleague, practice), clinics=sites[1:], by=owner)
    another = build.member(practice)
    team.limit_to_sites(membership=of(owner, practice), clinics=sites[1:], by=owner)
    team.limit_to_sites(membership=of(owner, practice), clinics=sites[:2], by=another)
    team.limit_to_sites(membership=of(owner, practice), whole_organization=True, by=another)
    team.leave(organization=practice, by=another)
    assert Referral.objects.get(pk=request.pk).status == "requested"


def test_a_site_whose_last_person_is_taken_off_is_told_so(owner, practice, verifier):
    site = build.clinic(organization=practice, owner=owner)
    elsewhere = build.clinic(organization=practice, claimed=False)
    person = at_sites(practice, site, elsewhere, role=Role.STAFF)
    memberships.end(membership=of(owner, practice), by=verifier)
    manager = at_sites(practice, elsewhere, site)
    request = build_referrals.referral(site)
    SiteMembership.objects.get(membership=manager, clinic=site).delete()
    assert Referral.objects.get(pk=request.pk).status == "requested"
    SiteMembership.objects.get(membership=person, clinic=site).delete()
    assert Referral.objects.get(pk=request.pk).status == "failed"


# --- an end is an end ----------------------------------------------------------------------------


def _key(membership):
    return ApiKey.objects.create(
        membership=membership,
        label="our program",
        prefix="abc",
        digest=f"{membership.pk:064d}",
        made_at=clock.now(),
        expires_at=clock.now() + timedelta(days=30),
    )


def test_removing_ends_membership_keys_and_sign_ins_together(owner, colleague, practice, clinic):
    key, other = _key(of(colleague, practice)), _key(of(owner, practice))
    ended_before = colleague.sign_ins_ended
    team.remove(membership=of(colleague, practice), by=owner)
    colleague.refresh_from_db()
    assert colleague.sign_ins_ended == ended_before + 1
    assert not acts_for(colleague, clinic)
    assert list(ApiKey.objects.live()) == [other]
    assert key not in ApiKey.objects.live()
    assert actions() == ["membership.ended", "key.ended"]
    assert members.recipients_of(clinic) == [f"user:{owner.pk}"]
    assert members.still_there(f"user:{colleague.pk}", clinic) is None


def test_nothing_ends_when_one_part_of_it_fails(owner, colleague, practice, clinic, monkeypatch):
    key = _key(of(colleague, practice))
    monkeypatch.setattr(memberships, "end", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        team.remove(membership=of(colleague, practice), by=owner)
    colleague.refresh_from_db()
    assert colleague.sign_ins_ended == 0
    assert list(ApiKey.objects.live()) == [key]
    assert acts_for(colleague, clinic)


def test_an_end_comes_once(owner, colleague, practice):
    mine = of(colleague, practice)
    team.leave(organization=practice, by=colleague)
    for act in (
        lambda: team.leave(organization=practice, by=colleague),
        lambda: team.remove(membership=mine, by=owner),
        lambda: team.change_role(membership=mine, role=Role.MANAGER, by=owner),
        lambda: team.limit_to_sites(membership=mine, whole_organization=True, by=owner),
    ):
        with pytest.raises(WrongState, match="ended"):
            act()


def test_somebody_who_was_removed_may_come_back(owner, colleague, practice, sites):
    team.remove(membership=of(colleague, practice), by=owner)
    made_at_sites(colleague, practice, sites[2], role=Role.STAFF)
    assert acts_at(colleague, sites) == [False, False, True]
