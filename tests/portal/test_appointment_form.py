import pytest

from portal.forms import OUT_OF_RANGE, AppointmentForm


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Guam"])
def test_a_day_at_the_end_of_the_calendar_is_out_of_range(zone):
    fields = {"day": "9999-12-31", "hour": "23:30"}
    prefix = AppointmentForm(time_zone=zone).prefix
    named = {f"{prefix}-{name}" if prefix else name: value for name, value in fields.items()}
    form = AppointmentForm(named, time_zone=zone)
    assert not form.is_valid()
    assert OUT_OF_RANGE in str(form.errors)
