"""Fill the search index with many more rows than there are clinics, for benchmarks at 100,000 and a million.

Each row copies the index row of a real example clinic, under another name and at another point. No clinic
stands behind it, so its profile page answers 404.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from directory import documents, geo, index
from directory.examples import words
from directory.examples.sites import Site, SiteMap
from directory.models import Clinic, IndexRow

BATCH = 5_000


@transaction.atomic
def fill(*, rows: int, seed: int, say: Callable[[str], None] = lambda text: None) -> int:
    """Add rows until the index has `rows`. Returns how many were added. Needs the examples loaded first."""
    patterns = list(IndexRow.objects.filter(clinic__in=Clinic.objects.all()).order_by("clinic"))
    if not patterns:
        raise LookupError("Load the examples first: `manage.py load_examples`.")
    have = IndexRow.objects.count()
    last = IndexRow.objects.order_by("-clinic").values_list("clinic", flat=True)[0]
    started, batch, added = time.monotonic(), [], 0
    chance = random.Random(f"cairn index {seed}")  # noqa: S311  (the same seed gives the same rows)
    for row in _rows(patterns, range(last + 1, last + 1 + max(0, rows - have)), chance):
        batch.append(row)
        if len(batch) == BATCH:
            added += _write(batch)
            rate = added / (time.monotonic() - started)
            say(
                f"{added:,} of {rows - have:,} rows, {rate:,.0f} a second, {(rows - have - added) / rate:,.0f} s left"
            )
    added += _write(batch)
    index.raise_version()
    return added


def _write(batch: list[IndexRow]) -> int:
    IndexRow.objects.bulk_create(batch)
    written = len(batch)
    batch.clear()
    return written


def _rows(patterns: list[IndexRow], numbers: range, chance: random.Random) -> Iterator[IndexRow]:
    sites = SiteMap()
    copied = {pattern.pk: json.loads(pattern.document) for pattern in patterns}
    for number, state in zip(numbers, sites.states(len(numbers)), strict=False):
        pattern = chance.choice(patterns)
        name = f"{chance.choice(words.CLINIC_WORDS)} {chance.choice(words.CLINIC_KINDS)} {number}"
        yield _copy(pattern, copied[pattern.pk], sites.site(state, chance), number, name)


def _copy(pattern: IndexRow, document: dict[str, Any], site: Site, number: int, name: str) -> IndexRow:
    slug = slugify(f"{name} {site.city} {site.state}")[:80]
    x, y, z = geo.unit_vector(site.latitude, site.longitude)
    return IndexRow(
        clinic_id=number,
        latitude=site.latitude,
        longitude=site.longitude,
        lat_cell=geo.lat_cell(site.latitude),
        x=x,
        y=y,
        z=z,
        state=site.state,
        name_key=index.name_key(name),
        document=documents.compact(
            {
                **document,
                "id": number,
                "slug": slug,
                "url": document["url"].replace(document["slug"], slug),
                "name": name,
                "address": {**document["address"], "city": site.city, "state": site.state, "zip": site.zip},
                "location": {"latitude": site.latitude, "longitude": site.longitude},
            }
        ),
        **{field: getattr(pattern, field) for field in _COPIED},
    )


_COPIED = (
    "card",
    "modality_bits",
    "insurance_bits",
    "language_bits",
    "age_group_bits",
    "access_bits",
    "psychotherapy",
    "esketamine_psychotherapy",
    "accepting_until",
    "oldest_check_at",
    "listed_until",
    "esketamine_until",
    "next_change_at",
)
