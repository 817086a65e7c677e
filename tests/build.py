"""Builders of what tests talk about. Each stores rows and returns one; every argument has a plain default.

    build.clinic()                                       a listed clinic whose facts hold, claimed, in the index
    build.clinic(modalities=("iv",), at=(61.2, -149.9), name="North Light")
    build.clinic(listed=False)                           a candidate, with facts that hold
    build.clinic(license_ends=noon, fails=(Fact.REMS,))  what its sources say
    build.clinic(claimed=False)                          nobody acts for it
    build.many([{"at": point} for point in points])      hundreds at once

Rows are written as they are, not through the processes of the site: those have tests of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from accounts.models import Membership, Organization, User
from directory import facts, index, npi
from directory.models import Check, Clinic, License, ListingClaim, Offering, Practitioner
from directory.vocabulary import REQUIRED_FACTS, Fact, Modality
from outbox import clock

PASSWORD = "a long enough passphrase"
DENVER = (39.7392, -104.9903)
_number = count(1)


@cache
def _encoded_password() -> str:
    """Hashing is slow on purpose; once is enough for a whole run."""
    return make_password(PASSWORD)


def user(email: str = "", *, verifier: bool = False, staff: bool = False, **fields: Any) -> User:
    """Somebody who signs in with PASSWORD. A verifier is of the operator's staff."""
    return User.objects.create(
        email=email or f"person{next(_number)}@example.org",
        password=_encoded_password(),
        is_staff=staff or verifier,
        is_verifier=verifier,
        **fields,
    )


def _npi() -> str:
    return npi.with_check_digit(f"2{next(_number):08d}")


def _new_organization(**overrides: Any) -> Organization:
    return Organization(**{"name": f"Practice {next(_number)}", "npi": _npi(), "npi_type": 2, **overrides})


def organization(**overrides: Any) -> Organization:
    """A practice with an NPI of type 2."""
    made = _new_organization(**overrides)
    made.save()
    return made


def membership(user: User, organization: Organization, role: str = Membership.Role.MANAGER) -> Membership:
    """`user` acts for `organization` from a year ago."""
    return Membership.objects.create(
        user=user, organization=organization, role=role, started_at=clock.now() - timedelta(days=365)
    )


def member(of: Organization, *, role: str = Membership.Role.MANAGER, **fields: Any) -> User:
    """A new person who acts for an organization."""
    person = user(**fields)
    membership(person, of, role)
    return person


def _new_practitioner(**overrides: Any) -> Practitioner:
    plain = {"first_name": "Ada", "last_name": f"Example{next(_number)}", "credential": "MD", "npi": _npi()}
    return Practitioner(**{**plain, **overrides})


def practitioner(**overrides: Any) -> Practitioner:
    """A clinician with an NPI and no license yet."""
    made = _new_practitioner(**overrides)
    made.save()
    return made


def _new_license(practitioner: Practitioner, **overrides: Any) -> License:
    plain = {
        "state": "CO",
        "authority": "Colorado Medical Board",
        "number": f"DR.{next(_number):07d}",
        "expires_at": clock.now() + timedelta(days=400),
        "lookup_url": "https://board.example/",
    }
    return License(practitioner=practitioner, **{**plain, **overrides})


def license(practitioner: Practitioner, **overrides: Any) -> License:  # noqa: A001
    """A Colorado license that runs for 400 days more."""
    made = _new_license(practitioner, **overrides)
    made.save()
    return made


SOURCES = {
    Fact.LICENSE: "Colorado Medical Board",
    Fact.NPI: "NPPES",
    Fact.EXCLUSION: "OIG exclusion list",
    Fact.CONTACT: "Phone call by staff",
    Fact.REMS: "Spravato treatment center locator",
    Fact.DISCIPLINE: "Colorado Medical Board",
    Fact.ACCREDITATION: "An accrediting body",
}


