"""What every producer and consumer promises, as tests the author of a ProducerServer or ConsumerServer runs."""

from collections.abc import Awaitable, Sequence
from itertools import count

import attrs
from twisted.python.failure import Failure
from zope.interface import implementer

from gma_twisted.errors import NotImplementedException, ParameterError
from gma_twisted.events import EventEngine
from gma_twisted.interfaces.gma import IDataPlane, IEventChannel
from gma_twisted.model import Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Terms
from gma_twisted.roles import (
    ConsumerPart,
    ConsumerServer,
    ProducerPart,
    ProducerServer,
    RolePlace,
    consumerRole,
    producerRole,
)
from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes.gma import CONSUMER, PRODUCER
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.testing.roles import RoleContract
from gma_twisted.timing import Ready
from gma_twisted.transport import Service

__all__ = ["ConsumerContract", "ProducerContract", "RecordingPlane", "SentEvents"]

_OTHER = Caller("somebody else", "127.0.0.2")
# Longer than any lease that was asked for.
_LONG = 100_000.0
_FRAMEWORKS = ("getFeatures", "ping", "renew", "modify", "pause", "resume", "estimate")


@attrs.frozen(slots=True, eq=False)
class SentEvents:
    """
    One notification.

    @ivar url: where it went
    @ivar callerId: number of the subscription, as its caller calls it
    @ivar sequence: number of the first event
    @ivar missed: how many were left out before
    """

    url: str
    callerId: int
    events: Sequence[Event]
    sequence: int
    missed: int


@implementer(IDataPlane)
class RecordingPlane:
    """
    A way for events that ends here.

    @ivar sent: what went it
    """

    schemes: Sequence[str] = ("http",)
    encodings: Sequence[str] = ("xml",)

    def __init__(self) -> None:
        """Nothing went yet."""
        self.sent: list[SentEvents] = []

    def check(self, url: str, encoding: str | None, caller: Caller) -> Awaitable[None]:
        """See L{IDataPlane}."""
        return Ready(None)

    def open(self, terms: Terms, callerId: int) -> IEventChannel:
        """See L{IDataPlane}."""
        return _Recording(self.sent, terms.dataUrl, callerId)


@implementer(IEventChannel)
@attrs.frozen(slots=True, eq=False)
class _Recording:
    sent: list[SentEvents]
    url: str
    callerId: int

    def send(self, events: Sequence[Event], sequence: int, missed: int) -> Awaitable[None]:
        self.sent.append(SentEvents(self.url, self.callerId, tuple(events), sequence, missed))
        return Ready(None)

    def close(self) -> Awaitable[None]:
        return Ready(None)


