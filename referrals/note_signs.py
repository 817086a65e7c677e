"""What a free text may hold that deserves a word beside it. Nothing here ever blocks a request."""

import re
import unicodedata

# Said by people who may hurt themselves, in English and Spanish. Short on purpose: a panel with the
# crisis line stands beside the answer, and a word too many costs nothing. Nobody watches these.
_CRISIS_WORDS = (
    r"suicid\w*",
    r"kill (?:my ?self|me)",
    r"end (?:my life|it all|my own life)",
    r"take my (?:own )?life",
    r"(?:want|wish|ready|going|rather|better off) (?:to )?(?:die|dead|be dead|not be here)",
    r"wish i was(?:n t| not) (?:here|alive)",
    r"(?:do not|don t|dont) want to (?:live|be here|be alive|wake up|exist)",
    r"no reason to live",
    r"(?:is not|isn t|isnt) worth living",
    r"can(?:not| t|t) go on",
    r"unalive\w*",
    r"kms",
    r"(?:hurt|harm|cut|cutting|hurting|harming) my ?self",
    r"self harm\w*",
    r"overdos\w*",
    r"matarme",
    r"quitarme la vida",
    r"(?:quiero|prefiero|quisiera) morir(?:me)?",
    r"no quiero (?:vivir|seguir viviendo|estar aqui)",
    r"(?:hacerme|lastimarme|cortarme|danarme)(?: dano)?",
    r"acabar con (?:mi vida|todo)",
    r"no vale la pena vivir",
    r"sobredosis",
)
_CRISIS = re.compile(rf"\b(?:{'|'.join(_CRISIS_WORDS)})\b")
_SOCIAL_SECURITY = re.compile(r"(?<!\d)(?:\d{3}([- ])\d{2}\1\d{4}|\d{9})(?!\d)")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")

NUMBER_WARNING = (
    "It looks like you wrote a Social Security or card number. The clinic does not need it here. "
    "You may want to take it out."
)


def sounds_like_crisis(text: str) -> bool:
    """Could somebody who writes this be in danger? Shows the crisis line, never blocks, is never stored."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return bool(_CRISIS.search(re.sub(r"[^a-z]+", " ", letters)))


def holds_identity_number(text: str) -> bool:
    """Does the text hold what looks like a Social Security number or a payment card's?"""
    digits = unicodedata.normalize("NFKC", text)
    return bool(_SOCIAL_SECURITY.search(digits)) or any(
        _luhn(re.sub(r"\D", "", match.group())) for match in _CARD.finditer(digits)
    )


def _luhn(number: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    weighted = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(sum(divmod(value, 10)) for value in weighted) % 10 == 0
