"""What every public read has in common: tags, open origins, no cookies, a limit, and the methods it knows."""

import pytest

from accounts import limits
from outbox import clock
from tests import build

READS = ("/api/v1/clinics/", "/api/v1/clinics/{slug}/", "/api/v1/openapi.json")


@pytest.fixture(params=READS)
def address(request, clinic):
    return request.param.format(slug=clinic.slug)


def test_it_carries_a_strong_tag_and_asks_to_be_asked_again(client, address):
    first, again = client.get(address), client.get(address)
    assert first["ETag"] == again["ETag"]
    assert first["ETag"].startswith('"')
    assert first["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("held", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_an_answer_that_is_held_already_is_not_sent_again(client, address, held):
    tag = client.get(address)["ETag"]
    response = client.get(address, headers={"if-none-match": held.format(tag=tag)})
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == tag
    assert response["Access-Control-Allow-Origin"] == "*"


def test_a_tag_ends_with_what_it_stood_for(client, clinic):
    tag = client.get("/api/v1/clinics/")["ETag"]
    build.clinic()
    response = client.get("/api/v1/clinics/", headers={"if-none-match": tag})
    assert response.status_code == 200
    assert response["ETag"] != tag


def test_a_wrong_or_unreadable_tag_is_no_tag(client, address):
    for held in ('"x"', "not a tag", '"', "W/"):
        assert client.get(address, headers={"if-none-match": held}).status_code == 200


def test_a_compressed_answer_is_the_same_answer(client, address):
    response = client.get(address, headers={"accept-encoding": "gzip"})
    held = client.get(address, headers={"if-none-match": response["ETag"]})
    assert held.status_code == 304


def test_any_origin_may_read(client, address):
    response = client.get(address, headers={"origin": "https://elsewhere.example"})
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response


def test_any_origin_may_ask_before_it_reads(client, address):
    response = client.options(
        address, headers={"origin": "https://elsewhere.example", "access-control-request-method": "GET"}
    )
    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Allow-Methods"] == response["Allow"] == "GET, HEAD, OPTIONS"


def test_errors_can_be_read_from_any_origin_too(client, db):
    for address in ("/api/v1/clinics/?radius=0", "/api/v1/clinics/nowhere/"):
        assert client.get(address)["Access-Control-Allow-Origin"] == "*"


def test_it_neither_sets_nor_looks_at_cookies(client, address, owner):
    client.force_login(owner)
    response = client.get(address)
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_head_is_get_without_a_body(client, address):
    get, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert [head[name] for name in ("ETag", "Content-Length")] == [
        get[name] for name in ("ETag", "Content-Length")
    ]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "FROB"])
def test_other_methods_are_refused_and_the_right_ones_named(client, address, method, holds_to):
    response = client.generic(method, address, b"{}", content_type="application/json")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert response["Content-Type"] == "application/problem+json"
    holds_to("Problem", response.json())


def test_a_method_cannot_be_smuggled_in_a_header(client, address):
    assert client.post(address, headers={"x-http-method-override": "GET"}).status_code == 405


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"1" * 10_000])
def test_the_body_of_a_read_is_ignored(client, address, body):
    assert client.generic("GET", address, body, content_type="application/json").status_code == 200


def test_what_cannot_be_accepted_is_said_so(client, address, holds_to):
    response = client.get(address, headers={"accept": "image/png"})
    assert response.status_code == 406
    holds_to("Problem", response.json())


@pytest.mark.parametrize(
    "accept", ["", "*/*", "text/html,*/*;q=0.8", "application/json;q=abc", ",;=", "a" * 9000]
)
def test_a_strange_accept_header_breaks_nothing(client, address, accept):
    assert client.get(address, headers={"accept": accept}).status_code in (200, 406)


def test_too_many_reads_are_told_how_long_to_wait(client, address, settings, holds_to):
    settings.API_READS_PER_MINUTE = 3
    with clock.frozen(clock.now()):
        assert [client.get(address).status_code for _ in range(3)] == [200] * 3
        response = client.get(address)
        assert response.status_code == 429
        assert 1 <= int(response["Retry-After"]) <= 60
        assert response["Access-Control-Allow-Origin"] == "*"
        holds_to("Problem", response.json())
        assert client.get(address, REMOTE_ADDR="198.51.100.7").status_code == 200
        assert client.options(address).status_code == 204


def test_neighbours_share_one_count(client, clinic, settings):
    settings.API_READS_PER_MINUTE = 1
    assert limits.address_block("198.51.100.7") == limits.address_block("198.51.100.200")
    with clock.frozen(clock.now()):
        assert client.get("/api/v1/clinics/", REMOTE_ADDR="198.51.100.7").status_code == 200
        assert client.get("/api/v1/clinics/", REMOTE_ADDR="198.51.100.200").status_code == 429
