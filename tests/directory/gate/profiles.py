"""A clinic as somebody would enter it: what the corpora are made of. Nobody in it exists."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

SEED = 20261124


@dataclass(frozen=True)
class Profile:
    """What somebody would type of a clinic. `kind` says what it stands for; `website_text` is on its own website.

    `sells_in` names the fields of `said` in which a seller sells.
    """

    kind: str
    name: str
    website: str = ""
    website_text: str = ""
    said: dict[str, str] = field(default_factory=dict)
    sells_in: tuple[str, ...] = ()
    needs_all: bool = False
    line1: str = "12 Example Street"
    phone: str = "+13035550100"
    has_npi: bool = True
    has_clinician: bool = True
    modalities: tuple[str, ...] = ("iv",)

    @property
    def texts(self) -> dict[str, str]:
        """What it says in its own words, with its name and website, as the gate reads it."""
        return {"name": self.name, "website": self.website, **self.said}

    @property
    def own(self) -> list[str]:
        """What only this one has: name, phone, website. Of a seller none of it may become public."""
        return [part for part in (self.name, self.phone, self.website) if part]

    def sells(self, public: str) -> bool:
        """Whether what it sells can be read in a text: one of its fields, or all where each alone is harmless."""
        found = [self.said[name] in public for name in self.sells_in]
        return bool(found) and (all(found) if self.needs_all else any(found))


def dice(what: str) -> random.Random:
    """The same numbers on every run."""
    return random.Random(f"{SEED} {what}")


def some(chance: random.Random, sentences: Sequence[str], at_least: int, at_most: int) -> str:
    """A few of the sentences, in any order."""
    return " ".join(chance.sample(list(sentences), chance.randint(at_least, at_most)))
