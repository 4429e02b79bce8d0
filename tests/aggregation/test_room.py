"""What there is no room for: the rest of a source's values is copied all the same, and why some are not is shown."""

from collections.abc import Awaitable, Sequence

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.aggregation import AggregateSource, Share
from gma_twisted.model import (
    Changes,
    Command,
    ElementKey,
    Lifetime,
    Put,
    Remove,
    ServiceDataElement,
    SubscriptionCommand,
    Unsubscribe,
    UpstreamState,
    UpstreamStatus,
)
from gma_twisted.notify.source import SubscriptionGrants
from gma_twisted.soap.notices import MOST_VALUES
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.timing import toDeferred
from tests.aggregation.source import SlowStore
from tests.aggregation.stand import SOURCE, WALL, IntakeCase, changes, key, value, whole
from tests.aggregation.test_together import HOST, NO_GRANTS, NO_LIMITS, Node, Wire

BIG = "x" * 2000
NOT_FITTING = f"a value of {HOST} is larger than 1000 bytes, the bound store_element_size"


class CountedStore:
    """
    A store whose commits are counted.

    @ivar commits: how many were tried
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.commits = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, commands: Sequence[Command]) -> Awaitable[Changes]:
        """See L{MemoryStore}."""
        self.commits += 1
        return self._store.commit(commands)


class RoomCase(IntakeCase):
    """A store that takes values of at most 1,000 bytes."""

    limits = StoreLimits(elementSize=1000)

    def setUp(self) -> None:
        """Nothing has come."""
        super().setUp()
        self.store = MemoryStore(self.clock, self.limits)
        self.successResultOf(toDeferred(self.store.start()))
        self.intake = self.makeIntake()
        self.inflow = self.open()

    def assertLeftOut(self, count: int, why: str = NOT_FITTING) -> None:
        """So many were."""
        self.assertEqual(self.inflow.leftOut, f"left out {count} of its values: {why}")


class SizeTests(RoomCase):
    """Values that never fit."""

    def test_others(self) -> None:
        """The others of the notice are taken, and it is known how many were left out, and why."""
        self.apply(changes(*(value(str(n), BIG if n in (3, 7) else "1") for n in range(10))))
        self.assertEqual(set(self.contents()), set("01245689"))
        self.assertLeftOut(2)
        self.assertEqual((self.intake.counts.put, self.intake.counts.unfit), (10, 2))
        self.assertEqual(self.inflow.values, 8)

    def test_few(self) -> None:
        """Finding one among a thousand takes few commits."""
        store = CountedStore(self.store)
        self.store = store  # type: ignore[assignment]
        self.intake = self.makeIntake()
        self.inflow = self.open()
        self.apply(changes(*(value(str(n), BIG if n == 500 else "1") for n in range(1000))))
        self.assertEqual(len(self.contents()), 999)
        self.assertLess(store.commits, 25)

    def test_before(self) -> None:
        """What was there under the key stays until its lifetime ends: nothing says what is true now."""
        self.apply(changes(value("a", good=WALL + 5, available=WALL + 10), value("b")))
        self.apply(changes(value("a", BIG, good=WALL + 50, available=WALL + 60)))
        self.apply(changes(extend=[("a", WALL + 90, WALL + 99)]))
        self.assertEqual(self.contents(), {"a": "1", "b": "1"})
        self.assertFalse(self.inflow.isIncomplete)
        self.time.advance(10.0)
        self.assertEqual(self.contents(), {"b": "1"})

    def test_fitsLater(self) -> None:
        """Another value of the key that fits is taken."""
        self.apply(changes(value("a", BIG), value("b")))
        self.apply(changes(value("a", "2")))
        self.assertEqual((self.contents(), self.inflow.leftOut), ({"a": "2", "b": "1"}, ""))
        self.assertEqual(self.inflow.values, 2)

    def test_gone(self) -> None:
        """When the source has it no more, nothing is left out."""
        self.apply(changes(value("a", BIG), value("b", BIG), value("c", BIG)))
        self.assertLeftOut(3)
        self.apply(changes(remove=["a"]))
        self.assertLeftOut(2)
        self.apply(changes(value("b", BIG), isEnd=True), isSnapshot=True)
        self.assertLeftOut(1)
        self.apply(whole(value("c")))
        self.assertEqual((self.inflow.leftOut, self.contents()), ("", {"c": "1"}))

    def test_twice(self) -> None:
        """What counts is the last value that a notice has of a key."""
        self.apply(changes(value("a", BIG), value("a", "2")))
        self.assertEqual((self.contents(), self.inflow.leftOut), ({"a": "2"}, ""))
        self.apply(changes(value("a", "3"), value("a", BIG)))
        self.assertEqual(self.contents(), {"a": "3"})
        self.assertLeftOut(1)

    def test_underWay(self) -> None:
        """Other sources reckon with all of a notice while it is done piece by piece."""
        slow = SlowStore(self.store)
        self.store = slow  # type: ignore[assignment]
        self.intake = self.makeIntake()
        first, second = self.open(), self.open("http://other:8480/s")
        notice = changes(value("big", BIG), value("a", "new", created=2.0, path=("p",)))
        one = toDeferred(first.apply(notice, WALL, False))
        slow.commits.pop(0).callback(None)
        older = changes(value("a", "old", created=1.0, path=("q",)))
        self.successResultOf(toDeferred(second.apply(older, WALL, False)))
        while slow.commits:
            slow.commits.pop(0).callback(None)
        self.successResultOf(one)
        self.assertEqual(self.contents(), {"a": "new"})


class FullTests(RoomCase):
    """A store that takes two values."""

    limits = StoreLimits(elements=2)

    def test_full(self) -> None:
        """What is there is kept up; what is new is left out, until there is room and it is said again."""
        why = "the service data would have more than 2 values, the bound store_elements"
        self.apply(changes(value("a"), value("b")))
        self.apply(changes(value("c"), value("b", "2"), value("d"), extend=[("a", None, None)]))
        self.assertEqual(self.contents(), {"a": "1", "b": "2"})
        self.assertLeftOut(2, why)
        self.apply(changes(remove=["a"]))
        self.apply(changes(value("b", "2"), value("c"), value("d"), isEnd=True), isSnapshot=True)
        self.assertEqual(self.contents(), {"b": "2", "c": "1"})
        self.assertLeftOut(1, why)


class ShareTests(IntakeCase):
    """Copies get a share of the store: two values, and 600 bytes."""

    BOUND = "there would be more than 2 copies, all that store_elements leaves for them"

    def setUp(self) -> None:
        """Nothing is there but a value of the service itself."""
        super().setUp()
        own = ServiceDataElement(key("own", "http://me:8480/s"), b"<x", b"/>", Lifetime(0.0))
        self.successResultOf(toDeferred(self.store.commit([Put(own)])))
        self.intake = self.makeIntake(share=Share(2, 600))
        self.inflow = self.open()

    def assertLeftOut(self, count: int, why: str) -> None:
        """So many were."""
        self.assertEqual(self.inflow.leftOut, f"left out {count} of its values: {why}")

    def copies(self) -> dict[str, str]:
        """What is there of the source's."""
        return {text: said for text, said in self.contents().items() if text != "own"}

    def test_more(self) -> None:
        """More are left out, and remembered by number; those that are there are kept up."""
        store = CountedStore(self.store)
        self.store = store  # type: ignore[assignment]
        self.intake = self.makeIntake(share=Share(2, 600))
        self.inflow = self.open()
        self.apply(changes(*(value(str(number)) for number in range(100))))
        self.assertEqual(self.copies(), {"0": "1", "1": "1"})
        self.assertLeftOut(98, self.BOUND)
        self.assertEqual((store.commits, self.inflow.values), (1, 2))
        self.assertEqual(self.intake.counts.unfit, 98)
        self.apply(
            changes(value("1", "2"), extend=[("0", WALL + 99, WALL + 99), ("7", None, None)])
        )
        self.assertEqual(self.copies(), {"0": "1", "1": "2"})
        self.assertEqual(self.present("0").lifetime.availableUntil, 1099.0)
        self.assertFalse(self.inflow.isIncomplete)

    def test_otherSource(self) -> None:
        """It is one share for all sources; what one takes back another one may fill, by the next snapshot."""
        other = self.open("http://other:8480/s")
        self.apply(changes(value("a"), value("b")))
        self.apply(changes(value("c", path=("p",))), inflow=other)
        self.assertIn(self.BOUND, other.leftOut)
        self.apply(changes(remove=["a"]))
        self.apply(changes(value("c", path=("p",)), isEnd=True), isSnapshot=True, inflow=other)
        self.assertEqual((self.copies(), other.leftOut), ({"b": "1", "c": "1"}, ""))

    def test_bytes(self) -> None:
        """A value that would grow beyond the share stays as it was until its lifetime ends; a smaller one is taken."""
        self.apply(changes(value("a"), value("b")))
        self.apply(changes(value("a", "x" * 500), value("b", "2")))
        self.assertEqual(self.copies(), {"a": "1", "b": "2"})
        why = "copies would take more than 600 bytes, all that store_size leaves for them"
        self.assertLeftOut(1, why)
        self.apply(changes(value("a", "3")))
        self.assertEqual((self.copies(), self.inflow.leftOut), ({"a": "3", "b": "2"}, ""))

    def test_underWay(self) -> None:
        """What a slow store has not written yet counts."""
        slow = SlowStore(self.store)
        self.store = slow  # type: ignore[assignment]
        self.intake = self.makeIntake(share=Share(2, 600))
        first, second = self.open(), self.open("http://other:8480/s")
        one = toDeferred(first.apply(changes(value("a"), value("b")), WALL, False))
        two = toDeferred(second.apply(changes(value("c")), WALL, False))
        while slow.commits:
            slow.commits.pop(0).callback(None)
        self.successResultOf(one)
        self.successResultOf(two)
        self.assertEqual(self.copies(), {"a": "1", "b": "1"})
        self.assertIn(self.BOUND, second.leftOut)
        three = toDeferred(first.apply(changes(remove=["a"]), WALL, False))
        slow.commits.pop(0).callback(None)
        self.successResultOf(three)
        four = toDeferred(second.apply(changes(value("c")), WALL, False))
        slow.commits.pop(0).callback(None)
        self.successResultOf(four)
        self.assertEqual(self.copies(), {"b": "1", "c": "1"})


