"""Who a program acts for: `Authorization: Bearer cairn_…`, once, and nowhere else. RFC 6750."""

from typing import Final

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import api_keys, limits
from accounts.models import ApiKey, User

IN_ADDRESS: Final = frozenset("access_token api_key apikey authorization bearer key secret token".split())
"""Names under which a key is put into an address by mistake. Addresses are logged on their way."""

CHALLENGE: Final = 'Bearer realm="cairn"'
PER_MINUTE: Final = 120


class ClinicKey(BaseAuthentication):
    """A key that a manager of a clinic made. Everything else, and no key at all, is 401, all in the same words."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey]:
        """The manager and the key."""
        sent = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, secret = sent.partition(" ")
        # Two such headers reach us as one, with a comma between them.
        if scheme.lower() != "bearer" or "," in sent or not IN_ADDRESS.isdisjoint(_names(request)):
            raise AuthenticationFailed
        key = api_keys.used(secret)
        if key is None:
            raise AuthenticationFailed
        return key.membership.user, key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class CallsPerMinute(BaseThrottle):
    """So many calls a minute with one key."""

    seconds_to_wait = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.seconds_to_wait = limits.take("api-key", str(request.auth.pk), limit=PER_MINUTE, seconds=60)
        return not self.seconds_to_wait

    def wait(self) -> float:
        return self.seconds_to_wait


def _names(request: Request) -> set[str]:
    return {name.lower() for name in request.query_params}
