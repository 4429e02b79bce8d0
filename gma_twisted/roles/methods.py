"""The methods of a class that somebody wrote: C{doSubscribe} and the like, in whatever way they are written (pyGMA)."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from gma_twisted.errors import GMAError, ServiceError

__all__ = ["UserMethods", "unread"]

T = TypeVar("T")

log = Logger()

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_PLACED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def unread(value: Any) -> Any:
    """What a method gave, as it is."""
    return value


class UserMethods:
    """
    Calls the methods of one object.

    They are functions, coroutine functions, or give a Deferred. Of what is offered by name they get what they take: all
    of it with C{**kw}. What they get by position already is not given by name, too.
    """

    __slots__ = ("_server", "_taken", "name")

    def __init__(self, server: object) -> None:
        """@param server: of the user"""
        self._server = server
        self._taken: dict[str, _Names] = {}
        self.name = type(server).__name__

    def has(self, name: str) -> bool:
        """Whether there is such a method."""
        return callable(getattr(self._server, name, None))

    async def call(
        self,
        name: str,
        arguments: tuple[object, ...],
        named: Mapping[str, object],
        read: Callable[[Any], T],
    ) -> T:
        """
        Call one.

        @param arguments: what the method gets by position
        @param named: what it gets by name when it takes it
        @param read: makes what is wanted of what it gave; raises C{TypeError} when that is something else
        @raise GMAError: what it raised of these
        @raise ServiceError: it raised anything else; the log has it
        """
        try:
            chosen = self._chosen(name, len(arguments), named)
            result = getattr(self._server, name)(*arguments, **chosen)
            if isinstance(result, Awaitable):
                result = await result
            return read(result)
        except (GMAError, CancelledError):
            raise
        except (Exception, SystemExit, KeyboardInterrupt):  # noqa: BLE001 (the user's method may raise anything)
            log.failure("{method} of {name} failed", method=name, name=self.name)
            raise ServiceError(
                f"{name} of {self.name} failed; the node's log has the reason"
            ) from None

    def _chosen(
        self, name: str, positions: int, named: Mapping[str, object]
    ) -> Mapping[str, object]:
        if name not in self._taken:
            # Each is called with as many by position every time.
            self._taken[name] = _takenBy(getattr(self._server, name), positions)
        names = self._taken[name]
        if names.isAny and names.given.isdisjoint(named):
            return named
        return {
            one: value
            for one, value in named.items()
            if one not in names.given and (names.isAny or one in names.taken)
        }


class _Names(NamedTuple):
    """
    What a method takes by name.

    @ivar taken: these
    @ivar isAny: and any others
    @ivar given: but not these, which it gets by position
    """

    taken: frozenset[str] = frozenset()
    isAny: bool = True
    given: frozenset[str] = frozenset()


def _takenBy(method: Callable[..., Any], positions: int) -> _Names:
    try:
        parameters = list(inspect.signature(method).parameters.values())
    except (TypeError, ValueError):
        return _Names()
    placed = [one for one in parameters if one.kind in _PLACED][:positions]
    return _Names(
        frozenset(one.name for one in parameters if one.kind in _NAMED),
        any(one.kind is one.VAR_KEYWORD for one in parameters),
        frozenset(one.name for one in placed if one.kind in _NAMED),
    )
