"""What a page says, without its markup."""

import re
from typing import Any


def text(response: Any) -> str:
    """All words of a page, one space between them."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def main(response: Any) -> str:
    """The words of its main part."""
    found = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split()) if found else ""


def title(response: Any) -> str:
    found = re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)
    return found.group(1).strip() if found else ""
