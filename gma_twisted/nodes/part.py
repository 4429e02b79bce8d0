"""What a node is made of, as far as its start and stop are concerned."""

from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import attrs
from twisted.internet.defer import CancelledError

from gma_twisted.errors import GMAError, ServiceError, cut

__all__ = ["Part", "Parts", "naming", "reasonOf"]

_LONGEST = 240


def reasonOf(error: BaseException) -> str:
    """Words for one line: our own errors speak for themselves, others are named with their type."""
    if isinstance(error, GMAError):
        return error.message
    said = str(error)
    name = type(error).__name__
    return cut(f"{name}: {said}" if said else name, _LONGEST)


@contextmanager
def naming(what: str, fault: str = "does not start") -> Iterator[None]:
    """
    Give every error within the name of the operator's class that raised it, those that end a process included.

    A cancellation stays one: the node stops, and nothing is wrong with the class.

    @param what: section and class; empty when none of the operator's runs there: errors stay as they are
    @param fault: what it did not do
    @raise ServiceError: what was raised, in one line
    """
    try:
        yield
    except (CancelledError, GeneratorExit):
        raise
    except BaseException as error:
        if not what:
            raise
        raise ServiceError(f"{what} {fault}: {reasonOf(error)}") from error


class Part(Protocol):
    """Something that begins and ends."""

    def start(self) -> Awaitable[None]:
        """Be ready. @raise GMAError: it cannot; C{stop} is called all the same"""

    def stop(self) -> Awaitable[None]:
        """End everything; also what never began, or whose beginning failed or was cancelled."""


@attrs.define(slots=True, eq=False)
class Parts:
    """
    Several parts as one: they begin in their order, each when the one before is ready, and end in the other.

    @ivar parts: in order
    """

    parts: Sequence[Part]

    async def start(self) -> None:
        """See L{Part.start}; the parts after one that cannot do not begin."""
        for part in self.parts:
            await part.start()

    async def stop(self) -> None:
        """See L{Part.stop}; one that fails keeps no other from ending."""
        await self._end(len(self.parts))

    async def _end(self, count: int) -> None:
        if count:
            try:
                await self.parts[count - 1].stop()
            finally:
                await self._end(count - 1)
