"""An operator's list of certified sites beside clinics that a person found certified.

A center can opt out of the manufacturer's locator, so that a site which is missing is no proof of anything.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from directory import names
from directory.comparing.findings import Difference, Finding
from directory.comparing.sites import digits, same_site, written
from directory.models import Check, Clinic, RemsSite
from directory.vocabulary import Fact

WORD: Final = "rems"
SOURCES: Final = {
    "locator": {
        "source": "Spravato treatment center locator",
        "source_url": "https://www.spravatotreatmentcenter.com/",
        "how": "Seen in the locator",
    },
    "certificate": {
        "source": "Certificate of the Spravato REMS",
        "source_url": "",
        "how": "Our staff saw the site's certificate",
    },
}
PHARMACY: Final = "pharmacy"
"""Certified to dispense, which is no place of treatment."""


def findings(clinics: Sequence[Clinic]) -> Iterator[Finding]:
    """One finding for each clinic whose certification somebody checked and whose address is on the list."""
    checked = Check.objects.current().filter(clinic__in=clinics, fact=Fact.REMS)
    wanted = set(checked.values_list("clinic", flat=True))
    sites = _sites([clinic for clinic in clinics if clinic.pk in wanted])
    for clinic in clinics:
        here = [site for site in sites[clinic.zip] if same_site(clinic, site)]
        if clinic.pk in wanted and here:
            yield _finding(clinic, max(here, key=lambda site: (_is_ours(clinic, site), site.seen_on)))


def _sites(clinics: Sequence[Clinic]) -> dict[str, list[RemsSite]]:
    found = defaultdict[str, list[RemsSite]](list)
    zips = {clinic.zip for clinic in clinics}
    for site in RemsSite.objects.filter(zip__in=zips).exclude(setting=PHARMACY).order_by("key"):
        found[site.zip].append(site)
    return found


def _is_ours(clinic: Clinic, site: RemsSite) -> bool:
    """Certification is for one site: another practice may have the next suite."""
    same_phone = bool(site.phone) and digits(site.phone) == digits(clinic.phone)
    known = {names.business_key(clinic.name), names.business_key(clinic.organization.name)}
    return same_phone or names.business_key(site.name) in known


def _finding(clinic: Clinic, site: RemsSite) -> Finding:
    said = SOURCES.get(site.seen, SOURCES["locator"])
    if _is_ours(clinic, site):
        return Finding(clinic, Fact.REMS, Check.Outcome.HOLDS, site.seen_on, said=said)
    return Finding(clinic, Fact.REMS, None, site.seen_on, differences=(_another(clinic, site),))


def _another(clinic: Clinic, site: RemsSite) -> Difference:
    return Difference(
        subject=WORD,
        ours={"Name": clinic.name, "Address": written(clinic), "Phone": digits(clinic.phone)},
        theirs={"Name": site.name, "Address": written(site), "Phone": digits(site.phone)},
        why=("The list has a certified site at this address, with another name and phone number.",),
    )
