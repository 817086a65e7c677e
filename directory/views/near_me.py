"""From a visitor's own point to a ZIP code, which is all that the address of the answer holds."""

import math
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from directory.filters import BadParameters
from directory.gazetteer.geocoder import nearest_zip
from directory.views.own_pages import refuse_other_sites
from directory.views.problem import problem_page
from directory.vocabulary import Modality

NOWHERE = "Your location is not near any US ZIP code we know. Type a ZIP code or city instead."


@login_not_required
@csrf_exempt  # it changes nothing, and a token would set a cookie on a page that needs none
@require_POST
def near_me(request: HttpRequest) -> HttpResponse:
    """303 to the results around the nearest ZIP code. The point is used once, written nowhere, and forgotten."""
    refuse_other_sites(request)
    latitude, longitude = _degrees(request, "latitude", 90), _degrees(request, "longitude", 180)
    place = nearest_zip(latitude, longitude)
    if place is None:
        return problem_page(request, BadParameters({"near": NOWHERE}))
    params = {"near": place.near}
    if request.POST.get("modality") in Modality.values:
        params["modality"] = request.POST["modality"]
    answer = HttpResponseRedirect(f"{reverse('search')}?{urlencode(params)}")
    answer.status_code = 303
    return answer


def _degrees(request: HttpRequest, name: str, limit: int) -> float:
    """A coordinate rounded to two decimals, about a mile, whatever the browser sent."""
    try:
        degrees = float(request.POST.get(name, "")[:32])
    except ValueError:
        raise BadRequest(f"{name} is not a number") from None
    if not math.isfinite(degrees) or abs(degrees) > limit:
        raise BadRequest(f"{name} is out of range")
    return round(degrees, 2)
