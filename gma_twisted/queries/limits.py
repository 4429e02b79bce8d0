"""How much one name query may ask and answer, and how much of the answers is kept."""

import attrs

from gma_twisted.errors import ParameterError

__all__ = ["NameQueryLimits"]

_MIB = 1024**2


@attrs.frozen(slots=True)
class NameQueryLimits:
    """
    Bounds of name queries.

    @ivar maxAnswer: bytes of one answer (C{[limits] max_answer})
    @ivar maxNames: names in one query
    @ivar cacheEntries: answers kept
    @ivar cacheBytes: bytes of the answers kept and their queries; one answer takes an eighth of it at most
    """

    maxAnswer: int = 64 * _MIB
    maxNames: int = 1000
    cacheEntries: int = 4096
    cacheBytes: int = 128 * _MIB

    def __attrs_post_init__(self) -> None:
        if self.maxAnswer < 1 or self.maxNames < 1 or self.cacheEntries < 0 or self.cacheBytes < 0:
            raise ParameterError(f"a bound of name queries is too small: {self}")
