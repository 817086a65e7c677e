"""How a phone number, a distance and a radius are written for people."""

import re

from django import template

from directory.states import STATES

register = template.Library()

_US_NUMBER = re.compile(r"^\+1(\d{3})(\d{3})(\d{4})$")


@register.filter
def phone(number: str) -> str:
    """ "+13035550101" as "303-555-0101"; any other number as it is."""
    return _US_NUMBER.sub(r"\1-\2-\3", number or "")


@register.filter
def miles(distance: float | None) -> str:
    """Statute miles: "2.1 miles", and whole ones from ten on."""
    if distance is None:
        return ""
    return f"{distance:.1f} miles" if distance < 9.95 else f"{distance:,.0f} miles"


@register.filter
def whole(number: float) -> str:
    """A radius without needless zeros: 25, 12.5."""
    return f"{number:g}"


@register.filter
def state_name(code: str) -> str:
    """ "CO" as "Colorado"."""
    return STATES.get(code, code)


@register.filter
def unlocalized(number: float) -> str:
    """Degrees for an address: a point, never a comma, and no more digits than are meant (about four inches)."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
