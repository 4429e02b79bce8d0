"""What subscribers hear of what changes."""

from collections.abc import Awaitable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.interfaces import Reply
from gma_twisted.model import (
    Answer,
    Extend,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    ReplaceAll,
)
from gma_twisted.notify import NoticeWriter
from gma_twisted.notify.writing import Body
from gma_twisted.stores import MemoryStore
from tests.notify.sinks import Network
from tests.notify.stand import HOST, JOB, NAMESPACE, ORIGINATOR, WALL, Stand, key


class ChangeTests(SynchronousTestCase):
    """Subscribers that read changes (gma:changes)."""

    def setUp(self) -> None:
        """A service without data."""
        self.stand = Stand()

    def test_changes(self) -> None:
        """Values come as they change, numbered from 1, and what is removed is said."""
        stand = self.stand
        stand.subscribe("a")
        stand.put("x", "1")
        stand.put("x", "2")
        stand.commit([Remove(key("x"))])
        heard = stand.heard("a")
        self.assertEqual([one.puts for one in heard], [["x"], ["x"], []])
        self.assertEqual([one.removes for one in heard], [[], [], ["x"]])
        self.assertEqual([one.delivery.sequence for one in heard], [1, 2, 3])
        self.assertEqual({one.delivery.epoch for one in heard}, {7})
        self.assertEqual(heard[0].delivery.subscription, f"{ORIGINATOR}/subscriptions/a")
        self.assertIn(b">2</t:Host>", heard[1].message)
        self.assertFalse(any(one.delivery.isSnapshot or one.delivery.dropped for one in heard))

    def test_onlyWhatIsSubscribed(self) -> None:
        """Other names, originators and keys are not told; a wildcard is every name of its namespace."""
        stand = self.stand
        stand.subscribe("host")
        stand.subscribe("all", QName(NAMESPACE, "*"))
        stand.subscribe("one", NameSelector(HOST, None, "x"))
        stand.subscribe("own", NameSelector(HOST, "http://elsewhere"))
        stand.put("x")
        stand.put("y", name=JOB)
        stand.put("z", originator="http://elsewhere")
        told = {
            id: [put for one in stand.heard(id) for put in one.puts]
            for id in ("host", "all", "one", "own")
        }
        self.assertEqual(
            told, {"host": ["x", "z"], "all": ["x", "y", "z"], "one": ["x"], "own": ["z"]}
        )

    def test_onceForSeveralSelectors(self) -> None:
        """A value that several selectors select is told once."""
        self.stand.subscribe("a", HOST, QName(NAMESPACE, "*"))
        self.stand.put("x")
        self.assertEqual([one.puts for one in self.stand.heard("a")], [["x"]])

    def test_shared(self) -> None:
        """All subscribers of a topic get the same bytes, each with numbers of its own."""
        stand = self.stand
        stand.subscribe("a")
        stand.put("w")
        stand.subscribe("b")
        stand.put("x")
        one, other = stand.heard("a")[-1], stand.heard("b")[-1]
        self.assertEqual(one.message, other.message)
        self.assertEqual((one.delivery.sequence, other.delivery.sequence), (2, 1))

    def test_behind(self) -> None:
        """Who is slow gets the latest of every key, once."""
        stand = self.stand
        stand.network.statuses["a:1"] = [None]
        stand.subscribe("a")
        for number in range(50):
            stand.put("x", str(number))
            stand.put("y", str(number))
        stand.network.answer("a:1")
        stand.network.answer("a:1")
        heard = stand.heard("a")
        self.assertEqual([one.puts for one in heard], [["x"], ["y", "x"]])
        self.assertIn(b">49</t:Host>", heard[1].message)
        self.assertNotIn(b">48</t:Host>", heard[1].message)

    def test_retried(self) -> None:
        """What comes again has the same number and message, and says when it was sent."""
        stand = self.stand
        stand.network.statuses["a:1"] = [503, 202]
        stand.subscribe("a")
        stand.put("x")
        stand.advance(1.0)
        first, second = stand.heard("a")
        self.assertEqual(first.delivery.sequence, second.delivery.sequence)
        self.assertEqual(first.message, second.message)
        self.assertAlmostEqual(second.delivery.sent - first.delivery.sent, 0.5)

    def test_lost(self) -> None:
        """Who is so far behind that changes are forgotten hears how many, and everything anew."""
        self.stand = stand = Stand(mostKeys=10)
        stand.network.statuses["a:1"] = [None]
        stand.subscribe("a")
        stand.put("x")
        for number in range(40):
            stand.put(f"y{number}")
        stand.commit([Remove(key("y0"))])
        for _ in range(3):
            if stand.network.open["a:1"]:
                stand.network.answer("a:1")
        heard = stand.heard("a")
        self.assertEqual(heard[0].delivery.dropped, 0)
        self.assertEqual(heard[1].delivery.dropped, 31)
        self.assertTrue(heard[1].delivery.isSnapshot)
        self.assertTrue(heard[1].notice.isSnapshotEnd)
        self.assertEqual(len(heard[1].puts), 40)
        self.assertEqual([one.delivery.sequence for one in heard], [1, 2])

    def test_large(self) -> None:
        """A large change comes in several notices of so many values each."""
        stand = self.stand
        stand.subscribe("a")
        stand.commit([ReplaceAll(HOST, ORIGINATOR, [stand.element(f"{n:03}") for n in range(600)])])
        heard = stand.heard("a")
        self.assertEqual([len(one.puts) for one in heard], [250, 250, 100])
        self.assertEqual(len({put for one in heard for put in one.puts}), 600)

    def test_largeValues(self) -> None:
        """No notice passes its bytes; no value that fits is left out."""
        self.stand = stand = Stand(mostBytes=2000)
        stand.subscribe("a")
        stand.subscribe("b", snapshot=True)
        elements = [stand.element(str(n), "v" * 700) for n in range(6)]
        stand.commit([ReplaceAll(HOST, ORIGINATOR, elements)])
        for id in ("a", "b"):
            told = [put for one in stand.heard(id) for put in one.puts]
            self.assertEqual(sorted(told), [str(n) for n in range(6)])
            self.assertLess(max(len(one.message) for one in stand.heard(id)), 2500)

    def test_tooLarge(self) -> None:
        """A value larger than a notice is none to whoever hears of changes, until it fits; the log names it once."""
        self.stand = stand = Stand(mostBytes=2000)
        stand.subscribe("a")
        stand.put("big", "small")
        stand.put("other", "o")
        with capturedLogs() as events:
            stand.put("big", "v" * 5000)
            stand.put("big", "w" * 5000)
            stand.subscribe("b", snapshot=True)
        (said,) = [formatEvent(event) for event in events]
        self.assertIn("(key 'big')", said or "")
        self.assertIn("notice_size", said or "")
        self.assertEqual([one.removes for one in stand.heard("a")][2:], [["big"], ["big"]])
        (snapshot,) = stand.heard("b")
        self.assertEqual(snapshot.puts, ["other"])
        self.assertTrue(snapshot.notice.isSnapshotEnd)
        stand.put("big", "small again")
        for id in ("a", "b"):
            self.assertEqual(stand.heard(id)[-1].puts, ["big"])


