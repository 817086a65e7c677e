"""`manage.py make_administrator`: the first person of the operator's staff, with a second factor."""

import getpass
import io
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import AuditEvent, User

pytestmark = pytest.mark.django_db
EMAIL, PASSWORD = "admin@operator.example", "fourteen blue ladders sing"


@pytest.fixture
def run(monkeypatch):
    """Run the command at a terminal where somebody types; `code` makes the code of a secret."""

    def run(*args, names=("Ada Min",), passwords=(PASSWORD, PASSWORD), code=None, tries=3):
        out, secrets = io.StringIO(), iter(passwords)
        given = iter(names)

        def typed(prompt):
            if prompt == "Name: ":
                return next(given)
            return (code or code_now)(secret_in(out.getvalue()))

        monkeypatch.setattr("builtins.input", typed)
        monkeypatch.setattr(getpass, "getpass", lambda prompt: next(secrets))
        call_command("make_administrator", *args, stdout=out, stderr=out)
        return out.getvalue()

    return run


def secret_in(shown: str) -> str:
    return re.search(r"Secret: ([A-Z2-7 ]+)", shown)[1].replace(" ", "")


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_it_makes_somebody_who_signs_in_with_both_factors(run, client, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    shown = run(EMAIL)

    user = User.objects.get(email=EMAIL)
    assert (user.name, user.is_staff, user.is_verifier, user.is_superuser) == ("Ada Min", True, True, True)
    assert (
        f"otpauth://totp/Cairn%3A{EMAIL.replace('@', '%40')}?secret={secret_in(shown)}&issuer=Cairn" in shown
    )
    codes = re.findall(r"^  ([0-9a-f]{8}|[0-9]{8,})$", shown, re.MULTILINE)
    assert len(codes) == 10
    assert PASSWORD not in shown
    client.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    assert client.get("/staff/").status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.get("/staff/").status_code == 200


def test_its_secret_is_sealed_and_the_trail_names_no_person(run):
    shown = run(EMAIL)
    assert secret_in(shown) not in str(Authenticator.objects.values_list("data", flat=True))
    event = AuditEvent.objects.get(action="administrator.made")
    assert (event.actor, event.object_id) == ("system", str(User.objects.get().pk))


def test_it_runs_once_unless_another_is_asked_for(run):
    run(EMAIL)
    with pytest.raises(CommandError, match="--another"):
        run("second@operator.example")
    run("second@operator.example", "--another")
    assert User.objects.filter(is_superuser=True).count() == 2


@pytest.mark.parametrize("code", ["000000", "", "x" * 5_000, "１２３４５６"])
def test_without_a_code_of_the_app_nothing_is_made(run, code):
    with pytest.raises(CommandError, match="no code did fit"):
        run(EMAIL, code=lambda secret: code)
    assert not User.objects.exists()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    "passwords", [("short", "short") * 3, (PASSWORD, "another one") * 3, ("password12345678",) * 6]
)
def test_a_password_that_is_short_easy_or_not_repeated_is_asked_for_again(run, passwords):
    with pytest.raises(CommandError, match="no password was good enough"):
        run(EMAIL, passwords=passwords)
    assert not User.objects.exists()


def test_the_second_try_counts(run):
    run(EMAIL, names=["", "Ada Min"], passwords=["short", "short", PASSWORD, PASSWORD])
    assert User.objects.get().name == "Ada Min"


@pytest.mark.parametrize("email", ["", "x", "a@b", "owner@clinic.example"])
def test_what_is_no_free_address_is_refused(run, owner, email):
    with pytest.raises(CommandError):
        run(email)
    assert User.objects.count() == 1


def test_its_help_says_what_it_does(capsys):
    with pytest.raises(SystemExit):
        call_command("make_administrator", "--help")
    told = " ".join(capsys.readouterr().out.split())
    assert "recovery codes" in told
    assert "--another" in told
