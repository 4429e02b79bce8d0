"""C{[summarise.NAME]}: what a summariser tells of many events at once."""

import re
from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.globs import GLOB
from gma_twisted.configuration.kinds import COUNT, DURATION, Kind, severalOf
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.errors import ParameterError
from gma_twisted.model.event import MAX_NAME

__all__ = ["SummariseSection"]

_FIELD = re.compile(r"[^\s/*?]+(/[^\s/*?]+){0,15}")
_VALUE = re.compile(r"count|rate|mean|min|max|sum|p(?:[1-9]?[0-9](?:\.[0-9]{1,3})?|100)")
_NAMED = 16
_VALUES = 16
# Windows that may be open at once, for events that come late.
_OPEN = 60
_LEAST = 0.1
_OWN = ("window", "count", "rate")
# Numbers kept for quantiles, in all windows of one section.
_NUMBERS = 20_000_000


def _readFields(value: object) -> Sequence[str]:
    asked = severalOf(value, _NAMED, "fields")
    for one in asked:
        if not isinstance(one, str) or len(one) > MAX_NAME // 2 or not _FIELD.fullmatch(one):
            raise ParameterError(f"{quoted(one)} is not the name of a field")
    return tuple(str(one) for one in asked)


def _readValues(value: object) -> Sequence[str]:
    asked = severalOf(value, _VALUES, "values")
    for one in asked:
        if not isinstance(one, str) or not _VALUE.fullmatch(one):
            raise ParameterError(f"{quoted(one)} is no value that can be told of many")
    return tuple(str(one) for one in asked)


_FIELDS: Kind[Sequence[str]] = Kind(
    "text, or array of them",
    _readFields,
    'write "load", or "cpu/load" for what is in the container cpu',
    spellSeveral,
)
_TOLD: Kind[Sequence[str]] = Kind(
    "text, or array of them",
    _readValues,
    'write some of "count", "rate", "mean", "min", "max", "sum", and "p50", "p99.9" for quantiles',
    spellSeveral,
)


@attrs.frozen(slots=True)
class SummariseSection:
    """C{[summarise.NAME]}: one event for all of a window of time."""

    events: str = key(
        GLOB, "names of the events, `host.*`; each name has summaries of its own", "*"
    )
    fields: Sequence[str] = key(
        _FIELDS,
        "whose numbers are looked at, `load`, or `cpu/load` in a container",
        (),
        shown="none: the events are counted",
    )
    by: Sequence[str] = key(
        _FIELDS,
        "fields by whose values the events are told apart: one summary for each, with these fields",
        (),
        shown="none",
    )
    window: float = key(
        DURATION, "length of a window of time; the first began with the year 1970", 60.0
    )
    late: float = key(
        DURATION,
        "how long after its end, in the time of the events, a window waits for those that come late",
        5.0,
    )
    values: Sequence[str] = key(
        _TOLD,
        "what is told: `count` and `rate` of the events; `mean`, `min`, `max`, `sum` and quantiles, `p50`, `p99.9`, of "
        "each field",
        ("count", "mean", "min", "max"),
    )
    name: str = key(
        GLOB,
        "of the events that tell it; a `*` stands for the name of those they tell of",
        "summary.*",
    )
    groups: int = key(
        COUNT,
        "most windows open at once, of all names and values of `by`; further events are counted, and left out",
        1000,
    )
    samples: int = key(
        COUNT,
        "numbers of a field and a window that quantiles are exact up to; of more a sample of that size is kept",
        1000,
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if self.window < _LEAST:
            yield "window", 'less than "100ms"', 'write "1m", for example'
        elif self.late > _OPEN * self.window:
            why = f"longer than {_OPEN} windows"
            yield "late", why, "make window longer, or late shorter"
        yield from self._names()
        yield from self._values()

    def _names(self) -> Iterator[tuple[str, str, str]]:
        if "?" in self.name or self.name.count("*") > 1:
            cure = 'write "summary.*", for example'
            yield "name", "a name of events has at most one *, for the name of others", cure
        elif "*" not in self.name and "*" in self.events:
            why = f'all that "{self.events}" means would be called "{self.name}"'
            yield "name", why, 'write "summary.*", for example'
        for one in self.by:
            if one in _OWN:
                why = f'"{one}" is what the summary itself tells'
                yield "by", why, "leave it out, or have it renamed where the events are made"
        for what, told in (("fields", self.fields), ("by", self.by), ("values", self.values)):
            if len(set(told)) < len(told):
                yield what, "the same twice", "leave one of them out"

    def _values(self) -> Iterator[tuple[str, str, str]]:
        if not self.values:
            yield "values", "nothing is told", 'write "count", for example'
        elif not self.fields and not {"count", "rate"} & set(self.values):
            why = "these are told of fields, and none is named"
            yield "values", why, 'write fields = "load", for example, or "count" among the values'
        numbers = self.groups * self.samples * len(self.fields)
        if any(one[0] == "p" for one in self.values) and numbers > _NUMBERS:
            why = f"groups, samples and fields come to {numbers} numbers, more than {_NUMBERS}"
            yield "samples", why, "make groups or samples less"
