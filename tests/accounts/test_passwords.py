"""Passwords that others would guess are refused in one plain sentence; long and odd ones are taken."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User

OWNER = User(email="magnolia@highplains.example", name="Rosalind Example")


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password Password",
        "password1234567890",
        "12345678901234567890",
        "abcdefghijklmnopqrst",
        "qwertyuiopqwertyuiop",
        "zyxwvutsrqponmlkj",
        "aaaaaaaaaaaaaaaaaaaa",
        "letmeinletmeinletmein",
        "!!!!!!sunshine!!!!!!",
        "cairncairncairn",
        "cairn localhost 12",
        "magnolia highplains",
        "magnolia@highplains.example",
        "rosalind example 7",
        "121212121212121212",
        "               ",
    ],
)
def test_it_refuses_what_is_easy_to_guess(password):
    with pytest.raises(ValidationError):
        validate_password(password, OWNER)


@pytest.mark.parametrize(
    "password",
    [
        "a long enough passphrase",
        "another long passphrase",
        "correct horse battery staple",
        "7391827364510273",
        "пароль из четырёх слов",
        "magnolia under seven quiet stones",
        "x9$Lq2!vB7#mT4&kZ",
        "the password of my neighbours cat",
        "🐟🐈🌧️🎻🧭🪁🛶🧶🥁🪴🦉🌵🍋🔔⛵",
    ],
)
def test_it_takes_what_is_long_and_odd(password):
    validate_password(password, OWNER)


def test_it_is_short_of_fifteen():
    with pytest.raises(ValidationError, match="15"):
        validate_password("fourteen signs", OWNER)


def test_the_words_are_plain():
    with pytest.raises(ValidationError) as refused:
        validate_password("passwordpassword", OWNER)
    assert refused.value.messages == [
        "This password is easy to guess. Use four words or more that have nothing to do with each other."
    ]
