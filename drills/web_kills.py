"""kill -9 of the web server's worker while people send requests: what was answered is stored, once.

    python -m drills.web_kills --kills 2000 --posts 20000 [--postgresql] [--out FILE]

Eight people at a time press Send on a finished form, every tenth twice at once. Whoever gets no answer, or an
answer of 5xx, sends the same form again until told where it went, as a browser does on reload. Meanwhile the
worker is killed: at each named failpoint, then 0 to 200 ms after its first request or its
first answer. A process of its own keeps what people were told; another compares that with the database at the end.
"""

import argparse
import contextlib
import http.client
import json
import random
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from os import kill
from pathlib import Path
from typing import Any

from benchmarks import people, site
from benchmarks.machine import describe
from benchmarks.outcome import keep
from drills import web_kills_check
from drills.ledger import Ledger
from tests.config.site import Site

FAILPOINTS = (
    "request.before-begin",
    "request.after-begin",
    "request.after-lock",
    "request.after-eligibility",
    "request.after-sealing",
    "request.after-referral",
    "request.after-timeline",
    "request.after-deliveries",
    "request.after-audit",
    "request.after-commit",
    "request.before-answer",
    "request.after-replay",
)
CLIENTS = 8
LONGEST_LIFE = 0.2  # seconds from a worker's first request, or first answer, to its kill
POLL = 0.003  # seconds between two looks at a process
PRESSED_TWICE = 10  # every tenth person
LOOKED_AT = 20  # every twentieth sent page
TOO_MANY = 429  # the limit per clinic; it is counted in the worker's memory, so the next kill ends it
NOT_CONVERGED = 120.0  # seconds after which a person counts as never answered
STUCK = 120.0  # seconds in which a failpoint must have killed


# --- people -----------------------------------------------------------------------------------------------


@dataclass
class Crowd:
    """People who send their forms, eight at a time; nobody new begins once it is `closing`."""

    forms: Iterator[people.Filled]
    port: int
    kept: Ledger
    counts: Counter[str] = field(default_factory=Counter)
    closing: threading.Event = field(default_factory=threading.Event)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def send_all(self) -> None:
        """One of the eight: sends form after form."""
        while not self.closing.is_set() and (form := self._next()):
            self._send(form)

    def _next(self) -> people.Filled | None:
        with self.one_at_a_time:
            return next(self.forms, None)

    def count(self, what: str) -> None:
        """One more of `what`."""
        with self.one_at_a_time:
            self.counts[what] += 1

    def _send(self, form: people.Filled) -> None:
        """Until it is answered."""
        self.count("people")
        deadline, tries = time.monotonic() + NOT_CONVERGED, 0
        while not self._is_told(form, tries):
            tries += 1
            if time.monotonic() > deadline:
                self.count("not_converged")
                return
        if tries:
            self.count("converged_after_unknown")
        if form.number % LOOKED_AT == 0:
            self._look(form)

    def _is_told(self, form: people.Filled, tries: int) -> bool:
        """One press, or two at once; True once an answer said that the request was sent."""
        twice = form.number % PRESSED_TWICE == 0 and not tries
        pending = [self._press(form) for _ in range(2 if twice else 1)]
        return web_kills_check.SENT in [
            self._outcome(form, connection) for connection in pending if connection
        ]

    def _press(self, form: people.Filled) -> http.client.HTTPConnection | None:
        self.kept.record(event="before", key=form.key, person=form.number)
        try:
            connection = people.press_send(form, self.port)
        except OSError:
            self.count("nobody_listened")
            time.sleep(0.1)
            return None
        self.count("posts")
        return connection

    def _outcome(self, form: people.Filled, connection: http.client.HTTPConnection) -> int:
        """The status, 0 for none. Whatever is neither "sent" nor "come back later" is a broken promise."""
        try:
            status, place = people.answer(connection)
        except (OSError, http.client.HTTPException):
            status, place = 0, ""
        if status == web_kills_check.SENT and place != form.sent_path:
            status = -web_kills_check.SENT
        known = 0 < status < 500
        self.kept.record(
            event="after", key=form.key, person=form.number, status=status if known else "unknown"
        )
        self.count(f"answered_{status}" if known else "unknown")
        if status != web_kills_check.SENT:
            time.sleep(0.2 if status == TOO_MANY else 0.01)
        return status

    def _look(self, form: people.Filled) -> None:
        """The page that says "sent" shows one private link."""
        deadline = time.monotonic() + NOT_CONVERGED
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                links = people.links_on_sent_page(form, self.port)
                if links:
                    self.count("sent_pages_seen" if len(links) == 1 else "sent_pages_wrong")
                    return
            time.sleep(0.01)
        self.count("sent_pages_wrong")


