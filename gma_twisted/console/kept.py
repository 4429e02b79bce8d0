"""A page's bytes, made at most once a second: a flood of requests costs a copy each."""

from collections.abc import Awaitable, Callable

from gma_twisted.timing import Happening

__all__ = ["Kept"]

_SECONDS = 1.0


class Kept:
    """The last bytes made, while they are less than a second old."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """@param seconds: a clock that is never set, in seconds"""
        self._seconds = seconds
        self._madeAt = 0.0
        self._body: bytes | None = None
        self._making: Happening | None = None

    async def read(self, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """
        The bytes. Who comes while they are made waits for them.

        @param make: makes them anew; what it raises is raised, and nothing is kept
        """
        while self._making is not None:
            await self._making.wait()
        now = self._seconds()
        body = self._body
        if body is None or now - self._madeAt >= _SECONDS:
            making = self._making = Happening()
            try:
                body = self._body = await make()
                # From its end: what takes long to make is not made all the time.
                self._madeAt = self._seconds()
            finally:
                self._making = None
                making.happen()
        return body
