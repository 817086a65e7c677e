"""1,200 slow senders and readers against the site, behind the shipped nginx and without it, while honest people ask.

    python -m drills.slow_clients [--seconds 60] [--share 1.0] [--only nginx|bare] [--seed N] [--out FILE]

500 send a head byte by byte, 500 a body, 200 read a large file byte by byte, each from an address of its own in
127.0.0.0/8 and again as soon as it is cut. Behind nginx the promises are: 99.5 % of honest requests answered, 95 % of
them within 500 ms, and every slow connection cut within 30 s. nginx has no deadline for a whole body: a body that
drips faster than `client_body_timeout` is not cut, and costs a connection of nginx and no thread. It is told apart.
"""

import argparse
import asyncio
import json
import random
import secrets
import socket
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks import site
from benchmarks.machine import describe
from benchmarks.outcome import keep
from drills import proxy
from tests.config.site import free_port

CUT_WITHIN = 30.0  # seconds
SUCCESS, P95 = 0.995, 0.5
HONEST = 4  # people who ask at once
BETWEEN = 0.25  # seconds between two requests of one of them
PATIENCE = 10.0  # seconds after which an honest person has given up
PAGES = ("/", "/search/?q=clinic", "/crisis/", "/api/v1/clinics/", "/accounts/login/")
LARGE = "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"  # 1.5 MB
ESTABLISHED = 1  # state of a TCP connection, in Linux's numbers
SMALL_WINDOW = 4096  # bytes that a slow reader lets the kernel take for it
HEAD = "Host: localhost\r\nUser-Agent: slow\r\n"


@dataclass
class Crowd:
    """Where to ask, for how long (until `ends`, monotonic), and what came of it."""

    port: int
    ends: float
    tls: ssl.SSLContext | None
    large: str
    dice: random.Random
    honest: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    held: dict[str, list[float]] = field(default_factory=dict)
    still_open: Counter[str] = field(default_factory=Counter)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _connected(crowd: Crowd, address: str, window: int = 0) -> Stream:
    """A connection from `address`, with a receive buffer of about `window` bytes if that is not 0."""
    own = socket.socket()
    own.setblocking(False)
    try:
        if window:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        own.bind((address, 0))
        return await asyncio.wait_for(_opened(crowd, own, window or 65536), PATIENCE)
    except BaseException:
        own.close()
        raise


async def _opened(crowd: Crowd, own: socket.socket, limit: int) -> Stream:
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", crowd.port))
    name = "localhost" if crowd.tls else None
    return await asyncio.open_connection(sock=own, ssl=crowd.tls, server_hostname=name, limit=limit)


# --- the slow ------------------------------------------------------------------------------


async def drip_head(crowd: Crowd, stream: Stream) -> None:
    """A header of one byte a second, without end."""
    reader, writer = stream
    writer.write(f"GET / HTTP/1.1\r\n{HEAD}X-Slow: ".encode())
    await _drip(reader, writer, pause=1.0)


async def drip_body(crowd: Crowd, stream: Stream) -> None:
    """A form of 1,000 bytes, one in seven seconds."""
    await _send_form(stream, pause=7.0)


async def trickle_body(crowd: Crowd, stream: Stream) -> None:
    """A form of 1,000 bytes, one a second."""
    await _send_form(stream, pause=1.0)


async def _send_form(stream: Stream, pause: float) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n"
    stream[1].write(f"POST /accounts/login/ HTTP/1.1\r\n{HEAD}{kind}\r\n".encode())
    await _drip(*stream, pause=pause)


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pause: float) -> None:
    """One byte at a time until the other side closes."""
    closed = asyncio.ensure_future(reader.read())
    closed.add_done_callback(lambda over: over.cancelled() or over.exception())  # looked at, however it ends
    while not closed.done():
        writer.write(b"a")
        await writer.drain()
        await asyncio.wait([closed], timeout=pause)
    closed.result()


async def read_slowly(crowd: Crowd, stream: Stream) -> None:
    """A file of 1.5 MB, 16 bytes a second."""
    reader, writer = stream
    writer.write(f"GET {crowd.large} HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n".encode())
    await writer.drain()
    # What was buffered here can be read long after the other side has closed, so the kernel is asked as well.
    while _is_connected(writer) and await reader.read(16):
        await asyncio.sleep(1)


