"""Reference data that nobody here wrote, kept beside the repository and never inside it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared(name: str) -> Path:
    """The file `name` under CAIRN_SHARED (by default ../shared); without it the test is skipped."""
    folder = Path(os.environ.get("CAIRN_SHARED", ROOT.parent / "shared"))
    for path in (folder / "data" / name, folder / name):
        if path.exists():
            return path
    pytest.skip(f"needs the reference file {name}; set CAIRN_SHARED to the folder that holds it")
