"""Letters that cannot be seen, that look like others, or that stand apart: the gate reads what a person reads."""

import pytest

from directory import gate
from directory.gate.normalise import plain, readings, skeleton

SALE = "Buy ketamine online, no prescription"


@pytest.mark.parametrize(
    "text",
    [
        "Buy k3tam1ne 0nline, n0 pr3scr1pt10n",
        "Вuу kеtаmіnе оnlіnе, nо рrеsсrірtіоn",  # Cyrillic letters
        "Ｂｕｙ ｋｅｔａｍｉｎｅ ｏｎｌｉｎｅ",
        "B\u200bu\u200by k\u200be\u200bt\u200ba\u200bm\u200bi\u200bn\u200be online",
        "B-u-y k-e-t-a-m-i-n-e o-n-l-i-n-e",
        "B u y  k e t a m i n e  o n l i n e",
        "B.u.y k.e.t.a.m.i.n.e online",
        "Buuuy keeetaaamine online",
        "Büy kétämïne ônlïne",
        "𝐁𝐮𝐲 𝐤𝐞𝐭𝐚𝐦𝐢𝐧𝐞 online",
        "🅱🆄🆈 🅺🅴🆃🅰🅼🅸🅽🅴 online",
        "ᴋᴇᴛᴀᴍɪɴᴇ for sale",
        "Buy ket\u00adamine online",
        "Buy ket-amine online",
        "Buy ket amine online",
        "\u202eenilno enimatek yuB\u202c buy ketamine online",
    ],
)
def test_the_same_sentence_in_other_letters_is_the_same_sentence(text):
    assert gate.look({"cost": text}).block


@pytest.mark.parametrize("text", ["\u202eabc", "Ab\u200bc", "Exаmple", "Εxample", "Ex\u2066ample\u2069"])
def test_hidden_and_mixed_letters_are_looked_at(text):
    assert {"hidden-letters", "mixed-letters"} & set(gate.look({"name": text}).codes)


@pytest.mark.parametrize(
    "text",
    [
        "Clínica Ñandú", "Dr. Łukasz Żak", "李医生 Li Clinic", "Клиника доктора Иванова", "Κλινική Αθηνών",
        "Zoë & André’s Practice", "مركز الصحة", "👩‍⚕️ We care", "naïve café", "Ketamine™ Clinic®",
    ],
)  # fmt: skip
def test_other_scripts_and_accents_are_no_offence(text):
    assert gate.look({"name": text}).codes == []


def test_numbers_and_prices_stay_numbers():
    assert readings("An infusion costs $450.")[0] == " an infusion costs $ 450 . "
    assert not gate.look({"cost": "An infusion costs $450, six cost $2,400. 0.5 mg/kg is usual."})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Summit Psychiatry", "Sumrnit Psychiatry"),
        ("Summit Psychiatry", "Summıt Psychiatry"),
        ("Summit Psychiatry", "SUMMIT  Psychiatry"),
        ("Lakeside Clinic", "Lakes1de C1inic"),
        ("Lakeside Clinic", "Lаkeside Clinic"),
        ("Willow Care", "VVillow Care"),
    ],
)
def test_names_that_look_the_same_have_one_skeleton(one, other):
    assert skeleton(one) == skeleton(other)


def test_names_that_do_not_have_two():
    assert skeleton("Summit Psychiatry") != skeleton("Summer Psychiatry")


def test_a_plain_text_is_only_lowered():
    assert plain("We see Adults.") == "we see adults."
