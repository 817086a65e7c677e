"""Did you mean ...: the places whose names are a slip or two away from what was typed."""

from functools import lru_cache
from typing import Final

from django.db.models import Max

from directory.gazetteer.reading import Town
from directory.models.place import GazetteerVersion, Place

MOST_SUGGESTIONS: Final = 8
SHORTEST: Final = 4
"""Letters. Among shorter names everything is one slip from everything."""
_MOST_NAMES: Final = 50

Lexicon = list[tuple[str, int, int]]
"""(key, its letters as a bit mask, the population of the biggest place of that name)"""


def near_names(town: Town) -> list[Place]:
    """At most eight places, the likeliest first. Another state than the one named counts as a slip."""
    lexicon = _lexicon(_version())
    found: dict[Place, tuple[int, bool, int]] = {}
    for name, state in [*town.in_state, (town.bare, "")]:
        similar = _similar(name, lexicon)
        for place in Place.objects.filter(kind=Place.Kind.PLACE, key__in=similar) if similar else []:
            elsewhere = bool(state) and place.state != state
            rank = similar[place.key] + elsewhere, elsewhere, -place.population
            found[place] = min(rank, found.get(place, rank))
    return sorted(found, key=lambda place: (found[place], place.near))[:MOST_SUGGESTIONS]


def slips(typed: str, name: str, limit: int) -> int:
    """Letters to add, drop, change or swap with their neighbour; `limit + 1` when it is more than `limit`.

    The optimal string alignment distance (https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance).
    """
    before: list[int] = []
    last = list(range(len(name) + 1))
    for row, letter in enumerate(typed, 1):
        now = [row]
        for column, other in enumerate(name, 1):
            cost = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == name[column - 2] and typed[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > limit:
            return limit + 1
        before, last = last, now
    return min(last[-1], limit + 1)


def _similar(name: str, lexicon: Lexicon) -> dict[str, int]:
    """Known keys within the limit for a name of this length -> number of slips, the best fifty."""
    if len(name) < SHORTEST:
        return {}
    limit, letters, length = _limit(name), _letters(name), len(name)
    found = []
    for known, mask, population in lexicon:
        # One slip changes the set of letters by two at most: this leaves a few hundred names to compare.
        if abs(len(known) - length) <= limit and (mask ^ letters).bit_count() <= 2 * limit:
            count = slips(name, known, limit)
            if count <= limit:
                found.append((count, known[0] != name[0], -population, known))
    return {known: count for count, _first, _population, known in sorted(found)[:_MOST_NAMES]}


def _limit(name: str) -> int:
    """How many slips a name of this length may have and still be recognised."""
    return 1 if len(name) < 6 else 2 if len(name) < 11 else 3


def _letters(name: str) -> int:
    mask = 0
    for letter in name:
        mask |= 1 << (ord(letter) & 31)
    return mask


def _version() -> str:
    stored = GazetteerVersion.objects.first()
    return stored.version if stored else ""


@lru_cache(maxsize=1)
def _lexicon(version: str) -> Lexicon:
    """Every key of a place, read once for each version of the gazetteer (about 6 MB)."""
    rows = Place.objects.filter(kind=Place.Kind.PLACE).values_list("key").annotate(most=Max("population"))
    return [(name, _letters(name), most) for name, most in rows]
