"""Distances, chords and boxes agree with each other and with tables that others published."""

import csv
import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from directory.geo import (
    EARTH_RADIUS_MILES,
    box,
    chord2,
    distance_miles,
    lat_cell,
    miles_from_chord2,
    unit_vector,
)
from tests.shared_data import shared

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
RADII = st.floats(0, 500)
METRES_PER_MILE = 1609.344


def squared_chord(a, b):
    return sum((x - y) ** 2 for x, y in zip(unit_vector(*a), unit_vector(*b), strict=True))


def destination(latitude, longitude, bearing, miles):
    """The point a number of miles away in a direction (degrees), by the formula for the sphere."""
    phi, angle, theta = math.radians(latitude), miles / EARTH_RADIUS_MILES, math.radians(bearing)
    sine = math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(theta)
    phi2 = math.asin(max(-1.0, min(1.0, sine)))
    east = math.sin(theta) * math.sin(angle) * math.cos(phi)
    turn = math.degrees(math.atan2(east, math.cos(angle) - math.sin(phi) * math.sin(phi2)))
    return math.degrees(phi2), (longitude + turn + 540) % 360 - 180


def in_box(around, latitude, longitude):
    first, last = around.lat_cells
    in_range = any(west <= longitude <= east for west, east in around.lon_ranges)
    return first <= lat_cell(latitude) <= last and in_range


def test_the_radius_is_the_mean_radius_of_the_earth_in_statute_miles():
    assert pytest.approx(6371.009 / 1.609344, rel=1e-12) == EARTH_RADIUS_MILES


def test_bands_are_a_tenth_of_a_degree_and_count_downwards_in_the_south():
    assert [lat_cell(latitude) for latitude in (39.7392, 39.7, -14.28, 0, -0.01, 90, -90)] == [
        397,
        397,
        -143,
        0,
        -1,
        900,
        -900,
    ]


def test_the_chord_keeps_its_precision_at_a_few_feet():
    denver = (39.7392, -104.9903)
    for feet in (1, 10, 100):
        near = destination(*denver, 90, feet / 5280)
        assert miles_from_chord2(squared_chord(denver, near)) == pytest.approx(feet / 5280, rel=1e-5)


def test_a_place_is_within_no_miles_of_itself():
    assert squared_chord((61.2, -149.9), (61.2, -149.9)) <= chord2(0)


def test_the_whole_earth_is_within_half_its_circumference():
    assert squared_chord((90, 0), (-90, 0)) <= chord2(math.pi * EARTH_RADIUS_MILES) <= 4 + 1e-9
    assert chord2(1e6) == chord2(math.pi * EARTH_RADIUS_MILES)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_the_chord_and_the_great_circle_are_one_distance(latitude1, longitude1, latitude2, longitude2):
    miles = distance_miles(latitude1, longitude1, latitude2, longitude2)
    c2 = squared_chord((latitude1, longitude1), (latitude2, longitude2))
    # On the far side of the earth the arc sine loses half its digits: 1e-8 of the radius is two inches.
    assert miles_from_chord2(c2) == pytest.approx(miles, rel=1e-9, abs=5e-4 if c2 > 3.9 else 1e-7)


@given(LATITUDES, LONGITUDES, st.floats(0, 360), st.floats(0.01, 500))
def test_a_point_on_the_radius_is_inside(latitude, longitude, bearing, miles):
    edge = destination(latitude, longitude, bearing, miles)
    own_distance = miles_from_chord2(squared_chord((latitude, longitude), edge))
    assert squared_chord((latitude, longitude), edge) <= chord2(own_distance)


@given(LATITUDES, LONGITUDES, st.floats(0, 360), RADII, st.floats(0, 1))
@example(latitude=71.3, longitude=-156.8, bearing=80, miles=500, share=1)
@example(latitude=51.9, longitude=179.6, bearing=90, miles=100, share=1)
@example(latitude=51.9, longitude=-179.6, bearing=270, miles=100, share=1)
@example(latitude=89.9, longitude=0, bearing=0, miles=10, share=1)
@example(latitude=-90, longitude=0, bearing=0, miles=1, share=1)
@example(latitude=82.7, longitude=0, bearing=85, miles=500, share=1)
@example(latitude=0, longitude=180, bearing=90, miles=0, share=0)
def test_the_box_holds_every_point_within_the_radius(latitude, longitude, bearing, miles, share):
    point = destination(latitude, longitude, bearing, miles * share)
    assume(squared_chord((latitude, longitude), point) <= chord2(miles))
    assert in_box(box(latitude, longitude, miles), *point)


@given(st.floats(71, 90), st.floats(170, 180), st.floats(0, 360), RADII)
def test_the_box_holds_every_point_in_the_far_north_by_the_date_line(latitude, longitude, bearing, miles):
    point = destination(latitude, longitude, bearing, miles * 0.999999)
    assert in_box(box(latitude, longitude, miles), *point)


@given(LATITUDES, LONGITUDES, RADII)
def test_the_ranges_of_a_box_are_in_order_and_on_the_map(latitude, longitude, miles):
    around = box(latitude, longitude, miles)
    assert around.lat_cells[0] <= around.lat_cells[1]
    assert 1 <= len(around.lon_ranges) <= 2
    assert all(-180 <= west <= east <= 180 for west, east in around.lon_ranges)


def test_a_box_is_not_much_larger_than_its_circle():
    around = box(39.74, -104.99, 25)
    ((west, east),) = around.lon_ranges
    assert east - west == pytest.approx(0.94, abs=0.01)
    assert around.lat_cells[1] - around.lat_cells[0] <= 8


def test_the_date_line_cuts_a_box_in_two_and_the_pole_takes_the_whole_circle():
    assert len(box(51.9, 179.6, 100).lon_ranges) == 2
    assert box(89.9, 20, 25).lon_ranges == ((-180.0, 180.0),)


def test_city_distances_agree_with_the_published_table():
    """Within half a percent and 6.5 miles: the table's own city centres differ by that much."""
    with shared("geo/us_cities_distance_miles.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for city, miles in row.items():
            if city != "city":
                ours = distance_miles(*CITIES[row["city"]], *CITIES[city])
                assert abs(ours - float(miles)) <= 0.005 * float(miles) + 6.5, (row["city"], city)


CITIES = {
    "Atlanta": (33.749, -84.388),
    "Chicago": (41.8781, -87.6298),
    "Denver": (39.7392, -104.9903),
    "Houston": (29.7604, -95.3698),
    "Los Angeles": (34.0522, -118.2437),
    "Miami": (25.7617, -80.1918),
    "New York": (40.7128, -74.006),
    "San Francisco": (37.7749, -122.4194),
    "Seattle": (47.6062, -122.3321),
    "Washington DC": (38.9072, -77.0369),
}


def test_the_sphere_is_within_six_thousandths_of_the_exact_geodesic():
    with shared("geo/geographiclib_testcases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            ends = [float(row[name]) for name in ("lat1", "lon1", "lat2", "lon2")]
            ours = distance_miles(*ends) * METRES_PER_MILE
            assert ours == pytest.approx(float(row["s12_m"]), rel=0.006)
