"""What a metric is, and the ways in which its values are taken out of a reading."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from gma_twisted.console.families.reading import Reading
from gma_twisted.errors import ParameterError
from gma_twisted.markup.xsd import readDateTime

__all__ = ["Family", "Value", "byState", "counted", "ifTold", "instant", "one", "told"]

Value = tuple[Sequence[str], float]
"""Values of a family's labels, and the number."""


@attrs.frozen(slots=True, eq=False)
class Family:
    """
    One metric with all its labels.

    @ivar name: as it is exposed, C{_total} of a counter included
    @ivar kind: C{gauge} or C{counter}
    @ivar text: what it says, a sentence
    @ivar values: takes them out of a reading
    @ivar labels: names of its labels; their values are the operator's words or of a fixed set, never a peer's text
    """

    name: str
    kind: str
    text: str
    values: Callable[[Reading], Iterable[Value]]
    labels: Sequence[str] = ()


def one(read: Callable[[Reading], float]) -> Callable[[Reading], Iterable[Value]]:
    """A number without labels."""
    return lambda reading: (((), read(reading)),)


def byState(
    read: Callable[[Reading], Mapping[str, int]], states: Iterable[str]
) -> Callable[[Reading], Iterable[Value]]:
    """How many are in each state; those too that nothing is in: what charts them should not have to guess."""
    every = tuple(states)
    return lambda reading: [((state,), read(reading).get(state, 0)) for state in every]


def counted(
    read: Callable[[Reading], Mapping[str, int]], names: Mapping[str, str]
) -> Callable[[Reading], Iterable[Value]]:
    """
    Counters of one thing, by what became of it.

    @param names: by what the label says: what the node calls it
    """
    return lambda reading: [((shown,), read(reading).get(name, 0)) for shown, name in names.items()]


def ifTold(
    read: Callable[[Reading], Mapping[str, int]], name: str
) -> Callable[[Reading], Iterable[Value]]:
    """One of the numbers of a part of the node; nothing where it has no such part."""

    def values(reading: Reading) -> Iterable[Value]:
        numbers = read(reading)
        return [((), numbers[name])] if name in numbers else ()

    return values


def told(
    read: Callable[[Reading], Mapping[str, int]], names: Mapping[str, str]
) -> Callable[[Reading], Iterable[Value]]:
    """As L{counted}, of a part that not every node has, nor with all of them."""

    def values(reading: Reading) -> Iterable[Value]:
        numbers = read(reading)
        return [((shown,), numbers[name]) for shown, name in names.items() if name in numbers]

    return values


def instant(text: str) -> float:
    """Seconds since 1970 of a dateTime; 0 of what is none."""
    try:
        return readDateTime(text)
    except ParameterError:
        return 0.0
