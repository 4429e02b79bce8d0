"""What is asked of a producer: who is told of it, and when."""

import math
from collections.abc import Awaitable, Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.errors import ParameterError, ServiceError
from gma_twisted.interfaces.eventdemand import IEventDemand
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.roles import ProducerPart, ProducerServer, PublishingProducer, producerRole
from gma_twisted.timing import Ready, toDeferred
from tests.roles.gma import ALICE, URL, GMAStand, event

ANY = math.inf


class Told(PublishingProducer):
    """Keeps what it is told of demand."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float | None]] = []
        self.answer: Any = None

    def doDemand(self, name: str, rate: float | None) -> Any:
        """Keep it."""
        self.told.append((name, rate))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@implementer(IEventDemand)
class Sensors:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, float]] = []
        self.waited: Deferred[None] | None = None

    def begun(self, name: str, rate: float) -> None:
        """See L{IEventDemand}."""
        self.told.append(("begun", name, rate))

    def ended(self, name: str, rate: float) -> None:
        """See L{IEventDemand}."""
        self.told.append(("ended", name, rate))

    def asked(self, name: str) -> Awaitable[object] | None:
        """See L{IEventDemand}."""
        return self.waited

    def expected(self, name: str, rate: float) -> Mapping[str, float | None]:
        """See L{IEventDemand}."""
        return {name: rate}


class Agreeing:
    """Takes every offer."""

    def subscribe(self, *_: object) -> Awaitable[tuple[int, str, str, float]]:
        """As a consumer does."""
        return Ready((1, URL, "", 60.0))

    def unsubscribe(self, consumerId: int) -> Awaitable[int]:
        """As a consumer does."""
        return Ready(consumerId)


class DemandedCase(GMAStand):
    """A producer."""

    def setUp(self) -> None:
        """Its sensors."""
        super().setUp()
        self.sensors = Sensors()

    def serve(self, server: ProducerServer) -> ProducerPart:
        """Serve one."""
        made = producerRole(
            server,
            self.engine,
            self.place,
            lambda _: Ready(Agreeing()),  # type: ignore[arg-type]
            demand=self.sensors,
        )
        part: ProducerPart = self.ended(made)
        return part

    def subscribe(
        self, part: ProducerPart, name: str, rate: float | None = None, lease: float = 60.0
    ) -> int:
        """Subscribe. @return: the producer's id"""
        work = part.role.subscribe(event(name), None, URL, None, 7, lease, None, rate, caller=ALICE)
        id: int = self.result(work)[0]
        return id


