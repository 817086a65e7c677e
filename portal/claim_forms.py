"""What is filled in about a claim: by whoever makes it, by a manager who hears of it, by the verifier who decides."""

from typing import Any, Final

from django import forms

from accounts.models import Membership
from directory import claims
from directory.claims.addresses import LONGEST, domain_of
from directory.claims.searching import LONGEST as LONGEST_SEARCH
from directory.models import Clinic, ListingClaim
from directory.templatetags.plain_words import phone
from referrals.forms import LineField, NoteField, PlainForm

Proof = ListingClaim.Proof

_PROOFS: Final = {
    Proof.DOMAIN_MAIL: "We mail a code to an address at {domain}",
    Proof.LETTER: "We post a letter with a code to the clinic (5 to 8 days)",
    Proof.MANAGER: "Somebody who looks after this listing already lets me in",
}
SITE, WHOLE = "site", "whole"
NO, YES = "no", "yes"


class FindForm(PlainForm):
    """One's own clinic, by whatever is known of it."""

    q = LineField(
        label="Your clinic",
        help_text="Its name and town, its phone number, or its NPI.",
        max_length=LONGEST_SEARCH,
        error_messages={
            "required": "Enter something of your clinic",
            "max_length": f"Use {LONGEST_SEARCH} characters or fewer",
        },
    )


class ClaimForm(PlainForm):
    """How it can be proved, and who is asking."""

    proof = forms.ChoiceField(
        label="Show that you work there",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you can show it", "invalid_choice": "Choose from the list"},
    )
    address = LineField(
        label="Your e-mail address there",
        required=False,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email"}),
    )
    position = LineField(
        label="What do you do there?",
        help_text="For example: office manager. We say this when we call.",
        max_length=80,
        error_messages={
            "required": "Say what you do at the clinic",
            "max_length": "Use 80 characters or fewer",
        },
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        """Offers the proofs that are possible for the clinic."""
        super().__init__(*args, **kwargs)
        self.domain = domain_of(clinic)
        possible = claims.possible_proofs(clinic)
        choice = self.fields["proof"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  (for the types alone)
        choice.choices = [(each, _PROOFS[Proof(each)].format(domain=self.domain)) for each in possible]
        if len(possible) == 1:
            self.initial.setdefault("proof", possible[0])
        if self.domain:
            self.fields["address"].help_text = f"Only for the code by mail. It ends in @{self.domain}."
        else:
            del self.fields["address"]

    def clean_address(self) -> str:
        """Whose domain it is says the process; here only what no mail address can be."""
        address: str = self.cleaned_data["address"]
        if len(address) > LONGEST:
            raise forms.ValidationError("Enter a shorter e-mail address")
        return address

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        by_mail = given.get("proof") == Proof.DOMAIN_MAIL
        if by_mail and not given.get("address") and "address" not in self.errors:
            self.add_error("address", f"Enter your address at {self.domain}")
        return given


class ProofCodeForm(PlainForm):
    """The code from the mail or the letter. What is no code at all is not counted as a try."""

    code = forms.CharField(
        label="The code",
        help_text="8 digits. You can paste it.",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "Enter the code", "max_length": "The code has 8 digits"},
    )


class AnswerForm(PlainForm):
    """A manager says whether somebody works with them, and if so, what they may do."""

    answer = forms.ChoiceField(
        label="Does this person work with you?",
        widget=forms.RadioSelect,
        choices=[(NO, "No"), (YES, "Yes, let them in")],
        error_messages={
            "required": "Choose one of the two answers",
            "invalid_choice": "Choose from the list",
        },
    )
    role = forms.ChoiceField(
        label="If yes: what may they do?",
        widget=forms.RadioSelect,
        initial=Membership.Role.STAFF,
        choices=[
            (Membership.Role.STAFF, "Staff: answer requests and keep what the clinic says"),
            (Membership.Role.MANAGER, "Manager: that, and name, address and team"),
        ],
        error_messages={"required": "Choose what they may do", "invalid_choice": "Choose from the list"},
    )
    where = forms.ChoiceField(
        label="If yes: for which clinics?",
        widget=forms.RadioSelect,
        initial=SITE,
        choices=[(SITE, "This one"), (WHOLE, "All of the practice, also later ones")],
        error_messages={"required": "Choose for which clinics", "invalid_choice": "Choose from the list"},
    )

    def __init__(self, *args: Any, can_let_in: bool, has_whole: bool, **kwargs: Any) -> None:
        """`can_let_in`: somebody's claim stands, under which they can join. `has_whole`: the reader has all sites."""
        super().__init__(*args, **kwargs)
        if not can_let_in:
            answer = self.fields["answer"]
            assert isinstance(answer, forms.ChoiceField)  # noqa: S101  (for the types alone)
            answer.choices = [(NO, "No, or not for this clinic")]
            del self.fields["role"]
        if not (can_let_in and has_whole):
            del self.fields["where"]


class CallForm(PlainForm):
    """How the call to the clinic ended."""

    outcome = forms.ChoiceField(
        label="How did it end?",
        widget=forms.RadioSelect,
        choices=claims.CallOutcome.choices,
        error_messages={"required": "Choose how it ended", "invalid_choice": "Choose from the list"},
    )
    number = LineField(
        label="Which number did you call?",
        max_length=40,
        error_messages={"required": "Enter the number that you called", "max_length": "Enter a phone number"},
    )
    source = LineField(
        label="Where did you find it?",
        help_text="A public place, such as the state board's page. Never the person who claims.",
        max_length=60,
        error_messages={
            "required": "Say where you found the number",
            "max_length": "Use 60 characters or fewer",
        },
    )

    def __init__(self, *args: Any, known: list[claims.Number], **kwargs: Any) -> None:
        """Where a source has numbers, one of them is chosen; else it is typed, with its source."""
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["source"]
            self.fields["number"] = forms.ChoiceField(
                label="Which number did you call?",
                widget=forms.RadioSelect,
                initial=known[0].e164,
                choices=[(each.e164, f"{phone(each.e164)} ({each.source})") for each in known],
                error_messages={"required": "Choose the number", "invalid_choice": "Choose from the list"},
            )


class LetterForm(PlainForm):
    """Where the address was found, if no source of ours has it."""

    found_at = LineField(
        label="Where did you see that this address is the clinic’s?",
        help_text="A public place, such as the state board's page. Never the person who claims.",
        max_length=120,
        error_messages={"required": "Say where you saw it", "max_length": "Use 120 characters or fewer"},
    )

    def __init__(self, *args: Any, is_known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_known:
            del self.fields["found_at"]


class RefuseForm(PlainForm):
    """Why not, in words for the claimant."""

    note = NoteField(
        label="Why not?",
        help_text="The person who claimed reads this.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why", "max_length": "Use 300 characters or fewer"},
    )
