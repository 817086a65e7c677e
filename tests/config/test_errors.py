"""What is answered when a request cannot be: something calm, whatever else is broken."""

import pytest
from django.template import TemplateDoesNotExist
from django.test import Client

from config import errors
from tests.config.trouble import CANARY

STATUSES = {"bad-request": 400, "forbidden": 403, "absent": 404, "mistake": 500, "no-database": 503}


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_it_answers_with_a_page_that_tells_nothing_of_the_cause(trouble, kind, status):
    response = trouble.get(f"/trouble/{kind}/")
    assert response.status_code == status
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "988" in response.content.decode()
    assert CANARY not in response.content.decode()
    assert "Traceback" not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_it_answers_a_machine_with_a_problem(trouble, kind, status):
    response = trouble.get(f"/api/v1/trouble/{kind}/")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert CANARY not in response.content.decode()


def test_it_says_when_to_come_back_while_the_database_is_away(trouble):
    assert trouble.get("/trouble/no-database/")["Retry-After"] == "30"


@pytest.mark.parametrize("kind", ["mistake", "no-database"])
def test_it_needs_no_database_to_say_that_it_is_broken(trouble, kind):
    """Without the `django_db` mark, any query would fail this test."""
    trouble.cookies.load({"sid": "a-session-that-would-have-to-be-looked-up"})
    response = trouble.get(f"/trouble/{kind}/")
    assert b"<h1" in response.content
    assert b"988" in response.content


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_it_has_something_to_say_without_any_template(trouble, monkeypatch, kind, status):
    def nothing(*args, **kwargs):
        raise TemplateDoesNotExist("errors")

    monkeypatch.setattr(errors, "render_to_string", nothing)
    response = trouble.get(f"/trouble/{kind}/")
    assert response.status_code == status
    assert errors.TITLES[status] in response.content.decode()
    assert "988" in response.content.decode()


@pytest.mark.django_db
def test_it_keeps_what_was_typed_when_a_form_has_expired(settings):
    settings.ROOT_URLCONF = "tests.config.trouble"
    response = Client(enforce_csrf_checks=True).post("/trouble/keeps-text/", {"note": "a long letter"})
    assert response.status_code == 403
    assert response.content == b"kept: a long letter"


@pytest.mark.django_db
def test_it_says_that_a_form_has_expired_and_repeats_nothing_of_it(settings):
    settings.ROOT_URLCONF = "tests.config.trouble"
    response = Client(enforce_csrf_checks=True).post("/trouble/form/", {"note": "a long letter"})
    assert response.status_code == 403
    assert b"a long letter" not in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["null", "https://evil.example"])
def test_it_refuses_a_form_of_another_origin(settings, origin):
    settings.ROOT_URLCONF = "tests.config.trouble"
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrf"] = "a" * 32
    data = {"note": "x", "csrfmiddlewaretoken": "a" * 32}
    assert client.post("/trouble/form/", data).status_code == 200
    assert client.post("/trouble/form/", data, headers={"Origin": origin}).status_code == 403
