"""The gate against sellers: what a text or a clinic gives away, for a person to decide.

    found = gate.look({"cost": "Pay by card after the visit."})
    if found: ...                        # hold it; found.block, found.review, found.codes, found.sentences

It holds, explains to the staff in plain words, and decides nothing. A clinic is never told what was found.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from directory.gate import links, structure
from directory.gate.claims import CLAIMS
from directory.gate.doubtful import LOOKED_AT
from directory.gate.findings import BLOCK, REVIEW, Finding, Findings, together
from directory.gate.guards import is_negated, unguarded
from directory.gate.normalise import readings, squashed
from directory.gate.rules import Rule
from directory.gate.selling import BLOCKING, PIECES
from directory.gate.sentences import OF_THE_CLINIC, SENTENCES
from directory.models import Clinic

__all__ = ["OF_THE_CLINIC", "SENTENCES", "Finding", "Findings", "look", "look_at_clinic", "together"]

_BY_STEM: Final[dict[str, list[Rule]]] = defaultdict(list)
for _rule in (*BLOCKING, *LOOKED_AT, *CLAIMS):
    for _stem in _rule.stems:
        _BY_STEM[_stem].append(_rule)
_EVERYTHING = "everything"


def look(texts: Mapping[str, str], *, clinic: Clinic | None = None) -> Findings:
    """What the texts give away, each by itself and all of them read as one.

    `texts` holds text by label; labels that are names of a clinic's fields let a rule know where it reads. With
    `clinic`, links and phones are compared with its own. Pure: no statement is made.
    """
    confirmed, phone = (clinic.confirmed_domain, clinic.phone) if clinic else ("", "")
    found: list[Finding] = []
    for label, text in texts.items():
        if not text or text.isspace():
            continue
        found += _words_of(label, text)
        found += structure.hidden_letters(label, text)
        if label == "website":
            found += links.look_at_website(label, text)
        else:
            found += links.look(label, text, confirmed=confirmed, phone=phone)
    return together(Findings(tuple(found)), _read_as_one(texts, {each.code for each in found}))


def look_at_clinic(clinic: Clinic, texts: Mapping[str, str]) -> Findings:
    """`look`, and what the clinic itself lacks or shares with others. Up to five statements.

    It reads the fields of `clinic` as they are in memory, so that new values can be looked at before they are kept.
    """
    return together(look(texts, clinic=clinic), Findings(tuple(structure.of_clinic(clinic))))


def _read_as_one(texts: Mapping[str, str], known: set[str]) -> Findings:
    """A sentence begun in one field and ended in the next. What a field gives away by itself is not said twice."""
    parts = [text for label, text in texts.items() if text and label != "website"]
    if len(parts) < 2:
        return Findings()
    return Findings(
        tuple(each for each in _words_of(_EVERYTHING, " . ".join(parts)) if each.level == BLOCK)
    ).without(known)


def _words_of(label: str, text: str) -> list[Finding]:
    levels: dict[str, str] = {}
    for reading in readings(text):
        # Most texts give nothing away, guarded or not, so the guards are looked for only where it matters.
        if _tried(label, reading):
            for code, level in _tried(label, unguarded(reading)).items():
                levels[code] = BLOCK if BLOCK in (level, levels.get(code)) else REVIEW
    if PIECES.search(squashed(text)) and "sale" not in levels:
        levels["sale"] = BLOCK
    return [Finding(code, label, level) for code, level in levels.items()]


def _tried(label: str, reading: str) -> dict[str, str]:
    """Codes of the rules that match, each at its strongest level."""
    levels: dict[str, str] = {}
    for stem, rules in _BY_STEM.items():
        if stem not in reading:  # most stems are in no text, and this is the quickest question there is
            continue
        for rule in rules:
            if levels.get(rule.code) != BLOCK and label not in rule.not_in:
                _try(rule, reading, levels)
    return levels


def _try(rule: Rule, reading: str, levels: dict[str, str]) -> None:
    """Note the strongest level at which this rule matches. A negation before it makes a block a review."""
    for hit in rule.pattern.finditer(reading):
        block = rule.level == BLOCK and not is_negated(reading, hit.start())
        levels[rule.code] = BLOCK if block else levels.get(rule.code, REVIEW)
        if block:
            return
