from directory.models.case import Case, CaseStep, Evidence
from directory.models.change import ProposedChange, WebsiteText
from directory.models.check import Check
from directory.models.claim import ListingClaim
from directory.models.clinic import Clinic, Offering
from directory.models.index_row import DirectoryVersion, IndexRow
from directory.models.lapse_stop import LapseStop
from directory.models.place import GazetteerVersion, Place
from directory.models.practitioner import License, Practitioner
from directory.models.registry import (
    BoardLicense,
    LeieEntry,
    NppesDeactivation,
    NppesLocation,
    NppesOtherName,
    NppesRecord,
    RegistryFile,
    RemsSite,
)
from directory.models.report import Reply, Report

__all__ = [
    "BoardLicense",
    "Case",
    "CaseStep",
    "Check",
    "Clinic",
    "DirectoryVersion",
    "Evidence",
    "GazetteerVersion",
    "IndexRow",
    "LapseStop",
    "LeieEntry",
    "License",
    "ListingClaim",
    "NppesDeactivation",
    "NppesLocation",
    "NppesOtherName",
    "NppesRecord",
    "Offering",
    "Place",
    "Practitioner",
    "ProposedChange",
    "RegistryFile",
    "RemsSite",
    "Reply",
    "Report",
    "WebsiteText",
]
