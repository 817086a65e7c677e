"""200 sellers who want to look like a clinic. None exists; their hosts end in `.test` (RFC 2606), phones ring nowhere.

blatant         says what it sells                       hidden    says it in other letters, in pieces, in leet
between         says it between two fields               structure clean words, but no clinician, a mail drop, a handle
home            drug sent home under a clinic's name     shop      clean words with a shop behind its website
stolen          clean words and the license of somebody  forged    clean words and certificates that nobody issued
"""

import random
from collections.abc import Callable

from tests.directory.gate.honest import CANNOT_TREAT, COST, FIRST_VISIT, HOURS, KINDS, STREETS, TOWNS
from tests.directory.gate.profiles import Profile, dice, some

BLATANT = (
    "Buy pure ketamine here, best price per gram.",
    "Order ketamine online today and get it tomorrow.",
    "Ketamine for sale, liquid and powder, vials in stock.",
    "We ship worldwide in stealth packaging with a tracking number.",
    "No prescription needed. Pay with bitcoin or Zelle only.",
    "Message us on Telegram to order.",
    "Add to cart, then checkout. Use promo code CALM10.",
    "Our ketamine products ship to all 50 states.",
    "Lab grade crystals, 99% purity, needle point.",
    "Research chemical, not for human consumption.",
    "Trusted vendor. DM to order, wholesale prices.",
    "Browse the range of ketamine products and choose yours.",
    "Take-home Spravato without a doctor visit.",
    "Esketamine nasal spray delivered to your home, supervised by video.",
    "Self-injection kits with everything you need.",
    "$90 per vial, bulk discounts from ten.",
    "Instant approval, discreet delivery in plain envelopes.",
    "Veterinary grade ketamine, same quality.",
    "Contact our Signal for the menu.",
    "Buy Spravato online. Overnight shipping.",
    "Payment by Western Union, MoneyGram or gift card only.",
    "Compra ketamina en línea, sin receta, envío discreto.",
    "Skip the doctor: approved in 5 minutes, no questions asked.",
    "Reship guaranteed if customs seizes your parcel.",
)
HOME = (
    "At-home ketamine: lozenges shipped to your door after a short quiz.",
    "We treat you in our office, and we also mail ketamine tablets to other states.",
    "Ketamine troches delivered every month with our membership.",
    "Start with us in the clinic, then go on at home with compounded ketamine nasal spray.",
    "Telehealth ketamine for everybody, no need to come in.",
    "Our nurse comes to your hotel room with the infusion.",
    "Sublingual ketamine is sent by post; the guide joins by video.",
    "Home ketamine therapy with unlimited refills.",
    "Self-administered ketamine in the comfort of your own home.",
    "Your ketamine kit ships the same day. The clinic is for those who live near.",
    "A guaranteed cure for depression with no side effects.",
    "FDA-approved ketamine for PTSD: permanent relief.",
)
HANDLES = (
    "Write to calmdoor@proton.me and we will answer the same hour.",
    "Our menu is at calm-door-shop.test/products.",
    "Find us: t.me/calmdoor",
    "Everything else is at bit.ly/3calm.",
    "Text (720) 555-0142 at any hour.",
    "Follow @calm_door_meds for what is new.",
    "Send to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq before you come.",
    "See www.ketshop.test for the rest.",
    "Pay at https://clinic.test@calm-pay.test/now.",
    "Questions: calmdoor at gmail dot com",
)
SPLIT = (
    ("You can get pure", "ketamine here. Shipped tomorrow in plain envelopes"),
    ("Ask for our ketamine by the gram", "and add it to your cart"),
    ("We have ketamine.", "Order today."),
    ("Ketamine, as much as you like.", "Crystal or powder."),
)


def seller_profiles() -> list[Profile]:
    """200 of them, 25 of each of the eight kinds."""
    return [_MAKERS[number % len(_MAKERS)](number, dice(f"seller {number}")) for number in range(200)]


def _clean(chance: random.Random) -> dict[str, str]:
    """What an honest clinic might say: sellers copy it."""
    return {
        "first_visit": some(chance, FIRST_VISIT, 2, 4),
        "cost": some(chance, COST, 1, 2),
        "cannot_treat": some(chance, CANNOT_TREAT, 0, 2),
        "hours": chance.choice(HOURS),
    }


