"""What one connection of the load says, and what it takes for an answer."""

from collections.abc import Callable

import attrs

__all__ = ["Talk"]


@attrs.frozen(slots=True)
class Talk:
    """
    How one connection asks.

    @ivar make: the whole HTTP request that begins an operation, from a number never given before
    @ivar needle: what the body of every right answer holds
    @ivar ending: what every right body ends with, but for blanks
    @ivar then: given for operations of more than one request: from a whole answer the next request, or C{None}
        when the operation is done
    """

    make: Callable[[int], bytes]
    needle: bytes
    ending: bytes = b"Envelope>"
    then: Callable[[bytes], bytes | None] | None = None
