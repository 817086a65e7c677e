"""Files that somebody sent and has not yet said yes to: kept below DATA_DIR, for a while, for that person alone."""

import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from accounts.models import User

_KEY: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class KeptFiles:
    """One kind of such files. `about` in the verbs says what a file belongs to, besides its owner; a plain number."""

    folder: str
    seconds: int

    def keep(self, data: bytes, *, by: User, about: int = 0) -> str:
        """The key under which `by` alone finds the file again. What others left too long ago goes."""
        self._place().mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clear()
        key = secrets.token_hex(16)
        handle = os.open(self._path(key, by, about), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as stream:
            stream.write(data)
        return key

    def find(self, key: str, *, by: User, about: int = 0) -> bytes | None:
        """The file, or None if `by` has none under this key, or no longer."""
        if not _KEY.fullmatch(key):
            return None
        path = self._path(key, by, about)
        try:
            return None if self._is_over(path) else path.read_bytes()
        except FileNotFoundError:
            return None

    def discard(self, key: str, *, by: User, about: int = 0) -> None:
        """It is not needed any more."""
        if _KEY.fullmatch(key):
            self._path(key, by, about).unlink(missing_ok=True)

    def _place(self) -> Path:
        return Path(settings.DATA_DIR) / self.folder

    def _path(self, key: str, by: User, about: int) -> Path:
        return self._place() / f"{by.pk}-{about}-{key}.csv"

    def _is_over(self, path: Path) -> bool:
        return path.stat().st_mtime < time.time() - self.seconds

    def _clear(self) -> None:
        for path in self._place().glob("*.csv"):
            try:
                if self._is_over(path):
                    path.unlink()
            except FileNotFoundError:
                continue  # somebody else was clearing, too
