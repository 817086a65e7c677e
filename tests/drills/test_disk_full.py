"""A full disk: nothing is said to be sent that is not stored, and nobody has to lend a hand afterwards."""

import os

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DatabaseError, OperationalError
from django.test import RequestFactory

from config import errors
from drills import disk_full

pytestmark = pytest.mark.once


def interrupted(cause: Exception) -> SessionInterrupted:
    """As Django makes it of a session that could not be kept."""
    error, middle = SessionInterrupted("gone"), UpdateError()
    middle.__context__, error.__context__ = cause, middle
    return error


@pytest.mark.parametrize(("cause", "status"), [(OperationalError("full"), 503), (DatabaseError("none"), 400)])
def test_a_session_that_cannot_be_kept_for_want_of_a_database_is_no_mistake_of_the_sender(cause, status):
    answer = errors.bad_request(RequestFactory().post("/"), interrupted(cause))
    assert answer.status_code == status
    assert answer.has_header("Retry-After") == (status == 503)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a small disk")
def test_a_full_disk_loses_nothing_and_ends_by_itself(tmp_path):
    try:
        found = disk_full.drill(tmp_path, disks=2, seed=1)
    except PermissionError:
        pytest.skip("no disk can be mounted here")
    assert disk_full.verdict(found) == []
