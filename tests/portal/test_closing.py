"""The page on which a listing ends: for staff and managers alone, with a reason, and whole practices at once."""

import pytest

from directory.models import Clinic
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client, owner):
    client.force_login(owner)
    return client


def page(clinic, room="manage") -> str:
    return f"/{room}/clinics/{clinic.slug}/close/"


def test_a_manager_closes_the_own_clinic(manager, clinic):
    assert "Close a listing" in manager.get(page(clinic)).content.decode()
    answer = manager.post(page(clinic), {"reason": "closed-down", "sure": "on"}, follow=True)
    assert f"Closed: {clinic.name}." in answer.content.decode()
    assert Clinic.objects.get().status_reason == "closed-down"
    assert "There is nothing to close." in manager.get(page(clinic)).content.decode()
    assert manager.post(page(clinic), {"reason": "moved", "sure": "on"}).status_code == 409


def test_staff_closes_any_clinic_and_says_where_it_went(client, clinic, staff):
    client.force_login(staff)
    other = build.clinic()
    given = {"reason": "merged", "successor": f"https://site.example/clinic/{other.slug}/", "sure": "on"}
    assert client.post(page(clinic, "staff"), given).status_code == 302
    closed = Clinic.objects.get(pk=clinic.pk)
    assert (closed.status, closed.status_reason, closed.successor) == ("closed", "merged", other)


def test_a_practice_is_closed_in_one_action(manager, clinic, owner):
    build.many([{"organization": clinic.organization, "owner": owner} for _ in range(4)])
    shown = manager.get(page(clinic)).content.decode()
    assert "It has 4 more." in shown
    manager.post(page(clinic), {"reason": "closed-down", "whole": "on", "sure": "on"})
    assert set(Clinic.objects.values_list("status", flat=True)) == {"closed"}


def test_a_practice_of_one_clinic_is_not_asked_about_the_others(manager, clinic):
    assert "Close all clinics of this practice" not in manager.get(page(clinic)).content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Choose what happened"),
        ({"reason": "harm", "sure": "on"}, "Choose what happened"),
        ({"reason": "closed-down"}, "Tick the box to say that you know it cannot be undone"),
        ({"reason": "merged", "sure": "on"}, "Say which clinic it became part of"),
        (
            {"reason": "moved", "successor": "javascript:alert(1)", "sure": "on"},
            "Enter the address of a clinic",
        ),
        ({"reason": "moved", "successor": "no-such-clinic", "sure": "on"}, "Enter the address of a clinic"),
        ({"reason": "moved", "successor": "x" * 301, "sure": "on"}, "Enter the address of a clinic"),
        ({"reason": "moved", "successor": "\u202eclinic", "sure": "on"}, "Enter the address of a clinic"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_closed(manager, clinic, given, said):
    answer = manager.post(page(clinic), given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Clinic.objects.get().status == "listed"


def test_a_manager_names_no_clinic_of_another_practice(manager, clinic):
    other = build.clinic()
    answer = manager.post(page(clinic), {"reason": "moved", "successor": other.slug, "sure": "on"})
    assert answer.status_code == 422
    assert "Only the operator" in answer.content.decode()
    assert Clinic.objects.get(pk=clinic.pk).status == "listed"


def test_a_clinic_that_closed_went_nowhere(manager, clinic, owner):
    other = build.clinic(organization=clinic.organization, owner=owner, claimed=False)
    answer = manager.post(page(clinic), {"reason": "closed-down", "successor": other.slug, "sure": "on"})
    assert (answer.status_code, Clinic.objects.get(pk=clinic.pk).status) == (422, "listed")


def test_nobody_else_sees_the_page(client, clinic, colleague, stranger):
    for person, answer in ((colleague, 403), (stranger, 404)):
        client.force_login(person)
        assert client.get(page(clinic)).status_code == answer
        assert client.post(page(clinic), {"reason": "moved", "sure": "on"}).status_code == answer
        assert client.get(page(clinic, "staff")).status_code == 403
    client.logout()
    assert client.get(page(clinic)).status_code == 302
