"""The operator's terms for taking requests: every version kept, a manager agrees, and nothing stops by itself."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import AuditEvent
from directory import examples, listings, terms
from directory.models import Clinic, ListingClaim, Terms, TermsAgreement
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock
from tests import build

pytestmark = pytest.mark.django_db

TEXT = "First paragraph.\nStill the first.\n\nSecond <b>paragraph</b>."


@pytest.fixture
def current(db):
    return terms.publish(version="2027-01", text=TEXT)


@pytest.fixture
def manager(client, owner):
    client.force_login(owner)
    return client


def agree(clinic, by, version="2027-01", typed_name="Olive Owner"):
    return terms.agree(clinic=clinic, by=by, version=version, typed_name=typed_name)


def page(clinic) -> str:
    return f"/manage/clinics/{clinic.slug}/terms/"


def is_ticked(answer) -> bool:
    return bool(re.search(r'<input[^>]*name="agree"[^>]*\bchecked\b', answer.content.decode()))


def signed(**overrides) -> dict[str, str]:
    return {"version": "2027-01", "agree": "on", "typed_name": "Olive Owner", **overrides}


# --- publishing ----------------------------------------------------------------------------------


@pytest.fixture
def publish(tmp_path):
    def run(data: bytes, *options: str, version: str = "2027-01") -> str:
        path, out = tmp_path / "terms.txt", StringIO()
        path.write_bytes(data)
        call_command("publish_terms", str(path), "--version", version, *options, stdout=out)
        return out.getvalue()

    return run


def test_a_version_is_published_once_and_the_same_file_again_changes_nothing(publish):
    assert "2027-01 is published" in publish(TEXT.encode())
    assert "published before" in publish(TEXT.encode() + b"\r\n\r\n")
    assert Terms.objects.get().text == TEXT
    assert AuditEvent.objects.filter(action="terms.published").count() == 1


def test_another_text_for_a_version_is_refused(publish):
    publish(TEXT.encode())
    with pytest.raises(CommandError, match="published with another text"):
        publish(b"Another text.")
    assert Terms.objects.get().text == TEXT


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(publish):
    assert "would be published" in publish(b"\xef\xbb\xbfWith a mark in front.", "--dry-run")
    assert not Terms.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (b"a\x00b", "control characters"),
        ("a\u202eb".encode(), "control characters"),
        (b"\xff\xfea\x00", "not UTF-8"),
        (b"a" * (terms.LONGEST + 1), "longer than"),
        (b"a" * (5 * terms.LONGEST), "too large"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_words(publish, data, words):
    with pytest.raises(CommandError, match=words):
        publish(data)
    assert not Terms.objects.exists()


@pytest.mark.parametrize("version", ["", " ", "a" * 21, "2027/01", "../1", "-1", "a\nb", "é"])
def test_a_version_is_a_short_plain_name(version):
    with pytest.raises(terms.NotPublishable, match="version"):
        terms.publish(version=version, text=TEXT)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(CommandError, match="cannot be opened"):
        call_command("publish_terms", str(tmp_path / "none.txt"), "--version", "1")


def test_a_text_of_the_greatest_length_is_kept(publish):
    publish(b"a" * terms.LONGEST)
    assert len(Terms.objects.get().text) == terms.LONGEST


# --- agreeing ------------------------------------------------------------------------------------


def test_a_manager_agrees_and_the_clinic_has_agreed(clinic, owner, current):
    assert terms.state_of(clinic) == "missing"
    agree(clinic, owner)
    agree(clinic, owner)
    row = TermsAgreement.objects.get()
    assert (row.agreed_by, row.typed_name, row.terms) == (owner, "Olive Owner", current)
    assert terms.state_of(clinic) == "agreed"
    assert AuditEvent.objects.filter(action="terms.agreed", purpose="2027-01").count() == 1


@pytest.mark.parametrize("who", ["colleague", "stranger", "staff", "verifier"])
def test_nobody_else_does(clinic, current, who, request):
    with pytest.raises(NotAllowed):
        agree(clinic, request.getfixturevalue(who))


def test_without_an_approved_claim_nobody_does(owner, current):
    clinic = build.clinic(owner=owner)
    clinic.claims.update(ended_at=clock.now())
    with pytest.raises(NotAllowed):
        agree(clinic, owner)


@pytest.mark.parametrize("name", ["", "  \t ", "a" * 121])
def test_it_is_signed_with_a_name(clinic, owner, current, name):
    with pytest.raises(Incomplete):
        agree(clinic, owner, typed_name=name)
    with pytest.raises(IntegrityError), transaction.atomic():
        TermsAgreement.objects.create(
            terms=current, clinic=clinic, agreed_by=owner, agreed_at=clock.now(), typed_name=""
        )


def test_only_the_version_of_today_is_agreed_to(clinic, owner, current):
    with pytest.raises(WrongState):
        agree(clinic, owner, version="2026-01")
    terms.publish(version="2027-02", text="Newer.")
    with pytest.raises(WrongState):
        agree(clinic, owner)


def test_where_none_were_published_there_is_nothing_to_agree_to(clinic, owner):
    assert terms.state_of(clinic) == "none"
    with pytest.raises(WrongState):
        agree(clinic, owner)


def test_what_was_agreed_under_an_earlier_claim_bound_somebody_else(clinic, owner, current):
    agree(clinic, owner)
    now = clock.now() + timedelta(hours=1)
    ListingClaim.objects.filter(clinic=clinic).update(ended_at=now)
    successor = build.member(clinic.organization)
    build.claim(
        clinic,
        successor,
        status="approved",
        decided_at=now,
        decided_by=build.user(verifier=True),
    )
    assert terms.state_of(clinic) == "missing"
    with clock.frozen(now + timedelta(hours=1)):
        agree(clinic, successor)
    assert terms.state_of(clinic) == "agreed"
    assert TermsAgreement.objects.count() == 2


def test_many_clinics_are_asked_about_in_a_fixed_number_of_statements(
    owner, current, django_assert_num_queries
):
    clinics = build.many([{"owner": owner} for _ in range(3)])
    agree(clinics[0], owner)
    for some in (clinics[:1], clinics):
        with django_assert_num_queries(3):
            states = terms.states_of([clinic.pk for clinic in some])
    assert [states[clinic.pk] for clinic in clinics] == ["agreed", "missing", "missing"]


# --- taking requests -----------------------------------------------------------------------------


@pytest.fixture
def closed_inbox(clinic):
    Clinic.objects.filter(pk=clinic.pk).update(takes_requests=False)
    clinic.refresh_from_db()
    return clinic


def test_a_clinic_begins_to_take_requests_only_with_the_terms_agreed(closed_inbox, owner, current):
    with pytest.raises(Incomplete) as refusal:
        listings.edit(clinic=closed_inbox, by=owner, takes_requests=True)
    assert refusal.value.missing == ["terms"]
    agree(closed_inbox, owner)
    assert listings.edit(clinic=closed_inbox, by=owner, takes_requests=True).takes_requests


def test_where_the_operator_published_none_it_begins_without(closed_inbox, owner):
    assert listings.edit(clinic=closed_inbox, by=owner, takes_requests=True).takes_requests


def test_a_new_version_stops_nothing_and_is_said_to_be_new(clinic, owner, current):
    agree(clinic, owner)
    newer = terms.publish(version="2027-02", text="Newer.")
    assert terms.state_of(clinic) == "new"
    assert terms.agree_by(newer) - newer.published_at == timedelta(days=30)
    with clock.frozen(clock.now() + timedelta(days=31)):
        clinic.refresh_from_db()
        assert clinic.takes_requests
        listings.edit(clinic=clinic, by=owner, takes_requests=True, cost="As before.")
    listings.edit(clinic=clinic, by=owner, takes_requests=False)
    with pytest.raises(Incomplete):
        listings.edit(clinic=clinic, by=owner, takes_requests=True)


# --- pages -----------------------------------------------------------------------------------------


def test_the_public_page_has_every_version_as_plain_paragraphs(current):
    terms.publish(version="2027-02", text="Newer.")
    words = Client().get("/about/terms/").content.decode()
    assert words.index("Version 2027-02") < words.index("Version 2027-01")
    assert "<p>Newer.</p>" in words
    assert "<p>Second &lt;b&gt;paragraph&lt;/b&gt;.</p>" in words


def test_the_public_page_says_where_none_were_published():
    assert "has published no terms yet" in Client().get("/about/terms/").content.decode()


def test_a_manager_reads_ticks_types_and_agrees(manager, clinic, current):
    assert "Second &lt;b&gt;paragraph" in manager.get(page(clinic)).content.decode()
    answer = manager.post(page(clinic), signed(), follow=True)
    assert "Olive Owner agreed for this clinic" in answer.content.decode()
    assert terms.state_of(clinic) == "agreed"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"agree": ""}, "Tick the box"),
        ({"typed_name": ""}, "Type your full name"),
        ({"typed_name": "\u200b"}, "Type your full name"),
        ({"typed_name": "a" * 121}, "Use 120 characters"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(manager, clinic, current, wrong, words):
    answer = manager.post(page(clinic), signed(**wrong))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert is_ticked(answer) == ("agree" not in wrong)
    assert terms.state_of(clinic) == "missing"


def test_a_name_of_the_greatest_length_is_kept(manager, clinic, current):
    assert manager.post(page(clinic), signed(typed_name="é" * 120)).status_code == 302
    assert TermsAgreement.objects.get().typed_name == "é" * 120


def test_a_newer_version_is_not_agreed_to_unread(manager, clinic, current):
    terms.publish(version="2027-02", text="Newer words.")
    answer = manager.post(page(clinic), signed())
    words = answer.content.decode()
    assert answer.status_code == 409
    assert "A newer version was published" in words
    assert "Newer words." in words
    assert 'value="Olive Owner"' in words
    assert not is_ticked(answer)
    assert terms.state_of(clinic) == "missing"


@pytest.mark.parametrize("version", ["", "x" * 21])
def test_a_version_that_somebody_made_up_is_no_agreement(manager, clinic, current, version):
    assert manager.post(page(clinic), signed(version=version)).status_code == 422
    assert not TermsAgreement.objects.exists()


def test_a_colleague_is_told_no_and_a_stranger_finds_nothing(client, clinic, colleague, stranger, current):
    client.force_login(colleague)
    assert client.get(page(clinic)).status_code == 403
    client.force_login(stranger)
    foreign, absent = client.get(page(clinic)), client.get("/manage/clinics/no-such-clinic/terms/")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.content == absent.content


def test_the_page_says_where_there_is_nothing_to_agree_to(manager, clinic):
    assert "There is nothing to agree to" in manager.get(page(clinic)).content.decode()
    assert manager.post(page(clinic), signed()).status_code == 409


@pytest.mark.usefixtures("gazetteer")
def test_the_example_text_says_that_it_is_one_and_claimed_example_clinics_agreed():
    call_command("load_examples", stdout=StringIO(), clinics=60)
    assert terms.current().text.startswith("EXAMPLE TEXT.")
    claimed = Clinic.objects.filter(claims__in=ListingClaim.objects.standing())
    assert claimed.exists()
    assert set(terms.states_of(claimed.values_list("pk", flat=True)).values()) == {"agreed"}
    assert examples.FRONT_DESK.email in claimed.values_list("claims__claimant__email", flat=True)
