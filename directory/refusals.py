"""Why a process of this room did not do what it was asked."""


class Refused(Exception):
    """Nothing was changed. The text is for a person and holds no personal value."""


class NotAllowed(Refused):
    """This person may not do this: another must, or somebody with another role."""


class WrongState(Refused):
    """It is no longer, or not yet, in a state where this can be done. `current` names the state it is in."""

    def __init__(self, current: str) -> None:
        super().__init__(f"This cannot be done while the state is {current}.")
        self.current = current


class Incomplete(Refused):
    """Something has to come first. `missing` holds slugs: facts, or names of fields."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("Not complete: " + ", ".join(missing))
        self.missing = missing