class ManyKeysTests(SynchronousTestCase):
    """A topic of a thousand keys of one name."""

    def setUp(self) -> None:
        """One that counts how often a selector is looked at while something is told."""
        self.stand = Stand()
        self.looks = 0
        self.selectors = tuple(NameSelector(HOST, key=str(n)) for n in range(1000))

    def counting(self) -> None:
        """From now on."""
        name: Any = vars(NameSelector)["name"]

        def look(selector: NameSelector) -> QName:
            self.looks += 1
            found: QName = name.__get__(selector)
            return found

        self.patch(NameSelector, "name", property(look))

    def test_change(self) -> None:
        """What changes is not compared with every selector, whether it is of the topic or not."""
        self.stand.subscribe("a", *self.selectors)
        self.counting()
        self.stand.put("7")
        self.stand.put("other")
        self.assertEqual([one.puts for one in self.stand.heard("a")], [["7"]])
        self.assertEqual(self.looks, 0)

    def test_whole(self) -> None:
        """All values of all of them are found with a few looks at each, however many there are."""
        self.stand.subscribe("a", *self.selectors, changes=False)
        self.counting()
        self.stand.put("7")
        (heard,) = self.stand.heard("a")
        self.assertEqual(heard.puts, ["7"])
        self.assertLess(self.looks, 10_000)

    def test_someUnknown(self) -> None:
        """A name that is not known is asked for once, not once for each of its keys."""
        finds: list[NameQuery] = []
        find = MemoryStore.find

        def counted(store: MemoryStore, query: NameQuery) -> Answer:
            finds.append(query)
            return find(store, query)

        self.patch(MemoryStore, "find", counted)
        self.stand.put("x", name=JOB)
        self.stand.subscribe("a", JOB, *self.selectors[1:], snapshot=True)
        self.assertEqual([one.puts for one in self.stand.heard("a")], [["x"]])
        self.assertLess(len(finds), 10)

    def test_end(self) -> None:
        """One of several with many selectors of one name ends; the others go on."""
        for number in range(3):
            keys = [NameSelector(HOST, key=f"{number}.{n}") for n in range(1000)]
            self.stand.subscribe(f"a{number}", *keys)
        self.stand.unsubscribe("a0")
        self.stand.put("0.5")
        self.stand.put("1.5")
        self.assertEqual(self.stand.heard("a0"), [])
        self.assertEqual([one.puts for one in self.stand.heard("a1")], [["1.5"]])

    def test_wildcards(self) -> None:
        """Namespaces, originators and keys are told apart, and equal selectors count once."""
        every = QName(NAMESPACE, "*")
        self.stand.subscribe("key", NameSelector(every, key="x"), NameSelector(every, key="x"))
        self.stand.subscribe("own", NameSelector(every, "http://elsewhere"), JOB)
        self.stand.put("x")
        self.stand.put("y", originator="http://elsewhere")
        self.stand.put("z", name=JOB)
        told = {
            id: [put for one in self.stand.heard(id) for put in one.puts] for id in ("key", "own")
        }
        self.assertEqual(told, {"key": ["x"], "own": ["y", "z"]})


