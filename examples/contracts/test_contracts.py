"""How a store, a query language and a transport are proved: by example, those of the package itself."""

from collections.abc import Awaitable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import Resource

from gma_twisted.errors import ParameterError, PeerError
from gma_twisted.interfaces import (
    ICaller,
    IQueryLanguage,
    IRegistryStore,
    IServiceDataStore,
    ISubscriptionStore,
    Reply,
)
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import Declare, Handle, QName
from gma_twisted.model.event import Event, EventField
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.providers.prometheus import PrometheusScrapeProvider
from gma_twisted.queries import NameQueries
from gma_twisted.roles import ConsumerServer, PermanentService, ProducerServer
from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.registry import RegistryStore
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.testing import (
    Calls,
    ConsumerContract,
    GridIndex,
    MemoryGrid,
    ProducerContract,
    ProviderContract,
    QueryLanguageContract,
    RegistryStoreContract,
    RoleContract,
    ScriptedExchange,
    ScriptedFetcher,
    StoreContract,
    SubscriptionStoreContract,
    TransportContract,
)
from gma_twisted.timing import NodeClock, Ready, toDeferred
from gma_twisted.transport import GateFactory, QuietSite
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.limits import CallerLimits
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork

_NAME = QName("urn:example:contracts", "Load")


class PageTests(ProviderContract, TestCase):
    """A provider that reads a page of another server: the test says what is on it."""

    def makeProvider(self) -> PrometheusScrapeProvider:
        url = "http://host:9100/metrics"
        clock = NodeClock(Clock())
        fetcher = ScriptedFetcher({url: b"load 0.5\n"})
        runtime = ProviderRuntime(clock, ProgramRunner(Clock(), clock), fetcher)
        return PrometheusScrapeProvider(url, runtime=runtime)


class StoreTests(StoreContract, SynchronousTestCase):
    """A store of service data."""

    def makeStore(self, clock: NodeClock) -> IServiceDataStore:
        return MemoryStore(clock)


class RegistryStoreTests(RegistryStoreContract, SynchronousTestCase):
    """A store of registrations; RegistryRestartContract adds what survives a process."""

    def makeStore(self, clock: NodeClock) -> IRegistryStore:
        return RegistryStore(clock)


class SubscriptionStoreTests(SubscriptionStoreContract, SynchronousTestCase):
    """A store of subscriptions; SubscriptionRestartContract adds what survives a process."""

    def makeStore(self, clock: NodeClock) -> ISubscriptionStore:
        return SubscriptionStore(clock)


def asking(name: str) -> bytes:
    """A query by name."""
    return (
        f'<ogsi:queryByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:e="urn:example:contracts">'
        f"<ogsi:name>{name}</ogsi:name></ogsi:queryByServiceDataNames>"
    ).encode()


class Door(ProducerServer):
    """A door that is opened and shut: who asks hears how it stands, who subscribes whenever it moves."""

    def __init__(self) -> None:
        self.isOpen = False

    def move(self, isOpen: bool) -> None:
        self.isOpen = isOpen
        self.publish(self._event())

    def doQuery(self, event: Event, **kw: Any) -> list[Event]:
        return [self._event()]

    def doSubscribe(self, event: Event, url: str, sId: int, **kw: Any) -> None:
        if event.name != "door":
            raise ParameterError(f'there is no "{event.name}" here, only "door"')

    def doUnsubscribe(self, sid: int) -> None:
        pass

    def _event(self) -> Event:
        event = Event("door")
        event.add(EventField("open", self.isOpen))
        return event


class DoorTests(ProducerContract, SynchronousTestCase):
    """A producer: what it is asked, what it refuses, and what its subscribers are sent."""

    def makeServer(self) -> Door:
        return Door()

    def goodCalls(self) -> Calls:
        return [
            ("query", {"template": Event("door"), "mode": "latest"}),
            ("subscribe", {"template": Event("door"), "dataUrl": "http://c/", "callerId": 7}),
            ("unsubscribe", {"producerId": 1}),
        ]

    def badCalls(self) -> Calls:
        return [
            ("subscribe", {"template": Event("gate"), "dataUrl": "http://c/", "callerId": 7}),
            ("unsubscribe", {"producerId": 99}),
        ]

    def test_moved(self) -> None:
        """Who subscribed hears when it is opened."""
        door = Door()
        part = self.serve(door)
        template = Event("door")
        self.result(part.role.subscribe(template, None, "http://c/", None, 7, None, None, None))
        door.move(True)
        (sent,) = self.plane.sent
        self.assertEqual((sent.callerId, sent.events[0].get("open")), (7, True))


