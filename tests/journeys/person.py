"""A person with a browser that has no script: cookies, forms and links over real HTTP."""

import http.client
import re
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit


class Person:
    """Keeps cookies between requests. One connection a request, as a browser on a bad network has."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, body and Location. Raises http.client's errors when the server goes away."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": "localhost", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if fields is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://localhost:{self.port}",
            }
        try:
            connection.request(method, path, urlencode(fields or {}, doseq=True) if fields else None, headers)
            answer = connection.getresponse()
            body = answer.read().decode()
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return answer.status, body, urlsplit(answer.headers.get("Location", "")).path

    def look(self, path: str) -> str:
        status, body, _ = self.ask("GET", path)
        assert status == 200, (path, status)
        return body

    def submit(self, path: str, **fields: str | list[str]) -> tuple[int, str, str]:
        """Open the page of a form, fill it in, and send it with its hidden fields."""
        return self.ask("POST", path, {**hidden(self.look(path)), **fields})


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}
