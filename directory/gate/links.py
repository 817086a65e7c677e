"""Links, addresses and handles inside a text: where would they lead a reader?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from directory.gate.findings import BLOCK, REVIEW, Finding
from directory.gate.normalise import skeleton

_ENDS: Final = (
    "com net org edu gov us io co info biz health care clinic shop store online site app me pro xyz top link page vip "
    "club ltd life live cc tk ru cn to ly gl su is in uk ca de eu tv ws onion example test md bio wiki pharmacy support"
)
_SCRIPT: Final = re.compile(
    r"(?:java|vb|live)\s*script\s*:|\bdata\s*:\s*[a-z]+/|\bfile\s*:\s*/|\bblob\s*:|<\s*/?\s*[a-z!]",
    re.IGNORECASE,
)
_LINK: Final = re.compile(
    r"(?P<scheme>(?:[a-z][a-z0-9+.-]{1,10}:)?//)?(?P<user>[^\s/@:]+(?::[^\s/@]*)?@)?"
    rf"(?P<host>(?:[^\W_](?:[\w-]*[^\W_])?[.。｡．])+(?:{'|'.join(_ENDS.split())}"
    rf"|xn--[a-z0-9-]+))(?![\w-])(?P<rest>[/?#:][^\s<>\"]*)?",
    re.IGNORECASE,
)
_DOT: Final = re.compile(
    r"\s{0,3}(?:\[\s?(?:dot|\.)\s?\]|\(\s?(?:dot|\.)\s?\)|\{\s?dot\s?\}|\bdot\b)\s{0,3}"
    r"(?=(?:com|net|org|shop|store|me|ru|to|io|co)\b)"
    r"|(?<=\w)(?:\s{1,3}[.]\s{0,3}|[.]\s{1,3})(?=(?:com|net|org|ru|xyz|onion)\b)",
    re.IGNORECASE,
)
_OTHER_DOTS: Final = re.compile(r"[。｡．]")
_HAS_A_DOT: Final = re.compile(r"[.。｡．]\w")
_LONGEST_LINK: Final = 300
_CHAT_HOSTS: Final = frozenset(
    "t.me telegram.me telegram.org wa.me whatsapp.com chat.whatsapp.com api.whatsapp.com signal.me "
    "signal.group discord.gg "
    "discord.com wickr.com threema.id m.me snapchat.com kik.me line.me matrix.to getsession.org linktr.ee".split()
)
_SHOPS: Final = re.compile(
    r"(?:myshopify|bigcartel|sellix|shoppy|sellfy|gumroad|etsy|ebay|selly|ecwid|square\.site|checkout\."
    r"|buy\.stripe|alibaba|indiamart|\.onion)",
)
_SHOP_PATH: Final = re.compile(
    r"/(?:shop|store|cart|basket|checkout|products?|buy|order|orders|order-now|catalog"
    r"|add-to-cart)(?:[/?#.=-]|$)|add-to-cart=|[?&](?:coupon|cart|sku)="
)
_SHOP_HOST: Final = re.compile(
    r"(?:shop|store|buy|order|vendor|sale|cheap|deals|market|mart|supply|plug|rx|meds|pills|pharm)"
)
_DRUG_HOST: Final = re.compile(r"ket|spravato|psychedel|vial")
_SHORT: Final = frozenset(
    "bit.ly tinyurl.com goo.gl ow.ly is.gd t.ly rb.gy cutt.ly buff.ly tiny.cc shorturl.at lnkd.in t.co".split()
)
_FREE_PAGES: Final = re.compile(
    r"(?:^|\.)(?:wixsite\.com|blogspot\.com|weebly\.com|carrd\.co|sites\.google\.com|wordpress\.com"
    r"|github\.io|netlify\.app|vercel\.app|web\.app|pages\.dev|glitch\.me|000webhostapp\.com|tumblr\.com"
    r"|notion\.site|godaddysites\.com)$"
)
_FREE_MAIL: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\]|\sat\s)\s?(?:gmail|googlemail|proton|protonmail|pm|tutanota|tuta"
    r"|yahoo|ymail|hotmail|outlook|live|icloud|aol|gmx|mail|yandex|cock|riseup|zoho|msn|secmail|ctemplar"
    r"|onionmail)"
    r"\s?(?:\.|dot)\s?(?:com|me|ru|li|net|org|io|de|ch)",
    re.IGNORECASE,
)
_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?=[\w-]{1,63}\.)")
_HANDLE: Final = re.compile(r"(?<![\w.@/])@[A-Za-z][\w.]{3,}")
_COIN: Final = re.compile(
    r"\b(?:bc1[a-z0-9]{20,60}|[13][1-9A-HJ-NP-Za-km-z]{26,34}|0x[a-fA-F0-9]{40}"
    r"|4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}|T[1-9A-HJ-NP-Za-km-z]{33}|ltc1[a-z0-9]{20,60})\b"
)
_PHONE: Final = re.compile(r"(?<![\w$])\+?\(?\d[\d\s().\-–]{7,16}\d(?!\w)")


@dataclass(frozen=True)
class Link:
    """A link as it stands in a text. `host` is lower case without "www."."""

    host: str
    rest: str
    user: bool


def in_text(text: str) -> Iterator[Link]:
    """Every link in it, also those without a scheme. Of one that is longer than any real one, the beginning."""
    if "." not in text and text.isascii() and "dot" not in text.lower():
        return
    for piece in _DOT.sub(".", text).split():
        if _HAS_A_DOT.search(piece):
            yield from _in_piece(piece[:_LONGEST_LINK])


def _in_piece(piece: str) -> Iterator[Link]:
    for found in _LINK.finditer(piece):
        if found["user"] and not found["scheme"]:
            continue  # a mail address
        host = _OTHER_DOTS.sub(".", found["host"].lower())
        yield Link(bare(host), (found["rest"] or "").lower(), bool(found["user"]))


def bare(host: str) -> str:
    """A host as it is compared: lower case, without a last dot and without "www."."""
    return host.lower().rstrip(".").removeprefix("www.")


def host_of(address: str) -> str:
    """The host of a web address, as it is compared; empty unless it is plain http or https without a user or port."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    usual = parts.scheme in {"http", "https"} and parts.username is None and port in {None, 80, 443}
    return bare(parts.hostname or "") if usual and "\\" not in address else ""


