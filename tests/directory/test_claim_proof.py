"""What shows that somebody works at a clinic: a code from where only the clinic reads it, and a call."""

from datetime import timedelta

import pytest

from directory import claims
from directory.claims import codes, mails
from directory.models import ListingClaim, NppesLocation
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Fact
from outbox import clock, deliveries
from outbox.models import Delivery
from tests import build
from tests.a_claim import REGISTRY_PHONE, code_of, in_registry, wrong

pytestmark = pytest.mark.django_db


@pytest.fixture
def unclaimed(db):
    return build.clinic(claimed=False)


@pytest.fixture
def somebody(db):
    return build.user()


@pytest.fixture
def by_mail(unclaimed, somebody):
    return claims.make(
        clinic=unclaimed, by=somebody, proof="domain-mail", position="Desk", address="a@clinic.example"
    )


@pytest.fixture
def by_letter(unclaimed, somebody):
    return claims.make(clinic=unclaimed, by=somebody, proof="letter", position="Desk")


# --- the address -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("a@gmail.com", "freemail"),
        ("clinic.example@gmail.com", "freemail"),
        ("a@mail.clinic.example", "elsewhere"),
        ("a@clinic.example.evil.example", "elsewhere"),
        ("a@evilclinic.example", "elsewhere"),
        ("a@clin1c.example", "elsewhere"),
        ("a@cl\u0456nic.example", "elsewhere"),
        ("a@xn--clnic-qof.example", "elsewhere"),
        ("a@www.clinic.example", "elsewhere"),
        ("a@clinic.example@evil", "form"),
        ("a@evil@clinic.example", "form"),
        ('"a@evil"@clinic.example', "form"),
        ("a b@clinic.example", "form"),
        ("a\x00@clinic.example", "form"),
        ("a@clinic.example\r\nBcc: b@evil.example", "form"),
        ("\u00e4@clinic.example", "form"),
        ("a..b@clinic.example", "form"),
        ("x" * 65 + "@clinic.example", "form"),
        ("x" * 1_000_000 + "@clinic.example", "form"),
        ("@clinic.example", "form"),
        ("clinic.example", "form"),
        ("", "form"),
    ],
)
def test_only_an_address_at_the_very_domain_counts(unclaimed, somebody, address, why):
    with pytest.raises(claims.WrongAddress) as no:
        claims.make(clinic=unclaimed, by=somebody, proof="domain-mail", position="Desk", address=address)
    assert no.value.why == why
    assert address in ("", "clinic.example", "@clinic.example") or address not in str(no.value)
    assert not ListingClaim.objects.exists()
    assert not Delivery.objects.exists()


def test_every_usual_address_there_counts(unclaimed):
    for address in ("a@clinic.example", " A.B+c@CLINIC.example ", "x" * 64 + "@clinic.example"):
        made = claims.make(
            clinic=unclaimed, by=build.user(), proof="domain-mail", position="Desk", address=address
        )
        assert made.address == address.strip().lower()


def test_without_a_confirmed_domain_there_is_no_mail(somebody):
    clinic = build.clinic(claimed=False, confirmed_domain="")
    with pytest.raises(Incomplete):
        claims.make(clinic=clinic, by=somebody, proof="domain-mail", position="Desk", address="a@b.example")


# --- the code --------------------------------------------------------------------------------------


def test_the_mail_says_the_code_and_nothing_else(by_mail):
    mail = mails._compose_code(Delivery.objects.get(kind="claim-code"))
    assert (mail.to, mail.subject) == ("a@clinic.example", "Your code")
    code = code_of(by_mail)
    assert f"{code[:4]} {code[4:]}" in mail.body
    for word in (by_mail.clinic.name, "ketamine", "http", "clinic"):
        assert word not in mail.body


def test_only_a_digest_of_the_code_is_kept(by_mail):
    code = code_of(by_mail)
    row = ListingClaim.objects.filter(pk=by_mail.pk).values().get()
    assert not [value for value in row.values() if code in str(value)]
    assert len(row["code_digest"]) <= 64


def test_codes_differ_from_claim_to_claim(unclaimed):
    drawn = set()
    for _ in range(20):
        claim = build.claim(unclaimed, build.user())
        drawn.add(codes.issue(claim, lasts=codes.MAIL_LASTS))
    assert len(drawn) == 20
    assert all(len(code) == 8 for code in drawn)


