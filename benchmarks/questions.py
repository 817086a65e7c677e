"""Where people ask, and what the answer must be: worked out row by row, without the search."""

import json
import random
from collections import Counter
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Any
from urllib.parse import urlencode

from directory.vocabulary import Modality, bits

RADIUS = 25.0
EARTH_MILES = 3958.7613
ROWS = """SELECT clinic_id, latitude, longitude, modality_bits, insurance_bits FROM directory_indexrow
WHERE listed_until > %s"""
IV = bits(Modality, [Modality.IV])


@dataclass(frozen=True)
class Question:
    """A point in degrees; the search is for IV within RADIUS miles."""

    latitude: float
    longitude: float

    @property
    def address(self) -> str:
        """The query string, the same for the page and the API."""
        return urlencode({"near": f"{self.latitude},{self.longitude}", "radius": 25, "modality": "iv"})


def weighted(rows: list[tuple[Any, ...]], count: int, seed: int) -> list[Question]:
    """`count` questions near clinics drawn at random: many where many clinics are, as people are."""
    chance = random.Random(seed)
    return [Question(round(row[1], 4), round(row[2], 4)) for row in chance.choices(rows, k=count)]


def unique(questions: list[Question], seed: int) -> list[Question]:
    """The same neighbourhoods, each asked from a point up to half a mile away that nobody asked from before."""
    chance = random.Random(seed)

    def moved(degrees: float) -> float:
        return round(degrees + chance.uniform(-0.007, 0.007), 6)

    return [Question(moved(each.latitude), moved(each.longitude)) for each in questions]


def miles(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle miles by the haversine formula."""
    phi1, phi2 = radians(one[0]), radians(other[0])
    half = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * sin(radians(other[1] - one[1]) / 2) ** 2
    return 2 * EARTH_MILES * asin(min(1.0, sqrt(half)))


def differences(question: Question, rows: list[tuple[Any, ...]], body: bytes) -> list[str]:
    """What is wrong with an answer of the API: total, order, distances (to 0.06 miles) and the facet of insurance."""
    here = (question.latitude, question.longitude)
    near = [row for row in rows if abs(row[1] - here[0]) < 0.4]
    inside = [(distance, row) for row in near if (distance := miles(here, (row[1], row[2]))) <= RADIUS]
    hits = sorted(
        ((distance, row) for distance, row in inside if row[3] & IV), key=lambda hit: (hit[0], hit[1][0])
    )
    answer = json.loads(body)
    said = [(result["id"], result["distance_miles"]) for result in answer["results"]]
    wrong = [] if answer["count"] == len(hits) else [f"count {answer['count']}, not {len(hits)}"]
    for (identity, shown), (distance, row) in zip(said, hits[:20], strict=False):
        if identity != row[0] and abs(distance - _of(identity, hits)) > 1e-6:
            wrong.append(f"clinic {identity} where {row[0]} is nearer")
        if abs(shown - distance) > 0.06:
            wrong.append(f"{shown} miles, not {distance:.2f}")
    counted = Counter(bit for _, row in hits for bit in range(40) if row[4] >> bit & 1)
    if sorted(number for number in answer["facets"]["insurance"].values() if number) != sorted(
        counted.values()
    ):
        wrong.append("the facet of insurance")
    return wrong


def _of(identity: int, hits: list[tuple[float, tuple[Any, ...]]]) -> float:
    return next((distance for distance, row in hits if row[0] == identity), -1.0)
