"""How soon both ends of a stream hear of a machine that vanished: what is set on their real sockets."""

import socket
from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor as installed  # noqa: TID251 (trial's, for real sockets)
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from gma_twisted.events import EventEngine
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Terms
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.listener import LineListener
from gma_twisted.streams.plane import TCPLinePlane
from gma_twisted.streams.sink import LinePeer
from gma_twisted.timing import Backoff, NodeClock, toDeferred

reactor: Any = installed

_OPTIONS = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")


async def _admitted(url: DataUrl, caller: Caller) -> str:
    return ""


async def _take(events: Sequence[Event], peer: LinePeer) -> None:
    pass


class KeepAliveTests(TestCase):
    """A producer that sends lines to a listener, both in this process."""

    timeout = 60

    async def test_bothEnds(self) -> None:
        """Both ask after 15 s of silence, every 5 s, and give the connection up at the third silence."""
        if not all(hasattr(socket, name) for name in _OPTIONS):
            self.skipTest("this platform does not let a connection have its own times")
        clock = NodeClock(reactor)
        listener = LineListener(_take, clock)
        listening = reactor.listenTCP(0, listener, interface="127.0.0.1")
        port = listening.getHost().port
        plane = TCPLinePlane(
            lambda host, port: TCP4ClientEndpoint(reactor, host, port),
            _admitted,
            clock,
            lambda: 0.5,
            StreamLimits(closingSeconds=0.5),
            Backoff(0.05, 0.1),
        )
        engine = EventEngine(clock, [plane], lambda: 0.5)

        async def stop() -> None:
            await engine.stop()
            await listening.stopListening()
            await listener.stop()

        self.addCleanup(lambda: toDeferred(stop()))
        terms = Terms(Event("load"), f"x-netlog://127.0.0.1:{port}")
        await engine.check(terms, OURSELVES)
        engine.subscribe(terms, 1, self.fail).begin()
        while not (plane.counts.connections and len(listener)):
            await deferLater(reactor, 0.01)
        connections: list[Any] = list(filter(ITCPTransport.providedBy, reactor.getReaders()))
        ends = [
            one.getHandle()
            for one in connections
            if port in (one.getHost().port, one.getPeer().port)
        ]
        self.assertEqual(len(ends), 2)
        for end in ends:
            self.assertTrue(end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
            times = [end.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in _OPTIONS]
            self.assertEqual(times, [15, 5, 3])