@pytest.mark.parametrize("written", ["{}", " {} ", "{0:.4} {1}", "{0:.4}-{1}", "{0:.4}\u2013{1}"])
def test_the_code_may_be_typed_with_blanks_and_dashes(by_mail, somebody, written):
    code = code_of(by_mail)
    proven = claims.prove(claim=by_mail, code=written.format(code, code[4:]), by=somebody)
    assert proven.proven_at
    assert proven.code_digest == ""


def test_full_width_digits_are_digits(by_mail, somebody):
    wide = code_of(by_mail).translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    assert claims.prove(claim=by_mail, code=wide, by=somebody).proven_at


@pytest.mark.parametrize(
    "typed", ["", "1234567", "123456789", "1234567a", "\u0661" * 8, "1234\x005678", "1" * 1_000_000, "-" * 8]
)
def test_what_is_no_code_at_all_is_not_counted(by_mail, somebody, typed):
    with pytest.raises(claims.WrongCode) as no:
        claims.prove(claim=by_mail, code=typed, by=somebody)
    assert no.value.left is None
    by_mail.refresh_from_db()
    assert by_mail.code_tries == 0


def test_after_five_wrong_codes_only_people_help(by_mail, somebody, verifier):
    code = code_of(by_mail)
    left = []
    for _ in range(5):
        with pytest.raises(claims.WrongCode) as no:
            claims.prove(claim=by_mail, code=wrong(code), by=somebody)
        left.append(no.value.left)
    assert left == [4, 3, 2, 1, 0]
    for step in (
        lambda: claims.prove(claim=by_mail, code=code, by=somebody),
        lambda: claims.send_again(claim=by_mail, by=somebody),
    ):
        with pytest.raises(WrongState) as no:
            step()
        assert no.value.current == "no-tries"
    assert mails._compose_code(Delivery.objects.get(kind="claim-code")) is None
    in_registry(by_mail.clinic)
    letter = claims.print_letter(claim=by_mail, by=verifier)
    assert claims.prove(claim=by_mail, code=letter.code, by=somebody).proven_at


def test_a_code_is_over_after_an_hour(by_mail, somebody):
    code = code_of(by_mail)
    by_mail.refresh_from_db()
    with clock.frozen(by_mail.code_expires_at):
        with pytest.raises(WrongState) as no:
            claims.prove(claim=by_mail, code=code, by=somebody)
        assert mails._compose_code(Delivery.objects.get(kind="claim-code")) is None
    assert no.value.current == "expired"
    with clock.frozen(by_mail.code_expires_at - timedelta(milliseconds=1)):
        assert claims.prove(claim=by_mail, code=code, by=somebody).proven_at


def test_a_new_mail_has_a_new_code_and_the_tries_go_on(by_mail, somebody):
    first = code_of(by_mail)
    with pytest.raises(claims.WrongCode):
        claims.prove(claim=by_mail, code=wrong(first), by=somebody)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        again = claims.send_again(claim=by_mail, by=somebody)
        assert again.code_tries == 1
        with pytest.raises(claims.WrongCode):
            claims.prove(claim=by_mail, code=first, by=somebody)
        assert claims.prove(claim=by_mail, code=code_of(by_mail), by=somebody).proven_at
    assert Delivery.objects.filter(kind="claim-code").count() == 2


def test_a_code_is_mailed_five_times_at_most(by_mail, somebody):
    now = clock.now()
    for minute in range(1, 5):
        with clock.frozen(now + timedelta(minutes=minute)):
            claims.send_again(claim=by_mail, by=somebody)
    with pytest.raises(WrongState) as no:
        claims.send_again(claim=by_mail, by=somebody)
    assert no.value.current == "mails"


def test_nobody_else_types_the_code_or_asks_for_one(by_mail, stranger, verifier):
    code = code_of(by_mail)
    for person in (stranger, verifier):
        with pytest.raises(NotAllowed):
            claims.prove(claim=by_mail, code=code, by=person)
        with pytest.raises(NotAllowed):
            claims.send_again(claim=by_mail, by=person)


