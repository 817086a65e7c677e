"""Every setting that would be unsafe has a check, with an id and a way out."""

import base64
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import connection
from django.test import override_settings

from accounts.models import User
from config import checks, startup
from config.processes import Refused
from tests import build

KEY = f"k9:{base64.b64encode(bytes(range(32))).decode()}"
SAFE = {
    "LOOPBACK": False,
    "SITE_URL": "https://clinics.example.org",
    "SECRET_KEY": "Vd2mQ8xT1kJ5rN9pW3sY7zB4cF6gH0aLeUiOqRtPnMxKjGvD",
    "PHI_KEYS": KEY,
    "PHI_KEYS_FROM_ENVIRONMENT": True,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST": "mail.example.org",
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
    "SECOND_FACTOR_REQUIRED": True,
    "DEBUG": False,
    "TRUSTED_PROXIES": 1,
    "FAILPOINT": "",
}


@pytest.fixture(autouse=True)
def production(settings, tmp_path):
    """A site that others can reach, with nothing wrong in it."""
    settings.DATA_DIR = tmp_path
    (tmp_path / "keys").mkdir()
    for name, value in SAFE.items():
        setattr(settings, name, value)


def found(**databases):
    return {message.id for message in run_checks(**databases) if (message.id or "").startswith("cairn.")}


def test_it_has_nothing_to_say_about_a_safe_site():
    assert found() == set()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PHI_KEYS", "", "cairn.E001"),
        ("PHI_KEYS", "k1", "cairn.E001"),
        ("PHI_KEYS", "k1:c2hvcnQ=", "cairn.E001"),
        ("PHI_KEYS", f"{KEY},{KEY}", "cairn.E001"),
        ("PHI_KEYS_FROM_ENVIRONMENT", False, "cairn.E002"),
        ("SECRET_KEY", "short", "cairn.E004"),
        ("SECRET_KEY", "a" * 60, "cairn.E004"),
        ("SECRET_KEY", "django-insecure-Vd2mQ8xT1kJ5rN9pW3sY7zB4cF6gH0aL", "cairn.E004"),
        ("SITE_URL", "http://clinics.example.org", "cairn.E005"),
        ("DEBUG", True, "cairn.E006"),
        ("TRUSTED_PROXIES", 0, "cairn.E016"),
        ("FAILPOINT", "after-commit", "cairn.E007"),
        ("SECOND_FACTOR_REQUIRED", False, "cairn.E008"),
        ("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend", "cairn.E009"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "cairn.E009"),
        ("EMAIL_USE_TLS", False, "cairn.E010"),
        ("GEOCODER", "somewhere", "cairn.E011"),
    ],
)
def test_it_refuses(settings, name, value, expected):
    setattr(settings, name, value)
    assert expected in found()


ON_LOOPBACK = {
    "LOOPBACK": True,
    "SITE_URL": "http://localhost:8000",
    "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    "PHI_KEYS_FROM_ENVIRONMENT": False,
    "SECOND_FACTOR_REQUIRED": False,
    "FAILPOINT": "after-commit",
}


def test_it_lets_a_site_of_this_machine_alone_be_tried():
    with override_settings(**ON_LOOPBACK):
        assert found() == set()


@pytest.mark.parametrize("keys", ["", "nonsense"])
def test_it_refuses_broken_keys_on_loopback_too(keys):
    with override_settings(**{**ON_LOOPBACK, "PHI_KEYS": keys}):
        assert "cairn.E001" in found()


def test_it_refuses_keys_that_lie_beside_what_they_lock(settings):
    kept = Path(settings.DATA_DIR) / "keys"
    (kept / "phi_keys").write_text(f"k1:{KEY.partition(':')[2]}\n")
    (kept / "secret_key").write_text(settings.SECRET_KEY)
    assert {"cairn.E002", "cairn.E003"} <= found()


def test_it_lets_mail_go_to_a_server_on_this_machine_without_tls(settings):
    settings.EMAIL_USE_TLS, settings.EMAIL_HOST = False, "127.0.0.1"
    assert found() == set()


def test_every_refusal_is_explained_to_operators():
    code = Path(checks.__file__).read_text()
    numbers = {int(found) for found in re.findall(r"_refusal\(\s*(\d+)", code)}
    assert len(numbers) > 10
    explained = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()
    assert [number for number in sorted(numbers) if f"`cairn.E{number:03}`" not in explained] == []


def test_it_says_of_everything_how_to_mend_it(settings):
    settings.SITE_URL, settings.DEBUG, settings.PHI_KEYS = "http://x", True, ""
    assert all(message.hint for message in run_checks() if (message.id or "").startswith("cairn."))


# --- the database ---------------------------------------------------------------------------

UNSAFE = {
    "sqlite": [
        ("PRAGMA synchronous=1", "PRAGMA synchronous=2", "cairn.E012"),
        ("PRAGMA secure_delete=0", "PRAGMA secure_delete=1", "cairn.E012"),
    ],
    "postgresql": [
        ("SET synchronous_commit=off", "SET synchronous_commit=on", "cairn.E013"),
        ("SET synchronous_commit=local", "SET synchronous_commit=on", "cairn.E013"),
    ],
}


@pytest.mark.django_db(transaction=True)
def test_it_reads_back_that_commits_are_on_disk():
    assert checks.database_problems() == []
    for break_, mend, expected in UNSAFE[connection.vendor]:
        with connection.cursor() as cursor:
            cursor.execute(break_)
            try:
                assert [problem.id for problem in checks.database_problems()] == [expected]
            finally:
                cursor.execute(mend)
    assert checks.database_problems() == []


@pytest.mark.django_db
def test_it_asks_the_database_only_when_it_may():
    everything = {message.id for message in run_checks(tags=[Tags.database], databases=["default"])}
    assert not {one for one in everything if (one or "").startswith("cairn.")}


@pytest.mark.django_db
def test_it_refuses_example_clinics_and_example_people():
    build.organization(npi="2999999999")
    User.objects.create(email=checks.SIGN_INS[0].email)
    assert {"cairn.E014", "cairn.E015"} <= found(databases=["default"])


@pytest.mark.django_db
def test_it_takes_no_example_person_who_cannot_sign_in(settings):
    User.objects.create(email=checks.SIGN_INS[0].email, is_active=False)
    assert found(databases=["default"]) == set()


@pytest.mark.parametrize(
    ("host", "options", "warns"),
    [
        ("db.example.org", {}, True),
        ("db.example.org", {"sslmode": "require"}, True),
        ("db.example.org", {"sslmode": "verify-full"}, False),
        ("127.0.0.1", {}, False),
        ("/var/run/postgresql", {}, False),
        ("", {}, False),
    ],
)
def test_it_warns_of_a_far_database_without_verified_tls(settings, monkeypatch, host, options, warns):
    far = {"ENGINE": "django.db.backends.postgresql", "HOST": host, "OPTIONS": options}
    monkeypatch.setitem(settings.DATABASES, "default", far)
    assert bool(checks.database_is_reached_over_tls()) is warns


# --- starting -------------------------------------------------------------------------------


def test_it_does_not_start_with_an_error(settings):
    settings.FAILPOINT = "after-commit"
    with pytest.raises(Refused, match=r"cairn\.E007: FAILPOINT is set"):
        startup.settings_are_safe()


def test_it_starts_when_there_are_only_warnings():
    startup.settings_are_safe()
