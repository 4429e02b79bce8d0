"""Notices at a sink: checked, ordered, applied one after the other."""

from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from gma_twisted.aggregation import InboxCounts, Intake
from gma_twisted.aggregation.inbox import MOST_HELD, MOST_WAITING, Inbox
from gma_twisted.aggregation.memory import Memory
from gma_twisted.errors import (
    Busy,
    ExtensibilityNotSupported,
    Refused,
    ServiceHasTerminated,
    TooLarge,
)
from gma_twisted.interfaces import INotificationSink
from gma_twisted.model import Delivery, ElementKey, NameSelector, Topic
from gma_twisted.soap.notices import MOST_VALUES
from gma_twisted.soap.subscribing import SubscribeExpression
from gma_twisted.timing import toDeferred
from tests.aggregation.source import HOST, SOURCE, WALL, SlowStore, SourceCase, Subscribed, value


class InboxCase(SourceCase):
    """An inbox for one subscription."""

    isOurs = True

    def setUp(self) -> None:
        """Nothing has come; the subscription is known."""
        super().setUp()
        self.counts = InboxCounts()
        self.memory = Memory(1_000_000)
        self.told: list[tuple[bool, str]] = []
        self.again: list[float | None] = []
        self.inflow = self.intake.open(SOURCE, [HOST])
        self.inbox = self.sinks.open(
            lambda sink: Inbox(
                sink, self.inflow, self.clock, self.isOurs, self, self.counts, self.memory
            )
        )
        handle = SOURCE.child("subscriptions", "1")
        asked = SubscribeExpression(Topic((NameSelector(HOST),)))
        one = Subscribed(handle, self.inbox.sink, asked, asked)
        self.source.subscriptions[handle.url] = one
        self.inbox.belongTo(handle)

    def heard(self, inbox: Inbox) -> None:
        """See L{InboxOwner}."""
        self.told.append((inbox.isComplete, "" if inbox.error is None else inbox.error.code))

    def heardAgain(self, inbox: Inbox) -> None:
        """See L{InboxOwner}."""
        self.again.append(inbox.idleFor)

    def slowStore(self) -> "list[Deferred[None]]":
        """From now on a commit waits until the Deferred of it fires."""
        store = SlowStore(self.store)
        self.intake = Intake(store, self.clock, "me", "http://me:8480/")  # type: ignore[arg-type]
        self.inbox.inflow = self.intake.open(SOURCE, [HOST])
        return store.commits


