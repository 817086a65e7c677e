"""What a look may say of its source in public: plain words, and a link to a board or registry and nowhere else.

One verifier alone records a look. So none of what they type there may be a way past the gate.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from directory import gate, links
from directory.models import License
from directory.refusals import NotAllowed

_OFFICIAL: Final = (".gov", ".mil", ".us", ".example")
"""Hosts that only an office can have; `.example` is reserved for examples (RFC 2606)."""

_KNOWN: Final = frozenset(
    "spravatotreatmentcenter.com spravatorems.com nursys.com docinfo.org fsmb.org npdb.hrsa.gov nabp.pharmacy"
    " aaahc.org jointcommission.org qualitycheck.org quada.org armedicalboard.org igovsolution.net igovsolution.com"
    " mylicense.com certemy.com thentiacloud.net inlumon.com".split()
)
"""Boards that keep their look-up elsewhere, accreditors, and the manufacturer's locator (domain.md C6, C7, C9)."""


def may_be_linked(address: str) -> bool:
    """`address` is on a host of an office, a board or a registry. An operator adds others in SOURCE_HOSTS."""
    host = links.host_of(address)
    known = _KNOWN | {links.bare(each) for each in settings.SOURCE_HOSTS}
    return host.endswith(_OFFICIAL) or any(host == each or host.endswith("." + each) for each in known)


def require_plain(said: Mapping[str, Any], licensed: License | None) -> None:
    """NotAllowed where the words about a source are none, or the link leads elsewhere.

    `said`: what `checks.record` keeps, of which `source`, `how`, `verbatim` and `source_url` are shown.
    """
    texts = {name: str(said.get(name, "")) for name in ("source", "how", "verbatim")}
    if licensed:
        texts |= {"authority": licensed.authority, "number": licensed.number}
    if gate.look(texts):
        raise NotAllowed("Name the source and what it says, and nothing else.")
    address = said.get("source_url", "")
    if address and not may_be_linked(address):
        raise NotAllowed("We link to the pages of boards and registries only.")