class MemoryTests(IntakeCase):
    """What is remembered of the values all sources offer: 100,000 bytes."""

    def setUp(self) -> None:
        """Nothing has come."""
        super().setUp()
        self.intake = self.makeIntake(mostBytes=100_000)
        self.inflow = self.open()
        self.memory = self.intake._grounds.memory

    def test_refused(self) -> None:
        """Of values that are not taken no keys are kept, however long; how many there are, and why, is known."""
        for number in range(100):
            self.apply(changes(value(f"{number}" + "k" * 10_000, path=("me",))))
        self.apply(changes(value("far", path=tuple(map(str, range(16))))))
        self.assertEqual(self.inflow.refused, "100 had been here, 1 came through too many nodes")
        self.assertLess(self.memory.size, 20_000)
        self.assertEqual((self.inflow.values, self.inflow.leftOut), (0, ""))
        self.apply(changes(extend=[("far", None, None)]))
        self.assertFalse(self.inflow.isIncomplete)
        self.apply(changes(extend=[("never said", None, None)]))
        self.assertTrue(self.inflow.isIncomplete)

    def test_refusedNoMore(self) -> None:
        """What the source takes back, or a snapshot does not say, is refused no more."""
        self.apply(changes(*(value(text, path=("me",)) for text in "abc")))
        self.apply(changes(remove=["a"]))
        self.assertEqual(self.inflow.refused, "2 had been here")
        self.apply(changes(value("b", path=("me",)), isEnd=True), isSnapshot=True)
        self.assertEqual(self.inflow.refused, "1 had been here")
        self.apply(changes(value("b", "2")))
        self.assertEqual((self.inflow.refused, self.contents()), ("", {"b": "2"}))

    def test_shared(self) -> None:
        """Values that there are no bytes for are left out, of whatever source; when one ends there is room again."""
        self.apply(changes(*(value(text * 30_000) for text in "abcd")))
        self.assertEqual(sorted(text[0] for text in self.contents()), ["a", "b", "c"])
        why = (
            "left out 1 of its values: to remember what all sources offer would take more than 100000 bytes,"
            " the bound aggregated_size"
        )
        self.assertEqual(self.inflow.leftOut, why)
        other = self.open("http://other:8480/s")
        self.apply(changes(value("e" * 30_000)), inflow=other)
        self.assertEqual(other.leftOut, why)
        self.successResultOf(toDeferred(self.inflow.close()))
        self.assertEqual(self.memory.size, 0)
        self.apply(changes(value("e" * 30_000)), inflow=other)
        self.assertEqual(other.values, 1)


