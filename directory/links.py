"""The one link that leads out of a listing: the clinic's own website, once a person confirmed whose it is."""

from directory.gate.links import bare, host_of
from directory.models import Clinic

__all__ = ["bare", "host_of", "shown_website"]


def shown_website(clinic: Clinic) -> str:
    """The address to link to, or "" where the website is not at the confirmed domain.

    The host must be that domain itself, with or without "www.": another host below it may belong to anybody. Only
    http and https, no user name, no unusual port.
    """
    host = host_of(clinic.website)
    return clinic.website if host and host == bare(clinic.confirmed_domain) else ""
