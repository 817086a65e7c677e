"""The drawing beside a list: true distances, the numbers of the list, and names that can be read."""

from math import hypot

import pytest

from directory.gazetteer import Spot
from directory.geo import distance_miles
from directory.pages import locator
from tests.build import DENVER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]

MIDDLE = Spot("Denver, CO", "80202", *DENVER)


def test_a_pin_lies_as_far_from_the_middle_as_the_clinic_does():
    drawn = locator.layout([(39.9, -104.7), (39.5, -105.2)], MIDDLE, 25)
    per_mile = drawn.scale_length / drawn.scale_miles
    for pin, point in zip(reversed(drawn.pins), [(39.9, -104.7), (39.5, -105.2)], strict=True):
        miles = hypot(pin.x - drawn.cx, pin.y - drawn.cy) / per_mile
        assert miles == pytest.approx(distance_miles(*DENVER, *point), abs=0.1)


def test_north_is_up_and_east_is_right():
    drawn = locator.layout([(39.9, -104.7)], MIDDLE, 25)
    assert drawn.pins[0].x > drawn.cx
    assert drawn.pins[0].y < drawn.cy


@pytest.mark.parametrize("spread", [0.0, 0.001, 0.02, 0.2, 5.0])
def test_no_pin_is_cut_off_or_hides_another(spread):
    points = [(39.7 + spread * (n % 4), -105 - spread * (n // 4)) for n in range(20)]
    drawn = locator.layout(points, MIDDLE, 500)
    for number, pin in enumerate(drawn.pins):
        assert 0 < pin.x < drawn.width
        assert 0 < pin.y < drawn.height
        for other in drawn.pins[number + 1 :]:
            beside = abs(pin.x - other.x) >= (pin.half + other.half) * 0.79
            assert beside or abs(pin.y - other.y) >= 2 * locator.PIN_RADIUS * 0.79


def test_results_at_one_address_share_a_pin_with_their_numbers():
    drawn = locator.layout([DENVER] * 3, MIDDLE, 25, first=21)
    assert [pin.label for pin in drawn.pins] == ["21-23"]


def test_the_radius_is_drawn_when_it_is_inside():
    assert locator.layout([], MIDDLE, 25).search_ring is not None
    assert locator.layout([(39.75, -105.0)], MIDDLE, 500).search_ring is None


def test_without_a_place_it_is_drawn_around_the_results_across_the_date_line_too():
    drawn = locator.layout([(52.9, 179.9), (52.9, -179.9)], None, None)
    assert not drawn.has_middle
    assert drawn.search_ring is None
    assert abs(drawn.pins[0].x - drawn.pins[1].x) < drawn.width


def test_names_of_towns_touch_nothing():
    drawn = locator.layout([(39.9, -104.7), (39.6, -105.1)], MIDDLE, 25)
    assert {name.text for name in drawn.names} & {"Aurora", "Lakewood", "Boulder", "Arvada"}
    for name in drawn.names:
        assert 0 < name.y < drawn.height - 20
        for pin in drawn.pins:
            assert abs(name.y - pin.y) > 8 or abs(name.x - pin.x) > pin.half


def test_it_asks_the_database_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        locator.layout([(39.9, -104.7)], MIDDLE, 25)
