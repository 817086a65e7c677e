"""Does an e-mail address show that somebody belongs to a clinic? Only one at the domain that a verifier confirmed."""

import re
from typing import Final

from directory import links
from directory.claims.refusals import WrongAddress
from directory.models import Clinic

LONGEST: Final = 254
"""RFC 5321, 4.5.3.1.3."""

_LOCAL_PART: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LONGEST_LOCAL_PART: Final = 64

FREEMAIL: Final = frozenset(
    "gmail.com googlemail.com yahoo.com ymail.com rocketmail.com hotmail.com outlook.com live.com msn.com aol.com"
    " aim.com icloud.com me.com mac.com proton.me protonmail.com pm.me tutanota.com tuta.com tuta.io gmx.com gmx.net"
    " gmx.us gmx.de web.de mail.com email.com zoho.com zohomail.com yandex.com yandex.ru mail.ru inbox.com fastmail.com"
    " fastmail.fm hushmail.com hey.com duck.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net"
    " charter.net spectrum.net earthlink.net juno.com netzero.net optonline.net frontier.com windstream.net q.com"
    " centurylink.net mailinator.com guerrillamail.com 10minutemail.com yopmail.com cock.li riseup.net".split()
)
"""Services where anybody gets an address: a person has to look."""


def domain_of(clinic: Clinic) -> str:
    """The domain whose mail shows something; "" where none was confirmed, or where anybody could have an address."""
    domain = links.bare(clinic.confirmed_domain)
    return "" if domain in FREEMAIL else domain


def at_the_clinic(address: str, clinic: Clinic) -> str:
    """`address` in lower case, if it is one at the clinic's confirmed domain itself; raises WrongAddress.

    No other host below that domain: it may belong to anybody. No letters beyond ASCII: they look like others.
    """
    domain = domain_of(clinic)
    if not domain:
        raise WrongAddress("no-domain")
    plain = address.strip().lower() if len(address) <= LONGEST else ""
    local, _, host = plain.partition("@")
    if len(local) > _LONGEST_LOCAL_PART or not _LOCAL_PART.fullmatch(local) or not _is_host(host):
        raise WrongAddress("form", domain)
    if host in FREEMAIL:
        raise WrongAddress("freemail", domain)
    if host != domain:
        raise WrongAddress("elsewhere", domain)
    return plain


def _is_host(text: str) -> bool:
    return "." in text and text.isprintable() and not re.search(r"[\s@<>,;:\"]", text)
