"""A served producer: which operations it has, ids, leases and owners, and what its methods may be and raise."""

from collections.abc import Awaitable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    NotImplementedException,
    ParameterError,
    Refused,
    ServiceError,
    TooLarge,
)
from gma_twisted.interfaces.events import IEventEngine
from gma_twisted.interfaces.gma import IProducer
from gma_twisted.model import OURSELVES, Caller, Handle
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, gapCursor
from gma_twisted.roles import (
    ProducerPart,
    ProducerServer,
    PublishingProducer,
    RoleLimits,
    producerRole,
)
from gma_twisted.roles.demanded import Demanded
from gma_twisted.roles.methods import UserMethods
from gma_twisted.roles.producerrole import ProducerRole
from gma_twisted.soap.porttypes.gma import PRODUCER
from gma_twisted.timing import Ready, toDeferred
from gma_twisted.transport import Service
from tests.roles.gma import ALICE, BOB, URL, Engine, GMAStand, PyGMAProducer, event


class ProducerStand(GMAStand):
    """A test with a producer."""

    limits = RoleLimits(least=5.0, usual=60.0, most=600.0, held=3, perOwner=2)

    def serve(self, server: ProducerServer) -> ProducerPart:
        """Serve one."""
        part: ProducerPart = self.ended(
            producerRole(server, self.engine, self.place, None, self.limits)
        )
        return part

    def subscribe(
        self,
        part: ProducerPart,
        url: str = URL,
        lease: float | None = None,
        caller: Caller = ALICE,
        callerId: int = 7,
    ) -> tuple[int, float, int]:
        """Subscribe."""
        work = part.role.subscribe(
            event(), None, url, None, callerId, lease, None, None, caller=caller
        )
        result: tuple[int, float, int] = self.result(work)
        return result

    def fails(self, work: Awaitable[Any], *kinds: type[Exception]) -> Exception:
        """What something raises."""
        failure = self.failureResultOf(toDeferred(work), *kinds)
        assert isinstance(failure.value, Exception)
        return failure.value


class ImplementedTests(ProducerStand, SynchronousTestCase):
    """Operations and features follow from the methods."""

    def test_interface(self) -> None:
        """All operations together are an IProducer; so are the fakes what they stand for."""
        server = ProducerServer()
        demanded = Demanded(self.clock, UserMethods(server), None)
        role = ProducerRole(server, self.engine, self.place, self.limits, demanded)
        verifyObject(IProducer, role)
        verifyObject(IEventEngine, Engine())

    def test_nothing(self) -> None:
        """A class with nothing overridden answers NotImplementedException to every operation of its role."""
        part = self.serve(ProducerServer())
        handle = Handle("http://site:8490/services/producer")
        service = Service(handle.path, handle, part.role, [PRODUCER])
        for operation in PRODUCER.operations:
            error = self.assertRaises(NotImplementedException, service.bound[operation.name].method)
            self.assertEqual(str(error), f"/services/producer does not implement {operation.name}")
        self.assertEqual(part.features.features, ("getFeatures", "ping"))
        self.assertEqual((part.features.dataSchemes, part.features.encodings), ((), ()))

    def test_features(self) -> None:
        """Features name what is implemented, and no more."""
        features = self.result(self.serve(PyGMAProducer()).role.getFeatures())
        self.assertEqual(
            features.features,
            (
                *("getFeatures", "modify", "pause", "ping", "renew", "resume"),
                *("subscribe", "unsubscribe"),
            ),
        )
        self.assertEqual(features.instanceId, "life-1")
        self.assertEqual(str(features.startTime), "2023-11-14T22:13:20.000000Z")
        self.assertEqual(features.roles, ("producer",))
        self.assertEqual((features.dataSchemes, features.maxLease), (("http",), 600.0))

    def test_ping(self) -> None:
        """It tells what time it is there."""
        part = self.serve(ProducerServer())
        self.time.advance(1.5)
        now = self.result(part.role.ping())
        self.assertEqual(str(now), "2023-11-14T22:13:21.500000Z")


