"""Child processes that never outlive us: not on Ctrl-C, not on SIGTERM, not when we are killed with -9."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any, NoReturn, Protocol

_PR_SET_PDEATHSIG = 1
_HEARTBEAT = 5.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ASK_AGAIN = 0.5  # seconds


class Refused(Exception):
    """The site must not start like this. The text says why and how to mend it."""


class Stop(BaseException):
    """A signal asked us to end. Not an Exception, so that nothing on the way takes it for a failure."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.code = 128 + signum


def stop_on_signals() -> None:
    """Turn Ctrl-C, SIGTERM and a closed terminal into `Stop`, so that every `finally` runs."""
    for signum in _SIGNALS:
        signal.signal(signum, _raise_stop)


def _raise_stop(signum: int, frame: Any) -> NoReturn:
    # Raised inside a finalizer or a callback of C code, an exception is printed and forgotten there.
    # So it is raised again until `stop_heard` says that somebody caught it.
    signal.signal(signal.SIGALRM, lambda _alarm, frame: _raise_stop(signum, frame))
    signal.setitimer(signal.ITIMER_REAL, _ASK_AGAIN)
    raise Stop(signum)


def stop_heard() -> None:
    """No more reminders: what runs now is the orderly end."""
    signal.setitimer(signal.ITIMER_REAL, 0)


class Child(Protocol):
    """What we need to know of a child: `subprocess.Popen` and `Forked` have it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def terminate(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


# --- a command ------------------------------------------------------------------------------


def start(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    output: IO[Any] | None = None,
    **identity: Any,
) -> subprocess.Popen[bytes]:
    """Begin `command` in a session of its own, which the kernel ends when we die (on Linux).

    `identity` is Popen's user, group and extra_groups, for root to give up its rights.
    """
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603  (the command is ours)
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=lambda: _end_with(parent),  # noqa: PLW1509  (we have one thread)
        **identity,
    )


def run(command: Sequence[str], env: Mapping[str, str], waiting: Callable[[], None]) -> int:
    """Run `command` to its end; `waiting` is called every five seconds. Returns its exit code."""
    child = start(command, env)
    try:
        while True:
            try:
                return child.wait(_HEARTBEAT)
            except subprocess.TimeoutExpired:
                waiting()
    finally:
        end([child], patience=2)


_libc = ctypes.CDLL(None)


def _end_with(parent: int) -> None:
    """Ask the kernel for SIGTERM when our parent dies; end now if it died before we could ask."""
    if sys.platform.startswith("linux"):
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


# --- a copy of ourselves --------------------------------------------------------------------


class Forked:
    """A child that began as a copy of this process, with everything already loaded."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or None while it lives."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended; raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (code := self.poll()) is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(0.02)
        return code


def fork(work: Callable[[], Any], log: IO[bytes]) -> Forked:
    """Do `work` in a copy of this process, in a session of its own that ends with us; its output goes to `log`.

    Loading the site takes two seconds; a copy takes none.
    """
    parent = os.getpid()
    if pid := os.fork():
        return Forked(pid)
    _become_child(parent, log)
    code = 1
    try:
        work()
        code = 0
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become_child(parent: int, log: IO[bytes]) -> None:
    os.setsid()
    for signum in _SIGNALS:
        signal.signal(signum, signal.SIG_DFL)
    _end_with(parent)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log.fileno(), 1), (log.fileno(), 2)):
        os.dup2(source, target)


# --- the end of all -------------------------------------------------------------------------


def end(children: Iterable[Child], patience: float) -> None:
    """Ask every child to end; after `patience` seconds, or at a second Ctrl-C, end it with all it began."""
    stop_heard()
    alive = list(children)
    for child in alive:
        child.terminate()
    with contextlib.suppress(Stop):
        _wait(alive, time.monotonic() + patience)
    stop_heard()
    for child in alive:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # its session: also what it left behind
        child.wait()


def _wait(children: Iterable[Child], deadline: float) -> None:
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