class OursTests(InboxCase):
    """The source is one of our nodes."""

    def test_interface(self) -> None:
        """It is a sink."""
        verifyObject(INotificationSink, self.inbox)

    def test_snapshot(self) -> None:
        """It is complete at the end of the snapshot, and told of every notice."""
        self.successResultOf(self.send(value("1", "a"), isSnapshot=True))
        self.assertEqual(self.told, [(False, "")])
        self.successResultOf(self.send(value("2", "b"), isSnapshot=True, isEnd=True))
        self.assertEqual(self.told, [(False, ""), (True, "")])
        self.assertEqual(self.contents(), {"a": "1", "b": "2"})
        self.successResultOf(self.send(value("3", "b")))
        self.assertEqual(self.contents(), {"a": "1", "b": "3"})

    def test_repeated(self) -> None:
        """A notice that was applied is acknowledged without effect."""
        self.successResultOf(self.send(value("1"), isSnapshot=True, isEnd=True))
        self.successResultOf(self.send(value("2"), sequence=1))
        self.assertEqual(self.contents(), {"": "1"})
        self.assertEqual(self.counts.repeated, 1)

    def test_gap(self) -> None:
        """A number left out ends the inbox, and the sink is gone for the sender."""
        self.successResultOf(self.send(value("1"), isSnapshot=True, isEnd=True))
        self.failureResultOf(self.send(value("2"), sequence=3), ServiceHasTerminated)
        self.assertTrue(self.inbox.over.happened)
        self.assertEqual(self.inbox.why, "something before notice 3 was missed")
        self.assertEqual(self.contents(), {"": "1"})
        self.failureResultOf(self.send(value("2"), sequence=2), ServiceHasTerminated)
        self.assertEqual(self.counts.missed, 1)

    def test_farFuture(self) -> None:
        """A number nobody announced ends the inbox, of all values too, and of a snapshot that says too little."""
        self.successResultOf(self.send(value("1"), isSnapshot=True, isEnd=True))
        sent = self.send(value("9"), isSnapshot=True, isEnd=True, dropped=1, sequence=1000)
        self.failureResultOf(sent, ServiceHasTerminated)
        self.assertEqual(self.inbox.why, "something before notice 1000 was missed")
        self.assertEqual((self.counts.missed, self.contents()), (1, {"": "1"}))

    def test_farFutureWhole(self) -> None:
        """See L{test_farFuture}."""
        self.successResultOf(self.send(value("1"), isSnapshot=True, isEnd=True))
        self.failureResultOf(self.sendWhole(value("9"), number=1000), ServiceHasTerminated)
        self.assertEqual(self.inbox.why, "something before notice 1000 was missed")
        self.assertEqual((self.counts.missed, self.contents()), (1, {"": "1"}))

    def test_whole(self) -> None:
        """All values, under the next number, are taken."""
        self.successResultOf(self.send(value("1", "a"), isSnapshot=True, isEnd=True))
        self.successResultOf(self.sendWhole(value("2"), number=2))
        self.assertEqual((self.contents(), self.counts.missed), ({"": "2"}, 0))
        self.assertTrue(self.inbox.isComplete)

    def test_belied(self) -> None:
        """A notice that was said to be left out ends the inbox when it comes."""
        self.successResultOf(self.send(value("1"), isSnapshot=True, isEnd=True))
        sent = self.send(value("9"), isSnapshot=True, isEnd=True, dropped=10**6, sequence=10**6)
        self.successResultOf(sent)
        self.assertEqual(self.contents(), {"": "9"})
        self.successResultOf(self.send(value("1"), sequence=1))
        self.assertEqual((self.counts.repeated, self.counts.missed), (1, 0))
        self.failureResultOf(self.send(value("2"), sequence=2), ServiceHasTerminated)
        self.assertEqual(
            self.inbox.why, "notice 2 came, though one before it said that it was left out"
        )
        self.assertEqual((self.counts.repeated, self.counts.missed), (1, 1))

    def test_idle(self) -> None:
        """How long nothing comes but what came before, and what is over, is known until something counts."""
        self.source.last.epoch = 2
        self.successResultOf(self.send(value("1"), isSnapshot=True, isEnd=True))
        self.advance(100.0)
        self.assertIsNone(self.inbox.idleFor)
        for seconds in (0.0, 5.0, 30.0):
            self.advance(seconds)
            self.successResultOf(self.send(value("1"), sequence=1))
        self.source.last.epoch = 1
        self.advance(5.0)
        self.failureResultOf(self.send(value("1"), sequence=2), Refused)
        self.advance(5.0)
        self.assertEqual([round(each or 0.0) for each in self.again], [0, 5, 35, 40])
        self.source.last.epoch = 2
        self.successResultOf(self.send(sequence=2))
        self.assertIsNone(self.inbox.idleFor)

    def test_dropped(self) -> None:
        """What the sender left out ends the inbox."""
        self.successResultOf(self.send(value("1"), isSnapshot=True, isEnd=True))
        self.failureResultOf(self.send(value("2"), dropped=1), ServiceHasTerminated)
        self.assertTrue(self.inbox.over.happened)

    def test_droppedBeforeSnapshot(self) -> None:
        """What the sender left out does not matter when a snapshot begins: what is not in that is removed."""
        self.successResultOf(self.send(value("1", "a"), isSnapshot=True, isEnd=True))
        self.successResultOf(self.send(value("2", "b"), isSnapshot=True, dropped=7))
        self.assertFalse(self.inbox.isComplete)
        self.successResultOf(self.send(isSnapshot=True, isEnd=True))
        self.assertTrue(self.inbox.isComplete)
        self.assertEqual(self.contents(), {"b": "2"})

    def test_snapshotBeginsAgain(self) -> None:
        """A snapshot that begins before the one before has ended counts alone."""
        self.successResultOf(self.send(value("1", "a"), isSnapshot=True))
        self.successResultOf(self.send(value("2", "b"), isSnapshot=True, dropped=1))
        self.successResultOf(self.send(isSnapshot=True, isEnd=True))
        self.assertEqual(self.contents(), {"b": "2"})

    def test_missedValue(self) -> None:
        """An extension of a value that never came is acknowledged, and ends the inbox."""
        self.successResultOf(self.send(isSnapshot=True, isEnd=True))
        self.successResultOf(self.send(extend=[value("1", until=1100.0)]))
        self.assertTrue(self.inbox.over.happened)
        self.assertEqual(self.counts.missed, 1)

    def test_epochs(self) -> None:
        """A later epoch begins with a snapshot; one before is refused and counted."""
        one = self.source.last
        self.successResultOf(self.send(value("1", "a"), isSnapshot=True, isEnd=True))
        one.epoch, one.sequence = 2, 0
        self.successResultOf(self.send(value("2", "b"), isSnapshot=True))
        self.assertFalse(self.inbox.isComplete)
        self.successResultOf(self.send(isSnapshot=True, isEnd=True))
        self.assertEqual(self.contents(), {"b": "2"})
        one.epoch = 1
        self.failureResultOf(self.send(value("9", "a"), sequence=2), Refused)
        self.assertEqual(self.counts.outdated, 1)
        self.assertEqual(self.contents(), {"b": "2"})

    def test_otherSubscription(self) -> None:
        """A notice of another subscription is refused and counted."""
        sent = self.send(value("1"), isSnapshot=True, of="http://source:8480/s/subscriptions/9")
        self.assertIn("subscriptions/9", self.failureResultOf(sent, Refused).value.message)
        self.assertEqual((self.counts.forged, self.contents()), (1, {}))

    def test_withoutHeader(self) -> None:
        """Our nodes count their notices; one without a header is of somebody else."""
        self.failureResultOf(self.sendWhole(value("1")), Refused)
        self.assertEqual((self.counts.forged, self.contents()), (1, {}))

    def test_noNotice(self) -> None:
        """Another message is refused, and why is told."""
        delivery = Delivery(self.source.last.handle.url, 1, 1, WALL)
        sent = self.deliver(self.inbox.sink, b"<other/>", delivery)
        self.failureResultOf(sent, ExtensibilityNotSupported)
        self.assertEqual(self.told, [(False, "extensibilityNotSupportedFault")])
        self.assertEqual(self.counts.failed, 1)

    def test_tooMuch(self) -> None:
        """A notice that can never be applied is refused as a whole; another one may come in its place."""
        many = [value("1", str(each)) for each in range(MOST_VALUES + 1)]
        self.failureResultOf(self.send(*many, isSnapshot=True, isEnd=True), TooLarge)
        self.assertEqual(self.told, [(False, "TooLarge")])
        self.assertEqual((self.counts.failed, self.inflow.values), (1, 0))
        self.successResultOf(self.send(value("1"), isSnapshot=True, isEnd=True, sequence=1))
        self.assertEqual(self.told[1:], [(True, "")])

    def test_notNow(self) -> None:
        """A notice the store cannot write now is not acknowledged, and the same one may come again."""
        commits = self.slowStore()
        sent = self.send(value("1"), isSnapshot=True, isEnd=True)
        commits[0].errback(Busy("the disk is full"))
        self.failureResultOf(sent, Busy)
        self.assertEqual((self.told, self.inbox.isComplete), ([(False, "Busy")], False))
        again = self.send(value("1"), isSnapshot=True, isEnd=True, sequence=1)
        commits[1].callback(None)
        self.successResultOf(again)
        self.assertEqual((self.told[1:], self.contents()), ([(True, "")], {"": "1"}))

    def test_leftOut(self) -> None:
        """A notice with a value there is no room for is acknowledged: it would never be applied otherwise."""
        self.intake = Intake(self.store, self.clock, "me", "http://me:8480/", mostValues=1)
        self.inbox.inflow = self.intake.open(SOURCE, [HOST])
        one = (value("1", "a"), value("2", "b"))
        self.successResultOf(self.send(*one, isSnapshot=True, isEnd=True))
        self.assertEqual((self.told, self.contents()), ([(True, "")], {"a": "1"}))
        self.assertIn("more than 1 values", self.inbox.inflow.leftOut)

    def test_oneAfterTheOther(self) -> None:
        """A notice waits for the one before; each is acknowledged when it is applied, a repeated one too."""
        commits = self.slowStore()
        first = self.send(value("1"), isSnapshot=True, isEnd=True)
        again = self.send(value("1"), isSnapshot=True, isEnd=True, sequence=1)
        second = self.send(value("2"))
        self.assertEqual(len(commits), 1)
        for one in (first, again, second):
            self.assertNoResult(one)
        commits[0].callback(None)
        self.successResultOf(first)
        self.successResultOf(again)
        self.assertNoResult(second)
        self.assertEqual(self.contents(), {"": "1"})
        commits[1].callback(None)
        self.successResultOf(second)
        self.assertEqual((self.contents(), self.counts.repeated), ({"": "2"}, 1))

    def test_waiting(self) -> None:
        """A bounded number waits; more are sent back, and those that waited have their turn."""
        commits = self.slowStore()
        waiting = [self.send(value("1"), isSnapshot=True) for _ in range(MOST_WAITING)]
        for one in waiting:
            self.assertNoResult(one)
        self.failureResultOf(self.send(value("1"), isSnapshot=True), Busy)
        self.assertEqual(self.counts.busy, 1)
        while commits:
            commits.pop(0).callback(None)
        for one in waiting:
            self.successResultOf(one)

    def test_endsMeanwhile(self) -> None:
        """What waited when the inbox ended is not applied; what was being applied is waited for."""
        commits = self.slowStore()
        first = self.send(value("1"), isSnapshot=True)
        second = self.send(value("2"), isSnapshot=True)
        self.inbox.end("no more")
        settled = toDeferred(self.inbox.settle())
        self.assertNoResult(settled)
        commits[0].callback(None)
        self.successResultOf(first)
        self.failureResultOf(second, ServiceHasTerminated)
        self.successResultOf(settled)
        self.assertEqual(self.contents(), {"": "1"})

    def test_waitedTime(self) -> None:
        """The time a notice waited for its turn is no part of the lifetimes in it."""
        commits = self.slowStore()
        first = self.send(value("1", "a"), isSnapshot=True)
        second = self.send(value("2", "b", until=1100.0), isSnapshot=True, isEnd=True)
        self.advance(20.0)
        while commits:
            commits.pop(0).callback(None)
        self.successResultOf(first)
        self.successResultOf(second)
        element = self.store.get(ElementKey(HOST, SOURCE.url, "b"))
        assert element is not None
        self.assertAlmostEqual(element.lifetime.availableUntil, 1100.0, 2)

    def test_secondAnswer(self) -> None:
        """A source that named one subscription in its notices and another in its answer is not believed."""
        inbox = self.inbox = self.sinks.open(
            lambda sink: Inbox(sink, self.inflow, self.clock, True, self, self.counts, self.memory)
        )
        self.source.last.sink = inbox.sink
        self.successResultOf(self.send(value("1"), isSnapshot=True, of="http://s/1"))
        inbox.belongTo(SOURCE.child("2"))
        self.assertTrue(inbox.over.happened)
        self.assertEqual(self.counts.forged, 1)


