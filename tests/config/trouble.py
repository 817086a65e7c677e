"""The site's own addresses, and views that go wrong in every way a view can."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler400, handler403, handler404, handler429, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler429", "handler500"]

CANARY = "Marlow-Quill-7731"

RAISES = {
    "bad-request": BadRequest,
    "suspicious": SuspiciousOperation,
    "forbidden": PermissionDenied,
    "absent": Http404,
    "mistake": ValueError,
    "no-database": OperationalError,
}


@login_not_required
def raises(request: HttpRequest, kind: str) -> HttpResponse:
    diagnosis = f"{CANARY} in a local variable"
    raise RAISES[kind](f"{CANARY} in a message, {len(diagnosis)}")


@login_not_required
def chained(request: HttpRequest, token: str) -> HttpResponse:
    try:
        int(f"{CANARY} {token}")
    except ValueError as error:
        raise RuntimeError(f"{CANARY} again") from error
    return HttpResponse()


@login_not_required
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.POST.get("note", ""))


@login_not_required
def keeps_text(request: HttpRequest) -> HttpResponse:
    return HttpResponse("sent")


keeps_text.on_csrf_failure = lambda request, reason: HttpResponse(f"kept: {request.POST['note']}")


@login_not_required
def public(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("for everybody")
    response["Cache-Control"] = "public, max-age=60"
    if request.GET.get("cookie"):
        response.set_cookie("sid", "value")
    return response


@login_not_required
def open_to_scripts(request: HttpRequest) -> HttpResponse:
    return HttpResponse("{}", headers={"Access-Control-Allow-Origin": "*"})


urlpatterns = [
    path("trouble/form/", form),
    path("trouble/keeps-text/", keeps_text),
    path("trouble/public/", public),
    path("trouble/open/", open_to_scripts),
    path("trouble/chained/<str:token>/", chained),
    path("trouble/<str:kind>/", raises),
    path("api/v1/trouble/<str:kind>/", raises),
    *urlpatterns,
]
