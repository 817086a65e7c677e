"""200 sellers and 200 honest clinics, each looked at by the gate."""

import pytest

from directory import gate
from tests.directory.gate.honest import honest_clinics
from tests.directory.gate.profiles import Profile
from tests.directory.gate.sellers import BLATANT, HANDLES, HOME, seller_profiles
from tests.shared_data import shared

MAY_BE_HELD = 4


def look(profile: Profile) -> gate.Findings:
    read = {"website_text": profile.website_text} if profile.website_text else {}
    return gate.look({**profile.texts, **read})


def test_both_corpora_hold_two_hundred_that_differ():
    for corpus in (seller_profiles(), honest_clinics()):
        assert len({repr(profile) for profile in corpus}) == 200


def test_at_most_four_honest_clinics_are_held_and_none_is_blocked():
    found = {profile.name: look(profile) for profile in honest_clinics()}
    held = {name: findings.codes for name, findings in found.items() if findings}
    assert len(held) <= MAY_BE_HELD, held
    assert not any(findings.block for findings in found.values())


@pytest.mark.parametrize("kind", ["blatant", "hidden", "between", "home", "shop"])
def test_every_seller_whose_words_give_it_away_is_held(kind):
    missed = [profile for profile in seller_profiles() if profile.kind == kind and not look(profile)]
    assert missed == []


def test_sellers_with_clean_words_pass_the_gate_and_it_is_people_who_stop_them():
    """A stolen license or a forged certificate is not in the words: two people and the registries are for that."""
    clean = [profile for profile in seller_profiles() if profile.kind in ("stolen", "forged")]
    assert sum(bool(look(profile)) for profile in clean) == 0


@pytest.mark.parametrize("sentence", [*BLATANT, *HOME, *HANDLES])
def test_each_sentence_of_a_seller_is_held_by_itself(sentence):
    assert gate.look({"first_visit": sentence})


@pytest.mark.parametrize("sentence", BLATANT)
def test_each_sentence_of_a_blatant_one_is_blocked(sentence):
    assert gate.look({"first_visit": sentence}).block


@pytest.mark.once
def test_names_of_real_organizations_are_not_held():
    """NPPES rows nobody here chose: no name of a practice looks like a sale."""
    path = shared("nppes/npidata_first10_real_2015.csv")
    names = [
        cell.strip('"') for line in path.read_text("utf-8").splitlines()[1:] for cell in line.split(",")[4:5]
    ]
    assert [codes for name in names if (codes := gate.look({"name": name}).codes)] == []
