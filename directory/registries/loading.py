"""A file of a registry into its table: looked at first, staged, judged, and then swapped in at once or not at all."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from accounts import audit
from accounts.models import User
from directory.models import RegistryFile
from directory.refusals import NotAllowed, Refused
from directory.registries import files, message, reading, spreadsheet
from directory.registries.files import Source, Unreadable
from directory.registries.progress import SILENT, Progress
from directory.registries.reading import Block
from directory.registries.reports import Report
from directory.registries.shape import Registry
from directory.registries.sifting import Sieve, Sifted, find_header
from directory.registries.staging import Staged
from outbox import clock
from outbox.failpoints import failpoint

State = RegistryFile.State
MOST_NAMED = 5  # columns
INTERRUPTED = "The import was stopped before it was complete. Nothing was changed by it."


class Busy(Refused):
    """Another import into the same table is running."""


@dataclass(frozen=True)
class Wish:
    """How a file is to be loaded."""

    registry: Registry
    path: Path
    member: str
    dry_run: bool
    confirm_by: User | None
    progress: Progress


def load(
    registry: Registry,
    path: Path,
    *,
    source_date: date,
    member: str = "",
    dry_run: bool = False,
    confirm_by: User | None = None,
    again: bool = False,
    progress: Progress = SILENT,
) -> RegistryFile:
    """Make the table what the file says; what became of it stands in the RegistryFile's `state` and `stops`.

    source_date: the day the registry put on the file; one before that of the last file is refused. member: a name
    within a ZIP archive. dry_run: all but the swap, with the counts of what would change; nothing is kept of it, not
    even the row of RegistryFile (its pk is None). confirm_by: a verifier who has seen why the file was held and loads
    it even so; that stands in the row and on the audit trail. again: even if the same file was loaded last.

    Raises Busy while another import of the same table runs, NotAllowed if `confirm_by` is no verifier. A file that is
    not what it should be raises nothing: its state is REFUSED and `stops` says why.
    """
    if confirm_by is not None and not (confirm_by.is_active and confirm_by.is_verifier):
        raise NotAllowed("Only a verifier may confirm a file that was held.")
    wish = Wish(registry, path, member, dry_run, confirm_by, progress)
    with _alone(registry):
        return _load(wish, source_date, again)


def _load(wish: Wish, source_date: date, again: bool) -> RegistryFile:
    _mark_interrupted(wish.registry)
    file = RegistryFile(
        registry=wish.registry.name,
        name=Path(wish.member or wish.path.name).name[:200],
        source_date=source_date,
        started_at=clock.now(),
    )
    try:
        _require_not_of_the_future(source_date)
        files.kind(wish.path)
        file.sha256 = files.sha256(wish.path)
        last = _last(wish.registry)
        if last and last.sha256 == file.sha256 and not again:
            file.rows = last.rows
            return _end(wish, file, State.UNCHANGED)
        _require_later(wish.registry, source_date)
        if not wish.dry_run:
            file.save()
        return _read(wish, file)
    except Unreadable as reason:
        return _end(wish, file, State.REFUSED, [str(reason)])


def _last(registry: Registry) -> RegistryFile | None:
    return RegistryFile.objects.filter(registry=registry.name, state=State.LOADED).order_by("pk").last()


def _require_not_of_the_future(source_date: date) -> None:
    """A slip in a date would make every later file look older than this one, and silence the alarm of a late file."""
    if source_date > clock.now().date() + timedelta(days=1):
        raise Unreadable("The file is dated in the future.")


def _require_later(registry: Registry, source_date: date) -> None:
    seen = RegistryFile.objects.filter(registry=registry.name, state__in=[State.LOADED, State.UNCHANGED])
    if seen.filter(source_date__gt=source_date).exists():
        raise Unreadable("The file is older than the one that is loaded.")


def _read(wish: Wish, file: RegistryFile) -> RegistryFile:
    report = Report(f"{wish.registry.name}-{file.source_date}-{file.sha256[:8]}")
    try:
        with Staged(wish.registry).made() as staged:
            missing, sifted = stage(wish, staged, report)
            wish.progress.say("Comparing with what is there ...")
            _drop_repeated(staged, sifted, report)
            file.rows, file.bad_rows = staged.rows(), sifted.bad
            report.close()
            file.report = report.name
            stops = _stops(staged, sifted, missing)
            if sifted.rows == 0 or file.rows == 0 < sifted.bad:
                raise Unreadable("The file has no row that can be used.")
            return _settle(wish, file, staged, stops)
    finally:
        report.close()
        file.report = report.name


def stage(wish: Wish, staged: Staged, report: Report) -> tuple[list[str], Sifted]:
    """Fills the staging table; the columns that the file lacks, and what it came to."""
    with _blocks(wish) as (source, found):
        first = next(found, None)
        if first is None:
            raise Unreadable("The file is empty.")
        header, rest = find_header(wish.registry, first)
        sieve = Sieve(wish.registry, header, report)
        _fill(wish, staged, source, sieve, chain([rest], found))
    return header.missing, sieve.sifted


def _fill(wish: Wish, staged: Staged, source: Source, sieve: Sieve, found: Iterable[Block]) -> None:
    failed: Exception | None = None
    with staged.writing() as write:
        try:
            for block in found:
                write(sieve.sift(block))
                failpoint("import.staging")
                wish.progress.at(source.position, source.size, sieve.sifted.rows)
        except Exception as error:
            failed = error  # after the writing has ended as it should: a broken COPY breaks what is around it
    if failed is not None:
        raise failed


@contextmanager
def _blocks(wish: Wish) -> Iterator[tuple[Source, Iterator[Block]]]:
    registry, kind = wish.registry, files.kind(wish.path)
    if kind == "xlsx" or wish.member.lower().endswith(".xlsx"):
        with spreadsheet.opened(wish.path, wish.member) as opened:
            yield opened
        return
    with files.opened(wish.path, wish.member) as source:
        if kind == "json":
            yield source, message.blocks(source.stream, registry.from_json)
        else:
            yield (
                source,
                reading.blocks(source.stream, delimiter=registry.delimiter, encoding=registry.encoding),
            )


def _drop_repeated(staged: Staged, sifted: Sifted, report: Report) -> None:
    staged.drop_unknown()
    repeated = staged.drop_repeated()
    staged.index()
    if repeated and not staged.registry.repeats:
        sifted.bad += repeated
        report.add(0, staged.registry.key, f"{repeated:,} rows repeat another one's; the last of each counts")


def _stops(staged: Staged, sifted: Sifted, missing: list[str]) -> list[str]:
    """Why a person should look first, as sentences; empty if the file is as files of this registry are."""
    registry = staged.registry
    stops = [f"The header lacks a column: {name}." for name in missing[:MOST_NAMED]]
    if len(missing) > MOST_NAMED:
        stops.append(f"The header lacks {len(missing) - MOST_NAMED} more columns.")
    if sifted.bad > registry.most_bad * sifted.rows:
        stops.append(f"{sifted.bad:,} of {sifted.rows:,} rows are bad.")
    now, then = staged.rows(), staged.rows_now()
    if registry.replaces and now < (1 - registry.most_lost) * then:
        stops.append(f"The file has {now:,} rows where there were {then:,}.")
    return [*stops, *(sentence for stop in registry.stops for sentence in stop(staged))]


def _settle(wish: Wish, file: RegistryFile, staged: Staged, stops: list[str]) -> RegistryFile:
    if stops and wish.confirm_by is None:
        return _end(wish, file, State.HELD, stops)
    file.stops, file.confirmed_by = stops, wish.confirm_by if stops else None
    if wish.dry_run:
        difference = staged.difference()
        file.added, file.changed, file.removed = difference.added, difference.changed, difference.removed
        return _end(wish, file, State.LOADED, stops)
    wish.progress.say("Writing what is different ...")
    _swap(file, staged)
    return file


@transaction.atomic
def _swap(file: RegistryFile, staged: Staged) -> None:
    file.removed = staged.remove()
    failpoint("import.removed")
    file.changed = staged.change()
    failpoint("import.changed")
    file.added = staged.add()
    file.state, file.finished_at = State.LOADED, clock.now()
    file.save()
    if staged.registry.finish:
        staged.registry.finish(staged)
    audit.record(
        actor=audit.actor_of(file.confirmed_by) if file.confirmed_by else audit.SYSTEM,
        action="registry.confirmed" if file.confirmed_by else "registry.loaded",
        object_type="registry_file",
        object_id=str(file.pk),
        purpose=file.registry,
    )
    failpoint("import.swapped")


def _end(wish: Wish, file: RegistryFile, state: State, stops: list[str] | None = None) -> RegistryFile:
    file.state, file.finished_at = state, clock.now()
    file.stops = stops or []
    if not wish.dry_run:
        file.save()
    return file


def _mark_interrupted(registry: Registry) -> None:
    """We are alone, so an import that is still running is one that was killed."""
    running = RegistryFile.objects.filter(registry=registry.name, state=State.RUNNING)
    running.update(state=State.REFUSED, finished_at=clock.now(), stops=[INTERRUPTED])


@contextmanager
def _alone(registry: Registry) -> Iterator[None]:
    """One import into a table at a time; the lock goes with the process, however that ends."""
    folder = Path(settings.DATA_DIR) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    # SQLite has one staging file for all; PostgreSQL, where several machines may import, has its own lock beside.
    name = registry.model._meta.db_table if connection.vendor == "postgresql" else "staging"
    lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _require_free(lock, name)
        yield
    finally:
        os.close(lock)
        _unlock(name)


def _require_free(lock: int, name: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Busy("Another import is running. Wait until it has ended.") from None
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [f"import {name}"])
            if not cursor.fetchone()[0]:
                raise Busy("Another import is running on another machine. Wait until it has ended.")


def _unlock(name: str) -> None:
    if connection.vendor == "postgresql" and not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [f"import {name}"])