def test_a_code_works_once(by_mail, somebody):
    code = code_of(by_mail)
    claims.prove(claim=by_mail, code=code, by=somebody)
    with pytest.raises(WrongState):
        claims.prove(claim=by_mail, code=code, by=somebody)
    with pytest.raises(WrongState):
        claims.send_again(claim=by_mail, by=somebody)


def test_the_key_of_a_code_may_change_meanwhile(by_mail, somebody, settings):
    code = code_of(by_mail)
    older = settings.PHI_KEYS
    settings.PHI_KEYS = f"newer:{'A' * 43}=,{older}"
    assert claims.prove(claim=by_mail, code=code, by=somebody).proven_at


def test_a_key_that_is_gone_ends_the_code(by_mail, somebody, settings):
    code = code_of(by_mail)
    settings.PHI_KEYS = f"newer:{'A' * 43}="
    with pytest.raises(WrongState) as no:
        claims.prove(claim=by_mail, code=code, by=somebody)
    assert no.value.current == "expired"


def test_the_mail_leaves_by_the_outbox(by_mail, mailoutbox):
    while deliveries.deliver_one():
        pass
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [(["a@clinic.example"], "Your code")]


# --- the letter ------------------------------------------------------------------------------------


def test_a_letter_goes_to_the_registrys_address_with_a_code_for_14_days(by_letter, somebody, verifier):
    assert by_letter.code_digest == ""
    in_registry(by_letter.clinic, line2="STE 4")
    letter = claims.print_letter(claim=by_letter, by=verifier)
    assert letter.lines[0] == by_letter.clinic.name
    assert "STE 4" in letter.lines
    assert (letter.lines[-1], letter.source) == ("DENVER, CO 80202-1234", "NPPES")
    by_letter.refresh_from_db()
    assert timedelta(days=13, hours=23) < by_letter.code_expires_at - clock.now() <= timedelta(days=14)
    assert claims.prove(claim=by_letter, code=letter.code, by=somebody).proven_at


def test_a_new_letter_makes_the_one_before_void(by_letter, somebody, verifier):
    in_registry(by_letter.clinic)
    first = claims.print_letter(claim=by_letter, by=verifier)
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        claims.print_letter(claim=by_letter, by=verifier)
    with pytest.raises(claims.WrongCode):
        claims.prove(claim=by_letter, code=first.code, by=somebody)


def test_an_address_that_no_source_has_needs_one_that_a_verifier_names(by_letter, verifier):
    for found_at in ("", "  ", "x" * 121, "a\x00"):
        with pytest.raises(Incomplete):
            claims.print_letter(claim=by_letter, by=verifier, found_at=found_at)
    letter = claims.print_letter(claim=by_letter, by=verifier, found_at="The board's page")
    assert letter.source == "The board's page"
    assert by_letter.clinic.line1 in letter.lines


def test_our_own_check_before_the_claim_will_do(by_letter, verifier):
    build.check(by_letter.clinic, Fact.CONTACT, checked_by=verifier)
    assert claims.address_to_write(by_letter)[1] == "Our own check"
    by_letter.clinic.origin = "clinic"
    assert claims.address_to_write(by_letter) is None


def test_only_a_verifier_without_a_part_in_it_prints_the_letter(by_letter, somebody, staff, verifier):
    build.membership(verifier, by_letter.clinic.organization)
    for person in (somebody, staff, verifier):
        with pytest.raises(NotAllowed):
            claims.print_letter(claim=by_letter, by=person, found_at="a page")


def test_no_letter_after_the_proof_or_the_decision(by_mail, somebody, verifier):
    claims.prove(claim=by_mail, code=code_of(by_mail), by=somebody)
    with pytest.raises(WrongState):
        claims.print_letter(claim=by_mail, by=verifier, found_at="a page")
    claims.withdraw(claim=by_mail, by=somebody)
    with pytest.raises(WrongState):
        claims.print_letter(claim=by_mail, by=verifier, found_at="a page")


# --- the call --------------------------------------------------------------------------------------


def test_the_number_comes_from_the_registry(by_letter, verifier):
    in_registry(by_letter.clinic)
    called = claims.record_call(claim=by_letter, by=verifier, outcome="confirmed")
    assert (called.called_number, called.called_source, called.called_by) == (
        REGISTRY_PHONE,
        "NPPES",
        verifier,
    )


