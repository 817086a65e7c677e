"""The registry of facts: for each, who can establish it, from what, for how long it holds, and what fails it.

The public page about checks is written from here, and so is the work of looking again: one truth for both. The sources
are those of the rules themselves; what a check may fairly claim follows FTC Act section 5 (say what, with whom, when).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from directory.vocabulary import Fact

GRACE: Final = timedelta(days=30)
"""How long a check that merely grew old still counts, shown as "Check due"."""


class Needed(models.TextChoices):
    """What a fact is needed for."""

    ALWAYS = "always", _("Before a clinic is shown")
    ESKETAMINE = "esketamine", _("Before Spravato is shown")
    OPTIONAL = "optional", _("Shown where it was looked at")


class Establisher(models.TextChoices):
    """Who can make a fact known to us. What the clinic alone says is never "Checked"."""

    VERIFIER = "verifier", _("Our staff")
    REGISTRY = "registry", _("A public registry’s own file")
    CLINIC = "clinic", _("The clinic")


@dataclass(frozen=True)
class FactRule:
    """One fact. The words are for the public; `holds_for`, `slack` and `grace` are None where no source exists.

    `slack`: so long before the next look is due the work enters the queue. `registry`: the name of the registry whose
    file renews it by itself (RegistryFile.registry, before any colon), "" for none. `asks_clinic`: the clinic can help
    that the next look succeeds, so it is told ahead.
    """

    fact: Fact
    label: str | Promise
    needed: Needed
    established_by: tuple[Establisher, ...]
    source_words: str | Promise
    how: str | Promise
    fails_when: str | Promise
    not_told: str | Promise
    holds_for: timedelta | None = None
    ends_sooner: str | Promise = ""
    slack: timedelta | None = None
    grace: timedelta | None = None
    registry: str = ""
    asks_clinic: bool = False

    @property
    def is_checkable(self) -> bool:
        """A source exists that we can compare with. Where none does, it stays "Clinic says" for ever."""
        return self.holds_for is not None


_LICENSE: Final = FactRule(
    fact=Fact.LICENSE,
    label=Fact.LICENSE.label,
    needed=Needed.ALWAYS,
    established_by=(Establisher.VERIFIER, Establisher.REGISTRY),
    source_words=_("The state’s own license board"),
    how=_("We look up the license of the clinician in charge with the board of the clinic’s state."),
    fails_when=_("The board says anything but active, or does not know the license."),
    not_told=_("An active license does not say how good the care is."),
    holds_for=timedelta(days=90),
    ends_sooner=_("or until the license ends, if that is sooner"),
    slack=timedelta(days=14),
    grace=GRACE,
    registry="license",
    asks_clinic=True,
)
_NPI: Final = FactRule(
    fact=Fact.NPI,
    label=Fact.NPI.label,
    needed=Needed.ALWAYS,
    established_by=(Establisher.REGISTRY, Establisher.VERIFIER),
    source_words=_("The federal NPI registry (NPPES)"),
    how=_("We compare the number, the name and the address with the federal registry."),
    fails_when=_("The registry turned the number off, or it belongs to somebody else."),
    not_told=_(
        "An NPI is an identity and not a license. The kind of care in that registry is self-reported."
    ),
    holds_for=timedelta(days=30),  # NPPES publishes a full file every month
    slack=timedelta(days=3),
    grace=GRACE,
    registry="nppes",
)
_EXCLUSION: Final = FactRule(
    fact=Fact.EXCLUSION,
    label=Fact.EXCLUSION.label,
    needed=Needed.ALWAYS,
    established_by=(Establisher.REGISTRY, Establisher.VERIFIER),
    source_words=_("The exclusion list of the federal Inspector General (OIG)"),
    how=_(
        "We compare the practice and the clinician in charge with the whole list. People look at like names."
    ),
    fails_when=_("The list has the same NPI, or a person confirmed that a name on it is theirs."),
    not_told=_("Not being on this list does not say how good the care is."),
    holds_for=timedelta(days=30),  # the OIG replaces its list every month
    slack=timedelta(days=3),
    grace=GRACE,
    registry="leie",
)
_CONTACT: Final = FactRule(
    fact=Fact.CONTACT,
    label=Fact.CONTACT.label,
    needed=Needed.ALWAYS,
    established_by=(Establisher.VERIFIER,),
    source_words=_("A call or a letter from our staff to the clinic"),
    how=_("We call the number and ask whether this is the clinic and whether the address is right."),
    fails_when=_("The number does not reach the clinic, or the address is not its own."),
    not_told=_("It does not say how soon they answer, or whether they have room."),
    holds_for=timedelta(days=90),  # 42 USC 300gg-115, provider directories
    slack=timedelta(days=14),
    grace=GRACE,
    asks_clinic=True,
)
_REMS: Final = FactRule(
    fact=Fact.REMS,
    label=Fact.REMS.label,
    needed=Needed.ESKETAMINE,
    established_by=(Establisher.VERIFIER,),
    source_words=_("The maker’s list of treatment centers, or the site’s enrollment papers"),
    how=_("A person finds the site on the maker’s public list, or reads its papers."),
    fails_when=_("The site is no longer enrolled in the program."),
    not_told=_("Sites may choose not to be on the maker’s public list."),
    holds_for=timedelta(days=90),
    slack=timedelta(days=14),
    grace=GRACE,
    registry="rems",
    asks_clinic=True,
)
_DISCIPLINE: Final = FactRule(
    fact=Fact.DISCIPLINE,
    label=_("No public board discipline found"),
    needed=Needed.OPTIONAL,
    established_by=(Establisher.VERIFIER,),
    source_words=_("The license board’s public record"),
    how=_("A person reads what the board makes public about the clinician in charge."),
    fails_when=_("The board’s public record shows an action."),
    not_told=_("We see only what the board makes public."),
    holds_for=timedelta(days=90),
    slack=timedelta(days=14),
    grace=GRACE,
)
_ACCREDITATION: Final = FactRule(
    fact=Fact.ACCREDITATION,
    label=Fact.ACCREDITATION.label,
    needed=Needed.OPTIONAL,
    established_by=(Establisher.VERIFIER,),
    source_words=_("The accrediting body’s own list"),
    how=_(
        "A person finds the site on the list of the body that accredits it. Clinics need not be accredited."
    ),
    fails_when=_("The body no longer lists the site."),
    not_told=_("It is not about ketamine alone, and does not say how good the care is."),
    holds_for=timedelta(days=365),
    ends_sooner=_("or until the accreditation ends, if that is sooner"),
    slack=timedelta(days=30),
    grace=GRACE,
    asks_clinic=True,
)
_DEA: Final = FactRule(
    fact=Fact.DEA,
    label=Fact.DEA.label,
    needed=Needed.OPTIONAL,
    established_by=(Establisher.CLINIC,),
    source_words=_("The clinic"),
    how=_("Only those who are registered themselves may look it up. We show what the clinic says."),
    fails_when=_("The clinic no longer says so."),
    not_told=_("We cannot check this one."),
)
_EMERGENCY_PLAN: Final = FactRule(
    fact=Fact.EMERGENCY_PLAN,
    label=Fact.EMERGENCY_PLAN.label,
    needed=Needed.OPTIONAL,
    established_by=(Establisher.CLINIC,),
    source_words=_("The clinic"),
    how=_("No public source has it. We show what the clinic says."),
    fails_when=_("The clinic no longer says so."),
    not_told=_("We do not check this one. You can ask the clinic."),
)

RULES: Final[dict[Fact, FactRule]] = {
    rule.fact: rule
    for rule in (
        _LICENSE,
        _NPI,
        _EXCLUSION,
        _CONTACT,
        _REMS,
        _DISCIPLINE,
        _ACCREDITATION,
        _DEA,
        _EMERGENCY_PLAN,
    )
}
"""Every fact in the order in which it is shown."""

HOLDS_FOR: Final[dict[Fact, timedelta]] = {
    fact: rule.holds_for for fact, rule in RULES.items() if rule.holds_for is not None
}
"""After how long we look again."""

OPTIONAL_FACTS: Final = tuple(
    fact for fact, rule in RULES.items() if rule.needed == Needed.OPTIONAL and rule.is_checkable
)
"""Shown only where somebody looked."""
