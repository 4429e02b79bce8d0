"""The node's own way, put together as a node does it: Gate, XML gate, policy, identity, audit, store, queries."""

from typing import Any

from twisted.internet import endpoints
from twisted.web.resource import Resource

from bench.servers.control import portOf
from bench.servers.data import CHANGE_SECONDS
from bench.workload import HOSTS, PATH, hostName, hostXML
from gma_twisted.hosting import StandardServiceData
from gma_twisted.markup import DEFAULT_LIMITS, XMLGate, valueFromTree
from gma_twisted.model import Command, ElementKey, Handle, Lifetime, Put, QName
from gma_twisted.nodes.memory import settleMemory
from gma_twisted.queries import NameQueries
from gma_twisted.roles import PermanentService
from gma_twisted.security import AllowAll, Anonymous, LogAudit
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, installBootClock, spawn
from gma_twisted.transport import Exchange, GateFactory, QuietSite, Service, SOAPResource
from gma_twisted.transport.listening import serverEndpoint

__all__ = [
    "listenAsNode",
    "liveQueries",
    "makeExchange",
    "newExchange",
    "publishIndex",
    "serveGate",
    "serveResource",
    "serviceOver",
]

_HANDLE = Handle("http://127.0.0.1" + PATH)
_GOOD = 60.0
_GRACE = 60.0


class _Providers:
    """Ten values, replaced once a second."""

    def __init__(self, store: MemoryStore, clock: NodeClock) -> None:
        self._store = store
        self._clock = clock
        self._gate = XMLGate()
        self._turn = 0

    async def change(self) -> None:
        self._turn += 1
        commands: list[Command] = []
        for number in range(HOSTS):
            namespace, _, local = hostName(number)[1:].partition("}")
            key = ElementKey(QName(namespace, local), "http://127.0.0.1" + PATH)
            tree = self._gate.parse(hostXML(number, self._turn))
            lifetime = Lifetime.lasting(self._clock.seconds(), _GOOD, _GRACE)
            commands.append(Put(valueFromTree(tree, key, lifetime)))
        await self._store.commit(commands)

    def again(self) -> None:
        spawn(self.change(), "changing the values")
        self._clock.callLater(CHANGE_SECONDS, self.again)


def newExchange(reactor: Any) -> tuple[NodeClock, Exchange]:
    """A node's Exchange with policy, identity and audit, and no service yet."""
    installBootClock(reactor)
    clock = NodeClock(reactor)
    return clock, Exchange(clock, AllowAll(), Anonymous(), LogAudit(), DEFAULT_LIMITS)


def makeExchange(reactor: Any) -> tuple[NodeClock, Exchange]:
    """An Exchange with one service and ten live values behind it."""
    clock, exchange = newExchange(reactor)
    publishIndex(reactor, clock, exchange)
    return clock, exchange


def publishIndex(reactor: Any, clock: NodeClock, exchange: Exchange) -> None:
    """One service with ten live values behind it."""
    exchange.publish(serviceOver(liveQueries(reactor, clock)))


def serviceOver(queries: NameQueries) -> Service:
    """The service that answers them."""
    return Service(PATH, _HANDLE, PermanentService([queries]), [GRID_SERVICE])


def liveQueries(reactor: Any, clock: NodeClock) -> NameQueries:
    """Queries over a store that begins with the reactor: ten live values and the service's standard service data."""
    store = MemoryStore(clock)
    queries = NameQueries(store, clock)
    standard = StandardServiceData(
        store,
        clock,
        _HANDLE,
        [GRID_SERVICE.name],
        queries.dialects,
        GRID_SERVICE.staticValues,
        [declared.name for declared in GRID_SERVICE.serviceData],
    )
    spawn(standard.publish(), "publishing the standard service data")
    providers = _Providers(store, clock)
    reactor.callWhenRunning(providers.again)
    reactor.callWhenRunning(settleMemory)
    reactor.callWhenRunning(lambda: spawn(store.start(), "starting the store"))
    return queries


async def listenAsNode(reactor: Any, clock: NodeClock, exchange: Exchange) -> int:
    """
    Listen as a node does: on Twisted's own TCP, or natively where the reactor runs on uvloop.

    @return: the port
    """
    root = Resource()
    root.putChild(b"services", SOAPResource(exchange))
    factory = GateFactory(clock, exchange, QuietSite(root), address="http://127.0.0.1")
    endpoint = serverEndpoint(reactor, "tcp:0:interface=127.0.0.1")
    return portOf(await endpoint.listen(factory))


async def serveGate(reactor: Any) -> int:
    """The Exchange behind the Gate. @return: the port"""
    return await listenAsNode(reactor, *makeExchange(reactor))


async def serveResource(reactor: Any) -> int:
    """The same Exchange in a plain Site, as an L{SOAPResource}: without the Gate. @return: the port"""
    _, exchange = makeExchange(reactor)
    root = Resource()
    root.putChild(b"services", SOAPResource(exchange))
    endpoint = endpoints.TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    return portOf(await endpoint.listen(QuietSite(root)))
