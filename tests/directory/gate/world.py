"""A small site with a seller at the door, and what of the seller could be read in public."""

import json
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from directory import links
from directory.models import Check, Clinic, IndexRow, License, ListingClaim, Practitioner, Reply
from tests import build
from tests.directory.gate.profiles import Profile

PUBLIC = (
    "name",
    "line1",
    "line2",
    "city",
    "phone",
    "website",
    "first_visit",
    "cost",
    "cannot_treat",
    "hours",
)


@dataclass
class World:
    """One sequence's site: an honest listed clinic, and the seller as a candidate or suspended.

    `person` is the one who does everything: the `role` says who that is.
    """

    profile: Profile
    role: str
    person: User
    honest: Clinic
    seller: Clinic
    doctor: Practitioner
    license: License

    def shown_of_clinics(self) -> str:
        """All that anybody may read of what clinics are and say, in one text."""
        listed = Clinic.objects.filter(status=Clinic.Status.LISTED).select_related("organization")
        parts = [text for row in IndexRow.objects.all() for text in (_without_checks(row.document), row.card)]
        for clinic in listed:
            parts += [str(getattr(clinic, name)) for name in PUBLIC]
            parts += [clinic.organization.name, links.shown_website(clinic)]
        parts += Reply.objects.filter(shown=True).values_list("text", flat=True)
        return "\n".join(parts)

    def shown_of_checks(self) -> str:
        """All that anybody may read of the looks at them. A source may have any name, but sells nothing."""
        shown = Check.objects.current().filter(clinic__status=Clinic.Status.LISTED)
        rows = [*shown.values_list("source", "source_url", "how", "verbatim")]
        rows += License.objects.filter(checks__in=shown).values_list("authority", "number", "lookup_url")
        return "\n".join("\n".join(row) for row in rows)

    def leak(self) -> str:
        """What of the seller is public; empty if nothing is."""
        profile = self.profile
        self.seller.refresh_from_db()
        if self.seller.status == Clinic.Status.LISTED:
            return "the seller is listed"
        clinics, checks = self.shown_of_clinics(), self.shown_of_checks()
        found = [part for part in profile.own if part in clinics]
        found += [part for part in (profile.phone, profile.website) if part and part in checks]
        if found:
            return f"public: {found}"
        return "what it sells is public" if profile.sells(clinics) or profile.sells(checks) else ""


def _without_checks(document: str) -> str:
    return json.dumps({**json.loads(document), "checks": None}, ensure_ascii=False)


def a_site() -> dict[str, Any]:
    """The people and the honest clinic, the same for every sequence."""
    owner = build.user("owner@clinic.example")
    return {
        "owner": owner,
        "honest": build.clinic(name="High Plains Example Clinic", owner=owner),
        "verifier": build.user("verifier@operator.example", verifier=True),
        "other": build.user("second@operator.example", verifier=True),
        "staff": build.user("staff@operator.example", staff=True),
        "insider": build.user("insider@seller.example"),
        "stranger": build.user("stranger@elsewhere.example"),
    }


def with_seller(site: dict[str, Any], profile: Profile, role: str, chance: Any) -> World:
    """The seller at some point on its way: unchecked, checked by somebody else, or suspended after it came out."""
    way = chance.choice(("unchecked", "checked", "suspended"))
    practice = build.organization(
        name=profile.name, **({} if profile.has_npi else {"npi": "", "npi_type": None})
    )
    stolen = {"modalities": profile.modalities, "website": profile.website, "confirmed_domain": ""}
    seller = build.clinic(
        name=profile.name, organization=practice, phone=profile.phone, line1=profile.line1, listed=False,
        claimed=chance.random() < 0.5, owner=site["insider"], origin=chance.choice(Clinic.Origin.values),
        unchecked=build.REQUIRED_FACTS if way == "unchecked" else (), **stolen, **_in_rows(profile, way),
    )  # fmt: skip
    if way == "suspended":
        Clinic.objects.filter(pk=seller.pk).update(status="suspended", status_reason="under-review")
    if way != "unchecked":
        Check.objects.filter(clinic=seller).update(checked_by=site["other"])
    if not profile.has_clinician and way != "suspended":
        Clinic.objects.filter(pk=seller.pk).update(responsible=None)
    doctor = seller.responsible
    return World(
        profile=profile, role=role, person=site[role], honest=site["honest"],
        seller=Clinic.objects.get(pk=seller.pk), doctor=doctor, license=doctor.licenses.get(),
    )  # fmt: skip


def _in_rows(profile: Profile, way: str) -> dict[str, str]:
    """A candidate may have come with its words, from a file; one that came out had clean ones."""
    return profile.said if way == "unchecked" else {}


def pending_claim(world: World) -> ListingClaim:
    """Somebody says that they act for the seller; only a verifier can decide."""
    return build.claim(world.seller, build.user())
