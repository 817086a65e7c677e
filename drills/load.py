"""Ten ordinary minutes: people search, read, ask and answer all at once, and the site neither fails nor grows.

    python -m drills.load [--minutes 10] [--rows 100000] [--seed N] [--out FILE] [--folder DIR]

One site (web server and worker, SQLite), eight clients on kept connections, as a proxy would hold them. Of what
they do, 30 % are searches by page and 30 % by API, 20 % clinic pages, 10 % whole requests (every page from the
first question to "sent", with the two seconds that reading takes) and 10 % a signed-in look at an inbox.
Exit 1 on any answer that no person should get, on lost requests, or if resident memory grew by 5 % or more from
the second minute to the last (medians; not judged under three minutes).
"""

import argparse
import contextlib
import http.client
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import served
from benchmarks.machine import describe
from benchmarks.outcome import keep
from benchmarks.site import Place, worker_of
from drills.visitor import Unexpected, Visitor
from tests.config.site import Site, running

CLIENTS = 8
NEIGHBOURHOODS = 1000  # blocks of addresses that visitors come from
READING = 2.1  # seconds before Send: the site shows the page again to whoever is quicker
MOST_GROWTH = 0.05
SHARES = {"search page": 30, "search API": 30, "clinic": 20, "request": 10, "inbox": 10}
PLACES = (
    "Denver, CO|Chicago, IL|Houston, TX|Phoenix, AZ|Portland, OR|Boston, MA|Atlanta, GA|Seattle, WA|Miami, FL|"
    "Fargo, ND|80202|10001|94103|60601|73301|30301|98101|02108|33101|58102|99501|96813"
).split("|")
MODALITIES = ("", "", "esketamine", "iv", "im")
WHO = {"for_whom": "me", "call_me": "A person", "adult": "yes"}
REACH = {"phone": "303-555-0142", "email": "person@example.org", "language": "en", "best_time": "mornings"}
WANT = {"topics": ["depression"], "modality": "", "insurance": "", "note": "Afternoons suit me."}
# Asked in a process of the site: whose pages there are, who takes requests, and who can read them.
KNOWN = """
import json, django
django.setup()
from directory import examples
from directory.models import Clinic
shown, able = Clinic.objects.shown(), Clinic.objects.able_to_receive()
slugs = lambda clinics: list(clinics.order_by("pk").values_list("slug", flat=True))
print(json.dumps([slugs(shown), slugs(able), *examples.FRONT_DESK[:2]]))
"""
STORED = (
    "import django; django.setup(); from referrals.models import Referral; print(Referral.objects.count())"
)


