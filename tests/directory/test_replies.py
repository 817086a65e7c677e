"""The right of reply: a clinic's words beside a check that went against it, after a verifier looked at them."""

import pytest
from django.test import Client

from accounts.models import AuditEvent
from directory.models import Case, Check, Reply
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Fact
from directory.voices import replies
from tests import build
from tests.directory.test_pages_clinic import checks

pytestmark = pytest.mark.django_db

TEXT = "We moved to a new suite and enroll it again this month."


@pytest.fixture
def against(clinic):
    """The site is no longer in the safety program; its other offerings stay."""
    return build.check(clinic, Fact.REMS, outcome=Check.Outcome.FAILS)


@pytest.fixture
def reply(against, owner):
    return replies.make(check=against, by=owner, text=TEXT)


def signed_in(somebody) -> Client:
    client = Client()
    client.force_login(somebody, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_it_is_shown_as_what_the_clinic_says_once_a_verifier_let_it_through(reply, clinic, verifier):
    assert TEXT not in checks(clinic)
    replies.let_through(reply=reply, by=verifier)
    assert f"Clinic says ({reply.made_at:%b} {reply.made_at.day}, {reply.made_at.year}): {TEXT}" in checks(
        clinic
    )


def test_it_waits_in_the_queue_with_its_words_and_the_case_ends_with_it(reply, verifier):
    case = Case.objects.open().get(kind=Case.Kind.REPLY)
    assert case.theirs == {"The clinic says": TEXT}
    replies.refuse(reply=reply, by=verifier)
    case.refresh_from_db()
    assert case.outcome == replies.NOT_SHOWN
    actions = AuditEvent.objects.filter(object_type="reply").order_by("seq")
    assert [event.action for event in actions] == ["reply.made", "reply.refused"]


def test_a_refused_one_is_never_shown_and_is_decided_once(reply, clinic, verifier):
    replies.refuse(reply=reply, by=verifier)
    assert TEXT not in checks(clinic)
    with pytest.raises(WrongState):
        replies.let_through(reply=reply, by=verifier)


@pytest.mark.parametrize("who", ["stranger", "verifier", "staff"])
def test_only_somebody_who_acts_for_the_clinic_answers(against, who, request):
    with pytest.raises(NotAllowed):
        replies.make(check=against, by=request.getfixturevalue(who), text=TEXT)


@pytest.mark.parametrize("who", ["owner", "stranger", "staff"])
def test_only_a_verifier_with_no_part_in_it_lets_it_through(reply, who, request):
    with pytest.raises(NotAllowed):
        replies.let_through(reply=reply, by=request.getfixturevalue(who))
    reply.refresh_from_db()
    assert not reply.shown


def test_a_verifier_does_not_let_through_the_answer_of_a_clinic_of_their_own(reply, clinic, verifier):
    build.membership(verifier, clinic.organization)
    with pytest.raises(NotAllowed):
        replies.let_through(reply=reply, by=verifier)


def test_a_fact_that_holds_is_not_answered(clinic, owner):
    with pytest.raises(NotAllowed):
        replies.make(check=clinic.checks.get(fact=Fact.REMS), by=owner, text=TEXT)


def test_a_check_that_another_took_the_place_of_is_not_answered(against, clinic, owner):
    build.check(clinic, Fact.REMS, outcome=Check.Outcome.FAILS)
    against.refresh_from_db()
    with pytest.raises(NotAllowed):
        replies.make(check=against, by=owner, text=TEXT)


@pytest.mark.parametrize("text", ["", "   \n ", "x" * 501])
def test_it_has_words_and_at_most_500_characters(against, owner, text):
    with pytest.raises(Incomplete):
        replies.make(check=against, by=owner, text=text)
    assert replies.make(check=against, by=owner, text="x" * 500).text == "x" * 500


def test_one_at_a_time_waits_and_a_later_one_takes_the_place_of_the_one_shown(
    reply, against, owner, clinic, verifier
):
    with pytest.raises(WrongState):
        replies.make(check=against, by=owner, text="More words.")
    replies.let_through(reply=reply, by=verifier)
    later = replies.make(check=against, by=owner, text="We are enrolled again.")
    replies.let_through(reply=later, by=verifier)
    text = checks(clinic)
    assert "We are enrolled again." in text
    assert TEXT not in text


def test_what_the_gate_finds_goes_to_the_verifier_and_not_to_the_clinic(against, owner):
    text = "Buy ketamine online from us, no prescription, ships overnight."
    page = signed_in(owner).post(
        f"/manage/checks/{against.clinic.slug}/{against.pk}/answer/",
        {f"{against.pk}-text": text},
        follow=True,
    )
    assert "We have your answer." in page.content.decode()
    case = Case.objects.open().get(kind=Case.Kind.REPLY)
    assert len(case.why) > 1
    assert not any(sentence in page.content.decode() for sentence in case.why[1:])


def test_it_stays_with_its_check_in_the_history(reply, clinic, verifier):
    replies.let_through(reply=reply, by=verifier)
    build.check(clinic, Fact.REMS)
    past = Client().get(f"/api/v1/clinics/{clinic.slug}/checks/").json()["history"]
    assert [each["text"] for entry in past for each in entry["clinic_says"]] == [TEXT]


# --- the pages -----------------------------------------------------------------------------------


def test_a_clinic_sees_its_facts_and_answers_what_went_against_it(against, clinic, owner):
    client = signed_in(owner)
    assert client.get("/manage/checks/")["Location"] == f"/manage/checks/{clinic.slug}/"
    page = client.get(f"/manage/checks/{clinic.slug}/").content.decode()
    assert page.count("<textarea") == 1
    address = f"/manage/checks/{clinic.slug}/{against.pk}/answer/"
    sent = client.post(address, {f"{against.pk}-text": TEXT}, follow=True).content.decode()
    assert "waits for us to look at it" in sent
    assert "<textarea" not in sent


def test_a_clinic_that_is_not_shown_sees_why(clinic, owner):
    build.check(clinic, Fact.LICENSE, outcome=Check.Outcome.FAILS, verbatim="Expired")
    page = signed_in(owner).get(f"/manage/checks/{clinic.slug}/").content.decode()
    assert "Your clinic is not shown now" in page
    assert "“Expired”" in page


def test_an_empty_answer_names_its_field_and_a_second_one_is_kept_in_the_form(against, clinic, owner):
    client = signed_in(owner)
    address = f"/manage/checks/{clinic.slug}/{against.pk}/answer/"
    empty = client.post(address, {f"{against.pk}-text": " "})
    assert empty.status_code == 422
    assert "Write your answer first" in empty.content.decode()
    client.post(address, {f"{against.pk}-text": TEXT})
    second = client.post(address, {f"{against.pk}-text": "And one thing more."})
    assert second.status_code == 409
    assert "still waits for us" in second.content.decode()
    assert "And one thing more." in second.content.decode()
    assert Reply.objects.count() == 1


def test_a_stranger_finds_no_such_page(against, clinic, stranger):
    client = signed_in(stranger)
    assert client.get(f"/manage/checks/{clinic.slug}/").status_code == 404
    assert client.post(f"/manage/checks/{clinic.slug}/{against.pk}/answer/").status_code == 404


def test_staff_without_the_right_are_told_so_and_a_verifier_shows_it(reply, staff, verifier):
    address = f"/staff/answers/{reply.pk}/"
    told = signed_in(staff).post(f"{address}show/", follow=True).content.decode()
    assert "Only a verifier may do this." in told
    done = signed_in(verifier).post(f"{address}show/", follow=True).content.decode()
    assert "It is shown." in done
    again = signed_in(verifier).post(f"{address}refuse/", follow=True).content.decode()
    assert "It is shown." in again


def test_a_member_of_several_clinics_chooses_with_as_many_questions_to_the_database(
    owner, clinic, django_assert_max_num_queries
):
    counts = []
    Client().get("/crisis/")  # the banner is asked for once a minute
    for _ in range(2):
        for _ in range(2):
            build.clinic(organization=clinic.organization, owner=owner)
        client = signed_in(owner)
        with django_assert_max_num_queries(12) as asked:
            assert client.get("/manage/checks/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
