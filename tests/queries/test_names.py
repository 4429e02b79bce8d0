"""Answers of name queries: their bytes, how long they are kept, and that what is kept is true."""

from random import Random

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError, ParameterError, TargetInvalid, TooLarge
from gma_twisted.interfaces import IQueryLanguage
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import (
    Command,
    Declare,
    ElementKey,
    Extend,
    Freshness,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    ServiceDataElement,
)
from gma_twisted.queries import NameQueries, NameQueryLimits
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.queries import QueryLanguageContract, openAnswer
from gma_twisted.testing.storemodel import makeElement, randomCommands, randomQuery
from gma_twisted.timing import NodeClock, Ready, toDeferred
from tests.queries.test_expression import BAD, expression

ONE = QName("urn:a", "one")
ALL_ONE = NameQuery((NameSelector(ONE),))
STEP = 1_700_000_000.0  # 2023-11-14T22:13:20Z


class Wall:
    """A wall clock somebody may set."""

    def __init__(self, time: Clock) -> None:
        self.time = time
        self.offset = STEP

    def __call__(self) -> float:
        """Now."""
        return self.time.seconds() + self.offset


class NamesCase(SynchronousTestCase):
    """A store, and name queries over it."""

    limits = NameQueryLimits()

    def setUp(self) -> None:
        """Begin at instant 0."""
        self.time = Clock()
        self.wall = Wall(self.time)
        self.clock = NodeClock(self.time, self.wall)
        self.store = MemoryStore(self.clock)
        self.successResultOf(toDeferred(self.store.start()))
        self.addCleanup(lambda: self.successResultOf(toDeferred(self.store.stop())))
        self.names = NameQueries(self.store, self.clock, self.limits)

    def commit(self, *commands: Command) -> None:
        """Commit now."""
        self.assertIsInstance(self.store.commit(commands), Ready)

    def answer(self, query: NameQuery = ALL_ONE) -> bytes:
        """The answer that is there at once."""
        answer = self.names.answer(query)
        assert isinstance(answer, Ready)
        return answer.value  # type: ignore[no-any-return]

    def fresh(self, query: NameQuery) -> bytes:
        """The answer of a language that has kept nothing."""
        other = NameQueries(self.store, self.clock, self.limits)
        answer = other.answer(query)
        other.close()
        assert isinstance(answer, Ready)
        return answer.value  # type: ignore[no-any-return]


class NameQueriesContract(QueryLanguageContract, SynchronousTestCase):
    """Name queries keep the contract."""

    def makeLanguage(self) -> IQueryLanguage:
        """Over two values."""
        clock = NodeClock(Clock(), lambda: STEP)
        store = MemoryStore(clock)
        values = [makeElement(), makeElement(key='"<&>é', originator="http://ö/?a&b")]
        self.result(store.commit([Put(value) for value in values]))
        return NameQueries(store, clock)

    def goodExpressions(self) -> list[bytes]:
        """By name, by namespace, a page, nothing."""
        return [
            expression("<ogsi:name>a:one</ogsi:name>"),
            expression("<ogsi:name>a:*</ogsi:name>"),
            expression("<ogsi:name>a:one</ogsi:name>", 'gma:limit="1"'),
            expression("<ogsi:name>{urn:none}*</ogsi:name>"),
        ]

    def badExpressions(self) -> list[bytes]:
        """Those of the reader."""
        return [expression(content, attributes) for content, attributes, _ in BAD]


class BytesTests(NamesCase):
    """What an answer looks like."""

    def test_exact(self) -> None:
        """A value is its own bytes with originator, key and lifetime; sent is the wall time with milliseconds."""
        self.commit(Put(makeElement(key="k", text="5", lifetime=Lifetime(0.0, 10.5, 20.0))))
        self.time.advance(1.25)
        self.assertEqual(
            self.answer().decode(),
            '<sd:serviceDataValues gma:sent="2023-11-14T22:13:21.250Z">'
            '<n:one xmlns:n="urn:a" gma:originator="http://a/" gma:key="k"'
            ' ogsi:goodFrom="2023-11-14T22:13:20Z" ogsi:goodUntil="2023-11-14T22:13:30.500Z"'
            ' ogsi:availableUntil="2023-11-14T22:13:40Z">5</n:one>'
            "</sd:serviceDataValues>",
        )

    def test_empty(self) -> None:
        """A known name without values answers an empty set; an unknown one is an error, and so it stays."""
        self.commit(Declare([ONE]))
        empty = '<sd:serviceDataValues gma:sent="2023-11-14T22:13:20Z"></sd:serviceDataValues>'
        self.assertEqual(self.answer().decode(), empty)
        self.commit(Declare([ONE], known=False))
        for _ in range(2):
            self.assertRaises(TargetInvalid, self.names.answer, ALL_ONE)

    def test_cursor(self) -> None:
        """A page that is not the last carries the cursor of the next."""
        for key in "123":
            self.commit(Put(makeElement(key=key)))
        keys: list[str] = []
        query = attrs.evolve(ALL_ONE, limit=2)
        for count in (2, 1):
            root = openAnswer(self.answer(query))
            keys += [str(value.get(f"{{{GMA}}}key")) for value in root]
            self.assertEqual(len(root), count)
            query = attrs.evolve(query, cursor=root.get(f"{{{GMA}}}cursor"))
        self.assertEqual((keys, query.cursor), (["1", "2", "3"], None))
        bad = attrs.evolve(query, cursor="bad")
        self.assertRaises(ParameterError, self.names.answer, bad)

    def test_noQuery(self) -> None:
        """What its own reader did not give is refused."""
        self.assertRaises(ParameterError, self.names.answer, "one")


