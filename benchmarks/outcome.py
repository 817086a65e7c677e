"""What a benchmark or a drill says at its end."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def keep(facts: Mapping[str, Any], out: Path | None) -> None:
    """The facts as JSON on stdout, and in the file `out`, if there is one."""
    text = json.dumps(facts, indent=1) + "\n"
    sys.stdout.write(text)
    if out:
        out.write_text(text)
