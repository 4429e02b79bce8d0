"""What a worker has after any history is what the store has."""

from collections.abc import Awaitable
from functools import partial
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.evaluation.messages import Put as Told
from gma_twisted.model import (
    Command,
    ElementKey,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    ServiceDataElement,
)
from gma_twisted.queries.feeding import MOST_NAMES, Feed
from gma_twisted.queries.interests import EVERYTHING, namesOf
from gma_twisted.queries.line import WorkerLine
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.storemodel import makeElement, randomCommands
from gma_twisted.timing import LeaseTable, NodeClock, Turns, toDeferred
from tests.queries.counting import callsOf
from tests.queries.fakeworker import Fleet
from tests.queries.poolcase import question

_TWO = "{urn:b}two"
_INTERESTS = (
    frozenset((EVERYTHING,)),
    frozenset((QName("urn:a", "one"),)),
    frozenset((QName("urn:a", "*"),)),
    frozenset((QName("*", "two"), QName("urn:b", "one"))),
)


class FeedCase(SynchronousTestCase):
    """A feed over an empty store."""

    def begin(self, most: int = 1000) -> None:
        """Anew."""
        self.time = Clock()
        clock = NodeClock(self.time, lambda: 0.0)
        self.store = MemoryStore(clock)
        self.successResultOf(toDeferred(self.store.start()))
        self.line = WorkerLine(1000, lambda _: None)
        self.line.process = self.worker = Fleet(self.time).launch(self.line)
        self.feed = Feed(self.line, self.store, clock, most, LeaseTable())
        self.store.observe(self.feed.note)

    def commit(self, *commands: Command) -> None:
        """Commit now."""
        self.successResultOf(toDeferred(self.store.commit(commands)))

    def finish(self) -> None:
        """Stop the store."""
        self.successResultOf(toDeferred(self.store.stop()))


class HistoryTests(FeedCase):
    """Feed, against a store with a random history."""

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 2**32), st.lists(st.sampled_from(_INTERESTS), min_size=1, max_size=4))
    def test_same(self, seed: int, wanted: list[frozenset[QName]]) -> None:
        """After load and flush the worker has each value of the wanted names as the store has it, and no other."""
        chance = Random(seed)
        self.begin()
        feed, worker = self.feed, self.worker
        for names in wanted:
            self.live(chance)
            if chance.random() < 0.2:
                feed.restart()
            if chance.random() < 0.2:
                feed.cease([one for one in feed.interests if one not in names])
            self.successResultOf(toDeferred(feed.load(names, Turns(self.time))))
            self.line.say(*feed.flush())
            now = self.time.seconds()
            have = {key: one for key, one in worker.values.items() if not one.lifetime.isGone(now)}
            covered = self.covered()
            self.assertEqual({key: one for key, one in have.items() if key in covered}, covered)
            self.assertEqual(feed.count, len(worker.values))
            self.assertEqual(feed.dirty, 0)
            self.assertEqual(len(feed.due or ()), feed.count)
        self.finish()

    def live(self, chance: Random) -> None:
        """Some commits, some of them told, and some time."""
        for _ in range(chance.randrange(5)):
            self.commit(*randomCommands(chance, self.time.seconds()))
            if chance.random() < 0.3:
                self.line.say(*self.feed.flush(chance.choice((None, 1, 3))))
            if chance.random() < 0.2:
                self.time.advance(chance.choice((0.4, 1.5)))

    def covered(self) -> dict[ElementKey, ServiceDataElement]:
        """The values of the store whose names the feed wants and has loaded."""
        return {
            element.key: element
            for name in self.store.names()
            if not self.feed.lacks([name])
            for element in self.store.find(NameQuery((NameSelector(name),))).elements
        }