class KeepingTests(NamesCase):
    """Answers are kept while they are true."""

    def test_kept(self) -> None:
        """A second answer reads nothing from the store, and says anew when it was sent."""
        self.commit(Put(makeElement()))
        first = self.answer()
        self.names.store = None  # type: ignore[assignment]
        self.time.advance(0.5)
        self.assertEqual(self.answer(), first.replace(b':20Z"', b':20.500Z"', 1))

    def test_staleExactly(self) -> None:
        """A kept value turns stale at its goodUntil and goes at its availableUntil, not a moment before or after."""
        self.commit(Put(makeElement(lifetime=Lifetime(0.0, 5.0, 10.0))), Declare([ONE]))
        for instant, stale, count in (
            (0.0, 0, 1),
            (4.999999, 0, 1),
            (5.0, 1, 1),
            (9.999999, 1, 1),
            (10.0, 0, 0),
        ):
            self.time.rightNow = instant
            answer = self.answer()
            self.assertEqual(answer.count(b' gma:freshness="stale"'), stale)
            self.assertEqual(answer.count(b"<n:one"), count)

    def test_freshnessIsAsked(self) -> None:
        """Answers for fresh and for stale values are kept apart."""
        self.commit(Put(makeElement(lifetime=Lifetime(0.0, 5.0))))
        for _ in range(2):
            self.assertIn(b"<n:one", self.answer(attrs.evolve(ALL_ONE, freshness=Freshness.FRESH)))
            stale = self.answer(attrs.evolve(ALL_ONE, freshness=Freshness.STALE))
            self.assertNotIn(b"<n:one", stale)

    def test_everyChange(self) -> None:
        """Added, Replaced, Extended and Removed each end a kept answer, by name and by namespace."""
        commands: list[Command] = [
            Put(makeElement(key="2")),
            Put(makeElement(text="9")),
            Extend(makeElement().key, Lifetime(0.0, 50.0)),
            Remove(makeElement().key),
        ]
        wild = NameQuery((NameSelector(QName("urn:a", "*")),))
        self.commit(Put(makeElement()))
        for command in commands:
            before = [self.answer(query) for query in (ALL_ONE, wild)]
            self.commit(command)
            after = [self.answer(query) for query in (ALL_ONE, wild)]
            self.assertNotEqual(before[0], after[0])
            self.assertEqual(after, [self.fresh(ALL_ONE), self.fresh(wild)])
            self.assertNotEqual(before[1], after[1])

    def test_otherNames(self) -> None:
        """A change of another name leaves a kept answer alone."""
        self.commit(Put(makeElement()))
        self.answer()
        self.commit(Put(makeElement("{urn:a}two")), Put(makeElement("{urn:b}one")))
        self.assertEqual(list(self.names._cache.entries), [ALL_ONE])
        self.commit(Put(makeElement(key="2")))
        self.assertEqual(list(self.names._cache.entries), [])

    def test_clockStep(self) -> None:
        """When the wall clock is set, lifetimes are written anew, as far from sent as they were."""
        self.commit(Put(makeElement(lifetime=Lifetime(0.0, 60.0))))
        self.answer()
        self.wall.offset += 3600.0
        self.time.advance(0.001)
        answer = self.answer()
        self.assertIn(b'gma:sent="2023-11-14T23:13:20.001Z"', answer)
        self.assertIn(b'ogsi:goodUntil="2023-11-14T23:14:20Z"', answer)

    def test_clockDrift(self) -> None:
        """A wall clock that is a little off moves neither sent nor lifetimes: their difference stays exact."""
        self.commit(Put(makeElement(lifetime=Lifetime(0.0, 60.0))))
        self.answer()
        self.wall.offset += 0.4
        self.time.advance(1.0)
        for answer in (self.answer(), self.answer(attrs.evolve(ALL_ONE, limit=5))):
            self.assertIn(b'gma:sent="2023-11-14T22:13:21Z"', answer)
            self.assertIn(b'ogsi:goodUntil="2023-11-14T22:14:20Z"', answer)

    def test_closed(self) -> None:
        """Closing ends the observation and forgets what was kept."""
        self.commit(Put(makeElement()))
        self.answer()
        self.names.close()
        self.assertEqual(len(self.names._cache.entries), 0)
        self.assertEqual(self.store._observers._entries, ())

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def test_keptIsTrue(self, random: Random) -> None:
        """After any commits and any passing of time a kept answer is that of a language that kept nothing."""
        self.setUp()
        queries = [randomQuery(random) for _ in range(6)]
        for _ in range(20):
            step = random.randrange(5)
            if step <= 1:
                self.commit(*randomCommands(random, self.time.seconds()))
            elif step == 2:
                self.time.advance(random.choice((0.0, 0.25, 0.5, 1.0)))
            elif step == 3:
                self.time.rightNow += random.choice((0.25, 0.5, 1.0))
            for query in queries:
                self.assertEqual(self.outcome(self.answer, query), self.outcome(self.fresh, query))
        self.doCleanups()

    def outcome(self, ask: object, query: NameQuery) -> list[bytes] | str:
        """Every page, the cursors left out: each language has the same store, but pages differ in nothing else."""
        pages: list[bytes] = []
        while True:
            try:
                answer = ask(query)  # type: ignore[operator]
            except GMAError as error:
                return error.code
            cursor = openAnswer(answer).get(f"{{{GMA}}}cursor")
            pages.append(answer)
            if cursor is None:
                return pages
            query = attrs.evolve(query, cursor=cursor)


