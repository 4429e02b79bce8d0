"""Values that travel inside messages: expressions, locators, termination times (OGSI 1.0, 7.5-7.7)."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import attrs

from gma_twisted.errors import ParameterError
from gma_twisted.model.handle import Handle
from gma_twisted.model.qname import QName

__all__ = ["Expression", "Locator", "TerminationTime"]

T = TypeVar("T")


class Expression:
    """
    The one child of an C{ogsi:ExtensibilityType}: its name decides who reads it.

    What a reader made of it stays with the expression, and the tree goes: a message that comes again to the
    byte is read once.
    """

    __slots__ = ("_tree", "_value", "name")

    def __init__(self, name: QName, tree: Any) -> None:
        """
        @param name: of the root element
        @param tree: the root element
        """
        self.name = name
        self._tree = tree
        self._value: Any = None

    def read(self, reader: Callable[[Any], T]) -> T:
        """
        What C{reader} makes of the tree; asked again, the same value without reading.

        One expression has one reader: its name chose it.
        """
        if self._tree is not None:
            self._value = reader(self._tree)
            self._tree = None
        return cast(T, self._value)

    def __repr__(self) -> str:
        return f"Expression({self.name.clark!r})"


@attrs.frozen(slots=True)
class Locator:
    """
    How to reach a service (OGSI 1.0, 7.5.3).

    Two are equivalent when they are equal: references are canonical bytes (OGSI 1.0, 12.3.2).

    @ivar handles: Grid Service Handles, the first one preferred
    @ivar interfaces: port types the service claims
    @ivar references: C{ogsi:reference} elements in canonical bytes, kept as they came and not followed
    """

    handles: Sequence[Handle]
    interfaces: Sequence[QName] = ()
    references: Sequence[bytes] = ()


@attrs.frozen(slots=True)
class TerminationTime:
    """
    ogsi:TerminationTimeType; wall times, seconds since 1970, C{inf} for infinity, C{None} for absent.

    @ivar after: earliest end
    @ivar before: latest end
    @ivar timestamp: the server's clock when it answered
    """

    after: float | None = None
    before: float | None = None
    timestamp: float | None = None

    def seconds(self, now: float) -> float | None:
        """
        The lifetime asked of whoever makes a service: until C{before}, without it until C{after}.

        @param now: wall time, seconds since 1970
        @return: seconds from now, negative for an end in the past; C{None} when nothing is asked
        @raise ParameterError: C{before} is earlier than C{after}
        """
        after, before = self.after, self.before
        if after is not None and before is not None and before < after:
            raise ParameterError("the terminationTime has a before that is earlier than its after")
        end = after if before is None else before
        return None if end is None else end - now
