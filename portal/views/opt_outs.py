"""For the operator's staff: the clinics that asked not to be listed, and taking such a wish back."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from directory import opt_outs
from directory.models import OptOut
from directory.models.opt_out import OptOutQuerySet
from directory.refusals import Refused
from portal.access import SignedIn, staff_only

PER_PAGE = 20


class SearchForm(forms.Form):
    """What the list shows."""

    q = forms.CharField(label="Name, ZIP code, phone or NPI", required=False, max_length=100)

    def text(self) -> str:
        """What is looked for; "" for everything, also where it makes no sense."""
        self.is_valid()
        return str(self.cleaned_data.get("q", ""))


@never_cache
@require_safe
@staff_only
def listing(request: SignedIn) -> HttpResponse:
    """Every wish that stands, the latest first."""
    text = SearchForm(request.GET).text()
    page = Paginator(_found(text), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "form": SearchForm(initial={"q": text}),
        "page": page,
        "rows": list(page),
        "filtered": bool(text),
        "query": f"{urlencode({'q': text})}&" if text else "",
    }
    return render(request, "portal/staff_opt_outs.html", context)


@never_cache
@require_POST
@staff_only
def lift(request: SignedIn, pk: int) -> HttpResponse:
    """The clinic wants to be listed again. It is not listed by this: it may come back as a candidate."""
    opt_out = get_object_or_404(OptOut.objects.select_related("clinic__organization"), pk=pk)
    try:
        ended = opt_outs.lift(opt_out=opt_out, by=request.user)
        sites = "" if len(ended) == 1 else f", for {len(ended)} sites"
        messages.success(request, f"Taken back{sites}. Nothing is listed by that.")
    except Refused:
        messages.info(request, "Somebody was first: this was taken back already.")
    return redirect("staff-opt-outs")


def _found(text: str) -> OptOutQuerySet:
    found = OptOut.objects.standing().select_related("clinic", "decided_by").order_by("-made_at", "-pk")
    if not text:
        return found
    # NUL never gets here: a CharField refuses it, and an unreadable search shows everything.
    digits = "".join(letter for letter in text if letter.isdigit() and letter.isascii())
    wanted = Q(clinic__name__icontains=text) | Q(zip=text) | Q(npi=text)
    return found.filter(wanted | Q(phone__endswith=digits) if len(digits) >= 10 else wanted)
