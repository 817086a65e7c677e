"""What this room tells the rooms above it."""

from typing import Final

from django.dispatch import Signal

listing_stopped: Final = Signal()
"""A clinic that was shown is shown no more. Sent with `clinic=`, inside the transaction that made it so."""

nobody_answers: Final = Signal()
"""Nobody who acts for these clinics can be reached any more: a claim ended, or the last person left.

Sent with `clinics=`, a list, inside the transaction that made it so.
"""