class BoundsTests(NamesCase):
    """Bounds of answers and of what is kept."""

    limits = NameQueryLimits(maxAnswer=20_000, cacheEntries=3, cacheBytes=40_000)

    def test_tooLarge(self) -> None:
        """An answer above the bound is refused with the way to pages, which work."""
        for key in "12":
            self.commit(Put(makeElement(key=key, text="x" * 15_000)))
        error = self.assertRaises(TooLarge, self.names.answer, ALL_ONE)
        for word in ("20000", "gma:limit", "gma:cursor"):
            self.assertIn(word, error.message)
        self.assertIn(b"gma:cursor", self.answer(attrs.evolve(ALL_ONE, limit=1)))

    def test_attributesCount(self) -> None:
        """An answer is measured as it is sent, lifetimes and keys included."""
        self.commit(*[Put(makeElement(key=str(n), text="x" * 600)) for n in range(25)])
        self.answer()
        self.commit(*[Put(makeElement(key=str(n) + "&" * 60, text="x" * 600)) for n in range(25)])
        self.commit(*[Remove(makeElement(key=str(n)).key) for n in range(25)])
        self.assertRaises(TooLarge, self.names.answer, ALL_ONE)

    def test_keptEntries(self) -> None:
        """The oldest answers are forgotten first when there are too many."""
        for key in "1234":
            self.commit(Put(makeElement(key=key)))
        queries = [NameQuery((NameSelector(ONE, None, key),)) for key in "1234"]
        for query in queries:
            self.answer(query)
        self.assertEqual(list(self.names._cache.entries), queries[1:])

    def test_keptBytes(self) -> None:
        """Answers together stay below the bound; one above its share is not kept at all."""
        self.commit(Put(makeElement(key="big", text="x" * 6000)))
        self.answer()
        self.assertEqual(len(self.names._cache.entries), 0)
        self.commit(Remove(makeElement(key="big").key))
        self.names._cache.maxEntries = 100
        for number in range(12):
            self.commit(Put(makeElement(f"{{urn:b}}n{number}", text="x" * 3000)))
            self.answer(NameQuery((NameSelector(QName("urn:b", f"n{number}")),)))
        kept = self.names._cache.entries
        self.assertEqual(len(kept), 9)
        self.assertLess(sum(len(one.rest) for one in kept.values()), 40_000)

    def test_keptQueries(self) -> None:
        """A long query counts as much as a long answer: it is not kept either."""
        self.commit(Put(makeElement()))
        self.answer(NameQuery((NameSelector(ONE, None, "k" * 6000),)))
        self.assertEqual(len(self.names._cache.entries), 0)

    def test_nothingLeft(self) -> None:
        """When every answer is forgotten nothing of it is left."""
        self.commit(Put(makeElement()), Put(makeElement("{urn:b}one")))
        both = NameQuery((NameSelector(ONE), NameSelector(QName("urn:b", "*"))))
        self.answer(both)
        self.answer()
        self.commit(Put(makeElement("{urn:b}x")), Put(makeElement(text="2")))
        cache = self.names._cache
        self.assertEqual(
            (len(cache.entries), cache.size, cache._byName, cache._byNamespace), (0, 0, {}, {})
        )

    def test_badBound(self) -> None:
        """A bound that allows nothing is refused."""
        self.assertRaises(ParameterError, NameQueryLimits, maxAnswer=0)