class LoadingTests(FeedCase):
    """What happens while a name is loaded."""

    def load(self) -> Deferred[bool]:
        """Load all."""
        return toDeferred(self.feed.load([EVERYTHING], Turns(self.time)))

    def check(self) -> None:
        """After a flush the worker has what the store has."""
        self.line.say(*self.feed.flush())
        found = [
            element
            for name in self.store.names()
            for element in self.store.find(NameQuery((NameSelector(name),))).elements
        ]
        self.assertEqual(self.worker.values, {one.key: one for one in found})
        self.finish()

    def test_large(self) -> None:
        """Large values are told a megabyte at a time, each as it is then."""
        self.begin()
        big = "x" * 700_000
        self.commit(*(Put(makeElement(key=str(number), text=big)) for number in range(6)))
        self.worker.fill()
        loading = self.load()
        self.assertEqual(len(self.worker.values), 1)
        self.commit(
            Put(makeElement(key="0", text="a")),
            Put(makeElement(key="3", text="b")),
            Remove(makeElement(key="4").key),
        )
        self.line.say(*self.feed.flush())
        self.worker.drain()
        self.time.pump([0.01] * 10)
        self.assertTrue(self.successResultOf(loading))
        self.check()

    def test_restart(self) -> None:
        """When all is taken back while it is loaded, it is loaded again from the beginning."""
        self.begin()
        self.commit(*(Put(makeElement(key=str(number))) for number in range(600)))
        self.worker.fill()
        loading = self.load()
        self.feed.restart()
        self.worker.drain()
        self.time.pump([0.01] * 10)
        self.successResultOf(loading)
        self.assertEqual(len(self.worker.told(Told)), 4)
        self.check()

    def test_cancelled(self) -> None:
        """What was cancelled begins again."""
        self.begin()
        self.commit(*(Put(makeElement(key=str(number))) for number in range(600)))
        self.worker.fill()
        loading = self.load()
        loading.cancel()
        self.failureResultOf(loading, CancelledError)
        self.worker.drain()
        self.assertEqual(self.feed.lacks([EVERYTHING]), 1)
        loading = self.load()
        self.time.pump([0.01] * 10)
        self.successResultOf(loading)
        self.check()

    def test_unwanted(self) -> None:
        """When nobody wants it any more, no more is told, and what was told is forgotten."""
        self.begin()
        big = "x" * 700_000
        self.commit(*(Put(makeElement(key=str(number), text=big)) for number in range(6)))
        self.worker.fill()
        loading = self.load()
        self.feed.cease(self.feed.interests)
        self.worker.drain()
        self.time.pump([0.01] * 10)
        self.successResultOf(loading)
        self.line.say(*self.feed.flush())
        self.assertEqual(self.worker.values, {})
        self.assertEqual(self.feed.count, 0)
        self.finish()

    def test_restartLater(self) -> None:
        """When all is taken back while the second name is loaded, the first one is told again, too."""
        self.begin()
        one, two = makeElement(), makeElement(name=_TWO)
        self.commit(Put(one), Put(two))
        names = [one.key.name, two.key.name]
        self.successResultOf(toDeferred(self.feed.load(names[:1], Turns(self.time))))
        self.worker.fill()
        loading = toDeferred(self.feed.load(names, Turns(self.time)))
        self.feed.restart()
        self.worker.drain()
        self.time.pump([0.01] * 10)
        self.successResultOf(loading)
        self.assertEqual(self.feed.lacks(names), 0)
        self.check()

    def test_unwantedChange(self) -> None:
        """What became another while nobody wanted it is told as it is, whatever was to be told of it before."""
        self.begin()
        self.commit(Put(makeElement()), Put(makeElement(key="other")))
        self.successResultOf(self.load())
        self.commit(Put(makeElement(text="a")), Put(makeElement(key="other", text="a")))
        self.assertEqual(self.feed.dirty, 2)
        self.feed.cease(self.feed.interests)
        self.commit(Put(makeElement(text="b")), Remove(makeElement(key="other").key))
        self.successResultOf(self.load())
        self.check()

    def test_wantedAgain(self) -> None:
        """What nobody wanted for a moment while it was loaded is not taken for loaded."""
        self.begin()
        big = "x" * 700_000
        self.commit(*(Put(makeElement(key=str(number), text=big)) for number in range(6)))
        self.worker.fill()
        loading = self.load()
        self.feed.cease(self.feed.interests)
        self.feed.adopt([EVERYTHING])
        self.worker.drain()
        self.time.pump([0.01] * 10)
        self.successResultOf(loading)
        self.assertEqual(list(self.feed.missing), [EVERYTHING])
        self.successResultOf(self.load())
        self.check()


class _CountedTurns(Turns):
    """Counts how often there was a pause to be had."""

    breaths = 0

    def breathe(self) -> Awaitable[None]:
        """One more."""
        self.breaths += 1
        return super().breathe()


