"""How often somebody may do something. Counts live in the cache; whom they count is hashed."""

import hashlib
import hmac
import ipaddress
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from accounts import keyring
from outbox import clock

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  (stands for "no address", is never bound)


def take(scope: str, who: str, *, limit: int, seconds: int) -> int:
    """Count one use of `scope` by `who`: 0 if it is within `limit` per `seconds`, else the seconds to wait.

    Windows are fixed; where one begins differs from person to person, so that nobody can time it.
    """
    name = hashed(scope, who)
    instant = clock.to_micros(clock.here()) // 1_000_000 + int(name[:8], 16) % seconds
    window, elapsed = divmod(instant, seconds)
    cache_key = f"limit:{name}:{window}"
    cache.add(cache_key, 0, timeout=seconds + 1)
    try:
        used = cache.incr(cache_key)
    except ValueError:  # a full cache dropped the count between the two lines
        return 0
    return 0 if used <= limit else seconds - elapsed


def hashed(scope: str, who: str) -> str:
    """What stands for somebody in the cache."""
    return hmac.digest(keyring.derived("limits"), f"{scope}\0{who}".encode(), hashlib.sha256).hex()


@lru_cache(maxsize=10_000)
def address_block(ip: str) -> str:
    """The neighbourhood of an address, the unit that limits and logs see: /24 for IPv4, /56 for IPv6."""
    address = _parsed(ip) or ipaddress.ip_address(UNKNOWN_ADDRESS)
    prefix = 24 if address.version == 4 else 56
    return str(ipaddress.ip_network((address.packed, prefix), strict=False))


def network_address(ip: str) -> str:
    """The first address of its neighbourhood: what may be kept of an address."""
    return address_block(ip).partition("/")[0]


def client_address(request: HttpRequest) -> str:
    """The address that the request came from, as told by the last proxy that the operator trusts.

    `TRUSTED_PROXIES` is how many stand in front of us (none by default). Each appends the address it
    saw to X-Forwarded-For; whatever stands further left was written by the sender and is ignored.
    """
    proxies = settings.TRUSTED_PROXIES
    if proxies:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= proxies and (address := _parsed(hops[-proxies])):
            return str(address)
    return str(_parsed(request.META.get("REMOTE_ADDR", "")) or UNKNOWN_ADDRESS)


def _parsed(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address with an IPv4 one unwrapped from its IPv6 form; None for anything else."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
