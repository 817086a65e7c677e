"""What a manager fills in about the people of a team, and what somebody who joins says of themselves."""

from typing import Any, Final

from django import forms

from accounts.models import Membership
from directory.models import Clinic
from directory.team.invitations import EMAIL_LIMIT
from directory.team.roster import Viewer
from referrals.forms import LineField, PlainForm

ALL, SOME = "all", "some"
ROLES: Final = [
    (Membership.Role.STAFF, "Staff: reads and answers requests, keeps the listing true"),
    (
        Membership.Role.MANAGER,
        "Manager: the same, and looks after the team and the listing's name and address",
    ),
]
NO_SITE: Final = "Choose at least one site"
NAME_LIMIT: Final = 120
PASSWORD_LIMIT: Final = 1_000


class PartForm(PlainForm):
    """Role and sites. Where there is nothing to choose, the sites are not asked."""

    role = forms.ChoiceField(
        label="What may they do?",
        choices=ROLES,
        widget=forms.RadioSelect,
        initial=Membership.Role.STAFF,
        error_messages={"required": "Choose what they may do", "invalid_choice": "Choose what they may do"},
    )
    reach = forms.ChoiceField(
        label="For which sites?",
        choices=[(ALL, "All sites, also those that are added later"), (SOME, "Only the sites ticked below")],
        widget=forms.RadioSelect,
        initial=ALL,
        error_messages={"required": "Choose for which sites", "invalid_choice": "Choose for which sites"},
    )
    sites = forms.TypedMultipleChoiceField(
        label="Which sites, if only some",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the list"},
    )

    def __init__(self, *args: Any, viewer: Viewer, clinics: list[Clinic], **kwargs: Any) -> None:
        """`clinics`: the sites that the viewer manages."""
        super().__init__(*args, **kwargs)
        self.every, self.clinics = viewer.managed.every, clinics
        self.fields["sites"].choices = [(each.pk, f"{each.name}, {each.city}") for each in clinics]  # type: ignore[attr-defined]
        if not self.every:
            del self.fields["reach"]
        if len(clinics) < 2:  # one site, or none yet: nothing to choose
            del self.fields["sites"]
            self.fields.pop("reach", None)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        is_wrong_already = self.errors.keys() & {"sites", "reach"}
        if self.asks_sites and not (self.whole_organization or given.get("sites") or is_wrong_already):
            self.add_error("sites", NO_SITE)
        return given

    @property
    def asks_sites(self) -> bool:
        return "sites" in self.fields

    @property
    def whole_organization(self) -> bool:
        """What was chosen, or follows."""
        chosen = self.cleaned_data.get("reach") == ALL if "reach" in self.fields else not self.asks_sites
        return self.every and chosen

    @property
    def chosen(self) -> list[Clinic]:
        """The sites that were ticked, or the only one."""
        if self.whole_organization:
            return []
        ticked = self.cleaned_data.get("sites") if self.asks_sites else [each.pk for each in self.clinics]
        return [each for each in self.clinics if each.pk in set(ticked or [])]


class InviteForm(PartForm):
    """Whom to ask, and what for."""

    email = forms.EmailField(
        label="Their e-mail",
        help_text="We send a link there. It works for 7 days, once, for this address alone.",
        max_length=EMAIL_LIMIT,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Enter an e-mail address",
            "invalid": "Enter an e-mail address like name@example.com",
            "max_length": "Enter an e-mail address like name@example.com",
        },
    )
    field_order = ("email", "role", "reach", "sites")


class OwnSitesForm(PlainForm):
    """Which of the viewer's own sites somebody acts for who also works elsewhere."""

    sites = forms.TypedMultipleChoiceField(
        label="Your sites they act for",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the list"},
    )

    def __init__(self, *args: Any, clinics: list[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinics = clinics
        self.fields["sites"].choices = [(each.pk, f"{each.name}, {each.city}") for each in clinics]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> list[Clinic]:
        return [each for each in self.clinics if each.pk in set(self.cleaned_data["sites"])]


class JoinForm(PlainForm):
    """Somebody new: a name and a password. The address is known."""

    name = LineField(
        label="Your name",
        help_text="Your colleagues see it.",
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your name", "max_length": f"Use {NAME_LIMIT} characters or fewer"},
    )
    password = forms.CharField(
        label="Choose a password",
        help_text="At least 15 characters. A few words in a row are easy to remember.",
        strip=False,
        max_length=PASSWORD_LIMIT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={
            "required": "Choose a password",
            "max_length": f"Use {PASSWORD_LIMIT:,} characters or fewer",
        },
    )