# --- kills ------------------------------------------------------------------------------------------------


@dataclass
class Plan:
    """What is wanted, and what was drawn by lot."""

    kills: int
    posts: int
    kills_per_failpoint: int
    minutes: float
    lot: random.Random
    began: float = field(default_factory=time.monotonic)

    def is_done(self, crowd: Crowd) -> bool:
        """Enough of both, out of people, or out of time."""
        counts = crowd.counts
        enough = counts["kills"] >= self.kills and counts["posts"] >= self.posts
        late = time.monotonic() - self.began > self.minutes * 60
        return enough or late or counts["people"] >= self.people

    @property
    def people(self) -> int:
        """More than can be sent: a person presses at least once."""
        return self.posts + self.kills + len(FAILPOINTS) * self.kills_per_failpoint * 10


def at_failpoints(place: site.Place, plan: Plan, crowd: Crowd) -> None:
    """A server for each failpoint; its worker dies there again and again, at one of the first three passes."""
    for point in FAILPOINTS:
        with place.serving(f"{point}:{plan.lot.randint(1, 3)}") as running:
            _count_deaths(running, plan.kills_per_failpoint, partial(crowd.count, f"killed {point}"))


def _count_deaths(running: Site, wanted: int, died: Callable[[], None]) -> None:
    last, seen, deadline = 0, 0, time.monotonic() + STUCK
    while seen < wanted and time.monotonic() < deadline:
        worker = site.worker_of(running)
        if last and worker != last:
            seen += 1
            died()
        last = worker or 0
        time.sleep(POLL)


def at_random(place: site.Place, plan: Plan, crowd: Crowd) -> None:
    """Kill the worker 0 to 200 ms after it took its first request or gave its first answer, until all is done."""
    with place.serving() as running:
        while not plan.is_done(crowd):
            worker = site.worker_of(running)
            if worker and _is_ripe(worker, plan, crowd):
                time.sleep(plan.lot.uniform(0, LONGEST_LIFE))
                kill(worker, signal.SIGKILL)
                crowd.count("kills")
                _wait_for_another(running, worker)
            time.sleep(POLL)


def _is_ripe(worker: int, plan: Plan, crowd: Crowd) -> bool:
    """Waits until it serves, and by lot until somebody was told that a request was sent."""
    answered = crowd.counts["answered_302"]
    deadline = time.monotonic() + STUCK
    wanted: Callable[[], bool] = plan.lot.choice(
        [lambda: site.is_serving(worker), lambda: crowd.counts["answered_302"] > answered]
    )
    while not wanted():
        if plan.is_done(crowd) or time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _wait_for_another(running: Site, killed: int) -> None:
    while site.worker_of(running) == killed:
        time.sleep(POLL)


def in_peace(place: site.Place, crowd: Crowd, clients: list[Future[None]]) -> None:
    """A server that nobody kills, until everybody who began is answered. Raises what a client raised."""
    crowd.closing.set()
    with place.serving():
        for client in clients:
            client.result(NOT_CONVERGED * 2)


# --- the drill --------------------------------------------------------------------------------------------


