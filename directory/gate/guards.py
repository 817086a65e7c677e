"""What honest clinics say about selling and about promises, so that the rules do not mistake it."""

import re
from typing import Final

from directory.gate.rules import whole

GUARDS: Final = (
    # What honest clinics say; it is taken out of the text before the rules read it.
    (
        "we (?:do not|dont|never|will not|wont|cannot|cant|can not) (?:sell|ship|mail|deliver|post|dispense"
        "|send)(?: or (?:sell|ship|mail|deliver|dispense|send))?"
    ),
    "off label",
    "not without",
    (
        "(?:treatment|care|ketamine|infusions?|doses?) at home [.] (?:we|this clinic)"
        " (?:do not|dont|never) (?:offer|provide|do|give)"
    ),
    "(?:rest|rests|resting|sleep|evening|night|relax|arrive|safely|somebody|someone) at home",
    # Places that are called so.
    (
        "(?:crystal|powder|pure|rock|cure|sugar|plug|signal|shop|box|vial)s?"
        " (?:lakes?|springs?|rivers?|mills?|hills?|beach|city|falls|bay|creek|park|cove|water|house|mountain|ridge"
        "|valley|canyon|island|brook|grove|road|avenue|street|county|run|bluffs?|heights|harbor|coast|forest|square"
        "|corner)"
    ),
    (
        "fda approved (?:medication |medicine |drug |only )*(?:as|for)"
        "(?: an| a| general| use in| use as)* ana?esthe(?:tic|tics|sia)"
    ),
    "(?:the )?fda has not approved {drug}(?: for)?",
    "(?:is|are|was|were)(?: not|nt)(?: been)?(?: yet)? (?:fda )?approved(?: by the fda)?",
    "not (?:fda approved|approved by the fda|a cure|cure|a miracle|guaranteed|for everyone|risk free|recreational)",
    "(?:isnt|arent|wasnt) (?:fda approved|approved by the fda|a cure|guaranteed)",
    (
        "(?:no|nobody|no one|never|cannot|cant|can not|do not|dont|does not|doesnt)(?: one| clinic| treatment"
        "| honest clinic)?(?: can)? (?:guarantees?|promise a cure|claim to cure|cures?)(?: a| any)?(?: cure| "
        "results?| outcome)?"
    ),
    "(?:a )?prescription (?:is |always )?required",
    (
        "(?:nothing|no (?:drug|medicine|dose|ketamine|spravato)) (?:is |will be |leaves |goes )(?:ever "
        ")?(?:sold|shipped|mailed|taken home|sent home|dispensed|the clinic|home)"
    ),
    (
        "(?:do not|dont|never|not|no) (?:offer|provide|prescribe|do|give|support|allow|have)(?: any)? (?:at "
        "home|take home|home|mail order|mobile|compounded|telehealth|remote)(?: oral| sublingual)?(?: "
        "ketamine| treatment| treatments| infusions?| dosing| use| sessions?| visits?| medicine)*"
    ),
    (
        "{spray}(?: is| are)?(?: always)? self administered(?: here)? (?:under|in|with"
        "|while){4}(?:observation|supervision|supervised|office|clinic|watch|watches)"
    ),
    (
        "self administer(?:s|ed)? {spray} (?:under|in|with|while){4}(?:observation|supervision|supervised"
        "|office|clinic|watch|watches)"
    ),
    (
        "(?:you|patients|people) self administer {spray} (?:under|in|with|while){4}(?:observation|supervision"
        "|office|clinic|watch|watches)"
    ),
    "(?:not|never|no) (?:be )?(?:used |taken |given |dispensed )?(?:at|for|to take) home(?: use)?",
    (
        "(?:drive|driven|ride|rides|driver|drives|go|going|taken|brought|transport|transportation|way|rest"
        "|resting|get|getting|someone|somebody) (?:you )?(?:home|to your home)(?: after| afterwards)?"
    ),
)
_GUARDED: Final = re.compile("|".join(whole(guard) for guard in GUARDS))

_NEGATED: Final = re.compile(
    whole(
        "(?:never|not|dont|doesnt|do not|cannot|cant|wont|isnt|arent|illegal to|unlawful to|illegal"
        "|unlawful|avoid|beware|nobody)"
    )
    + r"(?: [^ .]+){0,6} $"
)


def unguarded(reading: str) -> str:
    """The reading without what honest clinics say; a mark stands in its place so that no new phrase is made."""
    return _GUARDED.sub("¶", reading)


def is_negated(reading: str, start: int) -> bool:
    """ "never", "do not", "illegal to" within about six words before, in the same sentence."""
    return _NEGATED.search(reading[max(0, start - 120) : start]) is not None
