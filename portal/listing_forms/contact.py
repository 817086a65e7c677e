"""Who and where a clinic is, and how it is reached."""

from typing import Any, ClassVar, Final

from django import forms

from directory import gate
from directory.gate.structure import hidden_letters
from directory.intake.form import ClinicPhoneField, LineField, StateField, ZipField
from directory.links import host_of
from directory.models import Clinic
from directory.states import STATE_CHOICES
from portal.listing_forms.section_form import SectionForm
from referrals import phones

WEB_ADDRESS: Final = "Enter the address of your own website, like https://clinic.example/"
PLAIN_LETTERS: Final = (
    "Type this again with plain letters. Some of it cannot be seen, or only looks like a letter"
)
UNKNOWN_ZIP: Final = "We do not know this ZIP code. Check it, or write to us if it is new"
_LONGEST: Final = "Use {} characters or fewer"


def _line(label: str, name: str, *, required: bool = True, help_text: str = "") -> LineField:
    limit = int(getattr(Clinic._meta.get_field(name), "max_length", 0))
    return LineField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=limit,
        error_messages={"required": "Enter this", "max_length": _LONGEST.format(limit)},
    )


class WebsiteField(forms.CharField):
    """An address of a page that a patient may be led to: plain http or https, letters of English, no user, no port."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "").strip()
        if not text:
            return ""
        address = text if "://" in text else f"https://{text}"
        if text.startswith("/") or not _is_plain(address):
            raise forms.ValidationError(WEB_ADDRESS, code="invalid")
        return forms.URLField(assume_scheme="https", error_messages={"invalid": WEB_ADDRESS}).clean(address)


def _is_plain(address: str) -> bool:
    host = host_of(address)
    return (
        address.isascii()
        and not any(letter.isspace() or not letter.isprintable() for letter in address)
        and "." in host
        and "xn--" not in host
    )


class ContactForm(SectionForm):
    """Name, address, phone and website."""

    listing: ClassVar = (
        "name",
        "line1",
        "line2",
        "city",
        "state",
        "zip",
        "phone",
        "phone_extension",
        "website",
    )

    name = _line("Name of the clinic", "name", help_text="As it stands on your door.")
    line1 = _line("Street address", "line1", help_text="Where patients go. A post office box is no address.")
    line2 = _line("Suite or floor", "line2", required=False)
    city = _line("City", "city")
    state = StateField(
        label="State",
        choices=STATE_CHOICES,
        error_messages={"required": "Choose a state", "invalid_choice": "Choose a state"},
    )
    zip = ZipField(label="ZIP code", max_length=20, error_messages={"required": "Enter the ZIP code"})
    phone = ClinicPhoneField(
        label="Phone",
        help_text="The one that patients call.",
        max_length=60,
        error_messages={
            "required": "Enter the phone number",
            "invalid": "Enter a US phone number, like 303-555-0142",
            "max_length": "Enter a US phone number, like 303-555-0142",
        },
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    website = WebsiteField(
        label="Website",
        help_text="We link to it once one of us has seen that it is yours.",
        required=False,
        max_length=200,
        error_messages={"max_length": _LONGEST.format(200)},
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )

    @classmethod
    def initial_of(cls, clinic: Clinic) -> dict[str, Any]:
        """The phone as people write it."""
        shown = phones.display(clinic.phone, clinic.phone_extension) if clinic.phone else ""
        return {**super().initial_of(clinic), "phone": shown}

    def clean(self) -> dict[str, Any]:
        """No letters that only look like others, in what people read as who and where the clinic is."""
        given: dict[str, Any] = super().clean() or {}
        for name in ("name", "line1", "line2", "city"):
            if hidden_letters(name, str(given.get(name) or "")):
                self.add_error(name, PLAIN_LETTERS)
        if gate.look({"name": str(given.get("name") or "")}).block:
            self.add_error("name", "Enter the name of the clinic, and nothing else")
        return given

    def values(self) -> dict[str, Any]:
        """The phone as two values."""
        number, extension = self.cleaned_data["phone"]
        return {
            **{name: self.cleaned_data[name] for name in self.fields},
            "phone": number,
            "phone_extension": extension[:10],
        }
