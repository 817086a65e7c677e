"""The mails: a link, and nothing about whom or what; only to who may still act."""

import re
from email import message_from_bytes
from pathlib import Path

import pytest
from django.core.mail import BadHeaderError, EmailMessage

from accounts.models import AuditEvent
from directory.models import Clinic
from directory.vocabulary import Fact
from outbox import clock, deliveries
from outbox.models import Delivery
from referrals import lifecycle, notices
from referrals.models import Referral
from referrals.vocabulary import FailReason, Status
from tests import build
from tests.build_referrals import QUESTION, referral, sent

pytestmark = pytest.mark.django_db

BANNED = """
    ketamine esketamine spravato ketalar anesthetic anaesthetic psychedelic infusion nasal spray injection lozenge
    troche sublingual intravenous intramuscular dose dosing drug medicine medication medicines prescription prescribe
    treatment treat therapy therapist psychotherapy counseling counselling psychiatry psychiatric psychiatrist
    psychologist doctor nurse physician clinician provider clinic hospital practice center centre patient patients
    referral referred refer diagnosis diagnosed symptom symptoms screening score phq gad ptsd trauma depression
    depressed depressive anxiety anxious bipolar mania manic psychosis psychotic suicide suicidal selfharm addiction
    addict alcohol opioid substance abuse rehab recovery detox overdose pain chronic migraine insomnia mood mental
    behavioral behavioural emotional illness disorder disease condition health healthcare medical care wellness
    healing appointment visit session insurance medicaid medicare tricare coverage copay deductible veteran va
    license licensed verified rems dea npi exclusion sam alex robin mornings afternoon monday question answer accepted
    declined denied rejected waitlist urgent immediately phone voicemail texted birthday dob ssn gender pregnant
    pregnancy allergy blood pressure diabetes tracking unsubscribe newsletter offer discount free click
""".split()


