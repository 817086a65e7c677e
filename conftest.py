"""What no test may do: reach another machine."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

# Argon2 takes 50 ms on purpose; a cast of five people would cost a quarter of a second.
FAST = {"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}


@pytest.fixture(scope="session", autouse=True)
def _fast_settings() -> Iterator[None]:
    with override_settings(**FAST):
        yield


class LeftTheMachine(Exception):
    """A test tried to reach another machine. Cairn never does without being told to."""


def _is_here(address: Any) -> bool:
    if not isinstance(address, tuple):  # a Unix socket's path
        return True
    host = str(address[0])
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def _stay_on_this_machine() -> Iterator[None]:
    real_connect, real_lookup = socket.socket.connect, socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        if not _is_here(address):
            raise LeftTheMachine
        real_connect(self, address)

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        if text and not _is_here((text,)):
            raise LeftTheMachine
        return real_lookup(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket, "getaddrinfo", lookup)
        yield
