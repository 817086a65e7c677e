"""The page behind an invitation's link."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from directory import team
from directory.deciding import acts_for
from directory.models import Invitation
from outbox import clock
from tests import build
from tests.a_team import token_of

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
GIVEN = {"name": "Nora New", "password": "seven swans swim at dusk"}


@pytest.fixture
def link(owner, clinic):
    """The address of the page for an invitation to `email`."""

    def made(email="new@clinic.example", **kwargs):
        invitation = team.invite(
            organization=clinic.organization, email=email, role="staff", by=owner, whole_organization=True
        )
        return reverse("join", args=[token_of(invitation)])

    return made


def signed_in(person):
    client = Client()
    client.force_login(person, BACKEND)
    return client


def text(response):
    return response.content.decode()


def test_a_visit_names_the_team_and_changes_nothing(link, clinic, client):
    page = client.get(link())
    assert page.status_code == 200
    assert clinic.organization.name in text(page)
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert Invitation.objects.open().count() == 1
    assert not User.objects.filter(email="new@clinic.example").exists()


def test_somebody_new_makes_an_account_and_is_signed_in(link, clinic, client):
    answer = client.post(link(), GIVEN, follow=True)
    user = User.objects.get(email="new@clinic.example")
    assert acts_for(user, clinic)
    assert answer.redirect_chain[0][0] == reverse("manage-team-of", args=[clinic.organization_id])
    assert answer.status_code == 200
    assert "Welcome to the team" in text(answer)


def test_the_second_factor_is_still_demanded(link, client, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    answer = client.post(link(), GIVEN, follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("second-factor-set-up"))


def test_any_other_link_is_the_same_page_as_any_that_is_not_there(link, client, stranger):
    used, revoked, expired = (link(f"n{number}@clinic.example") for number in range(3))
    client.post(used, GIVEN)
    _, second, third = Invitation.objects.order_by("pk")
    Invitation.objects.filter(pk=second.pk).update(revoked_at=clock.now())
    Invitation.objects.filter(pk=third.pk).update(expires_at=clock.now())
    for person in (Client(), signed_in(stranger)):
        absent = person.get("/no-such-page/").content
        for address in (used, revoked, expired, "/join/x/", "/join/" + "x" * 2000 + "/"):
            for answer in (person.get(address), person.post(address, GIVEN)):
                assert answer.status_code == 404
                assert len(answer.content) == len(absent)


def test_somebody_with_an_account_signs_in_first_and_then_joins(link, clinic, stranger, client):
    here = link(stranger.email)
    page = text(client.get(here))
    assert f"{reverse('account_login')}?next={here}" in page
    assert "password" not in page.partition("<main")[2]
    assert client.post(here, GIVEN).url.startswith(reverse("account_login"))
    assert not acts_for(stranger, clinic)
    hers = signed_in(stranger)
    assert "Join the team" in text(hers.get(here))
    assert hers.post(here).url == reverse("manage-team-of", args=[clinic.organization_id])
    assert acts_for(stranger, clinic)


def test_somebody_else_is_told_so_and_may_sign_out(link, clinic, stranger):
    here, client = link(), signed_in(stranger)
    page = text(client.get(here))
    assert "sent to another address" in page
    assert "new@clinic.example" not in page
    assert client.post(here).status_code == 403
    assert not acts_for(stranger, clinic)
    assert client.post(reverse("account_logout"), {"next": here}).url == here
    assert "Make an account" in text(client.get(here))


def test_the_operators_staff_joins_no_clinic(link, clinic, staff):
    here, client = link(staff.email), signed_in(staff)
    assert "you cannot act for a clinic" in text(client.get(here))
    assert client.post(here).status_code == 403


def test_somebody_on_the_team_already_is_told_so(link, clinic, stranger):
    here, client = link(stranger.email), signed_in(stranger)
    build.membership(stranger, clinic.organization, "staff")
    answer = client.post(here)
    assert answer.status_code == 409
    assert "on this team already" in text(answer)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "Enter your name"),
        ({"name": "\u200b"}, "Enter your name"),
        ({"name": "x" * 121}, "Use 120 characters or fewer"),
        ({"password": ""}, "Choose a password"),
        ({"password": "short"}, "15"),
        ({"password": "x" * 1001}, "1,000"),
        ({"password": "new@clinic.example"}, "too similar"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(link, client, given, words):
    answer = client.post(link(), {**GIVEN, **given})
    assert answer.status_code == 422
    assert words in text(answer)
    assert GIVEN["password"] not in text(answer)
    assert not User.objects.filter(email="new@clinic.example").exists()


def test_a_name_of_any_script_and_at_its_limit_is_kept(link, client):
    for number, name in enumerate(("李", "O'Brien <b>", "x" * 120)):
        person = Client()
        person.post(link(f"n{number}@clinic.example"), {**GIVEN, "name": name})
        assert User.objects.get(email=f"n{number}@clinic.example").name == name


def test_a_form_that_grew_too_old_keeps_the_name(link):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(link(), GIVEN)
    assert answer.status_code == 403
    assert "Nora New" in text(answer)
    assert GIVEN["password"] not in text(answer)