class ManyNamesTests(FeedCase):
    """Names by the thousand."""

    def names(self, count: int, prefix: str = "n") -> list[QName]:
        """Names without a value."""
        return [QName("urn:a", f"{prefix}{number}") for number in range(count)]

    def load(self, names: list[QName], turns: Turns | None = None) -> None:
        """Load some."""
        loading = self.feed.load(names, turns or Turns(self.time))
        self.successResultOf(toDeferred(loading))

    def test_cost(self) -> None:
        """A name costs the same however many there are, and each gives others their turn, also without a value."""
        for wide in (False, True):
            self.begin()
            names = [QName("*" if wide else "urn:a", f"n{number}") for number in range(1000)]
            turns = _CountedTurns(self.time)
            self.assertLess(callsOf(partial(self.load, names, turns)), 30_000)
            self.assertEqual(turns.breaths, 1000)
            self.assertLess(callsOf(partial(self.load, names, turns)), 15_000)
            self.assertEqual(turns.breaths, 1000)
            self.assertEqual(len(self.feed.missing), 0)
            self.finish()

    def test_oldest(self) -> None:
        """With too many those asked for longest ago are forgotten, and told anew when they are asked for again."""
        self.begin()
        first, second = makeElement(), makeElement(name=_TWO)
        self.commit(Put(first), Put(second))
        one, two = [first.key.name], [second.key.name]
        for names in (one, two, self.names(MOST_NAMES - 2), one, self.names(1, "m")):
            self.load(names)
            self.line.say(*self.feed.flush())
        self.assertEqual(len(self.feed.interests), MOST_NAMES)
        self.assertEqual(list(self.worker.values), [first.key])
        self.load(two)
        self.line.say(*self.feed.flush())
        self.assertEqual(set(self.worker.values), {first.key, second.key})
        self.finish()

    def test_asked(self) -> None:
        """What others are asked meanwhile does not push out what this worker is asked."""
        self.begin()
        self.commit(*(Put(makeElement(key=str(number))) for number in range(600)))
        self.worker.fill()
        name = makeElement().key.name
        loading = toDeferred(self.feed.load([name], Turns(self.time)))
        self.feed.adopt(self.names(2 * MOST_NAMES))
        self.worker.drain()
        self.time.pump([0.01] * 10)
        self.assertTrue(self.successResultOf(loading))
        self.assertEqual(self.feed.lacks([name]), 0)
        self.assertEqual(len(self.feed.interests), MOST_NAMES)
        self.finish()

    def test_lasts(self) -> None:
        """Where nothing may be pushed out, nothing is."""
        self.begin()
        self.feed.lasts = True
        self.feed.adopt(self.names(MOST_NAMES + 1))
        self.assertEqual(len(self.feed.interests), MOST_NAMES + 1)
        self.finish()


class RoomTests(FeedCase):
    """As many values as there is memory for."""

    def setUp(self) -> None:
        """Two names with 60 values each, and room for a hundred."""
        self.begin(100)
        self.addCleanup(self.finish)
        self.one, self.two = makeElement().key.name, makeElement(_TWO).key.name
        for name in ("{urn:a}one", _TWO):
            self.commit(*(Put(makeElement(name, key=str(number))) for number in range(60)))

    def load(self, *names: QName, isAsked: bool = True) -> Deferred[bool]:
        """Load some."""
        return toDeferred(self.feed.load(names, Turns(self.time), isAsked))

    def test_again(self) -> None:
        """What was told for the sake of another name takes no more room."""
        self.successResultOf(self.load(self.one))
        self.successResultOf(self.load(QName("urn:a", "*")))
        self.assertEqual(self.feed.count, 60)

    def test_asked(self) -> None:
        """For what somebody waits for others go."""
        self.successResultOf(self.load(self.one))
        self.successResultOf(self.load(self.two))
        self.assertEqual(list(self.feed.interests), [self.two])

    def test_notAsked(self) -> None:
        """What nobody waits for takes no room from others: it alone stays away."""
        self.successResultOf(self.load(self.one))
        self.feed.adopt([self.two])
        self.failureResultOf(self.load(self.two, isAsked=False), TooLarge)
        self.assertEqual((list(self.feed.interests), self.feed.count), ([self.one], 60))
        self.assertEqual(len(self.feed.missing), 0)


class NamesTests(SynchronousTestCase):
    """Whose values a question sees."""

    def test_names(self) -> None:
        """Each name once; all when there is none, or when one of them means all."""
        self.assertEqual(namesOf(question()), {EVERYTHING})
        self.assertEqual(namesOf(question("", "{urn:a}one", "{*}*")), {EVERYTHING})
        self.assertEqual(
            namesOf(question("", "{urn:a}one", "{urn:a}one", "{*}two")),
            {QName("urn:a", "one"), QName("*", "two")},
        )