def drill(folder: Path, plan: Plan, database_url: str = "") -> dict[str, Any]:
    """Everything, on a new site in `folder`; the counts, and under "broken" the names of promises not kept."""
    place = site.prepared(folder, database_url)
    forms, ledger = folder / "forms.jsonl", folder / "ledger.jsonl"
    _say("filling in forms")
    place.do("-m", "benchmarks.people", str(plan.people), str(forms))
    time.sleep(2.5)  # nobody reads their answers faster, says the form
    plan.began = time.monotonic()
    with Ledger(ledger) as kept, _progress(crowd := Crowd(people.read(forms), place.port, kept), plan):
        _run(place, plan, crowd)
    seconds = round(time.monotonic() - plan.began, 1)
    _say("comparing the ledger with the database")
    found = json.loads(place.do("-m", "drills.web_kills_check", str(ledger), str(forms)))
    return _result(crowd.counts, found) | {"seconds": seconds}


def _run(place: site.Place, plan: Plan, crowd: Crowd) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(crowd.send_all) for _ in range(CLIENTS)]
        try:
            at_failpoints(place, plan, crowd)
            at_random(place, plan, crowd)
            in_peace(place, crowd, clients)
        finally:
            crowd.closing.set()


def _result(counts: Counter[str], found: dict[str, Any]) -> dict[str, Any]:
    """`bound_95`: with no broken promise seen in n kills, its rate per kill is below 3/n (95 in 100)."""
    at_points = {point: counts.pop(f"killed {point}", 0) for point in FAILPOINTS}
    broken = [name for name in web_kills_check.BROKEN if found[name]]
    broken += [name for name in ("not_converged", "sent_pages_wrong") if counts[name]]
    broken += [name for name in counts if name.startswith("answered_") and name not in EXPECTED]
    broken += [f"never killed: {point}" for point, times in at_points.items() if not times]
    kills = counts["kills"] + sum(at_points.values())
    return {
        **dict(sorted(counts.items())),
        "kills_at_failpoints": at_points,
        "kills_in_all": kills,
        **found,
        "broken": broken,
        "bound_95": 3 / kills if kills else 1.0,
        "bound_95_per_acknowledged": 3 / found["acknowledged"] if found["acknowledged"] else 1.0,
    }


EXPECTED = ("answered_302", "answered_429")


@contextlib.contextmanager
def _progress(crowd: Crowd, plan: Plan) -> Iterator[None]:
    """A line every five seconds."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(5):
            _say(_line(crowd.counts, plan))

    teller = threading.Thread(target=tell)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _line(counts: Counter[str], plan: Plan) -> str:
    seconds = time.monotonic() - plan.began
    done = min(counts["kills"] / max(plan.kills, 1), counts["posts"] / max(plan.posts, 1), 1.0)
    left = f"{seconds / done - seconds:.0f} s left" if done else "failpoints first"
    posts, kills = counts["posts"], counts["kills"]
    return (
        f"{posts} posts ({posts / seconds:.0f}/s), {kills} random kills, {counts['unknown']} unknown, {left}"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Exit code 1 if a promise was broken."""
    options = _options()
    _say(f"seed {options.seed}")
    plan = Plan(
        options.kills,
        options.posts,
        options.kills_per_failpoint,
        options.minutes,
        random.Random(options.seed),
    )
    head = {"drill": "web_kills", "machine": describe(), "seed": options.seed}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder)))
        url = options.database_url
        if options.postgresql:
            url = stack.enter_context(site.throw_away_postgresql(folder))
        engine = "postgresql" if url.startswith("postgres") else "sqlite"
        result = {**head, "engine": engine, **drill(folder, plan, url)}
    keep(result, options.out)
    return 1 if result["broken"] else 0


def _options() -> argparse.Namespace:
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m drills.web_kills", description=about)
    parser.add_argument("--kills", type=int, default=2000, help="at random moments (2000)")
    parser.add_argument("--posts", type=int, default=20_000, help="at least; repeats count (20000)")
    parser.add_argument("--kills-per-failpoint", type=int, default=20, help="at each failpoint (20)")
    parser.add_argument("--minutes", type=float, default=60, help="end the random kills after this long (60)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--database-url", default="", help="an empty database (a new SQLite file)")
    parser.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL server")
    parser.add_argument(
        "--folder", type=Path, default=None, help="where the site's folder is made and removed"
    )
    parser.add_argument("--out", type=Path, default=None, help="also write the result here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
