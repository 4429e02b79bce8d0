"""What all sources of a service together make a node remember."""

import attrs

__all__ = ["Memory"]


@attrs.define(slots=True, eq=False)
class Memory:
    """
    Bytes of which several use some; whoever takes them looks first, and gives them back.

    @ivar most: bytes
    @ivar size: how many are in use
    """

    most: int
    size: int = attrs.field(default=0, init=False)

    @property
    def left(self) -> int:
        """How many are not."""
        return self.most - self.size
