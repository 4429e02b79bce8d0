"""One intake: identities, lifetimes, paths, which copy counts, snapshots, bounds."""

from collections.abc import Awaitable, Sequence

from twisted.internet.defer import Deferred

from gma_twisted.errors import Busy
from gma_twisted.model import (
    Extended,
    Lifetime,
    QName,
    Replaced,
)
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.recording import Forgetful, Record
from gma_twisted.timing import toDeferred
from tests.aggregation.stand import (
    SOURCE,
    WALL,
    IntakeCase,
    changes,
    key,
    value,
    whole,
)

INF = float("inf")
OTHER = "http://other:8480/services/index"


class IdentityTests(IntakeCase):
    """Whose a value is, and what is not taken."""

    def test_kept(self) -> None:
        """Content, originator, key, created and sequence are kept; this node is added to the path."""
        self.apply(
            changes(value("k", "7", created=5.0, sequence=3, path=("a", "b"), originator=OTHER))
        )
        element = self.store.get(key("k", OTHER))
        assert element is not None
        self.assertEqual(element.content, b'<t:Host xmlns:t="urn:t">7</t:Host>')
        self.assertEqual((element.created, element.sequence), (5.0, 3))
        self.assertEqual(element.path, ("a", "b", "me"))
        self.assertEqual(self.inflow.values, 1)
        self.assertEqual((self.intake.counts.put, self.intake.counts.notices), (1, 1))

    def test_sourceIsOriginator(self) -> None:
        """A value that does not say whose it is, is its source's."""
        self.apply(changes(value(originator="")))
        self.assertEqual(self.present().path, ("me",))
        self.assertEqual(self.intake.counts.foreign, 1)

    def test_unnamedKeys(self) -> None:
        """Values of a whole notice without keys are counted, by name and originator; those with keys are not."""
        notice = whole(
            value(content="a"),
            value("k", "b"),
            value(content="c"),
            value(content="d"),
            value(content="e", originator=OTHER),
        )
        self.apply(notice)
        self.assertEqual(
            {(one.key.originator, one.key.key) for one in self.elements()},
            {(SOURCE, ""), (SOURCE, "k"), (SOURCE, "1"), (SOURCE, "2"), (OTHER, "")},
        )
        self.assertEqual(self.present("2").tail, b">d</t:Host>")

    def test_ownPath(self) -> None:
        """What came through this node already is dropped, counted, and its extensions are of no concern."""
        self.apply(changes(value(path=("a", "me"), available=WALL + 9)))
        self.apply(changes(extend=[("", WALL + 9, WALL + 9)]))
        self.apply(changes(remove=[""]))
        self.assertEqual(self.contents(), {})
        self.assertEqual(self.intake.counts.ownPath, 1)
        self.assertEqual(self.inflow.values, 0)
        self.assertFalse(self.inflow.isIncomplete)

    def test_ownOriginator(self) -> None:
        """What this node said itself is dropped and counted; a node with a longer port is another one."""
        for originator in ("http://me:8480", "http://me:8480/services/index"):
            self.apply(changes(value(originator=originator)))
        self.assertEqual(self.intake.counts.ownOriginator, 2)
        self.assertEqual(self.store.revision, 0)
        self.apply(changes(value(originator="http://me:84801/services/index")))
        self.assertEqual(self.inflow.values, 1)

    def test_mixed(self) -> None:
        """Each value of a notice is judged by itself, whatever the one before it was."""
        own = value("own", originator="http://me:8480/services/index")
        strange = value("strange", name=QName("urn:s", "Other"))
        self.apply(changes(value("a"), own, value("b"), strange, value("c")))
        self.assertEqual(self.contents(), {"a": "1", "b": "1", "c": "1"})
        self.assertEqual((self.intake.counts.ownOriginator, self.intake.counts.unasked), (1, 1))

    def test_hops(self) -> None:
        """16 nodes with this one are taken, 17 are not."""
        nodes = tuple(f"n{number}" for number in range(16))
        self.apply(changes(value("near", path=nodes[:15]), value("far", path=nodes)))
        self.assertEqual(self.contents(), {"near": "1"})
        self.assertEqual(self.intake.counts.tooFar, 1)

    def test_hugePath(self) -> None:
        """A path of few long ids is too long too."""
        self.apply(changes(value(path=("n" * 2000,))))
        self.assertEqual(self.intake.counts.tooFar, 1)

    def test_shared(self) -> None:
        """What values of one way and one run have in common is kept once: path, originator, lifetime."""
        one, other = (
            value(
                text,
                path=tuple(letter for letter in "xy"),
                originator="".join((SOURCE[:9], SOURCE[9:])),
                good=WALL + 9,
            )
            for text in "ab"
        )
        self.assertIsNot(one.originator, other.originator)
        self.apply(changes(one, other))
        self.assertIs(self.present("a").path, self.present("b").path)
        self.assertIs(self.present("a").lifetime, self.present("b").lifetime)
        self.assertIs(self.present("a").key.originator, self.present("b").key.originator)

    def test_unasked(self) -> None:
        """A value of a name nobody asked for is dropped and counted; a wildcard asks for a namespace."""
        strange = QName("urn:s", "Other")
        self.apply(changes(value(name=strange)))
        self.assertEqual((self.intake.counts.unasked, self.inflow.values), (1, 0))
        self.inflow = self.open(SOURCE, QName("urn:s", "*"))
        self.apply(changes(value(name=strange)))
        self.assertIsNot(self.store.get(key("", SOURCE, strange)), None)

    def test_movedThroughMe(self) -> None:
        """When a source has the value through this node now, the copy here lives on until its end, without it."""
        self.apply(changes(value(good=WALL + 9, available=WALL + 9)))
        self.apply(changes(value(path=("me", "a"), available=WALL + 99)))
        self.apply(changes(extend=[("", WALL + 99, WALL + 99)], remove=[]))
        self.assertEqual(self.present().lifetime.availableUntil, 1009.0)
        self.apply(changes(remove=[""]))
        self.assertEqual(self.contents(), {"": "1"})


