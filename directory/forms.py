"""What the public can fill in here: a report about a listing."""

from typing import Any

from django import forms

from directory.models import Report
from directory.voices.reports import TEXT_LIMIT


class PlainForm(forms.Form):
    """No check before sending by the browser: what is missing is said in the page, beside the field."""

    use_required_attribute = False


class NoteField(forms.CharField):
    """Several lines. A line break counts as one character, as the browser's own counter does."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class ReportForm(PlainForm):
    """What is wrong, and some words about it if somebody wants to. Nothing about who they are."""

    about = forms.ChoiceField(
        label="What is wrong?",
        choices=Report.About.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is wrong", "invalid_choice": "Choose from the list"},
    )
    text = NoteField(
        label="What happened, or what is right?",
        help_text="We do not need to know who you are. Leave out names, and anything about your own health.",
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"max_length": f"Use {TEXT_LIMIT} characters or fewer"},
    )
