"""What a visitor asks the directory, whoever parsed it."""

from dataclasses import dataclass
from datetime import date

from directory.gazetteer import Spot


@dataclass(frozen=True)
class Query:
    """What a visitor asks for. Within one of the groups any value will do, but every `access` named is needed.

    radius: statute miles around `spot`; without a spot there is no distance. state: two letters, or "" for any.
    q: part of a name. checked_since: a day (UTC) that no required check may be older than.
    order: distance (without a spot: name), name, or checked (most recently first).
    """

    spot: Spot | None = None
    radius: float = 25
    modality: tuple[str, ...] = ()
    insurance: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    age_group: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    psychotherapy: bool = False
    accepting: bool = False
    q: str = ""
    state: str = ""
    checked_since: date | None = None
    order: str = "distance"
    page: int = 1
    page_size: int = 20
