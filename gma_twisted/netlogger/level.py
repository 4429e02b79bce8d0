"""How important an event is: NetLogger's levels, by name and by number."""

from collections.abc import Mapping

from gma_twisted.errors import ParameterError, cut
from gma_twisted.model.event import Event

__all__ = ["LEVELS", "isAtLevel", "levelOf"]

LEVELS: Mapping[int, str] = {
    0: "NOLOG",
    1: "Fatal",
    2: "Error",
    3: "Warn",
    4: "Info",
    5: "Debug",
    6: "Trace",
    7: "Debug2",
    8: "Debug3",
    9: "User",
}
"""The lower, the more important. Names as NetLogger writes them."""

_FIELD = "level"
# Those of the CEDPS cheat sheet, and of syslog, beside NetLogger's own.
_NUMBERS: Mapping[str, int] = {
    **{name.lower(): number for number, name in LEVELS.items()},
    "emergency": 1,
    "alert": 1,
    "critical": 1,
    "warning": 3,
    "notice": 4,
}


def levelOf(text: str) -> int:
    """The number of a level. @param text: a name in any case, or the number. @raise ParameterError: it is none"""
    word = text.strip().lower()
    if word in _NUMBERS:
        return _NUMBERS[word]
    if word.isdecimal() and len(word) <= 2 and int(word) in LEVELS:
        return int(word)
    raise ParameterError(
        f'"{cut(text, 40)}" is no level', cure=f"write one of {', '.join(LEVELS.values())}"
    )


def isAtLevel(event: Event, most: int) -> bool:
    """
    Whether an event is of a level or more important; so is one that does not say, or in no known word.

    @param most: number of the level
    """
    said = event.get(_FIELD)
    if said is None or isinstance(said, bool) or not isinstance(said, str | int):
        return True
    try:
        return levelOf(str(said)) <= most
    except ParameterError:
        return True
