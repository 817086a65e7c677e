"""Telling us that something about a listing is wrong: by anybody, with no name, and with an answer by link."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.models import AuditEvent
from directory.casework import cases
from directory.models import Case, Clinic, Report
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.views import report as page
from directory.voices import reports, sealing
from outbox import clock
from tests import build

pytestmark = pytest.mark.django_db

SECRET = "my panic came back after the second visit"


@pytest.fixture
def made(clinic):
    return reports.make(clinic=clinic, about="contact", text=SECRET)


def post(clinic, **given):
    return Client().post(f"/report/{clinic.slug}/", given)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- keeping it ----------------------------------------------------------------------------------


def test_it_opens_a_case_for_the_staff_which_does_not_hold_the_words(made, clinic):
    case = Case.objects.get(clinic=clinic, kind=Case.Kind.REPORT)
    assert made.report.case == case
    assert not case.urgent
    assert SECRET not in f"{case.ours}{case.theirs}{case.why}{case.subject}"


@pytest.mark.parametrize("about", ["harm", "seller"])
def test_harm_and_selling_go_to_the_top_of_the_queue(clinic, about):
    reports.make(clinic=clinic, about=about)
    case = Case.objects.get(clinic=clinic, kind=Case.Kind.REPORT)
    assert case.urgent
    assert case.due_at <= clock.now()


def test_several_reports_of_one_kind_are_one_case(clinic):
    for about in ("contact", "contact", "harm"):
        reports.make(clinic=clinic, about=about)
    kinds = Case.objects.filter(kind=Case.Kind.REPORT).order_by("subject")
    assert [(case.subject, case.reports.count()) for case in kinds] == [("contact", 2), ("harm", 1)]


def test_what_somebody_wrote_is_in_no_column_in_the_clear(made):
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows = [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor for cell in row]
            assert SECRET not in str(rows), table
            assert SECRET.encode() not in b"".join(cell for cell in rows if isinstance(cell, bytes)), table


def test_a_verifier_reads_it_and_the_trail_says_so(made, verifier):
    assert reports.read(report=made.report, by=verifier) == SECRET
    event = AuditEvent.objects.filter(action="report.read").get()
    assert (event.actor, event.object_id) == (f"user:{verifier.pk}", str(made.report.pk))


@pytest.mark.parametrize("who", ["owner", "colleague", "stranger", "staff"])
def test_nobody_else_reads_or_decides_it(made, who, request):
    somebody = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        reports.read(report=made.report, by=somebody)
    with pytest.raises(NotAllowed):
        reports.decide(report=made.report, outcome="corrected", by=somebody)


def test_a_verifier_with_a_part_in_the_clinic_does_not_read_it(made, clinic, verifier):
    build.membership(verifier, clinic.organization)
    with pytest.raises(NotAllowed):
        reports.read(report=made.report, by=verifier)


def test_a_box_that_was_moved_altered_or_cut_does_not_open(made, clinic, verifier):
    other = reports.make(clinic=clinic, about="other", text="something else").report
    box = bytes(made.report.sealed)
    for wrong in (bytes(other.sealed), box[:-1], box[:20], b"", box[:40] + bytes([box[40] ^ 1]) + box[41:]):
        made.report.sealed = wrong
        with pytest.raises(sealing.DoesNotOpen):
            reports.read(report=made.report, by=verifier)


def test_the_same_form_sent_twice_is_one_report(clinic):
    once = reports.new_once()
    first, second = (reports.make(clinic=clinic, about="other", text="x", once=once) for _ in range(2))
    assert first == second
    assert Report.objects.count() == 1


def test_the_same_form_with_other_words_is_another_report(clinic):
    once = reports.new_once()
    for text in ("x", "x and more"):
        reports.make(clinic=clinic, about="other", text=text, once=once)
    assert Report.objects.count() == 2


def test_what_cannot_be_kept_is_named(clinic):
    for given, name in (({"about": "gossip"}, "about"), ({"about": "other", "text": "x" * 1001}, "text")):
        with pytest.raises(Incomplete) as refused:
            reports.make(clinic=clinic, **given)
        assert refused.value.missing == [name]
    with pytest.raises(NotAllowed):
        reports.make(clinic=build.clinic(listed=False), about="other")
    assert not Report.objects.exists()


# --- deciding and destroying ---------------------------------------------------------------------


def test_the_case_ends_with_its_last_report(clinic, verifier):
    first, second = (reports.make(clinic=clinic, about="contact").report for _ in range(2))
    reports.decide(report=first, outcome="corrected", by=verifier)
    assert Case.objects.open().filter(pk=first.case_id).exists()
    reports.decide(report=second, outcome="nothing-wrong", by=verifier)
    assert not Case.objects.open().filter(pk=first.case_id).exists()


def test_it_is_decided_once_with_an_outcome_that_we_know(made, verifier):
    with pytest.raises(Incomplete):
        reports.decide(report=made.report, outcome="sued", by=verifier)
    reports.decide(report=made.report, outcome="corrected", by=verifier)
    with pytest.raises(WrongState):
        reports.decide(report=made.report, outcome="nothing-wrong", by=verifier)


def test_who_holds_the_case_keeps_it_from_being_decided_by_another(made, verifier, second_verifier):
    cases.take(case=made.report.case, by=second_verifier)
    with pytest.raises(cases.HeldByAnother):
        reports.decide(report=made.report, outcome="corrected", by=verifier)
    made.report.refresh_from_db()
    assert made.report.outcome == ""


def test_the_words_are_destroyed_on_time_and_what_it_was_about_stays(made, verifier, settings):
    settings.PERSONAL_DATA_DAYS = 90
    with clock.frozen(made.report.text_until - timedelta(milliseconds=1)):
        assert reports.destroy_due() == 0
        assert reports.behind_link(made.token)
    with clock.frozen(made.report.text_until):
        assert reports.behind_link(made.token) is None
        assert reports.destroy_due() == 1
        assert reports.destroy_due() == 0
    kept = Report.objects.get()
    assert (kept.sealed, kept.about) == (None, "contact")
    with pytest.raises(sealing.DoesNotOpen):
        reports.read(report=kept, by=verifier)
    assert AuditEvent.objects.filter(action="report.destroy", object_id=str(kept.pk)).exists()


def test_the_operator_may_shorten_the_time_and_not_lengthen_it(clinic, settings):
    for days, kept in ((30, 30), (400, 90)):
        settings.PERSONAL_DATA_DAYS = days
        report = reports.make(clinic=clinic, about="other", text=f"{days}").report
        assert report.text_until - report.made_at == timedelta(days=kept)


# --- the pages -----------------------------------------------------------------------------------


def test_anybody_reports_without_a_cookie_and_is_led_to_a_private_link(clinic):
    client = Client()
    form = client.get(f"/report/{clinic.slug}/")
    assert "Is somebody in danger now?" in form.content.decode()
    assert 'href="tel:911"' in form.content.decode()
    sent = client.post(f"/report/{clinic.slug}/", {"about": "contact", "text": SECRET})
    assert sent.status_code == 303
    assert not client.cookies
    link = sent["Location"]
    assert re.fullmatch(r"/report/answer/[0-9a-f]{64}/", link)
    answer = client.get(link)
    assert "Nobody has decided yet." in answer.content.decode()
    assert SECRET not in answer.content.decode()
    assert not client.cookies


def test_the_private_link_is_kept_by_nobody_and_shows_what_came_of_it(made, verifier):
    link = f"/report/answer/{made.token}/"
    reports.decide(report=made.report, outcome="taken-down", by=verifier)
    answer = Client().get(link)
    assert "We took the listing down." in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]


def test_a_wrong_link_is_like_a_page_that_does_not_exist(made):
    wrong = made.token[:-1] + ("0" if made.token[-1] != "0" else "1")
    pages = [Client().get(f"/report/answer/{token}/") for token in (wrong, "x", made.report.token_digest)]
    assert [each.status_code for each in pages] == [404, 404, 404]
    assert Client().get("/nowhere/").content == pages[0].content


def test_the_link_is_hashed_where_it_is_kept(made):
    assert made.report.token_digest != made.token
    assert len(bytes.fromhex(made.token)) == 32


def test_what_was_typed_is_kept_when_something_is_missing(clinic):
    response = post(clinic, text=SECRET)
    html = response.content.decode()
    assert response.status_code == 422
    assert "Choose what is wrong" in html
    assert SECRET in html
    assert "<title>Error: Report a problem" in html
    assert not Report.objects.exists()


@pytest.mark.parametrize("given", [{"about": "gossip"}, {"about": "other", "text": "x" * 1001}, {}])
def test_a_bad_form_is_answered_with_what_is_wrong(clinic, given):
    assert post(clinic, **given).status_code == 422
    assert not Report.objects.exists()


def test_markup_in_a_report_is_only_text(clinic):
    html = post(clinic, text="<script>alert(1)</script>").content.decode()
    assert "&lt;script&gt;alert(1)" in html


def test_a_neighbourhood_that_reports_too_much_waits_and_loses_nothing(clinic, monkeypatch):
    cache.clear()
    monkeypatch.setattr(page, "PER_NEIGHBOURHOOD", (2, 3600))
    answers = [post(clinic, about="other", text=f"{SECRET} {number}") for number in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert f"{SECRET} 2" in answers[2].content.decode()
    assert Report.objects.count() == 2


def test_another_site_cannot_report_in_a_visitors_name(clinic):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        sent = Client().post(f"/report/{clinic.slug}/", {"about": "other"}, headers=headers)
        assert sent.status_code == 403
    assert not Report.objects.exists()


def test_a_candidate_cannot_be_reported_and_what_is_no_longer_listed_can(db):
    assert Client().get(f"/report/{build.clinic(listed=False).slug}/").status_code == 404
    for status in (Clinic.Status.CLOSED, Clinic.Status.SUSPENDED):
        gone = build.clinic(status=status, status_reason="moved")
        assert Client().get(f"/report/{gone.slug}/").status_code == 200


def test_the_clinic_learns_nothing_of_it(made, clinic, owner):
    client = Client()
    client.force_login(owner, "allauth.account.auth_backends.AuthenticationBackend")
    for address in ("/manage/", f"/manage/checks/{clinic.slug}/", f"/clinic/{clinic.slug}/checks/"):
        text = words(client.get(address).content.decode()).lower()
        assert "somebody reported" not in text
        assert "the phone number or address is wrong" not in text
