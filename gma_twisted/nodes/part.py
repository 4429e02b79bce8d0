"""What a node is made of, as far as its start and stop are concerned."""

from collections.abc import Awaitable, Sequence
from typing import Protocol

import attrs

__all__ = ["Part", "Parts"]


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
