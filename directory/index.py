"""The search index: one row per clinic that is shown, written in the transaction that changes the clinic.

A row holds its public document and the instants at which it stops being true. Lapses need no writer: SQL compares the
instants with the clock, and a document past its `next_change_at` is made anew when it is read, until the worker's chore
has rewritten the row.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, cast

from django.db import models, transaction
from django.db.models import F

from directory import documents, facts, geo
from directory.documents import Written
from directory.models import Clinic, DirectoryVersion, IndexRow
from directory.models.clinic import ClinicQuerySet
from directory.signals import listing_stopped
from directory.vocabulary import Access, AgeGroup, Insurance, Language, Modality, bits
from outbox import clock

_BATCH: Final = 500
_WRITTEN: Final = [field.name for field in IndexRow._meta.concrete_fields if not field.primary_key]


def rebuild(clinic: Clinic) -> None:
    """Bring the row of one clinic up to date; see `rebuild_many`."""
    rebuild_many([clinic])


@transaction.atomic
def rebuild_many(clinics: Iterable[Clinic]) -> None:
    """Write the row of every clinic that is shown now, and delete those of the others.

    Reads the clinics afresh and locks them, so that the last of several writers sees what the others wrote. Raises
    the DirectoryVersion, a row that all writers share, after everything else. Sends `listing_stopped` for each clinic
    whose row went away. Audit after it, never before: one order of locks for all.
    """
    wanted = sorted({clinic.pk for clinic in clinics})
    stopped: list[Clinic] = []
    for start in range(0, len(wanted), _BATCH):
        stopped += _rebuild_batch(wanted[start : start + _BATCH])
    if wanted:
        raise_version()
    for clinic in stopped:
        listing_stopped.send(sender=Clinic, clinic=clinic)


def _rebuild_batch(ids: Sequence[int]) -> list[Clinic]:
    """Rebuild these rows; returns the clinics that had one and have none now."""
    clinics = list(_locked(ids))
    moment = clock.now()
    able = _able_to_receive(ids, moment)
    shown = [clinic for clinic in clinics if is_shown(clinic, moment)]
    IndexRow.objects.bulk_create(
        [_row(clinic, moment, accepts=clinic.pk in able) for clinic in shown],
        update_conflicts=True,
        unique_fields=["clinic"],
        update_fields=_WRITTEN,
    )
    gone = IndexRow.objects.filter(pk__in=ids).exclude(pk__in=[clinic.pk for clinic in shown])
    had_row = set(gone.values_list("pk", flat=True))
    gone.delete()
    return [clinic for clinic in clinics if clinic.pk in had_row]


def _locked(ids: Sequence[int]) -> ClinicQuerySet:
    clinics = facts.with_facts(Clinic.objects.filter(pk__in=ids))
    return clinics.order_by("pk").select_for_update(of=("self",), no_key=True)


def _able_to_receive(ids: Iterable[int], at: datetime) -> set[int]:
    return set(Clinic.objects.able_to_receive(at).filter(pk__in=ids).values_list("pk", flat=True))


def is_shown(clinic: Clinic, at: datetime) -> bool:
    """A person listed it, and its facts hold at `at`: what Clinic.objects.shown() asks of the database."""
    return clinic.status == Clinic.Status.LISTED and facts.shown_until(clinic) > at


def raise_version() -> None:
    """Say that what search can show has changed, last of all: every other writer waits for it until this commits."""
    versions = DirectoryVersion.objects.filter(pk=1)
    if not versions.update(number=F("number") + 1):
        DirectoryVersion.objects.bulk_create([DirectoryVersion(pk=1)], ignore_conflicts=True)
        versions.update(number=F("number") + 1)


def refresh_stale(limit: int = 500) -> int:
    """The worker's chore: rewrite rows whose document has stopped being true, the longest overdue first.

    Returns how many. Nothing public waits for it; it is what tells others that a listing has lapsed by itself.
    """
    ids = list(_stale().order_by("next_change_at").values_list("pk", flat=True)[:limit])
    for start in range(0, len(ids), 50):  # short transactions: other writers wait for the version
        rebuild_many(Clinic.objects.filter(pk__in=ids[start : start + 50]).only("pk"))
    return len(ids)


def count_stale() -> int:
    """How many rows `refresh_stale` would rewrite in all."""
    return _stale().count()


def _stale() -> models.QuerySet[IndexRow]:
    return IndexRow.objects.filter(next_change_at__lte=clock.to_micros(clock.now()))


# --- one row -----------------------------------------------------------------------------------


def _row(clinic: Clinic, at: datetime, *, accepts: bool) -> IndexRow:
    # A listed clinic has a point: constraint clinic_listed_is_complete.
    latitude, longitude = cast("tuple[float, float]", (clinic.latitude, clinic.longitude))
    x, y, z = geo.unit_vector(latitude, longitude)
    written = documents.write(clinic, at, accepts=accepts)
    return IndexRow(
        clinic=clinic,
        latitude=latitude,
        longitude=longitude,
        lat_cell=geo.lat_cell(latitude),
        x=x,
        y=y,
        z=z,
        state=clinic.state,
        name_key=name_key(clinic.name)[:160],
        **_bits(clinic),
        **_instants(clinic, at),
        document=written.document,
        card=written.card,
    )


def _bits(clinic: Clinic) -> dict[str, Any]:
    offerings = clinic.offerings.all()
    with_therapy = {offering.modality for offering in offerings if offering.psychotherapy}
    return {
        "modality_bits": bits(Modality, [offering.modality for offering in offerings]),
        "insurance_bits": bits(Insurance, clinic.insurance),
        "language_bits": bits(Language, clinic.languages),
        "age_group_bits": bits(AgeGroup, clinic.age_groups),
        "access_bits": bits(Access, clinic.access),
        "psychotherapy": bool(with_therapy - {Modality.ESKETAMINE}),
        "esketamine_psychotherapy": Modality.ESKETAMINE in with_therapy,
    }


def _instants(clinic: Clinic, at: datetime) -> dict[str, int]:
    accepting = facts.accepting_until(clinic) if clinic.accepting_new_patients else facts.NEVER
    instants = {
        "accepting_until": accepting,
        "oldest_check_at": facts.oldest_check_at(clinic, at),
        "listed_until": facts.shown_until(clinic),
        "esketamine_until": facts.esketamine_until(clinic),
        "next_change_at": facts.next_change_at(clinic, at),
    }
    return {name: clock.to_micros(instant) for name, instant in instants.items()}


def name_key(text: str) -> str:
    """A name as search compares it: words without case, accents or marks, one space between. May be empty.

    Unlike the key of a town it keeps every script, so that 李 and Ñ are found too.
    """
    apart = unicodedata.normalize("NFKD", text.replace("'", "").replace("\u2019", "").casefold())
    plain = "".join(character for character in apart if not unicodedata.combining(character))
    return " ".join("".join(character if character.isalnum() else " " for character in plain).split())


# --- documents made anew -----------------------------------------------------------------------


def document_of(clinic: Clinic, at: datetime | None = None) -> dict[str, Any]:
    """The clinic of the public API as it stands at `at` (now), without a distance."""
    moment = at or clock.now()
    return documents.public(clinic, moment, accepts=clinic.pk in _able_to_receive([clinic.pk], moment))


def written_anew(ids: Iterable[int], at: datetime) -> dict[int, tuple[Written, datetime]]:
    """Documents made anew for these clinics, with the instant at which each stops being true."""
    wanted = list(ids)
    able = _able_to_receive(wanted, at)
    clinics = facts.with_facts(Clinic.objects.filter(pk__in=wanted))
    return {
        clinic.pk: (documents.write(clinic, at, accepts=clinic.pk in able), facts.next_change_at(clinic, at))
        for clinic in clinics
    }
