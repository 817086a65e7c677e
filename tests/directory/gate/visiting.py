"""The same through pages: open one, fill in a form of it with what the seller would write, and send it."""

import random
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import URLPattern, get_resolver

from directory.models import Case, ProposedChange
from portal.case_verbs import VERBS
from tests.directory.gate.world import World

LEFT_OUT = re.compile(
    r"logout|password|2fa|email/|accounts/|static|openapi|healthz|readyz|docs|reauthenticate"
)
_PART = re.compile(r"<(?:(\w+):)?(\w+)>")


class _Forms(HTMLParser):
    """Every form of a page that is posted: where it goes, and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[dict[str, str]]]] = []
        self.select = ""
        self.open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = at.get("method", "get").lower() == "post"
            if self.open:
                self.forms.append((at.get("action", ""), []))
        elif not self.open or not self.forms:
            return
        elif tag in ("input", "textarea", "button") and at.get("name"):
            self.forms[-1][1].append({"type": at.get("type", tag), **at})
        elif tag == "select":
            self.select = at.get("name", "")
        elif tag == "option" and self.select:
            self.forms[-1][1].append({"type": "option", "name": self.select, "value": at.get("value", "")})

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = False
        elif tag == "select":
            self.select = ""


@cache
def _addresses() -> list[str]:
    found: list[str] = []

    def gather(patterns: Any, before: str) -> None:
        for each in patterns:
            here = before + str(each.pattern)
            if isinstance(each, URLPattern):
                found.append(here)
            else:
                gather(each.url_patterns, here)

    gather(get_resolver().url_patterns, "/")
    return [address for address in found if not LEFT_OUT.search(address)]


def visit(client: Client, world: World, chance: random.Random) -> str:
    """One page and one of its forms; says which. An address that takes a verb is posted to at once."""
    pattern = chance.choice(_addresses())
    path = _PART.sub(lambda part: _argument(part[1] or "", part[2], world, chance), pattern)
    answer = client.get(path)
    reader = _Forms()
    if answer.status_code == 200 and "html" in answer.get("Content-Type", ""):
        reader.feed(answer.content.decode())
    action, fields = chance.choice(reader.forms) if reader.forms else ("", [])
    sent = client.post(action.split("#")[0] or path, _filled(fields, world, chance))
    return f"POST {pattern} {sent.status_code}"


def _argument(kind: str, name: str, world: World, chance: random.Random) -> str:
    if kind == "uuid":
        return "00000000-0000-4000-8000-000000000000"
    if kind == "int":
        keys = [
            *Case.objects.values_list("pk", flat=True),
            *ProposedChange.objects.values_list("pk", flat=True),
        ]
        return str(chance.choice(keys or [1]))
    if name == "verb":
        return chance.choice(VERBS).slug
    return chance.choice((world.honest.slug, world.seller.slug)) if name == "slug" else "1"


def _filled(fields: list[dict[str, str]], world: World, chance: random.Random) -> dict[str, str]:
    """What is hidden stays; a choice is made; a text becomes something of the seller's."""
    data: dict[str, str] = {}
    for field in fields:
        name, kind = field["name"], field["type"]
        if kind in ("hidden", "submit", "button"):
            data[name] = field.get("value", "")
        elif kind in ("radio", "checkbox", "option"):
            if name not in data or chance.random() < 0.4:
                data[name] = field.get("value", "on")
        elif kind != "file":
            data[name] = _typed(name, world, chance)
    return data


def _typed(name: str, world: World, chance: random.Random) -> str:
    profile = world.profile
    if "url" in name or "website" in name or "lookup" in name:
        return profile.website
    if "phone" in name:
        return profile.phone
    if re.search(r"day|date|ends|until|expires", name):
        return "2027-06-30"
    if "zip" in name:
        return "80202"
    if "name" in name:
        return profile.name
    return chance.choice([*profile.said.values(), profile.name, "Board", "DR.0000001"])
