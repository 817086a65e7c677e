"""A worker process for tests: the real loop, and one kind of delivery ("test") that mails `<recipient>@clinic.example`.

Run by tests/outbox/workers.py, with the environment that names database, mail server and failpoint.
"""

import django

django.setup()

from outbox import handlers  # noqa: E402
from outbox.models import Delivery  # noqa: E402
from outbox.worker import Worker  # noqa: E402


def compose(delivery: Delivery) -> handlers.Mail:
    return handlers.Mail(
        f"{delivery.recipient}@clinic.example", "There is an update", f"{delivery.subject}\n"
    )


handlers.register("test", compose)

if __name__ == "__main__":
    Worker().run()
