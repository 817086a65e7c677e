"""The shapes of what a clinic's own program reads and sends, as JSON Schema 2020-12."""

from typing import Any, Final

from django.db.models import Field

from api.rest.shapes import GROUPS, Shape, ref, text, whole, whole_number, words
from directory.models import Clinic
from directory.opening import DAYS, MOST_A_DAY
from directory.vocabulary import CLINIC_ONLY_FACTS

_TIME: Final[Shape] = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
SPAN = whole(
    {
        "day": {"type": "integer", "minimum": 0, "maximum": len(DAYS) - 1, "description": "0 is Monday."},
        "opens": _TIME,
        "closes": _TIME,
    },
    "From when to when, on one day, in the clinic's own time.",
)


def _some(vocabulary: Any, description: str) -> Shape:
    return {"type": "array", "items": words(vocabulary), "description": description}


def _limit(name: str) -> int | None:
    field: Field[Any, Any] = Clinic._meta.get_field(name)  # type: ignore[assignment]
    return field.max_length


def _own_words(name: str) -> Shape:
    return text("In the clinic's own words.", maxLength=_limit(name))


def _dollars(description: str) -> Shape:
    return {"type": ["integer", "null"], "minimum": 0, "maximum": 100_000, "description": description}


SAYS: Final[Shape] = {
    "accepting_new_patients": {"type": ["boolean", "null"], "description": "null: it does not say."},
    "insurance": _some(GROUPS["insurance"], "How a visit may be paid for."),
    "languages": _some(GROUPS["language"], "Languages spoken there."),
    "age_groups": _some(GROUPS["age_group"], "Whom the clinic treats."),
    "access": _some(GROUPS["access"], "How people get in."),
    "first_visit": _own_words("first_visit"),
    "cost": _own_words("cost"),
    "cannot_treat": _own_words("cannot_treat"),
    "hours": _own_words("hours"),
    "opening_hours": {
        "type": "array",
        "items": ref("OpeningSpan"),
        "maxItems": MOST_A_DAY * len(DAYS),
        "description": f"At most {MOST_A_DAY} spans a day, which do not overlap.",
    },
    "price_low": _dollars("Whole US dollars for one visit."),
    "price_high": _dollars("Not below price_low."),
    "states_facts": {
        "type": "array",
        "items": {"type": "string", "enum": [str(fact) for fact in CLINIC_ONLY_FACTS]},
        "description": "What nobody but the clinic can know, and it says is so.",
    },
    "takes_requests": {
        "type": "boolean",
        "description": "Whether requests can be sent through this site. true takes the agreed terms.",
    },
}
MY_SAYS = whole(SAYS, "All that the clinic says of itself. Shown to the public as its own words.")
MY_CHANGE: Shape = {
    "type": "object",
    "description": "At least one field of MySays, and no other. What is left out stays as it is.",
    "properties": SAYS,
    "minProperties": 1,
    "additionalProperties": False,
}
MY_CLINIC = whole(
    {
        "slug": text("The clinic's address on the site and here."),
        "name": {"type": "string"},
        "url": text("The clinic's page on this site.", format="uri"),
        "status": words(Clinic.Status),
        "is_shown": {"type": "boolean", "description": "Whether the public finds it at this moment."},
        "says": ref("MySays"),
        "held": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Fields of which a newer text waits for a person to look at it.",
        },
        "attest_due_on": {
            "type": "string",
            "format": "date",
            "description": "The day by which somebody signs in and says that all of it is still true.",
        },
        "requests": whole(
            {
                "new": whole_number("Requests that nobody there has opened."),
                "waiting_on_clinic": whole_number("Requests that wait for an answer, new ones included."),
            },
            "Numbers only: a key never reads a request.",
        ),
    },
    "A clinic as its own program reads it.",
)
MY_CLINICS = whole(
    {
        "count": whole_number("How many clinics the key acts for."),
        "results": {"type": "array", "items": ref("MyClinic")},
    },
    "All of them, by name.",
)

SHAPES: Final[dict[str, Shape]] = {
    "MyChange": MY_CHANGE,
    "MyClinic": MY_CLINIC,
    "MyClinics": MY_CLINICS,
    "MySays": MY_SAYS,
    "OpeningSpan": SPAN,
}
