"""Files of clinics that somebody of the staff sent, kept below DATA_DIR until they said yes, for a day at most."""

import os
import re
import secrets
import time
from pathlib import Path
from typing import Final

from django.conf import settings

from accounts.models import User

KEPT_SECONDS: Final = 24 * 60 * 60
_KEY: Final = re.compile(r"[0-9a-f]{32}")


def keep(data: bytes, *, by: User) -> str:
    """The key under which `by` alone finds the file again. What others left a day ago goes."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _clear(folder)
    key = secrets.token_hex(16)
    handle = os.open(_path(key, by), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as stream:
        stream.write(data)
    return key


def find(key: str, *, by: User) -> bytes | None:
    """The file, or None if `by` has none under this key, or no longer."""
    if not _KEY.fullmatch(key):
        return None
    try:
        return _path(key, by).read_bytes()
    except FileNotFoundError:
        return None


def discard(key: str, *, by: User) -> None:
    """It is not needed any more."""
    if _KEY.fullmatch(key):
        _path(key, by).unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "clinic-files"


def _path(key: str, by: User) -> Path:
    return _folder() / f"{by.pk}-{key}.csv"


def _clear(folder: Path) -> None:
    oldest = time.time() - KEPT_SECONDS
    for path in folder.glob("*.csv"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            continue  # somebody else was clearing, too
