"""Why entries end."""

import enum

__all__ = ["Ending"]


class Ending(enum.Enum):
    """Why an entry is over; the value goes into a sentence."""

    EXPIRED = "its time passed"
    UNREGISTERED = "its owner took it out"
    DESTROYED = "it was destroyed"