def _new_check(
    clinic: Clinic,
    fact: Fact,
    *,
    license: License | None = None,  # noqa: A002
    outcome: str = Check.Outcome.HOLDS,
    checked_at: datetime | None = None,
    due_at: datetime | None = None,
    lapses_at: datetime | None = None,
    **overrides: Any,
) -> Check:
    looked = checked_at or clock.now() - timedelta(days=10)
    due = due_at or looked + facts.HOLDS_FOR[fact]
    lapse = lapses_at or (license.expires_at if license else None)
    return Check(
        clinic=clinic,
        fact=fact,
        license=license,
        outcome=outcome,
        checked_at=looked,
        due_at=due,
        lapses_at=lapse,
        **{"holds_until": facts.holds_until(due, lapse), "source": SOURCES[fact], **overrides},
    )


def check(clinic: Clinic, fact: Fact, **overrides: Any) -> Check:
    """A look at a fact ten days ago that found it true. It replaces the one before; the index is brought up to date."""
    if fact == Fact.LICENSE and "license" not in overrides:
        overrides["license"] = clinic.responsible.licenses.latest("pk")
    earlier = Check.objects.current().filter(clinic=clinic, fact=fact, license=overrides.get("license"))
    earlier.update(superseded_at=clock.now())
    made = _new_check(clinic, fact, **overrides)
    made.save()
    index.rebuild(clinic)
    return made


def claim(clinic: Clinic, by: User, **overrides: Any) -> ListingClaim:
    """`by` asked to act for `clinic`, and nobody has decided yet."""
    plain = {"proof": ListingClaim.Proof.PHONE, "made_at": clock.now() - timedelta(days=300)}
    return ListingClaim.objects.create(clinic=clinic, claimant=by, **{**plain, **overrides})


@dataclass
class _Wanted:
    """What a test asked for, and what follows from it before anything is stored."""

    modalities: Sequence[str] = (Modality.ESKETAMINE, Modality.IV)
    psychotherapy: Sequence[str] = ()
    at: tuple[float, float] | None = DENVER
    listed: bool = True
    claimed: bool | None = None
    owner: User | None = None
    organization: Organization | None = None
    checked_at: datetime | None = None
    license_ends: datetime | None = None
    lapses: dict[str, datetime] = field(default_factory=dict)
    fails: Sequence[str] = ()
    unchecked: Sequence[str] = ()
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def is_claimed(self) -> bool:
        return self.listed if self.claimed is None else self.claimed

    @property
    def facts(self) -> list[Fact]:
        rems = [Fact.REMS] if Modality.ESKETAMINE in self.modalities else []
        return [fact for fact in (*REQUIRED_FACTS, *rems) if fact not in self.unchecked]


def clinic(**overrides: Any) -> Clinic:
    """One clinic; the arguments are those of _Wanted, and any field of Clinic."""
    return many([overrides])[0]


def many(wishes: Iterable[dict[str, Any]]) -> list[Clinic]:
    """Many clinics in a few statements, indexed. Who claims them, if not named, is one new person for all."""
    wanted = [_wanted(wish) for wish in wishes]
    now = clock.now()
    _store_organizations(wanted)
    doctors = Practitioner.objects.bulk_create([_new_practitioner() for _ in wanted])
    licenses = License.objects.bulk_create(
        [_license_of(wish, doctor) for wish, doctor in zip(wanted, doctors, strict=True)]
    )
    clinics = Clinic.objects.bulk_create(
        [_new_clinic(wish, doctor, now) for wish, doctor in zip(wanted, doctors, strict=True)]
    )
    _store_offerings(wanted, clinics)
    _store_checks(wanted, clinics, licenses)
    _store_claims(wanted, clinics, now)
    index.rebuild_many(clinics)
    return clinics


def _wanted(wish: dict[str, Any]) -> _Wanted:
    own = {name: value for name, value in wish.items() if name in _Wanted.__dataclass_fields__}
    return _Wanted(**own, fields={name: value for name, value in wish.items() if name not in own})


