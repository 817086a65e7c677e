"""The operator's staff helps one person: a lost second factor, an account that must end. Managers help their own."""

import pytest
from allauth.mfa.models import Authenticator

from accounts import api_keys, ended_accounts, second_factor
from accounts.models import ApiKey, AuditEvent, User
from outbox.models import Delivery
from tests import build
from tests.portal.reading_pages import main
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
PEOPLE = "/staff/people/"


@pytest.fixture
def browser(staff):
    return signed_in(staff)


@pytest.fixture
def with_app(owner, clinic):
    Authenticator.objects.create(user=owner, type="totp", data={})
    return owner


def test_a_person_is_found_by_the_whole_address_alone(browser, with_app, clinic):
    page = main(browser.post(PEOPLE, {"email": "OWNER@clinic.example"}))
    assert "Olive Owner" in page
    assert clinic.organization.name in page
    assert "Manager" in page
    for email in ("owner@clinic.exampl", "owner", "%@clinic.example"):
        assert "Olive Owner" not in main(browser.post(PEOPLE, {"email": email}))
    assert "Nobody signs in" in main(browser.post(PEOPLE, {"email": "nobody@clinic.example"}))
    assert "Olive" not in main(browser.get(f"{PEOPLE}?email=owner@clinic.example"))


def test_a_lost_second_factor_is_taken_away_and_the_person_hears_of_it(browser, with_app, staff):
    theirs = signed_in(with_app)
    assert browser.post(f"{PEOPLE}{with_app.pk}/reset/").status_code == 302
    assert not Authenticator.objects.filter(user=with_app).exists()
    assert theirs.get("/manage/").status_code == 302
    assert Delivery.objects.get().subject == second_factor.RESET_MAIL
    event = AuditEvent.objects.get(action="second-factor.reset")
    assert (event.actor, event.object_id, event.purpose) == (f"user:{staff.pk}", str(with_app.pk), "staff")
    with_app.refresh_from_db()
    assert with_app.check_password(build.PASSWORD)


def test_who_may_reset_it(owner, colleague, stranger, staff, verifier):
    may = {
        (by, user)
        for by in (owner, colleague, stranger, staff)
        for user in (owner, colleague, stranger, staff, verifier)
        if second_factor.may_reset(user=user, by=by)
    }
    assert may == {(owner, colleague)} | {(staff, each) for each in (owner, colleague, stranger, verifier)}
    for by, user in ((colleague, owner), (stranger, owner), (owner, owner), (staff, staff)):
        with pytest.raises(second_factor.NotAllowed):
            second_factor.reset(user=user, by=by)


def test_a_manager_of_a_clinic_cannot_weaken_somebody_of_the_operator(owner, clinic, verifier):
    build.membership(verifier, clinic.organization, "staff")
    assert not second_factor.may_reset(user=verifier, by=owner)


def test_an_account_ends_with_its_sign_ins_and_keys(browser, with_app):
    theirs = signed_in(with_app)
    api_keys.make(membership=with_app.memberships.get(), label="x", days=1, by=with_app)

    assert browser.post(f"{PEOPLE}{with_app.pk}/end/").status_code == 302

    assert theirs.get("/manage/").status_code == 302
    assert not ApiKey.objects.filter(ended_at=None).exists()
    assert not User.objects.get(pk=with_app.pk).is_active
    assert AuditEvent.objects.filter(action="account.ended").count() == 1


def test_an_account_of_the_staff_is_ended_by_an_administrator(staff, verifier, browser):
    assert browser.post(f"{PEOPLE}{verifier.pk}/end/").status_code == 403
    assert browser.post(f"{PEOPLE}{staff.pk}/end/").status_code == 403
    administrator = build.user(staff=True, is_superuser=True)
    ended_accounts.end(user=verifier, by=administrator)
    assert not User.objects.get(pk=verifier.pk).is_active


def test_it_is_for_the_staff_with_a_fresh_proof(with_app, staff):
    assert signed_in(with_app).post(f"{PEOPLE}{with_app.pk}/reset/").status_code == 403
    assert signed_in(staff, fresh=False).post(f"{PEOPLE}{with_app.pk}/reset/").status_code == 403
    assert Authenticator.objects.filter(user=with_app).exists()


@pytest.mark.parametrize("email", ["", "x", "a" * 250 + "@b.example"])
def test_what_is_no_address_is_refused(browser, email):
    page = browser.post(PEOPLE, {"email": email})
    assert page.status_code == 422
    assert "E-mail address" in main(page)