class Counter(ConsumerServer):
    """Counts what comes; producers may offer what they have."""

    def __init__(self) -> None:
        self.count = 0

    def doNotify(self, events: Sequence[Event], **kw: Any) -> None:
        self.count += len(events)

    def doSubscribe(self, event: Event, sId: int, **kw: Any) -> None:
        pass

    def doUnsubscribe(self, sid: int) -> None:
        pass


class CounterTests(ConsumerContract, SynchronousTestCase):
    """A consumer; doQuery is not there, so its operation must not be either."""

    def makeServer(self) -> Counter:
        return Counter()

    def goodCalls(self) -> Calls:
        return [
            ("subscribe", {"template": Event("door"), "callerId": 7}),
            ("notify", {"callerId": 7, "sequence": 1, "event": [Event("door")]}),
            ("unsubscribe", {"consumerId": 1}),
        ]

    def badCalls(self) -> Calls:
        return [("unsubscribe", {"consumerId": 99})]


class QueryTests(QueryLanguageContract, SynchronousTestCase):
    """A query language, here the one by name."""

    def makeLanguage(self) -> IQueryLanguage:
        clock = NodeClock(Clock(), lambda: 1.7e9)
        store = MemoryStore(clock)
        self.result(store.commit([Declare([_NAME])]))
        return NameQueries(store, clock)

    def goodExpressions(self) -> Sequence[bytes]:
        return [asking("e:Load"), asking("e:*")]

    def badExpressions(self) -> Sequence[bytes]:
        return [asking(""), asking("unknown:Load")]


class RoleTests(RoleContract, SynchronousTestCase):
    """A role, here GridService of a service that lives as long as its node."""

    def makeRole(self) -> PermanentService:
        clock = NodeClock(Clock(), lambda: 1.7e9)
        store = MemoryStore(clock)
        self.successResultOf(toDeferred(store.commit([Declare([_NAME])])))
        return PermanentService([NameQueries(store, clock)])

    def portTypes(self) -> Sequence[PortType]:
        return [GRID_SERVICE]

    def goodCalls(self) -> Calls:
        return [("findServiceData", {"queryExpression": asking("e:Load")})]

    def badCalls(self) -> Calls:
        return [
            ("findServiceData", {"queryExpression": asking("e:Unknown")}),
            ("findServiceData", {"queryExpression": b"<sql/>"}),
            ("setServiceData", {"updateExpression": b"<ogsi:setByServiceDataNames/>"}),
            ("requestTerminationAfter", {"terminationTime": 1.8e9}),
            ("requestTerminationBefore", {"terminationTime": 1.8e9}),
            ("destroy", {}),
        ]


class TransportTests(TransportContract, TestCase):
    """A transport, here the one in memory, on a clock turned by hand."""

    def makeClock(self) -> NodeClock:
        self.time = Clock()
        clock = NodeClock(self.time, lambda: 1.7e9 + self.time.seconds())
        self.network = MemoryNetwork(clock)
        return clock

    def listen(self, factory: GateFactory) -> Awaitable[str]:
        self.network.listen("server", 8480, factory)
        return Ready("http://server:8480")

    def makeCaller(self, limits: CallerLimits) -> ICaller:
        def connect(host: str, port: int, isTLS: bool) -> MemoryEndpoint:
            return MemoryEndpoint(self.network, "client", host, port)

        return PooledCaller(self.clock, connect, limits)

    def drive(self, work: Deferred[None]) -> Deferred[None]:
        while not work.called and self.time.seconds() < 30.0:
            self.time.advance(0.01)
        return work


class ScriptedTests(SynchronousTestCase):
    """A caller against a server that answers as the test says."""

    def test_refused(self) -> None:
        """What the server was asked is there to look at."""
        grid = MemoryGrid()
        user = grid.addNode("user")
        server = ScriptedExchange(lambda request: Ready(Reply(503, b"")))
        grid.listen("server", server, QuietSite(Resource()))
        proxy = user.proxy(Handle("http://server:8480/services/echo"), [GRID_SERVICE])
        self.assertRaises(PeerError, grid.result, proxy.destroy())
        self.assertIn(b"destroy", server.requests[0].body)
        grid.close()


class IndexTests(SynchronousTestCase):
    """Whole nodes that copy each other's service data."""

    def test_copied(self) -> None:
        """What a site says is known in its region, until the site is silent for too long."""
        grid = MemoryGrid(seconds=0.1)
        site = GridIndex(grid, "site", [_NAME])
        region = GridIndex(grid, "region", [_NAME]).follow(site)
        site.start()
        region.start()
        site.say('<Load xmlns="urn:example:contracts">0.5</Load>', good=30.0, grace=15.0)
        grid.advance(5.0)
        self.assertEqual(region.contents(), site.contents())
        site.kill()
        grid.advance(45.0)
        self.assertEqual(region.contents(), frozenset())
        region.stop()