class SnapshotTests(SynchronousTestCase):
    """Everything there is."""

    def setUp(self) -> None:
        """A service with 600 values."""
        self.stand = stand = Stand()
        stand.commit([ReplaceAll(HOST, ORIGINATOR, [stand.element(f"{n:03}") for n in range(600)])])

    def test_pages(self) -> None:
        """It comes in parts; the last one says so, and what changes follows."""
        stand = self.stand
        stand.network.statuses["a:1"] = [None]
        stand.subscribe("a", snapshot=True)
        stand.put("000", "new")
        stand.commit([Remove(key("599"))])
        for _ in range(4):
            stand.network.answer("a:1")
        heard = stand.heard("a")
        self.assertEqual([one.delivery.isSnapshot for one in heard], [True] * 3 + [False])
        self.assertEqual([one.notice.isSnapshotEnd for one in heard], [False, False, True, False])
        self.assertEqual([one.delivery.sequence for one in heard], [1, 2, 3, 4])
        self.assertEqual(heard[3].puts, ["000"])
        self.assertEqual(heard[3].removes, ["599"])

    def test_beginsAgain(self) -> None:
        """When its next part cannot be found any more it comes anew, and says that what came before is void."""
        stand = self.stand
        stand.network.statuses["a:1"] = [None]
        stand.subscribe("a", snapshot=True)
        page = stand.notifier.writer.page
        asked: list[str | None] = []

        def forgetful(
            selectors: tuple[NameSelector, ...], cursor: str | None
        ) -> tuple[Body, str | None]:
            asked.append(cursor)
            if len(asked) == 1:
                raise ParameterError("too old")
            return page(selectors, cursor)

        self.patch(NoticeWriter, "page", lambda _, selectors, cursor: forgetful(selectors, cursor))
        stand.commit([Remove(key("000"))])
        for _ in range(4):
            stand.network.answer("a:1")
        heard = stand.heard("a")
        self.assertEqual([one.delivery.dropped for one in heard], [0, 1, 0, 0])
        self.assertEqual([one.delivery.isSnapshot for one in heard], [True] * 4)
        self.assertNotIn("000", [put for one in heard[1:] for put in one.puts])
        self.assertTrue(heard[-1].notice.isSnapshotEnd)

    def test_empty(self) -> None:
        """Nothing at all is said too."""
        self.stand.subscribe("a", JOB, snapshot=True)
        (heard,) = self.stand.heard("a")
        self.assertTrue(heard.notice.isSnapshotEnd)
        self.assertEqual(heard.puts, [])

    def test_newEpoch(self) -> None:
        """Subscriptions of the life before begin again with everything, in a higher epoch."""
        stand = self.stand
        stand.subscribe("a")
        stand.put("x")
        stand.notifier.stop()
        stand.put("y")
        self.assertEqual(len(stand.heard("a")), 1)
        stand.notifier = stand.makeNotifier(8)
        stand.notifier.start()
        heard = stand.heard("a")
        self.assertEqual([one.delivery.epoch for one in heard], [7, 8, 8, 8])
        self.assertEqual([one.delivery.sequence for one in heard], [1, 1, 2, 3])
        self.assertTrue(heard[-1].notice.isSnapshotEnd)
        self.assertEqual(sum(len(one.puts) for one in heard[1:]), 602)

    def restarted(self) -> "Deferred[None]":
        """Another life of the notifier, with three subscriptions that were kept; a value is there."""
        stand = self.stand
        for id in ("a", "b", "ended"):
            stand.subscribe(id, JOB)
        stand.notifier.stop()
        stand.put("x", name=JOB)
        stand.notifier = stand.makeNotifier(8)
        complete: Deferred[None] = Deferred()
        stand.notifier.start(complete)
        return complete

    def test_waits(self) -> None:
        """Those that were kept hear nothing before everything is there, and then all of it; new ones do not wait."""
        stand = self.stand
        complete = self.restarted()
        stand.subscribe("new", JOB, snapshot=True)
        stand.unsubscribe("ended")
        stand.advance(5.0)
        stand.put("y", name=JOB)
        self.assertEqual([stand.heard(id) for id in ("a", "b", "ended")], [[], [], []])
        self.assertEqual([one.puts for one in stand.heard("new")], [["x"], ["y"]])
        complete.callback(None)
        stand.advance(20.0)
        for id in ("a", "b"):
            (heard,) = stand.heard(id)
            self.assertEqual((heard.puts, heard.notice.isSnapshotEnd), (["x", "y"], True))
            self.assertEqual((heard.delivery.epoch, heard.delivery.sequence), (8, 1))
        self.assertEqual((len(stand.heard("new")), stand.heard("ended")), (2, []))

    def test_waitsNotForEver(self) -> None:
        """After ten seconds they hear what there is, and what comes later as a change."""
        stand = self.stand
        complete = self.restarted()
        stand.advance(9.9)
        self.assertEqual(stand.heard("a"), [])
        stand.advance(0.2)
        self.assertEqual([one.puts for one in stand.heard("a")], [["x"]])
        complete.callback(None)
        stand.put("y", name=JOB)
        self.assertEqual([one.puts for one in stand.heard("a")], [["x"], ["y"]])

    def test_stopsMeanwhile(self) -> None:
        """Who waits when it stops hears nothing; no timer is left."""
        stand = self.stand
        complete = self.restarted()
        stand.notifier.stop()
        self.assertEqual([one for one in stand.time.getDelayedCalls() if one.getTime() < 20.0], [])
        complete.callback(None)
        stand.advance(20.0)
        self.assertEqual((stand.heard("a"), len(stand.notifier)), ([], 0))