def _store_organizations(wanted: list[_Wanted]) -> None:
    lacking = [wish for wish in wanted if wish.organization is None]
    made = Organization.objects.bulk_create([_new_organization() for _ in lacking])
    for wish, practice in zip(lacking, made, strict=True):
        wish.organization = practice


def _license_of(wish: _Wanted, doctor: Practitioner) -> License:
    ends = {"expires_at": wish.license_ends} if wish.license_ends else {}
    return _new_license(doctor, **ends, state=wish.fields.get("state", "CO"))


def _new_clinic(wish: _Wanted, doctor: Practitioner, now: datetime) -> Clinic:
    number = next(_number)
    name = wish.fields.get("name", f"Example Clinic {number}")
    latitude, longitude = wish.at or (None, None)
    plain = {
        "name": name,
        "slug": f"{slugify(name)[:60] or 'clinic'}-{number}",
        "organization": wish.organization,
        "responsible": doctor,
        "status": Clinic.Status.LISTED if wish.listed else Clinic.Status.CANDIDATE,
        "status_changed_at": now - timedelta(days=200),
        "line1": f"{number} Example Street",
        "city": "Denver",
        "state": "CO",
        "zip": "80202",
        "latitude": latitude,
        "longitude": longitude,
        "time_zone": "America/Denver",
        "phone": "+13035550101",
        "website": "https://clinic.example/",
        "confirmed_domain": "clinic.example",
        "accepting_new_patients": True,
        "insurance": ["commercial"],
        "languages": ["en"],
        "age_groups": ["adult"],
        "states_facts": ["dea", "emergency-plan"],
        "attested_at": now - timedelta(days=10),
        "takes_requests": wish.is_claimed,
    }
    made = {**plain, **wish.fields}
    said = None if made["accepting_new_patients"] is None else now - timedelta(days=5)
    return Clinic(**{"accepting_stated_at": said, **made})


def _store_offerings(wanted: list[_Wanted], clinics: list[Clinic]) -> None:
    Offering.objects.bulk_create(
        Offering(clinic=clinic, modality=modality, psychotherapy=modality in wish.psychotherapy)
        for wish, clinic in zip(wanted, clinics, strict=True)
        for modality in wish.modalities
    )


def _store_checks(wanted: list[_Wanted], clinics: list[Clinic], licenses: list[License]) -> None:
    Check.objects.bulk_create(
        _new_check(
            clinic,
            fact,
            license=held if fact == Fact.LICENSE else None,
            outcome=Check.Outcome.FAILS if fact in wish.fails else Check.Outcome.HOLDS,
            checked_at=wish.checked_at,
            lapses_at=wish.lapses.get(fact),
        )
        for wish, clinic, held in zip(wanted, clinics, licenses, strict=True)
        for fact in wish.facts
    )


def _store_claims(wanted: list[_Wanted], clinics: list[Clinic], now: datetime) -> None:
    claimed = [(wish, clinic) for wish, clinic in zip(wanted, clinics, strict=True) if wish.is_claimed]
    if not claimed:
        return
    decider = user(verifier=True)
    anybody = next((wish.owner for wish, _ in claimed if wish.owner), None) or user()
    Membership.objects.bulk_create(
        [
            Membership(
                user=wish.owner or anybody,
                organization=wish.organization,
                role=Membership.Role.MANAGER,
                started_at=now - timedelta(days=365),
            )
            for wish, _ in claimed
        ],
        ignore_conflicts=True,
    )
    ListingClaim.objects.bulk_create(
        ListingClaim(
            clinic=clinic,
            claimant=wish.owner or anybody,
            proof=ListingClaim.Proof.PHONE,
            status=ListingClaim.Status.APPROVED,
            made_at=now - timedelta(days=300),
            decided_at=now - timedelta(days=299),
            decided_by=decider,
        )
        for wish, clinic in claimed
    )