class BoundTests(IntakeCase):
    """What is remembered of one source: two values."""

    def setUp(self) -> None:
        """They are there."""
        super().setUp()
        self.intake = self.makeIntake(mostValues=2)
        self.inflow = self.open()
        self.apply(changes(value("a"), value("b")))

    def assertLeftOut(self) -> None:
        """More are offered."""
        why = f"{SOURCE} offers more than 2 values, the bound aggregated_values; the others are left out"
        self.assertEqual(self.inflow.leftOut, why)

    def test_more(self) -> None:
        """More are left out; those that are there are kept up, and may make room."""
        self.apply(changes(value("c"), value("b", "2")))
        self.assertEqual(self.contents(), {"a": "1", "b": "2"})
        self.assertLeftOut()
        self.assertEqual((self.inflow.values, self.intake.counts.unfit), (2, 1))
        self.apply(changes(extend=[("c", None, None)]))
        self.assertFalse(self.inflow.isIncomplete)
        self.apply(changes(remove=["a"]))
        self.apply(changes(value("c"), value("d")))
        self.assertEqual(self.contents(), {"b": "2", "c": "1"})

    def test_snapshot(self) -> None:
        """A snapshot of others takes their place; of those it says as well what there is no room for is gone."""
        self.apply(changes(value("c"), value("d"), isEnd=True), isSnapshot=True)
        self.assertEqual((set(self.contents()), self.inflow.leftOut), ({"c", "d"}, ""))
        self.apply(changes(value("e"), value("c", "2"), value("d", "2")), isSnapshot=True)
        self.apply(changes(isEnd=True), isSnapshot=True)
        self.assertEqual(self.contents(), {"e": "1", "c": "2"})
        self.assertLeftOut()
        self.apply(changes(value("e"), isEnd=True), isSnapshot=True)
        self.assertEqual((set(self.contents()), self.inflow.leftOut), ({"e"}, ""))


