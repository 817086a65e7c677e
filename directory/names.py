"""Names as registries and people write them, brought to one form so that they can be compared.

A comparison forgives case, accents, punctuation, generations ("Jr") and legal forms ("LLC"), and nothing else.
"""

from collections.abc import Iterator
from typing import Final

from directory.gazetteer.keys import words

CUT_AT: Final = 30
"""The exclusion list ends a business name after so many characters, in the middle of a word if need be."""

_MAY_BE_CUT: Final = CUT_AT - 1  # a blank in the last place is lost
_SHORTEST_CUT: Final = 12  # thirty characters with fewer letters and digits would be mostly marks

_GENERATIONS: Final = frozenset("jr sr ii iii iv v md do np pa".split())
_LEGAL_FORMS: Final = frozenset(
    "inc incorporated llc pllc lllp llp lp pc pa psc corp corporation co company ltd limited".split()
)
_BEGUN_FORMS: Final = ("i", "in", "l", "ll", "c", "co", "cor", "p", "pl", "pll", "lt")

# --- people ------------------------------------------------------------------------------------


def person_key(last: str, first: str) -> str:
    """What a registry's row of a person is found by: the whole last name, and the first of the first names."""
    given = words(first)
    return f"{_family(last)},{given[0] if given else ''}" if _family(last) else ""


def person_keys(last: str, first: str) -> set[str]:
    """The keys under which a registry may have somebody: "Mary Ann" stands as MARY, MARY ANN or MARYANN."""
    keys = {person_key(last, first), person_key(last, "".join(words(first)))}
    return {key for key in keys if key and not key.endswith(",")}


def parted_keys(last: str, first: str) -> set[str]:
    """Keys under one half of a double last name: weaker, so the caller asks for the same state too."""
    halves = _without_generation(words(last.replace("-", " ")))
    return {key for half in halves for key in person_keys(half, first)} if len(halves) > 1 else set()


def _family(last: str) -> str:
    return "".join(_without_generation(words(last)))


def _without_generation(found: list[str]) -> list[str]:
    return found[:-1] if len(found) > 1 and found[-1] in _GENERATIONS else found


# --- businesses --------------------------------------------------------------------------------


def business_key(name: str) -> str:
    """Letters and digits of a business name, without "The" in front and its legal form behind."""
    found = words(name)
    if len(found) > 1 and found[0] == "the":
        found = found[1:]
    while len(found) > 1 and found[-1] in _LEGAL_FORMS:
        found = found[:-1]
    return "".join(found)


def business_keys(name: str) -> set[str]:
    """The keys under which the exclusion list may have a business: its own, or where a cut would leave it."""
    whole, spelled = business_key(name), "".join(words(name))
    begun = {whole + form for form in _BEGUN_FORMS}
    cuts = {key[:length] for key in (whole, spelled) for length in range(_SHORTEST_CUT, CUT_AT + 1)}
    return {key for key in {whole} | begun | cuts if key}


def may_be(listed: str, name: str) -> bool:
    """The exclusion list's business name `listed` may stand for `name`: the same, or its first 30 characters."""
    key = business_key(listed)
    if key == business_key(name):
        return bool(key)
    return len(listed) >= _MAY_BE_CUT and any(_begins(long, key) for long in _spellings(name))


def _spellings(name: str) -> Iterator[str]:
    """How `name` may have been written before it was cut: as it is, or with a legal form that we do not know of."""
    yield "".join(words(name))
    yield business_key(name)
    for form in _BEGUN_FORMS:
        yield business_key(name) + form


def _begins(long: str, key: str) -> bool:
    return len(key) >= _SHORTEST_CUT and long.startswith(key)
