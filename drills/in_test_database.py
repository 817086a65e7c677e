"""Walks of many sequences in a database of their own, made for the run and thrown away after it."""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import setup_test_environment

SAY_EVERY = 250


class Walk(Protocol):
    """One sequence: what was called in it."""

    done: list[str]


@contextmanager
def a_database() -> Iterator[None]:
    """A test database beside the one of DATABASE_URL or DATA_DIR, with the gazetteer in it."""
    setup_test_environment()
    logging.disable(logging.CRITICAL)  # a page that refuses says so each time
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    connection.creation.create_test_db(verbosity=0)
    try:
        call_command("load_gazetteer", verbosity=0)
        yield
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def walk(walks: Iterable[Any], *, of: int, fault: Callable[[Any], str]) -> tuple[int, list[str], float]:
    """How many were walked, those with a fault, and the seconds it took. Ctrl+C ends it early."""
    faults, tried, began = [], 0, time.monotonic()
    with transaction.atomic(), suppress(KeyboardInterrupt):
        for each in walks:
            tried += 1
            if fault(each):
                faults.append(repr(each))
                print(each, file=sys.stderr, flush=True)
            _say(tried, of, began)
    return tried, faults, round(time.monotonic() - began, 1)


def _say(done: int, of: int, began: float) -> None:
    if done % SAY_EVERY == 0:
        left = (time.monotonic() - began) / done * (of - done)
        print(f"{done:,} of {of:,} sequences, {left:,.0f} s left", file=sys.stderr, flush=True)
