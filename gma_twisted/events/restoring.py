"""What was last of each source and name before a restart, as the archive has it."""

from collections.abc import Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.errors import Busy
from gma_twisted.events.kept import Kept
from gma_twisted.events.limits import EngineLimits
from gma_twisted.interfaces.events import IEventArchive, StoredEvent
from gma_twisted.timing import NodeClock

__all__ = ["Restored", "restored"]

log = Logger()

_PAGE = 500


@attrs.frozen(slots=True, eq=False)
class Restored:
    """
    What was found.

    @ivar kept: in the order of the numbers
    @ivar isRead: whether all that is there could be read
    @ivar lostNumber: highest number of what was told and is not there; 0 for none
    """

    kept: Sequence[Kept]
    isRead: bool
    lostNumber: int


async def restored(archive: IEventArchive, limits: EngineLimits, clock: NodeClock) -> Restored:
    """
    Read it, as much as may be kept and perhaps a page more.

    @param archive: that is started
    @param limits: C{latest} and C{latestBytes} of it
    """
    found: list[StoredEvent] = []
    lost, size, before, isMore, isRead = 0, 0, None, True, True
    while isMore and len(found) <= limits.latest and size <= limits.latestBytes:
        try:
            page = await archive.latest(before, _PAGE)
        except Busy as error:
            # Events come all the same, and each is the last of its kind then.
            log.warn("what was published last is not known: {reason}", reason=error.message)
            isRead = False
            break
        found.extend(page.found)
        size += sum(one.size for one in page.found)
        lost = max(lost, page.lostNumber)
        isRead = isRead and not page.unreadable
        isMore = page.last is not None
        before = None if page.last is None else page.last[1]
    now = clock.seconds()
    kept = [Kept(one.event, one.source, one.number, one.size, now) for one in reversed(found)]
    # What went because it was old has a lower number than all that is there.
    return Restored(kept, isRead, lost)