@dataclass
class Seen:
    """What eight clients and the memory's watcher saw; kept under one lock."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sent: int = 0
    memory: dict[str, list[float]] = field(default_factory=lambda: {"web": [], "worker": []})
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, kind: str, seconds: float) -> None:
        with self.lock:
            self.seconds[kind].append(seconds)

    def error(self, what: str) -> None:
        with self.lock:
            self.errors[what] += 1

    def request_was_sent(self) -> None:
        with self.lock:
            self.sent += 1

    @property
    def answers(self) -> int:
        with self.lock:
            return sum(map(len, self.seconds.values()))


@dataclass(frozen=True)
class Directory:
    """What the clients know of the site. Clinics that take requests are asked in turn: 60 an hour each is the limit."""

    shown: list[str]
    able: list[str]
    email: str
    password: str
    asked: "count[int]" = field(default_factory=count)

    def next_asked(self) -> str:
        return self.able[next(self.asked) % len(self.able)]


class Client:
    """One of eight: one person after another, each with one thing to do."""

    def __init__(self, number: int, port: int, directory: Directory, seen: Seen, seed: int) -> None:
        self._chance = random.Random(f"{seed} {number}")
        self._directory, self._seen, self._kind = directory, seen, "sign in"
        self._visitor = Visitor(port, self._address(), self._heard)
        self._member = Visitor(port, self._address(), self._heard)

    def sign_in(self) -> None:
        """One client at a time: of many who try one e-mail address at once, the site makes some wait."""
        self._member.get("/accounts/login/")
        self._member.submit({"login": self._directory.email, "password": self._directory.password})

    def run(self, until: float) -> None:
        """Until the monotonic clock says `until`."""
        doing: dict[str, Callable[[], None]] = {
            "search page": self._search_page,
            "search API": self._search_api,
            "clinic": self._look_at_a_clinic,
            "request": self._send_a_request,
            "inbox": self._look_at_the_inbox,
        }
        while time.monotonic() < until:
            (self._kind,) = self._chance.choices(list(SHARES), list(SHARES.values()))
            self._visitor.become(self._address())
            self._attempt(doing[self._kind])
        self._visitor.close()
        self._member.close()

    def _attempt(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Unexpected as error:
            self._seen.error(f"{self._kind}: {error}")
        except (OSError, http.client.HTTPException) as error:
            self._seen.error(f"{self._kind}: {type(error).__name__}")

    def _heard(self, seconds: float, status: int) -> None:
        self._seen.answer(self._kind, seconds)

    def _address(self) -> str:
        block = self._chance.randrange(NEIGHBOURHOODS)
        return f"10.{block // 256}.{block % 256}.{self._chance.randrange(1, 255)}"

    # --- what people do -----------------------------------------------------------------------------------

    def _search_page(self) -> None:
        self._visitor.get(f"/search/?{self._question()}")

    def _search_api(self) -> None:
        self._visitor.get(f"/api/v1/clinics/?{self._question()}")

    def _question(self) -> str:
        asked = {
            "near": self._chance.choice(PLACES),
            "radius": str(self._chance.choice((10, 25, 50, 100))),
            "modality": self._chance.choice(MODALITIES),
        }
        return urlencode({name: value for name, value in asked.items() if value})

    def _look_at_a_clinic(self) -> None:
        self._visitor.get(f"/clinic/{self._chance.choice(self._directory.shown)}/")

    def _send_a_request(self) -> None:
        ask = f"/clinic/{self._directory.next_asked()}/ask/"
        self._visitor.get(ask)
        self._visitor.get(f"{ask}1/")
        for fields in (WHO, REACH, WANT):
            arrived = self._visitor.submit(fields)
        if arrived != f"{ask}check/":
            raise Unexpected("the check page was not reached")
        time.sleep(READING)
        if self._visitor.submit({"agree": "on"}) != f"{ask}sent/":
            raise Unexpected("the request was not sent")
        self._seen.request_was_sent()

    def _look_at_the_inbox(self) -> None:
        self._member.get("/manage/")


# --- the site ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _site(folder: Path, rows: int) -> Iterator[tuple[Place, Site, Site]]:
    """Where it lives, its web server and its worker; both are gone afterwards."""
    place = served.prepared(folder, rows)
    extra = {"SITE_URL": f"http://localhost:{place.port}", "TRUSTED_PROXIES": "1"}
    place = replace(place, extra=extra)
    own = {**extra, "PORT": str(place.port)}
    command = [sys.executable, "manage.py", "worker"]
    with place.serving() as web, running(place.data_dir, own, command=command) as worker:
        while not web.is_healthy():
            if web.process.poll() is not None:
                raise RuntimeError(web.said)
            time.sleep(0.1)
        yield place, web, worker


def _watch_memory(seen: Seen, web: Site, worker: Site, until: float) -> None:
    """Each second, in MB of 2^20 bytes."""
    while time.monotonic() < until:
        for name, process in (("web", worker_of(web)), ("worker", worker.process.pid)):
            seen.memory[name].append(_resident(process))
        time.sleep(1)


def _resident(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _say_progress(seen: Seen, began: float, until: float) -> None:
    """Every two seconds, on the line for errors."""
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(2.0, left))
        rate = seen.answers / (time.monotonic() - began)
        errors = sum(seen.errors.values())
        print(f"\r{rate:6.1f} answers/s, {errors} errors, {left:4.0f} s left ", end="", file=sys.stderr)
    print(file=sys.stderr)


# --- the drill --------------------------------------------------------------------------------------------


def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole drill; what it saw."""
    with _site(folder, options.rows) as (place, web, worker):
        directory = Directory(*json.loads(place.do("-c", KNOWN)))
        stored = int(place.do("-c", STORED))
        seen = Seen()
        _go(
            options,
            seen,
            [Client(n, place.port, directory, seen, options.seed) for n in range(CLIENTS)],
            web,
            worker,
        )
        stored = int(place.do("-c", STORED)) - stored
    return {
        "answers": {kind: _summary(seconds) for kind, seconds in sorted(seen.seconds.items())},
        "per_second": round(seen.answers / (options.minutes * 60), 1),
        "errors": dict(seen.errors),
        "requests_sent": seen.sent,
        "requests_stored": stored,
        "memory": {name: _grown(samples) for name, samples in seen.memory.items()},
    }