class LargeTests(NamesCase):
    """Answers that are written in slices."""

    limits = NameQueryLimits(maxAnswer=1_000_000)

    def values(self, count: int) -> list[ServiceDataElement]:
        """Values that last ten seconds."""
        return [
            makeElement(key=str(number), lifetime=Lifetime(0.0, 5.0, 10.0))
            for number in range(count)
        ]

    def test_slices(self) -> None:
        """A long answer gives way to others between slices, and is as of its beginning."""
        self.commit(*[Put(element) for element in self.values(1000)])
        answer = toDeferred(self.names.answer(ALL_ONE))
        done: list[bool] = []

        def tick() -> None:
            done.append(bool(answer.called))
            if len(done) < 4:
                self.time.callLater(0, tick)

        tick()
        self.commit(Remove(ElementKey(ONE, "http://a/", "999")))
        self.time.advance(0)
        self.assertEqual(done, [False, False, False, True])
        root = openAnswer(self.successResultOf(answer))
        keys = [value.get(f"{{{GMA}}}key") for value in root]
        self.assertEqual(keys, [str(number) for number in range(1000)])
        self.assertEqual(list(self.names._cache.entries), [])

    def test_sentAtTheBeginning(self) -> None:
        """However long the writing takes, sent is the instant the values were read."""
        self.commit(*[Put(element) for element in self.values(300)])
        answer = toDeferred(self.names.answer(ALL_ONE))
        self.time.advance(7.0)
        root = openAnswer(self.successResultOf(answer))
        self.assertEqual(root.get(f"{{{GMA}}}sent"), "2023-11-14T22:13:20Z")
        self.assertIsNone(root[299].get(f"{{{GMA}}}freshness"))
        stale = toDeferred(self.names.answer(ALL_ONE))
        self.time.advance(0)
        self.assertEqual(self.successResultOf(stale).count(b'"stale"'), 300)

    def test_oneAtATime(self) -> None:
        """Who asks the same meanwhile waits and gets the answer that was kept."""
        self.commit(*[Put(element) for element in self.values(600)])
        answers = [toDeferred(self.names.answer(ALL_ONE)) for _ in range(3)]
        for _ in range(2):
            self.time.advance(0)
        results = [self.successResultOf(answer) for answer in answers]
        self.assertEqual(len(set(results)), 1)
        self.assertEqual(self.answer(), results[0])

    def test_limit(self) -> None:
        """A limit above the slice is kept exactly, and its cursor goes on behind it."""
        self.commit(*[Put(element) for element in self.values(700)])
        query = attrs.evolve(ALL_ONE, limit=600)
        first = toDeferred(self.names.answer(query))
        for _ in range(3):
            self.time.advance(0)
        root = openAnswer(self.successResultOf(first))
        self.assertEqual(len(root), 600)
        rest = openAnswer(self.answer(attrs.evolve(query, cursor=root.get(f"{{{GMA}}}cursor"))))
        self.assertEqual([rest[0].get(f"{{{GMA}}}key"), len(rest)], ["600", 100])

    def test_tooLarge(self) -> None:
        """What will be too large is refused before anything is written."""
        self.commit(*[Put(element) for element in self.values(20_000)])
        answer = toDeferred(self.names.answer(ALL_ONE))
        self.failureResultOf(answer, TooLarge)
        self.commit(Declare([QName(OGSI, "entry")]))

    def test_tooLargeAsSent(self) -> None:
        """A long answer is measured as it is sent: what keys and lifetimes add counts."""
        self.commit(*[Put(element) for element in self.values(6000)])
        answer = toDeferred(self.names.answer(ALL_ONE))
        self.assertFalse(answer.called)
        self.time.advance(0)
        self.failureResultOf(answer, TooLarge)

    def test_validUntil(self) -> None:
        """A long answer is kept until the first of all its values turns."""
        first = makeElement(key="first", lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Put(first), *[Put(element) for element in self.values(2500)])
        self.names.limits = NameQueryLimits()
        _ = toDeferred(self.names.answer(ALL_ONE))
        self.time.advance(0)
        (kept,) = self.names._cache.entries.values()
        self.assertEqual(kept.validUntil, 1.0)

    def test_unknown(self) -> None:
        """An unknown name beside many values is an error at once."""
        self.commit(*[Put(element) for element in self.values(600)])
        query = NameQuery((*ALL_ONE.selectors, NameSelector(QName("urn:x", "y"))))
        self.assertRaises(TargetInvalid, self.names.answer, query)