class ForeignTests(InboxCase):
    """The source is of other software."""

    isOurs = False

    def test_asTheyCome(self) -> None:
        """Notices without a header are applied in the order they come."""
        self.successResultOf(self.sendWhole(value("1", "a"), value("2", "b")))
        self.successResultOf(self.sendWhole(value("3", "a")))
        self.assertEqual(self.contents(), {"a": "3"})
        self.assertEqual(self.told, [(False, ""), (False, "")])

    def test_held(self) -> None:
        """What comes while a query is under way is acknowledged at once and applied after it, in order."""
        self.successResultOf(toDeferred(self.inbox.hold()))
        self.successResultOf(self.sendWhole(value("1")))
        self.successResultOf(self.sendWhole(value("2")))
        self.assertEqual(self.contents(), {})
        self.successResultOf(toDeferred(self.inbox.release()))
        self.assertEqual(self.contents(), {"": "2"})
        self.successResultOf(self.sendWhole(value("3")))
        self.assertEqual(self.contents(), {"": "3"})

    def test_heldBound(self) -> None:
        """A bounded number is kept; more are sent back."""
        self.successResultOf(toDeferred(self.inbox.hold()))
        for _ in range(MOST_HELD):
            self.successResultOf(self.sendWhole(value("1")))
        self.failureResultOf(self.sendWhole(value("1")), Busy)
        self.assertEqual(self.counts.busy, 1)

    def other(self) -> Inbox:
        """Another inbox of the node, of another source."""
        inflow = self.intake.open(SOURCE, [HOST])
        return self.sinks.open(
            lambda sink: Inbox(sink, inflow, self.clock, False, self, self.counts, self.memory)
        )

    def test_heldBytes(self) -> None:
        """What all inboxes keep is bounded in bytes; more is sent back, until some of it was applied."""
        other = self.other()
        for inbox in (self.inbox, other):
            self.successResultOf(toDeferred(inbox.hold()))
        self.successResultOf(self.sendWhole(value("x" * 600_000)))
        large = value("y" * 500_000)
        error = self.failureResultOf(self.sendWhole(large, sink=other.sink), Busy).value
        self.assertIn("the bound aggregated_held is 1000000", error.message)
        self.assertEqual(self.counts.busy, 1)
        self.successResultOf(self.sendWhole(value("y"), sink=other.sink))
        self.successResultOf(toDeferred(self.inbox.release()))
        self.successResultOf(self.sendWhole(large, sink=other.sink))
        other.end("no more")
        self.assertEqual(self.memory.size, 0)

    def test_heldUnfit(self) -> None:
        """What cannot be applied is given up, and its bytes too."""
        commits = self.slowStore()
        self.successResultOf(toDeferred(self.inbox.hold()))
        for letter in "xyz":
            self.successResultOf(self.sendWhole(value(letter * 100_000)))
        releasing = toDeferred(self.inbox.release())
        self.assertGreater(self.memory.size, 300_000)
        commits.pop(0).callback(None)
        self.assertLess(self.memory.size, 300_000)
        commits.pop(0).errback(Busy("the store cannot write"))
        self.failureResultOf(releasing, Busy)
        self.assertEqual(self.memory.size, 0)

    def test_ended(self) -> None:
        """What was kept when the inbox ended is gone."""
        self.successResultOf(toDeferred(self.inbox.hold()))
        self.successResultOf(self.sendWhole(value("1")))
        self.inbox.end("no more")
        self.assertEqual(self.memory.size, 0)
        self.successResultOf(toDeferred(self.inbox.release()))
        self.assertEqual(self.contents(), {})
        self.failureResultOf(self.sendWhole(value("1")), ServiceHasTerminated)
