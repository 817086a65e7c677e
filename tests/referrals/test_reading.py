"""Reading: one door, each time with a row in the trail; and the private page of a patient."""

import ast
import random
import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from accounts import audit
from accounts.models import AuditEvent
from directory.models import Clinic
from outbox import clock
from outbox.models import Delivery
from referrals import lifecycle, reading, retention, wording
from referrals.answer_lines import lines_for_clinic
from referrals.models import Referral, TimelineEntry
from referrals.vocabulary import CompleteReason, DeclineReason, FailReason, Status
from tests import build
from tests.build_referrals import QUESTION, answers, referral, sent


@pytest.mark.django_db
class TestTheClinicsSide:
    def test_a_member_reads_what_was_answered_and_the_trail_says_so(self, clinic, owner):
        made = sent(clinic, note="Mornings").referral
        assert reading.read(referral=made, by=owner, purpose="inbox") == answers(note="Mornings")
        event = AuditEvent.objects.latest("seq")
        assert (event.actor, event.action) == (f"user:{owner.pk}", "referral.read")
        assert (event.object_id, event.purpose) == (str(made.pk), "inbox")

    def test_the_age_of_somebody_cared_for_is_not_said_because_it_was_not_asked(self):
        whom = lines_for_clinic(answers(for_whom="other"))[0].value
        assert "whose age we did not ask" in whom
        assert whom.endswith("The person who wrote is 18 or over")

    def test_nobody_else_reads(self, clinic, stranger, verifier, staff):
        made = sent(clinic).referral
        before = AuditEvent.objects.count()
        root = build.user(staff=True, is_superuser=True)
        for somebody in (stranger, verifier, staff, root):
            with pytest.raises(lifecycle.NotYours):
                reading.read(referral=made, by=somebody, purpose="curiosity")
            with pytest.raises(lifecycle.NotYours):
                reading.timeline(referral=made, by=somebody, purpose="curiosity")
            with pytest.raises(lifecycle.NotYours):
                reading.call_names(referrals=[made], by=somebody, purpose="curiosity")
        assert AuditEvent.objects.count() == before

    def test_without_a_trail_nothing_is_read(self, clinic, owner, monkeypatch):
        receipt = sent(clinic)

        def broken(**_):
            raise audit.BrokenTrail

        monkeypatch.setattr(audit, "record_each", broken)
        reads = [
            lambda: reading.read(referral=receipt.referral, by=owner, purpose="inbox"),
            lambda: reading.timeline(referral=receipt.referral, by=owner, purpose="inbox"),
            lambda: reading.call_names(referrals=[receipt.referral], by=owner, purpose="inbox"),
            lambda: reading.patient_mail(referral=receipt.referral, purpose="delivery"),
            lambda: reading.status_page(receipt.token),
        ]
        for read in reads:
            with pytest.raises(audit.BrokenTrail):
                read()

    def test_a_list_of_names_leaves_one_row_for_each(self, clinic, owner):
        made = [sent(clinic, call_me=name).referral for name in ("Sam", "Alex", "李")]
        before = AuditEvent.objects.count()
        names = reading.call_names(referrals=made, by=owner, purpose="list")
        assert [names[each.pk] for each in made] == ["Sam", "Alex", "李"]
        assert AuditEvent.objects.count() == before + 3

    def test_destroyed_data_are_gone_for_every_reader(self, clinic, owner):
        made = referral(clinic, reached=Status.COMPLETED, by=owner)
        retention.destroy(made.pk)
        with pytest.raises(reading.PersonalDataGone):
            reading.read(referral=made, by=owner, purpose="inbox")
        assert reading.call_names(referrals=[Referral.objects.get()], by=owner, purpose="list") == {}
        words = [step.words for step in reading.timeline(referral=made, by=owner, purpose="inbox")]
        assert not any(words)

    def test_what_was_taken_back_is_closed_to_the_clinic(self, clinic, owner):
        made = referral(clinic, reached=Status.ON_HOLD, by=owner)
        lifecycle.withdraw(referral=made)
        with pytest.raises(reading.PersonalDataGone):
            reading.read(referral=made, by=owner, purpose="inbox")
        assert reading.call_names(referrals=[made], by=owner, purpose="list") == {}
        steps = reading.timeline(referral=made, by=owner, purpose="inbox")
        assert [step.words for step in steps] == [""] * 4

    def test_the_clinic_reads_the_words_of_both_sides_in_order(self, clinic, owner):
        made = referral(clinic, reached=Status.ON_HOLD, by=owner)
        lifecycle.answer(referral=made, text="Mondays")
        steps = reading.timeline(referral=made, by=owner, purpose="inbox")
        assert [(step.title, step.words) for step in steps] == [
            ("You sent it", ""),
            ("The clinic opened it", ""),
            ("The clinic asked a question", QUESTION),
            ("You answered", "Mondays"),
        ]


