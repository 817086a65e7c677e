"""From a reading to the one place it names, or to the choices the visitor has."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _

from directory.gazetteer import reading, spelling
from directory.gazetteer.answers import BadPlace, Choice, Problem, Spot, StateOnly
from directory.gazetteer.keys import key
from directory.models.place import Place
from directory.states import MILITARY, STATES

MOST_CHOICES: Final = 20


def resolve(near: str) -> Spot | StateOnly:
    """The point, or the state, that a visitor's text names.

    Accepts a ZIP code (also ZIP+4), "City, ST", "City State", a city that exists once, a state, or "lat,lon"
    in degrees. Case, accents, full-width digits and the usual abbreviations do not matter. One statement, two
    at most for a name that exists; nothing leaves the process.

    Raises BadPlace, and nothing else, whatever the text: with choices where it fits several places or is
    misspelt.
    """
    if not near.strip():
        raise BadPlace(Problem.EMPTY, _("Type a ZIP code, or a city and state, like Denver, CO."))
    match reading.read(near):
        case reading.ZipCode(digits):
            return _spot_of_zip(digits)
        case reading.Coordinates(latitude, longitude):
            return _spot_of_coordinates(latitude, longitude)
        case reading.State(code):
            return StateOnly(code, STATES[code])
        case reading.Town() as town:
            return _spot_of_town(town)
        case _:
            raise _unknown()


def _spot(place: Place) -> Spot:
    if place.point is None:
        raise _without_location(place)
    return Spot(place.label, place.near, *place.point)


def _spot_of_zip(digits: str) -> Spot:
    # Military ZIP codes are found too, and answered with the reason; the key is unique among ZIP codes.
    place = Place.objects.filter(kind=Place.Kind.ZIP, key=digits).first()
    if place is None:
        message = _("We do not know that ZIP code. Check the five digits, or type a city and state.")
        raise BadPlace(Problem.UNKNOWN, message)
    return _spot(place)


def _without_location(place: Place) -> BadPlace:
    if place.state in MILITARY:
        message = _(
            "This ZIP code is for military mail, so it has no place on our map. Type a city and state."
        )
        return BadPlace(Problem.NO_LOCATION, message)
    named = Place.objects.filter(kind=Place.Kind.PLACE, key=key(place.name), state=place.state)
    towns = named.filter(latitude__isnull=False).order_by("-population")
    message = _("We do not know where this ZIP code is on the map. Type the city and state instead.")
    return BadPlace(Problem.NO_LOCATION, message, _choices(towns[:MOST_CHOICES]))


def _spot_of_coordinates(latitude: float, longitude: float) -> Spot:
    if abs(latitude) > 90 or abs(longitude) > 180:
        message = _("Latitude goes from -90 to 90, and longitude from -180 to 180.")
        raise BadPlace(Problem.OUT_OF_RANGE, message)
    text = reading.coordinates_text(latitude, longitude)
    return Spot(f"{latitude:.2f}, {longitude:.2f}", text, latitude, longitude)


def _spot_of_town(town: reading.Town) -> Spot:
    found = _places(town)
    state = reading.CITY_OR_STATE.get(town.bare)
    if found and town.unread:
        raise _did_you_mean(found[:MOST_CHOICES])
    if len(found) == 1 and state is None:
        return _spot(found[0])
    if found:
        raise _ambiguous(found, state)
    raise _misspelt(town)


def _places(town: reading.Town) -> list[Place]:
    """Every place the reading allows, the biggest first; a name with its state wins over the whole as a name."""
    # By name alone, and the state here: with an OR over both, SQLite would read every place.
    names = {town.bare, *(name for name, _state in town.in_state)} - {""}
    rows = Place.objects.filter(kind=Place.Kind.PLACE, key__in=names).order_by(
        "-population", "state", "county"
    )
    for pair in town.in_state:
        if named := [place for place in rows if (place.key, place.state) == pair]:
            return [place for place in named if key(place.county) == town.county] or named
    return [place for place in rows if place.key == town.bare]


def _ambiguous(found: list[Place], state: str | None) -> BadPlace:
    choices = _choices(found[: MOST_CHOICES - 1 if state else MOST_CHOICES])
    if state:
        choices.insert(1, Choice(_("%(state)s (the whole state)") % {"state": STATES[state]}, state))
    message = _("There is more than one %(place)s. Which one do you mean?") % {"place": found[0].name}
    return BadPlace(Problem.AMBIGUOUS, message, choices)


def _misspelt(town: reading.Town) -> BadPlace:
    near_names = spelling.near_names(town)
    return _did_you_mean(near_names) if near_names else _unknown()


def _did_you_mean(places: Iterable[Place]) -> BadPlace:
    message = _("We do not know that place. Did you mean one of these?")
    return BadPlace(Problem.MISSPELT, message, _choices(places))


def _unknown() -> BadPlace:
    message = _("We could not find that place. Try a ZIP code, or a city and state, like Denver, CO.")
    return BadPlace(Problem.UNKNOWN, message)


def _choices(places: Iterable[Place]) -> list[Choice]:
    return [Choice(place.label, place.near) for place in places]
