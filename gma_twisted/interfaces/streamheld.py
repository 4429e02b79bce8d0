"""What a plane of lines says of the bytes that wait in it."""

from typing import Protocol

__all__ = ["StreamHeld"]


class StreamHeld(Protocol):
    """What waits in a plane of lines."""

    @property
    def held(self) -> int:
        """Bytes that are kept for members who have not got them yet, also while their connection is made again."""