@pytest.mark.django_db
class TestThePrivatePage:
    def test_it_shows_state_and_who_acts_next(self, clinic):
        view = reading.status_page(sent(clinic).token)
        assert (view.tag, view.sentence) == ("Sent", "The clinic has it. Not opened yet.")
        assert (view.clinic, view.clinic_is_shown) == (clinic, True)
        assert (view.can_answer, view.can_withdraw, view.closed) == (False, True, False)
        assert [step.title for step in view.steps] == ["You sent it"]

    def test_it_shows_the_clinics_question_and_never_what_the_patient_wrote(self, clinic, owner):
        receipt = sent(clinic, call_me="Canary", note="Private words")
        made = receipt.referral
        lifecycle.open(referral=made, by=owner)
        lifecycle.ask(referral=made, question=QUESTION, by=owner)
        view = reading.status_page(receipt.token)
        assert (view.tag, view.question, view.can_answer) == ("Question for you", QUESTION, True)
        lifecycle.answer(referral=made, text="My own words")
        view = reading.status_page(receipt.token)
        assert (view.question, view.sentence) == ("", "The clinic has your answer.")
        assert [step.words for step in view.steps] == ["", QUESTION, "", ""]
        assert not any(text in repr(view) for text in ("Canary", "Private words", "My own words", "303555"))

    def test_it_shows_the_note_of_an_acceptance_and_the_latest_date(self, clinic, owner):
        receipt = sent(clinic)
        made = receipt.referral
        lifecycle.open(referral=made, by=owner)
        lifecycle.accept(referral=made, by=owner, note="We call on Monday")
        assert reading.status_page(receipt.token).steps[0].words == "We call on Monday"
        dates = [clock.now() + timedelta(days=days) for days in (7, 9)]
        for date in dates:
            lifecycle.set_appointment(referral=made, at=date, by=owner)
        assert reading.status_page(receipt.token).appointment == dates[-1]
        lifecycle.complete(referral=made, reason=CompleteReason.SEEN, by=owner)
        view = reading.status_page(receipt.token)
        assert (view.appointment, view.closed, view.can_withdraw) == (None, True, False)
        assert (view.tag, view.reason) == ("Finished", "The clinic says you were seen.")

    def test_a_decline_has_its_reason_in_plain_words(self, clinic, owner):
        receipt = sent(clinic)
        lifecycle.open(referral=receipt.referral, by=owner)
        lifecycle.decline(referral=receipt.referral, reason=DeclineReason.OUT_OF_STATE, by=owner)
        view = reading.status_page(receipt.token)
        assert (view.tag, view.sentence) == ("Cannot help", "This clinic cannot help. Others may.")
        assert view.reason == "It may only treat people who live in certain states."

    def test_a_stopped_request_names_no_cause(self, clinic):
        receipt = sent(clinic)
        lifecycle.stop(referral=receipt.referral)
        view = reading.status_page(receipt.token)
        assert (view.tag, view.reason) == ("Stopped", "The clinic no longer takes requests here.")

    def test_it_says_when_the_clinic_left_the_directory(self, clinic, owner):
        receipt = sent(clinic)
        lifecycle.open(referral=receipt.referral, by=owner)
        Clinic.objects.update(status="suspended", status_reason="under-review")
        assert reading.status_page(receipt.token).clinic_is_shown is False

    def test_a_visit_changes_nothing_but_the_trail(self, clinic, owner):
        receipt = sent(clinic)
        lifecycle.open(referral=receipt.referral, by=owner)
        before = _everything()
        events = AuditEvent.objects.count()
        for _ in range(3):
            reading.status_page(receipt.token)
        assert _everything() == before
        assert AuditEvent.objects.count() == events + 3
        event = AuditEvent.objects.latest("seq")
        assert (event.actor, event.purpose) == ("patient", "status page")

    def test_a_wrong_token_finds_nothing_and_writes_nothing(self, clinic):
        receipt = sent(clinic)
        before, events = _everything(), AuditEvent.objects.count()
        for wrong in _wrong(receipt.token):
            assert reading.status_page(wrong) is None, wrong
            assert reading.of_token(wrong) is None, wrong
        assert (_everything(), AuditEvent.objects.count()) == (before, events)

    def test_ten_thousand_guesses_find_nothing(self, clinic):
        sent(clinic)
        with_digest = (reading.digest_of(secrets.token_urlsafe(32)) for _ in range(100_000))
        known = set(Referral.objects.values_list("token_digest", flat=True))
        assert not known.intersection(with_digest)
        assert all(reading.status_page(secrets.token_urlsafe(32)) is None for _ in range(1_000))

    def test_the_link_lives_as_long_as_the_data(self, clinic, owner):
        receipt = sent(clinic)
        lifecycle.withdraw(referral=receipt.referral)
        assert reading.status_page(receipt.token).tag == "Taken back"
        retention.destroy(receipt.referral.pk)
        assert reading.status_page(receipt.token) is None
        assert reading.of_token(receipt.token) is None


