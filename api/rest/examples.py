"""Example answers for the description. Everyone and everything in them is made up."""

from typing import Any

Example = dict[str, Any]

CHECKED_LICENSE = {
    "fact": "license",
    "word": "checked",
    "source": "Colorado Medical Board",
    "checked_on": "2026-09-14",
    "due_on": "2026-12-13",
}
CLINIC_SAYS_PLAN = {
    "fact": "emergency-plan",
    "word": "clinic_says",
    "source": "Example Ridge Clinic",
    "checked_on": None,
    "due_on": None,
}

CLINIC: Example = {
    "id": 17,
    "slug": "example-ridge-clinic-denver",
    "url": "https://cairn.example/clinic/example-ridge-clinic-denver/",
    "name": "Example Ridge Clinic",
    "organization": {"id": 5, "name": "Example Ridge Medical Group"},
    "distance_miles": 2.1,
    "address": {
        "line1": "100 Example Street",
        "line2": "Suite 2",
        "city": "Denver",
        "state": "CO",
        "zip": "80202",
    },
    "location": {"latitude": 39.7525, "longitude": -104.9995},
    "phone": "+13035550142",
    "website": "https://ridge.example/",
    "modalities": ["esketamine", "iv"],
    "insurance": ["medicaid", "commercial"],
    "accepting_new_patients": True,
    "accepts_referrals": True,
    "checks": [CHECKED_LICENSE, CLINIC_SAYS_PLAN],
}

CLINIC_IN_FULL: Example = CLINIC | {
    "distance_miles": None,
    "clinic_says": {
        "attested_on": "2026-09-14",
        "attestation_due_on": "2026-12-13",
        "stated_on": {"opening_hours": "2026-09-14", "price_low": "2026-08-02"},
        "opening_hours": [{"day": 0, "opens": "09:00", "closes": "17:00"}],
        "price_low": 450,
        "price_high": None,
        "offerings": [
            {
                "modality": "iv",
                "psychotherapy": False,
                "monitoring_minutes": 120,
                "prescriber_on_site": True,
                "pulse_oximetry": True,
                "rescue_training": True,
                "safe_departure": None,
            }
        ],
    },
}

CHECKS: Example = {
    "clinic": {name: CLINIC[name] for name in ("slug", "name", "url")},
    "required": 5,
    "current": 5,
    "oldest_on": "2026-09-14",
    "next_due_on": "2026-12-13",
    "attested_on": "2026-09-14",
    "attestation_due_on": "2026-12-13",
    "checks": [
        {
            "fact": "license",
            "label": "State license",
            "word": "checked",
            "source": "Colorado Medical Board",
            "source_url": "",
            "how": "Looked up by staff",
            "verbatim": "Active",
            "source_date": None,
            "checked_on": "2026-09-14",
            "due_on": "2026-12-13",
            "tried_on": None,
            "license": {
                "holder": "Ada Example, MD",
                "state": "CO",
                "number": "DR.0000017",
                "authority": "Colorado Medical Board",
                "lookup_url": "https://cairn.example/the-board-s-look-up/",
            },
            "clinic_says": [],
        }
    ],
    "does_not_tell": ["how good the care is", "that it will work for you"],
    "history_count": 1,
    "history": [
        {
            "fact": "license",
            "label": "State license",
            "word": "checked",
            "source": "Colorado Medical Board",
            "verbatim": "Active",
            "source_date": None,
            "checked_on": "2026-06-18",
            "replaced_on": "2026-09-14",
            "clinic_says": [],
        }
    ],
}

PLACE: Example = {"label": "Denver, CO 80202", "latitude": 39.7491, "longitude": -104.9946}

PAGE: Example = {
    "count": 1,
    "next": None,
    "previous": None,
    "place": PLACE,
    "facets": {"modality": {"esketamine": 1, "iv": 1}, "insurance": {"commercial": 1, "medicaid": 1}},
    "results": [CLINIC],
}

COLLECTION: Example = {
    "type": "FeatureCollection",
    "count": 1,
    "next": None,
    "previous": None,
    "place": PLACE,
    "features": [
        {
            "type": "Feature",
            "id": 17,
            "geometry": {"type": "Point", "coordinates": [-104.9995, 39.7525]},
            "properties": {name: value for name, value in CLINIC.items() if name not in ("id", "location")},
        }
    ],
}


def problem(kind: Any, **more: Any) -> Example:
    """What `kind` of api.problems looks like on a site at cairn.example."""
    address = f"https://cairn.example/developers/#problem-{kind.slug}"
    return {"type": address, "title": kind.title, "status": kind.status, "detail": kind.detail, **more}


BAD_RADIUS = [{"name": "radius", "message": "A number of miles from 1 to 500."}]
WHICH_SPRINGFIELD = [
    {"label": "Springfield, IL", "near": "Springfield, IL"},
    {"label": "Springfield, MO", "near": "Springfield, MO"},
]


MY_CLINIC: Example = {
    "slug": CLINIC["slug"],
    "name": CLINIC["name"],
    "url": CLINIC["url"],
    "status": "listed",
    "is_shown": True,
    "says": {
        "accepting_new_patients": True,
        "insurance": ["medicaid", "commercial"],
        "languages": ["en", "es"],
        "age_groups": ["adult"],
        "access": ["step-free"],
        "first_visit": "The first visit is a talk of an hour. Nothing is given on that day.",
        "cost": "",
        "cannot_treat": "",
        "hours": "",
        "opening_hours": [{"day": 0, "opens": "09:00", "closes": "17:00"}],
        "price_low": 250,
        "price_high": 400,
        "states_facts": ["emergency-plan"],
        "takes_requests": True,
    },
    "held": [],
    "attest_due_on": "2026-12-13",
    "requests": {"new": 2, "waiting_on_clinic": 5},
}
BAD_FIELD = [
    {"name": "price_high", "message": "This value does not fit. The OpenAPI file says what the field takes."}
]
