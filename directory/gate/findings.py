"""What the gate found in a text: codes, never the words that gave them away."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from directory.gate.sentences import SENTENCES

BLOCK: Final = "block"
"""The sale of the drug: nothing of it is published unless a person decides otherwise."""

REVIEW: Final = "review"
"""A legitimate clinic may say this; a person looks first."""


@dataclass(frozen=True, order=True)
class Finding:
    """One thing found. `field` is the label of the text it was found in, `level` is BLOCK or REVIEW."""

    code: str
    field: str
    level: str

    @property
    def sentence(self) -> str:
        """What the staff read about it."""
        return SENTENCES[self.code]


@dataclass(frozen=True)
class Findings:
    """All that was found, at most once for each code and text. False if nothing was."""

    all: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def block(self) -> tuple[Finding, ...]:
        """What stops publication by itself."""
        return tuple(found for found in self.all if found.level == BLOCK)

    @property
    def review(self) -> tuple[Finding, ...]:
        """What a person looks at first."""
        return tuple(found for found in self.all if found.level == REVIEW)

    @property
    def codes(self) -> list[str]:
        """Each code once, in the order of the alphabet."""
        return sorted({found.code for found in self.all})

    @property
    def sentences(self) -> list[str]:
        """Each sentence for the staff once, what blocks first. They name no word of the text."""
        return list(dict.fromkeys(found.sentence for found in (*self.block, *self.review)))

    def without(self, codes: Iterable[str]) -> "Findings":
        """Those whose code is not among `codes`: a person has let them through before."""
        known = set(codes)
        return Findings(tuple(found for found in self.all if found.code not in known))


def together(*several: Findings) -> Findings:
    """All of them, each once."""
    return Findings(tuple(sorted({found for findings in several for found in findings.all})))
