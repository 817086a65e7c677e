"""What somebody says who takes a listing down for good."""

import re
from typing import Any, Final

from django import forms

from directory.closing import WITH_SUCCESSOR
from directory.forms import PlainForm
from directory.models import Clinic

_Reason = Clinic.StatusReason
REASONS: Final = [
    (_Reason.CLOSED_DOWN, "It closed"),
    (_Reason.MOVED, "It moved"),
    (_Reason.MERGED, "It became part of another clinic"),
    (_Reason.CLINIC_ASKED, "The clinic does not want to be listed"),
]
_PAGE: Final = re.compile(r"(?:.*/clinic/)?([a-z0-9-]{1,80})/?", re.ASCII)
NO_SUCH_PAGE: Final = "Enter the address of a clinic’s page on this site"
BOTH: Final = "Each clinic of a practice that moves or becomes part of another one is closed by itself"


class ClosingForm(PlainForm):
    """`successor` cleans to a Clinic or None; `whole` also closes the practice's other clinics."""

    reason = forms.ChoiceField(
        label="What happened?",
        choices=REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what happened", "invalid_choice": "Choose what happened"},
    )
    successor = forms.CharField(
        label="Where did it go?",
        help_text="If it has a page on this site, copy that page’s address. The old page then leads there.",
        required=False,
        max_length=300,
        error_messages={"max_length": NO_SUCH_PAGE},
    )
    never_again = forms.BooleanField(
        label="Do not list it again",
        help_text="Then no register or file brings it back, and its old page no longer shows its name.",
        required=False,
    )
    whole = forms.BooleanField(label="Close all clinics of this practice", required=False)
    sure = forms.BooleanField(
        label="I know that this cannot be undone",
        error_messages={"required": "Tick the box to say that you know it cannot be undone"},
    )

    def __init__(self, *args: Any, others: int = 0, **kwargs: Any) -> None:
        """`others`: how many more clinics of the practice could be closed."""
        super().__init__(*args, **kwargs)
        if others:
            self.fields["whole"].help_text = f"It has {others} more."
        else:
            del self.fields["whole"]

    def clean_successor(self) -> Clinic | None:
        """The clinic of that page; one that was never listed has none."""
        text = self.cleaned_data["successor"].strip()
        if not text:
            return None
        page = _PAGE.fullmatch(text)
        known = Clinic.objects.exclude(status=Clinic.Status.CANDIDATE)
        found = known.filter(slug=page.group(1)).first() if page else None
        if found is None:
            raise forms.ValidationError(NO_SUCH_PAGE, code="unknown")
        return found

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        reason, successor = given.get("reason"), given.get("successor")
        if reason == _Reason.MERGED and successor is None and "successor" not in self.errors:
            self.add_error("successor", "Say which clinic it became part of")
        if reason in (_Reason.CLOSED_DOWN, _Reason.CLINIC_ASKED) and successor is not None:
            self.add_error("successor", "Such a clinic did not go anywhere: leave this empty")
        if given.get("never_again") and reason in WITH_SUCCESSOR:
            self.add_error("never_again", "A clinic that goes on elsewhere is listed there: leave this open")
        if given.get("whole") and reason in WITH_SUCCESSOR:
            self.add_error("whole", BOTH)
        return given
