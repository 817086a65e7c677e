from directory.models.check import Check
from directory.models.claim import ListingClaim
from directory.models.clinic import Clinic, Offering
from directory.models.index_row import DirectoryVersion, IndexRow
from directory.models.place import GazetteerVersion, Place
from directory.models.practitioner import License, Practitioner

__all__ = [
    "Check",
    "Clinic",
    "DirectoryVersion",
    "GazetteerVersion",
    "IndexRow",
    "License",
    "ListingClaim",
    "Offering",
    "Place",
    "Practitioner",
]