def test_the_registrys_place_of_this_site_comes_before_the_main_one(by_letter):
    in_registry(by_letter.clinic, line1="1 OTHER ROAD", zip="10001", city="NEW YORK", state="NY")
    assert claims.numbers_to_call(by_letter)[0].source == "NPPES, the practice's main place"
    clinic = by_letter.clinic
    NppesLocation.objects.create(
        key="here", npi=clinic.organization.npi, line1=clinic.line1, city=clinic.city, state="CO", zip="80202",
        phone="3035550188",
    )  # fmt: skip
    assert [(each.e164, each.source) for each in claims.numbers_to_call(by_letter)] == [
        ("+13035550188", "NPPES")
    ]


def test_a_deactivated_registry_row_gives_no_number(by_letter):
    in_registry(by_letter.clinic, deactivated_on=clock.now().date())
    assert claims.numbers_to_call(by_letter) == []


def test_our_own_check_gives_a_number_only_if_staff_made_it_before_the_claim(by_letter, verifier):
    clinic = by_letter.clinic
    assert claims.numbers_to_call(by_letter) == []  # nobody is named as who checked
    build.check(clinic, Fact.CONTACT, checked_by=verifier)
    assert [each.e164 for each in claims.numbers_to_call(by_letter)] == [clinic.phone]
    build.check(clinic, Fact.CONTACT, checked_by=verifier, checked_at=clock.now())
    assert claims.numbers_to_call(by_letter) == []


def test_a_number_that_came_with_an_added_clinic_never_counts(somebody, verifier):
    added = build.clinic(claimed=False, listed=False, origin="clinic")
    claim = claims.make(clinic=added, by=somebody, proof="letter", position="Desk")
    build.check(added, Fact.CONTACT, checked_by=verifier)
    assert claims.numbers_to_call(claim) == []
    with pytest.raises(NotAllowed):
        claims.record_call(
            claim=claim, by=verifier, outcome="confirmed", number=added.phone, source="Its website"
        )
    called = claims.record_call(
        claim=claim, by=verifier, outcome="confirmed", number="303-555-0199", source="The board's page"
    )
    assert (called.called_number, called.called_source) == ("+13035550199", "The board's page")


def test_another_number_than_the_sources_is_not_called(by_letter, verifier):
    in_registry(by_letter.clinic)
    with pytest.raises(NotAllowed):
        claims.record_call(
            claim=by_letter, by=verifier, outcome="confirmed", number="303-555-0199", source="x"
        )


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["number", "source"]),
        ({"number": "911", "source": "a page"}, ["number"]),
        ({"number": "303-555-0199"}, ["source"]),
        ({"number": "303-555-0199", "source": "x" * 61}, ["source"]),
        ({"number": "1" * 1_000_000, "source": "a\x00"}, ["number", "source"]),
    ],
)
def test_a_number_from_elsewhere_needs_its_source(by_letter, verifier, given, missing):
    with pytest.raises(Incomplete) as no:
        claims.record_call(claim=by_letter, by=verifier, outcome="confirmed", **given)
    assert no.value.missing == missing


@pytest.mark.parametrize("outcome", ["not-known", "no-answer", "wrong-number"])
def test_only_a_confirmation_counts_and_a_later_call_can_take_it_back(by_letter, verifier, outcome):
    in_registry(by_letter.clinic)
    claims.record_call(claim=by_letter, by=verifier, outcome="confirmed")
    called = claims.record_call(claim=by_letter, by=verifier, outcome=outcome)
    assert (called.called_at, called.called_by, called.called_number) == (None, None, "")


def test_only_a_verifier_without_a_part_in_it_calls(by_letter, somebody, staff, verifier):
    in_registry(by_letter.clinic)
    build.membership(verifier, by_letter.clinic.organization)
    for person in (somebody, staff, verifier):
        with pytest.raises(NotAllowed):
            claims.record_call(claim=by_letter, by=person, outcome="confirmed")


def test_a_call_ends_in_one_of_the_known_ways(by_letter, verifier):
    with pytest.raises(Incomplete):
        claims.record_call(claim=by_letter, by=verifier, outcome="fine")
