"""GET /api/v1/clinics/, GET /api/v1/clinics/<slug>/ and GET /api/v1/clinics/<slug>/checks/."""

from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.problems import NoLongerListed
from api.rest import contract, documents
from api.rest.parameters import FORMATS
from api.rest.public import PublicRead
from api.rest.renderers import FormatThenAccept, GeoJSONRenderer
from directory import documents as clinic_documents
from directory import facts, filters, index, public_checks, search
from directory.models import Clinic
from outbox import clock


class ClinicList(PublicRead):
    """Search the directory."""

    renderer_classes = (JSONRenderer, GeoJSONRenderer)
    content_negotiation_class = FormatThenAccept

    @extend_schema(**contract.CLINIC_LIST)
    def get(self, request: Request) -> HttpResponse:
        query = filters.parse(_without_format(request.query_params), strict=True)
        answer = query, search.find(query), partial(_page_address, request)
        if request.accepted_renderer.format == GeoJSONRenderer.format:
            return Response(documents.feature_collection(*answer))
        return HttpResponse(documents.page(*answer), content_type=JSONRenderer.media_type)


class ClinicDetail(PublicRead):
    """One clinic, by its slug."""

    @extend_schema(**contract.CLINIC_DETAIL)
    def get(self, request: Request, slug: str) -> Response:
        _take_no_parameters(request.query_params)
        now = clock.now()
        clinic = _shown(slug, now)
        says = {"clinic_says": clinic_documents.clinic_says(clinic)}
        return Response(index.document_of(clinic, now) | says)


class ClinicChecks(PublicRead):
    """What was checked of one clinic: what its page /clinic/<slug>/checks/ says."""

    @extend_schema(**contract.CLINIC_CHECKS)
    def get(self, request: Request, slug: str) -> Response:
        _take_no_parameters(request.query_params)
        now = clock.now()
        return Response(public_checks.document(public_checks.account(_shown(slug, now), now)))


def _shown(slug: str, at: datetime) -> Clinic:
    """A clinic that is shown at `at`. 404 before it was ever listed, 410 when it no longer is."""
    known = facts.with_facts(Clinic.objects.filter(slug=slug)).prefetch_related(
        "checks__license__practitioner"
    )
    clinic = known.exclude(status=Clinic.Status.CANDIDATE).first()
    if clinic is None:
        raise Http404
    if not index.is_shown(clinic, at):
        raise NoLongerListed
    return clinic


def _without_format(params: QueryDict) -> QueryDict:
    """What is left for the search. `format` is the API's own."""
    if "format" not in params:
        return params
    rest = params.copy()
    asked = rest.pop("format")
    if len(asked) != 1 or asked[0] not in FORMATS:
        raise filters.BadParameters({"format": f"format is one of {', '.join(FORMATS)}."})
    return rest


def _take_no_parameters(params: QueryDict) -> None:
    named = [name if name in filters.NAMES else "unknown" for name in params]
    if named:
        raise filters.BadParameters(dict.fromkeys(named, "This address takes no parameters."))


def _page_address(request: Request, number: int) -> str:
    """The address of another page of the same search, on the site's public name."""
    params = {**dict(request.query_params.lists()), "page": number}
    return f"{settings.SITE_URL}{request.path}?{urlencode(params, doseq=True)}"
