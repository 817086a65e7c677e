"""One way of saying something that the gate listens for.

A pattern is matched against a row of words with one blank between (see `normalise.readings`); sentences end with " . ".
`{drug}` is any name of the drug, `{n}` up to n words of the same sentence, `{~n}` up to n words across sentences.
A rule is tried only where one of its stems is in the text at all.
"""

import re
from dataclasses import dataclass
from typing import Final

DRUG: Final = "(?:ketamine|esketamine|spravato)"
SPRAY: Final = "(?:esketamine|spravato)"
HOME: Final = (
    "(?:at home|home|your home|your door|doorstep|your doorstep|take home|home use|in the mail|by mail|by "
    "post)"
)
"""Where treatment is not given here."""


@dataclass(frozen=True)
class Rule:
    """One way of saying something. `not_in` names the texts in which it is said for a good reason."""

    code: str
    level: str
    stems: tuple[str, ...]
    pattern: re.Pattern[str]
    not_in: frozenset[str] = frozenset()


def rule(code: str, level: str, stems: str, pattern: str, *, not_in: str = "") -> Rule:
    """A rule of the vocabulary; `stems` and `not_in` are words with blanks between."""
    return Rule(code, level, tuple(stems.split()), re.compile(whole(pattern)), frozenset(not_in.split()))


def whole(pattern: str) -> str:
    """The pattern with its abbreviations written out, matching whole words only."""
    within = re.sub(r"\{(\d+)\}", r"(?: [^ .]+){0,\1}? ", pattern)
    across = re.sub(r"\{~(\d+)\}", r"(?: [^ ]+){0,\1}? ", within)
    return rf"(?<= )(?:{across.replace('{drug}', DRUG).replace('{spray}', SPRAY)})(?= )"