class LifetimeTests(IntakeCase):
    """Deadlines on our clock."""

    def test_relative(self) -> None:
        """A lifetime is what was left when it was sent, whatever the sender's wall clock says."""
        sent = 12_345.0
        self.apply(changes(value(began=sent - 5, good=sent + 10, available=sent + 20)), sent)
        self.assertEqual(self.present().lifetime, Lifetime(995.0, 1010.0, 1020.0))

    def test_endless(self) -> None:
        """A value of ours without ends holds for ever, one with one end as long as that says."""
        self.apply(changes(value("a"), value("b", good=WALL + 5), value("c", available=WALL + 5)))
        self.assertEqual(self.present("a").lifetime, Lifetime(1000.0))
        self.assertEqual(self.present("b").lifetime, Lifetime(1000.0, 1005.0))
        self.assertEqual(self.present("c").lifetime, Lifetime(1000.0, 1005.0, 1005.0))

    def test_contradictory(self) -> None:
        """goodFrom after goodUntil, and goodUntil after availableUntil, become the earlier one."""
        self.apply(changes(value(began=WALL + 50, good=WALL + 40, available=WALL + 30)))
        self.assertEqual(self.present().lifetime, Lifetime(1030.0, 1030.0, 1030.0))

    def test_foreign(self) -> None:
        """Ends of a source that does not say when it sent are reckoned by our wall clock; a missing one follows."""
        wall = self.clock.wallTime()
        self.apply(
            whole(value("a", good=wall + 5, available=wall + 8), value("b", good=wall + 5)), None
        )
        self.assertEqual(self.present("a").lifetime, Lifetime(1000.0, 1005.0, 1008.0))
        self.assertEqual(self.present("b").lifetime, Lifetime(1000.0, 1005.0, 1065.0))

    def test_foreignWithoutLifetime(self) -> None:
        """A foreign value that says nothing holds as long as configured."""
        self.intake = self.makeIntake(good=30.0, grace=10.0)
        self.inflow = self.open()
        self.apply(whole(value(originator="")), None)
        self.assertEqual(self.present().lifetime, Lifetime(1000.0, 1030.0, 1040.0))

    def test_notASentTime(self) -> None:
        """A time of sending out of the calendar is none."""
        self.apply(whole(value()), INF)
        self.assertEqual(self.present().lifetime, Lifetime(1000.0, 1060.0, 1120.0))

    def test_late(self) -> None:
        """A value whose end has passed is not taken, and what the same source had before goes with it."""
        self.apply(changes(value("old")))
        self.apply(changes(value("old", "2", available=WALL), value("new", available=WALL - 1)))
        self.assertEqual(self.contents(), {})
        self.assertEqual((self.intake.counts.late, self.inflow.values), (2, 0))

    def test_extension(self) -> None:
        """An extension moves the ends and leaves the rest; it is told as an extension."""
        self.apply(changes(value(began=WALL - 3, good=WALL + 10, available=WALL + 20)))
        self.time.advance(5.0)
        self.apply(changes(extend=[("", WALL + 15, WALL + 25)]), WALL + 5)
        self.apply(changes(extend=[("", WALL + 30, None)]), WALL + 5)
        self.assertEqual(self.present().lifetime, Lifetime(997.0, 1030.0, INF))
        self.assertIsInstance(self.told[-1].changes[0], Extended)
        self.assertEqual(self.intake.counts.extended, 2)

    def test_extensionThatIsNone(self) -> None:
        """Ends that differ by less than a quarter of a second, or by less than 2 % of what is left, are the same."""
        self.apply(changes(value(good=WALL + 10, available=WALL + 100)))
        revision = self.store.revision
        self.apply(changes(extend=[("", WALL + 10.2, WALL + 101.9)]))
        self.apply(changes(value(good=WALL + 9.8, available=WALL + 98.1)))
        self.assertEqual(self.store.revision, revision)
        self.apply(changes(extend=[("", WALL + 10.25, WALL + 100)]))
        self.assertEqual(self.present().lifetime.goodUntil, 1010.25)
        self.apply(changes(extend=[("", WALL + 10.25, WALL + 102.25)]))
        self.assertEqual(self.present().lifetime.availableUntil, 1102.25)

    def test_shorter(self) -> None:
        """An extension may also shorten, and one that has passed ends the value."""
        self.apply(changes(value(good=WALL + 50, available=WALL + 50)))
        self.apply(changes(extend=[("", WALL + 5, WALL + 5)]))
        self.assertEqual(self.present().lifetime.availableUntil, 1005.0)
        self.apply(changes(extend=[("", WALL, WALL)]))
        self.assertEqual((self.contents(), self.inflow.values), ({}, 0))

    def test_sameAgain(self) -> None:
        """A value that comes again as it is writes nothing; one with another date is written."""
        self.apply(changes(value(created=5.0)))
        revision = self.store.revision
        self.apply(changes(value(created=5.0)))
        self.assertEqual(self.store.revision, revision)
        self.apply(changes(value(created=6.0)))
        self.assertEqual(self.present().created, 6.0)

    def test_close(self) -> None:
        """When an inflow is closed its values stay; those without an end get one."""
        self.apply(changes(value("a"), value("b", good=WALL + 5, available=WALL + 7)))
        self.successResultOf(toDeferred(self.inflow.close()))
        self.assertEqual(self.present("a").lifetime, Lifetime(1000.0, 1060.0, 1120.0))
        self.assertEqual(self.present("b").lifetime, Lifetime(1000.0, 1005.0, 1007.0))

    def test_closeOfOneOfTwo(self) -> None:
        """What another inflow offers by the same way stays without an end."""
        self.apply(changes(value()))
        self.apply(changes(value()), inflow=self.open(SOURCE, QName("urn:t", "*")))
        self.successResultOf(toDeferred(self.inflow.close()))
        self.assertEqual(self.present().lifetime.availableUntil, INF)

    def test_reopened(self) -> None:
        """A new inflow takes over what a closed one left."""
        self.apply(changes(value()))
        self.successResultOf(toDeferred(self.inflow.close()))
        self.inflow = self.open()
        self.apply(changes(value(), isEnd=True), isSnapshot=True)
        self.assertEqual(self.present().lifetime.availableUntil, INF)


