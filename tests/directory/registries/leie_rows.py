"""Rows and files of the exclusion list, made for tests. The people in them are invented."""

import csv
import io
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from directory import names
from directory.models import LeieEntry
from directory.registries.leie import HEADER

_number = count(1)


def excluded(
    *, last: str = "", first: str = "", business: str = "", npi: str = "", **fields: Any
) -> LeieEntry:
    """An entry as an import stores it."""
    return LeieEntry.objects.create(
        **{
            "key": f"{next(_number):064}",
            "last_name": last,
            "first_name": first,
            "business_name": business,
            "npi": npi,
            "state": "CO",
            "city": "DENVER",
            "exclusion_type": "1128a1",
            "excluded_on": date(2020, 1, 20),
            "person_key": names.person_key(last, first),
            "business_key": names.business_key(business),
            **fields,
        }
    )


def row(**cells: str) -> list[str]:
    """A row of the file; what is not named is as empty as the OIG has it."""
    empty = {
        "NPI": "0000000000",
        "EXCLTYPE": "1128a1",
        "EXCLDATE": "20200120",
        "REINDATE": "00000000",
        "WAIVERDATE": "00000000",
        "STATE": "CO",
    }
    return [{**empty, **cells}.get(name, "") for name in HEADER]


def text(rows: list[list[str]]) -> str:
    """The file: the header bare, every value quoted, CRLF."""
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return ",".join(HEADER) + "\r\n" + stream.getvalue()


def write(path: Path, rows: list[list[str]]) -> Path:
    """The file at `path`."""
    path.write_bytes(text(rows).encode())
    return path
