"""What every C{IServiceDataStore} must do, as tests its author runs."""

import math
from collections.abc import Awaitable
from random import Random
from typing import TYPE_CHECKING, TypeVar

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, GMAError, ParameterError, TargetInvalid
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Added,
    Change,
    Changes,
    Declare,
    ElementKey,
    Extend,
    Extended,
    Freshness,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    Removed,
    ReplaceAll,
    Replaced,
    ServiceDataElement,
)
from gma_twisted.testing.storemodel import StoreModel, makeElement, randomCommands, randomQuery
from gma_twisted.timing import NodeClock, toDeferred

__all__ = ["StoreContract"]

T = TypeVar("T")
E = TypeVar("E", bound=GMAError)

# A mixin: as a TestCase it would be run by every module that imports it.
if TYPE_CHECKING:
    _Case = SynchronousTestCase
else:
    _Case = object

_ONE = QName("urn:a", "one")
_TWO = QName("urn:a", "two")


def _query(*names: str, limit: int | None = None, cursor: str | None = None) -> NameQuery:
    selectors = []
    for name in names:
        namespace, _, local = name[1:].partition("}")
        selectors.append(NameSelector(QName(namespace, local)))
    return NameQuery(tuple(selectors), Freshness.ANY, limit, cursor)


class StoreContract(_Case):
    """
    Mix into a C{SynchronousTestCase} that has L{makeStore}.

    @ivar time: the reactor's clock; the store's wall clock runs with it
    @ivar store: made by L{makeStore} and started
    @ivar heard: everything an observer was told
    """

    def makeStore(self, clock: NodeClock) -> IServiceDataStore:
        """A new, empty store that has not been started."""
        raise NotImplementedError

    def result(self, awaitable: Awaitable[T]) -> T:
        """The value of an awaitable; a store that needs time gives it some here."""
        value: T = self.successResultOf(toDeferred(awaitable))
        return value

    def setUp(self) -> None:
        """Start a store at instant 0 and listen to it."""
        super().setUp()
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: 1_700_000_000.0 + self.time.seconds())
        self.store = self.makeStore(self.clock)
        self.heard: list[Changes] = []
        self.store.observe(self.heard.append)
        self.result(self.store.start())

    def tearDown(self) -> None:
        """Stop the store."""
        self.result(self.store.stop())

    def commit(self, *commands: object) -> Changes:
        """Commit and wait."""
        return self.result(self.store.commit(commands))  # type: ignore[arg-type]

    def refused(self, kind: type[E], *commands: object) -> E:
        """Commit what must fail, at once or later."""

        async def attempt() -> None:
            await self.store.commit(commands)  # type: ignore[arg-type]

        deferred = toDeferred(attempt())
        self.time.advance(0)
        return self.failureResultOf(deferred, kind).value  # type: ignore[no-any-return]

    def found(self, *names: str) -> list[str]:
        """Originator, key and text of what the names select, in order."""
        return [_shown(element) for element in self.store.find(_query(*names)).elements]

    def pages(self, query: NameQuery) -> list[list[ServiceDataElement]]:
        """Every page of a query, at one instant."""
        pages: list[list[ServiceDataElement]] = []
        while True:
            answer = self.store.find(query)
            pages.append(list(answer.elements))
            if answer.cursor is None:
                return pages
            query = attrs.evolve(query, cursor=answer.cursor)

    def sweep(self) -> None:
        """Give the store time to remove what is gone, without more passing than a moment."""
        for _ in range(40):
            self.time.advance(0.01)

    def changes(self) -> list[Change]:
        """Everything heard, commits put together."""
        return [change for changes in self.heard for change in changes.changes]

    def test_interface(self) -> None:
        """It provides C{IServiceDataStore}."""
        verifyObject(IServiceDataStore, self.store)

    def test_put(self) -> None:
        """A value that was put is read by key and by name, and is told as Added."""
        element = makeElement(text="5")
        changes = self.commit(Put(element))
        self.assertEqual(list(changes.changes), [Added(element)])
        self.assertEqual(self.store.get(element.key), element)
        self.assertEqual(self.found("{urn:a}one"), ["http://a/  5"])
        self.assertEqual(self.heard, [changes])

    def test_replace(self) -> None:
        """Another content under the same identity is told as Replaced, with what was there."""
        old, new = makeElement(text="1"), makeElement(text="2")
        self.commit(Put(old))
        self.assertEqual(list(self.commit(Put(new)).changes), [Replaced(new, old)])
        self.assertEqual(self.store.get(old.key), new)

    def test_extendByPut(self) -> None:
        """The same content with another lifetime is told as Extended."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        new = old.withLifetime(Lifetime(0.0, 3.0, 4.0))
        self.commit(Put(old))
        self.assertEqual(list(self.commit(Put(new)).changes), [Extended(new, old.lifetime)])

    def test_putAgain(self) -> None:
        """The same value again changes nothing: no revision, no word to observers."""
        self.commit(Put(makeElement()))
        revision = self.store.revision
        changes = self.commit(Put(makeElement()))
        self.assertEqual((changes.revision, list(changes.changes)), (revision, []))
        self.assertEqual(len(self.heard), 1)

    def test_extend(self) -> None:
        """Extend gives another lifetime, and does nothing for a value that is not there."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Put(old))
        lifetime = Lifetime(0.0, 5.0, 6.0)
        missing = ElementKey(_ONE, "http://b/")
        changes = self.commit(Extend(missing, lifetime), Extend(old.key, lifetime))
        new = old.withLifetime(lifetime)
        self.assertEqual(list(changes.changes), [Extended(new, old.lifetime)])

    def test_extendGone(self) -> None:
        """A value that is gone cannot be extended, swept or not."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 1.0))
        self.commit(Put(old))
        self.time.rightNow = 1.0
        self.commit(Extend(old.key, Lifetime(0.0)))
        self.assertIsNone(self.store.get(old.key))

    def test_remove(self) -> None:
        """Remove takes a value away on purpose, and does nothing for one that is not there."""
        element = makeElement()
        self.commit(Put(element))
        changes = self.commit(Remove(element.key), Remove(ElementKey(_ONE, "http://b/")))
        self.assertEqual(list(changes.changes), [Removed(element, expired=False)])
        self.assertIsNone(self.store.get(element.key))

    def test_replaceAll(self) -> None:
        """ReplaceAll leaves exactly the given values of a name and an originator; those of others stay."""
        stays = makeElement(originator="http://b/", key="1")
        other = makeElement("{urn:a}two", key="1")
        kept, gone = makeElement(key="1"), makeElement(key="2")
        self.commit(Put(stays), Put(other), Put(kept), Put(gone))
        new = makeElement(key="3")
        changes = self.commit(ReplaceAll(_ONE, "http://a/", [kept, new]))
        self.assertEqual(list(changes.changes), [Added(new), Removed(gone)])
        self.assertEqual(
            self.found("{urn:a}one", "{urn:a}two"),
            ["http://b/ 1 1", "http://a/ 1 1", "http://a/ 3 1", "http://a/ 1 1"],
        )

    def test_oneEntryAValue(self) -> None:
        """A commit that touches a value twice tells its outcome once."""
        first, second, third = (makeElement(text=text) for text in "123")
        self.assertEqual(list(self.commit(Put(first), Put(second)).changes), [Added(second)])
        changes = self.commit(Remove(first.key), Put(third))
        self.assertEqual(list(changes.changes), [Replaced(third, second)])
        self.assertEqual(list(self.commit(Put(second), Put(third)).changes), [])

    def test_allOrNone(self) -> None:
        """A commit with one command in error changes nothing and tells nobody."""
        stranger = makeElement(originator="http://b/")
        self.refused(
            ParameterError,
            Declare([_TWO]),
            Put(makeElement()),
            ReplaceAll(_ONE, "http://a/", [stranger]),
            Put(makeElement(key="2")),
        )
        self.assertEqual(self.store.revision, 0)
        self.assertEqual(self.heard, [])
        self.assertEqual(list(self.store.names()), [])
        self.assertIsNone(self.store.get(makeElement().key))

    def test_revision(self) -> None:
        """The revision grows by one with every commit that changed something."""
        before = self.store.revision
        self.commit(Put(makeElement()), Put(makeElement(key="2")))
        self.assertEqual(self.store.revision, before + 1)
        self.assertEqual(self.heard[-1].revision, before + 1)
        self.assertEqual(self.result(self.store.sync()), before + 1)

    def test_goneExactly(self) -> None:
        """Nothing is seen from its availableUntil on, though nothing was swept; and nothing is missed before."""
        element = makeElement(lifetime=Lifetime(0.0, 5.0, 10.0))
        self.commit(Put(element))
        self.time.rightNow = math.nextafter(10.0, 0.0)
        self.assertEqual(self.store.get(element.key), element)
        self.assertEqual(len(self.found("{urn:a}one")), 1)
        self.time.rightNow = 10.0
        self.assertIsNone(self.store.get(element.key))
        self.assertEqual(list(self.store.names()), [])
        self.assertRaises(TargetInvalid, self.store.find, _query("{urn:a}one"))

    def test_expiryIsTold(self) -> None:
        """What is gone is told once, as expired, soon after; a value extended in time is not."""
        ends = makeElement(key="1", lifetime=Lifetime(0.0, 1.0, 2.0))
        stays = makeElement(key="2", lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Put(ends), Put(stays))
        self.commit(Extend(stays.key, Lifetime(0.0, 1.0, 50.0)))
        self.heard.clear()
        self.time.advance(1.99)
        self.assertEqual(self.heard, [])
        self.time.advance(0.01)
        self.sweep()
        self.assertEqual(self.changes(), [Removed(ends, expired=True)])
        self.assertEqual(self.heard[0].revision, self.store.revision)

    def test_putOnGone(self) -> None:
        """A value put where one is gone and not swept is told as the end of that and the beginning of this."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 1.0))
        new = makeElement(text="2")
        self.commit(Put(old))
        self.heard.clear()
        self.time.rightNow = 1.0
        self.commit(Put(new))
        self.sweep()
        self.assertEqual(self.changes(), [Removed(old, expired=True), Added(new)])

    def test_putGone(self) -> None:
        """A value put past its availableUntil is never seen, and ends the one before."""
        old = makeElement()
        self.time.advance(5.0)
        self.commit(Put(old))
        self.commit(Put(makeElement(text="2", lifetime=Lifetime(0.0, 1.0, 5.0))))
        self.sweep()
        self.assertIsNone(self.store.get(old.key))
        self.assertEqual(self.changes(), [Added(old), Removed(old, expired=True)])

    def test_known(self) -> None:
        """A name is known while declared or with a value; known without values answers nothing, unknown is an error."""
        element = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        self.assertRaises(TargetInvalid, self.store.find, _query("{urn:a}one"))
        self.commit(Declare([_ONE]))
        self.assertEqual(list(self.store.names()), [_ONE])
        self.assertEqual(self.found("{urn:a}one"), [])
        self.commit(Put(element), Declare([_ONE], known=False))
        self.assertEqual(len(self.found("{urn:a}one")), 1)
        self.commit(Declare([_ONE]))
        self.time.rightNow = 2.0
        self.assertEqual(self.found("{urn:a}one"), [])
        self.commit(Declare([_ONE], known=False))
        self.assertRaises(TargetInvalid, self.store.find, _query("{urn:a}one"))

    def test_declarationsAreTold(self) -> None:
        """Observers hear which names were declared and which are no longer; nothing, when nothing changed."""
        self.commit(Declare([_ONE]))
        self.commit(Declare([_ONE]))
        self.commit(Declare([_ONE], known=False))
        told = [list(changes.declared) for changes in self.heard]
        self.assertEqual(told, [[(_ONE, True)], [(_ONE, False)]])

    def test_namesSorted(self) -> None:
        """Known names are sorted by namespace and local name."""
        names = [QName("urn:b", "a"), QName("urn:a", "z"), QName("", "x"), QName("urn:a", "b")]
        self.commit(Declare(names))
        self.assertEqual(list(self.store.names()), sorted(names))

    def test_selectors(self) -> None:
        """Values come in the order of the selectors; originator and key narrow them; each comes once."""
        for originator in ("http://a/", "http://b/"):
            for key in ("1", "2"):
                self.commit(Put(makeElement(originator=originator, key=key)))
        self.commit(Put(makeElement("{urn:a}two")))
        query = NameQuery(
            (
                NameSelector(_TWO),
                NameSelector(_ONE, "http://b/", "2"),
                NameSelector(_ONE, None, "1"),
                NameSelector(_ONE, "http://a/"),
                NameSelector(QName("urn:a", "*")),
            )
        )
        self.assertEqual(
            [_shown(element) for element in self.store.find(query).elements],
            ["http://a/  1", "http://b/ 2 1", "http://a/ 1 1", "http://b/ 1 1", "http://a/ 2 1"],
        )

    def test_wildcard(self) -> None:
        """A wildcard selects every name of its namespace, and none is no error."""
        self.commit(Put(makeElement("{urn:a}two", text="2")), Put(makeElement()))
        self.commit(Put(makeElement("{urn:b}one", text="3")))
        self.assertEqual(self.found("{urn:a}*"), ["http://a/  1", "http://a/  2"])
        self.assertEqual(self.found("{urn:c}*"), [])

    def test_freshness(self) -> None:
        """A value is stale from its goodUntil on: the filter and the answer's end turn at that instant."""
        self.commit(Put(makeElement(lifetime=Lifetime(0.0, 5.0, 10.0))))
        fresh = attrs.evolve(_query("{urn:a}one"), freshness=Freshness.FRESH)
        stale = attrs.evolve(_query("{urn:a}one"), freshness=Freshness.STALE)
        for now, counts, until in ((math.nextafter(5.0, 0.0), (1, 0), 5.0), (5.0, (0, 1), 10.0)):
            self.time.rightNow = now
            answers = [self.store.find(query) for query in (fresh, stale)]
            self.assertEqual(tuple(len(answer.elements) for answer in answers), counts)
            self.assertEqual([answer.validUntil for answer in answers], [until, until])

    def test_validUntil(self) -> None:
        """An answer holds until the first value turns; without lifetimes for ever; an unrelated one does not count."""
        self.commit(Put(makeElement(key="1")))
        self.assertEqual(self.store.find(_query("{urn:a}one")).validUntil, math.inf)
        self.commit(Put(makeElement(key="2", lifetime=Lifetime(0.0, 4.0, 9.0))))
        self.commit(Put(makeElement("{urn:b}one", lifetime=Lifetime(0.0, 1.0, 1.0))))
        self.assertEqual(self.store.find(_query("{urn:a}one")).validUntil, 4.0)
        self.assertEqual(self.store.find(_query("{urn:c}*")).validUntil, math.inf)

    def test_validUntilOfUnknown(self) -> None:
        """An empty answer holds no longer than its name is known."""
        self.commit(Put(makeElement(key="1", lifetime=Lifetime(0.0, 4.0, 9.0))))
        query = NameQuery((NameSelector(_ONE, None, "none"),))
        answer = self.store.find(query)
        self.assertEqual(list(answer.elements), [])
        self.assertTrue(0.0 <= answer.validUntil <= 9.0)

    def test_pages(self) -> None:
        """Pages put together are the whole answer, none larger than the limit."""
        for index in range(23):
            self.commit(Put(makeElement("{urn:a}" + "xyz"[index % 3], key=str(index))))
        whole = list(self.store.find(_query("{urn:a}*")).elements)
        for limit in (1, 7, 22, 23, 24):
            pages = self.pages(_query("{urn:a}*", limit=limit))
            self.assertEqual([element for page in pages for element in page], whole)
            self.assertTrue(all(len(page) <= limit for page in pages))

    def test_cursorUnderChanges(self) -> None:
        """A cursor stays good: a replaced value keeps its place, the row it stands on may go, new ones come last."""
        for key in "123456":
            self.commit(Put(makeElement(key=key)))
        first = self.store.find(_query("{urn:a}one", limit=2))
        self.commit(Remove(makeElement(key="2").key), Put(makeElement(key="1", text="x")))
        self.commit(Put(makeElement(key="4", text="x")), Put(makeElement(key="2")))
        self.commit(Remove(makeElement(key="3").key))
        rest = self.store.find(_query("{urn:a}one", limit=9, cursor=first.cursor))
        self.assertEqual([element.key.key for element in rest.elements], ["4", "5", "6", "2"])

    def test_cursorOfEnded(self) -> None:
        """A name that ends while its pages are read has no more values, and is no error."""
        self.commit(Put(makeElement(key="1")), Put(makeElement(key="2")))
        cursor = self.store.find(_query("{urn:a}one", limit=1)).cursor
        self.commit(ReplaceAll(_ONE, "http://a/", []))
        rest = self.store.find(_query("{urn:a}one", limit=1, cursor=cursor))
        self.assertEqual((list(rest.elements), rest.cursor), ([], None))

    def test_foreignCursors(self) -> None:
        """A cursor that was made up, altered, or made for other names or by another store is a ParameterError."""
        other = self.makeStore(self.clock)
        for store in (self.store, other):
            self.result(store.commit([Put(makeElement(key=key)) for key in "12"]))
            self.result(store.commit([Put(makeElement("{urn:a}two", key=key)) for key in "12"]))
        cursor = self.store.find(_query("{urn:a}one", limit=1)).cursor
        foreign = other.find(_query("{urn:a}one", limit=1)).cursor
        assert cursor is not None and foreign is not None
        altered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
        for bad in ("", "x", "é", "AAAA" * 9, altered, cursor[:-1], foreign, "A" * 10_000):
            query = _query("{urn:a}one", limit=1, cursor=bad)
            self.assertRaises(ParameterError, self.store.find, query)
        query = _query("{urn:a}two", limit=1, cursor=cursor)
        self.assertRaises(ParameterError, self.store.find, query)

    def test_observersInOrder(self) -> None:
        """Every observer hears every commit in order, after it can be read."""
        seen: list[tuple[str, bool]] = []

        def observe(changes: Changes) -> None:
            key = changes.changes[0].key
            seen.append((key.key, self.store.get(key) is not None))

        self.store.observe(observe)
        for key in "123":
            self.commit(Put(makeElement(key=key)))
        self.assertEqual(seen, [("1", True), ("2", True), ("3", True)])
        self.assertEqual([changes.changes[0].key.key for changes in self.heard], list("123"))

    def test_failingObserver(self) -> None:
        """An observer that fails is logged; the commit is done, and the others hear of it."""

        def fail(changes: Changes) -> None:
            raise ZeroDivisionError

        later: list[Changes] = []
        self.store.observe(fail)
        self.store.observe(later.append)
        changes = self.commit(Put(makeElement()))
        self.assertEqual(later, [changes])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_observationEnds(self) -> None:
        """Who ends an observation hears no more; ending it again is no error, and others go on."""
        heard: list[Changes] = []
        end = self.store.observe(heard.append)
        self.commit(Put(makeElement()))
        end()
        end()
        self.commit(Remove(makeElement().key))
        self.assertEqual((len(heard), len(self.heard)), (1, 2))

    def test_commitOfObserver(self) -> None:
        """A commit made while observers are told comes after it for every observer."""
        answers: list[Awaitable[Changes]] = []

        def follow(changes: Changes) -> None:
            if len(answers) < 3:
                answers.append(self.store.commit([Put(makeElement(key=str(len(answers))))]))

        late: list[str] = []
        self.store.observe(follow)
        self.store.observe(lambda changes: late.append(changes.changes[0].key.key))
        self.commit(Put(makeElement(key="first")))
        self.result(self.store.sync())
        self.assertEqual(late, ["first", "0", "1", "2"])
        revisions = [self.result(answer).revision for answer in answers]
        self.assertEqual(revisions, [changes.revision for changes in self.heard[1:]])

    def test_reset(self) -> None:
        """After a reset the given values are the only ones; observers hear the difference; names stay declared."""
        same, old, new = (makeElement(key=key) for key in ("same", "old", "new"))
        self.commit(Put(same), Put(old), Declare([_TWO]))
        changes = self.result(self.store.reset(iter([same, new])))
        self.assertEqual(list(changes.changes), [Added(new), Removed(old)])
        self.assertEqual(self.heard[-1], changes)
        self.assertEqual(list(self.store.names()), [_ONE, _TWO])

    def test_stop(self) -> None:
        """A stopped store reads on, exactly, and refuses commits as Busy."""
        element = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Put(element))
        self.result(self.store.stop())
        self.assertEqual(self.time.getDelayedCalls(), [])
        self.refused(Busy, Put(makeElement(key="2")))
        self.assertEqual(self.store.get(element.key), element)
        self.time.advance(2.0)
        self.assertIsNone(self.store.get(element.key))

    def test_model(self) -> None:
        """Over long random histories it reads like plain dicts do at every instant, and tells the same of each key."""
        for seed in range(6):
            self.compareWithModel(Random(seed), 60)

    def compareWithModel(self, random: Random, steps: int) -> None:
        """
        Run one random history on a store of its own.

        @param random: decides everything
        """
        store = self.makeStore(self.clock)
        model = StoreModel()
        history: dict[ElementKey, list[Change]] = {}

        def hear(changes: Changes) -> None:
            for change in changes.changes:
                history.setdefault(change.key, []).append(change)

        store.observe(hear)
        self.result(store.start())
        for _ in range(steps):
            step = random.randrange(4)
            if step <= 1:
                commands = randomCommands(random, self.time.seconds())
                self.result(store.commit(commands))
                model.commit(commands, self.time.seconds())
            elif step == 2:
                self.time.advance(random.choice((0.25, 0.5, 1.0)))
            else:
                # Time passes and no timer runs: a reactor that is late.
                self.time.rightNow += random.choice((0.25, 0.5, 1.0))
            model.expire(self.time.seconds())
            self._compare(store, model, randomQuery(random))
        self.time.advance(100.0)
        self.sweep()
        model.expire(self.time.seconds())
        self.assertEqual(history, model.history)
        self.result(store.stop())

    def _compare(self, store: IServiceDataStore, model: StoreModel, query: NameQuery) -> None:
        self.assertEqual(list(store.names()), model.names())
        for key in model.history:
            self.assertEqual(store.get(key), model.values.get(key))
        expected = model.find(query, self.time.seconds())
        if expected is None:
            self.assertRaises(TargetInvalid, store.find, query)
            return
        found: list[ServiceDataElement] = []
        cursor = None
        while True:
            answer = store.find(attrs.evolve(query, cursor=cursor))
            found.extend(answer.elements)
            cursor = answer.cursor
            if cursor is None:
                break
        self.assertEqual(found, expected)


def _shown(element: ServiceDataElement) -> str:
    text = element.tail[1:].partition(b"<")[0].decode()
    return f"{element.key.originator} {element.key.key} {text}"
