"""The sinks of a service, one for each life of a session: services that are only rows (WIRE 1, 3)."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs
from zope.interface import implementer

from gma_twisted.aggregation.counts import InboxCounts
from gma_twisted.errors import ServiceHasTerminated, cut
from gma_twisted.interfaces import INotificationSink, IServiceFamily, IUnreadCounter
from gma_twisted.model import Handle
from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes import NOTIFICATION_SINK

__all__ = ["Sinks"]

S = TypeVar("S", bound=INotificationSink)

_ID_BYTES = 16


@implementer(IServiceFamily, IUnreadCounter)
@attrs.define(slots=True, eq=False)
class Sinks:
    """
    C{<service>/sinks/ID}: whoever knows the 128 random bits may send notices there, for as long as it is open.

    Of an id that is not open nothing is remembered: it counts as over, so that whoever still sends there ends.

    @ivar handle: what stands before the id
    @ivar random: gives so many random bytes
    @ivar counts: of what arrives there
    @ivar path: see L{IServiceFamily}
    @ivar portTypes: see L{IServiceFamily}
    """

    handle: Handle
    random: Callable[[int], bytes]
    counts: InboxCounts = attrs.field(factory=InboxCounts)
    path: str = attrs.field(init=False)
    portTypes: Sequence[PortType] = attrs.field(default=(NOTIFICATION_SINK,), init=False)
    _open: dict[str, INotificationSink] = attrs.field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.path = self.handle.path

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def open(self, make: Callable[[Handle], S]) -> S:
        """
        Open one.

        @param make: given its handle, makes what answers there
        @return: what was made
        """
        id = self.random(_ID_BYTES).hex()
        made = self._open[id] = make(self.handle.child(id))
        return made

    def close(self, sink: Handle) -> None:
        """Nobody answers there any more."""
        self._open.pop(sink.url.rpartition("/")[2], None)

    def role(self, id: str) -> INotificationSink:
        """See L{IServiceFamily}. @raise ServiceHasTerminated: it is not open"""
        sink = self._open.get(id)
        if sink is None:
            self.counts.unknown += 1
            raise ServiceHasTerminated(f"no notices are taken at {self.path}/{cut(id, 60)}")
        return sink

    def owner(self, id: str) -> str | None:
        """See L{IServiceFamily}: nobody's, and nobody moves its end."""
        self.role(id)
        return None

    def unread(self, id: str) -> None:
        """See L{IUnreadCounter}: it may have been a notice, or an attempt at one."""
        if id in self._open:
            self.counts.failed += 1
        else:
            self.counts.unknown += 1
