"""A message is promised in a transaction, sent at least once, and given up only before somebody's eyes."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Thread

import pytest
from django.db import connection, transaction

from config.logs import JsonLines
from outbox import clock, deliveries, handlers, sending
from outbox.models import Delivery

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def fail_until(delivery: Delivery, start: datetime, most: int = 50) -> list[timedelta]:
    """Try a delivery each time that it is due, by a frozen clock; when the tries were, from the start."""
    tries = []
    now = start
    for _ in range(most):
        with clock.frozen(now):
            assert deliveries.deliver_one()
            tries.append(now - start)
            assert not deliveries.deliver_one()
        delivery.refresh_from_db()
        if delivery.state != Delivery.State.PENDING:
            break
        now = delivery.run_after
    return tries


@pytest.mark.django_db(transaction=True)
def test_it_leaves_nothing_behind_when_the_transaction_is_undone(promised):
    with transaction.atomic():
        promised()
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
    assert not deliveries.deliver_one()


def test_it_promises_the_same_thing_once(db, promised):
    first = promised(recipient="front-desk", dedupe_key="same")
    second = promised(recipient="somebody-else", dedupe_key="same")
    assert first.pk == second.pk
    assert Delivery.objects.get().recipient == "front-desk"


@pytest.mark.django_db(transaction=True)
def test_it_promises_the_same_thing_once_even_from_many_transactions_at_the_same_time(promised):
    def promise() -> None:
        try:
            with transaction.atomic():
                promised(dedupe_key="same")
        finally:
            connection.close()

    threads = [Thread(target=promise) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Delivery.objects.count() == 1


def test_it_sends_plain_text_with_a_neutral_header(db, promised, smtp_server, settings):
    delivery = promised(subject="ref-1")
    assert deliveries.deliver_one()

    (mail,) = smtp_server.received
    assert mail.to == ["front-desk@clinic.example"]
    assert mail.message["Subject"] == "There is an update"
    assert mail.message["From"] == settings.DEFAULT_FROM_EMAIL
    assert mail.message["Message-ID"] == f"<{delivery.pk}@{settings.SITE_HOST}>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message.get_content_type() == "text/plain"
    assert mail.message.get_content().split() == ["ref-1"]
    assert set(mail.message.keys()) <= {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"),
        *("MIME-Version", "Content-Type", "Content-Transfer-Encoding", "X-Peer", "X-MailFrom", "X-RcptTo"),
    }
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.failures) == (Delivery.State.DELIVERED, 1, 0)


def test_it_sends_what_is_due_longest_first_and_what_is_not_due_not_at_all(db, promised, smtp_server):
    promised("later", run_after=clock.now() + timedelta(hours=1))
    promised("second", run_after=NOON + timedelta(minutes=1))
    promised("first", run_after=NOON)
    assert [deliveries.deliver_one() for _ in range(3)] == [True, True, False]
    assert smtp_server.recipients == ["first@clinic.example", "second@clinic.example"]


def test_it_tries_ten_times_in_about_76_hours_and_then_shows_a_dead_letter(db, promised, smtp_server):
    with clock.frozen(NOON):
        delivery = promised()
    smtp_server.answers["front-desk@clinic.example"] = "451 Try again later"

    tries = fail_until(delivery, NOON)

    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits == [deliveries.wait_after(delivery.pk, failures) for failures in range(1, 10)]
    for wait, seconds in zip(waits, (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400), strict=True):
        assert abs(wait.total_seconds() - seconds) <= seconds / 10
    assert timedelta(hours=68) < tries[-1] < timedelta(hours=84)
    assert list(deliveries.dead_letters()) == [delivery]
    assert (delivery.attempts, delivery.failures) == (10, 10)
    assert delivery.settled_at == NOON + tries[-1]
    assert delivery.last_error == "SMTPRecipientsRefused"


def test_it_spreads_the_retries_of_many_deliveries(db, promised):
    waits = {deliveries.wait_after(promised(str(number)).pk, 2) for number in range(20)}
    assert len(waits) == 20


def test_it_believes_a_server_that_says_no_such_recipient_at_the_fourth_try(db, promised, smtp_server):
    with clock.frozen(NOON):
        delivery = promised()
    smtp_server.answers["front-desk@clinic.example"] = "550 No such user"
    tries = fail_until(delivery, NOON)
    assert len(tries) == 4
    assert timedelta(minutes=30) < tries[-1] < timedelta(minutes=40)
    assert delivery.state == Delivery.State.DEAD


def test_it_delivers_when_a_refusal_was_only_greylisting(db, promised, smtp_server):
    delivery = promised()
    smtp_server.answers["front-desk@clinic.example"] = "550 Greylisted"
    assert deliveries.deliver_one()
    smtp_server.answers.clear()
    delivery.refresh_from_db()
    with clock.frozen(delivery.run_after):
        assert deliveries.deliver_one()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.failures) == (Delivery.State.DELIVERED, 2, 1)


@pytest.mark.parametrize("trouble", ["down", "drop", "data refused", "stall"])
def test_it_keeps_a_message_through_a_mail_server_in_trouble(db, promised, smtp_server, settings, trouble):
    delivery = promised()
    settings.EMAIL_TIMEOUT = 0.5
    match trouble:
        case "down":
            smtp_server.down()
        case "drop":
            smtp_server.drop = True
        case "data refused":
            smtp_server.on_data = lambda: "554 Not today"
        case "stall":
            smtp_server.stall = 3
    assert deliveries.deliver_one()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failures) == (Delivery.State.PENDING, 1)

    if trouble == "down":
        smtp_server.up()
    smtp_server.drop, smtp_server.stall, smtp_server.on_data = False, 0, lambda: None
    with clock.frozen(delivery.run_after):
        assert deliveries.deliver_one()
    assert smtp_server.recipients == ["front-desk@clinic.example"]


def test_it_carries_the_same_message_id_when_a_mail_is_repeated(db, promised, smtp_server):
    """The server took the mail, and the connection broke before it said so."""
    delivery = promised()
    smtp_server.drop = smtp_server.keep_dropped = True
    deliveries.deliver_one()
    smtp_server.drop = False
    delivery.refresh_from_db()
    with clock.frozen(delivery.run_after):
        deliveries.deliver_one()
    first, second = smtp_server.received
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_it_cuts_off_a_server_that_drips(db, promised, smtp_server, monkeypatch):
    """Each wait is shorter than the socket's timeout, all of them together are longer than a lease."""
    monkeypatch.setattr(sending, "TIME_LIMIT", 0.4)
    smtp_server.stall = 2
    delivery = promised()
    started = time.monotonic()
    deliveries.deliver_one()
    assert time.monotonic() - started < 1.5
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failures) == (Delivery.State.PENDING, 1)


