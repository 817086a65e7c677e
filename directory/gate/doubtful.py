"""What a legitimate clinic may say, and a seller too: the `review` rows of `domain.md` H. A person looks first."""

from typing import Final

from directory.gate.findings import REVIEW
from directory.gate.rules import rule

_FORM: Final = "(?:lozenges?|troches?|tablets?|pills?|capsules?|rdts?|gummies|pastillas|tabletas)"
_SENT: Final = (
    "(?:shipped|ships?|shipping|mailed|mailing|delivered|deliver|delivery|delivers|posted|sent|dispatched)"
)

LOOKED_AT: Final = (
    rule(
        "get-spravato",
        REVIEW,
        "get order buy purchas request",
        "(?:get|order|buy|purchase|request) (?:your |our |brand )?{spray}",
    ),
    rule("sale", REVIEW, "sell sold", "{drug}{3}(?:sold|sell|sells)|(?:sell|sells|sold|selling){3}{drug}"),
    rule(
        "at-home",
        REVIEW,
        "home casa remote telehealth teleketamine virtual",
        (
            f"(?:at home|in home|home based|home|take home|remote|telehealth|telemedicine|virtual"
            f"|online) (?:oral |sublingual |guided |low dose |medical |prescribed |prescription |assisted "
            f"|supervised )*ketamine"
            "|(?:take|takes|taking|taken) (?:it|them|the dose|the medicine|your medicine) (?:at|from) home"
            f"|ketamine{{4}}(?:at home|home use|from home|take home|in your home|in the comfort|your own "
            f"home|en casa|(?:by|via|through|over) (?:telehealth|telemedicine|video|zoom)|telehealth "
            f"only)"
            f"|{_FORM}{{4}}(?:home|telehealth)|(?:telehealth|video|virtual) (?:visits|sessions"
            f"|appointments) only|(?:treat|dose|dosing|sessions?|therapy|treatments?|journeys?"
            f"|experiences?) (?:at|from|in your|in the comfort of your) (?:own )?home"
        ),
    ),
    rule(
        "mailed",
        REVIEW,
        "ship mail deliver post sent door envi dispatch",
        (
            f"(?:{{drug}}|{_FORM}|medicines?|medications?|doses?|kits?|refills?"
            f"|prescriptions?){{5}}{_SENT}(?! (?:by|in|at|under|intravenously|through) (?:our|a|an|the|iv"
            f"|trained|licensed|vein))"
            f"|{_SENT}{{5}}(?:{{drug}}(?! (?:infusion|treatment|session|therap))|{_FORM}|your medicines?|kits?)"
            "|(?:{drug}|medicines?|medications?|doses?|tablets?|prescriptions?){3}(?:by mail|in the mail|by post)"
            "|(?:to|at) your (?:door|doorstep|front door|mailbox)|we (?:also )?(?:ship|mail|deliver)"
            "|mail order|mailorder"
        ),
    ),
    rule(
        "compounded",
        REVIEW,
        "compound lozenge troche rapid nasal",
        f"compounded|compounding|(?:ketamine|racemic) nasal sprays?|ketamine{{3}}{_FORM}|(?:ketamine"
        f"|sublingual|oral|compounded) {_FORM}|troches?|rdts?",
    ),
    rule(
        "self-administered",
        REVIEW,
        "self administ yourself",
        "self administ[a-z]+|administer it yourself|dose yourself|self dos(?:e|ing)",
    ),
    rule(
        "mobile",
        REVIEW,
        "mobile hotel house concierge come travel airbnb van",
        (
            "mobile (?:iv|infusions?|ketamine|clinic|service|team|nurse)|(?:hotel|house|home|office"
            "|airbnb)(?: room)? (?:calls?|infusions?|iv|treatments?)|concierge"
            "|(?:hotel|airbnb|house){3}(?:infusions?|iv|ketamine)|(?:we|nurse|nurses|team|staff)(?: will"
            "| can)? (?:come|comes|travel|travels) to (?:you|your)|(?:infusions?|iv|ketamine){4}(?:hotel"
            "|airbnb|in your home|your house)"
        ),
    ),
    rule("price-list", REVIEW, "price", "price (?:list|menu)s?|price sheet"),
    rule(
        "recreational",
        REVIEW,
        "microdos retreat recreation hole trip party psychedelic high ceremon",
        (
            "micro ?dos(?:e|es|ing)|psychedelic retreats?|(?:ketamine|healing) retreats?"
            "|recreational(?:ly)?|k hole|khole|tripping|(?:ketamine|psychedelic|k|guided|cosmic) trips?"
            "|party (?:drug|pack|packs|favou?rs?)|get (?:you )?high|ketamine ceremon(?:y|ies)"
        ),
        not_in="cannot_treat",
    ),
    rule(
        "minors",
        REVIEW,
        "child kid minor teen pediatric paediatric",
        (
            "(?:children|kids|minors|teens|teenagers|toddlers|pediatric|paediatric|child)(?: "
            "patients?)?(?: are| is)?{3}(?:welcome|treated|accepted|ketamine|infusions?|ok|too)"
            "|(?:treat|treats|treating|accept|accepts|for|ketamine for|see|help){2}(?:children|kids|minors|toddlers)"
        ),
        not_in="cannot_treat age_groups",
    ),
    rule(
        "no-evaluation",
        REVIEW,
        "walk same evaluat screening questionnaire driver",
        (
            "walk ins? same day|same day{2}walk ins?|walk in (?:ketamine|infusions?|treatments?)|no "
            "(?:evaluation|screening|exam|assessment|waiting period|driver|ride)(?: is| are)?(?: needed| "
            "required| necessary)?"
            "|(?:just|only|simply){2}(?:a |fill (?:in|out) )?(?:an? )?(?:online |short |quick "
            ")*(?:questionnaire|quiz|form)|(?:online|quick|short|2 minute|5 minute) (?:questionnaire"
            "|quiz) (?:only|and)"
        ),
    ),
    rule(
        "volume",
        REVIEW,
        "unlimited member bount referral reward refer subscri package credits",
        (
            "unlimited (?:doses?|dosing|sessions?|infusions?|ketamine|treatments?|refills?)|(?:membership"
            "|subscription)s?{3}(?:dos(?:e|es|ing)|infusions?|ketamine|sessions?|treatments?|refills?)"
            "|(?:dos(?:e|es|ing)|infusions?|ketamine|sessions?|refills?) (?:membership|subscription)s?"
            "|refer a friend|referral (?:bounty|bounties|bonus|bonuses|rewards?|credits?|fee)|(?:cash"
            "|\\$ ?[0-9]+){4}(?:each|every|per|for) (?:referral|friend|patient)"
        ),
    ),
)
