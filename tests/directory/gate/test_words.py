"""What the gate says to a text: sale is blocked, what a clinic may also say is looked at, and the rest passes."""

import time

import pytest

from directory import gate
from directory.gate.findings import BLOCK, REVIEW

OK = "ok"
FIXTURES = [
    # domain.md H, word for word
    ("Browse our range of ketamine products and order today.", {BLOCK}),
    ("Here you can buy ketamine online, safely and discreetly.", {BLOCK}),
    ("Take-home Spravato, supervised by video.", {BLOCK}),
    ("K-e-t-a-m-1-n-e in stock, no prescription, ships overnight.", {BLOCK}),
    ("Pure powder, price per gram on request, message us on Telegram to order.", {BLOCK}),
    ("We never ship ketamine; all doses are given on site.", {OK, REVIEW}),
    ("Never buy ketamine online.", {REVIEW}),
    ("A guaranteed cure for depression with no side effects.", {REVIEW}),
    ("Ketamine lozenges for home use, telehealth visits only.", {REVIEW}),
    ("Get Spravato in our office; ask about coverage.", {REVIEW}),
    ("Spravato self-administered under observation in our REMS-certified office.", {OK}),
    ("FDA has not approved ketamine for depression; our use is off-label.", {OK}),
]
CLAIMS = [
    # domain.md A: what sellers and advertisers say, in words of our own
    ("Quick relief and a lasting recovery from depression.", {REVIEW}),
    ("Choose from a range of ketamine products.", {BLOCK}),
    ("Ketamine can safely be bought here: buy ketamine online from verified sources.", {BLOCK}),
    ("Esketamine at home under supervision.", {BLOCK}),
    ("At-home ketamine, in oral forms or as a nasal spray.", {REVIEW}),
    ("Ketamine powder for your own use.", {BLOCK}),
    ("It stops suicidal thoughts within hours.", {REVIEW}),
    ("FDA-approved ketamine infusions.", {REVIEW}),
    ("Our ketamine infusions are FDA-approved for PTSD.", {REVIEW}),
    ("An FDA-approved clinic.", {REVIEW}),
    ("FDA-approved Spravato, and ketamine infusions off-label.", {OK}),
    ("Spravato is FDA-approved for adults with treatment-resistant depression.", {OK}),
    ("Ketamine is FDA-approved as an anesthetic only.", {OK}),
    ("100% safe and not addictive.", {REVIEW}),
    ("There are risks, and nobody can guarantee a result.", {OK}),
    ("This is not a cure.", {OK}),
    ("You get your medicine by mail and take it at home, with a guide on the screen.", {REVIEW}),
    ("At-home medical ketamine, prescribed by clinicians.", {REVIEW}),
    ("After ketamine you rest at home until the next day.", {OK}),
]


def level(text: str, label: str = "first_visit") -> str:
    """The strongest thing that was found."""
    found = gate.look({label: text})
    return BLOCK if found.block else REVIEW if found else OK


@pytest.mark.parametrize(("text", "expected"), FIXTURES)
def test_the_fixtures_of_the_reference(text, expected):
    assert level(text) in expected


@pytest.mark.parametrize(("text", "expected"), CLAIMS)
def test_claims_of_advertisers(text, expected):
    assert level(text) in expected


@pytest.mark.parametrize(
    "text",
    [
        "You may not buy ketamine online.",
        "It is illegal to order ketamine online.",
        "Avoid anybody who offers ketamine for sale.",
        "We do not give Spravato for use at home.",
    ],
)
def test_a_negation_before_it_makes_a_block_a_review_and_never_a_pass_in_silence(text):
    assert level(text) in {REVIEW, OK}


def test_a_negation_in_another_sentence_changes_nothing():
    assert level("Do not wait. Order ketamine online.") == BLOCK


@pytest.mark.parametrize(
    "drug", ["ketamine", "esketamine", "Ketalar", "special K", "ketamina", "s-ketamine", "кетамин"]
)
def test_every_name_of_the_drug_is_the_drug(drug):
    assert level(f"Buy {drug} online here") == BLOCK


def test_a_text_is_held_by_field_and_the_finding_says_which():
    found = gate.look({"cost": "Pay by card.", "hours": "Order ketamine online"})
    assert {(each.code, each.field) for each in found.all} == {("sale", "hours")}


def test_no_finding_repeats_a_word_of_the_text():
    found = gate.look({"cost": "Buy zanzibar ketamine with bitcoin from plug_77, no prescription"})
    assert found.block
    assert "zanzibar" not in repr(found)
    assert all("zanzibar" not in sentence and "bitcoin" not in sentence for sentence in found.sentences)


def test_what_a_clinic_cannot_treat_may_name_minors_and_recreation():
    assert level("We cannot treat children under 12, or recreational users.", "cannot_treat") == OK


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\n", "x" * 20_000, "a-" * 9_000, "\u200b" * 5_000, "🜁" * 4_000, ". " * 9_000, "a.b." * 5_000,
        "https://" * 2_500, "user@" * 4_000, "1234567890" * 1_900, "order now ketamine telegram " * 700, " " * 20_000,
        "(303) 5" * 2_800, "not ketamine " * 1_500, "@" * 9_000, "a1" * 9_000, "http://a." * 2_000, "dot " * 5_000,
    ],
)  # fmt: skip
def test_no_text_takes_long_to_read(text):
    began = time.perf_counter()
    gate.look({"first_visit": text})
    assert (
        time.perf_counter() - began < 2.0
    )  # a text of a whole website; the longest field has 1,000 characters
