"""A served consumer: which events it is given, once and in order, and what producers may begin at it."""

from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import provider
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, NotImplementedException, ParameterError, ServiceError, TooLarge
from gma_twisted.interfaces.gma import IConsumer
from gma_twisted.model import Caller, Handle
from gma_twisted.model.event import Event
from gma_twisted.roles import ConsumerPart, ConsumerServer, RoleLimits, consumerRole
from gma_twisted.soap.porttypes.gma import CONSUMER
from gma_twisted.timing import toDeferred
from gma_twisted.transport import Service
from tests.roles.gma import ALICE, BOB, GMAStand, event


class Remembering(ConsumerServer):
    """Remembers all it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.answer: Any = None
        self.wanted: Sequence[Event] = ()

    def doNotify(self, events: Sequence[Event], **kw: Any) -> Any:
        """Take events."""
        names = [one.name for one in events]
        self.told.append((names, kw["sequence"], kw["missed"], kw["gap"]))
        return self.answer

    def doSubscribe(self, event: Event, sId: int, **kw: Any) -> str:
        """Agree."""
        self.told.append(("subscribe", event.name, sId))
        return f"token {sId}"

    def doUnsubscribe(self, sid: str) -> None:
        """It is over."""
        self.told.append(("unsubscribe", sid))

    def doQuery(self, event: Event, **kw: Any) -> Sequence[Event]:
        """What is wanted."""
        self.told.append(("query", event.name, kw["producer"], kw["callerId"]))
        return self.wanted


class Closed(Remembering):
    """Takes events of subscriptions it knows."""

    isOpen = False


class Resumed(Closed):
    """Remembers what may lack some before it."""

    def doNotify(self, events: Sequence[Event], **kw: Any) -> None:
        """Take events."""
        self.told.append(([one.name for one in events], kw["sequence"], kw["isResumed"]))


class ConsumerStand(GMAStand):
    """A test with a consumer."""

    limits = RoleLimits(usual=60.0, held=2, tracked=2, answerSeconds=20.0)

    def serve(self, server: ConsumerServer) -> ConsumerPart:
        """Serve one."""
        return self.ended(consumerRole(server, self.place, limits=self.limits))

    def notify(
        self,
        part: ConsumerPart,
        callerId: int | None,
        sequence: int | None,
        *names: str,
        missed: int | None = None,
        caller: Caller = ALICE,
    ) -> "Deferred[int]":
        """Bring events."""
        work: Awaitable[int] = part.role.notify(
            callerId, sequence, missed, [event(name) for name in names], caller=caller
        )
        return toDeferred(work)

    def taken(self, *arguments: Any, **more: Any) -> int:
        """The same, taken."""
        return self.successResultOf(self.notify(*arguments, **more))

    def refused(self, kind: type[Exception], *arguments: Any, **more: Any) -> str:
        """The same, refused. @return: how"""
        return str(self.failureResultOf(self.notify(*arguments, **more), kind).value)


class ImplementedTests(ConsumerStand, SynchronousTestCase):
    """Operations and features follow from the methods."""

    def test_interface(self) -> None:
        """All operations together are an IConsumer."""
        verifyObject(IConsumer, self.serve(ConsumerServer()))

    def test_nothing(self) -> None:
        """A class with nothing overridden answers NotImplementedException to every operation of its role."""
        part = self.serve(ConsumerServer())
        handle = Handle("http://site:8491/services/consumer")
        service = Service(handle.path, handle, part.role, [CONSUMER])
        for operation in CONSUMER.operations:
            self.assertRaises(NotImplementedException, service.bound[operation.name].method)
        features = part.features
        self.assertEqual(features.features, ("getFeatures", "ping"))
        self.assertEqual((features.roles, features.dataSchemes), (("consumer",), ()))

    def test_all(self) -> None:
        """One that has all methods has all operations, and listens."""
        features = self.serve(Remembering()).features
        self.assertEqual(
            features.features,
            ("getFeatures", "notify", "ping", "query", "renew", "subscribe", "unsubscribe"),
        )
        self.assertEqual((features.dataSchemes, features.encodings), (("http",), ("xml",)))


class NotifyTests(ConsumerStand, SynchronousTestCase):
    """Events that come."""

    def setUp(self) -> None:
        """Serve one."""
        super().setUp()
        self.server = Remembering()
        self.part = self.serve(self.server)

    def test_none(self) -> None:
        """Events of no subscription are given as they are."""
        self.assertEqual(self.taken(self.part, None, None, "a", "b"), 2)
        self.assertEqual(self.server.told, [(["a", "b"], None, 0, 0)])

    def test_order(self) -> None:
        """Events that follow are given; those that come again are not."""
        self.taken(self.part, 7, 1, "a", "b")
        self.assertEqual(self.taken(self.part, 7, 1, "a", "b"), 0)
        self.assertEqual(self.taken(self.part, 7, 2, "b", "c"), 1)
        self.taken(self.part, 7, 4, "d")
        self.assertEqual(
            self.server.told, [(["a", "b"], 1, 0, 0), (["c"], 3, 0, 0), (["d"], 4, 0, 0)]
        )
        self.assertEqual(self.part.counts()["repeated"], 3)

    def test_missed(self) -> None:
        """What was left out and told is no gap; what nobody told of is one."""
        self.taken(self.part, 7, 5, "a", missed=4)
        self.taken(self.part, 7, 9, "b", missed=3)
        self.taken(self.part, 7, 15, "c", missed=2)
        self.assertEqual(self.server.told, [(["a"], 5, 4, 0), (["b"], 9, 3, 0), (["c"], 15, 2, 3)])
        counts = self.part.counts()
        self.assertEqual((counts["events"], counts["missed"], counts["gaps"]), (3, 9, 3))

    def test_anew(self) -> None:
        """A producer that counts anew is believed where number 1 did not come: only what came last is sent again."""
        self.taken(self.part, 7, 41, "a", "b")
        self.taken(self.part, 7, 43, "c")
        self.assertEqual(self.taken(self.part, 7, 1, "d"), 1)
        self.assertEqual(self.taken(self.part, 7, 2, "e"), 1)

    def test_late(self) -> None:
        """What arrives after it was sent again, and others followed, is not given again, and moves nothing back."""
        self.taken(self.part, 7, 1, "a", "b")
        self.taken(self.part, 7, 3, "c")
        self.assertEqual(self.taken(self.part, 7, 1, "a", "b"), 0)
        self.taken(self.part, 7, 4, "d")
        self.assertEqual(self.taken(self.part, 7, 3, "c"), 0)
        self.taken(self.part, 7, 5, "e")
        self.assertEqual(
            self.server.told,
            [(["a", "b"], 1, 0, 0), (["c"], 3, 0, 0), (["d"], 4, 0, 0), (["e"], 5, 0, 0)],
        )

    def test_renumbered(self) -> None:
        """When one is made again, what came by the old one is not given again; the first tells that some may lack."""
        server = Resumed()
        part = self.serve(server)
        server.expect(7)
        self.taken(part, 7, 1, "a", "b")
        server.renumber(7, 8)
        self.assertEqual(self.refused(ParameterError, part, 7, 3, "c"), "Bad id 7")
        self.assertEqual(self.taken(part, 8, 1, "a", "b"), 0)
        self.assertEqual(self.taken(part, 8, 3, "b", "d"), 1)
        self.assertEqual(self.taken(part, 8, 5, "e"), 1)
        self.assertEqual(server.told, [(["a", "b"], 1, False), (["d"], 4, True), (["e"], 5, False)])

    def test_renumberedAgain(self) -> None:
        """So it is when it is lost again before anything came; a lease is that of the old one."""
        server = Resumed()
        part = self.serve(server)
        server.expect(7, 30.0)
        self.taken(part, 7, 1, "a")
        self.time.advance(10.0)
        server.renumber(7, 8)
        server.renumber(8, 9)
        self.assertEqual(self.taken(part, 9, 1, "a", "b"), 1)
        self.assertEqual(server.told, [(["a"], 1, False), (["b"], 2, True)])
        self.time.advance(21.0)
        self.refused(ParameterError, part, 9, 3, "c")

    def test_firstBringer(self) -> None:
        """Who brings the first events of a subscription is the only one then, whoever else learns its number."""
        self.server.expect(9)
        self.taken(self.part, 9, 1, "a")
        self.assertEqual(self.refused(ParameterError, self.part, 9, 2, "b", caller=BOB), "Bad id 9")
        self.assertEqual(self.taken(self.part, 9, 2, "b"), 1)
        self.server.expect(9)
        self.taken(self.part, 9, 1, "c", caller=BOB)

    def test_untold(self) -> None:
        """Of subscriptions it was not told of each who brings events has numbers of its own."""
        self.taken(self.part, 7, 1, "a")
        self.assertEqual(self.taken(self.part, 7, 600, "forged", caller=BOB), 1)
        self.assertEqual(self.taken(self.part, 7, 2, "b"), 1)
        self.assertEqual(self.taken(self.part, 7, 500, "c"), 1)

    def test_tooFar(self) -> None:
        """Numbers too far ahead of those that came are refused, and nothing is missed for it."""
        self.taken(self.part, 7, 1, "a")
        for sequence in (2**53 - 2, 2**53 + 5, 2_000_000_000):
            self.assertIn("too far", self.refused(ParameterError, self.part, 7, sequence, "b"))
        self.assertEqual(self.taken(self.part, 7, 1_000_000, "b"), 1)
        self.refused(ParameterError, self.part, 8, 2**53, "a")
        self.taken(self.part, 8, 5, "a", missed=2**60)
        self.assertEqual(self.part.counts()["missed"], 4)

    def test_numberNotTold(self) -> None:
        """No log has the number of a subscription."""
        told: list[str] = []

        @provider(ILogObserver)
        def keep(record: dict[str, Any]) -> None:
            told.append(formatEvent(record))

        globalLogPublisher.addObserver(keep)
        self.addCleanup(globalLogPublisher.removeObserver, keep)
        self.taken(self.part, 471147, 1, "a")
        self.taken(self.part, 471147, 9, "b")
        self.assertIn("7 events of a subscription are missing", "".join(told))
        self.assertNotIn("471147", "".join(told))

    def test_failed(self) -> None:
        """What a server failed to take comes again, and is given again."""
        waiting: Deferred[None] = Deferred()
        self.server.answer = waiting
        first = self.notify(self.part, 7, 1, "a")
        self.assertIn("are being taken", self.refused(Busy, self.part, 7, 1, "a"))
        waiting.errback(RuntimeError("disk full"))
        self.failureResultOf(first, ServiceError)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.server.answer = None
        self.assertEqual(self.taken(self.part, 7, 1, "a"), 1)

    def test_expected(self) -> None:
        """Who is not open takes events of subscriptions it was told of, until it forgets them."""
        server = Closed()
        part = self.serve(server)
        self.assertEqual(self.refused(ParameterError, part, 7, 1, "a"), "Bad id 7")
        self.refused(ParameterError, part, None, None, "a")
        server.expect(7, 30.0)
        self.taken(part, 7, 1, "a")
        self.time.advance(31.0)
        self.assertEqual(self.refused(ParameterError, part, 7, 2, "b"), "Bad id 7")

    def test_forgotten(self) -> None:
        """What was forgotten is refused by who is open too, and may be expected again."""
        self.taken(self.part, 7, 1, "a")
        self.server.forget(7)
        self.assertEqual(self.refused(ParameterError, self.part, 7, 2, "b"), "Bad id 7")
        self.server.expect(7)
        self.taken(self.part, 7, 1, "c")
        self.time.advance(1e6)
        self.taken(self.part, 7, 2, "d")

    def test_bounds(self) -> None:
        """Subscriptions it is told of are bounded; of others the silent ones are forgotten."""
        self.server.expect(1)
        self.server.expect(2)
        self.server.expect(2)
        self.assertRaises(TooLarge, self.server.expect, 3)
        for callerId in (5, 6, 7):
            self.taken(self.part, callerId, 1, "a")
        self.assertEqual(self.taken(self.part, 5, 1, "a"), 1)
        self.assertEqual(self.taken(self.part, 7, 1, "a"), 0)

    def test_notServed(self) -> None:
        """Who is not served can expect nothing."""
        self.assertRaises(ServiceError, Remembering().expect, 7)


class StreamTests(ConsumerStand, SynchronousTestCase):
    """Events of a numbered stream, that were put in order already."""

    def bring(self, part: ConsumerPart, *names: str, missed: int | None = 0) -> "Deferred[None]":
        """Under number 7."""
        events = [event(one) for one in names]
        return toDeferred(part.stream(7, events, missed, {"p": "a 1"}, ALICE))

    def test_given(self) -> None:
        """They go to the server as they are, with how far the stream is; the same again is given again."""

        class Keeping(ConsumerServer):
            told: ClassVar[list[tuple[Any, ...]]] = []

            def doNotify(self, events: Sequence[Event], **kw: Any) -> None:
                names = ("callerId", "sequence", "missed", "gap", "isResumed", "positions")
                self.told.append(([one.name for one in events], *(kw[one] for one in names)))

        part = self.serve(Keeping())
        self.successResultOf(self.bring(part, "a", "b"))
        self.successResultOf(self.bring(part, "b", missed=3))
        self.successResultOf(self.bring(part, missed=None))
        rest = {"p": "a 1"}
        self.assertEqual(
            Keeping.told,
            [
                (["a", "b"], 7, None, 0, 0, False, rest),
                (["b"], 7, None, 3, 0, False, rest),
                ([], 7, None, 0, 0, True, rest),
            ],
        )
        counts = part.counts()
        self.assertEqual((counts["events"], counts["missed"], counts["repeated"]), (3, 3, 0))

    def test_nothing(self) -> None:
        """A server that takes no events takes none of streams."""
        self.failureResultOf(self.bring(self.serve(ConsumerServer()), "a"), NotImplementedException)


class BegunTests(ConsumerStand, SynchronousTestCase):
    """What producers begin."""

    def setUp(self) -> None:
        """Serve one."""
        super().setUp()
        self.server = Closed()
        self.part = self.serve(self.server)

    def subscribe(self, callerId: int = 7, caller: Caller = ALICE) -> "Deferred[Any]":
        """A producer offers."""
        return toDeferred(self.part.role.subscribe(event("lo*"), callerId, None, caller=caller))

    def test_subscribe(self) -> None:
        """A producer is told where to; its events are taken from it alone, and until it ends."""
        id, url, encoding, granted = self.successResultOf(self.subscribe())
        self.assertEqual((id, url, encoding, granted), (1001, self.place.url, "xml", 60.0))
        self.taken(self.part, 7, 1, "load")
        self.assertEqual(
            self.refused(ParameterError, self.part, 7, 2, "load", caller=BOB), "Bad id 7"
        )
        self.failureResultOf(
            toDeferred(self.part.role.unsubscribe(id, caller=BOB)),
            ParameterError,
        )
        self.assertEqual(self.result(self.part.role.unsubscribe(id, caller=ALICE)), id)
        self.refused(ParameterError, self.part, 7, 2, "load")
        self.assertEqual(
            self.server.told,
            [("subscribe", "lo*", 7), (["load"], 1, 0, 0), ("unsubscribe", "token 7")],
        )

    def test_endOf(self) -> None:
        """What some owners began ends when that is said; the server hears of it, and no events come any more."""
        self.successResultOf(self.subscribe())
        self.successResultOf(self.subscribe(8, BOB))
        self.assertEqual(set(self.part.owners()), {"alice", "bob"})
        self.assertEqual(self.part.endOf({"alice"}), 1)
        self.assertEqual(self.server.told[-1], ("unsubscribe", "token 7"))
        self.refused(ParameterError, self.part, 7, 1, "load")
        self.taken(self.part, 8, 1, "load", caller=BOB)
        self.assertEqual(self.part.owners(), ("bob",))

    def test_lease(self) -> None:
        """Renewed, it goes on; at the end of its lease the server is told, and events are refused."""
        id = self.successResultOf(self.subscribe())[0]
        self.time.advance(50.0)
        self.assertEqual(self.result(self.part.role.renew(id, 20.0, caller=ALICE)), 20.0)
        self.time.advance(19.0)
        self.taken(self.part, 7, 1, "load")
        self.time.advance(1.5)
        self.assertEqual(self.server.told[-1], ("unsubscribe", "token 7"))
        self.refused(ParameterError, self.part, 7, 2, "load")

    def test_again(self) -> None:
        """Who asks under the same number again has the new one only; nobody takes another's number."""
        first = self.successResultOf(self.subscribe())[0]
        second = self.successResultOf(self.subscribe())[0]
        self.assertNotEqual(first, second)
        self.assertEqual(
            self.server.told,
            [("subscribe", "lo*", 7), ("unsubscribe", "token 7"), ("subscribe", "lo*", 7)],
        )
        self.failureResultOf(self.subscribe(caller=BOB), ParameterError)
        self.server.expect(9)
        self.failureResultOf(self.subscribe(9), ParameterError)
        self.taken(self.part, 7, 1, "load")

    def test_tooMany(self) -> None:
        """What cannot be kept is not begun; who had agreed is told of the end."""
        self.server.expect(1)
        self.server.expect(2)
        self.failureResultOf(self.subscribe(), TooLarge)
        self.assertEqual(self.server.told[-1], ("unsubscribe", "token 7"))

    def test_query(self) -> None:
        """What is wanted is told, and its events are waited for, a while."""
        self.server.wanted = [event("load")]
        work = self.part.role.query(event("lo*"), 7, "http://p/", caller=ALICE)
        self.assertEqual([one.name for one in self.result(work)], ["load"])
        self.taken(self.part, 7, 1, "load")
        self.assertEqual(self.server.told[0], ("query", "lo*", "http://p/", 7))
        self.time.advance(21.0)
        self.refused(ParameterError, self.part, 7, 2, "load")

    def test_nothingWanted(self) -> None:
        """Of what is not wanted nothing is taken; an answer that is none is the server's failure."""
        self.assertEqual(self.result(self.part.role.query(event(), 7, None, caller=ALICE)), [])
        self.refused(ParameterError, self.part, 7, 1, "load")
        self.server.wanted = ["load"]  # type: ignore[list-item]
        work = self.part.role.query(event(), 7, None, caller=ALICE)
        self.failureResultOf(toDeferred(work), ServiceError)
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)
