"""Write the tables of docs/performance.md from the results that are kept beside it.

python -m benchmarks.report            reads docs/figures/*.json, rewrites what is between the two marks
python -m benchmarks.report --check    says whether the page is what the results make, and changes nothing
"""

import json
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "performance.md"
BEGIN, END = "<!-- figures: python -m benchmarks.report -->", "<!-- end of figures -->"


def main(arguments: list[str]) -> int:
    """0; 1 if --check finds another page than the results make."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    results = [json.loads(path.read_text()) for path in sorted((DOCS / "figures").glob("*.json"))]
    made = f"{before}{BEGIN}\n\n{''.join(_section(result) for result in results)}{END}{after}"
    if "--check" in arguments:
        return 0 if made == PAGE.read_text() else 1
    PAGE.write_text(made)
    return 0


def _section(result: dict[str, Any]) -> str:
    """A heading, the machine in one line, and a table of every figure."""
    name = result.get("benchmark") or result.get("drill")
    title = " on ".join(str(part) for part in (name, result.get("engine")) if part)
    lines = [f"### {title}", "", _machine(result["machine"]), "", "| figure | value |", "| --- | --- |"]
    left_out = {"benchmark", "drill", "engine", "machine"}
    rows = [row for key, value in result.items() if key not in left_out for row in _rows(key, value)]
    return "\n".join([*lines, *rows, "", ""])


def _machine(machine: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in machine.items())


def _rows(key: str, value: Any) -> list[str]:
    """A row for each single figure; a ratio's median stands with its spread."""
    if isinstance(value, dict) and {"median", "min", "max"} <= set(value):
        return [f"| {key} | {value['median']:.2f} ({value['min']:.2f} to {value['max']:.2f}) |"]
    if isinstance(value, dict):
        return [row for name, each in value.items() for row in _rows(f"{key}: {name}", each)]
    if isinstance(value, list):
        return [f"| {key} | {', '.join(str(each) for each in value)} |"] if value else []
    return [f"| {key} | {value:,} |" if isinstance(value, int | float) else f"| {key} | {value} |"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
