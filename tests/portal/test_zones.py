"""People read "Pacific time", never the name of a zone out of a database."""

import pytest

from portal import zones


@pytest.mark.parametrize(
    ("time_zone", "name"),
    [
        ("America/Los_Angeles", "Pacific time"),
        ("Pacific/Guam", "Guam time"),
        ("America/Indiana/Fort_Wayne", "Fort Wayne time"),
    ],
)
def test_it_names_a_zone_as_people_do(time_zone, name):
    assert zones.name(time_zone) == name


def test_it_shows_the_zone_that_all_clinics_share_or_else_utc():
    assert zones.of_all(["America/Denver", "America/Denver"]) == "America/Denver"
    assert zones.of_all(["America/Denver", "America/Phoenix"]) == zones.UTC
    assert zones.of_all([]) == zones.UTC
