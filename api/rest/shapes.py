"""The shapes of the API's answers, as JSON Schema 2020-12: the text that OpenAPI publishes.

They are written by hand because they are a contract. tests/api holds every answer to them.
"""

from typing import Any

from directory import states
from directory.vocabulary import Access, AgeGroup, Fact, Insurance, Language, Modality, Word

Shape = dict[str, Any]

GROUPS = {
    "modality": Modality,
    "insurance": Insurance,
    "language": Language,
    "age_group": AgeGroup,
    "access": Access,
}


def ref(name: str) -> Shape:
    """A reference to the shape called `name`."""
    return {"$ref": f"#/components/schemas/{name}"}


def whole(properties: Shape, description: str, optional: tuple[str, ...] = ()) -> Shape:
    """An object that holds every one of `properties`, but for the optional ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "description": description, "properties": properties, "required": required}


def words(vocabulary: Any) -> Shape:
    return {"type": "string", "enum": list(vocabulary.values)}


def text(description: str, **more: Any) -> Shape:
    return {"type": "string", "description": description, **more}


def whole_number(description: str) -> Shape:
    return {"type": "integer", "minimum": 0, "description": description}


def link_or_null(description: str) -> Shape:
    return {"type": ["string", "null"], "format": "uri", "description": description}


LATITUDE = {"type": "number", "minimum": -90, "maximum": 90}
LONGITUDE = {"type": "number", "minimum": -180, "maximum": 180}
DATE_OR_NULL = {"type": ["string", "null"], "format": "date"}

CHECK = whole(
    {
        "fact": {**words(Fact), "description": "; ".join(f"{fact.value}: {fact.label}" for fact in Fact)},
        "word": {
            **words(Word),
            "description": "checked: somebody compared it with the source on checked_on. check_due: that look is "
            "overdue. not_current: the source says it does not hold. clinic_says: nobody but the clinic "
            "can know. not_checked: nobody looked yet.",
        },
        "source": text("Who was asked: a register, a list or the clinic. May be empty."),
        "checked_on": {**DATE_OR_NULL, "description": "The day somebody looked."},
        "due_on": {**DATE_OR_NULL, "description": "The day somebody must look again."},
    },
    "One fact about a clinic, and how it is known. A clinic as a whole is never called good or safe.",
)

CLINIC_SAYS = {
    "type": "array",
    "items": whole(
        {"text": text("At most 500 characters."), "said_on": {"type": "string", "format": "date"}},
        "The clinic's own words about a check that went against it.",
    ),
    "description": "The clinic's reply, if it made one and we let it through. Never checked.",
}
_FACT_SEEN: Shape = {
    "fact": CHECK["properties"]["fact"],
    "label": text("The fact in words."),
    "word": CHECK["properties"]["word"],
    "source": CHECK["properties"]["source"],
    "verbatim": text("The source's own words for the status. May be empty."),
    "source_date": {**DATE_OR_NULL, "description": "The day on the registry's file, if it was one."},
    "checked_on": CHECK["properties"]["checked_on"],
    "clinic_says": CLINIC_SAYS,
}
CHECK_IN_FULL = whole(
    {
        **_FACT_SEEN,
        "source_url": text("Where anybody can look. May be empty."),
        "how": text("How we looked. May be empty."),
        "due_on": CHECK["properties"]["due_on"],
        "tried_on": {
            **DATE_OR_NULL,
            "description": "The day we looked again and could not reach the source.",
        },
        "license": {
            "oneOf": [
                whole(
                    {
                        name: {"type": "string"}
                        for name in ("holder", "state", "number", "authority", "lookup_url")
                    },
                    "Whose license, and where anybody can look it up.",
                ),
                {"type": "null"},
            ]
        },
    },
    "One fact as it stands now.",
)
EARLIER_CHECK = whole(
    {**_FACT_SEEN, "replaced_on": {"type": "string", "format": "date"}},
    "An earlier look at a fact. A later one took its place on replaced_on.",
)
CLINIC_CHECKS = whole(
    {
        "clinic": whole({name: {"type": "string"} for name in ("slug", "name", "url")}, "Which clinic."),
        "required": whole_number("How many facts must hold."),
        "current": whole_number("How many of them are checked now."),
        "oldest_on": {**DATE_OR_NULL, "description": "The day of the oldest required check."},
        "next_due_on": {**DATE_OR_NULL, "description": "The day on which the next look is due."},
        "attested_on": {
            **DATE_OR_NULL,
            "description": "The day on which the clinic last confirmed what it says of itself.",
        },
        "attestation_due_on": {
            "type": "string",
            "format": "date",
            "description": "From this day on what the clinic says counts as not confirmed, until it confirms again.",
        },
        "checks": {"type": "array", "items": ref("CheckInFull")},
        "does_not_tell": {"type": "array", "items": {"type": "string"}, "description": "What no check says."},
        "history_count": whole_number("How many earlier looks there are."),
        "history": {"type": "array", "items": ref("EarlierCheck"), "description": "The latest first."},
    },
    "What was checked of one clinic, with whom and when.",
)

ADDRESS = whole(
    {
        "line1": {"type": "string"},
        "line2": text("Often empty."),
        "city": {"type": "string"},
        "state": {"type": "string", "enum": list(states.STATES)},
        "zip": {"type": "string", "pattern": "^[0-9]{5}$"},
    },
    "Where the clinic is.",
)

CLINIC_PROPERTIES: Shape = {
    "id": {"type": "integer"},
    "slug": text("Stable: the clinic's address on the site and here."),
    "url": text("The clinic's page on this site.", format="uri"),
    "name": {"type": "string"},
    "organization": whole(
        {"id": {"type": "integer"}, "name": {"type": "string"}}, "The practice that runs it."
    ),
    "distance_miles": {
        "type": ["number", "null"],
        "minimum": 0,
        "description": "Great-circle miles from the place, to a tenth. null without a place.",
    },
    "address": ref("Address"),
    "location": whole({"latitude": LATITUDE, "longitude": LONGITUDE}, "WGS 84, in degrees."),
    "phone": text("E.164."),
    "website": text("The clinic's own, at a domain that a person confirmed. May be empty."),
    "modalities": {
        "type": "array",
        "items": words(Modality),
        "description": "Routes of treatment given there.",
    },
    "insurance": {"type": "array", "items": words(Insurance), "description": "As the clinic says."},
    "accepting_new_patients": {
        "type": ["boolean", "null"],
        "description": "As the clinic says. null when it has not said, or not lately.",
    },
    "accepts_referrals": {
        "type": "boolean",
        "description": "Whether a request for an appointment can be sent through this site.",
    },
    "checks": {"type": "array", "items": ref("Check")},
}
CLINIC = whole(
    CLINIC_PROPERTIES, "A listed clinic: one site, with an address. Its required facts hold at this moment."
)

_YES_NO_OR_NULL: Shape = {"type": ["boolean", "null"]}
_DOLLARS_OR_NULL: Shape = {
    "type": ["integer", "null"],
    "minimum": 0,
    "description": "Whole US dollars for one visit.",
}
CLINIC_SAYS_OF_ITSELF = whole(
    {
        "attested_on": {**DATE_OR_NULL, "description": "The day it last said that all of it is true."},
        "attestation_due_on": {
            "type": "string",
            "format": "date",
            "description": "From this day on all of it counts as not confirmed, until the clinic confirms it again.",
        },
        "stated_on": {
            "type": "object",
            "additionalProperties": {"type": "string", "format": "date"},
            "description": "By statement, the day it last changed it.",
        },
        "opening_hours": {
            "type": "array",
            "items": whole(
                {
                    "day": {"type": "integer", "minimum": 0, "maximum": 6, "description": "0 is Monday."},
                    "opens": text("HH:MM, by the clocks there."),
                    "closes": text("HH:MM, on the same day."),
                },
                "A span of a day.",
            ),
        },
        "price_low": _DOLLARS_OR_NULL,
        "price_high": _DOLLARS_OR_NULL,
        "offerings": {
            "type": "array",
            "items": whole(
                {
                    "modality": words(Modality),
                    "psychotherapy": {"type": "boolean"},
                    "monitoring_minutes": {"type": ["integer", "null"], "minimum": 0},
                    "prescriber_on_site": _YES_NO_OR_NULL,
                    "pulse_oximetry": _YES_NO_OR_NULL,
                    "rescue_training": _YES_NO_OR_NULL,
                    "safe_departure": _YES_NO_OR_NULL,
                },
                "How a route of treatment is supervised there.",
            ),
        },
    },
    "What only the clinic can say. Nobody has checked it.",
)
CLINIC_IN_FULL = whole(
    {**CLINIC_PROPERTIES, "clinic_says": ref("ClinicSays")},
    "A listed clinic, with what it says of itself besides.",
)

PLACE = whole(
    {"label": text("The place, in words."), "latitude": LATITUDE, "longitude": LONGITUDE},
    "The point that distances are measured from.",
)

FACETS = {
    "type": "object",
    "description": "How many clinics each choice would leave, counted with every filter but that of its own group.",
    "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
}

COUNT = whole_number("How many clinics match in all.")
NEXT = link_or_null("The next page, with every parameter kept.")
PREVIOUS = link_or_null("The page before.")
PLACE_OR_NULL = {"oneOf": [ref("Place"), {"type": "null"}]}

CLINIC_PAGE = whole(
    {
        "count": COUNT,
        "next": NEXT,
        "previous": PREVIOUS,
        "place": PLACE_OR_NULL,
        "facets": FACETS,
        "results": {"type": "array", "items": ref("Clinic"), "maxItems": 100},
    },
    "One page of a search.",
)

FEATURE = whole(
    {
        "type": {"const": "Feature"},
        "id": {"type": "integer"},
        "geometry": whole(
            {
                "type": {"const": "Point"},
                "coordinates": {
                    "type": "array",
                    "prefixItems": [LONGITUDE, LATITUDE],
                    "items": False,
                    "minItems": 2,
                    "maxItems": 2,
                    "description": "Longitude first.",
                },
            },
            "The clinic's point.",
        ),
        "properties": whole(
            {name: shape for name, shape in CLINIC_PROPERTIES.items() if name not in ("id", "location")},
            "The clinic, without its id and location.",
        ),
    },
    "One clinic as a GeoJSON feature (RFC 7946).",
)

FEATURE_COLLECTION = whole(
    {
        "type": {"const": "FeatureCollection"},
        "count": COUNT,
        "next": NEXT,
        "previous": PREVIOUS,
        "place": PLACE_OR_NULL,
        "features": {"type": "array", "items": ref("ClinicFeature"), "maxItems": 100},
    },
    "One page of a search as GeoJSON (RFC 7946), with what the page says besides as foreign members.",
)

PROBLEM = whole(
    {
        "type": text("Names the kind of error; opens its explanation.", format="uri"),
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": text("What to do next."),
        "errors": {
            "type": "array",
            "items": whole(
                {"name": {"type": "string"}, "message": {"type": "string"}}, "One parameter or field."
            ),
        },
        "choices": {
            "type": "array",
            "items": whole(
                {"label": {"type": "string"}, "near": text("Send this as near.")},
                "A place that may be meant.",
            ),
        },
    },
    "Why a request was not answered (RFC 9457). It never repeats what was sent.",
    optional=("errors", "choices"),
)

SHAPES: dict[str, Shape] = {
    "Address": ADDRESS,
    "Check": CHECK,
    "CheckInFull": CHECK_IN_FULL,
    "Clinic": CLINIC,
    "ClinicChecks": CLINIC_CHECKS,
    "ClinicInFull": CLINIC_IN_FULL,
    "ClinicSays": CLINIC_SAYS_OF_ITSELF,
    "ClinicFeature": FEATURE,
    "ClinicFeatureCollection": FEATURE_COLLECTION,
    "ClinicPage": CLINIC_PAGE,
    "EarlierCheck": EARLIER_CHECK,
    "Place": PLACE,
    "Problem": PROBLEM,
}
