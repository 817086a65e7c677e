"""The registry of facts: one truth for what is checked, from what, for how long, and what the public reads of it."""

from datetime import timedelta

import pytest

from directory import facts
from directory.fact_rules import HOLDS_FOR, OPTIONAL_FACTS, RULES, Establisher, Needed
from directory.models import Check
from directory.vocabulary import CLINIC_ONLY_FACTS, REQUIRED_FACTS, Fact, Word
from outbox import clock
from tests import build

DAY = timedelta(days=1)


def test_every_fact_has_a_rule_and_the_vocabulary_agrees_with_them():
    assert list(RULES) == list(Fact)
    assert tuple(fact for fact in RULES if RULES[fact].needed == Needed.ALWAYS) == REQUIRED_FACTS
    assert tuple(fact for fact in RULES if not RULES[fact].is_checkable) == CLINIC_ONLY_FACTS
    assert [fact for fact in RULES if RULES[fact].needed == Needed.ESKETAMINE] == [Fact.REMS]


def test_every_rule_says_who_from_what_how_what_fails_it_and_what_it_does_not_tell():
    for fact, rule in RULES.items():
        assert rule.fact == fact
        words = (rule.label, rule.source_words, rule.how, rule.fails_when, rule.not_told)
        assert all(str(each).strip() for each in words)
        assert rule.established_by


def test_what_the_clinic_alone_says_has_no_source_and_nobody_else_establishes_it():
    for fact, rule in RULES.items():
        by_clinic_alone = rule.established_by == (Establisher.CLINIC,)
        assert by_clinic_alone == (fact in CLINIC_ONLY_FACTS) == (rule.holds_for is None)
        assert (Establisher.CLINIC in rule.established_by) == by_clinic_alone


@pytest.mark.parametrize(
    ("fact", "days"),
    [("license", 90), ("npi", 30), ("exclusion", 30), ("contact", 90), ("rems", 90)],
)
def test_a_check_holds_as_long_as_the_product_decided(fact, days):
    assert HOLDS_FOR[Fact(fact)] == days * DAY
    rule = RULES[Fact(fact)]
    assert rule.grace == facts.GRACE == 30 * DAY
    assert timedelta(0) < rule.slack < rule.holds_for


def test_no_word_for_the_public_promises_what_a_check_cannot():
    said = " ".join(
        str(words).lower()
        for rule in RULES.values()
        for words in (rule.label, rule.source_words, rule.how, rule.fails_when, rule.not_told)
    )
    for never in ("verified", "approved", "certified by us", "trusted", "best", "safe "):
        assert never not in said


@pytest.mark.django_db
def test_what_need_not_be_known_is_shown_only_where_somebody_looked(clinic, verifier):
    shown = [line.fact for line in facts.lines(clinic)]
    assert not set(shown) & set(OPTIONAL_FACTS)
    look = {"outcome": "holds", "source": "Colorado Medical Board", "checked_by": verifier}
    build.check(clinic, Fact.DISCIPLINE, **look)
    lines = {line.fact: line for line in facts.lines(clinic)}
    assert Fact.ACCREDITATION not in lines
    line = lines[Fact.DISCIPLINE]
    assert (line.label, line.word) == ("No public board discipline found", Word.CHECKED)
    assert list(lines).index(Fact.DISCIPLINE) < list(lines).index(Fact.DEA)


@pytest.mark.django_db
def test_a_fact_that_is_not_required_takes_nothing_out_of_search(clinic):
    until = facts.shown_until(clinic)
    build.check(clinic, Fact.ACCREDITATION, outcome="fails", source="An accrediting body")
    assert facts.shown_until(clinic) == until
    assert facts.missing(clinic, clock.now()) == []
    assert facts.summary(clinic).word == Word.CHECKED
    assert Fact.ACCREDITATION not in facts.needed_facts(clinic)


@pytest.mark.django_db
def test_dea_registration_stays_what_the_clinic_says(clinic, verifier):
    from directory import checks
    from directory.refusals import NotAllowed

    with pytest.raises(NotAllowed):
        checks.record(clinic=clinic, fact=Fact.DEA, outcome="holds", source="Anybody", by=verifier)
    assert not Check.objects.filter(fact=Fact.DEA).exists()
    (line,) = (line for line in facts.lines(clinic) if line.fact == Fact.DEA)
    assert line.word == Word.CLINIC_SAYS
