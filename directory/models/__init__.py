from directory.models.case import Case, CaseStep, Evidence
from directory.models.change import ProposedChange, WebsiteText
from directory.models.check import Check
from directory.models.claim import ListingClaim
from directory.models.clinic import Clinic, Offering
from directory.models.index_row import DirectoryVersion, IndexRow
from directory.models.keeping import Attestation, ListingEdit
from directory.models.lapse_stop import LapseStop
from directory.models.opt_out import OptOut, Removal
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
from directory.models.team import Invitation, SiteMembership
from directory.models.terms import Terms, TermsAgreement

__all__ = [
    "Attestation",
    "BoardLicense",
    "Case",
    "CaseStep",
    "Check",
    "Clinic",
    "DirectoryVersion",
    "Evidence",
    "GazetteerVersion",
    "IndexRow",
    "Invitation",
    "LapseStop",
    "LeieEntry",
    "License",
    "ListingClaim",
    "ListingEdit",
    "NppesDeactivation",
    "NppesLocation",
    "NppesOtherName",
    "NppesRecord",
    "Offering",
    "OptOut",
    "Place",
    "Practitioner",
    "ProposedChange",
    "RegistryFile",
    "Removal",
    "RemsSite",
    "Reply",
    "Report",
    "SiteMembership",
    "Terms",
    "TermsAgreement",
    "WebsiteText",
]
