"""What every public read has in common: open to all origins, counted per address, tagged, free of cookies."""

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import limits

# A page of any site may read the directory. No credential is ever involved, so `*` gives nothing away.
OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


class ReadsPerMinute(BaseThrottle):
    """So many reads a minute for one block of addresses (settings.API_READS_PER_MINUTE)."""

    seconds_to_wait = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        block = limits.address_block(limits.client_address(request))
        self.seconds_to_wait = limits.take("api-read", block, limit=settings.API_READS_PER_MINUTE, seconds=60)
        return not self.seconds_to_wait

    def wait(self) -> float:
        return self.seconds_to_wait


class PublicRead(APIView):
    """A view that anybody may GET, from any origin, and ask again cheaply with If-None-Match."""

    permission_classes = (AllowAny,)
    http_method_names = ("get", "head", "options")

    def get_throttles(self) -> list[BaseThrottle]:
        return [] if self.request.method == "OPTIONS" else [ReadsPerMinute()]

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204, headers=PREFLIGHT)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if isinstance(answer, HttpResponse) and answer.status_code == 200:
            answer = _tagged(request, answer.render() if isinstance(answer, Response) else answer)
        for name, value in OPEN_TO_ALL.items():
            answer[name] = value
        return answer


def _tagged(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """`response` with a strong tag of its body, or 304 when the asker holds that body already.

    `no-cache` means: keep it, but ask each time. A clinic that is suspended is gone at once.
    """
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = tag
    response["Cache-Control"] = "no-cache"
    held = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if "*" not in held and tag not in (known.removeprefix("W/") for known in held):
        return response
    kept = ("ETag", "Cache-Control", "Vary")
    return HttpResponse(status=304, headers={name: response[name] for name in kept if name in response})
