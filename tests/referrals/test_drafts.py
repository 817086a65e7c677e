"""An unfinished request in the session: sealed, bound to that session, gone once it is sent."""

import base64
import json
import os

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from accounts import keyring
from directory.models import Clinic
from referrals import drafts
from tests.build_referrals import answers

pytestmark = pytest.mark.django_db

WHO = {"for_whom": "me", "call_me": "Canary", "adult": True}
REACH = {
    "phone": "+13035550142",
    "phone_extension": "",
    "voicemail_ok": False,
    "text_ok": True,
    "email": "canary@patient.example",
    "best_time": "mornings",
    "language": "en",
    "interpreter": False,
}
WANT = {"topics": ["depression"], "modality": "iv", "insurance": "medicaid", "note": "Kanarienvogel"}
HERE, THERE = Clinic(pk=1), Clinic(pk=2)


@pytest.fixture
def session():
    return SessionStore()


def _filled(session):
    for number, cleaned in ((1, WHO), (2, REACH), (3, WANT)):
        drafts.keep(session, number, cleaned)
    session.save()
    return SessionStore(session.session_key)


def test_it_keeps_each_step_and_gives_the_whole_request(session):
    assert (drafts.next_step(session), drafts.answers(session)) == (1, None)
    session = _filled(session)
    assert drafts.next_step(session) is None
    assert drafts.answers(session) == answers(**WHO, **REACH, **{**WANT, "topics": ("depression",)})


def test_it_asks_for_the_first_step_that_is_missing(session):
    drafts.keep(session, 1, WHO)
    drafts.keep(session, 3, WANT)
    assert (drafts.next_step(session), drafts.answers(session)) == (2, None)


def test_a_step_comes_back_as_its_form_wants_it(session):
    session = _filled(session)
    assert drafts.step(session, 1) == {**WHO, "adult": "yes"}
    assert drafts.step(session, 2) == REACH
    assert drafts.step(SessionStore(), 2) == {}


def test_who_said_not_18_is_not_asked_further(session):
    drafts.keep(session, 1, {**WHO, "adult": False})
    assert drafts.next_step(session) == 1


def test_nothing_of_it_is_in_the_session_table_in_the_clear(session):
    _filled(session)
    stored = Session.objects.get()
    decoded = json.dumps(stored.get_decoded())
    boxed = base64.b64decode(stored.get_decoded()["ask"].partition(":")[2])
    for word in ("Canary", "3035550142", "canary@patient.example", "depression", "Kanarienvogel", "medicaid"):
        assert word not in decoded
        assert word.encode() not in boxed


def test_a_draft_copied_into_another_session_does_not_open(session):
    session = _filled(session)
    thief = SessionStore()
    thief.create()
    thief["ask"] = session["ask"]
    assert drafts.answers(thief) is None


@pytest.mark.parametrize(
    "damage", ["", "x", "k1:", "k1:!!!", "k1:AAAA", "nokey:djEAAAAAAAAAAAAAAAAAAAAAAAA="]
)
def test_a_damaged_draft_is_as_good_as_none(session, damage):
    session = _filled(session)
    session["ask"] = damage
    assert drafts.answers(session) is None
    drafts.keep(session, 1, WHO)
    assert drafts.step(session, 1)["call_me"] == "Canary"


def test_a_draft_outlives_a_new_key_and_not_the_loss_of_its_own(session, settings):
    session = _filled(session)
    old = settings.PHI_KEYS
    new = f"new:{base64.b64encode(os.urandom(32)).decode()}"
    settings.PHI_KEYS = f"{new},{old}"
    assert drafts.answers(session) is not None
    settings.PHI_KEYS = new
    assert drafts.answers(session) is None
    assert keyring.current_id() == "new"


def test_each_clinic_has_one_key_for_every_retry(session):
    session = _filled(session)
    first = drafts.key_for(session, HERE)
    assert first == drafts.key_for(session, HERE)
    assert first != drafts.key_for(session, THERE)
    assert len(first) == 43


def test_after_sending_the_answers_are_gone_and_the_receipt_stays(session):
    session = _filled(session)
    first = drafts.key_for(session, HERE)
    drafts.finish(session, HERE, reference="K7Q-4MD", token="t" * 43)
    assert drafts.answers(session) is None
    assert drafts.step(session, 1) == {}
    assert drafts.sent(session, HERE) == ("K7Q-4MD", "t" * 43)
    assert drafts.sent(session, THERE) is None
    assert drafts.key_for(session, HERE) != first


def test_the_token_is_not_in_the_session_table_in_the_clear(session):
    session = _filled(session)
    drafts.finish(session, HERE, reference="K7Q-4MD", token="t" * 43)
    session.save()
    assert "t" * 43 not in json.dumps(Session.objects.get().get_decoded())


def test_it_can_be_forgotten(session):
    session = _filled(session)
    drafts.discard(session)
    drafts.discard(session)
    assert drafts.next_step(session) == 1
