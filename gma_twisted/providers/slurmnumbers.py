"""Numbers and states as the versions of Slurm write them in JSON."""

import math
from collections.abc import Mapping

from gma_twisted.providers.units import plainText, toText, wholeNumber

__all__ = ["boundOf", "numberOf", "stateWords", "wholeOf"]

# Where a number is kept in 32 or 64 bits, the two highest of them say "none" and "without bound".
_NONE = (0xFFFFFFFE, 0xFFFFFFFFFFFFFFFE)
_UNBOUND = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_MOST_WORDS = 16


def numberOf(value: object) -> int | float | None:
    """
    A whole number: plain as 21.08 writes it, C{{set, infinite, number}} as later ones do.

    @return: C{inf} for one without bound; C{None} for none, and for anything else
    """
    if isinstance(value, Mapping):
        if value.get("infinite") is True:
            return math.inf
        if value.get("set") is not True:
            return None
        value = value.get("number")
    if isinstance(value, int) and value in _UNBOUND:
        return math.inf
    number = wholeNumber(value)
    return None if number in _NONE else number


def wholeOf(value: object) -> int:
    """L{numberOf}, with 0 for none and for what has no bound."""
    number = numberOf(value)
    return number if isinstance(number, int) else 0


def boundOf(value: object, times: int = 1) -> str:
    """
    L{numberOf} as a text: C{infinite} without bound, empty for none.

    @param times: of which unit it is
    """
    number = numberOf(value)
    if number == math.inf:
        return "infinite"
    return toText(number * times) if isinstance(number, int) else ""


def stateWords(value: object) -> list[str]:
    """The words of a state, in capitals: one word in 21.08, a list of them later."""
    words = value if isinstance(value, list) else [value]
    return [text for text in (plainText(one).upper() for one in words[:_MOST_WORDS]) if text]