class TurnTests(SynchronousTestCase):
    """A change many want to hear of."""

    def setUp(self) -> None:
        """A hundred subscribers; each notice takes a millisecond."""
        self.stand = stand = Stand()
        self.ids = [f"s{number}" for number in range(100)]
        for id in self.ids:
            stand.subscribe(id)
        answer = Network.call

        def call(network: Network, *what: Any) -> Awaitable[Reply]:
            stand.time.rightNow += 0.001
            return answer(network, *what)

        self.patch(Network, "call", call)

    def told(self) -> list[str]:
        """Who has heard, in order."""
        return [peer.removesuffix(":1") for peer, _ in self.stand.network.arrived]

    def test_severalTurns(self) -> None:
        """A turn of the reactor takes as many as it has time for; all are told, each once."""
        self.stand.put("x")
        counts = [len(self.told())]
        # Comes due in the second turn.
        self.stand.time.callLater(0.008, lambda: counts.append(len(self.told())))
        self.stand.time.advance(0.02)
        self.assertLess(counts[0], 30)
        self.assertLess(counts[1], 60)
        self.assertEqual(sorted(self.told()), sorted(self.ids))

    def test_few(self) -> None:
        """Also few notices, each of which takes long, are not sent in one turn."""
        for id in self.ids[8:]:
            self.stand.unsubscribe(id)
        answer = Network.call

        def slow(network: Network, *what: Any) -> Awaitable[Reply]:
            self.stand.time.rightNow += 0.1
            return answer(network, *what)

        self.patch(Network, "call", slow)
        self.stand.put("x")
        self.assertEqual(len(self.told()), 1)
        self.stand.advance(2.0)
        self.assertEqual(sorted(self.told()), sorted(self.ids[:8]))

    def test_meanwhile(self) -> None:
        """Who ends between two turns is not told; what changes then is told to all, to those still waiting at once."""
        self.stand.put("x", "1")
        before = self.told()
        ended = next(id for id in self.ids if id not in before)
        self.stand.unsubscribe(ended)
        self.stand.put("x", "2")
        self.stand.advance(0.1)
        told = self.told()
        self.assertNotIn(ended, told)
        self.ids.remove(ended)
        for id in self.ids:
            self.assertEqual(told.count(id), 2 if id in before else 1)
            self.assertIn(b">2</t:Host>", self.stand.heard(id)[-1].message)

    def test_stopped(self) -> None:
        """After the stop nobody is told, and no timer is left."""
        self.stand.put("x")
        before = self.told()
        self.stand.notifier.stop()
        self.stand.advance(1.0)
        self.assertEqual(self.told(), before)
        self.assertLess(len(before), 30)