def look(label: str, text: str, *, confirmed: str = "", phone: str = "") -> list[Finding]:
    """What the links, handles, phones and addresses of one text tell. `confirmed` is the clinic's own host."""
    found = dict.fromkeys(_blocking(text), BLOCK)
    for link in in_text(text):
        found |= dict(_of_link(link, confirmed))
    found |= dict.fromkeys(_looked_at(text, phone), REVIEW)
    return [Finding(code, label, level) for code, level in found.items()]


def look_at_website(label: str, address: str) -> list[Finding]:
    """What the address of a clinic's website tells. Whether it is confirmed is another matter."""
    if not address:
        return []
    host = host_of(address)
    if not host:
        return [Finding("link-disguised", label, REVIEW)]
    path = address.split(host, 1)[-1]
    codes = dict(_of_link(Link(host, path.lower(), user=False), host))
    if _FREE_PAGES.search(host):
        codes["website-shop"] = REVIEW
    return [Finding(code, label, level) for code, level in codes.items()]


def _blocking(text: str) -> Iterator[str]:
    if _SCRIPT.search(text):
        yield "link-script"
    if _COIN.search(text):
        yield "crypto-address"


def _of_link(link: Link, confirmed: str) -> Iterator[tuple[str, str]]:
    if (
        link.host in _CHAT_HOSTS
        or _SHOPS.search(link.host)
        or _SHOP_PATH.search(link.rest)
        or (_DRUG_HOST.search(link.host) and _SHOP_HOST.search(link.host))
    ):
        yield "link-shop", BLOCK
    if (
        link.user
        or link.host in _SHORT
        or "xn--" in link.host
        or not link.host.isascii()
        or _resembles(link.host, confirmed)
    ):
        yield "link-disguised", REVIEW
    if link.host != bare(confirmed):
        yield "link-elsewhere", REVIEW


def _resembles(host: str, confirmed: str) -> bool:
    """Not the clinic's own host, yet like it: another spelling of it, or begins with it."""
    if not confirmed or host == bare(confirmed):
        return False
    return skeleton(host) == skeleton(confirmed) or host.startswith(bare(confirmed) + ".")


def _looked_at(text: str, phone: str) -> Iterator[str]:
    if _FREE_MAIL.search(text):
        yield "freemail"
    if any(len(piece) > _LONGEST_LINK for piece in text.split()):
        yield "link-disguised"
    if _HANDLE.search(_MAIL.sub(" ", text)):
        yield "chat-handle"
    if any(_is_other_phone(found[0], phone) for found in _PHONE.finditer(text)):
        yield "phone-elsewhere"


def _is_other_phone(written: str, phone: str) -> bool:
    digits = re.sub(r"\D", "", written).removeprefix("1")
    return len(digits) >= 10 and digits not in re.sub(r"\D", "", phone)