@pytest.fixture(autouse=True)
def spool(settings, tmp_path):
    """Mails as files, with every header that a server would get."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.SITE_URL = "https://site.example"
    settings.DEFAULT_FROM_EMAIL = "Cairn <no-reply@site.example>"
    return tmp_path / "mail"


def _sent(spool):
    """Deliver everything that is due; the mails as the server gets them."""
    while deliveries.deliver_one():
        pass
    raw = b"".join(path.read_bytes() for path in sorted(Path(spool).glob("*")))
    return [message_from_bytes(part.lstrip()) for part in re.split(rb"(?m)^-{79}\n", raw) if part.strip()]


def _story(clinic, owner):
    """Everything that can happen, so that every kind of mail is sent."""
    receipt = sent(
        clinic, call_me="Alex", modality="esketamine", topics=("depression", "ptsd"), note="Mornings"
    )
    made = receipt.referral
    lifecycle.open(referral=made, by=owner)
    lifecycle.ask(referral=made, question=QUESTION, by=owner)
    lifecycle.answer(referral=made, text="Monday mornings")
    lifecycle.accept(referral=made, by=owner, note="We call on Monday")
    lifecycle.withdraw(referral=made)
    sent(clinic)
    return receipt


def test_a_new_request_says_so_and_asks_to_sign_in(clinic, owner, spool):
    sent(clinic)
    (mail,) = _sent(spool)
    assert (mail["To"], mail["Subject"]) == (owner.email, "1 new request")
    assert mail.get_payload().removesuffix("\n") == (
        "1 new request.\n\n"
        "Sign in to read it:\nhttps://site.example/manage/\n\n"
        "This address is not read by anybody. In an emergency call 911. In crisis? Call or text 988.\n"
    )


def test_an_update_points_the_patient_to_the_private_page(clinic, owner, spool):
    receipt = sent(clinic)
    lifecycle.open(referral=receipt.referral, by=owner)
    (mail,) = _sent(spool)
    assert (mail["To"], mail["Subject"]) == ("sam@patient.example", "There is an update")
    assert mail.get_payload().removesuffix("\n") == (
        "There is an update to a request you made.\n\n"
        f"Open your private page:\nhttps://site.example/r/{receipt.token}/\n\n"
        "If you did not expect this, ignore it.\n\n"
        "This address is not read by anybody. In an emergency call 911. In crisis? Call or text 988.\n"
    )


def test_an_update_asks_the_clinic_to_sign_in(clinic, owner, spool):
    made = referral(clinic, reached=Status.ON_HOLD, by=owner, email="")
    lifecycle.answer(referral=made, text="Mondays")
    (mail,) = _sent(spool)
    assert (mail["To"], mail["Subject"]) == (owner.email, "There is an update")
    assert "https://site.example/manage/" in mail.get_payload()


def test_no_mail_holds_a_word_that_says_what_it_is_about(clinic, owner, spool):
    receipt = _story(clinic, owner)
    mails = _sent(spool)
    assert len(mails) == 6
    addresses = (owner.email, "sam@patient.example")
    for mail in mails:
        text = mail.as_string().replace(receipt.token, "")
        for address in addresses:
            text = text.replace(address, "")
        words = set(re.findall(r"[a-z]+", text.lower()))
        assert not words & set(BANNED), words & set(BANNED)
        assert clinic.name not in text
        assert clinic.slug not in text
        assert receipt.referral.reference not in text
        assert str(receipt.referral.pk) not in text


def test_the_list_of_banned_words_is_long_enough():
    assert len(set(BANNED)) >= 150


def test_mails_are_plain_text_with_few_headers(clinic, owner, spool):
    _story(clinic, owner)
    known = {"content-type", "mime-version", "content-transfer-encoding", "subject", "from", "to"}
    for mail in _sent(spool):
        assert mail.get_content_type() == "text/plain"
        assert {name.lower() for name in mail} <= known | {"date", "message-id", "auto-submitted"}
        assert mail["From"] == "Cairn <no-reply@site.example>"


def test_links_start_with_the_configured_address(clinic, owner, spool):
    _story(clinic, owner)
    for mail in _sent(spool):
        links = re.findall(r"https?://\S+", mail.get_payload())
        assert len(links) == 1
        assert re.fullmatch(r"https://site\.example/(manage|r/[A-Za-z0-9_-]{43})/", links[0])


def test_reading_an_address_leaves_a_row_in_the_trail(clinic, owner, spool):
    receipt = sent(clinic)
    lifecycle.open(referral=receipt.referral, by=owner)
    before = AuditEvent.objects.count()
    _sent(spool)
    event = AuditEvent.objects.latest("seq")
    assert AuditEvent.objects.count() == before + 1
    assert (event.actor, event.action, event.purpose) == ("system", "referral.read", "delivery")


# --- nothing to say any more ---------------------------------------------------------------------


def test_a_request_that_was_opened_is_not_announced(clinic, owner, colleague, spool):
    made = sent(clinic, email="").referral
    Referral.objects.filter(pk=made.pk).update(status=Status.RECEIVED)
    assert _sent(spool) == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"stopped"}


def test_a_clinic_that_lapsed_meanwhile_gets_no_mail_and_the_patient_gets_one(
    clinic, owner, colleague, spool
):
    made = sent(clinic).referral
    clinic.checks.filter(fact=Fact.NPI).update(outcome="fails")
    (mail,) = _sent(spool)
    assert mail["To"] == "sam@patient.example"
    stored = Referral.objects.get(pk=made.pk)
    assert (stored.status, stored.status_reason) == (Status.FAILED, FailReason.LISTING_STOPPED)
    assert set(Delivery.objects.filter(kind="clinic-new-request").values_list("state", flat=True)) == {
        "stopped"
    }


def test_a_certification_that_lapsed_stops_requests_for_esketamine_alone(clinic, owner, spool):
    nasal, infusion = sent(clinic, modality="esketamine").referral, sent(clinic, modality="iv").referral
    build.check(clinic, Fact.REMS, outcome="fails")
    _sent(spool)
    status = dict(Referral.objects.values_list("pk", "status"))
    assert status == {nasal.pk: Status.FAILED, infusion.pk: Status.REQUESTED}


def test_a_pause_does_not_hold_back_what_was_sent_before(clinic, owner, spool):
    sent(clinic)
    Clinic.objects.update(takes_requests=False)
    assert len(_sent(spool)) == 1


def test_a_member_who_left_hears_nothing(clinic, owner, colleague, spool):
    sent(clinic)
    colleague.memberships.update(ended_at=clock.now())
    assert [mail["To"] for mail in _sent(spool)] == [owner.email]


def test_a_member_who_changed_address_is_written_to_there(clinic, owner, spool):
    sent(clinic)
    owner.email = "new@clinic.example"
    owner.save()
    assert [mail["To"] for mail in _sent(spool)] == ["new@clinic.example"]


def test_destroyed_data_send_no_mail(clinic, owner, spool):
    receipt = sent(clinic)
    lifecycle.withdraw(referral=receipt.referral)
    Delivery.objects.all().delete()
    deliveries.enqueue(
        kind="patient-update", subject=str(receipt.referral.pk), recipient="patient", dedupe_key="x"
    )
    Referral.objects.update(sealed=None, wrapped_key=None)
    assert _sent(spool) == []


def test_a_message_about_nothing_is_stopped(spool):
    for kind in ("clinic-new-request", "clinic-update", "patient-update"):
        subject = "00000000-0000-0000-0000-000000000000"
        deliveries.enqueue(kind=kind, subject=subject, recipient="user:1", dedupe_key=kind)
    assert _sent(spool) == []


@pytest.mark.parametrize("address", ["a@b.example\nBcc: x@y.example", "a@b.example\r\nSubject: hi"])
def test_an_address_cannot_carry_a_header(address):
    with pytest.raises(BadHeaderError):
        EmailMessage(subject=notices.UPDATE_SUBJECT, body="", to=[address]).message()
