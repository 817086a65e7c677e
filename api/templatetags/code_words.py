"""How a sentence of the OpenAPI file is drawn on the developers' page."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_BETWEEN_TICKS = re.compile(r"`([^`]+)`")


@register.filter
def code_words(text: str) -> SafeString:
    """What stands between backticks as code; everything else as it is, escaped."""
    return mark_safe(_BETWEEN_TICKS.sub(r"<code>\1</code>", conditional_escape(text)))  # noqa: S308  (escaped first)
