""" "Do not list us": a clinic's wish, kept against every later file, registry and form.

    opt_outs.keep(clinic=clinic, by=staff)               after its listing was closed, or for a candidate
    opt_outs.standing_for(candidates)                    which of these asked not to be listed, in one statement

A clinic is known again by its NPI (every site of the practice, or one street or ZIP code), by its phone, or by its name
at its ZIP code, each as imports compare them. Nothing else of it is kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Q

from accounts import audit
from accounts.models import Organization, User
from directory.casework import cases
from directory.deciding import require_staff_or_manager, require_staff_or_manager_of
from directory.index import name_key as name_in_any_script
from directory.intake.candidate import Candidate
from directory.intake.duplicates import address_key
from directory.models import Case, Clinic, OptOut
from directory.models.opt_out import OptOutQuerySet
from directory.names import business_key
from directory.refusals import NotAllowed, WrongState
from outbox import clock

OUTCOME: Final = "opted-out"
"""How the cases of a candidate end that asked not to be listed."""

IN_WORDS: Final = "This clinic asked not to be listed."

FEW: Final = 200
"""Up to so many candidates the opt-outs near them are asked for; for more, all that stand."""

_MAY_OPT_OUT: Final = (Clinic.Status.CANDIDATE, Clinic.Status.CLOSED)
_STAYS_OPEN: Final = (Case.Kind.REMOVAL, Case.Kind.CLAIM)
_UNITS: Final = frozenset("ste rm fl bldg apt".split())


class AskedNotToBeListed(NotAllowed):
    """An opt-out stands. Somebody has to take it back first."""

    def __init__(self) -> None:
        super().__init__(f"{IN_WORDS} Take its opt-out back first, if the clinic says so.")


class _Signs(NamedTuple):
    """What a clinic is known by."""

    npi: str
    street: str
    zip: str
    phone: str
    name: str


# --- keeping one, and taking it back -----------------------------------------------------------


@transaction.atomic
def keep(*, clinic: Clinic, by: User, whole_organization: bool = False) -> OptOut:
    """Hold the clinic's wish from now on; with `whole_organization` for every site of the practice, also new ones.

    By the operator's staff or a manager of it. The cases of a candidate are closed: it needs nobody any more. Raises
    NotAllowed; WrongState while it, or another site of the whole, is listed or suspended: it is closed first.
    """
    require_staff_or_manager(by, clinic)
    sites = _lock_sites(clinic, by) if whole_organization else _lock(Clinic.objects.filter(pk=clinic.pk))
    if still := next((site for site in sites if site.status not in _MAY_OPT_OUT), None):
        raise WrongState(still.status)
    kept = {site.pk: _keep_one(site, by, whole=whole_organization) for site in sites}
    for site in sites:
        _drop_cases(site, by)
    ids = [str(row.pk) for row in kept.values()]
    audit.record_each(actor=audit.actor_of(by), action="opt-out.made", object_type="opt-out", object_ids=ids)
    return kept[clinic.pk]


@transaction.atomic
def lift(*, opt_out: OptOut, by: User) -> list[OptOut]:
    """Take a wish back, by the operator's staff or a manager of the clinic; those that ended.

    One that stands for a whole practice ends for all of its sites. A candidate waits for the staff again. Raises
    NotAllowed, WrongState if it has ended.
    """
    _require_may_lift(opt_out, by)
    sites = _lock_sites_of(opt_out)
    ended = list(_same_wish(opt_out, sites).order_by("pk").select_for_update(of=("self",)))
    if opt_out.pk not in {row.pk for row in ended}:
        raise WrongState("ended")
    OptOut.objects.filter(pk__in=[row.pk for row in ended]).update(ended_at=clock.now(), ended_by=by)
    for site in sites:
        _let_wait_again(site)
    ids = [str(row.pk) for row in ended]
    audit.record_each(
        actor=audit.actor_of(by), action="opt-out.lifted", object_type="opt-out", object_ids=ids
    )
    return ended


def _require_may_lift(opt_out: OptOut, by: User) -> None:
    if opt_out.clinic is None:
        if not (by.is_active and by.is_staff):
            raise NotAllowed("Only the operator's staff may do this.")
    elif opt_out.whole_organization:
        require_staff_or_manager_of(opt_out.clinic.organization, by)
    else:
        require_staff_or_manager(by, opt_out.clinic)


def _lock(clinics: Iterable[Clinic]) -> list[Clinic]:
    wanted = Clinic.objects.filter(pk__in=[clinic.pk for clinic in clinics]).order_by("pk")
    return list(wanted.select_for_update(of=("self",), no_key=True).select_related("organization"))


def _lock_sites(clinic: Clinic, by: User) -> list[Clinic]:
    practice = Organization.objects.select_for_update(no_key=True).get(pk=clinic.organization_id)
    require_staff_or_manager_of(practice, by)
    return _lock(Clinic.objects.filter(organization=practice).only("pk"))


def _lock_sites_of(opt_out: OptOut) -> list[Clinic]:
    if opt_out.clinic is None:
        return []
    if not opt_out.whole_organization:
        return _lock([opt_out.clinic])
    practice = Organization.objects.select_for_update(no_key=True).get(pk=opt_out.clinic.organization_id)
    return _lock(Clinic.objects.filter(organization=practice).only("pk"))


def _same_wish(opt_out: OptOut, sites: Sequence[Clinic]) -> OptOutQuerySet:
    standing = OptOut.objects.standing()
    if opt_out.whole_organization and sites:
        return standing.filter(clinic__in=sites, whole_organization=True)
    return standing.filter(pk=opt_out.pk)


def _keep_one(site: Clinic, by: User, *, whole: bool) -> OptOut:
    """The wish that stands for this site; a wider one takes the place of a narrower one, never the other way."""
    known = OptOut.objects.standing().filter(clinic=site).order_by("-whole_organization", "pk").first()
    if known and (known.whole_organization or not whole):
        return known
    row = known or OptOut(clinic=site, made_at=clock.now())
    signs = _signs_of(site)
    row.npi, row.zip, row.phone = signs.npi, signs.zip, signs.phone
    row.name_key, row.line1_key = signs.name, signs.street
    row.whole_organization, row.decided_by = whole, by
    row.save()
    return row


def _drop_cases(site: Clinic, by: User) -> None:
    if site.status != Clinic.Status.CANDIDATE:
        return
    site.submitted_by, site.submitted_at = None, None
    site.save(update_fields=["submitted_by", "submitted_at"])
    for case in Case.objects.open().filter(clinic=site).exclude(kind__in=_STAYS_OPEN).select_for_update():
        cases.finish(case, OUTCOME, by)


def _let_wait_again(site: Clinic) -> None:
    if site.status == Clinic.Status.CANDIDATE and not site.successor_id:
        cases.open_case(clinic=site, kind=Case.Kind.NEW, why=["It took back that it asked not to be listed."])


# --- knowing a clinic again --------------------------------------------------------------------


def standing_for(candidates: Sequence[Candidate]) -> dict[int, OptOut]:
    """Those of `candidates`, by their place in the sequence, that asked not to be listed. One statement."""
    signs = [_signs(one.organization_npi, one.line1, one.zip, one.phone, one.name) for one in candidates]
    known = _Known(_near(signs) if len(signs) <= FEW else OptOut.objects.standing())
    found = {place: known.find(each) for place, each in enumerate(signs)}
    return {place: opt_out for place, opt_out in found.items() if opt_out}


def against(clinic: Clinic) -> OptOut | None:
    """The wish that a clinic of ours may not be listed against; that of another site of its practice is none."""
    signs = _signs_of(clinic)
    near = _near([signs], Q(clinic=clinic)).select_related("clinic").order_by("pk")
    return next((row for row in near if _is_against(row, clinic, signs)), None)


def _is_against(row: OptOut, clinic: Clinic, signs: _Signs) -> bool:
    if row.clinic_id == clinic.pk:
        return True
    sister = row.clinic is not None and row.clinic.organization_id == clinic.organization_id
    return row.whole_organization if sister else _means(row, signs)


def _near(signs: Sequence[_Signs], more: Q | None = None) -> OptOutQuerySet:
    near = Q(zip__in={each.zip for each in signs}) | Q(phone__in={each.phone for each in signs} - {""})
    near |= Q(npi__in={each.npi for each in signs} - {""})
    return OptOut.objects.standing().filter(near | more if more else near)


class _Known:
    """Opt-outs, to be asked about many candidates."""

    def __init__(self, opt_outs: Iterable[OptOut]) -> None:
        self._by: dict[tuple[str, str], list[OptOut]] = defaultdict(list)
        for row in opt_outs:
            for key in _keys(row.npi, row.phone, row.zip, row.name_key):
                self._by[key].append(row)

    def find(self, signs: _Signs) -> OptOut | None:
        """The first that means this clinic."""
        keys = _keys(signs.npi, signs.phone, signs.zip, signs.name)
        rows = (row for key in keys for row in self._by.get(key, ()))
        return next((row for row in rows if _means(row, signs)), None)


def _keys(npi: str, phone: str, code: str, name: str) -> Iterator[tuple[str, str]]:
    if npi:
        yield "npi", npi
    if phone:
        yield "phone", phone
    if name:
        yield code, name


def _means(row: OptOut, signs: _Signs) -> bool:
    """Same NPI and place, or the same phone, or the same name at the same ZIP code."""
    same_npi = bool(signs.npi) and row.npi == signs.npi
    if same_npi and (row.whole_organization or _same_place(row, signs)):
        return True
    if signs.phone and row.phone == signs.phone:
        return not same_npi  # one number for many sites: another site of the practice asked for nothing
    return bool(signs.name) and (row.zip, row.name_key) == (signs.zip, signs.name)


def _same_place(row: OptOut, signs: _Signs) -> bool:
    return row.zip == signs.zip or (bool(signs.street) and row.line1_key == signs.street)


def _signs_of(clinic: Clinic) -> _Signs:
    return _signs(clinic.organization.npi, clinic.line1, clinic.zip, clinic.phone, clinic.name)


def _signs(npi: str, line1: str, code: str, phone: str, name: str) -> _Signs:
    key = business_key(name) or name_in_any_script(name)
    return _Signs(npi=npi, street=street_key(line1), zip=code, phone=phone, name=key[:160])


def street_key(line1: str) -> str:
    """Number and street as imports compare them, without suite or floor."""
    every = address_key(line1, "", "").split()
    return " ".join(takewhile(lambda word: word not in _UNITS, every) if every else ())[:120]