class LifetimeTests(SynchronousTestCase):
    """The same for longer."""

    def setUp(self) -> None:
        """A value, and somebody who has it."""
        self.stand = Stand()
        self.stand.put("x", good=100.0, grace=20.0)
        self.stand.subscribe("a")

    def extend(self, good: float, grace: float = 20.0) -> None:
        """Let it hold from now on."""
        now = self.stand.time.seconds()
        self.stand.commit([Extend(key("x"), Lifetime.lasting(now, good, grace))])

    def test_beforeHalf(self) -> None:
        """It is told before half of the lifetime told last has passed, once, without the value."""
        for _ in range(9):
            self.stand.advance(5.0)
            self.extend(100.0)
        self.assertEqual(self.stand.heard("a"), [])
        self.stand.advance(10.0)
        (heard,) = self.stand.heard("a")
        self.assertEqual((heard.puts, heard.extends), ([], ["x"]))
        self.assertLessEqual(heard.at, 52.6)
        self.assertEqual(heard.notice.extend[0].goodUntil, WALL + 145.0)
        self.assertEqual(heard.notice.extend[0].availableUntil, WALL + 165.0)

    def test_constantForLong(self) -> None:
        """Constant data stays alive at its subscriber for ten lifetimes; the last extension is the last word."""
        alive = 120.0
        for _ in range(240):
            self.stand.advance(5.0)
            for heard in self.stand.heard("a"):
                for one in heard.notice.extend:
                    assert one.availableUntil is not None
                    alive = max(alive, heard.at + one.availableUntil - heard.delivery.sent)
            self.assertGreater(alive, self.stand.time.seconds())
            self.extend(100.0)
        every = self.stand.heard("a")
        self.assertEqual([one.puts for one in every], [[]] * len(every))
        self.assertLess(len(every), 30)

    def test_shorter(self) -> None:
        """A shorter lifetime is told at once."""
        self.extend(10.0)
        (heard,) = self.stand.heard("a")
        self.assertEqual(heard.extends, ["x"])
        self.assertEqual(heard.notice.extend[0].goodUntil, WALL + 10.0)

    def test_quiet(self) -> None:
        """A quiet change is told as a longer life, and by the time that would be told; who asks anew sees all of it."""
        for second in range(9):
            self.stand.advance(5.0)
            self.stand.put("x", str(second), good=100.0, grace=20.0, isQuiet=True)
        self.assertEqual(self.stand.heard("a"), [])
        self.stand.advance(10.0)
        (heard,) = self.stand.heard("a")
        self.assertEqual((heard.puts, heard.extends), ([], ["x"]))
        self.assertLessEqual(heard.at, 52.6)
        self.assertEqual(heard.notice.extend[0].goodUntil, WALL + 145.0)
        self.stand.put("x", "news", good=100.0, grace=20.0)
        self.assertIn(b">news</t:Host>", self.stand.heard("a")[-1].message)

    def test_quietShorter(self) -> None:
        """A quiet change that makes a life shorter is told at once."""
        self.stand.put("x", "new", good=10.0, grace=0.0, isQuiet=True)
        (heard,) = self.stand.heard("a")
        self.assertEqual((heard.puts, heard.extends), ([], ["x"]))
        self.assertEqual(heard.notice.extend[0].goodUntil, WALL + 10.0)

    def test_quietOfWhole(self) -> None:
        """Who takes whole values has what was put quietly in the next notice."""
        self.stand.subscribe("whole", changes=False)
        self.stand.put("x", "quiet", good=100.0, isQuiet=True)
        self.assertEqual(self.stand.heard("whole"), [])
        self.stand.advance(60.0)
        (heard,) = self.stand.heard("whole")
        self.assertIn(b">quiet</t:Host>", heard.message)

    def test_changedMeanwhile(self) -> None:
        """A value that changes before its longer life is told makes that unnecessary."""
        self.extend(200.0)
        self.stand.put("x", "new", good=200.0)
        self.stand.advance(190.0)
        self.assertEqual([(one.puts, one.extends) for one in self.stand.heard("a")], [(["x"], [])])

    def test_goneMeanwhile(self) -> None:
        """One that is gone before is told as gone, once."""
        self.extend(200.0)
        self.stand.commit([Remove(key("x"))])
        self.stand.advance(300.0)
        self.assertEqual(
            [(one.removes, one.extends) for one in self.stand.heard("a")], [(["x"], [])]
        )

    def test_expired(self) -> None:
        """What has passed is told as gone."""
        self.stand.advance(125.0)
        self.assertEqual([one.removes for one in self.stand.heard("a")], [["x"]])


