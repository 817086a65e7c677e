"""Many at once: one candidate of three, one wish, one end of a case, and one agreement."""

from collections import Counter
from functools import partial

import pytest

from accounts import audit
from directory import closing, opt_outs, terms
from directory.casework import cases
from directory.intake import by_clinics
from directory.models import Clinic, OptOut, Removal, TermsAgreement
from directory.refusals import Refused, WrongState
from directory.voices import removals
from tests import build
from tests.a_candidate import values
from tests.referrals.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("gazetteer")]

ASKER = removals.Asker("Quilla Marrow", "Office manager", "303-555-0177")


def test_ten_posts_of_one_form_add_one_clinic():
    person = build.user()
    made = at_once(*[partial(by_clinics.add, by=person, values=values())] * 10)
    assert {clinic.pk for clinic in made} == {Clinic.objects.get().pk}


def test_ten_different_ones_at_once_are_three_at_most():
    person = build.user()
    letters = "abcdefghij"
    acts = [
        partial(
            by_clinics.add,
            by=person,
            values=values(name=letters[n] * 9, line1=f"{n} Far St", phone=f"+1303555010{n}"),
        )
        for n in range(10)
    ]
    made = at_once(*acts)
    assert Counter(type(each) for each in made) == {Clinic: 3, by_clinics.TooMany: 7}


def test_a_clinic_and_its_practice_are_taken_down_at_once_without_waiting_for_each_other(clinic, staff):
    sites = [clinic, *build.many([{"organization": clinic.organization, "claimed": False} for _ in range(3)])]
    acts = [partial(closing.take_down, clinic=site, by=staff, never_again=True) for site in sites]
    whole = partial(closing.take_down, clinic=sites[-1], by=staff, never_again=True, whole_organization=True)
    done = at_once(whole, *acts, whole)
    assert all(isinstance(each, list) for each in done), done
    assert set(Clinic.objects.values_list("status", flat=True)) == {"closed"}
    assert OptOut.objects.standing().count() == len(sites)
    assert audit.verify() == []


def test_a_wish_is_kept_and_lifted_one_at_a_time(staff):
    clinic = build.clinic(listed=False)
    wish = opt_outs.keep(clinic=clinic, by=staff)
    done = at_once(*[partial(opt_outs.lift, opt_out=wish, by=staff)] * 6)
    assert sum(isinstance(each, list) for each in done) == 1
    assert sum(isinstance(each, WrongState) for each in done) == 5


def test_a_case_is_decided_once(clinic, verifier, second_verifier):
    case = removals.ask(clinic=clinic, asker=ASKER, why="not-asked").case
    cases.call(case=case, outcome="answered-confirmed", by=verifier)
    acts = [
        partial(removals.decide, case=case, outcome=outcome, by=verifier)
        for outcome in Removal.Outcome.values
    ]
    done = at_once(*acts, *acts, partial(removals.decide, case=case, outcome="refused", by=second_verifier))
    assert sum(isinstance(each, list) for each in done) == 1, done
    assert sum(isinstance(each, Refused) for each in done) == 6, done
    assert audit.verify() == []


def test_one_form_sent_ten_times_is_one_request(clinic):
    once = "a" * 64
    made = at_once(*[partial(removals.ask, clinic=clinic, asker=ASKER, why="wrong", once=once)] * 10)
    assert {removal.pk for removal in made} == {Removal.objects.get().pk}


def test_a_manager_who_presses_often_agrees_once(clinic, owner):
    terms.publish(version="1", text="Words.")
    act = partial(terms.agree, clinic=clinic, by=owner, version="1", typed_name="Olive Owner")
    made = at_once(*[act] * 8)
    assert {row.pk for row in made} == {TermsAgreement.objects.get().pk}