def _go(options: argparse.Namespace, seen: Seen, clients: list[Client], web: Site, worker: Site) -> None:
    for client in clients:
        client.sign_in()
    began = time.monotonic()
    until = began + options.minutes * 60
    threads = [threading.Thread(target=client.run, args=(until,)) for client in clients]
    threads.append(threading.Thread(target=_watch_memory, args=(seen, web, worker, until)))
    for thread in threads:
        thread.start()
    _say_progress(seen, began, until)
    for thread in threads:
        thread.join()


def _summary(seconds: list[float]) -> dict[str, float]:
    """Milliseconds that 50, 95 and 99 of a hundred answers stayed within."""
    steps = statistics.quantiles([*seconds, *seconds], n=100, method="inclusive")
    named = {f"p{percent}_ms": round(steps[percent - 1] * 1000, 1) for percent in (50, 95, 99)}
    return {"count": len(seconds), **named, "max_ms": round(max(seconds) * 1000, 1)}


def _grown(samples: list[float]) -> dict[str, Any]:
    """Megabytes; `growth` is the share by which the last minute's median exceeds the second minute's."""
    known = {"first_mb": round(samples[0], 1), "last_mb": round(samples[-1], 1), "growth": None}
    if len(samples) < 170:
        return known
    second, last = statistics.median(samples[60:120]), statistics.median(samples[-60:])
    return {**known, "second_minute_mb": round(second, 1), "growth": round(last / second - 1, 4)}


def broken(found: dict[str, Any]) -> list[str]:
    """Each promise that does not hold, in words."""
    grown = [name for name, memory in found["memory"].items() if (memory["growth"] or 0) >= MOST_GROWTH]
    return [
        *(["an answer that no person should get"] if found["errors"] else []),
        *(["requests were lost or doubled"] if found["requests_stored"] != found["requests_sent"] else []),
        *(f"the memory of {name} grew" for name in grown),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m drills.load", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--minutes", type=float, default=10, help="default 10")
    parser.add_argument("--rows", type=int, default=100_000, help="in the search index, default 100,000")
    parser.add_argument("--seed", type=int, default=1, help="what people do, and in which order")
    parser.add_argument("--folder", type=Path, help="keep the site here and use it again")
    parser.add_argument("--out", type=Path, help="keep the result here, too")
    return parser.parse_args()


def main() -> int:
    """Print the result as JSON, and say by the exit code whether every promise held."""
    options = _options()
    print(f"seed {options.seed}", file=sys.stderr)
    described = describe()
    with tempfile.TemporaryDirectory(prefix="load-") as temporary:
        found = run(options, options.folder or Path(temporary))
    head = {"drill": "load", "machine": described, "seed": options.seed, "minutes": options.minutes}
    total = sum(of_kind["count"] for of_kind in found["answers"].values())
    keep({**head, **found, "broken": broken(found), "bound_95": 3 / total}, options.out)
    return 1 if broken(found) else 0


if __name__ == "__main__":
    sys.exit(main())