class WholeTests(SynchronousTestCase):
    """Subscribers as OGSI has them: all values of all names."""

    def setUp(self) -> None:
        """A service with two values."""
        self.stand = Stand()
        self.stand.put("x")
        self.stand.put("y", name=JOB)

    def test_all(self) -> None:
        """Every change brings all values of all names."""
        self.stand.subscribe("a", HOST, JOB, changes=False)
        self.assertEqual(self.stand.heard("a"), [])
        self.stand.put("z")
        (heard,) = self.stand.heard("a")
        self.assertTrue(heard.notice.isWhole)
        self.assertEqual(heard.puts, ["x", "z", "y"])

    def test_minInterval(self) -> None:
        """Notices keep their distance, and the last one has everything."""
        self.stand.subscribe("a", changes=False, minInterval=10.0)
        for number in range(100):
            self.stand.put(str(number))
            self.stand.advance(0.25)
        self.stand.advance(10.0)
        heard = self.stand.heard("a")
        self.assertEqual([round(one.at, 3) for one in heard], [0.0, 10.0, 20.0, 30.0])
        self.assertEqual(len(heard[-1].puts), 101)

    def test_maxInterval(self) -> None:
        """Without a change a notice comes all the same; with changes there is no other."""
        self.stand.subscribe("a", changes=False, maxInterval=10.0)
        self.stand.advance(10.5)
        self.stand.put("z")
        self.stand.advance(9.0)
        self.assertEqual([len(one.puts) for one in self.stand.heard("a")], [1, 2])
        self.stand.advance(2.0)
        self.assertEqual([len(one.puts) for one in self.stand.heard("a")], [1, 2, 2])

    def test_beforeHalf(self) -> None:
        """Its copies do not die while the source lives: everything again before half of the lifetime has passed."""
        self.stand.subscribe("a", changes=False)
        self.stand.advance(10.0)
        self.stand.put("x", good=200.0)
        self.stand.advance(60.0)
        (heard,) = self.stand.heard("a")
        self.assertLess(heard.at, 55.5)
        self.assertEqual(heard.puts, ["x"])

    def test_gone(self) -> None:
        """A name that is not known any more has no values."""
        self.stand.subscribe("a", HOST, JOB, changes=False)
        self.stand.commit([Remove(key("y", JOB))])
        self.assertEqual([one.puts for one in self.stand.heard("a")], [["x"]])

    def test_tooMuch(self) -> None:
        """What does not fit is left out, which the next notice that fits says."""
        self.stand = stand = Stand(wholeValues=2)
        stand.subscribe("a", changes=False)
        for number in range(4):
            stand.put(str(number))
        stand.commit([Remove(key("0")), Remove(key("1"))])
        heard = stand.heard("a")
        self.assertEqual([len(one.puts) for one in heard], [1, 2, 2])
        self.assertEqual([one.delivery.dropped for one in heard], [0, 0, 2])

    def test_tooMuchOnce(self) -> None:
        """What does not fit is looked for once for a change, however many want it; the log names it until it fits."""
        self.stand = stand = Stand(wholeValues=2)
        for number in range(20):
            stand.subscribe(f"a{number}", changes=False, maxInterval=10.0)
        stand.put("0")
        stand.put("1")
        finds: list[NameQuery] = []
        find = MemoryStore.find

        def counted(store: MemoryStore, query: NameQuery) -> Answer:
            finds.append(query)
            return find(store, query)

        self.patch(MemoryStore, "find", counted)
        with capturedLogs() as events:
            stand.put("2")
            self.assertEqual(len(finds), 1)
            stand.put("3")
            stand.subscribe("new", changes=False, snapshot=True)
            stand.advance(15.0)
            self.assertEqual(len(finds), 2)
        (said,) = [formatEvent(event) or "" for event in events]
        self.assertIn("{urn:test}Host", said)
        self.assertIn("more than 2 values", said)
        stand.commit([Remove(key("0")), Remove(key("1"))])
        for id in ("a0", "a19", "new"):
            self.assertEqual(stand.heard(id)[-1].puts, ["2", "3"])
        with capturedLogs() as events:
            stand.put("4")
        self.assertEqual(len(events), 1)


