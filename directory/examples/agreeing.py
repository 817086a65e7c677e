"""Example terms for receiving requests, to which every claimed example clinic agreed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from directory.examples.cases import DAY
from directory.examples.planning import Plan
from directory.models import ListingClaim, Terms, TermsAgreement

VERSION: Final = "example-1"
TEXT: Final = """\
EXAMPLE TEXT. These are no terms. They come with the example clinics and bind nobody. Before real clinics take \
requests, the operator writes its own terms and publishes them with manage.py publish_terms.

1. Who may agree. A manager of the clinic agrees for it, with their own name.

2. Requests. The clinic opens a request within its reply time, answers the person who asked, and says so when it \
cannot help.

3. What people tell you. The clinic uses a request to answer it, and for nothing else.

4. What you tell us. What the clinic says of itself here is true, and it looks at it again every 90 days.

5. Leaving. The clinic may stop taking requests, or take its listing down, at any time.
"""


def store(plans: Sequence[Plan], as_of: datetime) -> None:
    """Publish the text, and let whoever claimed an example clinic agree a day after the claim was approved."""
    published = {"text": TEXT.strip(), "published_at": as_of - 120 * DAY}
    terms, _ = Terms.objects.get_or_create(version=VERSION, defaults=published)
    claims = ListingClaim.objects.standing().filter(clinic__in=[plan.clinic.pk for plan in plans])
    TermsAgreement.objects.bulk_create(
        TermsAgreement(
            terms=terms,
            clinic_id=claim.clinic_id,
            agreed_by=claim.claimant,
            agreed_at=claim.decided_at + DAY if claim.decided_at else as_of,
            typed_name=claim.claimant.name or "Front desk",
        )
        for claim in claims.select_related("claimant").order_by("pk")
    )