def _profile(kind: str, number: int, chance: random.Random, said: dict[str, str], **other: object) -> Profile:
    plain = {
        "name": f"{chance.choice(TOWNS)} {chance.choice(KINDS)} of Dr. Nobody {number}",
        "website": f"https://calm-door-{number}.test/",
        "line1": chance.choice(STREETS),
        "phone": f"+1720555{100 + number % 100:04d}",
        "said": said,
    }
    return Profile(kind, **{**plain, **other})  # type: ignore[arg-type]


def _blatant(number: int, chance: random.Random) -> Profile:
    said = _clean(chance)
    where = chance.choice(("first_visit", "cost", "hours"))
    said[where] = f"{some(chance, BLATANT, 1, 3)} ({number})"  # a number that nobody else writes, to look for
    return _profile("blatant", number, chance, said, sells_in=(where,))


def _hidden(number: int, chance: random.Random) -> Profile:
    said = _clean(chance)
    hide = _DISGUISES[number // len(_MAKERS) % len(_DISGUISES)]
    where = chance.choice(("first_visit", "cost"))
    said[where] = f"{hide(some(chance, BLATANT[:12], 2, 3))} ({number})"
    return _profile("hidden", number, chance, said, sells_in=(where,))


def _between(number: int, chance: random.Random) -> Profile:
    first, second = chance.choice(SPLIT)
    said = {"first_visit": f"{first} ({number})", "cost": f"{second} ({number})"}
    return _profile("between", number, chance, said, sells_in=("first_visit", "cost"), needs_all=True)


def _home(number: int, chance: random.Random) -> Profile:
    said = _clean(chance)
    said["first_visit"] += f" {chance.choice(HOME)} ({number})"
    return _profile("home", number, chance, said, sells_in=("first_visit",))


def _structure(number: int, chance: random.Random) -> Profile:
    way = number // len(_MAKERS) % 5
    said = _clean(chance)
    if way == 4:
        said["hours"] += f" {chance.choice(HANDLES)} ({number})"
        return _profile("structure", number, chance, said, sells_in=("hours",))
    lacks = ({"has_clinician": False}, {"line1": "PO Box 411"}, {"has_npi": False}, {"phone": "+19005550100"})
    return _profile("structure", number, chance, said, **lacks[way])


def _shop(number: int, chance: random.Random) -> Profile:
    website = chance.choice(
        (
            f"https://calm-door-{number}.test/",
            f"https://ket-shop-{number}.test/",
            f"https://calm{number}.test/shop/",
        )
    )
    text = some(chance, BLATANT, 2, 4)
    return _profile("shop", number, chance, _clean(chance), website=website, website_text=text)


def _stolen(number: int, chance: random.Random) -> Profile:
    return _profile("stolen", number, chance, _clean(chance))


def _forged(number: int, chance: random.Random) -> Profile:
    return _profile("forged", number, chance, _clean(chance), modalities=("esketamine", "iv"))


_MAKERS = (_blatant, _hidden, _between, _home, _structure, _shop, _stolen, _forged)


# --- ways to write so that a machine does not read it ------------------------------------------


def _leet(text: str) -> str:
    return text.replace("o", "0").replace("e", "3").replace("a", "@").replace("i", "1")


def _cyrillic(text: str) -> str:
    return text.translate(str.maketrans("aeopcxyKTMHBk", "аеорсхуКТМНВк"))


def _fullwidth(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def _zero_width(text: str) -> str:
    return "\u200b".join(text)


def _hyphened(text: str) -> str:
    return " ".join("-".join(word) if len(word) > 3 else word for word in text.split())


def _accents(text: str) -> str:
    return text.translate(str.maketrans("aeiou", "äéïöü"))


def _stretched(text: str) -> str:
    return text.replace("e", "eee").replace("K", "KKK")


def _bold(text: str) -> str:
    return "".join(
        chr(0x1D400 + ord(letter) - 65)
        if "A" <= letter <= "Z"
        else chr(0x1D41A + ord(letter) - 97)
        if "a" <= letter <= "z"
        else letter
        for letter in text
    )


def _squared(text: str) -> str:
    return "".join(
        chr(0x1F130 + ord(letter) - 65) if "A" <= letter <= "Z" else letter for letter in text.upper()
    )


def _soft_hyphens(text: str) -> str:
    return "".join(letter + "\u00ad" if number % 3 == 2 else letter for number, letter in enumerate(text))


_DISGUISES: tuple[Callable[[str], str], ...] = (
    _leet, _cyrillic, _fullwidth, _zero_width, _hyphened, _accents, _stretched, _bold, _squared, _soft_hyphens,
)  # fmt: skip
