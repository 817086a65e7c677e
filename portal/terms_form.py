"""How a manager agrees to the operator's terms for their clinic."""

from django import forms

from directory.forms import PlainForm
from directory.intake.form import LineField
from directory.terms import NAME_LIMIT


class TermsForm(PlainForm):
    """A tick and a typed name. `version` says which text was read."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=20)
    agree = forms.BooleanField(
        label="I have read these terms and agree to them for this clinic. I am allowed to do so.",
        error_messages={"required": "Tick the box if you agree"},
    )
    typed_name = LineField(
        label="Your full name, as a signature",
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": "Type your full name",
            "max_length": f"Use {NAME_LIMIT} characters or fewer",
        },
    )
