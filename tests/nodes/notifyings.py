"""Notification for the tests of this room: what a service needs of it, and a sink that keeps what it hears."""

from collections.abc import Awaitable

import attrs
from twisted.web.resource import Resource
from zope.interface import implementer

from gma_twisted.configuration import LimitsSection, NotifySection
from gma_twisted.interfaces import INotificationSink
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import OURSELVES, Caller, Delivery, Expression, Handle
from gma_twisted.nodes.notifying import Notifying
from gma_twisted.nodes.storage import NoStorage
from gma_twisted.notify.deliverer import Deliverer
from gma_twisted.security import AllowAll, Anonymous, NoAudit, SinkPins
from gma_twisted.soap.notices import ReceivedNotice, readNotice
from gma_twisted.soap.porttypes import NOTIFICATION_SINK
from gma_twisted.timing import NodeClock, Ready
from gma_twisted.transport import Exchange, GateFactory, QuietSite, Service
from gma_twisted.transport.memory import MemoryNetwork
from tests.notify.sinks import Network

__all__ = ["Ear", "notifyingOf"]


def notifyingOf(exchange: Exchange, clock: NodeClock) -> Notifying:
    """Notification that keeps nothing, at services of an Exchange; everybody may name every sink, which all listen."""

    def admit(sink: Handle, caller: Caller) -> Awaitable[str]:
        return Ready("")

    deliverer = Deliverer(Network(), clock, lambda: 0.5)
    return Notifying(
        exchange,
        clock,
        deliverer,
        1,
        admit,
        SinkPins(),
        NoStorage(),
        NotifySection(),
        LimitsSection(),
    )


@implementer(INotificationSink)
@attrs.define(eq=False)
class Ear:
    """
    A sink.

    @ivar heard: header and content of every notice, in order
    """

    heard: list[tuple[Delivery, ReceivedNotice]] = attrs.field(factory=list)

    def deliverNotification(
        self, message: Expression, caller: Caller = OURSELVES
    ) -> Awaitable[None]:
        """Keep it."""
        assert caller.delivery is not None
        self.heard.append((caller.delivery, message.read(readNotice)))
        return Ready(None)

    def listen(self, network: MemoryNetwork, host: str, page: Resource | None = None) -> Handle:
        """
        Hear at port 80 of a host.

        @param page: answers GET
        @return: its handle
        """
        handle = Handle(f"http://{host}/services/ear")
        clock = network.clock
        exchange = Exchange(clock, AllowAll(), Anonymous(), NoAudit(), DEFAULT_LIMITS)
        exchange.publish(Service(handle.path, handle, self, [NOTIFICATION_SINK]))
        network.listen(host, 80, GateFactory(clock, exchange, QuietSite(page or Resource())))
        return handle