def _wrong(token):
    """Changed, cut, longer, other letters, other scripts."""
    swapped = "A" if token[20] != "A" else "B"
    other_case = token.swapcase()
    return [
        token[:20] + swapped + token[21:],
        token[:-1],
        token + "=",
        token + "?utm=1",
        " " + token,
        token + "\n",
        other_case if other_case != token else "",
        "".join(random.Random(1).sample(token, len(token))),
        "",
        "\x00" * 43,
        "\ud800" * 43,
        "１" * 43,
        "x" * 1_000_000,
    ]


def _everything():
    return [
        list(model.objects.order_by("pk").values()) for model in (Referral, TimelineEntry, Delivery, Clinic)
    ]


# --- wording -------------------------------------------------------------------------------------

BLAMING = ("reject", "denied", "deny", "ineligible", "invalid", "failed", "refus", "unsuitable", "declin")


@pytest.mark.once
@pytest.mark.parametrize("code", [*DeclineReason, *FailReason, *CompleteReason])
def test_every_reason_has_neutral_words(code):
    words = wording.reason(code)
    assert words or code == CompleteReason.OTHER
    assert not any(word in words.lower() for word in BLAMING)


@pytest.mark.once
@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_tag_and_a_sentence(status):
    assert wording.tag(status)
    assert wording.sentence(status).endswith(".")
    assert not any(word in wording.sentence(status).lower() for word in BLAMING)


# --- the one door --------------------------------------------------------------------------------

OPENS = {"unseal", "unseal_note"}


@pytest.mark.once
def test_nothing_but_reading_opens_what_is_sealed():
    assert {name for name in _modules() if OPENS & _names(name)} == {
        "directory/voices/removals.py",  # who asked that a listing be taken down, likewise
        "directory/voices/reports.py",  # what strangers wrote of a listing, in a box of its own
        "directory/voices/sealing.py",
        "referrals/envelope.py",
        "referrals/reading.py",
    }


@pytest.mark.once
def test_only_the_one_place_writes_a_status():
    writers = {name for name in _modules() if name.startswith("referrals/") and _sets_status(name)}
    assert writers == {"referrals/transitions.py"}


def _modules():
    rooms = ("config", "portal", "api", "referrals", "directory", "guide", "accounts", "outbox")
    paths = [path for room in rooms for path in (Path(settings.BASE_DIR) / room).rglob("*.py")]
    return [str(path.relative_to(settings.BASE_DIR)) for path in paths if "migrations" not in path.parts]


def _tree(name):
    return ast.parse((Path(settings.BASE_DIR) / name).read_text())


def _names(name):
    nodes = list(ast.walk(_tree(name)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return attributes | functions | imported


def _sets_status(name):
    """`update(status=…)`, `update(**change)`, or `something.status = …`."""
    return any(_updates_status(node) or _assigns_status(node) for node in ast.walk(_tree(name)))


def _updates_status(node):
    is_update = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "update"
    return is_update and any(keyword.arg in ("status", None) for keyword in node.keywords)


def _assigns_status(node):
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets)