class ChoiceTests(IntakeCase):
    """Two sources offer the same values: C{inflow} by way of a, C{second} by way of b."""

    def setUp(self) -> None:
        """Both are open; the value is here by a, created at 10, good until 1010, readable until 1020."""
        super().setUp()
        self.second = self.open(OTHER)
        self.byA(value("", "1", good=WALL + 10, available=WALL + 20, created=10.0, path=("a",)))
        self.revision = self.store.revision

    def byA(self, *values: object, **more: object) -> None:
        """A notice of the first source."""
        self.apply(changes(*values, **more), self.sent())  # type: ignore[arg-type]

    def byB(self, *values: object, **more: object) -> None:
        """A notice of the second source."""
        self.apply(changes(*values, **more), self.sent(), inflow=self.second)  # type: ignore[arg-type]

    def sent(self) -> float:
        """Senders' clocks go as ours."""
        return WALL + self.time.seconds() - 1000.0

    def offer(self, content: str = "1", until: float = 30.0, created: float = 10.0) -> None:
        """The second source offers the value."""
        self.byB(
            value(
                "", content, good=WALL + until, available=WALL + until, created=created, path=("b",)
            )
        )

    def test_beside(self) -> None:
        """The same value by another way is only remembered; its extensions and its end change nothing."""
        self.offer()
        self.byB(extend=[("", WALL + 31, WALL + 31)])
        self.assertEqual(self.second.values, 1)
        self.byB(remove=[""])
        self.assertEqual(self.store.revision, self.revision)
        self.assertEqual((self.intake.counts.beside, self.second.values), (1, 0))

    def test_newer(self) -> None:
        """A newer value is taken from whoever has it first; then the other way is the one beside."""
        self.offer("2", created=11.0)
        self.assertEqual((self.present().tail, self.present().path), (b">2</t:Host>", ("b", "me")))
        self.byA(value("", "2", good=WALL + 30, created=11.0, path=("a",)))
        self.byA(remove=[""])
        self.assertEqual(self.present().path, ("b", "me"))
        self.byB(remove=[""])
        self.assertEqual(self.contents(), {})

    def test_newerByCount(self) -> None:
        """Of two values of one date the one with the higher count is newer."""
        self.byB(value("", "2", created=10.0, sequence=1, path=("b",)))
        self.assertEqual(self.contents(), {"": "2"})

    def test_newerDateOnly(self) -> None:
        """The same content with a newer date does not change the way."""
        self.offer(created=11.0)
        self.assertEqual(self.present().path, ("a", "me"))

    def test_older(self) -> None:
        """An older value is not taken while the present one is good, and counted."""
        self.offer("0", created=9.0)
        self.assertEqual(self.contents(), {"": "1"})
        self.assertEqual(self.intake.counts.older, 1)

    def test_olderThanStale(self) -> None:
        """An older value that holds is better than one nobody keeps up."""
        self.time.advance(11.0)
        self.offer("0", created=9.0)
        self.assertEqual(self.contents(), {"": "0"})

    def test_ownWayAlways(self) -> None:
        """What comes by the way of the present value is taken, also with an earlier date."""
        self.byA(value("", "3", created=1.0, path=("a",)))
        self.assertEqual(self.contents(), {"": "3"})

    def test_wayMoved(self) -> None:
        """When the source of the present value has it by another way now, that is taken and told as a change."""
        self.byA(value("", "1", good=WALL + 10, available=WALL + 20, created=10.0, path=("c", "a")))
        self.assertEqual(self.present().path, ("c", "a", "me"))
        self.assertIsInstance(self.told[-1].changes[0], Replaced)

    def test_extensionTakesOver(self) -> None:
        """An extension by another way takes the value over when the present one is stale, and is told as a change."""
        self.offer(until=11.0)
        self.time.advance(10.0)
        self.byB(extend=[("", WALL + 40, WALL + 50)])
        element = self.present()
        self.assertEqual((element.path, element.created), (("b", "me"), 10.0))
        self.assertEqual(element.lifetime, Lifetime(1000.0, 1040.0, 1050.0))
        self.assertIsInstance(self.told[-1].changes[0], Replaced)
        self.byA(extend=[("", WALL + 41, WALL + 51)])
        self.assertEqual(self.present().lifetime.goodUntil, 1040.0)
        self.byB(extend=[("", WALL + 60, WALL + 70)])
        self.assertEqual(self.present().lifetime.goodUntil, 1060.0)

    def test_neglected(self) -> None:
        """It takes over before, too, when the present one has less than a quarter left of what the other promises."""
        self.offer(until=12.0)
        self.time.advance(8.0)
        self.byB(extend=[("", WALL + 15.9, WALL + 15.9)])
        self.assertEqual(self.present().path, ("a", "me"))
        self.byB(extend=[("", WALL + 16.1, WALL + 16.1)])
        self.assertEqual(self.present().path, ("b", "me"))

    def test_staleByBoth(self) -> None:
        """Of two stale copies the one that is readable longer stays."""
        self.offer(until=11.0)
        self.time.advance(12.0)
        self.byB(extend=[("", WALL + 11.5, WALL + 19.0)])
        self.assertEqual(self.present().path, ("a", "me"))
        self.byB(extend=[("", WALL + 11.5, WALL + 21.0)])
        self.assertEqual(self.present().path, ("b", "me"))

    def test_extensionOfOtherContent(self) -> None:
        """An extension of what is not here cannot take over: the source has to say what it has."""
        self.offer("0", created=9.0)
        self.byB(extend=[("", WALL + 40, WALL + 50)])
        self.assertFalse(self.second.isIncomplete)
        self.time.advance(10.0)
        self.byB(extend=[("", WALL + 41, WALL + 51)])
        self.assertTrue(self.second.isIncomplete)
        self.assertEqual(self.present().path, ("a", "me"))

    def test_presentMovedOn(self) -> None:
        """Nor can an extension of what the value here said before."""
        self.offer(until=12.0)
        self.byA(value("", "2", good=WALL + 10, available=WALL + 20, created=11.0, path=("a",)))
        self.time.advance(10.0)
        self.byB(extend=[("", WALL + 40, WALL + 50)])
        self.assertTrue(self.second.isIncomplete)
        self.assertEqual(self.contents(), {"": "2"})

    def test_presentGone(self) -> None:
        """An extension of a value that is gone here says that something was missed."""
        self.time.advance(20.0)
        self.byA(extend=[("", WALL + 40, WALL + 50)])
        self.assertTrue(self.inflow.isIncomplete)

    def test_unknown(self) -> None:
        """An extension of a value that was never offered, too, but not for one that is over, and not in a snapshot."""
        self.byB(extend=[("k", WALL - 1, WALL)])
        self.assertFalse(self.second.isIncomplete)
        self.apply(changes(), self.sent(), True, self.second)
        self.byB(extend=[("k", WALL + 1, WALL + 2)])
        self.assertFalse(self.second.isIncomplete)
        self.apply(changes(isEnd=True), self.sent(), True, self.second)
        self.byB(extend=[("k", WALL + 1, WALL + 2)])
        self.assertTrue(self.second.isIncomplete)
        self.apply(changes(), self.sent(), True, self.second)
        self.assertFalse(self.second.isIncomplete)


