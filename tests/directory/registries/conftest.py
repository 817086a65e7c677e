"""Where imports may write, and the dates they are told."""

from datetime import date

import pytest

from directory.registries import load, nppes


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()


@pytest.fixture
def take(db):
    """Imports a file of NPPES: take(path, kind="main", day=1, weekly=False, everything=True, …)."""

    def take(path, *, kind="main", day=1, weekly=False, everything=True, **options):
        registry = nppes.registry_of(kind, weekly=weekly, everything=everything)
        return load(registry, path, source_date=date(2026, 11, day), **options)

    return take
