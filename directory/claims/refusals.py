"""Why a proof was not taken."""

from directory.refusals import Refused


class WrongAddress(Refused):
    """This address proves nothing. `why`: no-domain, form, freemail or elsewhere."""

    _WORDS = {
        "no-domain": "Nobody has confirmed a web domain of this clinic yet. Choose the letter.",
        "form": "Enter one e-mail address, like name@{domain}",
        "freemail": "An address of a mail service shows nothing about a clinic. Choose the letter.",
        "elsewhere": "The address has to end in @{domain}. If you have none there, choose the letter.",
    }

    def __init__(self, why: str, domain: str = "") -> None:
        super().__init__(self._WORDS[why].format(domain=domain))
        self.why = why


class WrongCode(Refused):
    """Not the code that was sent. `left`: how many more times it may be typed; None if this one was not counted."""

    def __init__(self, left: int | None) -> None:
        super().__init__("That is not the code." if left is not None else "The code has 8 digits.")
        self.left = left