class EndTests(SynchronousTestCase):
    """Subscriptions that end."""

    def setUp(self) -> None:
        """A service."""
        self.stand = Stand()

    def test_ended(self) -> None:
        """Nothing is sent after the end, also not what was to be sent again."""
        stand = self.stand
        stand.network.statuses["a:1"] = [503]
        stand.subscribe("a")
        stand.put("x")
        stand.unsubscribe("a")
        stand.put("y")
        stand.advance(100.0)
        self.assertEqual(len(stand.heard("a")), 1)
        self.assertEqual(len(stand.notifier), 0)

    def test_lease(self) -> None:
        """It ends with its lease, and leaves nothing."""
        stand = self.stand
        stand.network.statuses["a:1"] = [503]
        stand.subscribe("a", until=10.0, maxInterval=3.0)
        stand.put("x")
        stand.advance(11.0)
        count = len(stand.heard("a"))
        stand.put("y")
        stand.advance(30.0)
        self.assertEqual(len(stand.heard("a")), count)
        self.assertEqual((len(stand.notifier), stand.deliverer.peers), (0, 0))

    def test_sinkGone(self) -> None:
        """A sink that is gone for ever ends it."""
        self.stand.network.statuses["a:1"] = [410]
        self.stand.subscribe("a")
        self.stand.put("x")
        self.assertIsNone(self.stand.subscriptions.get("a"))
        self.assertEqual(len(self.stand.notifier), 0)

    def test_rejected(self) -> None:
        """A notice the sink will not have is left out; a minute later comes everything, and says so."""
        stand = self.stand
        stand.network.statuses["a:1"] = [*[400] * 10, 202]
        stand.subscribe("a")
        stand.put("x", good=1000.0)
        stand.advance(300.0)
        heard = stand.heard("a")
        self.assertEqual([one.delivery.sequence for one in heard], [1] * 10 + [2])
        self.assertEqual(heard[-1].delivery.dropped, 1)
        self.assertTrue(heard[-1].notice.isSnapshotEnd)

    def test_rejectedAgain(self) -> None:
        """Each notice that is left out counts: no number is missing that the next notice taken does not own up to."""
        stand = self.stand
        stand.network.statuses["a:1"] = [*[400] * 30, 202]
        stand.subscribe("a")
        stand.put("x", good=3000.0)
        stand.advance(1200.0)
        last = stand.heard("a")[-1]
        self.assertEqual((last.delivery.sequence, last.delivery.dropped), (4, 3))
        self.assertTrue(last.notice.isSnapshotEnd)

    def test_manyTopics(self) -> None:
        """Ending one of several subscriptions of overlapping topics leaves the others as they are."""
        stand = self.stand
        stand.subscribe("a")
        stand.subscribe("b", HOST, JOB)
        stand.unsubscribe("a")
        stand.commit([Put(stand.element("x")), Put(stand.element("y", name=JOB))])
        self.assertEqual([one.puts for one in stand.heard("b")], [["x", "y"]])
        self.assertEqual(stand.heard("a"), [])
