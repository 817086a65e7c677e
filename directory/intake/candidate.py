"""What is known of a clinic before anything was checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Candidate:
    """What is known of a clinic before anything was checked: values that directory.intake.form has read.

    phone: E.164. state, license_state: two letters. modalities: slugs of the vocabulary. `notes` are sentences for
    whoever looks at it; `doubts` are sentences, too, and hold it back until a person has decided. `as_typed` holds, by
    label, what could not be kept as a value. `is_solo`: the NPI of the practice is that of its one clinician.
    """

    name: str
    line1: str
    city: str
    state: str
    zip: str
    phone: str
    line2: str = ""
    phone_extension: str = ""
    website: str = ""
    organization_name: str = ""
    organization_npi: str = ""
    is_solo: bool = False
    modalities: tuple[str, ...] = ()
    psychotherapy: bool = False
    clinician_first_name: str = ""
    clinician_last_name: str = ""
    clinician_credential: str = ""
    clinician_npi: str = ""
    license_state: str = ""
    license_board: str = ""
    license_number: str = ""
    license_expires: date | None = None
    license_lookup: str = ""
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    as_typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def practice(self) -> str:
        """The name of the organization, which is the clinic's own unless another was given."""
        return self.organization_name or self.name
