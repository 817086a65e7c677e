"""An NPI is ten digits, the last of which checks the others; a right one is not yet an issued one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory import npi
from directory.examples import planning


@pytest.mark.parametrize("number", ["1234567893", "2234567891", "1972902351"])
def test_numbers_that_add_up(number):
    assert npi.is_valid(number)


@pytest.mark.parametrize(
    "text",
    [
        "1234567890",  # the digit is wrong
        "0000000000",  # the exclusion list's "unknown"
        "3234567890",
        "123456789",
        "12345678933",
        " 1234567893",
        "1234567893\n",
        "\uff11234567893",  # a full-width 1
        "12345\u06667893",  # an Arabic 6
        "",
    ],
)
def test_what_is_no_npi(text):
    assert not npi.is_valid(text)


@given(body=st.from_regex(r"[12][0-9]{8}", fullmatch=True), place=st.integers(0, 9), other=st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(body, place, other):
    number = npi.with_check_digit(body)
    assert npi.is_valid(number)
    wrong = str((int(number[place]) + other) % 10)
    assert not npi.is_valid(number[:place] + wrong + number[place + 1 :])


def test_examples_begin_with_2_and_add_up():
    assert npi.with_check_digit("223456789") == planning.npi(23456789) == "2234567891"