def test_it_cannot_hold_a_message_longer_than_its_lease():
    assert deliveries.LEASE.total_seconds() > sending.TIME_LIMIT + 2 * sending.AND_THEN_EVERY


def test_it_stores_and_logs_the_class_of_an_error_and_never_its_text(db, promised, smtp_server, caplog):
    promised("olive.owner")
    smtp_server.answers["olive.owner@clinic.example"] = "451 olive.owner@clinic.example is away"
    deliveries.deliver_one()
    assert Delivery.objects.get().last_error == "SMTPRecipientsRefused"
    ours = [JsonLines().format(record) for record in caplog.records if record.name.startswith("outbox")]
    assert len(ours) == 1
    assert "SMTPRecipientsRefused" in ours[0]
    assert "olive" not in ours[0]


def test_it_stops_a_message_when_there_is_nothing_to_say_any_more(db, promised, smtp_server, kind):
    handlers.register(kind, lambda delivery: None)
    delivery = promised()
    assert deliveries.deliver_one()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.STOPPED
    assert not smtp_server.received


def test_it_takes_back_what_was_not_sent_yet_about_one_subject(db, promised, smtp_server, kind):
    promised("one", subject="ref-1")
    promised("two", subject="ref-2")
    assert deliveries.stop(kind=kind, subject="ref-1") == 1
    assert deliveries.stop(kind=kind, subject="ref-1") == 0
    while deliveries.deliver_one():
        pass
    assert smtp_server.recipients == ["two@clinic.example"]


