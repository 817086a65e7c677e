"""Claims that are decided at once: one winner, whoever comes first, and nothing half done."""

from collections import Counter
from functools import partial

import pytest

from accounts import audit
from accounts.models import Membership
from directory import claims, listings
from directory.models import Case, Clinic, ListingClaim
from outbox import clock
from referrals import lifecycle
from referrals.access import inbox_of
from referrals.models import Referral
from tests import build, build_referrals
from tests.a_claim import code_of, ready, wrong
from tests.referrals.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 20


def rival_claims(verifiers, rounds=ROUNDS):
    """Two claims on one clinic, approved at once by two verifiers: one wins, the other stays as it was."""
    for _ in range(rounds):
        clinic = build.clinic(claimed=False)
        rivals = [ready(clinic, build.user(), verifier) for verifier in verifiers]
        results = at_once(
            *[
                partial(claims.approve, claim=claim, by=by)
                for claim, by in zip(rivals, verifiers, strict=True)
            ]
        )
        assert Counter(type(each).__name__ for each in results) == {"ListingClaim": 1, "WrongState": 1}, (
            results
        )
        winner = clinic.claims.standing().get()
        loser = next(claim for claim in rivals if claim != winner)
        assert list(Membership.objects.active().filter(organization=clinic.organization)) == list(
            winner.claimant.memberships.all()
        )
        assert ListingClaim.objects.get(pk=loser.pk).status == "pending"
        assert not loser.claimant.memberships.exists()


def take_overs(verifiers, rounds=ROUNDS):
    """Two take-overs of a held clinic, and somebody's request to it, at once: one holder, each read."""
    for _ in range(rounds):
        owner = build.user()
        clinic = build.clinic(owner=owner)
        asked = [build_referrals.referral(clinic) for _ in range(2)]
        rivals = [ready(clinic, build.user(), each, objection_until=clock.now()) for each in verifiers]
        approvals = [
            partial(claims.approve, claim=claim, by=by) for claim, by in zip(rivals, verifiers, strict=True)
        ]
        results = at_once(
            *approvals, partial(build_referrals.sent, clinic), partial(build_referrals.sent, clinic)
        )
        kinds = Counter(type(each).__name__ for each in results)
        assert kinds["ListingClaim"] == kinds["WrongState"] == 1, results
        winner = clinic.claims.standing().get()
        waiting = Referral.objects.open().filter(clinic=clinic)
        assert not waiting.filter(pk__in=[each.pk for each in asked]).exists()
        assert set(inbox_of(winner.claimant)) == set(waiting)
        assert not Clinic.objects.acted_for_by(owner).exists()


def test_of_two_rival_claims_one_is_approved(verifier, second_verifier):
    rival_claims([verifier, second_verifier])
    assert audit.verify() == []


def test_of_two_take_overs_one_wins_and_no_request_is_left_without_a_reader(verifier, second_verifier):
    take_overs([verifier, second_verifier], rounds=5)
    assert audit.verify() == []


def test_what_happens_at_other_sites_of_the_practice_does_not_lock_anybody_out(verifier, second_verifier):
    for _ in range(3):
        owner = build.user()
        practice = build.organization()
        sites = [build.clinic(organization=practice, owner=owner) for _ in range(4)]
        asked = [build_referrals.referral(site) for site in sites]
        taken = [ready(site, build.user(), verifier, objection_until=clock.now()) for site in sites[:2]]
        results = at_once(
            *[
                partial(claims.approve, claim=claim, by=by)
                for claim, by in zip(taken, (verifier, second_verifier), strict=True)
            ],
            *[partial(lifecycle.withdraw, referral=each) for each in asked[1:]],
            *[partial(build_referrals.sent, site) for site in sites],
            partial(listings.pause_requests, clinic=sites[3], until=None, by=owner),
            partial(claims.end, claim=sites[2].claims.get(), by=second_verifier),
        )
        errors = {type(each).__name__ for each in results if isinstance(each, Exception)}
        assert errors <= {"WrongState", "NotTaking"}, results
        assert [each.status for each in results[:2]] == ["approved", "approved"]
        assert set(Clinic.objects.acted_for_by(owner)) == set(sites[2:])


def test_one_claim_is_approved_once_by_however_many(verifier, second_verifier):
    for _ in range(3):
        claim = ready(build.clinic(claimed=False), build.user(), verifier)
        results = at_once(
            *[partial(claims.approve, claim=claim, by=by) for by in (verifier, second_verifier)] * 5
        )
        assert Counter(type(each).__name__ for each in results) == {"ListingClaim": 1, "WrongState": 9}
        assert claim.claimant.memberships.count() == 1


def test_approving_refusing_and_taking_back_at_once_have_one_winner(verifier, second_verifier):
    for _ in range(5):
        claim = ready(build.clinic(claimed=False), build.user(), verifier)
        results = at_once(
            partial(claims.approve, claim=claim, by=verifier),
            partial(claims.refuse, claim=claim, by=second_verifier),
            partial(claims.withdraw, claim=claim, by=claim.claimant),
        )
        assert Counter(type(each).__name__ for each in results) == {"ListingClaim": 1, "WrongState": 2}
        stored = ListingClaim.objects.get(pk=claim.pk)
        assert claim.claimant.memberships.exists() == (stored.status == "approved")


def test_of_an_objection_and_an_admission_at_once_nothing_is_half_done(verifier):
    for _ in range(5):
        owner = build.user()
        clinic = build.clinic(owner=owner)
        claim = claims.make(clinic=clinic, by=build.user(), proof="letter", position="Desk")
        results = at_once(
            partial(claims.object_to, claim=claim, by=owner), partial(claims.let_in, claim=claim, by=owner)
        )
        assert Counter(type(each).__name__ for each in results)["WrongState"] <= 1
        assert ListingClaim.objects.get(pk=claim.pk).status == "joined"
        assert list(Clinic.objects.acted_for_by(claim.claimant)) == [clinic]


def test_twenty_wrong_codes_at_once_are_five_tries(owner):
    claim = claims.make(
        clinic=build.clinic(claimed=False),
        by=owner,
        proof="domain-mail",
        position="Desk",
        address="a@clinic.example",
    )
    typed = wrong(code_of(claim))
    results = at_once(*[partial(claims.prove, claim=claim, code=typed, by=owner)] * 20)
    assert Counter(type(each).__name__ for each in results) == {"WrongCode": 5, "WrongState": 15}
    assert ListingClaim.objects.get().code_tries == 5


def test_one_person_who_claims_twenty_times_at_once_has_one_claim(owner):
    clinic = build.clinic(claimed=False)
    results = at_once(*[partial(claims.make, clinic=clinic, by=owner, proof="letter", position="Desk")] * 20)
    assert Counter(type(each).__name__ for each in results) == {"ListingClaim": 1, "WrongState": 19}
    assert ListingClaim.objects.count() == Case.objects.filter(kind="claim").count() == 1
