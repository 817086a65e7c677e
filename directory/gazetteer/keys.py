"""One spelling for each name: "St. Louis", "Saint Louis" and "SAINT LOUIS" have the same key."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 100
"""Characters that a place can have; longer text names none."""

_LONG_FORMS: Final = {
    "st": "saint",
    "ste": "sainte",
    "ft": "fort",
    "mt": "mount",
    "pt": "point",
    "hts": "heights",
    "spgs": "springs",
}
_DIRECTIONS: Final = {"n": "north", "s": "south", "e": "east", "w": "west"}
# Marks inside a word: full stop, straight and curly apostrophes, the Hawaiian ʻokina in its usual spellings.
_INSIDE_WORDS: Final = re.compile("[.'`´‘’ʻʼʹ′]")
_BETWEEN_WORDS: Final = re.compile("[^a-z0-9]+")
# Letters that do not come apart into a base letter and an accent.
_WHOLE_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe"}
)


def words(text: str) -> list[str]:
    """The words of a name in plain lower-case letters and digits, without accents or marks."""
    joined = _INSIDE_WORDS.sub("", text.replace("&", " and "))
    apart = unicodedata.normalize("NFKD", joined.casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return _BETWEEN_WORDS.sub(" ", bare.translate(_WHOLE_LETTERS)).split()


def key_of_words(name: list[str]) -> str:
    """The key of a name already cut into words. Spaces do not count: "Mc Kinnon" is "McKinnon"."""
    if len(name) > 1 and name[0] in _DIRECTIONS:
        name = [_DIRECTIONS[name[0]], *name[1:]]
    return "".join(_LONG_FORMS.get(word, word) for word in name)


def key(text: str) -> str:
    """What look-ups compare: lower-case letters and digits only, abbreviations written out. May be empty."""
    return key_of_words(words(text))
