"""The counters of the Gate, those too that never counted."""

from collections.abc import Mapping

__all__ = ["allCounters"]

_KNOWN = ("connections", "soap", "web", "refused", "deadlines", "dropped")


def allCounters(counted: Mapping[str, int]) -> dict[str, int]:
    """
    What never happened is a fact, too: who reads a page or a program that charts it should not have to guess.

    @param counted: those that are not 0
    @return: the known ones in their order, then others by name
    """
    others = sorted(counted.keys() - set(_KNOWN))
    return {name: counted.get(name, 0) for name in (*_KNOWN, *others)}
