"""A person with a browser, over plain HTTP: keeps cookies, fills in hidden fields, has an address of their own."""

import http.client
import re
import time
from collections.abc import Callable, Mapping
from html import unescape
from urllib.parse import urlencode, urljoin, urlsplit

PATIENCE = 30  # seconds for one answer
IDLE = 2.0  # seconds after which a kept connection is opened anew: the server closes it after five
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')

Heard = Callable[[float, int], None]


class Unexpected(Exception):
    """An answer that no person should get here. Names the status and the path's first part alone."""


class Visitor:
    """`heard` is told of every answer: seconds until it was read, and its status (0 for none)."""

    def __init__(self, port: int, address: str, heard: Heard = lambda seconds, status: None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._origin = f"http://localhost:{port}"
        self._address = address
        self._cookies: dict[str, str] = {}
        self._used = 0.0
        self._page = ""
        self._path = "/"
        self.heard = heard

    def become(self, address: str) -> None:
        """The next person, on the same kept connection, as behind a proxy: other address, no cookies."""
        self._address, self._cookies = address, {}

    def get(self, path: str) -> str:
        """The page at `path` with status 200. Raises Unexpected, OSError, HTTPException."""
        status, _ = self._ask("GET", path)
        if status != 200:
            raise Unexpected(f"GET {_first(path)}: {status}")
        return self._page

    def submit(self, fields: Mapping[str, str | list[str]], path: str = "") -> str:
        """Post the form of the last page with its hidden fields, and follow the redirect; the path it leads to.

        Raises Unexpected for anything but a redirect.
        """
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(self._page)}
        where = path or self._path
        status, target = self._ask("POST", where, urlencode({**hidden, **fields}, doseq=True))
        if status != 302:
            raise Unexpected(f"POST {_first(where)}: {status}")
        onwards = urlsplit(urljoin(where, target)).path
        self.get(onwards)
        return onwards

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        if time.monotonic() - self._used > IDLE:
            self._connection.close()  # the next request opens it
        begin, status = time.perf_counter(), 0
        try:
            self._connection.request(method, path, body, self._headers(body))
            answer = self._connection.getresponse()
            self._page, self._path = answer.read().decode(), path
            status = answer.status
        finally:
            self.heard(time.perf_counter() - begin, status)
            self._used = time.monotonic()
            if not status:
                self._connection.close()
        self._keep_cookies(answer)
        return status, answer.headers.get("Location", "")

    def _headers(self, body: str | None) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Host": "localhost", "X-Forwarded-For": self._address, "Cookie": cookies}
        if body is None:
            return headers
        return {**headers, "Origin": self._origin, "Content-Type": "application/x-www-form-urlencoded"}

    def _keep_cookies(self, answer: http.client.HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, rest = line.partition("=")
            self._cookies[name] = rest.partition(";")[0]


def _first(path: str) -> str:
    """Enough to find the page by; a path may hold a private link."""
    return "/" + path.lstrip("/").partition("/")[0] + "/…"
