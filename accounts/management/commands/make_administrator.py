"""Make the first administrator, on the machine that runs the site, with an authenticator app and recovery codes."""

import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts import addresses, administrators
from accounts.models import User

TRIES = 3


class Command(BaseCommand):
    """Asks on the terminal for what nobody should read in a list of processes."""

    help = (
        "Make an administrator of the site: a verifier who may do all that the operator's staff may. Asks for a name "
        "and a password, shows a secret for an authenticator app, asks for one code of it, and prints recovery codes. "
        "Refuses when there is an administrator already, unless --another is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address with which the person signs in")
        parser.add_argument(
            "--another", action="store_true", help="although there is an administrator already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Nothing is stored before the code of the app was right."""
        email = _address(options["email"])
        if administrators.exists() and not options["another"]:
            raise CommandError("There is an administrator already. To make one more, add --another.")
        name = _ask_name()
        password = _ask_password(self, User(email=email, name=name))
        secret = administrators.new_secret()
        self._show(secret, administrators.address_for_app(email, secret))
        codes = self._make(email, name, password, secret)
        self.stdout.write("\nRecovery codes, shown this once. Each lets you in without the app, one time:\n")
        self.stdout.write("\n".join(f"  {code}" for code in codes))
        self.stdout.write(f"\nDone. {email} signs in with the password and a code of the app.")

    def _show(self, secret: str, address: str) -> None:
        self.stdout.write("\nAdd this to an authenticator app, by the code, the address or the secret:\n")
        if drawing := _drawn(address):
            self.stdout.write(drawing)
        self.stdout.write(
            f"  {address}\n  Secret: {' '.join(secret[at : at + 4] for at in range(0, len(secret), 4))}\n"
        )

    def _make(self, email: str, name: str, password: str, secret: str) -> list[str]:
        for _ in range(TRIES):
            code = input("The code that the app shows now: ")
            try:
                return administrators.make(
                    email=email, name=name, password=password, secret=secret, code=code
                )[1]
            except administrators.WrongCode:
                self.stderr.write("That code does not fit. Is the clock of the phone right?")
            except addresses.AddressTaken:
                raise CommandError("Somebody signs in with this address already.") from None
        raise CommandError("Nothing was made: no code did fit.")


def _address(text: str) -> str:
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise CommandError("email: this is not an address.") from None
    if User.objects.filter(email__iexact=address).exists():
        raise CommandError("Somebody signs in with this address already.")
    return address


def _ask_name() -> str:
    for _ in range(TRIES):
        name = input("Name: ").strip()
        if 0 < len(name) <= 120:
            return name
    raise CommandError("Nothing was made: a name has 1 to 120 characters.")


def _ask_password(command: BaseCommand, user: User) -> str:
    for _ in range(TRIES):
        password = getpass.getpass("Password (at least 15 characters; a few words in a row): ")
        if getpass.getpass("The same again: ") != password:
            command.stderr.write("The two are not the same.")
            continue
        try:
            validate_password(password, user)
            return password
        except ValidationError as no:
            command.stderr.write("\n".join(no.messages))
    raise CommandError("Nothing was made: no password was good enough.")


def _drawn(address: str) -> str:
    """A QR code in letters, where the library for it can draw one."""
    try:
        import qrcode  # noqa: PLC0415  (comes with django-allauth's second factors)
    except ImportError:
        return ""
    code = qrcode.QRCode(border=2)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    # Two rows to a line; light modules are drawn, as a terminal is mostly dark.
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    halves = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    return "\n".join(
        "".join(halves[pair] for pair in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    )
