"""A page's bytes, made at most once a second: a flood of requests costs a copy each."""

from collections.abc import Awaitable, Callable

__all__ = ["Kept"]

_SECONDS = 1.0


class Kept:
    """The last bytes made, while they are less than a second old."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """@param seconds: a clock that is never set, in seconds"""
        self._seconds = seconds
        self._madeAt = 0.0
        self._body: bytes | None = None

    async def read(self, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """
        The bytes.

        @param make: makes them anew; what it raises is raised, and nothing is kept
        """
        now = self._seconds()
        if self._body is None or now - self._madeAt >= _SECONDS:
            self._body = await make()
            self._madeAt = now
        return self._body
