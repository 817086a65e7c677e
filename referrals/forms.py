"""The questions of a request: three short steps, and the agreement before it is sent."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms

from directory.forms import NoteField, PlainForm
from directory.models import Clinic
from directory.vocabulary import Insurance, Language, Modality
from referrals import consent, phones
from referrals.answers import RATHER_TELL
from referrals.note_signs import NUMBER_WARNING, holds_identity_number, sounds_like_crisis
from referrals.vocabulary import Topic

__all__ = [
    "NUMBER_WARNING",
    "PHONE_ONLY_NOTICE",
    "STEPS",
    "ConsentForm",
    "MessageForm",
    "NoteField",
    "PlainForm",
    "ReachForm",
    "WantForm",
    "WhoForm",
    "holds_identity_number",
    "phone_only",
    "sounds_like_crisis",
]

NAME_LIMIT = 80
NOTE_LIMIT = 500
MESSAGE_LIMIT = 1000
LOCAL_PART_LIMIT = 64  # RFC 5321, 4.5.3.1.1
EMAIL_LIMIT = 254

PHONE_ONLY_NOTICE = (
    "You left a phone number and no e-mail address. You will hear from the clinic by phone. "
    "We cannot write to you, so keep the private link you get after sending: "
    "it shows what the clinic has done."
)
EMERGENCY_NUMBER_NOTICE = (
    "Enter your own phone number here. If you need help right now, call or text 988. In danger? Call 911."
)


class LineField(forms.CharField):
    """One line in any script. Control characters become spaces; invisible characters alone are empty."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        shown = "".join(" " if unicodedata.category(c) == "Cc" and c != "\0" else c for c in text)
        line = " ".join(shown.split())
        return line if any(c.isprintable() for c in line) else ""


class PhoneField(forms.CharField):
    """Cleans to (E.164, extension), or ("", "")."""

    widget = forms.TextInput

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return "", ""
        try:
            return phones.read(text)
        except phones.EmergencyNumber:
            raise forms.ValidationError(EMERGENCY_NUMBER_NOTICE, code="emergency") from None
        except phones.NoPhone:
            raise forms.ValidationError(
                "Enter a phone number with area code, like 303-555-0142", code="phone"
            ) from None


def _short_local_part(email: str) -> None:
    if len(email.rpartition("@")[0]) > LOCAL_PART_LIMIT:
        raise forms.ValidationError("Enter an e-mail address like name@example.com", code="invalid")


