""" "I act for this clinic": somebody says so with proof, and somebody else decides.

    claim = claims.make(clinic=clinic, by=user, proof="domain-mail", position="Desk", address="a@clinic.example")
    claims.prove(claim=claim, by=user, code="1234 5678")
    claims.record_call(claim=claim, by=verifier, outcome="confirmed")
    claims.approve(claim=claim, by=verifier)

Every step is one transaction. Its locks: organization, clinic, search index, referrals, the trail last.
"""

from directory.claims.calling import CallOutcome, Number, numbers_to_call, record_call
from directory.claims.codes import LETTER_LASTS, MAIL_LASTS, MOST_TRIES
from directory.claims.deciding import approve, end, lacking, refuse
from directory.claims.making import TIME_TO_OBJECT, make, possible_proofs, withdraw
from directory.claims.objecting import let_in, object_to, turn_away
from directory.claims.proving import Letter, address_to_write, print_letter, prove, send_again
from directory.claims.refusals import WrongAddress, WrongCode

__all__ = [
    "LETTER_LASTS",
    "MAIL_LASTS",
    "MOST_TRIES",
    "TIME_TO_OBJECT",
    "CallOutcome",
    "Letter",
    "Number",
    "WrongAddress",
    "WrongCode",
    "address_to_write",
    "approve",
    "end",
    "lacking",
    "let_in",
    "make",
    "numbers_to_call",
    "object_to",
    "possible_proofs",
    "print_letter",
    "prove",
    "record_call",
    "refuse",
    "send_again",
    "turn_away",
    "withdraw",
]
