"""GET /api/v1/mine/clinics/, and GET and PATCH /api/v1/mine/clinics/<slug>/: for a clinic's own program.

What the clinic says of itself, and numbers of requests that wait. A key reads no request, and changes no checked fact.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, cast

from django.conf import settings
from django.core.exceptions import ValidationError as Invalid
from django.db.models import BooleanField, Count, Field, IntegerField, JSONField, Q
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey
from api import problems
from api.rest import contract
from api.rest.bearer import CallsPerMinute, ClinicKey
from api.rest.strict_json import StrictJSONParser
from directory import attestation, changes, editing, listings
from directory.filters import BadParameters
from directory.models import Clinic
from directory.models.clinic import ClinicQuerySet
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock
from referrals.access import inbox_of
from referrals.vocabulary import Status

SAYS: Final = tuple(sorted(editing.SAID))
UNKNOWN: Final = "The clinic does not say this of itself, or there is no such field."
WRONG_TYPE: Final = "This is not of the type that this field takes."
UNFIT: Final = "This value does not fit. The OpenAPI file says what the field takes."


class NotNow(APIException):
    """409: the listing is closed, no claim for it is approved, or the terms for taking requests are not agreed."""

    status_code = 409
    default_detail = ""
    default_code = "wrong-state"


class BadFields(Exception):
    """Fields of a body that cannot be used, each with a message that repeats no value."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = errors


class Mine(APIView):
    """What both addresses share: a key, a count of its calls, and no parameters."""

    authentication_classes = (ClinicKey,)
    permission_classes = (IsAuthenticated,)
    throttle_classes = (CallsPerMinute,)
    parser_classes = (StrictJSONParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.query_params:
            raise BadParameters({"parameters": "This address takes no parameters."})

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, BadFields):
            errors = [{"name": name, "message": message} for name, message in exc.errors.items()]
            return problems.answer(problems.OF_SLUG["bad-fields"], errors=errors)
        return super().handle_exception(exc)


class MyClinics(Mine):
    """The clinics that the key acts for."""

    http_method_names = ("get", "head")

    @extend_schema(**contract.MY_CLINICS)
    def get(self, request: Request) -> Response:
        clinics = list(clinics_of(_key(request)).order_by("name", "pk"))
        return Response({"count": len(clinics), "results": documents(clinics, _key(request))})


class MyClinic(Mine):
    """One of them."""

    http_method_names = ("get", "head", "patch")

    @extend_schema(**contract.MY_CLINIC)
    def get(self, request: Request, slug: str) -> Response:
        return Response(documents([_clinic(request, slug)], _key(request))[0])

    @extend_schema(**contract.EDIT_MY_CLINIC)
    def patch(self, request: Request, slug: str) -> Response:
        """All of it or nothing."""
        clinic = _clinic(request, slug)
        values = _values(request.data)
        try:
            listings.edit(clinic=clinic, by=_key(request).membership.user, **values)
        except Invalid as invalid:
            raise BadFields(_named(invalid, values)) from None
        except NotAllowed:
            raise _refused(clinic, values) from None
        except (Incomplete, WrongState):
            raise NotNow from None
        return Response(documents([_clinic(request, slug)], _key(request))[0])


def clinics_of(key: ApiKey) -> ClinicQuerySet:
    """The clinics that the key's membership stands for now: all of the practice's, or the sites it names."""
    membership = key.membership
    own = Clinic.objects.filter(organization=membership.organization_id)
    if not membership.whole_organization:
        own = own.filter(site_memberships__membership=membership)
    return own.acted_for_by(membership.user)


def documents(clinics: Iterable[Clinic], key: ApiKey) -> list[dict[str, Any]]:
    """Each clinic as its own program reads it, in a fixed number of statements."""
    found = list(clinics)
    now = clock.now()
    waiting = _waiting(found, key)
    shown = set(
        Clinic.objects.shown(now).filter(pk__in=[each.pk for each in found]).values_list("pk", flat=True)
    )
    held = changes.waiting_fields_of_each(found)
    return [
        {
            "slug": clinic.slug,
            "name": clinic.name,
            "url": f"{settings.SITE_URL}/clinic/{clinic.slug}/",
            "status": clinic.status,
            "is_shown": clinic.pk in shown,
            "says": {name: editing.value_of(clinic, name) for name in SAYS},
            "held": sorted(held.get(clinic.pk, set()) & editing.SAID),
            "attest_due_on": _day(clinic),
            "requests": waiting.get(clinic.pk, {"new": 0, "waiting_on_clinic": 0}),
        }
        for clinic in found
    ]


def _waiting(clinics: list[Clinic], key: ApiKey) -> dict[int, dict[str, int]]:
    """How many requests nobody opened, and how many wait for the clinic. Numbers of rows; nothing sealed is read."""
    mine = inbox_of(key.membership.user).filter(clinic__in=clinics, closed_at__isnull=True)
    counted = mine.values_list("clinic").annotate(
        new=Count("pk", filter=Q(status=Status.REQUESTED)),
        waiting_on_clinic=Count("pk", filter=Q(status__in=(Status.REQUESTED, Status.RECEIVED))),
    )
    rows = counted.order_by("clinic")
    return {clinic: {"new": new, "waiting_on_clinic": waiting} for clinic, new, waiting in rows}


def _key(request: Request) -> ApiKey:
    return cast(ApiKey, request.auth)


def _clinic(request: Request, slug: str) -> Clinic:
    """404 for a clinic of others as for none at all."""
    found = clinics_of(_key(request)).filter(slug=slug).first()
    if found is None:
        raise Http404
    return found


def _day(clinic: Clinic) -> date:
    return attestation.due_at(clinic).date()


# --- what a body may hold ------------------------------------------------------------------------


def _values(body: Any) -> dict[str, Any]:
    """The fields of a body, each of the right type. Strict: a slip of the pen must not pass for a change."""
    if not isinstance(body, Mapping) or not body:
        raise BadFields({"": "Send an object with at least one field."})
    errors = {(name if name in _KNOWN else "unknown"): UNKNOWN for name in body if name not in editing.SAID}
    errors |= {name: WRONG_TYPE for name in set(body) & editing.SAID if not _fits(name, body[name])}
    if errors:
        raise BadFields(errors)
    return dict(body)


def _fits(name: str, value: Any) -> bool:
    field: Field[Any, Any] = Clinic._meta.get_field(name)  # type: ignore[assignment]
    if value is None:
        return field.null
    if isinstance(field, BooleanField):
        return isinstance(value, bool)
    if isinstance(field, IntegerField):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(field, JSONField):
        kind = dict if name == "opening_hours" else str
        return isinstance(value, list) and all(isinstance(each, kind) for each in value)
    return isinstance(value, str)


_KNOWN: Final = (
    editing.SAID | editing.IDENTITY | {"slug", "url", "status", "is_shown", "says", "held", "attest_due_on"}
)
"""Names that an error may repeat."""


def _named(invalid: Invalid, values: Mapping[str, Any]) -> dict[str, str]:
    names = getattr(invalid, "error_dict", None) or {}
    return {name: UNFIT for name in names if name in editing.SAID} or dict.fromkeys(values, UNFIT)


def _refused(clinic: Clinic, values: Mapping[str, Any]) -> Exception:
    """Without an approved claim nothing can be said; else a word was not of the vocabulary."""
    if not clinic.claims.standing().exists():
        return NotNow()
    return BadFields(dict.fromkeys(values, UNFIT))
