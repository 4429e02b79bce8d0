"""What an archive keeps, and what may wait for it."""

import attrs

__all__ = ["ArchiveLimits"]

_MIB = 1024**2
_DAY = 86_400.0


@attrs.frozen(slots=True)
class ArchiveLimits:
    """
    Bounds of one L{EventArchive <gma_twisted.events.archive.archive.EventArchive>}. Bytes of events are those of
    their XML, about.

    @ivar keepSeconds: how long an event is kept after it came; C{inf} for ever
    @ivar keepBytes: of the database; of more the oldest go
    @ivar keepEvents: events kept; of more the oldest go
    @ivar batchEvents: of one transaction, but for what was given at once
    @ivar batchBytes: of one transaction, but for what was given at once
    @ivar waitingEvents: that wait to be written; beyond, nothing more is taken
    @ivar waitingBytes: the same in bytes
    @ivar questions: that are asked at once
    @ivar pageBytes: of what one question brings, but for one event that is larger
    @ivar positions: that are kept; of more those go that were not used for longest
    """

    keepSeconds: float = 30 * _DAY
    keepBytes: int = 4096 * _MIB
    keepEvents: int = 10_000_000
    batchEvents: int = 5_000
    batchBytes: int = 8 * _MIB
    waitingEvents: int = 50_000
    waitingBytes: int = 64 * _MIB
    questions: int = 64
    pageBytes: int = 2 * _MIB
    positions: int = 10_000