def test_it_goes_on_when_composing_fails(db, promised, smtp_server, kind):
    def broken(delivery):
        raise LookupError(delivery.recipient)

    handlers.register("broken", broken)
    bad = promised("bad", kind="broken")
    unknown = promised("unknown", kind="nobody registered this")
    promised("good")
    while deliveries.deliver_one():
        pass
    assert smtp_server.recipients == ["good@clinic.example"]
    bad.refresh_from_db()
    unknown.refresh_from_db()
    assert (bad.last_error, unknown.last_error) == ("LookupError", "UnknownKind")


def test_it_tells_the_room_about_a_dead_letter_in_the_same_transaction(db, promised, smtp_server, kind):
    told = []
    handlers.register(kind, lambda delivery: handlers.Mail("x@clinic.example", "s", "b"), told.append)
    smtp_server.answers["x@clinic.example"] = "550 No"
    with clock.frozen(NOON):
        delivery = promised()
    fail_until(delivery, NOON)
    assert told == [delivery]


def test_it_stays_pending_when_the_room_cannot_deal_with_a_dead_letter(db, promised, smtp_server, kind):
    def cannot(delivery):
        raise RuntimeError

    handlers.register(kind, lambda delivery: handlers.Mail("x@clinic.example", "s", "b"), cannot)
    smtp_server.answers["x@clinic.example"] = "550 No"
    delivery = promised()
    Delivery.objects.update(failures=3, attempts=3)
    with pytest.raises(RuntimeError):
        deliveries.deliver_one()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.PENDING
    assert delivery.run_after > clock.now()


def test_it_sends_a_dead_letter_through_the_whole_schedule_again(db, promised, smtp_server):
    with clock.frozen(NOON):
        delivery = promised()
    smtp_server.answers["front-desk@clinic.example"] = "550 No such user"
    fail_until(delivery, NOON)
    smtp_server.answers.clear()
    assert deliveries.try_again(delivery=delivery)
    assert not deliveries.try_again(delivery=delivery)
    assert deliveries.deliver_one()
    assert smtp_server.recipients == ["front-desk@clinic.example"]


def test_it_gives_up_a_message_that_ends_every_worker(db, promised, smtp_server):
    delivery = promised()
    Delivery.objects.update(attempts=deliveries.MOST_WORKERS_LOST)
    deliveries.deliver_one()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == (Delivery.State.DEAD, "WorkersLost")
    assert deliveries.try_again(delivery=delivery)
    assert deliveries.deliver_one()
    assert len(smtp_server.received) == 1


def test_it_settles_a_message_even_if_the_clock_was_set_back(db, promised, smtp_server):
    with clock.frozen(NOON):
        delivery = promised(run_after=NOON - timedelta(hours=2))
    with clock.frozen(NOON - timedelta(hours=1)):
        deliveries.deliver_one()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.DELIVERED
    assert delivery.settled_at == NOON


def test_it_marks_a_sent_message_even_if_the_lease_ran_out(db, promised, smtp_server):
    delivery = promised()

    def another_worker_takes_it():
        Delivery.objects.update(attempts=2)

    claimed = deliveries._claim()
    another_worker_takes_it()
    deliveries._mark_delivered(claimed)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.DELIVERED


def test_it_does_not_disturb_the_next_worker_when_it_fails_late(db, promised):
    promised()
    claimed = deliveries._claim()
    lease = clock.now() + timedelta(seconds=50)
    Delivery.objects.update(attempts=2, run_after=lease)
    deliveries._fail(claimed, TimeoutError())
    delivery = Delivery.objects.get()
    assert (delivery.run_after, delivery.failures) == (lease, 0)
