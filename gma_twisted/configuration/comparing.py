"""What tells two configurations apart: what a node that runs can take over is only that."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

import attrs

from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.mistakes import dotted
from gma_twisted.configuration.reader import NAMED, SERVICE_DATA, SINGLE
from gma_twisted.configuration.sections import Configuration

__all__ = ["differences", "same"]


def same(one: Any, other: Any) -> bool:
    """
    Whether two values of a configuration are one and the same to whoever is given them.

    Unlike C{==} it tells C{1} from C{true} and from C{1.0}; and a NaN is what it is.
    """
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float | date | datetime | time):
        # Instants are equal in any time zone, 0.0 to -0.0: what is written differently may be meant so.
        return repr(one) == repr(other)
    if attrs.has(type(one)):
        names = [field.name for field in attrs.fields(type(one))]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)


def differences(
    one: Configuration, other: Configuration, without: Collection[str] = ()
) -> Iterator[str]:
    """
    Name what differs, in the order of the sections.

    @param without: kinds of sections that are left out, C{providers} for example
    @return: C{limits.max_body} for a key, C{factory.NAME} for a section there are several of
    """
    for kind, section in SINGLE.items():
        if kind not in without:
            for key in keys(section):
                found = [getattr(getattr(side, kind), key.attribute) for side in (one, other)]
                if not same(*found):
                    yield dotted((kind, key.name))
    for kind in NAMED:
        if kind not in without:
            yield from _named(kind, getattr(one, kind), getattr(other, kind))
    if SERVICE_DATA not in without:
        told = [
            {name.clark: section for name, section in side.serviceData.items()}
            for side in (one, other)
        ]
        yield from _named(SERVICE_DATA, *told)


def _named(kind: str, one: Mapping[str, object], other: Mapping[str, object]) -> Iterator[str]:
    for name in dict.fromkeys((*one, *other)):
        if name not in one or name not in other or not same(one[name], other[name]):
            yield dotted((kind, name))
