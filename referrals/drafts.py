"""The answers of an unfinished request, sealed in the session: no health data in the clear in its table.

One draft per session, not per clinic: when a clinic stops taking requests, the answers go along to
another. Each clinic has its own idempotency key, so that a retry is a retry and a second clinic is not.
"""

import base64
import json
import secrets
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict

from accounts import keyring
from directory.models import Clinic
from referrals import envelope
from referrals.answers import Answers
from referrals.forms import STEPS

SLOT = "ask"
TYPED_LIMIT = 32_000
"""Characters of one page's fields that are kept to be shown again. Nobody types more by hand."""


def keep(session: SessionBase, step: int, cleaned: dict[str, Any]) -> None:
    """Keep `form.cleaned_data` of step 1, 2 or 3. Answers given after sending begin a new request."""
    draft = _load(session)
    draft["steps"][str(step)] = cleaned
    draft.get("typed", {}).pop(str(step), None)
    _save(session, draft)


def keep_typed(session: SessionBase, step: int, posted: QueryDict) -> bool:
    """Keep what was typed with a mistake in it, so that its page can be visited and not only posted to.

    False if it is too long to be kept. It is no answer; `keep` drops it.
    """
    typed = posted.copy()
    typed.pop("csrfmiddlewaretoken", None)
    text = typed.urlencode()
    if len(text) > TYPED_LIMIT:
        return False
    draft = _load(session)
    draft.setdefault("typed", {})[str(step)] = text
    _save(session, draft)
    return True


def typed(session: SessionBase, step: int) -> QueryDict | None:
    """What was typed on a page and not accepted yet."""
    text = _load(session).get("typed", {}).get(str(step))
    return None if text is None else QueryDict(text)


def step(session: SessionBase, step: int) -> dict[str, Any]:
    """What was kept of a step, to be `initial=` of its form; {} when nothing was."""
    kept: dict[str, Any] = dict(_load(session)["steps"].get(str(step), {}))
    if "adult" in kept:
        kept["adult"] = "yes" if kept["adult"] else "no"
    return kept


def next_step(session: SessionBase) -> int | None:
    """The first of 1, 2, 3 that is not answered; None when all are."""
    steps = _load(session)["steps"]
    for number in STEPS:
        if str(number) not in steps or (number == 1 and not steps["1"]["adult"]):
            return number
    return None


def answers(session: SessionBase) -> Answers | None:
    """The whole request, or None while a step is missing. Another clinic may not offer its `modality`."""
    if next_step(session) is not None:
        return None
    steps = _load(session)["steps"]
    return Answers.from_payload({**steps["1"], **steps["2"], **steps["3"]})


def key_for(session: SessionBase, clinic: Clinic) -> str:
    """The idempotency key of this draft to this clinic: made once, the same for every retry."""
    draft = _load(session)
    if str(clinic.pk) not in draft["keys"]:
        draft["keys"][str(clinic.pk)] = secrets.token_urlsafe(32)
        _save(session, draft)
    return str(draft["keys"][str(clinic.pk)])


def finish(session: SessionBase, clinic: Clinic, *, reference: str, token: str, way: str = "") -> None:
    """It was sent: forget answers and keys, remember what the page that says so needs.

    `way`: how the clinic answers, as that page tells it.
    """
    draft = _load(session)
    draft["sent"][str(clinic.pk)] = [reference, token, way]
    _save(session, {"steps": {}, "keys": {}, "sent": draft["sent"]})


def sent(session: SessionBase, clinic: Clinic) -> tuple[str, str] | None:
    """(reference, token) of what this session last sent to the clinic; a second post shows it again."""
    found = _load(session)["sent"].get(str(clinic.pk))
    return (found[0], found[1]) if found else None


def way(session: SessionBase, clinic: Clinic) -> str:
    """The `way` of what was last sent to the clinic, "" if it is not known."""
    found = _load(session)["sent"].get(str(clinic.pk), [])
    return str(found[2]) if found[2:] else ""


def discard(session: SessionBase) -> None:
    """Forget answers, keys and links."""
    session.pop(SLOT, None)


def _load(session: SessionBase) -> dict[str, Any]:
    """What the session holds, or an empty draft: one that does not open is as good as none."""
    empty: dict[str, Any] = {"steps": {}, "keys": {}, "sent": {}}
    key_id, _, box = session.get(SLOT, "").partition(":")
    if not box:
        return empty
    try:
        plain = envelope.unlock(
            keyring.derived("drafts", key_id), base64.b64decode(box), _place(session, key_id)
        )
    except (envelope.EnvelopeError, keyring.UnknownKey, ValueError):
        return empty
    draft: dict[str, Any] = json.loads(plain)
    return draft


def _save(session: SessionBase, draft: dict[str, Any]) -> None:
    if not session.session_key:
        session.create()
    key_id = keyring.current_id()
    box = envelope.lock(keyring.derived("drafts", key_id), envelope.padded(draft), _place(session, key_id))
    session[SLOT] = f"{key_id}:{base64.b64encode(box).decode()}"


def _place(session: SessionBase, key_id: str) -> bytes:
    """Bound to the session's own key, so that a draft copied into another session does not open."""
    return envelope.place("sessions", "session", SLOT, session.session_key or "", key_id)
