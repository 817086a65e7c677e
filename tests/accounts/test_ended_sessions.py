"""A session that ended is gone, with whatever answers it held."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import ended_sessions
from outbox import chores

pytestmark = pytest.mark.django_db


def test_an_ended_session_is_deleted_and_a_live_one_kept(client):
    sessions = []
    for _ in range(2):
        session = client.session
        session["draft"] = "sealed"
        session.save()
        sessions.append(session.session_key)
        client.cookies.clear()
    ended, live = sessions
    Session.objects.filter(pk=ended).update(expire_date=timezone.now() - timedelta(seconds=1))

    ended_sessions.forget()

    assert list(Session.objects.values_list("pk", flat=True)) == [live]


def test_the_worker_does_it_every_hour():
    assert chores._chores["forget ended sessions"].every_seconds == 3600
