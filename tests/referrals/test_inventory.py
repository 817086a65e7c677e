"""Every column of the tables that a request, a report or a wish of a clinic fills is classified in docs/privacy.md."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import models

from directory.models import OptOut, Removal, Report, TermsAgreement
from outbox.models import Delivery
from referrals.models import Referral, TimelineEntry

pytestmark = pytest.mark.once


def _classified():
    text = (Path(settings.BASE_DIR) / "docs" / "privacy.md").read_text()
    return dict(re.findall(r"(?m)^\| `(\w+\.\w+)` \| (sealed|opaque|clear) \|", text))


def _columns():
    return {
        f"{model._meta.model_name}.{field.name}": field
        for model in (Referral, TimelineEntry, Delivery, Report, Removal, OptOut, TermsAgreement)
        for field in model._meta.concrete_fields
    }


def test_every_column_is_classified_and_nothing_else():
    assert set(_classified()) == set(_columns())


def test_what_is_sealed_is_bytes_and_what_is_bytes_is_sealed():
    binary = {name for name, field in _columns().items() if isinstance(field, models.BinaryField)}
    assert binary == {name for name, kind in _classified().items() if kind == "sealed"}


def test_no_column_in_the_clear_takes_free_text():
    clear = [field for name, field in _columns().items() if _classified()[name] == "clear"]
    free = [field for field in clear if isinstance(field, models.TextField | models.JSONField)]
    assert free == []