class _ServerContract(RoleContract, ClockStand):
    """What is the same for both."""

    _methods: frozenset[str]

    def _serve(self) -> ProducerPart | ConsumerPart:
        raise NotImplementedError

    def makePlace(self) -> RolePlace:
        """Where a server lives: ids it gives are 1, 2, 3 and so on."""
        path = "http://127.0.0.1:8490/services/contract"
        return RolePlace(path, "contract", self.clock, count(1).__next__)

    def makeRole(self) -> object:
        """A server that is served, until the test ends."""
        return self._started().role

    def test_contractInterfaces(self) -> None:
        """It has a method for an operation, or none; none of them is misspelt."""
        server = self._server()
        names = {name for name in dir(server) if name.startswith("do") and name[2:3].isupper()}
        wrong = sorted(names - self._methods)
        if wrong:
            self.fail(
                f"nobody calls {', '.join(wrong)}; there are {', '.join(sorted(self._methods))}"
            )

    def test_contractComplete(self) -> None:
        """Every operation that it implements has a call here; the others raise NotImplementedException."""
        part = self._started()
        service = self._serviceOf(part.role)
        known = {name for name, _ in (*self.goodCalls(), *self.badCalls())}
        there = set(part.features.features)
        for operation in service.selection.operations:
            name = operation.name
            if name in known or (name in _FRAMEWORKS and name in there):
                continue
            value = self._given(service, operation, {one.name: None for one in operation.request})
            if not (isinstance(value, Failure) and value.check(NotImplementedException)):
                self.fail(f"{name} has no call: give one in goodCalls or badCalls")

    def test_contractFeatures(self) -> None:
        """Its features can be told, and name the operations that are answered."""
        role = self._started().role
        service = self._serviceOf(role)
        features = self.ask(service, "getFeatures", {})
        if isinstance(features, Failure):
            self.fail(f"its features cannot be told: {features.getErrorMessage()}")
        self._checkAnswer(service, "getFeatures", features)
        for operation in service.selection.operations:
            self.assertEqual(operation.name in features.features, hasattr(role, operation.name))

    def test_contractLeases(self) -> None:
        """Subscriptions end with their leases, and it hears of that without failing."""
        part = self._started()
        service = self._serviceOf(part.role)
        if not self._subscribed(service):
            return
        for _ in range(3):
            self.time.advance(_LONG)
        self.assertEqual(part.counts()["subscriptions"], 0)

    def test_contractIds(self) -> None:
        """A subscription is ended once, and by its owner alone; otherwise its id is a bad one."""
        service = self._serviceOf(self._started().role)
        bound = service.bound["unsubscribe"]
        if not hasattr(service.role, "unsubscribe"):
            return
        name = bound.operation.request[0].name
        for id in self._subscribed(service):

            async def another(id: int = id) -> object:
                return await bound.method(**{name: id}, caller=_OTHER)

            refused = self._endOf("unsubscribe", another())
            self.assertTrue(isinstance(refused, Failure) and refused.check(ParameterError))
            self.assertEqual(self.ask(service, "unsubscribe", {name: id}), id)
            refused = self.ask(service, "unsubscribe", {name: id})
            self.assertTrue(isinstance(refused, Failure) and refused.check(ParameterError))

    def test_contractStops(self) -> None:
        """It stops with subscriptions; no timer is left."""
        part = self._serve()
        self.result(part.start())
        self._subscribed(self._serviceOf(part.role))
        self.result(part.stop())
        # What the engine has left ends with its turn.
        self.time.advance(0.0)
        left = self.time.getDelayedCalls()
        self.assertEqual(left, [], "timers run on after stop")

    def _server(self) -> object:
        raise NotImplementedError

    def _started(self) -> ProducerPart | ConsumerPart:
        part = self._serve()
        self.result(part.start())
        self.addCleanup(lambda: self.result(part.stop()))
        return part

    def _subscribed(self, service: Service) -> Sequence[int]:
        """Make the good calls of subscribe. @return: ids"""
        ids = []
        for name, arguments in self.goodCalls():
            if name == "subscribe":
                value = self.ask(service, name, arguments)
                if isinstance(value, Failure):
                    self.fail(f"subscribe is a good call, and raised {value.getErrorMessage()}")
                ids.append(value[0])
        return ids


class ProducerContract(_ServerContract):
    """
    Mix into a C{SynchronousTestCase} that has L{makeServer} and C{goodCalls}, see L{RoleContract}.

    Ids of subscriptions are 1, 2, 3 and so on, in the order they are made. What the framework does, renewing, pausing
    and estimating, needs no calls.

    @ivar plane: where events go that are published: its C{sent} has them
    """

    _methods = frozenset(
        (
            *("doQuery", "doSubscribe", "doUnsubscribe", "doModify", "doPause", "doResume"),
            *("doEstimate", "doDemand"),
        )
    )

    def setUp(self) -> None:
        """Begin at instant 0, with nothing sent."""
        super().setUp()
        self.plane = RecordingPlane()

    def makeServer(self) -> ProducerServer:
        """A new server."""
        raise NotImplementedError("write makeServer: it returns a new ProducerServer")

    def serve(self, server: ProducerServer) -> ProducerPart:
        """Serve one, with an engine that sends to C{plane}; not started."""
        engine = EventEngine(self.clock, [self.plane], lambda: 0.5)
        self.addCleanup(lambda: self.result(engine.stop()))
        return producerRole(server, engine, self.makePlace())

    def portTypes(self) -> Sequence[PortType]:
        """That of producers."""
        return [PRODUCER]

    def _server(self) -> ProducerServer:
        return self.makeServer()

    def _serve(self) -> ProducerPart:
        return self.serve(self.makeServer())


class ConsumerContract(_ServerContract):
    """
    Mix into a C{SynchronousTestCase} that has L{makeServer} and C{goodCalls}, see L{RoleContract}.

    Ids of subscriptions are 1, 2, 3 and so on, in the order they are made.
    """

    _methods = frozenset(("doNotify", "doSubscribe", "doUnsubscribe", "doQuery"))

    def makeServer(self) -> ConsumerServer:
        """A new server."""
        raise NotImplementedError("write makeServer: it returns a new ConsumerServer")

    def serve(self, server: ConsumerServer) -> ConsumerPart:
        """Serve one; not started."""
        return consumerRole(server, self.makePlace())

    def portTypes(self) -> Sequence[PortType]:
        """That of consumers."""
        return [CONSUMER]

    def _server(self) -> ConsumerServer:
        return self.makeServer()

    def _serve(self) -> ConsumerPart:
        return self.serve(self.makeServer())
