"""Files in NPPES's shape with made rows: no NPI in them was ever issued, for none begins with 2."""

import csv
import io
import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from directory import npi

ADDRESS = (
    "First Line {} Address|Second Line {} Address|{} Address City Name|{} Address State Name|{} Address Postal Code"
    "|{} Address Country Code (If outside U.S.)|{} Address Telephone Number|{} Address Fax Number"
)
NAMES = (
    "Provider Organization Name (Legal Business Name)|Provider Last Name (Legal Name)|Provider First Name"
    "|Provider Middle Name|Provider Name Prefix Text|Provider Name Suffix Text|Provider Credential Text"
    "|Provider Other Organization Name|Provider Other Organization Name Type Code|Provider Other Last Name"
    "|Provider Other First Name|Provider Other Middle Name|Provider Other Name Prefix Text"
    "|Provider Other Name Suffix Text|Provider Other Credential Text|Provider Other Last Name Type Code"
)
DATES = (
    "Provider Enumeration Date|Last Update Date|NPI Deactivation Reason Code|NPI Deactivation Date"
    "|NPI Reactivation Date|Provider Sex Code|Authorized Official Last Name|Authorized Official First Name"
    "|Authorized Official Middle Name|Authorized Official Title or Position|Authorized Official Telephone Number"
)
LAST = (
    "Is Sole Proprietor|Is Organization Subpart|Parent Organization LBN|Parent Organization TIN"
    "|Authorized Official Name Prefix Text|Authorized Official Name Suffix Text|Authorized Official Credential Text"
)
TAXONOMY = (
    "Healthcare Provider Taxonomy Code_{0}|Provider License Number_{0}|Provider License Number State Code_{0}"
    "|Healthcare Provider Primary Taxonomy Switch_{0}"
)
OTHER = (
    "Other Provider Identifier_{0}|Other Provider Identifier Type Code_{0}|Other Provider Identifier State_{0}"
    "|Other Provider Identifier Issuer_{0}"
)


def header() -> list[str]:
    """The 330 columns of npidata_pfile as CMS writes them now."""
    parts = ["NPI|Entity Type Code|Replacement NPI|Employer Identification Number (EIN)", NAMES]
    parts += [_address("Business Mailing"), _address("Business Practice Location"), DATES]
    parts += [TAXONOMY.format(number) for number in range(1, 16)]
    parts += [OTHER.format(number) for number in range(1, 51)]
    parts.append(LAST)
    parts += [f"Healthcare Provider Taxonomy Group_{number}" for number in range(1, 16)]
    return [*"|".join(parts).split("|"), "Certification Date"]


def _address(kind: str) -> str:
    return "|".join(f"Provider {part.format(kind)}" for part in ADDRESS.split("|"))


HEADER = header()
PLACE = {name: number for number, name in enumerate(HEADER)}


def row(number: int, **cells: str) -> list[str]:
    """A psychiatrist, or with an even number an infusion clinic. `cells` by header with "_" for every blank."""
    chance = random.Random(number)
    site = number % 2 == 0
    made = {
        "NPI": an_npi(number),
        "Entity Type Code": "2" if site else "1",
        "Provider Organization Name (Legal Business Name)": f"EXAMPLE INFUSION {number} LLC" if site else "",
        "Provider Last Name (Legal Name)": "" if site else f"EXAMPLE-{number}",
        "Provider First Name": "" if site else chance.choice(["ANA", "BEN", "CHO", "DEE"]),
        "Provider Credential Text": "" if site else "MD",
        "Provider First Line Business Mailing Address": f"PO BOX {number}",
        "Provider Business Mailing Address City Name": "DENVER",
        "Provider Business Mailing Address State Name": "CO",
        "Provider First Line Business Practice Location Address": f"{chance.randrange(9999)} EXAMPLE AVE",
        "Provider Second Line Business Practice Location Address": chance.choice(["", "STE 100"]),
        "Provider Business Practice Location Address City Name": chance.choice(["DENVER", "AUSTIN", "FARGO"]),
        "Provider Business Practice Location Address State Name": chance.choice(["CO", "TX", "ND"]),
        "Provider Business Practice Location Address Postal Code": f"{chance.randrange(10**8, 10**9)}",
        "Provider Business Practice Location Address Country Code (If outside U.S.)": "US",
        "Provider Business Practice Location Address Telephone Number": f"303555{chance.randrange(10**4):04}",
        "Provider Enumeration Date": f"{chance.randrange(1, 13):02}/{chance.randrange(1, 29):02}/2011",
        "Last Update Date": f"{chance.randrange(1, 13):02}/{chance.randrange(1, 29):02}/2024",
        "Healthcare Provider Taxonomy Code_1": "261QI0500X" if site else "2084P0800X",
        "Provider License Number_1": "" if site else f"DR{number:07}",
        "Provider License Number State Code_1": "" if site else "CO",
        "Healthcare Provider Primary Taxonomy Switch_1": "Y",
        "Is Sole Proprietor": "" if site else "N",
    }
    made |= {
        name.replace("_", " "): value for name, value in cells.items() if name.replace("_", " ") in PLACE
    }
    made |= {name: value for name, value in cells.items() if name in PLACE}
    line = [""] * len(HEADER)
    for name, value in made.items():
        line[PLACE[name]] = value
    return line


def an_npi(number: int) -> str:
    """A number that was never issued, with a right check digit."""
    return npi.with_check_digit(f"{200_000_000 + number}")


def rows(count: int) -> Iterator[list[str]]:
    return (row(number) for number in range(count))


def csv_text(lines: Iterable[list[str]], *, head: list[str] = HEADER, end: str = "\n") -> str:
    """All cells quoted, as CMS writes them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerow(head)
    writer.writerows(lines)
    return out.getvalue()


def csv_file(folder: Path, lines: Iterable[list[str]], *, name: str = "npidata.csv", **form: object) -> Path:
    path = folder / name
    path.write_text(csv_text(lines, **form), newline="")
    return path


def zip_file(folder: Path, members: dict[str, str | bytes], *, name: str = "download.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def workbook(folder: Path, lines: list[list[str]], *, sheet: str = "", name: str = "book.xlsx") -> Path:
    """A workbook of inline texts; `sheet` stands for the whole XML of its sheet."""
    cells = "".join(f"<row>{''.join(map(_cell, line))}</row>" for line in lines)
    xml = sheet or f'<?xml version="1.0"?><worksheet><sheetData>{cells}</sheetData></worksheet>'
    return zip_file(folder, {"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": xml}, name=name)


def _cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'