class SnapshotTests(IntakeCase):
    """Everything there is, in parts."""

    def snapshot(self, *values: str, isEnd: bool = False) -> None:
        """A part of a snapshot."""
        self.apply(changes(*map(value, values), isEnd=isEnd), WALL, True)

    def test_unseen(self) -> None:
        """At the end of a snapshot what it did not say is gone."""
        self.apply(changes(value("a"), value("b"), value("c")))
        self.snapshot("a")
        self.assertEqual(set(self.contents()), {"a", "b", "c"})
        self.snapshot("c", "d", isEnd=True)
        self.assertEqual(set(self.contents()), {"a", "c", "d"})
        self.assertEqual(self.inflow.values, 3)
        self.apply(changes(value("e")))
        self.snapshot("e", isEnd=True)
        self.assertEqual(set(self.contents()), {"e"})

    def test_unfinished(self) -> None:
        """What an unfinished snapshot said counts when it goes on, and not when another one begins."""
        self.snapshot("a", "b", isEnd=True)
        self.snapshot("a")
        self.snapshot("b", isEnd=True)
        self.assertEqual(set(self.contents()), {"a", "b"})
        self.snapshot("a")
        self.inflow.beginAnew()
        self.snapshot("b", isEnd=True)
        self.assertEqual(set(self.contents()), {"b"})

    def test_lateIsNotSeen(self) -> None:
        """A value whose end has passed is not said by it."""
        self.snapshot("a", isEnd=True)
        self.apply(changes(value("a", available=WALL), isEnd=True), WALL, True)
        self.assertEqual((self.contents(), self.inflow.values), ({}, 0))

    def test_otherWayStays(self) -> None:
        """What is here by another source stays when a snapshot has it no more."""
        other = self.open(OTHER)
        self.apply(changes(value("a", path=("x",)), isEnd=True), WALL, True, other)
        self.snapshot("a", isEnd=True)
        self.snapshot(isEnd=True)
        self.assertEqual(set(self.contents()), {"a"})
        self.assertEqual((self.inflow.values, other.values), (0, 1))

    def test_whole(self) -> None:
        """A whole notice is everything of the source, in one commit; others' values of the names stay."""
        self.apply(changes(value("a"), value("b")))
        self.apply(changes(value("z", originator=OTHER)), inflow=self.open(OTHER))
        told = len(self.told)
        self.apply(whole(value("b", "2"), value("c")))
        self.assertEqual(self.contents(), {"b": "2", "c": "1", "z": "1"})
        self.assertEqual(len(self.told), told + 1)
        self.assertEqual(self.inflow.values, 2)

    def test_refusedSeen(self) -> None:
        """What a snapshot says that came through this node is known to be there, and not taken."""
        self.apply(changes(value(path=("me",)), isEnd=True), WALL, True)
        self.apply(changes(extend=[("", WALL + 5, WALL + 5)]))
        self.assertFalse(self.inflow.isIncomplete)
        self.snapshot(isEnd=True)
        self.assertEqual(self.inflow.values, 0)