class SubscribingTests(ProducerStand, SynchronousTestCase):
    """Subscriptions, as pyGMA's sample has them."""

    def test_pyGMA(self) -> None:
        """The sample runs: ids of the framework outside, its own ids inside."""
        server = PyGMAProducer()
        part = self.serve(server)
        id, granted, first = self.subscribe(part, "x-netlog://foo.bar.gov")
        self.assertEqual((id, granted, first), (1001, 60.0, 1))
        self.assertEqual(server.subscribed, {3: 7})
        self.assertEqual(self.engine.feeds, [])
        self.assertEqual(self.result(part.role.unsubscribe(id, caller=ALICE)), id)
        self.assertEqual(server.subscribed, {})
        error = self.fails(part.role.unsubscribe(id, caller=ALICE), ParameterError)
        self.assertEqual(str(error), "Bad id 1001")

    def test_notSentByNode(self) -> None:
        """Where the node may send no lines, a class of pyGMA's sends them itself; to a consumer nobody does."""
        self.engine.refusal = Refused("not there")
        self.engine.schemes = ("http", "x-netlog")

        class Itself(PyGMAProducer):
            isSentByNode = False

        server = Itself()
        self.subscribe(self.serve(server), "x-netlog://foo.bar.gov")
        self.assertEqual((server.subscribed, self.engine.feeds), ({3: 7}, []))
        for one, url in ((server, "http://c/"), (PyGMAProducer(), "x-netlog://foo.bar.gov")):
            part = self.serve(one)
            subscribing = part.role.subscribe(
                event(), None, url, None, 7, None, None, None, caller=ALICE
            )
            self.fails(subscribing, Refused)

    def test_named(self) -> None:
        """The rest of the request comes by name."""
        server = PyGMAProducer()
        self.subscribe(self.serve(server), lease=20.0)
        self.assertEqual(server.named["caller"], ALICE)
        self.assertEqual((server.named["lease"], server.named["producerId"]), (20.0, 1001))
        self.assertEqual(
            sorted(server.named),
            ["caller", "encoding", "filter", "lease", "lookBack", "producerId", "rateLimit"],
        )

    def test_positions(self) -> None:
        """What a method gets by position it does not get by name again, whatever it calls it."""
        ended: list[int] = []

        class Named(ProducerServer):
            """One that uses the names of the wire."""

            def doSubscribe(self, event: Event, url: str, sId: int) -> int:
                return 3

            def doUnsubscribe(self, producerId: int) -> int:
                ended.append(producerId)
                return producerId

        class More(Named):
            """And takes all there is."""

            def doUnsubscribe(self, producerId: int, **kw: Any) -> int:
                ended.extend((producerId, len(kw)))
                return producerId

        for server in (Named(), More()):
            part = self.serve(server)
            id, _, _ = self.subscribe(part)
            self.result(part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(ended, [3, 3, 1])

    def test_refusedChange(self) -> None:
        """What a server does not agree to, and what cannot be done, changes nothing of what is sent."""
        asked: list[str] = []

        class Strict(PublishingProducer):
            """One that does not agree."""

            def doModify(self, sid: int, **kw: Any) -> None:
                asked.append("modify")
                raise ParameterError("no")

            def doPause(self, sid: int, **kw: Any) -> None:
                asked.append("pause")
                raise ParameterError("no")

        part = self.serve(Strict())
        id, _, _ = self.subscribe(part)
        self.fails(part.role.modify(id, None, 2.0, None, caller=ALICE), ParameterError)
        self.fails(part.role.pause(id, caller=ALICE), ParameterError)
        self.engine.refusal = ParameterError("no such rate")
        self.fails(part.role.modify(id, None, -1.0, None, caller=ALICE), ParameterError)
        self.assertEqual(asked, ["modify", "pause"])
        self.assertEqual(self.engine.feeds[0].calls, ["begin"])

    def test_sent(self) -> None:
        """To a URL the node can send to, the engine sends what is published; from when the server has agreed."""
        server = PublishingProducer()
        part = self.serve(server)
        id, _, _ = self.subscribe(part)
        (feed,) = self.engine.feeds
        self.assertEqual((feed.callerId, feed.calls), (7, ["begin"]))
        server.publish(event(), "disk")
        self.assertEqual(self.engine.published, [("load", "disk")])
        for name in ("gma.stream.begin", "gma.stream.other"):
            error = self.assertRaises(ParameterError, server.publish, Event(name))
            self.assertIn(f'no event can be published as "{name}"', error.message)
            self.assertIn(f'choose another name, "{name[4:]}"', error.cure)
        server.publish(Event("gma.streams"))
        self.assertEqual(len(self.engine.published), 2)
        self.result(part.role.pause(id, caller=ALICE))
        self.result(part.role.resume(id, caller=ALICE))
        self.result(part.role.modify(id, None, 2.0, None, caller=ALICE))
        self.result(part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(feed.calls, ["begin", "pause", "resume", "modify 2.0", "end"])

    def test_schemes(self) -> None:
        """Who does not send by itself takes only URLs the node can send to; dataSchemes narrows that for all."""
        part = self.serve(PublishingProducer())
        error = self.fails(self._subscribing(part, "x-netlog://foo"), ParameterError)
        self.assertEqual(
            str(error), 'no events can be sent to "x-netlog://foo"; here they go to http'
        )

        class Narrow(PyGMAProducer):
            dataSchemes = ("x-netlog",)

        part = self.serve(Narrow())
        self.fails(self._subscribing(part, URL), ParameterError)
        self.subscribe(part, "x-netlog://foo")
        self.assertEqual(part.features.dataSchemes, ("x-netlog",))
        for bad in ("", "foo", "http://[", "http://forbidden/"):
            self.fails(self._subscribing(self.serve(PyGMAProducer()), bad), ParameterError)

    def _subscribing(self, part: ProducerPart, url: str) -> Awaitable[Any]:
        work: Awaitable[Any] = part.role.subscribe(event(), None, url, None, 7, None, None, None)
        return work

    def test_leases(self) -> None:
        """A lease is granted within bounds, renewed, and at its end the server is told."""
        server = PyGMAProducer()
        part = self.serve(server)
        id, granted, _ = self.subscribe(part, lease=1.0)
        self.assertEqual(granted, 5.0)
        self.time.advance(4.0)
        renewed = self.result(part.role.renew(id, 10_000.0, caller=ALICE))
        self.assertEqual(renewed, 600.0)
        self.time.advance(500.0)
        left = self.result(part.role.modify(id, None, None, None, caller=ALICE))
        self.assertEqual(left, 100.0)
        self.time.advance(100.5)
        self.assertEqual(server.subscribed, {})
        self.assertEqual(self.engine.feeds[0].calls, ["begin", "end"])
        self.fails(part.role.renew(id, None, caller=ALICE), ParameterError)
        self.fails(part.role.renew(id, float("nan"), caller=ALICE), ParameterError)

    def test_owners(self) -> None:
        """What is another's is as unknown as what never was."""
        part = self.serve(PyGMAProducer())
        id, _, _ = self.subscribe(part)
        for name, arguments in (
            ("unsubscribe", ()),
            ("renew", (None,)),
            ("modify", (None, None, None)),
            ("pause", ()),
            ("resume", ()),
        ):
            error = self.fails(getattr(part.role, name)(id, *arguments, caller=BOB), ParameterError)
            self.assertEqual(str(error), f"Bad id {id}")
            assert isinstance(error, ParameterError)
            self.assertEqual(error.details, {"id": str(id)})

    def test_endOf(self) -> None:
        """Subscriptions of some owners end when that is said; the server hears of each, others' go on."""
        server = PyGMAProducer()
        part = self.serve(server)
        id, _, _ = self.subscribe(part)
        other, _, _ = self.subscribe(part, caller=BOB)
        self.assertEqual(set(part.owners()), {"alice", "bob"})
        self.assertEqual(part.endOf({"alice", "carol"}), 1)
        self.assertEqual(len(server.subscribed), 1)
        self.assertEqual(self.engine.feeds[0].calls[-1], "end")
        self.fails(part.role.renew(id, None, caller=ALICE), ParameterError)
        self.result(part.role.renew(other, None, caller=BOB))
        self.assertEqual((part.owners(), part.endOf({"alice"})), (("bob",), 0))

    def test_bounds(self) -> None:
        """Subscriptions are bounded, for one owner and for all; what is refused leaves nothing behind."""
        part = self.serve(PublishingProducer())
        self.subscribe(part)
        self.subscribe(part)
        self.assertRaises(TooLarge, self._tooMany, part, ALICE)
        self.subscribe(part, caller=BOB)
        self.assertRaises(TooLarge, self._tooMany, part, BOB)
        self.assertEqual(part.counts()["subscriptions"], 3)

    def _tooMany(self, part: ProducerPart, caller: Caller) -> None:
        failure = self.failureResultOf(
            toDeferred(
                part.role.subscribe(event(), None, URL, None, 7, None, None, None, caller=caller)
            )
        )
        failure.raiseException()

    def test_consumerGone(self) -> None:
        """A subscription whose consumer wants no more ends at once, and the server is told."""
        server = PyGMAProducer()
        part = self.serve(server)
        id, _, _ = self.subscribe(part)
        self.engine.feeds[0].over("Bad id 7")
        self.assertEqual(server.subscribed, {})
        self.fails(part.role.renew(id, None, caller=ALICE), ParameterError)

    def test_refused(self) -> None:
        """A server that refuses has no subscription; what it raises of our errors goes to the caller as it is."""

        class Refusing(PublishingProducer):
            def doSubscribe(self, event: Event, url: str, sId: int, **kw: Any) -> None:
                raise Refused("not today")

        part = self.serve(Refusing())
        error = self.fails(self._subscribing(part, URL), Refused)
        self.assertEqual(str(error), "not today")
        self.assertEqual(self.engine.feeds[0].calls, ["end"])
        self.assertEqual(part.counts()["subscriptions"], 0)

    def test_failing(self) -> None:
        """Any other error is logged; the caller hears only that there was one."""

        class Failing(PyGMAProducer):
            def doUnsubscribe(self, sid: int) -> int:
                raise SystemExit("the secret")

        part = self.serve(Failing())
        id, _, _ = self.subscribe(part)
        error = self.fails(part.role.unsubscribe(id, caller=ALICE), ServiceError)
        self.assertEqual(
            str(error), "doUnsubscribe of Failing failed; the node's log has the reason"
        )
        self.assertEqual(len(self.flushLoggedErrors(SystemExit)), 1)
        self.assertEqual(part.counts()["subscriptions"], 0)

    def test_alone(self) -> None:
        """Nobody pauses what the server sends by itself, unless it says how; the framework's part is done anyway."""
        part = self.serve(PyGMAProducer())
        id, _, _ = self.subscribe(part, "x-netlog://foo")
        self.fails(part.role.pause(id, caller=ALICE), NotImplementedException)
        self.assertEqual(self.result(part.role.modify(id, None, None, 30.0, caller=ALICE)), 30.0)
        calls: list[Any] = []

        class Pausing(PyGMAProducer):
            async def doPause(self, sid: int) -> None:
                calls.append(("pause", sid))

            def doModify(self, sid: int, rateLimit: float | None) -> None:
                calls.append(("modify", sid, rateLimit))

        part = self.serve(Pausing())
        id, _, _ = self.subscribe(part, "x-netlog://foo")
        self.result(part.role.pause(id, caller=ALICE))
        self.result(part.role.modify(id, None, 3.0, None, caller=ALICE))
        self.assertEqual(calls, [("pause", 3), ("modify", 3, 3.0)])

    def test_noToken(self) -> None:
        """Without a token of its own the server is told the framework's id."""
        told: list[int] = []

        class Plain(ProducerServer):
            def doSubscribe(self, event: Event, url: str, sId: int) -> None:
                """It needs nothing more."""

            def doUnsubscribe(self, sid: int) -> None:
                told.append(sid)

        part = self.serve(Plain())
        id, _, _ = self.subscribe(part)
        self.result(part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(told, [id])

    def test_slow(self) -> None:
        """While doSubscribe thinks, nothing is sent, and the lease does not run; given up, nothing is left."""
        thinking: list[Deferred[None]] = []

        class Slow(PublishingProducer):
            def doSubscribe(self, event: Event, url: str, sId: int, **kw: Any) -> Any:
                thinking.append(Deferred())
                return thinking[-1]

        part = self.serve(Slow())
        waiting = toDeferred(self._subscribing(part, URL))
        self.time.advance(1000.0)
        self.assertEqual(self.engine.feeds[0].calls, [])
        thinking[0].callback(None)
        self.assertEqual(self.successResultOf(waiting), (1001, 60.0, 1))
        waiting = toDeferred(self._subscribing(part, URL))
        _ = waiting.addErrback(lambda failure: None)
        waiting.cancel()
        self.assertEqual(self.engine.feeds[1].calls, ["end"])
        self.assertEqual(part.counts()["subscriptions"], 1)

    def test_stop(self) -> None:
        """At the end the server is told of every subscription, and publishes no more."""
        server = PyGMAProducer()
        part = producerRole(server, self.engine, self.place, None, self.limits)
        self.result(part.start())
        self.subscribe(part)
        self.subscribe(part)
        self.result(part.stop())
        self.assertEqual(server.subscribed, {})
        self.assertRaises(ServiceError, server.publish, event())
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_stopWhileHanging(self) -> None:
        """A doUnsubscribe that never ends delays the end of the node for a bounded time."""

        class Hanging(PyGMAProducer):
            def doUnsubscribe(self, sid: int) -> Any:
                return Deferred()

        part = producerRole(Hanging(), self.engine, self.place, None, self.limits)
        self.result(part.start())
        self.subscribe(part)
        stopping = toDeferred(part.stop())
        self.assertNoResult(stopping)
        self.time.advance(5.0)
        self.successResultOf(stopping)
        self.assertEqual(self.time.getDelayedCalls(), [])


class QueryTests(ProducerStand, SynchronousTestCase):
    """Queries, as servers answer them."""

    def ask(self, part: ProducerPart, **more: Any) -> EventAnswer:
        """Query."""
        asked = {"mode": "history", "interval": None, "maxEvents": None, "cursor": None, **more}
        work = part.role.query(event(), None, caller=ALICE, **asked)
        answer: EventAnswer = self.result(work)
        return answer

    def test_ways(self) -> None:
        """A method may be a function, a coroutine function, a generator, or give a Deferred; events come ordered."""
        late, early = Event("late", 2.0), Event("early", 1.0)

        class Plain(ProducerServer):
            def doQuery(self, event: Event, **kw: Any) -> Any:
                return [late, early]

        class Coroutine(ProducerServer):
            async def doQuery(self, event: Event, **kw: Any) -> Any:
                await Ready(None)
                return (late, early)

        class Yielding(ProducerServer):
            def doQuery(self, event: Event) -> Any:
                yield late
                yield early

        class Deferring(ProducerServer):
            def doQuery(self, event: Event, mode: str) -> Any:
                waiting: Deferred[Sequence[Event]] = Deferred()
                waiting.callback([late, early])
                return waiting

        for server in (Plain(), Coroutine(), Yielding(), Deferring()):
            self.assertEqual(self.ask(self.serve(server)).events, [early, late])

        class Nothing(ProducerServer):
            def doQuery(self, event: Event) -> None:
                """Nothing there."""

        self.assertEqual(self.ask(self.serve(Nothing())).events, [])

    def test_named(self) -> None:
        """All parts of the query come by name."""
        got: dict[str, Any] = {}

        class Asked(ProducerServer):
            def doQuery(self, event: Event, **kw: Any) -> EventAnswer:
                got.update(kw)
                return EventAnswer([], False, ["no disk"])

        answer = self.ask(self.serve(Asked()), interval=3.0, maxEvents=2, cursor="c")
        self.assertEqual((answer.isComplete, answer.warnings), (False, ["no disk"]))
        self.assertEqual(
            got,
            {
                "filter": None,
                "mode": "history",
                "interval": 3.0,
                "maxEvents": 2,
                "cursor": "c",
                "caller": ALICE,
            },
        )

    def test_gap(self) -> None:
        """What is missing in a stream the engine answers, to who has just that stream; a method knows no numbers."""

        class Answering(PublishingProducer):
            def doQuery(self, event: Event, **kw: Any) -> Any:
                return [Event("own", 0)]

        part = self.serve(Answering())
        gap = gapCursor("abcdef01", 3, 9)
        self.assertEqual(self.ask(part, cursor=gap).events[0].name, "own")
        self.subscribe(part, caller=BOB)
        self.assertEqual(self.ask(part, cursor=gap).events[0].name, "own")
        id, _, _ = self.subscribe(part)
        self.assertEqual(self.ask(part, cursor=gap, maxEvents=5).events[0].name, "kept")
        self.assertEqual(self.engine.queries, [("load", None, "history", None, 5, gap)])
        self.assertEqual(self.ask(part, cursor="g1").events[0].name, "own")
        self.assertEqual(self.ask(part, cursor=None).events[0].name, "own")
        other = part.role.query(event("disk"), None, "history", None, None, gap, caller=ALICE)
        self.assertEqual(self.result(other).events[0].name, "own")
        self.result(part.role.unsubscribe(id, caller=ALICE))
        self.assertEqual(self.ask(part, cursor=gap).events[0].name, "own")

    def test_tooMany(self) -> None:
        """More events than were asked for are cut off, and that is said."""

        class Many(ProducerServer):
            def doQuery(self, event: Event) -> Any:
                return [Event("a", float(number)) for number in range(5)]

        answer = self.ask(self.serve(Many()), maxEvents=2)
        self.assertEqual((len(answer.events), answer.isComplete), (2, False))
        self.assertEqual(
            answer.warnings, ("there are 3 more events; this producer has no cursor to go on by",)
        )

    def test_checked(self) -> None:
        """Modes, intervals and numbers that cannot be used never come to the server."""
        part = self.serve(PublishingProducer())
        for bad in (
            {"mode": "next"},
            {"interval": -1.0},
            {"interval": float("inf")},
            {"maxEvents": 0},
        ):
            asked = {"mode": "latest", "interval": None, "maxEvents": None, "cursor": None, **bad}
            self.fails(part.role.query(event(), None, **asked), ParameterError)
        self.assertEqual(self.engine.queries, [])

    def test_engine(self) -> None:
        """What was published is answered by the engine."""
        part = self.serve(PublishingProducer())
        self.assertEqual(self.ask(part, mode=" latest ").events, self.engine.answer.events)
        self.assertEqual(self.engine.queries, [("load", None, "latest", None, None, None)])

    def test_wrong(self) -> None:
        """What is no answer is the server's failure, and so is an error in a generator."""

        class Wrong(ProducerServer):
            def doQuery(self, event: Event) -> Any:
                return [1]

        class Broken(ProducerServer):
            def doQuery(self, event: Event) -> Any:
                yield event
                raise KeyError("x")

        for server, kind in ((Wrong(), TypeError), (Broken(), KeyError)):
            part = self.serve(server)
            work = part.role.query(event(), None, "latest", None, None, None, caller=OURSELVES)
            self.fails(work, ServiceError)
            self.assertEqual(len(self.flushLoggedErrors(kind)), 1)
