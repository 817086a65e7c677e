"""Knocking at an address as everybody, and what is wrong with the answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from tests.roles import rules
from tests.roles.addresses import ADDRESSES, Address
from tests.roles.objects import Objects
from tests.roles.world import CALLED, PRINCIPALS, RELATIONS, World


@dataclass(frozen=True)
class Cell:
    """One knock."""

    method: str
    principal: str
    relation: str


def cells(address: Address) -> list[Cell]:
    """Those of one address. An address without an object has one relation."""
    relations = ("own",) if address.of == "nothing" else RELATIONS
    return [
        Cell(method, principal, relation)
        for method in address.methods.split()
        for principal in PRINCIPALS
        for relation in relations
    ]


def faults(route: str, world: World) -> Iterator[str]:
    """What is wrong at one address: an answer that its rule does not give, or one that tells what exists."""
    absent: dict[tuple[str, str], bytes] = {}
    turned_away = []
    for cell, got, wanted, body in knocks(route, world):
        if got != wanted and not (ADDRESSES[route].doubtful and (wanted, got) == (rules.IN, rules.NOTHING)):
            yield f"{cell.method} {route} as {cell.principal}, {cell.relation}: {got}, not {wanted}"
        yield from _shown_to_others(cell, route, body)
        if got == rules.NOTHING:
            turned_away.append((cell, body))
            if cell.relation == "absent":
                absent[cell.method, cell.principal] = body
    for cell, body in turned_away:
        if body != absent.get((cell.method, cell.principal), body):
            yield f"{cell.method} as {cell.principal}: {cell.relation} is not answered like absent"


def _shown_to_others(cell: Cell, route: str, body: bytes) -> Iterator[str]:
    """The clinic's own pages name no clinic, and nobody who asked one, for which the principal does not act."""
    if not route.startswith("manage/"):
        return
    for relation, person in CALLED.items():
        if cell.principal not in rules.HERE[relation] and person.encode() in body:
            yield f"{cell.method} as {cell.principal}, {cell.relation}: shows who asked the {relation} clinic"


def knocks(route: str, world: World) -> Iterator[tuple[Cell, str, str, bytes]]:
    """Each cell with what it got, what its rule says, and the body without what differs by chance. Nothing stays."""
    address, objects = ADDRESSES[route], Objects(world)
    for relation in dict.fromkeys(cell.relation for cell in cells(address)):
        parameters = {**getattr(objects, address.of)(relation), **dict(address.extra)}
        path = "/" + re.sub(r"<(\w+)>", lambda found: str(parameters[found[1]]), route)  # noqa: B023
        for cell in cells(address):
            if cell.relation == relation:
                yield (cell, *_knock(cell, path, address, world))


def _knock(cell: Cell, path: str, address: Address, world: World) -> tuple[str, str, bytes]:
    browser = world.browser(cell.principal)
    session = browser.cookies.get(settings.SESSION_COOKIE_NAME)
    before = session.value if session else ""
    if cell.method == "POST":
        cache.clear()  # how often somebody may knock is another matter
    with transaction.atomic():
        response = getattr(browser, cell.method.lower())(path)
        body = b"" if response.streaming else response.content
        transaction.set_rollback(True)
    browser.cookies.clear()
    if before:
        browser.cookies[settings.SESSION_COOKIE_NAME] = before
    return (
        outcome(response, path),
        address.wants(cell.method, cell.principal, cell.relation),
        without_chance(body, path),
    )


def outcome(response, path: str) -> str:
    """The word of tests.roles.rules for an answer. Pages about signing in lead to each other; that is no refusal."""
    away = ("/accounts/login/",) if path.startswith("/accounts/") else ("/accounts/login/", "/accounts/2fa/")
    if response.status_code == 302 and response["Location"].startswith(away):
        return rules.SIGN_IN
    return {401: rules.NO_KEY, 403: rules.NO, 404: rules.NOTHING}.get(response.status_code, rules.IN)


def without_chance(body: bytes, path: str) -> bytes:
    """A body without its CSRF token, its request's id and the address that was asked for."""
    plain = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", body)
    plain = re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", b"", plain)
    return plain.replace(path.encode(), b"")
