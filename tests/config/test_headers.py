"""What a browser is told, whatever was asked and whatever went wrong."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

# A request for every status that the site itself answers.
REQUESTS = [
    ("get", "/healthz", 200),
    ("get", "/trouble/public/", 200),
    ("get", "/manage/", 302),
    ("get", "/trouble/bad-request/", 400),
    ("get", "/trouble/suspicious/", 400),
    ("get", "/trouble/form/?q=%00", 400),
    ("get", "/trouble/forbidden/", 403),
    ("get", "/nothing-here/", 404),
    ("get", "/r/not-a-token/", 404),
    ("post", "/healthz", 405),
    ("get", "/trouble/mistake/", 500),
    ("get", "/trouble/no-database/", 503),
    ("get", "/api/v1/nothing/", 404),
    ("get", "/api/v1/trouble/mistake/", 500),
    ("get", "/api/v1/trouble/no-database/", 503),
]


def check_headers(response):
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Permissions-Policy"].endswith("geolocation=(self)")
    assert "camera=(), " in response["Permissions-Policy"]
    assert len(response["X-Request-ID"]) == 36


@pytest.mark.parametrize(("method", "address", "status"), REQUESTS)
def test_it_locks_the_page_on_every_answer(trouble, method, address, status):
    response = getattr(trouble, method)(address)
    assert response.status_code == status
    check_headers(response)


@pytest.mark.parametrize(
    ("method", "address", "status"), [line for line in REQUESTS if line[1] != "/trouble/public/"]
)
def test_it_lets_nobody_keep_an_answer_unless_the_view_says_so(trouble, method, address, status):
    assert getattr(trouble, method)(address)["Cache-Control"] == "no-store"


def test_it_lets_a_public_page_be_kept(trouble):
    assert trouble.get("/trouble/public/")["Cache-Control"] == "public, max-age=60"


def test_it_never_lets_an_answer_with_a_cookie_be_kept(trouble):
    assert trouble.get("/trouble/public/?cookie=1")["Cache-Control"] == "no-store"


def test_it_lets_other_origins_embed_only_what_is_open_to_their_scripts(trouble):
    assert trouble.get("/trouble/open/")["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert trouble.get("/trouble/public/")["Cross-Origin-Resource-Policy"] == "same-origin"


def test_it_takes_no_request_id_from_a_client(trouble):
    response = trouble.get("/healthz", headers={"X-Request-ID": "forged\nline"})
    assert "forged" not in response["X-Request-ID"]
    assert response["X-Request-ID"] != trouble.get("/healthz")["X-Request-ID"]


def test_it_refuses_a_form_without_its_token_with_the_same_headers(settings):
    settings.ROOT_URLCONF = "tests.config.trouble"
    response = Client(enforce_csrf_checks=True).post("/trouble/form/", {"note": "x"})
    assert response.status_code == 403
    check_headers(response)


def test_it_sends_plain_http_to_https_with_the_same_headers(trouble, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/trouble/public/")
    assert response.status_code == 301
    check_headers(response)


def test_it_answers_a_probe_from_inside_without_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200


def test_it_refuses_a_host_that_is_not_its_own(trouble):
    response = trouble.get("/trouble/public/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert b"evil" not in response.content
    check_headers(response)
