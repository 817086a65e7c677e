"""What the shipped nginx does with an answer of its own, a foreign host, a forged address and a body over the limit."""

import http.client
import random
import socket
import ssl
import time
from dataclasses import replace

import pytest

from benchmarks import site
from drills import proxy, slow_clients
from tests.config.site import free_port

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(proxy.PROGRAM is None, reason="needs nginx (Debian: apt install nginx-light)"),
]
OF_NGINX = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Asks the shipped proxy, with a site behind it."""
    folder = tmp_path_factory.mktemp("proxied") / "site"
    port, plain_port = free_port(), free_port()
    place = site.prepared(folder)
    place = replace(place, extra={**place.extra, "SITE_URL": f"https://localhost:{port}"})
    with (
        place.serving() as served,
        proxy.running(folder / "nginx", port, plain_port, place.port) as certificate,
    ):
        while not served.is_healthy():
            time.sleep(0.1)
        tls = ssl.create_default_context(cafile=str(certificate))
        yield Asker(port, plain_port, tls, slow_clients.large_file(place))


class Asker:
    def __init__(self, port, plain_port, tls, large=""):
        self.port, self.plain_port, self.tls, self.large = port, plain_port, tls, large

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.tls, timeout=20)
        return self._answer(connection, method, path, body, headers)

    def ask_plainly(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=20)
        return self._answer(connection, "GET", path, None, None)

    def _answer(self, connection, method, path, body, headers):
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.text = answer.read().decode()
            return answer
        finally:
            connection.close()


def test_a_page_comes_whole_with_the_headers_of_the_site_once(shipped):
    answer = shipped.ask("GET", "/crisis/")

    assert answer.status == 200
    assert answer.text.rstrip().endswith("</html>")
    for name in (*OF_NGINX, "Referrer-Policy", "X-Frame-Options"):
        assert len(answer.headers.get_all(name)) == 1, name


def test_a_static_file_larger_than_its_buffers_comes_whole(shipped):
    answer = shipped.ask("GET", shipped.large)

    assert answer.status == 200
    assert len(answer.text) > 1_000_000


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/" + "a" * 9_000, {}, 414),
        ("/", {"X-Large": "a" * 40_000}, 494),
        ("/", {"Content-Length": "2000000"}, 413),
        ("/", {"Content-Length": "-1"}, 400),
    ],
)
def test_what_nginx_refuses_itself_is_locked_and_repeats_nothing(shipped, path, headers, status):
    answer = shipped.ask("GET", path, headers=headers)

    assert answer.status == {494: 400}.get(status, status)
    assert {name: answer.headers[name] for name in OF_NGINX} == OF_NGINX
    assert "aaaa" not in answer.text
    assert "nginx/" not in f"{answer.headers}{answer.text}"


def test_a_body_up_to_the_limit_reaches_the_site(shipped):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"a=" + b"x" * (1024 * 1024 - 2)

    assert shipped.ask("POST", "/accounts/login/", body, form).status == 403  # without the token of the form
    assert shipped.ask("POST", "/accounts/login/", body + b"x", form).status == 413


def test_plain_http_is_sent_to_https_and_another_host_gets_no_answer(shipped):
    answer = shipped.ask_plainly("/crisis/")
    assert (answer.status, answer.headers["Location"]) == (301, f"https://localhost:{shipped.port}/crisis/")

    elsewhere = ssl.create_default_context()
    elsewhere.check_hostname, elsewhere.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", shipped.port)) as plain:
        elsewhere.wrap_socket(plain, server_hostname="evil.example")


def test_a_forged_address_does_not_give_a_limit_of_its_own(shipped):
    """The sign-in and the API count the address that nginx saw; what a visitor writes beside it changes nothing."""
    dice, statuses = random.Random(2), set()
    for _ in range(400):
        forged = {"X-Forwarded-For": f"10.{dice.randrange(256)}.{dice.randrange(256)}.1"}
        statuses.add(shipped.ask("GET", "/api/v1/clinics/", headers=forged).status)
        if 429 in statuses:
            break
    assert statuses == {200, 429}


def test_nginx_answers_calmly_while_the_site_is_away(tmp_path):
    port = free_port()
    with proxy.running(tmp_path / "nginx", port, free_port(), free_port()) as certificate:
        tls = ssl.create_default_context(cafile=str(certificate))
        answer = Asker(port, 0, tls).ask("GET", "/r/a-private-link/")

    assert answer.status == 502
    assert "988" in answer.text
    assert "private" not in answer.text
    assert {name: answer.headers[name] for name in OF_NGINX} == OF_NGINX
