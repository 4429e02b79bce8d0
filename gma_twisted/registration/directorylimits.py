"""What a directory holds and answers at most, beside the bounds of its registry."""

import attrs

from gma_twisted.errors import ParameterError

__all__ = ["DirectoryLimits"]

_KIB = 1024


@attrs.frozen(slots=True)
class DirectoryLimits:
    """
    Bounds of one directory.

    @ivar eventTypes: of one entry
    @ivar page: entries of a page, and of who is told to a newcomer
    @ivar pageSize: bytes of these, about; one entry is told whatever it has
    @ivar conditions: attributes that one search or watch asks for
    @ivar expression: bytes of an XPath expression
    @ivar watches: at a time
    @ivar watchesPerOwner: at a time
    @ivar changes: that are kept for watches that are slower than they come; also how many each of them has to tell
    @ivar changesSize: bytes of what those changes replaced or ended, about
    """

    eventTypes: int = 64
    page: int = 1000
    pageSize: int = 512 * _KIB
    conditions: int = 64
    expression: int = 4 * _KIB
    watches: int = 1000
    watchesPerOwner: int = 100
    changes: int = 10_000
    changesSize: int = 16 * _KIB * _KIB

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            if value < 1:
                raise ParameterError(f"the bound {name} of a directory is {value}, less than 1")
