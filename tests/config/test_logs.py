"""A log line is one JSON object made from an allow-list: nothing personal can get in."""

import io
import json
import logging
import smtplib
import sys
import uuid
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organization
from config import logs
from config.server import OneLog
from referrals.vocabulary import Status
from tests.config.trouble import CANARY

ours = logging.getLogger("referrals.anything")
theirs = logging.getLogger("somebody.else")
ALLOWED = {
    "time", "level", "logger", "message", "source", "request_id", "route", "status", "method", "duration_ms",
    "exception",
}  # fmt: skip


class Lines:
    """What was written while the test ran."""

    def __init__(self):
        self.stream = io.StringIO()

    @property
    def text(self):
        return self.stream.getvalue()

    @property
    def all(self):
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def last(self):
        return self.all[-1]


@pytest.fixture
def lines():
    written = Lines()
    handler = logging.StreamHandler(written.stream)
    handler.setFormatter(logs.JsonLines())
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)
    assert CANARY not in written.text
    assert all(set(line) <= ALLOWED for line in written.all)


# --- what our own code says -----------------------------------------------------------------


def test_it_fills_in_numbers_ids_and_words_of_our_own(lines):
    identifier = uuid.uuid4()
    ours.info("%d deliveries of %s are %s", 3, identifier, Status.REQUESTED)
    assert lines.last["message"] == f"3 deliveries of {identifier} are {Status.REQUESTED}"
    assert lines.last["level"] == "INFO"
    assert lines.last["logger"] == "referrals.anything"
    assert lines.last["source"].startswith("tests/config/test_logs.py:")


@pytest.mark.parametrize("value", [CANARY, {"name": CANARY}, [CANARY], ValueError(CANARY), CANARY.encode()])
def test_it_hides_every_other_value(lines, value):
    ours.warning("a request of %s came in %d ms", value, 12)
    assert lines.last["message"] == "a request of [hidden] came in 12 ms"


def test_it_hides_a_point_and_a_date(lines):
    ours.info("near %s", 39.7392)
    assert "39.7392" not in lines.text


def test_it_hides_values_that_do_not_fit_their_template(lines):
    ours.info("%d %d %(x)s", CANARY)
    ours.info("%d", CANARY)
    ours.info("%(name)s", {"name": CANARY})
    assert len(lines.all) == 3


def test_it_hides_an_object_in_place_of_a_message(lines):
    ours.error(ValueError(CANARY))
    assert lines.last["message"] == "[hidden]"


def test_it_ignores_fields_that_it_does_not_know(lines):
    ours.info("seen", extra={"patient": CANARY, "note": CANARY, "route": CANARY, "status": CANARY})
    assert lines.last["message"] == "seen"


def test_it_writes_one_line_whatever_is_in_it(lines):
    ours.info("first\r\nsecond\u2028third")
    assert len(lines.text.splitlines()) == 1
    assert lines.last["message"] == "first\r\nsecond\u2028third"


# --- what libraries say ---------------------------------------------------------------------


def test_it_keeps_a_librarys_template_and_hides_its_values(lines):
    theirs.warning("cannot reach %s", CANARY)
    assert lines.last["message"] == "cannot reach %s"


def test_it_hides_a_librarys_finished_text_and_says_where_it_was_written(lines):
    theirs.error(f"cannot reach {CANARY}")
    assert lines.last["message"] == "[hidden]"
    assert lines.last["source"].startswith("tests/config/test_logs.py:")


def test_it_hides_the_text_of_warnings(lines):
    logging._showwarning(UserWarning(f"{CANARY} is odd"), UserWarning, f"{CANARY}.py", 1)
    assert lines.last["logger"] == "py.warnings"


def test_it_has_no_access_line_of_the_server(lines):
    server = OneLog(SimpleNamespace(errorlog="-", loglevel="info"))
    server.access(None, None, {"RAW_URI": f"/r/{CANARY}/"}, None)
    assert lines.text == ""
    server.error("Error handling request %s", f"/r/{CANARY}/")
    assert lines.last["message"] == "Error handling request %s"


# --- exceptions -----------------------------------------------------------------------------


def test_it_names_an_exception_and_its_lines_and_no_more(lines):
    try:
        int(CANARY)
    except ValueError:
        ours.exception("could not count")
    (described,) = lines.last["exception"]
    assert described["class"] == "builtins.ValueError"
    assert described["frames"][-1].startswith("tests/config/test_logs.py:")


def test_it_follows_the_chain_of_causes(lines):
    cause = ValueError(CANARY)
    error = RuntimeError(CANARY)
    error.__cause__ = cause
    cause.__context__ = error  # a ring
    ours.error("failed", exc_info=error)
    assert [one["class"] for one in lines.last["exception"]] == [
        "builtins.RuntimeError",
        "builtins.ValueError",
    ]