class Slow(Forgetful):
    """Records when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[int]] = []

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """Keep what is to be recorded."""
        self.waiting.append(Deferred())
        return self.waiting[-1]


class CommitTests(IntakeCase):
    """How it is put into the store."""

    def test_one(self) -> None:
        """Everything a notice says is one commit."""
        self.apply(changes(value("a"), value("b")))
        told = len(self.told)
        self.apply(changes(value("c"), extend=[("a", WALL + 9, None)], remove=["b"]))
        self.assertEqual(len(self.told), told + 1)
        self.assertEqual(len(self.told[-1].changes), 3)

    def test_several(self) -> None:
        """A notice of more values than a commit may have is done in several, a turn of the reactor between them."""
        self.intake = self.makeIntake(batch=2)
        self.inflow = self.open()
        self.apply(changes(value("x")), WALL)
        done = toDeferred(self.inflow.apply(whole(*(value(str(n)) for n in range(5))), WALL, False))
        self.assertNoResult(done)
        self.assertEqual(set(self.contents()), {"x", "0", "1"})
        for _ in range(3):
            self.time.advance(0.0)
        self.successResultOf(done)
        self.assertEqual(set(self.contents()), {"0", "1", "2", "3", "4"})

    def slow(self) -> Slow:
        """Let the store record when it is told to."""
        recorder = Slow()
        self.store = MemoryStore(self.clock, recorder=recorder)
        self.successResultOf(toDeferred(self.store.start()))
        self.intake = self.makeIntake()
        return recorder

    def test_underWay(self) -> None:
        """A value is compared with what is on its way into the store, not with what is there before."""
        recorder = self.slow()
        first, second = self.open(), self.open(OTHER)
        one = toDeferred(
            first.apply(changes(value("", "2", created=2.0, path=("a",))), WALL, False)
        )
        two = toDeferred(
            second.apply(changes(value("", "1", created=1.0, path=("b",))), WALL, False)
        )
        self.assertNoResult(one)
        self.successResultOf(two)
        self.assertEqual(self.contents(), {})
        recorder.waiting.pop().callback(1)
        self.successResultOf(one)
        self.assertEqual(self.contents(), {"": "2"})

    def test_answeredWhenCommitted(self) -> None:
        """The answer comes when the store has it; a commit that fails leaves no trace."""
        recorder = self.slow()
        inflow = self.open()
        done = toDeferred(inflow.apply(changes(value()), WALL, False))
        self.assertNoResult(done)
        recorder.waiting.pop().errback(Busy("no room"))
        self.failureResultOf(done, Busy)
        self.assertEqual(inflow.values, 0)
        again = toDeferred(inflow.apply(changes(value()), WALL, False))
        recorder.waiting.pop().callback(1)
        self.successResultOf(again)
        self.assertEqual((self.contents(), inflow.values), ({"": "1"}, 1))
