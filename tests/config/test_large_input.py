"""As much of everything as can be sent: answered at once with a plain word, nothing repeated, nothing kept."""

import json
import time

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from referrals.models import Referral
from tests import build_referrals
from tests.referrals import asking

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FORM = "application/x-www-form-urlencoded"
MARK = "Quillonmarrow"
MEGABYTE = MARK + "x" * (1024 * 1024 - 2000)  # with the other fields just under the limit of a body
MOST_SECONDS = 5.0  # on a busy machine; a hang would take minutes
REFUSED = {400, 403, 404, 405, 413, 422, 429}
ANSWERED = REFUSED | {200, 302}
API = ["/api/v1/clinics/", "/api/v1/clinics/no-such-clinic/", "/api/v1/openapi.json", "/api/v1/nothing/"]
NUMBERS = [
    "1e400",
    "-1e400",
    "9" * 10_000,
    "1" + "0" * 4301,
    "0x" + "f" * 5000,
    "1_000",
    "1e-400",
    "٣" * 5000,
    "∞",
]


@pytest.fixture(autouse=True)
def _quickly():
    """No answer here may take long: the input is large, what is done with it is not."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < MOST_SECONDS


def said(response) -> str:
    """The whole answer, headers too."""
    return f"{dict(response.items())} {response.content.decode()}"


# --- addresses and cookies ------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/search/", "/api/v1/clinics/"])
@pytest.mark.parametrize("name", ["unknown", "modality", "near", "page", "q"])
def test_ten_thousand_parameters_are_answered(client, gazetteer, address, name):
    query = "&".join(f"{name}{number if name == 'unknown' else ''}={MARK}" for number in range(10_000))

    response = client.get(f"{address}?{query}")

    assert response.status_code in ({400, 200} if address == "/search/" else {400})
    assert len(response.content) < 500_000
    if address.startswith("/api/"):
        assert MARK not in said(response)


def test_ten_thousand_cookies_are_answered(client):
    cookies = "; ".join(f"c{number}={MARK}" for number in range(10_000))
    response = client.get("/accounts/login/", headers={"Cookie": cookies})

    assert response.status_code == 200
    assert MARK not in said(response)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", ["radius", "page", "page_size"])
def test_a_number_without_measure_is_named_and_not_repeated(client, gazetteer, name, number):
    near = {"near": "39.7,-105"} if name == "radius" else {}

    response = client.get("/api/v1/clinics/", {name: number, **near})

    assert response.status_code == 400
    assert name in {error["name"] for error in response.json()["errors"]}
    assert len(number) < 8 or number not in response.content.decode()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_point_without_measure_is_refused(client, gazetteer, number):
    response = client.get("/api/v1/clinics/", {"near": f"{number},-105"})

    assert response.status_code == 400
    assert [error["name"] for error in response.json()["errors"]] == ["near"]


def test_a_step_of_ten_thousand_digits_is_no_page(client, clinic):
    assert client.get(f"/clinic/{clinic.slug}/ask/{'9' * 10_000}/").status_code == 404


# --- bodies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [*API, "/accounts/login/", "/near-me/", "/nothing-here/"])
@pytest.mark.parametrize(("over", "status"), [(0, None), (1, 413)])
def test_a_body_at_the_limit_is_read_and_one_byte_more_is_refused(client, address, over, status):
    body = b"a=" + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 2 + over)

    response = client.post(address, body, content_type=FORM)

    assert response.status_code == status if status else response.status_code in ANSWERED


@pytest.mark.parametrize("address", [*API, "/accounts/login/"])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_json_nested_a_hundred_thousand_deep_is_refused(client, address, opening, method):
    body = opening * 100_000 + "1" + {"[": "]"}.get(opening, "}") * 100_000

    response = getattr(client, method)(address, body, content_type="application/json")

    assert response.status_code in ANSWERED
    if address.startswith("/api/"):
        assert response.status_code in REFUSED
        assert response["Content-Type"] == "application/problem+json"
        assert json.loads(response.content)["title"]


def test_json_with_a_number_of_a_hundred_thousand_digits_is_refused(client):
    body = '{"radius": ' + "9" * 100_000 + "}"
    assert client.post(API[0], body, content_type="application/json").status_code in REFUSED


@pytest.mark.parametrize("address", ["/accounts/login/", "/near-me/", "/api/v1/clinics/"])
def test_a_hundred_thousand_parts_are_refused(client, address):
    # Both the number of parts and their size pass the limit; a thousand pass the number alone.
    part = f'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{MARK}\r\n'
    for count in (1_000, 100_000):
        body = part * count + "--x--\r\n"

        response = client.post(address, body, content_type="multipart/form-data; boundary=x")

        assert response.status_code in REFUSED
        assert MARK not in said(response)


def test_ten_thousand_files_are_refused(client):
    part = '--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nc\r\n'
    body = part * 10_000 + "--x--\r\n"
    assert (
        client.post("/accounts/login/", body, content_type="multipart/form-data; boundary=x").status_code
        == 400
    )


def test_a_part_with_endless_headers_is_refused(client):
    body = f'--x\r\nContent-Disposition: form-data; name="{MARK * 20_000}"\r\n\r\na\r\n--x--\r\n'
    response = client.post("/accounts/login/", body, content_type="multipart/form-data; boundary=x")

    assert response.status_code in ANSWERED
    assert MARK not in said(response)


# --- forms ----------------------------------------------------------------------------------

LIMITED = [(1, "call_me"), (2, "phone"), (2, "email"), (3, "note")]


@pytest.mark.parametrize(("number", "field"), LIMITED)
def test_a_megabyte_in_a_field_of_a_request_is_named_beside_it_and_costs_nothing_else(
    client, clinic, number, field
):
    asking.fill_in(client, clinic)

    response = asking.step(client, clinic, number, **{field: MEGABYTE})

    assert response.status_code in {200, 422}
    assert (
        f'id="id_{field}-error"' in response.content.decode() or f"#id_{field}" in response.content.decode()
    )
    assert asking.WHO["call_me"] in asking.check_page(client, clinic).content.decode()
    assert Referral.objects.count() == 0


@pytest.mark.parametrize(("number", "field"), [*LIMITED, (1, "for_whom"), (2, "best_time"), (3, "modality")])
def test_more_than_the_limit_in_a_field_of_a_request_is_one_plain_page(client, clinic, number, field):
    asking.fill_in(client, clinic)

    response = asking.step(client, clinic, number, **{field: MEGABYTE * 2})

    assert response.status_code == 413
    assert MARK not in said(response)
    assert asking.WHO["call_me"] in asking.check_page(client, clinic).content.decode()


@pytest.mark.parametrize("field", ["login", "password"])
def test_a_megabyte_at_the_sign_in_is_no_sign_in(client, owner, field):
    fields = {"login": owner.email, "password": "wrong", field: MEGABYTE}

    response = client.post("/accounts/login/", fields)

    assert response.status_code in {200, 400, 422}
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["password/reset/", "signup/"])
def test_a_megabyte_for_an_address_of_mail_is_refused(client, path):
    response = client.post(f"/accounts/{path}", {"email": MEGABYTE + "@example.org"})
    assert response.status_code in {200, 400, 422}


ACTIONS = [
    ("accept", {"accept-note": MEGABYTE}),
    ("ask", {"ask-question": MEGABYTE}),
    ("ask", {"ask-canned": MEGABYTE}),
    ("decline", {"decline-reason": MEGABYTE}),
    ("finish", {"finish-reason": MEGABYTE}),
    ("appointment", {"appointment-day": MEGABYTE, "appointment-hour": "14:30"}),
    ("appointment", {"appointment-day": "2026-12-01", "appointment-hour": "9" * 100_000}),
]


@pytest.mark.parametrize(("slug", "fields"), ACTIONS)
def test_a_megabyte_in_the_inbox_changes_nothing(client, clinic, owner, slug, fields):
    made = build_referrals.referral(clinic, reached="received", by=owner)
    client.force_login(owner)

    response = client.post(reverse("inbox-act", args=[made.pk, slug]), fields)

    assert response.status_code == 422
    assert Referral.objects.get().status == "received"


@pytest.mark.parametrize("path", ["answer/", "leave/", "take-back/"])
def test_a_megabyte_at_a_private_page_loses_no_request(clinic, owner, path):
    receipt = build_referrals.sent(clinic)

    response = Client().post(
        f"/r/{receipt.token}/{path}", {"text": MEGABYTE, "message": MEGABYTE, "answer": MEGABYTE}
    )

    assert response.status_code in ANSWERED
    assert MARK not in str(dict(response.items()))
    assert Referral.objects.count() == 1
