"""Claims that no clinic can keep: "cure", "guaranteed", "FDA-approved" beside what the FDA has not approved.

Of these routes only Spravato is approved, for two uses in adults (`domain.md` B1, A8, A12; the Spravato label).
"""

from typing import Final

from directory.gate.findings import REVIEW
from directory.gate.rules import rule

_OFF_LABEL: Final = (
    "(?:ketamine|iv|intravenous|infusions?|injections?|im|intramuscular|subcutaneous|oral|sublingual"
    "|lozenges?|troches?|nasal ketamine|ptsd|anxiety|chronic pain|ocd)"
)
_NOT_SPRAY: Final = "(?: (?!spravato|esketamine|drug|drugs|approved)[^ .]+)"

CLAIMS: Final = (
    rule(
        "claim-cure",
        REVIEW,
        "cure curing heal",
        "cures?|cured|curing|(?:heals?|healed){2}(?:depression|ptsd|trauma|anxiety"
        "|addiction){2}(?:forever|for good|permanently|completely)|(?:depression|ptsd|anxiety) (?:is "
        ")?gone",
    ),
    rule(
        "claim-guarantee",
        REVIEW,
        "guarant promise money refund works",
        (
            "guarantees?|guaranteed|guaranteeing|money back|(?:results?|relief|success) (?:are |is "
            ")?promised|we promise{4}(?:relief|results?|cure|better|recovery)|works? (?:for|on) "
            "(?:everyone|everybody|every)|(?:100|9[0-9]) % (?:success|effective|success rate|of (?:our "
            ")?patients)|success rate{2}9[0-9]"
        ),
    ),
    rule(
        "claim-safe",
        REVIEW,
        "safe side risk addict harmless",
        (
            "(?:100|hundred) (?:% |percent )?(?:safe|natural|risk)|(?:completely|totally|perfectly"
            "|absolutely|entirely) (?:safe|harmless|natural|risk free)|(?:no|zero|without|without any"
            "|free of|0) (?:known )?(?:side effects?|risks?)|non addictive|not addictive|isnt addictive"
            "|never addictive|risk free|side effect free|harmless"
        ),
    ),
    rule(
        "claim-fda",
        REVIEW,
        "fda",
        (
            f"fda (?:approved|cleared|certified|licensed|registered){_NOT_SPRAY}{{0,3}} {_OFF_LABEL}(?! "
            f"(?:is|are) not)"
            f"|(?:ketamine|infusions?|injections?|lozenges?|troches?|iv ketamine|treatments?|therapy"
            f"|protocol) (?:is|are|was|were|now) (?:now |also |fully |already )*(?:fda approved|approved "
            f"by the fda|fda cleared)"
            "|fda approved (?:clinic|clinics|center|centre|protocol|provider|facility|treatment center)"
            "|approved by the fda for (?:ptsd|anxiety|ocd|pain|chronic pain|bipolar)"
            "|fda approv(?:ed|al){3}(?:ptsd|anxiety|ocd|chronic pain|bipolar)"
        ),
    ),
    rule(
        "claim-hype",
        REVIEW,
        "miracle revolution permanent lasting breakthrough instant magic life 1 rapid",
        (
            "miracles?|miraculous|revolutionary|revolutionize[sd]?|(?:permanent|lasting|lifelong|instant"
            "|immediate|total|complete) (?:relief|recovery|remission|results?|healing|freedom)|game "
            "changer|magic|wonder drug|breakthrough cure|(?:number one|best|leading|# 1) (?:ketamine "
            ")?(?:clinic|provider|doctor|treatment) in|life changing results?|proven to work"
        ),
    ),
    rule(
        "claim-suicide",
        REVIEW,
        "suicid",
        "(?:stops?|prevents?|ends?|eliminates?|erases?|cures?|reduces?|treats?|relieves?"
        "|removes?){3}(?:suicide|suicidal|suicidality)|suicidal (?:thoughts|ideation|feelings){3}(?:gone"
        "|vanish|disappear|stop|lift|fade)",
    ),
)
