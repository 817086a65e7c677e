"""What a person answered: the one shape that forms fill, the envelope seals and the clinic reads."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

RATHER_TELL = "rather-tell"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """One request's personal data. Codes are the vocabularies' slugs; "" always means "not said" or "not sure".

    `phone` is E.164 or "", `phone_extension` digits or ""; `topics` holds `Topic` slugs, or
    `RATHER_TELL` alone; `note` has at most 500 characters.
    """

    for_whom: str = "me"
    call_me: str
    adult: bool = True
    phone: str = ""
    phone_extension: str = ""
    voicemail_ok: bool = False
    text_ok: bool = False
    email: str = ""
    best_time: str = ""
    language: str = "en"
    interpreter: bool = False
    topics: tuple[str, ...] = ()
    modality: str = ""
    insurance: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.adult:
            raise ValueError("a request is for an adult")
        if not (self.phone or self.email):
            raise ValueError("a request leaves a phone number or an e-mail address")

    def as_payload(self) -> dict[str, Any]:
        """Plain JSON values, as they are sealed."""
        return {**asdict(self), "topics": list(self.topics)}

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Answers":
        """The answers of `as_payload`; what a later version added and this one does not know is left out."""
        known = {field.name: payload[field.name] for field in fields(cls) if field.name in payload}
        return cls(**{**known, "topics": tuple(known.get("topics", ()))})
