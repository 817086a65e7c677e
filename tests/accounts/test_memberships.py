"""Who may act for an organization, from one instant to another."""

from threading import Thread

import pytest
from django.db import connection

from accounts import audit, memberships
from accounts.models import AuditEvent, Membership, Organization, User


@pytest.fixture
def practice(db):
    return Organization.objects.create(name="North Light")


@pytest.fixture
def operator(db):
    return User.objects.create_user("operator@operator.example", is_staff=True)


@pytest.fixture
def manager(practice, operator):
    user = User.objects.create_user("manager@clinic.example")
    memberships.add(user=user, organization=practice, role="manager", by=operator)
    return user


def test_it_lets_somebody_act_from_now_on_and_records_who_said_so(practice, operator, anchors):
    user = User.objects.create_user("desk@clinic.example")
    membership = memberships.add(user=user, organization=practice, role="staff", by=operator)
    assert list(memberships.organizations_of(user)) == [practice]
    event = AuditEvent.objects.get()
    assert (event.actor, event.action) == (audit.actor_of(operator), "membership.added")
    assert event.object_id == str(membership.pk)


def test_it_ends_at_once_and_may_begin_again(practice, operator, manager):
    desk = User.objects.create_user("desk@clinic.example")
    membership = memberships.add(user=desk, organization=practice, role="staff", by=manager)
    memberships.end(membership=membership, by=manager)
    assert not memberships.organizations_of(desk).exists()
    with pytest.raises(memberships.NotAMember):
        memberships.end(membership=membership, by=manager)
    memberships.add(user=desk, organization=practice, role="staff", by=manager)
    assert memberships.organizations_of(desk).exists()


def test_it_ends_for_somebody_whose_account_is_closed(practice, manager):
    manager.is_active = False
    manager.save()
    assert not memberships.organizations_of(manager).exists()


def test_it_does_not_add_somebody_twice(practice, manager):
    with pytest.raises(memberships.AlreadyMember):
        memberships.add(user=manager, organization=practice, role="staff", by=manager)


def test_it_refuses_a_role_that_does_not_exist(practice, operator, manager):
    with pytest.raises(ValueError, match="owner"):
        memberships.add(user=operator, organization=practice, role="owner", by=manager)


def test_it_keeps_the_last_manager_unless_the_operator_closes_the_organization(practice, operator, manager):
    (membership,) = Membership.objects.all()
    with pytest.raises(memberships.LastManager):
        memberships.end(membership=membership, by=manager)
    memberships.end(membership=membership, by=operator)
    assert not Membership.objects.active().exists()


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_manager_when_two_dismiss_each_other_at_the_same_time():
    practice = Organization.objects.create(name="North Light")
    operator = User.objects.create_user("operator@operator.example", is_staff=True)
    users = [User.objects.create_user(f"manager-{number}@clinic.example") for number in range(2)]
    pair = [memberships.add(user=user, organization=practice, role="manager", by=operator) for user in users]

    def dismiss(membership: Membership, by: User) -> None:
        try:
            memberships.end(membership=membership, by=by)
        except memberships.LastManager:
            pass
        finally:
            connection.close()

    threads = [
        Thread(target=dismiss, args=[pair[1], users[0]]),
        Thread(target=dismiss, args=[pair[0], users[1]]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Membership.objects.active().count() == 1