def _is_connected(writer: asyncio.StreamWriter) -> bool:
    own = writer.get_extra_info("socket")
    return own is not None and own.getsockopt(socket.SOL_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED


Slow = Callable[[Crowd, Stream], Awaitable[None]]
SLOW: dict[str, tuple[Slow, int]] = {
    "head": (drip_head, 500),
    "body": (drip_body, 250),
    "body_each_second": (trickle_body, 250),
    "reader": (read_slowly, 200),
}
MUST_BE_CUT = ("head", "body", "reader")


async def be_slow(crowd: Crowd, name: str, act: Slow, address: str) -> None:
    """Be slow again and again from one address; note how long each connection was held, in seconds."""
    window = SMALL_WINDOW if name == "reader" else 0
    while not crowd.is_over:
        began = time.monotonic()
        stream = None
        try:
            stream = await _connected(crowd, address, window)
            began = time.monotonic()
            await asyncio.wait_for(act(crowd, stream), crowd.ends - time.monotonic())
            crowd.held[name].append(time.monotonic() - began)
        except TimeoutError:
            if crowd.is_over and time.monotonic() - began > CUT_WITHIN:
                crowd.still_open[name] += 1
        except OSError:
            crowd.held[name].append(time.monotonic() - began)
        finally:
            _drop(stream)
        await asyncio.sleep(crowd.dice.uniform(0.1, 1.0))


def _drop(stream: Stream | None) -> None:
    if stream:
        with suppress(OSError):
            stream[1].transport.abort()


# --- the honest ----------------------------------------------------------------------------


async def be_honest(crowd: Crowd, number: int) -> None:
    """Ask for a page, wait a little, ask for the next. Every one counts, from the connection to the last byte."""
    while not crowd.is_over:
        began = time.monotonic()
        try:
            status = await asyncio.wait_for(_page(crowd, f"127.0.1.{number + 1}"), PATIENCE)
            if status == 200:
                crowd.honest.append(time.monotonic() - began)
            else:
                crowd.failed[str(status)] += 1
        except (OSError, ValueError, TimeoutError) as error:
            crowd.failed[type(error).__name__] += 1
        await asyncio.sleep(BETWEEN)


async def _page(crowd: Crowd, address: str) -> int:
    reader, writer = await _connected(crowd, address)
    try:
        path = crowd.dice.choice(PAGES)
        # The bare server is told whose proxy it is; nginx adds the address it saw.
        told = f"X-Forwarded-For: 10.{crowd.dice.randrange(256)}.{crowd.dice.randrange(256)}.1\r\n"
        writer.write(f"GET {path} HTTP/1.1\r\n{HEAD}{told}Connection: close\r\n\r\n".encode())
        answer = await reader.read(-1)
        return int(answer.split(b" ", 2)[1])
    finally:
        writer.transport.abort()


# --- the drill -----------------------------------------------------------------------------


async def crowd_in(crowd: Crowd, share: float) -> None:
    """Everybody at once until the crowd's end. `share` of the slow ones come."""
    tasks = [asyncio.create_task(be_honest(crowd, number)) for number in range(HONEST)]
    for row, (name, (act, count)) in enumerate(SLOW.items()):
        crowd.held[name] = []
        for number in range(int(count * share)):
            address = f"127.{row + 2}.{number // 200}.{number % 200 + 1}"
            tasks.append(asyncio.create_task(be_slow(crowd, name, act, address)))
            await asyncio.sleep(0.002)
    tasks.append(asyncio.create_task(_tell(crowd)))
    await asyncio.gather(*tasks)


async def _tell(crowd: Crowd) -> None:
    while not crowd.is_over:
        await asyncio.sleep(min(5, max(0, crowd.ends - time.monotonic())) + 0.01)
        answered, failed = len(crowd.honest), crowd.failed.total()
        left = max(0, crowd.ends - time.monotonic())
        text = (
            f"{answered} answered, {failed} not, {sum(map(len, crowd.held.values()))} cut, {left:.0f} s left"
        )
        print(text, file=sys.stderr, flush=True)


def behind_nginx(folder: Path, seconds: float, share: float, dice: random.Random) -> dict[str, Any]:
    """Figures with the shipped proxy in front. Raises LookupError without nginx."""
    port = free_port()
    place = site.prepared(folder)
    place = replace(place, extra={**place.extra, "SITE_URL": f"https://localhost:{port}"})
    with ExitStack() as stack:
        _started(stack, place)
        trusted = stack.enter_context(proxy.running(folder / "nginx", port, free_port(), place.port))
        tls = ssl.create_default_context(cafile=str(trusted))
        return _figures(Crowd(port, 0, tls, large_file(place), dice), seconds, share)


def bare(folder: Path, seconds: float, share: float, dice: random.Random) -> dict[str, Any]:
    """Figures of the site's own server alone."""
    with ExitStack() as stack:
        place = site.prepared(folder)
        _started(stack, place)
        return _figures(Crowd(place.port, 0, None, large_file(place), dice), seconds, share)


def large_file(place: site.Place) -> str:
    """The address of the largest file that anybody may read."""
    manifest = json.loads((place.data_dir / "static" / "staticfiles.json").read_text())
    return f"/static/{manifest['paths'][LARGE]}"


def _started(stack: ExitStack, place: site.Place) -> None:
    served = stack.enter_context(place.serving())
    while not served.is_healthy():
        time.sleep(0.1)


def _figures(crowd: Crowd, seconds: float, share: float) -> dict[str, Any]:
    crowd.ends = time.monotonic() + seconds
    with ThreadPoolExecutor(
        1
    ) as apart:  # the caller's thread may have a loop of its own, as under a browser's driver
        apart.submit(asyncio.run, crowd_in(crowd, share)).result()
    asked = len(crowd.honest) + crowd.failed.total()
    return {
        "seconds": seconds,
        "slow": {name: int(count * share) for name, (_, count) in SLOW.items()},
        "honest_requests": asked,
        "success": round(len(crowd.honest) / max(asked, 1), 4),
        "failed": dict(crowd.failed),
        "p50_ms": _percentile(crowd.honest, 50),
        "p95_ms": _percentile(crowd.honest, 95),
        "held_seconds": {name: _held(times) for name, times in crowd.held.items()},
        "open_for_30_s_at_the_end": dict(crowd.still_open),
    }


def _percentile(times: list[float], percent: int) -> float | None:
    """Milliseconds."""
    return round(quantiles(times, n=100)[percent - 1] * 1000, 1) if len(times) > 1 else None


def _held(times: list[float]) -> dict[str, float]:
    return {"cut": len(times), "longest": round(max(times, default=0), 1)}


def broken(figures: dict[str, Any]) -> Iterator[str]:
    """Promises that did not hold behind the shipped proxy."""
    if figures["success"] < SUCCESS:
        yield "honest people were turned away"
    if figures["p95_ms"] is None or figures["p95_ms"] > P95 * 1000:
        yield "honest people waited"
    for name in MUST_BE_CUT:
        if (
            figures["held_seconds"][name]["longest"] > CUT_WITHIN
            or name in figures["open_for_30_s_at_the_end"]
        ):
            yield f"not cut within {CUT_WITHIN:.0f} s: {name}"


def main() -> int:
    """Exit code 1 if a promise was broken behind the shipped proxy; the bare server promises nothing here."""
    options = _options()
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    result: dict[str, Any] = {"drill": "slow_clients", "machine": describe(), "seed": options.seed}
    for name, measure in (("nginx", behind_nginx), ("bare", bare)):
        if options.only in ("", name):
            with tempfile.TemporaryDirectory() as folder:
                dice = random.Random(options.seed)
                result[name] = measure(Path(folder) / "site", options.seconds, options.share, dice)
    result["broken"] = list(broken(result["nginx"])) if "nginx" in result else []
    if "nginx" in result:
        result["bound_95"] = 3 / max(result["nginx"]["honest_requests"], 1)
    keep(result, options.out)
    return 1 if result["broken"] else 0


def _options() -> argparse.Namespace:
    about = (__doc__ or "").split("\n", maxsplit=1)[0]
    parser = argparse.ArgumentParser(prog="python -m drills.slow_clients", description=about)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--share", type=float, default=1.0, help="of the 1,200 slow ones (1.0)")
    parser.add_argument("--only", choices=["", "nginx", "bare"], default="")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--out", type=Path, default=None, help="also write the result here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
