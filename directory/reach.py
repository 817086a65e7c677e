"""Is there somebody at a clinic who can be reached? When there is nobody any more, others must hear of it."""

from directory.models import Clinic
from directory.models.clinic import ClinicQuerySet
from directory.signals import nobody_answers


def tell_if_nobody_answers(clinics: ClinicQuerySet) -> None:
    """Send `nobody_answers` for those of `clinics` that nobody reachable acts for. Inside the caller's transaction."""
    alone = list(clinics.exclude(pk__in=Clinic.objects.claimed().values("pk")).order_by("pk"))
    if alone:
        nobody_answers.send(sender=Clinic, clinics=alone)
