"""Numbers of events that were told without being kept, or before that is known: none of them is given again."""

import attrs
from twisted.logger import Logger

from gma_twisted.events.archive.file import ArchiveFile

__all__ = ["Unkept"]

log = Logger()

_AHEAD = 1_000_000
"""Numbers that may be told before that is written down again."""
_TRIES = 1_000
"""Numbers after which what could not be written is tried again: not at each, the disk may be slow to refuse."""


@attrs.define(slots=True, eq=False)
class Unkept:
    """
    Until the database knows of them, the highest of them stands beside it, ahead by many: a kill forgets none.

    @ivar file: where it stands
    @ivar lost: number and timestamp of what was let go, for the database; empty when that knows of all
    @ivar secured: number up to which not even a power loss forgets them
    """

    file: ArchiveFile
    lost: tuple[tuple[int, int], ...] = attrs.field(default=(), init=False)
    secured: int = attrs.field(default=0, init=False)
    _told: int = attrs.field(default=0, init=False)
    _reserved: int = attrs.field(default=0, init=False)
    _again: int = attrs.field(default=0, init=False)
    _isLogged: bool = attrs.field(default=False, init=False)

    def reserve(self, number: int) -> None:
        """Those up to this one are told."""
        self._told = max(self._told, number)
        if number > self._reserved and number >= self._again:
            self._again = number + _TRIES
            self._write(number + _AHEAD)

    def secure(self) -> int:
        """
        Have a power loss not forget what is reserved; blocks, and may be called in another thread.

        @return: the number up to which nothing is forgotten
        @raise OSError: the disk fails
        """
        reserved = self._reserved
        self.file.secure()
        return reserved

    def knowSecured(self, reserved: int) -> None:
        """Up to here that was done; what was written since is not part of it."""
        if reserved == self._reserved:
            self.secured = reserved

    def lose(self, number: int, at: int) -> None:
        """
        Those up to this one are not kept.

        @param number: the highest
        @param at: the newest of their timestamps
        """
        # It says all that is kept of them.
        self.lost = ((number, at),)

    def knows(self, lost: tuple[tuple[int, int], ...], last: int) -> None:
        """
        The database does now.

        @param lost: what of L{lost} it was told
        @param last: the highest number in it
        """
        if self.lost == lost:
            self.lost = ()
        if self._reserved and not self.lost and last >= self._told:
            self._again = 0
            self._write(0)

    def failed(self) -> None:
        """Within an C{except}: it could not be written down. It is said once until it can be."""
        if not self._isLogged:
            self._isLogged = True
            log.failure(
                "{path}: numbers of events may be given twice after a kill", path=self.file.path
            )

    def _write(self, number: int) -> None:
        try:
            self.file.reserve(number)
        except OSError:
            self.failed()
        else:
            self._isLogged = False
            self._reserved = number
            # One that is written over by a higher one is there until that is.
            self.secured = min(self.secured, number)