class TogetherTests(SynchronousTestCase):
    """Two nodes, all of what sends and takes notices in between."""

    def setUp(self) -> None:
        """Nobody is there."""
        self.time = Clock()
        self.time.advance(1000.0)
        self.wire = Wire()
        self.nodes: list[Node] = []

    def tearDown(self) -> None:
        """All stop."""
        for node in self.nodes:
            self.successResultOf(toDeferred(node.aggregator.stop()))

    def begin(
        self,
        limits: StoreLimits = NO_LIMITS,
        grants: SubscriptionGrants = NO_GRANTS,
        mostValues: int = 1_000_000,
        noticeValues: int = 250,
    ) -> None:
        """
        Node C{b} copies C{a}.

        @param limits, mostValues: of C{b}
        @param grants, noticeValues: of C{a}
        """
        self.a = Node(self.wire, self.time, "a:1", grants=grants, noticeValues=noticeValues)
        self.b = Node(self.wire, self.time, "b:1", 0.0, limits, mostValues=mostValues)
        self.b.aggregator.add(AggregateSource(self.a.handle, (HOST,), "upstream"))
        self.nodes = [self.a, self.b]
        for node in self.nodes:
            self.successResultOf(toDeferred(node.start()))
        self.says: dict[str, str] = {"x": "1", "y": "2"}

    def keepUp(self, seconds: float) -> None:
        """Time passes, in which C{a} says every five seconds what there is, for 30 s and 15 s of grace."""
        for _ in range(round(seconds / 5)):
            for text, content in self.says.items():
                self.successResultOf(toDeferred(self.a.say(HOST, content, text, 30.0)))
            for _ in range(50):
                self.time.advance(0.1)

    def unsay(self, key: str) -> None:
        """C{a} takes something back."""
        del self.says[key]
        remove = Remove(ElementKey(HOST, self.a.handle.url, key))
        self.successResultOf(toDeferred(self.a.store.commit([remove])))

    def status(self) -> UpstreamStatus:
        """Where the session of C{b} stands."""
        (status,) = self.successResultOf(toDeferred(self.b.aggregator.listSubscriptions()))
        return status

    def hosts(self) -> set[str]:
        """What C{b} has of C{a}'s."""
        every = [(key, ElementKey(HOST, self.a.handle.url, key)) for key in "wxyz"]
        return {key for key, which in every if self.b.store.get(which) is not None}

    def test_poison(self) -> None:
        """A value that does not fit is shown and costs nothing; the others live. When it is gone, that is over."""
        self.begin(StoreLimits(elementSize=1000))
        self.keepUp(10.0)
        self.assertIs(self.status().state, UpstreamState.LIVE)
        self.says["z"] = BIG
        self.keepUp(5.0)
        self.wire.calls.clear()
        for _ in range(24):
            self.keepUp(10.0)
            self.assertEqual(self.hosts(), {"x", "y"})
            status = self.status()
            self.assertEqual(
                (status.state, status.reason),
                (UpstreamState.FAILED, f"left out 1 of its values: {NOT_FITTING}"),
            )
        self.assertEqual(self.wire.calls["subscribe"], 0)
        self.assertLess(self.wire.calls["deliverNotification"], 60)
        self.unsay("z")
        self.keepUp(5.0)
        self.assertEqual((self.status().state, self.status().reason), (UpstreamState.LIVE, ""))

    def test_poisonFirst(self) -> None:
        """
        So it is when it is in the first snapshot, and in each that is asked for, ever less often, because there may be
        room now.
        """
        self.begin(StoreLimits(elementSize=1000))
        self.says["z"] = BIG
        self.keepUp(1000.0)
        self.assertEqual((self.hosts(), self.status().state), ({"x", "y"}, UpstreamState.FAILED))
        self.assertEqual(self.wire.calls["subscribe"], 3)
        self.assertLess(self.wire.calls["deliverNotification"], 250)

    def test_roomAgain(self) -> None:
        """What a full store left out comes when there is room, though it has not changed."""
        self.begin(StoreLimits(elements=4))
        self.keepUp(10.0)
        self.says |= {"w": "3"}
        self.keepUp(10.0)
        self.assertEqual((self.hosts(), self.status().state), ({"x", "y"}, UpstreamState.FAILED))
        self.unsay("x")
        self.keepUp(310.0)
        self.assertEqual((self.hosts(), self.status().state), ({"w", "y"}, UpstreamState.LIVE))

    def test_tooMany(self) -> None:
        """Of a source that offers more than is taken from one, the others are left out, until it offers less."""
        self.begin(mostValues=2)
        self.keepUp(10.0)
        self.says["z"] = "3"
        self.keepUp(5.0)
        self.wire.calls.clear()
        for _ in range(60):
            self.keepUp(10.0)
            self.assertEqual(
                (self.hosts(), self.status().state), ({"x", "y"}, UpstreamState.FAILED)
            )
            self.assertIn("more than 2 values", self.status().reason)
        self.assertEqual(self.wire.calls["subscribe"], 1)
        self.assertLess(self.wire.calls["deliverNotification"], 150)
        self.unsay("x")
        self.keepUp(310.0)
        self.assertEqual((self.hosts(), self.status().state), ({"y", "z"}, UpstreamState.LIVE))

    def test_refused(self) -> None:
        """
        A snapshot that can never be applied is sent again and again, but with ever longer pauses, and nothing else is
        asked for meanwhile; why is shown. When it can be applied, all is well.
        """
        self.begin(noticeValues=2 * MOST_VALUES)
        self.keepUp(10.0)
        many = [self.a.value(HOST, "1", f"many{each}") for each in range(MOST_VALUES)]
        self.successResultOf(toDeferred(self.a.store.commit(list(map(Put, many)))))
        self.successResultOf(toDeferred(self.a.subscriptions.commit(self.unsubscribeAll())))
        self.keepUp(30.0)
        self.wire.calls.clear()
        for _ in range(60):
            self.keepUp(10.0)
            self.assertIs(self.status().state, UpstreamState.FAILED)
            self.assertIn(f"may speak of {MOST_VALUES} values", self.status().reason)
        self.assertLess(self.wire.calls["deliverNotification"], 60)
        self.assertLess(self.wire.calls["subscribe"], 3)
        remove = [Remove(each.key) for each in many]
        self.successResultOf(toDeferred(self.a.store.commit(remove)))
        self.keepUp(180.0)
        self.assertEqual((self.hosts(), self.status().state), ({"x", "y"}, UpstreamState.LIVE))

    def unsubscribeAll(self) -> Sequence[SubscriptionCommand]:
        """End all subscriptions at C{a}."""
        return [Unsubscribe(one.id) for one in self.a.subscriptions.all()]

    def test_slowHeartbeat(self) -> None:
        """A source that repeats itself less often than it is asked to is live all the same."""
        self.begin(grants=SubscriptionGrants(repeat=60.0))
        self.successResultOf(toDeferred(self.a.say(HOST, "1", "x")))
        self.time.advance(1.0)
        for _ in range(300):
            self.time.advance(1.0)
            self.assertIs(self.status().state, UpstreamState.LIVE, self.status().reason)
