"""A listing moves only by a person, in the allowed steps, and publishing takes two of them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Membership
from directory import attesting, changes, links, listings, search
from directory.models import Clinic, IndexRow
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.directory.test_checks import stopped

__all__ = ["stopped"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate(db):
    """Its facts hold, and nobody has submitted it."""
    return build.clinic(listed=False, claimed=True)


def submitted(by, **wish):
    """A candidate that `by` submitted."""
    return build.clinic(listed=False, submitted_by=by, submitted_at=clock.now(), **wish)


def shown(clinic) -> bool:
    return search.find(search.Query(q=clinic.name)).count == 1


def last_action() -> str:
    return AuditEvent.objects.latest("seq").action


def test_a_candidate_is_published_by_a_verifier_whom_another_asked(candidate, verifier, second_verifier):
    assert not shown(candidate)
    listings.submit(clinic=candidate, by=verifier)
    assert last_action() == "listing.submitted"
    assert not shown(candidate)
    clinic = listings.publish(clinic=candidate, by=second_verifier)
    assert clinic.status == Clinic.Status.LISTED
    assert shown(clinic)
    assert AuditEvent.objects.latest("seq").purpose == f"submitted by user:{verifier.pk}"


def test_somebody_who_acts_for_the_clinic_may_be_the_first(verifier, owner, colleague, stranger):
    candidate = build.clinic(listed=False, claimed=True, owner=owner)
    for person in (stranger, colleague):
        with pytest.raises(NotAllowed):
            listings.submit(clinic=candidate, by=person)
    listings.submit(clinic=candidate, by=owner)
    assert listings.publish(clinic=candidate, by=verifier).status == "listed"


def test_nobody_publishes_alone(candidate, verifier, second_verifier, staff, stranger):
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=verifier)  # nobody submitted it
    listings.submit(clinic=candidate, by=verifier)
    for person in (verifier, staff, stranger):
        with pytest.raises(NotAllowed):
            listings.publish(clinic=candidate, by=person)
    build.membership(second_verifier, candidate.organization)
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=second_verifier)
    assert not shown(candidate)


def test_whoever_looked_at_every_fact_does_not_list_it_as_well(candidate, verifier, second_verifier, owner):
    for check in candidate.checks.current():
        build.check(candidate, check.fact, checked_by=verifier)
    build.membership(owner, candidate.organization)
    listings.submit(clinic=candidate, by=owner)
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=verifier)
    build.check(candidate, Fact.CONTACT, checked_by=second_verifier)
    assert listings.publish(clinic=candidate, by=verifier).status == "listed"


@pytest.mark.parametrize("origin", ["import", "nppes"])
def test_what_came_from_a_file_takes_two_verifiers(verifier, second_verifier, owner, origin, settings):
    candidate = build.clinic(listed=False, claimed=True, owner=owner, origin=origin)
    with pytest.raises(NotAllowed):
        listings.submit(clinic=candidate, by=owner)
    Clinic.objects.update(submitted_by=owner, submitted_at=clock.now())
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=verifier)
    listings.submit(clinic=candidate, by=second_verifier)
    assert listings.publish(clinic=candidate, by=verifier).status == "listed"


def test_an_operator_with_one_verifier_may_choose_that_one_is_enough_for_a_file(verifier, settings):
    settings.IMPORTS_NEED_TWO_VERIFIERS = False
    imported, typed = build.many([{"listed": False, "origin": "import"}, {"listed": False}])
    assert listings.publish(clinic=imported, by=verifier).status == "listed"
    with pytest.raises(NotAllowed):
        listings.publish(clinic=typed, by=verifier)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Another Example Clinic"},
        {"phone": "+13035550199"},
        {"website": "https://other.example/"},
        {"offerings": [{"modality": "im"}]},
    ],
)
def test_what_is_edited_after_it_was_submitted_is_submitted_again(
    candidate, verifier, second_verifier, change
):
    listings.submit(clinic=candidate, by=verifier)
    listings.edit(clinic=candidate, by=second_verifier, **change)
    candidate.refresh_from_db()
    assert candidate.submitted_by is None
    with pytest.raises(NotAllowed):
        listings.publish(clinic=candidate, by=second_verifier)


@pytest.mark.parametrize("fact", ["license", "npi", "exclusion", "contact"])
def test_every_required_fact_comes_first(verifier, stranger, fact):
    for lacking in ({"unchecked": (fact,)}, {"fails": (fact,)}):
        with pytest.raises(Incomplete) as caught:
            listings.publish(clinic=submitted(stranger, **lacking), by=verifier)
        assert caught.value.missing == [fact]


def test_a_listing_of_esketamine_alone_needs_the_certification(verifier, stranger):
    alone = submitted(stranger, modalities=("esketamine",), unchecked=(Fact.REMS,))
    with pytest.raises(Incomplete) as caught:
        listings.publish(clinic=alone, by=verifier)
    assert caught.value.missing == ["rems"]
    both = submitted(stranger, unchecked=(Fact.REMS,))
    assert listings.publish(clinic=both, by=verifier).status == "listed"
    assert IndexRow.objects.get().esketamine_until == 0


def test_it_says_everything_that_is_missing(verifier, stranger):
    empty = submitted(stranger, at=None, modalities=(), unchecked=("npi", "rems"))
    with pytest.raises(Incomplete) as caught:
        listings.publish(clinic=empty, by=verifier)
    assert caught.value.missing == ["point", "offerings", "npi"]


def test_suspending_takes_one_person_and_acts_at_once(clinic, staff, stopped):
    suspended = listings.suspend(clinic=clinic, reason="under-review", by=staff)
    assert (suspended.status, suspended.status_reason) == ("suspended", "under-review")
    assert not shown(clinic)
    assert not Clinic.objects.able_to_receive().exists()
    assert stopped == [clinic.pk]
    assert last_action() == "listing.suspended"


def test_a_manager_may_take_their_own_clinic_down_and_nobody_else_may(clinic, owner, colleague, stranger):
    for person in (colleague, stranger):
        with pytest.raises(NotAllowed):
            listings.suspend(clinic=clinic, reason="clinic-asked", by=person)
    assert listings.suspend(clinic=clinic, reason="clinic-asked", by=owner).status == "suspended"


@pytest.mark.parametrize("verb", [listings.suspend, listings.close])
@pytest.mark.parametrize("reason", ["", "we do not like them"])
def test_a_stop_has_a_reason_that_may_be_shown(clinic, staff, verb, reason):
    with pytest.raises(Incomplete):
        verb(clinic=clinic, reason=reason, by=staff)
    clinic.refresh_from_db()
    assert clinic.status == "listed"


def test_a_suspended_clinic_returns_when_its_facts_hold(clinic, owner, staff, verifier):
    listings.suspend(clinic=clinic, reason="clinic-asked", by=owner)
    with pytest.raises(NotAllowed):
        listings.reinstate(clinic=clinic, by=staff)
    build.check(clinic, Fact.CONTACT, outcome="fails")
    with pytest.raises(Incomplete):
        listings.reinstate(clinic=clinic, by=verifier)
    build.check(clinic, Fact.CONTACT)
    back = listings.reinstate(clinic=clinic, by=verifier)
    assert (back.status, back.status_reason) == ("listed", "")
    assert shown(clinic)


def test_what_was_under_review_returns_by_two_people(clinic, owner, verifier, second_verifier):
    """One suspends alone; the clinic repairs what was wrong and says so; a verifier lets it back in."""
    listings.suspend(clinic=clinic, reason="under-review", by=verifier)
    for person in (verifier, second_verifier):
        with pytest.raises(NotAllowed):
            listings.reinstate(clinic=clinic, by=person)
    listings.submit(clinic=clinic, by=owner)
    assert not shown(clinic)
    assert listings.reinstate(clinic=clinic, by=verifier).status == "listed"
    assert shown(clinic)


def test_nothing_of_a_suspended_clinic_is_changed_by_one_person(clinic, verifier):
    listings.suspend(clinic=clinic, reason="moved", by=verifier)
    with pytest.raises(NotAllowed):
        listings.edit(clinic=clinic, by=verifier, phone="+13035550199")


def test_a_closed_clinic_stays_closed(clinic, staff, verifier, stranger, stopped):
    listings.close(clinic=clinic, reason="closed-down", by=staff)
    assert stopped == [clinic.pk]
    for verb, arguments in (
        (listings.suspend, {"reason": "under-review", "by": staff}),
        (listings.close, {"reason": "moved", "by": staff}),
        (listings.reinstate, {"by": verifier}),
        (listings.publish, {"by": verifier}),
        (listings.submit, {"by": verifier}),
    ):
        with pytest.raises(WrongState) as caught:
            verb(clinic=clinic, **arguments)
        assert caught.value.current == "closed"


def test_a_candidate_that_was_merged_is_never_listed(clinic, verifier, second_verifier):
    double = submitted(verifier, successor=clinic)
    with pytest.raises(WrongState, match="merged"):
        listings.submit(clinic=double, by=verifier)
    with pytest.raises(WrongState, match="merged"):
        listings.publish(clinic=double, by=second_verifier)


def test_a_listed_clinic_is_not_published_again_nor_a_candidate_suspended(
    clinic, candidate, verifier, staff, stranger
):
    with pytest.raises(WrongState):
        listings.publish(clinic=clinic, by=verifier)
    with pytest.raises(WrongState):
        listings.suspend(clinic=candidate, reason="moved", by=staff)


def test_a_pause_is_public_and_ends_by_itself(clinic, owner):
    until = clock.now() + timedelta(days=3)
    listings.pause_requests(clinic=clinic, until=until, by=owner)
    assert search.find(search.Query()).results[0].document["accepts_referrals"] is False
    with clock.frozen(until):
        assert search.find(search.Query()).results[0].document["accepts_referrals"] is True
        assert Clinic.objects.able_to_receive().exists()
    listings.pause_requests(clinic=clinic, until=None, by=owner)
    assert search.find(search.Query()).results[0].document["accepts_referrals"] is True
    assert last_action() == "requests.resumed"


def test_a_clinic_edits_what_it_says_of_itself(clinic, colleague):
    edited = listings.edit(
        clinic=clinic, by=colleague, insurance=["medicaid"], accepting_new_patients=False, cost="Ask us."
    )
    assert edited.accepting_stated_at >= clock.now() - timedelta(minutes=1)
    document = search.find(search.Query(insurance=("medicaid",))).results[0].document
    assert document["accepting_new_patients"] is False
    assert listings.edit(clinic=clinic, by=colleague, accepting_new_patients=None).accepting_stated_at is None


def test_only_somebody_who_acts_for_it_edits_that(clinic, stranger, verifier, staff, owner):
    for person in (stranger, verifier, staff):
        with pytest.raises(NotAllowed):
            listings.edit(clinic=clinic, by=person, cost="$0")
    clinic.claims.update(ended_at=clock.now())
    with pytest.raises(NotAllowed):
        listings.edit(clinic=clinic, by=owner, cost="$0")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Another Example Clinic"),
        ("line1", "1 Other Street"),
        ("phone", "+13035550199"),
        ("website", "https://other.example/"),
        ("confirmed_domain", "other.example"),
        ("time_zone", "America/Chicago"),
        ("offerings", [{"modality": "oral"}]),
    ],
)
def test_nobody_alone_changes_what_a_published_clinic_is(clinic, owner, verifier, field, value):
    for person in (owner, verifier):
        with pytest.raises(NotAllowed):
            listings.edit(clinic=clinic, by=person, **{field: value})
    assert shown(clinic)


def test_a_new_phone_of_a_candidate_is_not_the_one_that_was_confirmed(candidate, verifier):
    listings.edit(clinic=candidate, by=verifier, phone="+13035550199")
    assert not candidate.checks.current().filter(fact=Fact.CONTACT).exists()


def test_an_edit_that_changes_no_contact_detail_keeps_the_check(candidate, verifier):
    listings.edit(clinic=candidate, by=verifier, phone=candidate.phone, website="https://new.example/")
    assert candidate.checks.current().filter(fact=Fact.CONTACT).exists()


def test_only_the_confirmed_domain_is_linked_to(candidate, verifier, second_verifier):
    listings.edit(clinic=candidate, by=verifier, website="https://www.new.example/care")
    candidate.refresh_from_db()
    assert links.shown_website(candidate) == ""
    for domain in ("", "clinic.example", "example", "evil.new.example"):
        with pytest.raises(NotAllowed):
            listings.confirm_domain(clinic=candidate, domain=domain, by=verifier)
    confirmed = listings.confirm_domain(clinic=candidate, domain="New.example", by=verifier)
    assert confirmed.confirmed_domain == "new.example"
    assert links.shown_website(confirmed) == "https://www.new.example/care"


@pytest.mark.parametrize(
    "website",
    [
        "https://clinic.example@evil.example/",
        "https://clinic.example.evil.example/",
        "https://shop.clinic.example/",
        "https://clinic.example:8443/",
        "ftp://clinic.example/",
        "https://сlinic.example/",
        "https://evil.example/https://clinic.example/",
        "https://evil.example\\@clinic.example/",
        "https://[clinic.example/",
        "javascript:alert(1)//clinic.example",
        "",
    ],
)
def test_an_address_that_only_looks_like_the_confirmed_one_is_not_linked_to(website):
    assert links.shown_website(Clinic(website=website, confirmed_domain="clinic.example")) == ""


def test_no_edit_moves_a_listing_or_dates_a_statement(clinic, owner, verifier):
    for field, value in (
        ("status", "closed"),
        ("attested_at", clock.now()),
        ("slug", "x"),
        ("paused_until", None),
    ):
        for person in (owner, verifier):
            with pytest.raises(NotAllowed):
                listings.edit(clinic=clinic, by=person, **{field: value})


def test_words_outside_the_vocabulary_and_values_that_do_not_fit_are_refused(
    clinic, candidate, owner, verifier
):
    with pytest.raises(NotAllowed):
        listings.edit(clinic=clinic, by=owner, insurance=["gold"])
    for field, value in (
        ("cost", "x" * 1001),
        ("name", "x" * 161),
        ("website", "javascript:alert(1)"),
        ("latitude", 91.0),
        ("hours", "Mon\x00Fri"),
        ("cost", "\ud800"),
        ("offerings", [{"modality": "mail"}]),
    ):
        there, by = (clinic, owner) if field in ("cost", "hours") else (candidate, verifier)
        with pytest.raises(ValidationError):
            listings.edit(clinic=there, by=by, **{field: value})
    clinic.refresh_from_db()
    assert clinic.cost == ""


def test_an_attestation_dates_all_that_the_clinic_says(clinic, owner, stranger):
    with pytest.raises(NotAllowed):
        attesting.attest(clinic=clinic, by=stranger, typed_name="Stran Ger")
    attesting.attest(clinic=clinic, by=owner, typed_name="Olive Owner")
    clinic.refresh_from_db()
    assert clinic.attested_at.date() == clock.now().date()
    assert clinic.accepting_stated_at >= clinic.attested_at


def test_every_step_leaves_a_trail(clinic, owner, staff, verifier):
    attesting.attest(clinic=clinic, by=owner, typed_name="Olive Owner")
    listings.edit(clinic=clinic, by=owner, hours="Mon 9-5")
    listings.suspend(clinic=clinic, reason="clinic-asked", by=staff)
    listings.reinstate(clinic=clinic, by=verifier)
    listings.close(clinic=clinic, reason="moved", by=staff)
    trail = AuditEvent.objects.filter(object_type="clinic", object_id=str(clinic.pk)).order_by("seq")
    assert list(trail.values_list("action", flat=True)) == [
        "listing.attested", "listing.edited", "listing.suspended", "listing.reinstated", "listing.closed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "listed", "responsible": None},
        {"status": "listed", "at": None},
        {"status": "suspended"},
        {"status": "listed", "status_reason": "moved"},
        {"latitude": 95.0},
        {"longitude": None},
        {"accepting_new_patients": True, "accepting_stated_at": None},
        {"accepting_new_patients": None, "accepting_stated_at": clock.EPOCH},
    ],
)
def test_the_database_refuses_half_filled_clinics(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        build.clinic(**broken)


def test_roles_of_another_practice_count_for_nothing(clinic, stranger):
    assert Membership.objects.active().filter(user=stranger).exists()
    with pytest.raises(NotAllowed):
        listings.pause_requests(clinic=clinic, until=None, by=stranger)


@pytest.mark.parametrize(
    ("npi_type", "void"), [(1, {Fact.EXCLUSION, Fact.NPI}), (2, {Fact.EXCLUSION})], ids=["solo", "group"]
)
def test_another_responsible_clinician_was_not_looked_for_on_any_list(
    clinic, verifier, second_verifier, npi_type, void
):
    clinic.organization.npi_type = npi_type
    clinic.organization.save()
    successor = build.practitioner()
    before = set(clinic.checks.current().values_list("fact", flat=True))
    change = changes.propose(clinic=clinic, by=verifier, values={"responsible": successor})
    changes.accept(change=change, by=second_verifier)
    build.check(clinic, Fact.LICENSE, license=build.license(successor))

    assert before - set(clinic.checks.current().values_list("fact", flat=True)) == void
    assert not shown(clinic)
    for fact in void:
        build.check(clinic, fact)
    assert shown(clinic)
