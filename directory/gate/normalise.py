"""Text as the gate compares it: one spelling for everything that reads the same.

`domain.md` H: NFKC, casefold, zero-width letters stripped, leet mapped, repeats and separators collapsed. Beyond it:
letters of other scripts that look like Latin ones (Unicode UTS 39, the common part), and the drug's name in pieces.
"""

import re
import unicodedata
from typing import Final

_LOOK_ALIKE: Final = str.maketrans(
    # Cyrillic, Greek, Armenian, Latin extensions and small capitals, after casefold, as they look.
    "аәбвгԁеєжзиіјкӏмнһоөпрԛсѕтуүԝхҳчшьѵґαβγδεζηικλμνοπρστυφχωϲϳաոսօհցքյıɩłøđħŧɑɡɢʙᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢɪɴʀꜱʏʜʟƙӄ",
    "aabbrdeexznijklmhhoonpqcstyywxxywbvrabydezniklmvonpotupxwcjwnuohgqjiilodhtaggbacdejkmoptuvwzinrsyhlkk",
)
_ENCLOSED: Final = {
    start + offset: chr(ord("a") + offset)
    for start in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
    for offset in range(26)
}
"""Letters in squares and circles, and the letters that flags are made of: NFKC leaves some of them."""

_LEET: Final = str.maketrans("013457@$!|", "oieastasii")
_IN_LEET: Final = re.compile(
    r"(?<![a-z0-9@$!|])(?=[a-z0-9@$!|]*[a-z])(?=[a-z0-9@$!|]*[013457@$!|])[a-z0-9@$!|]{2,}"
)
_ALONE: Final = tuple(
    # Letters with a mark between; then with one blank; then with whatever.
    re.compile(rf"(?<![a-z0-9])(?:[a-z0-9@$]{between}){{3,}}[a-z0-9@$](?![a-z0-9])")
    for between in (r"[\-._*~+·•/\\|]{1,2}", r" ", r"[ \-._*~+·•/\\|]{1,3}")
)
_THRICE: Final = re.compile(r"([a-z])\1{2,}")
_PER: Final = re.compile(r"/ *(?=(?:g|gram|gramme|grams|oz|ounce|kg|kilo|vial|vials|bottle)\b)")
_DRUG: Final = re.compile(
    r"\b(e?s)?[\W_]{0,2}k+[\W_]{0,2}e+[\W_]{0,2}t+[\W_]{0,2}a+[\W_]{0,2}m+[\W_]{0,2}i+[\W_]{0,2}n+[\W_]{0,2}[ea]?s?\b"
)
_SPRAY: Final = re.compile(
    r"\bs+[\W_]{0,2}p+[\W_]{0,2}r+[\W_]{0,2}a+[\W_]{0,2}v+[\W_]{0,2}a+[\W_]{0,2}t+[\W_]{0,2}o+\b"
)
_OTHER_NAMES: Final = re.compile(r"\b(?:special k|ketalar|keta|ket|vitamin k)\b|кетамин\w*|氯胺酮")
_TOKEN: Final = re.compile(r"[^\W_]+|[$%€£#]|[.,;:!?\n]")
_ENDS: Final = str.maketrans(";:!?\n", ".....")
_SILENT: Final = str.maketrans("", "", "'\u2019\u2018\u02bc`\u00b4")
_NOT_ALNUM: Final = re.compile(r"[\W_]+")
_HYPHENS: Final = re.compile(r"[\u2010-\u2015\u2212_-]")


def plain(text: str) -> str:
    """`text` without case, accents, hidden letters or look-alikes; its marks are still there."""
    if text.isascii():
        return _OTHER_NAMES.sub(" ketamine ", text.lower())
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = _OTHER_NAMES.sub(" ketamine ", folded)  # before its Cyrillic letters turn into Latin ones
    apart = unicodedata.normalize("NFKD", folded.translate(_ENCLOSED))
    seen = "".join(
        letter for letter in apart if unicodedata.category(letter) not in {"Cf", "Mn", "Cc"} or letter == "\n"
    )
    return seen.translate(_LOOK_ALIKE)


def readings(text: str) -> list[str]:
    """`text` as a row of words with one blank between, sentences parted by " . "; a second time if it may be leet.

    Both begin and end with a blank, so that " word " finds a whole word.
    """
    joined = plain(text)
    for alone in _ALONE:
        joined = alone.sub(_without_separators, joined)
    spoken = _words(joined)
    leet = _words(_IN_LEET.sub(lambda found: found[0].translate(_LEET), joined))
    return [spoken] if leet == spoken else [spoken, leet]


def squashed(text: str) -> str:
    """Letters and digits alone, leet mapped: what is left of words cut into pieces, or run together in a link."""
    return _NOT_ALNUM.sub("", plain(text).translate(_LEET))


def skeleton(name: str) -> str:
    """A name as it looks at a glance: two names with one skeleton can be mistaken for each other."""
    looks = plain(name).translate(_LEET).replace("rn", "m").replace("vv", "w").replace("l", "i")
    return _NOT_ALNUM.sub("", looks)


def _without_separators(found: "re.Match[str]") -> str:
    return re.sub(r"[^a-z0-9@$]", "", found[0])


def _words(text: str) -> str:
    once = _THRICE.sub(r"\1", text.translate(_SILENT))
    named = _DRUG.sub(lambda found: " esketamine " if found[1] else " ketamine ", once)
    named = _SPRAY.sub(" spravato ", _PER.sub(" per ", named))
    tokens = _TOKEN.findall(_HYPHENS.sub(" ", named))
    return " " + " ".join(tokens).translate(_ENDS) + " "
