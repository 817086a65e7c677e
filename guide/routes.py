"""The one fixed line about each route of treatment: how it stands with the FDA. No clinic can change it.

The words follow the labels and FDA notices named beside them. No line names a dose.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

READ_ON: Final = date(2026, 11, 24)


@dataclass(frozen=True)
class Source:
    """Where a statement can be looked up."""

    name: str
    url: str


@dataclass(frozen=True)
class Route:
    """A route by its public slug (directory.vocabulary.Modality), its names and its fixed lines."""

    slug: str
    name: str
    on_card: str
    standing: str
    visit: str
    source: Source
    reviewed_on: date = READ_ON


SPRAVATO_LABEL: Final = Source(
    "Spravato label (DailyMed)",
    "https://dailymed.nlm.nih.gov/dailymed/drugInfo.cfm?setid=d81a6a79-a74a-44b7-822c-0dfa3036eaed",
)
KETAMINE_LABEL: Final = Source(
    "Ketamine label (DailyMed)",
    "https://dailymed.nlm.nih.gov/dailymed/drugInfo.cfm?setid=46dab560-8ecd-4d92-8c92-6baa2310b09b",
)
FDA_COMPOUNDED: Final = Source(
    "FDA notice on compounded ketamine, October 10, 2023",
    "https://www.fda.gov/drugs/human-drug-compounding/fda-warns-patients-and-health-care-providers-about-"
    "potential-risks-associated-compounded-ketamine",
)

_OFF_LABEL: Final = (
    "Not FDA-approved for depression, anxiety, PTSD or long-lasting pain. Ketamine is FDA-approved only as an "
    "anesthetic. Clinicians may also use it in other ways. That is called off-label use."
)
_WATCHED: Final = (
    "Given at the clinic. Your heart, blood pressure and breathing should be watched the whole time."
)

ROUTES: Final = {
    route.slug: route
    for route in (
        Route(
            slug="esketamine",
            name="Spravato (esketamine nose spray)",
            on_card="Spravato",
            standing="FDA-approved for adults with depression when at least two other medicines did not help enough. "
            "Also for adults with depression and thoughts of suicide, together with another antidepressant. "
            "It has not been shown to prevent suicide.",
            visit="Never taken at home. You take it while a clinician watches, stay at least 2 hours, "
            "and do not drive until the next day, after a night of good sleep.",
            source=SPRAVATO_LABEL,
        ),
        Route(
            slug="iv",
            name="IV infusion",
            on_card="IV infusion",
            standing=_OFF_LABEL,
            visit=_WATCHED,
            source=KETAMINE_LABEL,
        ),
        Route(
            slug="im",
            name="Injection into a muscle (IM)",
            on_card="Injection (IM)",
            standing=_OFF_LABEL,
            visit=_WATCHED,
            source=KETAMINE_LABEL,
        ),
        Route(
            slug="sc",
            name="Injection under the skin (SC)",
            on_card="Injection under the skin",
            standing=f"{_OFF_LABEL} Giving it under the skin is not in the US label.",
            visit=_WATCHED,
            source=KETAMINE_LABEL,
        ),
        Route(
            slug="oral",
            name="By mouth or under the tongue, taken at the clinic",
            on_card="By mouth, at the clinic",
            standing="No ketamine that is swallowed or held under the tongue is FDA-approved for anything. "
            "A pharmacy makes it to order, and the FDA has not reviewed its safety, its quality or its effect.",
            visit="This site lists it only when you take it at the clinic and someone watches you.",
            source=FDA_COMPOUNDED,
        ),
    )
}


def of(slug: str) -> Route:
    """The route with this slug. KeyError for a word that is no route."""
    return ROUTES[slug]