class WhoForm(PlainForm):
    """Step 1. `adult` cleans to a bool: False is no error, the page then says what a parent can do."""

    for_whom = forms.ChoiceField(
        label="Who is this for?",
        choices=[("me", "Me"), ("other", "Someone I care for")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who this is for", "invalid_choice": "Choose who this is for"},
    )
    call_me = LineField(
        label="What should the clinic call you?",
        help_text="A first name or a nickname is enough.",
        max_length=NAME_LIMIT,
        error_messages={
            "required": "Enter what the clinic should call you",
            "max_length": f"Use {NAME_LIMIT} characters or fewer",
        },
    )
    adult = forms.TypedChoiceField(
        label="Are you 18 or over?",
        help_text="Your own age. Not the age of the person you care for.",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        coerce=lambda word: word == "yes",
        empty_value=None,
        error_messages={
            "required": "Say if you are 18 or over",
            "invalid_choice": "Say if you are 18 or over",
        },
    )


class ReachForm(PlainForm):
    """Step 2: a phone number, an e-mail address, or both. `phone` cleans to E.164."""

    phone = PhoneField(
        label="Phone",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"max_length": "Enter a phone number with area code, like 303-555-0142"},
    )
    voicemail_ok = forms.BooleanField(label="OK to leave a voice message", required=False)
    text_ok = forms.BooleanField(label="OK to text", required=False)
    email = forms.EmailField(
        label="E-mail",
        help_text="Use one only you can read.",
        required=False,
        max_length=EMAIL_LIMIT,
        validators=[_short_local_part],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "invalid": "Enter an e-mail address like name@example.com",
            "max_length": "Enter an e-mail address like name@example.com",
        },
    )
    best_time = forms.ChoiceField(
        label="Best time to reach you",
        required=False,
        choices=[
            ("", "Any time"),
            ("mornings", "Mornings"),
            ("afternoons", "Afternoons"),
            ("evenings", "Evenings"),
        ],
        error_messages={"invalid_choice": "Choose a time from the list"},
    )
    language = forms.ChoiceField(
        label="Language",
        choices=Language.choices,
        initial=Language.EN,
        error_messages={
            "required": "Choose a language from the list",
            "invalid_choice": "Choose a language from the list",
        },
    )
    interpreter = forms.BooleanField(label="I need an interpreter", required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        given["phone"], given["phone_extension"] = given.get("phone") or ("", "")
        if not given["phone"]:
            given["voicemail_ok"] = given["text_ok"] = False
        if not (given["phone"] or given.get("email") or self.errors):
            self.add_error("phone", "Pick at least one: a phone number or an e-mail address")
        return given


class WantForm(PlainForm):
    """Step 3, all of it optional. The treatments are those the clinic offers now."""

    topics = forms.MultipleChoiceField(
        label="What would you like help with?",
        required=False,
        choices=[*Topic.choices, (RATHER_TELL, "I would rather tell the clinic myself")],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the list"},
    )
    modality = forms.ChoiceField(
        label="Treatment", required=False, error_messages={"invalid_choice": "Choose from the list"}
    )
    insurance = forms.ChoiceField(
        label="How might you pay?",
        required=False,
        choices=[("", "Not sure"), *Insurance.choices],
        error_messages={"invalid_choice": "Choose from the list"},
    )
    note = NoteField(
        label="Anything else they should know?",
        help_text="Do not write anything you want kept off record.",
        required=False,
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": f"Use {NOTE_LIMIT} characters or fewer"},
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(slug, Modality(slug).label) for slug in offered_by(clinic)]
        self.fields["modality"].choices = [("", "Not sure"), *offered]  # type: ignore[attr-defined]

    def clean_topics(self) -> list[str]:
        """Who would rather tell the clinic says nothing else here."""
        topics: list[str] = self.cleaned_data["topics"]
        return [RATHER_TELL] if RATHER_TELL in topics else topics


class ConsentForm(PlainForm):
    """The agreement: never ticked beforehand, and only to the words that hold now."""

    agree = forms.BooleanField(error_messages={"required": "Tick the box if you agree to send this"})
    words = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, clinic: Clinic, **kwargs: Any) -> None:
        self.consent = consent.text(clinic)
        shown = {"words": self.consent.digest}
        self.agreed_to = data.get("words") if data is not None else None
        # Shown again, the form names today's words, whatever it was posted with.
        posted = None if data is None else {**dict(data.items()), **shown}
        super().__init__(posted, initial=shown, **kwargs)
        self.fields["agree"].label = f"I agree to send this to {clinic.name}"

    def clean_agree(self) -> bool:
        if self.agreed_to != self.consent.digest:
            self.data = {"words": self.consent.digest}
            raise forms.ValidationError("What you agree to has changed. Read it again, then tick the box")
        return True


class MessageForm(PlainForm):
    """Some words from one side to the other."""

    text = NoteField(
        label="Your answer",
        max_length=MESSAGE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "Write an answer first",
            "max_length": f"Use {MESSAGE_LIMIT:,} characters or fewer",
        },
    )


STEPS: dict[int, type[PlainForm]] = {1: WhoForm, 2: ReachForm, 3: WantForm}


def offered_by(clinic: Clinic) -> list[str]:
    """Slugs of the treatments the clinic may give at this instant, in the vocabulary's order."""
    shown = Clinic.objects.filter(pk=clinic.pk)
    return [slug for slug in Modality.values if shown.offering(slug).exists()]


def is_offered(clinic: Clinic, modality: str) -> bool:
    """May the clinic give `modality` at this instant?"""
    return Clinic.objects.filter(pk=clinic.pk).offering(modality).exists()


def phone_only(answers: dict[str, Any]) -> bool:
    """Did the person leave a phone number and no e-mail address? Then PHONE_ONLY_NOTICE is due."""
    return bool(answers.get("phone")) and not answers.get("email")