def test_it_hides_an_address_that_a_mail_server_refused(lines):
    refusal = smtplib.SMTPRecipientsRefused({f"{CANARY}@mail.example": (550, b"no such user")})
    ours.error("the mail was refused", exc_info=refusal)
    assert lines.last["exception"] == [{"class": "smtplib.SMTPRecipientsRefused", "frames": []}]


@pytest.mark.django_db
def test_it_hides_the_row_that_a_database_quotes(lines):
    def add():
        Organization.objects.create(name=CANARY, npi="2000000001", npi_type=2)

    add()
    try:
        with transaction.atomic():
            add()
    except IntegrityError:
        ours.exception("not stored")
    assert "2000000001" not in lines.text


def test_it_hides_what_ends_a_thread_or_the_process(lines):
    error = ValueError(CANARY)
    logs._log_uncaught(ValueError, error, None)
    assert lines.last["level"] == "CRITICAL"
    assert lines.last["exception"][0]["class"] == "builtins.ValueError"


def test_it_does_not_print_a_record_that_cannot_be_written(capsys):
    handler = logging.StreamHandler(io.StringIO())
    handler.stream.close()
    handler.setFormatter(logs.JsonLines())
    logs.configure({"level": "INFO"})
    handler.handle(logging.LogRecord("x", logging.INFO, "f", 1, CANARY, (), None))
    assert CANARY not in capsys.readouterr().err
    logs.configure({"level": "INFO"})
    assert sum(isinstance(one, logs.StandardError) for one in logging.getLogger().handlers) == 1


# --- requests -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_logs_each_request_by_its_route(lines, trouble):
    response = trouble.get(
        f"/trouble/chained/{CANARY}/?near={CANARY}", headers={"Referer": f"http://x/{CANARY}"}
    )
    access = next(line for line in lines.all if line["logger"] == "config.access")
    assert access["route"] == "trouble/chained/<str:token>/"
    assert (access["method"], access["status"]) == ("GET", 500)
    assert access["request_id"] == response["X-Request-ID"]
    assert access["duration_ms"] >= 0
    assert {line["request_id"] for line in lines.all} == {response["X-Request-ID"]}


HOSTILE = [
    ("get", f"/{CANARY}/", {}),
    ("get", f"/r/{CANARY}/", {}),
    ("get", "/trouble/mistake/", {"headers": {"Cookie": f"sid={CANARY}", "User-Agent": CANARY}}),
    ("get", "/trouble/suspicious/", {}),
    ("get", "/trouble/bad-request/", {}),
    ("get", "/trouble/no-database/", {}),
    ("get", f"/trouble/form/?q={CANARY}%00", {}),
    ("get", "/healthz", {"headers": {"Host": f"{CANARY}.example"}}),
    ("get", "/healthz", {"headers": {"X-Request-ID": CANARY, "X-Forwarded-For": CANARY}}),
    ("post", "/trouble/form/", {"data": {"note": CANARY}}),
    ("post", "/trouble/mistake/", {"data": f'{{"note": "{CANARY}', "content_type": "application/json"}),
    ("post", "/api/v1/trouble/mistake/", {"data": f"{CANARY}\0", "content_type": "application/json"}),
    ("post", "/accounts/login/", {"data": {"login": f"{CANARY}@mail.example", "password": CANARY}}),
    ("post", "/accounts/password/reset/", {"data": {"email": f"{CANARY}@mail.example"}}),
    ("generic", CANARY.upper(), {"path": "/healthz"}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "address", "more"), HOSTILE)
def test_it_logs_nothing_of_what_was_sent(lines, trouble, method, address, more):
    getattr(trouble, method)(address, **more)
    assert CANARY.upper() not in lines.text.upper()
    assert any(line["logger"] == "config.access" for line in lines.all)


def test_it_names_no_route_where_there_is_none(lines, trouble):
    trouble.get(f"/trouble/form/{CANARY}/%00/")
    assert lines.last["route"] == "(no route)"


def test_it_keeps_the_statements_of_a_database_to_itself(lines, db):
    """Django logs statements with their values on DEBUG alone; INFO is where we begin."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [CANARY])
    assert lines.text == ""
    assert logging.getLogger("django.db.backends").isEnabledFor(logging.DEBUG) is False


def test_it_hides_uncaught_exceptions_where_nobody_looks_on(monkeypatch):
    before = sys.excepthook
    monkeypatch.setattr(sys, "excepthook", before)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    logs.configure({"level": "INFO"})
    assert sys.excepthook is logs._log_uncaught