class ServerTests(DemandedCase, SynchronousTestCase):
    """What the server hears, and may ask."""

    def setUp(self) -> None:
        """One that keeps it."""
        super().setUp()
        self.server = Told()
        self.part = self.serve(self.server)

    def test_told(self) -> None:
        """It is told the most that somebody asks for of a name whenever that changes, and when nobody does."""
        slow = self.subscribe(self.part, "cpu.*", 1.0)
        fast = self.subscribe(self.part, "cpu.*", 5.0)
        self.subscribe(self.part, "cpu.*", 2.0)
        every = self.subscribe(self.part, "disk")
        for id in (fast, slow, every):
            self.result(self.part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(
            self.server.told,
            [("cpu.*", 1.0), ("cpu.*", 5.0), ("disk", ANY), ("cpu.*", 2.0), ("disk", None)],
        )

    def test_modified(self) -> None:
        """Another rate limit is told; in between nobody is told that nobody asks."""
        id = self.subscribe(self.part, "cpu", 1.0)
        self.result(self.part.role.modify(id, None, 3.0, None, caller=ALICE))
        self.assertEqual(self.server.told, [("cpu", 1.0), ("cpu", 3.0)])

    def test_lease(self) -> None:
        """The end of a lease is an end."""
        self.subscribe(self.part, "cpu", lease=30.0)
        self.time.advance(31.0)
        self.assertEqual(self.server.told, [("cpu", ANY), ("cpu", None)])

    def test_refused(self) -> None:
        """What was never agreed to is not told."""
        work = self.part.role.subscribe(
            event("cpu"), None, "http://forbidden/", None, 7, None, None, None, caller=ALICE
        )
        self.failureResultOf(toDeferred(work), ParameterError)
        self.assertEqual(self.server.told, [])

    def test_wanted(self) -> None:
        """It may ask, by the name of an event, what templates ask for."""
        self.assertIsNone(self.server.wanted("cpu.load"))
        self.subscribe(self.part, "cpu.*", 1.0)
        id = self.subscribe(self.part, "cpu.load", 5.0)
        self.assertEqual(self.server.wanted("cpu.load"), 5.0)
        self.assertEqual(self.server.wanted("cpu.idle"), 1.0)
        self.assertIsNone(self.server.wanted("disk"))
        self.result(self.part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(self.server.wanted("cpu.load"), 1.0)
        self.assertRaises(ServiceError, ProducerServer().wanted, "cpu")

    def test_offer(self) -> None:
        """What a consumer agreed to counts like a subscription, until its end."""
        offer = self.result(self.server.offer("http://c/", event("cpu"), rateLimit=2.0))
        self.assertEqual(self.server.told, [("cpu", 2.0)])
        self.result(offer.end())
        self.assertEqual(self.server.told, [("cpu", 2.0), ("cpu", None)])

    def test_oneAtATime(self) -> None:
        """While it is being told nothing more is; then it hears how things are, not how they were."""
        waited: Deferred[None] = Deferred()
        self.server.answer = waited
        id = self.subscribe(self.part, "cpu", 1.0)
        for rate in (2.0, 3.0, 4.0):
            self.result(self.part.role.modify(id, None, rate, None, caller=ALICE))
        gone = self.subscribe(self.part, "disk")
        self.result(self.part.role.unsubscribe(gone, caller=ALICE))
        self.assertEqual(self.server.told, [("cpu", 1.0)])
        self.server.answer = None
        waited.callback(None)
        self.assertEqual(self.server.told, [("cpu", 1.0), ("cpu", 4.0)])

    def test_failing(self) -> None:
        """One that fails is told of the next change all the same, and the subscription is made."""
        self.server.answer = ParameterError("no such sensor")
        with capturedLogs() as logs:
            id = self.subscribe(self.part, "cpu", 1.0)
        self.assertIn("no such sensor", "".join(str(formatEvent(one)) for one in logs))
        self.result(self.part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(self.server.told, [("cpu", 1.0), ("cpu", None)])

    def test_hanging(self) -> None:
        """One that never answers is given up after half a minute."""
        self.server.answer = Deferred()
        id = self.subscribe(self.part, "cpu", 1.0, lease=100.0)
        self.server.answer = None
        self.result(self.part.role.modify(id, None, 2.0, None, caller=ALICE))
        self.time.advance(29.0)
        self.assertEqual(self.server.told, [("cpu", 1.0)])
        self.time.advance(2.0)
        self.assertEqual(self.server.told, [("cpu", 1.0), ("cpu", 2.0)])

    def test_stopped(self) -> None:
        """At the end it hears that nobody asks any more, while it is served."""
        self.subscribe(self.part, "cpu")
        self.result(self.part.stop())
        self.assertEqual(self.server.told[-1], ("cpu", None))


class SensorsTests(DemandedCase, SynchronousTestCase):
    """What those hear who run sensors for it."""

    def test_told(self) -> None:
        """Of each subscription, with the new terms before the old ones end."""
        part = self.serve(PublishingProducer())
        id = self.subscribe(part, "cpu", 1.0)
        self.result(part.role.modify(id, None, 3.0, None, caller=ALICE))
        self.result(part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(
            self.sensors.told,
            [
                ("begun", "cpu", 1.0),
                ("begun", "cpu", 3.0),
                ("ended", "cpu", 1.0),
                ("ended", "cpu", 3.0),
            ],
        )

    def test_query(self) -> None:
        """A query waits until they have run."""
        part = self.serve(PublishingProducer())
        waited = self.sensors.waited = Deferred()
        asked = toDeferred(part.role.query(event(), None, "latest", None, None, None))
        self.assertNoResult(asked)
        self.assertEqual(self.engine.queries, [])
        waited.callback(None)
        self.assertEqual(len(self.successResultOf(asked).events), 1)


class EstimateTests(DemandedCase, SynchronousTestCase):
    """Dry runs."""

    def test_engine(self) -> None:
        """A producer of what is published answers from its engine, which hears what sensors would do."""
        part = self.serve(PublishingProducer())
        self.assertIn("estimate", part.features.features)
        found = self.result(part.role.estimate(event("cpu"), None, "bp", 2.0, caller=ALICE))
        self.assertEqual(found.eventsPerSecond, 2.0)
        self.result(part.role.estimate(event("cpu"), None, None, None))
        self.assertEqual(
            self.engine.estimates,
            [("cpu", None, "bp", 2.0, {"cpu": 2.0}), ("cpu", None, None, None, {"cpu": ANY})],
        )
        self.assertEqual((self.sensors.told, self.engine.feeds), ([], []))

    def test_own(self) -> None:
        """One of its own is asked with what it takes, and gives an Estimate."""

        class Own(ProducerServer):
            result: Any = Estimate(1.0, 10.0, "I know", 0.0, 0)

            async def doEstimate(self, event: Event, rateLimit: float | None) -> Any:
                return self.result if rateLimit == 3.0 else None

        part = self.serve(Own())
        self.assertIn("estimate", part.features.features)
        found = self.result(part.role.estimate(event("cpu"), None, None, 3.0, caller=ALICE))
        self.assertEqual(found.basis, "I know")
        with capturedLogs():
            self.failureResultOf(
                toDeferred(part.role.estimate(event("cpu"), None, None, None)), ServiceError
            )
        self.flushLoggedErrors(TypeError)

    def test_refused(self) -> None:
        """A rate limit of nothing is none."""
        part = self.serve(PublishingProducer())
        for rate in (0.0, -1.0, math.nan):
            self.failureResultOf(
                toDeferred(part.role.estimate(event("cpu"), None, None, rate)), ParameterError
            )

    def test_none(self) -> None:
        """Without a method there is none."""
        part = self.serve(ProducerServer())
        self.assertNotIn("estimate", part.features.features)
        self.assertFalse(hasattr(part.role, "estimate"))
