"""What a test types into the pages on which a clinic keeps its listing."""

import re
from typing import Any

from django.test import Client

from directory.models import Clinic
from directory.vocabulary import Modality


def page(clinic: Clinic, *parts: object) -> str:
    """The address of one of the listing's own pages: page(clinic, "edit", "cost")."""
    return "/".join(["/manage/clinics", clinic.slug, *(str(part) for part in parts)]) + "/"


def version(answer: Any) -> str:
    """The hidden version in the first form of a page."""
    found = re.search(r'name="version" value="([^"]*)"', answer.content.decode())
    assert found, answer.content.decode()
    return found[1]


def save(client: Client, clinic: Clinic, section: str, opened: str | None = None, **typed: Any) -> Any:
    """Open a section, fill it in and save it. `opened`: the version, where it was opened before."""
    where = page(clinic, "edit", section)
    seen = version(client.get(where)) if opened is None else opened
    return client.post(where, {"version": seen, **typed})


def contact(**changed: str) -> dict[str, str]:
    """What stands in the form of the name, the address and the phone of a clinic of tests.build."""
    plain = {
        "name": "High Plains Example Clinic",
        "line1": "12 Example Street",
        "line2": "",
        "city": "Denver",
        "state": "CO",
        "zip": "80202",
        "phone": "303-555-0101",
        "website": "https://clinic.example/",
    }
    return {**plain, **changed}


def clinician(**changed: str) -> dict[str, str]:
    """One more clinician, as typed."""
    plain = {
        "do": "add",
        "clinician_first_name": "Bea",
        "clinician_last_name": "Sample",
        "clinician_credential": "NP",
        "clinician_npi": "",
        "license_state": "CO",
        "license_board": "Colorado Board of Nursing",
        "license_number": "APN.0001234",
        "license_expires": "2027-12-31",
    }
    return {**plain, **changed}


def treatments(*given: str, **about: str) -> dict[str, str]:
    """Routes that are ticked, and answers about the first of them."""
    ticked = {f"{Modality(slug).value}-offered": "on" for slug in given}
    return ticked | {f"{given[0]}-{name}": value for name, value in about.items()}
