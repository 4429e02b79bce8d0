"""Proxies of producers over real sockets: in the reactor, and in threads that have none."""

from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as _reactor  # noqa: TID251
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from gma_twisted.client.gma import ProducerProxy
from gma_twisted.errors import (
    NotImplementedException,
    ParameterError,
    PeerFault,
    PeerUnreachable,
    ServiceError,
)
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Handle
from gma_twisted.model.event import Event
from gma_twisted.pygma import producer as pygma
from gma_twisted.security import AllowAll, Anonymous, NoAudit
from gma_twisted.soap.porttypes.gma import PRODUCER
from gma_twisted.timing import NodeClock, Ready, toDeferred
from gma_twisted.transport import DEFAULT_GATE_LIMITS, Exchange, GateFactory, QuietSite, Service
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.dialing import dialer
from tests.client.gmapeer import BAD, Peer

reactor: Any = _reactor
_PATH = "/services/producer"


class _Role:
    """A peer as the role of a service."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._peer, name)

        def answer(caller: object = None, **arguments: Any) -> Any:
            return Ready(method(**arguments))

        return answer


class ProxyCase(TestCase):
    """A producer at a port of 127.0.0.1."""

    timeout = 60

    def setUp(self) -> None:
        """Listen."""
        self.clock = NodeClock(reactor)
        self.peer = Peer()
        self.port = 0
        self.listen()
        self.port = self.listening.getHost().port
        self.url = f"http://127.0.0.1:{self.port}"
        self.addCleanup(self.close)
        self.caller = PooledCaller(self.clock, dialer(reactor))
        self.addCleanup(lambda: toDeferred(self.caller.close()))

    def listen(self) -> None:
        """Answer at the port, from now on."""
        exchange = Exchange(self.clock, AllowAll(), Anonymous(), NoAudit(), DEFAULT_LIMITS)
        handle = Handle(f"http://127.0.0.1:{self.port or 1}{_PATH}")
        exchange.publish(Service(_PATH, handle, _Role(self.peer), [PRODUCER]))
        self.factory = GateFactory(self.clock, exchange, QuietSite(Resource()), DEFAULT_GATE_LIMITS)
        self.listening: Any = reactor.listenTCP(self.port, self.factory, interface="127.0.0.1")

    def close(self) -> "Deferred[None]":
        """Answer no more, and end what is open."""
        for gate in list(self.factory.listener.gates):
            gate.transport.abortConnection()
        ended: Deferred[None] = maybeDeferred(self.listening.stopListening)
        return ended

    async def fails(self, kind: type[Exception], work: Any) -> str:
        """The message of the error something must end with."""
        try:
            await work
        except kind as error:
            return str(error)
        raise self.failureException(f"no {kind.__name__}")


class NativeTests(ProxyCase):
    """gma_twisted.client.gma in the reactor."""

    async def test_dead(self) -> None:
        """A dead port is told at once, by a message with host and port; so is a path where nothing is."""
        await self.close()
        why = await self.fails(PeerUnreachable, ProducerProxy.connect(self.url, self.caller))
        self.assertEqual(why, f"no connection to 127.0.0.1:{self.port}: Connection refused")
        self.listen()
        elsewhere = f"{self.url}/services/elsewhere"
        why = await self.fails(PeerFault, ProducerProxy.connect(elsewhere, self.caller))
        self.assertIn(elsewhere, why)

    async def test_restarted(self) -> None:
        """A server that was restarted at its port is another instance; what the one before knew is a wrong id."""
        proxy = await ProducerProxy.connect(self.url, self.caller)
        _, producerId = await proxy.subscribe("App", "http://127.0.0.1:1/")
        self.assertEqual(producerId, 77)
        await self.close()
        await self.fails(PeerUnreachable, proxy.query("App"))
        self.peer.instance = "two"
        self.peer.results["unsubscribe"] = BAD
        self.listen()
        why = await self.fails(ParameterError, proxy.unsubscribe(producerId))
        self.assertEqual(why, "Bad id 77")
        self.assertEqual((proxy.instanceId, proxy.restarts), ("two", 1))


class BlockingTests(ProxyCase):
    """gma_twisted.pygma in a thread."""

    def connect(self) -> pygma.ProducerProxy:
        """As a program does it."""
        return pygma.ProducerProxy(host="localhost", port=self.port, timeout=20.0)

    async def test_calls(self) -> None:
        """It connects, subscribes, and hears what the server raises."""

        def program() -> tuple[int, int]:
            proxy = self.connect()
            self.assertEqual(proxy.url, f"http://localhost:{self.port}{_PATH}")
            self.assertTrue(proxy.supports("query"))
            event = Event("App")
            (sid, sid2) = proxy.subscribe(event, "x-netlog://foo.bar.gov")
            self.peer.results["unsubscribe"] = BAD
            error = self.assertRaises(pygma.core.ParameterError, proxy.unsubscribe, 5)
            self.assertEqual(error.message, "Bad id 5")
            self.assertRaises(NotImplementedException, proxy.pause, sid2)
            self.assertEqual(proxy.query(event).events[0].name, "a")
            self.peer.instance = "two"
            self.assertTrue(proxy.refresh())
            self.assertEqual((proxy.restarts, proxy.features.instanceId), (1, "two"))
            self.assertEqual(str(proxy.ping()), "2026-11-22T19:00:00.123456789Z")
            return sid, sid2

        sid, sid2 = await deferToThread(program)
        (asked,) = (arguments for name, arguments in self.peer.calls if name == "subscribe")
        self.assertEqual((asked["callerId"], 77), (sid, sid2))
        self.assertEqual(asked["dataUrl"], "x-netlog://foo.bar.gov")

    async def test_dead(self) -> None:
        """A dead port is told when the proxy is made."""
        await self.close()
        why = await self.fails(PeerUnreachable, deferToThread(self.connect))
        self.assertIn(f"http://localhost:{self.port}{_PATH} cannot be reached: ", why)
        self.listen()

    async def test_inReactor(self) -> None:
        """In the thread of the reactor it is refused at once, by a sentence that says what to do."""
        proxy = await deferToThread(self.connect)
        error = self.assertRaises(ServiceError, self.connect)
        self.assertIn("gma_twisted.client.gma", error.cure)
        self.assertRaises(ServiceError, proxy.query, "App")
        self.assertRaises(ServiceError, proxy.ping)
        self.assertEqual(self.peer.names, ["getFeatures"])
