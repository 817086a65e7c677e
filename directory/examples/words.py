"""Words the example clinics are named with. None of them is meant to be anybody."""

from typing import Final

FIRST_NAMES: Final = (
    "Avery", "Blair", "Casey", "Devon", "Ellis", "Frankie", "Gray", "Harper", "Indigo", "Jamie",
    "Kai", "Logan", "Morgan", "Nico", "Oakley", "Parker", "Quinn", "Reese", "Sage", "Taylor",
)  # fmt: skip
LAST_NAMES: Final = (
    "Example",
    "Sample",
    "Specimen",
    "Placeholder",
    "Fiction",
    "Model",
    "Pattern",
    "Instance",
)
CREDENTIALS: Final = ("MD", "MD", "MD", "DO", "NP", "CRNA")
CLINIC_WORDS: Final = (
    "High Plains", "Lakeside", "Maple Street", "Cedar Hill", "Riverbend", "Stone Bridge", "Morning Light",
    "Harbor", "Northfield", "Willow Creek", "Granite", "Juniper", "Old Mill", "Prairie", "Bluebird",
    "Foothill", "Open Door", "Quiet Water", "Birch Lane", "Summit", "Two Rivers", "Meadow", "Lantern", "Orchard",
)  # fmt: skip
CLINIC_KINDS: Final = ("Example Clinic", "Example Psychiatry", "Example Health", "Example Care Center")
CHAIN_NAMES: Final = ("Evergreen Example Group", "Open Sky Example Partners", "Harborview Example Network")
STREETS: Final = ("Example Street", "Sample Avenue", "Specimen Road", "Placeholder Boulevard")

# One area code a state: enough for a phone number that looks right and rings nowhere.
AREA_CODES: Final = {
    "AL": 205, "AK": 907, "AS": 684, "AZ": 602, "AR": 501, "CA": 415, "CO": 303, "CT": 203, "DE": 302, "DC": 202,
    "FL": 305, "GA": 404, "GU": 671, "HI": 808, "ID": 208, "IL": 312, "IN": 317, "IA": 515, "KS": 316, "KY": 502,
    "LA": 504, "ME": 207, "MD": 410, "MA": 617, "MI": 313, "MN": 612, "MS": 601, "MO": 314, "MT": 406, "NE": 402,
    "NV": 702, "NH": 603, "NJ": 201, "NM": 505, "NY": 212, "NC": 704, "ND": 701, "MP": 670, "OH": 614, "OK": 405,
    "OR": 503, "PA": 215, "PR": 787, "RI": 401, "SC": 803, "SD": 605, "TN": 615, "TX": 512, "UT": 801, "VT": 802,
    "VI": 340, "VA": 804, "WA": 206, "WV": 304, "WI": 414, "WY": 307,
}  # fmt: skip
