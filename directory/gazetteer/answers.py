"""What the gazetteer can answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Spot:
    """A point to search around.

    label: what a visitor reads. near: the text that finds exactly this spot again.
    latitude, longitude: degrees.
    """

    label: str
    near: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class StateOnly:
    """The visitor named a state and nothing in it: there is no point, only a filter."""

    code: str
    name: str


@dataclass(frozen=True)
class Choice:
    """One place the visitor may have meant. `near` finds it again."""

    label: str
    near: str


class Problem(StrEnum):
    """Why there is no answer."""

    EMPTY = "empty"
    AMBIGUOUS = "ambiguous"
    MISSPELT = "misspelt"
    UNKNOWN = "unknown"
    NO_LOCATION = "no-location"
    OUT_OF_RANGE = "out-of-range"


class BadPlace(Exception):
    """The text names no single place. `message` is for the visitor and never repeats what was typed."""

    def __init__(self, problem: Problem, message: str, choices: Sequence[Choice] = ()) -> None:
        super().__init__(message)
        self.problem = problem
        self.message = message
        self.choices = list(choices)
