"""Errors are problem documents (RFC 9457): they name fields and never repeat a value."""

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions, serializers

from api import problems

SECRET = "marker-7f3a"


def handled(exc):
    return problems.handle(exc, {})


@pytest.mark.parametrize(
    ("exc", "status"),
    [
        (Http404(SECRET), 404),
        (PermissionDenied(SECRET), 403),
        (RequestDataTooBig(SECRET), 413),
        (SuspiciousOperation(SECRET), 400),
        (exceptions.ParseError(SECRET), 400),
        (exceptions.NotAuthenticated(SECRET), 401),
        (exceptions.MethodNotAllowed(SECRET), 405),
        (exceptions.NotAcceptable(SECRET), 406),
        (exceptions.UnsupportedMediaType(SECRET), 415),
        (exceptions.Throttled(7, SECRET), 429),
        (problems.NoLongerListed(), 410),
    ],
)
def test_every_known_error_has_its_own_problem_and_repeats_nothing(exc, status, holds_to):
    import json

    response = handled(exc)
    body = json.loads(response.content)
    assert (response.status_code, body["status"]) == (status, status)
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    assert SECRET not in response.content.decode()
    holds_to("Problem", body)


def test_an_error_nobody_foresaw_is_left_to_django():
    assert handled(ZeroDivisionError()) is None


def test_a_wait_is_whole_seconds_and_at_least_one():
    assert handled(exceptions.Throttled(0.2))["Retry-After"] == "1"
    assert handled(exceptions.Throttled(6.1))["Retry-After"] == "7"


def test_a_challenge_is_passed_on():
    exc = exceptions.NotAuthenticated()
    exc.auth_header = "Bearer"
    assert handled(exc)["WWW-Authenticate"] == "Bearer"


class Inner(serializers.Serializer):
    kind = serializers.ChoiceField(["a", "b"])


class Body(serializers.Serializer):
    name = serializers.CharField(max_length=3)
    inner = Inner()
    many = Inner(many=True)


def test_a_body_answers_422_naming_each_field_and_repeating_no_value():
    import json

    sent = Body(data={"name": SECRET, "inner": {"kind": SECRET}, "many": [{"kind": "a"}, {"kind": SECRET}]})
    with pytest.raises(serializers.ValidationError) as raised:
        sent.is_valid(raise_exception=True)
    response = handled(raised.value)
    body = json.loads(response.content)
    assert response.status_code == 422
    assert [error["name"] for error in body["errors"]] == ["name", "inner.kind", "many.1.kind"]
    assert SECRET not in response.content.decode()


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v1/", "/api/v2/clinics/", "/api/v1/clinics/a/b/", "/api/v1/clinics/%3C/"]
)
def test_an_unknown_address_is_a_problem_too(client, db, address, holds_to):
    response = client.get(f"/api/{address}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    holds_to("Problem", response.json())


@pytest.mark.parametrize("query", ["q=%00", "q=%ff", "q=%ED%A0%80"])
def test_text_that_cannot_be_read_is_a_problem_too(client, db, query, holds_to):
    response = client.get(f"/api/v1/clinics/?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    holds_to("Problem", response.json())


def test_our_own_failure_is_a_problem_too(client, db, monkeypatch, holds_to):
    from directory import search

    def fails(query):
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(search, "find", fails)
    client.raise_request_exception = False
    response = client.get("/api/v1/clinics/")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert SECRET not in response.content.decode()
    holds_to("Problem", response.json())


def test_every_type_leads_to_its_explanation(client, db):
    page = client.get("/developers/").content.decode()
    for problem in problems.PROBLEMS:
        anchor = problem.type.partition("#")[2]
        assert f'id="{anchor}"' in page
