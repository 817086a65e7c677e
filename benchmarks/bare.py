"""The least that a view can do behind the site's own server and middleware: the reference of every ratio."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

ANSWER = {"status": "ok", "service": "directory"}


@login_not_required
def bare(request: HttpRequest) -> JsonResponse:
    """A constant of 36 bytes."""
    return JsonResponse(ANSWER)


class BareRest(APIView):
    """The same through the REST framework."""

    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response(ANSWER)


urlpatterns = [
    path("bare/", bare),
    path("bare-rest/", login_not_required(BareRest.as_view())),
    path("", include("config.urls")),
]
handler400 = "config.errors.bad_request"
