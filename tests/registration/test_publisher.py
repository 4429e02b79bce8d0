"""The catalogue as service data."""

from collections.abc import Sequence

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent

from gma_twisted.errors import Busy
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, XSI, ogsi
from gma_twisted.model import (
    FOREVER,
    Caller,
    Changes,
    Command,
    ElementKey,
    Extended,
    Handle,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    Removed,
    ServiceDataElement,
)
from gma_twisted.registration import ENTRY, Ending, EntryPublisher, MembershipRule
from gma_twisted.registration.entryvalues import EntryValues
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.timing import toDeferred
from tests.registration.stand import (
    ANNE,
    BOB,
    HANDLE,
    WALL,
    CatalogueCase,
    Registry,
    expression,
    member,
    wallClock,
)


class PublisherTests(CatalogueCase):
    """Of entries in the data of their group."""

    def setUp(self) -> None:
        """Note what changes."""
        super().setUp()
        self.told: list[Changes] = []
        self.registry.data.observe(self.told.append)

    def _element(self, entry: str) -> ServiceDataElement:
        element = self.registry.data.get(ElementKey(ENTRY, HANDLE.url, entry))
        assert element is not None
        return element

    def _tree(self, entry: str) -> Element:
        return XMLGate().parse(self._element(entry).content)

    def _contentOf(self, tree: Element) -> list[str]:
        content = tree.find(f"{{{OGSI}}}content")
        assert content is not None
        return [str(child.tag) for child in content]

    def test_value(self) -> None:
        """An entry is typed and holds both locators and the content, its lifetime is the entry's."""
        self.time.advance(2.0)
        jobs = QName("urn:j", "Jobs")
        content = expression('<gma:x a="&lt;&quot;">é</gma:x>')
        adding = self.registry.group.add(member("a", jobs), content, None, ANNE)
        locator, _ = self.done(adding)
        entry = self.catalogue.entryOf(locator.handles[0])
        element = self._element(entry)
        self.assertEqual(element.key, ElementKey(ENTRY, HANDLE.url, entry))
        self.assertEqual(
            (
                element.lifetime.goodFrom,
                element.lifetime.goodUntil,
                element.lifetime.availableUntil,
            ),
            (2.0, 302.0, 302.0),
        )
        self.assertEqual(element.created, WALL + 2.0)
        tree = self._tree(entry)
        self.assertEqual(tree.get(f"{{{XSI}}}type"), "ogsi:EntryType")
        self.assertEqual(
            [str(child.tag) for child in tree],
            [
                f"{{{OGSI}}}{name}"
                for name in ("serviceGroupEntryLocator", "memberServiceLocator", "content")
            ],
        )
        self.assertEqual(tree[0][0].text, self.catalogue.handleOf(entry).url)
        self.assertEqual(tree[1][0].text, member().handles[0].url)
        self.assertEqual(tree[1][1].text, "q:Jobs")
        self.assertEqual((tree[2][0].get("a"), tree[2][0].text), ('<"', "é"))

    def test_description(self) -> None:
        """Name and attributes stand in the content, after what was given for it: nothing else fits an EntryType."""
        register = self.registry.registrar.registerService
        description = f"{{{GMA}}}registration"
        for content, inside in (
            (None, [description]),
            (expression("<gma:x/>"), [f"{{{GMA}}}x", description]),
        ):
            handle, _ = self.done(
                register(Handle("http://a/x"), [], "n<&", [("k", '"v"')], content, None, ANNE)
            )
            tree = self._tree(self.catalogue.entryOf(handle))
            self.assertEqual((self._contentOf(tree), len(tree)), (inside, 3))
            told = next(tree.iter(description))
            self.assertEqual([child.text for child in told], ["n<&", '"v"'])
            self.assertEqual(told[1].get("name"), "k")

    def test_nothing(self) -> None:
        """Without content, name and attributes the content is empty."""
        entry = self.keep()
        self.assertEqual(self._contentOf(self._tree(entry)), [])

    def test_renewals(self) -> None:
        """A batch of renewals is one commit of extensions; what they hold from stays."""
        entries = [self.keep(f"m{number}", 100.0) for number in range(50)]
        before = self._element(entries[0])
        self.time.advance(10.0)
        self.told.clear()
        self.done(self.catalogue.renew(entries, 200.0, Caller("anne")))
        self.assertEqual(len(self.told), 1)
        changes = self.told[0].changes
        self.assertEqual({type(change) for change in changes}, {Extended})
        after = self._element(entries[0])
        self.assertIs(after.tail, before.tail)
        self.assertEqual((after.lifetime.goodFrom, after.lifetime.availableUntil), (0.0, 210.0))

    def test_end(self) -> None:
        """An end takes the value away at once; expiry takes it at the instant, as expired."""
        one, other = self.keep("a", 50.0), self.keep("b", 50.0)
        self.done(self.catalogue.destroy(one))
        self.assertEqual(self.shown(), [other])
        self.time.advance(49.999)
        self.assertEqual(self.shown(), [other])
        self.time.advance(0.001)
        self.assertEqual(self.shown(), [])
        self.pass_(1.0)
        removed = [
            (change.key.key, change.expired)
            for changes in self.told
            for change in changes.changes
            if isinstance(change, Removed) and change.key.name == ENTRY
        ]
        self.assertEqual(removed, [(one, False), (other, True)])

    def test_updated(self) -> None:
        """A member that comes again with another content has the new one shown."""
        entry = self.keep()
        self.done(self.registry.group.add(member(), expression("<gma:y/>"), None, ANNE))
        self.assertEqual(self._contentOf(self._tree(entry)), [f"{{{GMA}}}y"])

    def test_sharedHead(self) -> None:
        """All entries share the bytes of their start tag."""
        one, other = self.keep("a"), self.keep("b", caller=BOB)
        self.assertIs(self._element(one).head, self._element(other).head)

    def test_stopped(self) -> None:
        """After the stop nothing is followed, twice is as good as once."""
        self.registry.publisher.stop()
        self.registry.publisher.stop()
        self.keep()
        self.assertEqual(self.shown(), [])


class StartTests(CatalogueCase):
    """Of what is there at the start."""

    rules = (MembershipRule(), MembershipRule(QName("urn:j", "Jobs"), (QName("urn:j", "q"),)))

    def test_rules(self) -> None:
        """Every membershipContentRule is a value."""
        query = NameQuery((NameSelector(ogsi("membershipContentRule")),))
        elements = self.registry.data.find(query).elements
        shown = []
        for element in elements:
            tree = XMLGate().parse(element.content)
            shown.append([(str(child.tag).partition("}")[2], child.text) for child in tree])
        self.assertEqual(
            [sorted(one) for one in shown],
            [
                [("memberInterface", "q:GridService")],
                [("content", "q:q"), ("memberInterface", "q:Jobs")],
            ],
        )

    def test_loaded(self) -> None:
        """Rows that were there before are published, and stale values of former ones go."""
        entries = {self.keep(f"m{number}") for number in range(2500)}
        self.registry.publisher.stop()
        data = MemoryStore(self.clock)
        self.done(data.start())
        row = attrs.evolve(self.catalogue.find(next(iter(entries))), entry="former")
        self.done(data.commit([Put(EntryValues(HANDLE, HANDLE).value(row, FOREVER))]))
        publisher = EntryPublisher(self.catalogue, data)
        starting = toDeferred(publisher.start())
        self.assertNoResult(starting)
        self.pass_(1.0)
        self.successResultOf(starting)
        answer = data.find(NameQuery((NameSelector(ENTRY),)))
        self.assertEqual({element.key.key for element in answer.elements}, entries)


class _Moody:
    """A service data store that refuses, or waits, when a test says so."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.refuses = False
        self.commits = 0
        self.waiting: Deferred[None] | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    def commit(self, commands: Sequence[Command]) -> object:
        self.commits += 1
        if self.refuses:
            raise Busy("not now")
        if self.waiting is not None:
            return self._later(self.waiting, commands)
        return self.store.commit(commands)

    async def _later(self, turn: Deferred[None], commands: Sequence[Command]) -> object:
        await turn
        return await self.store.commit(commands)


class TroubleTests(CatalogueCase):
    """Where the service data store cannot write."""

    def setUp(self) -> None:
        """Between the catalogue and its service data there is somebody moody."""
        self.time = Clock()
        self.clock = wallClock(self.time)
        self.moody = _Moody(MemoryStore(self.clock))
        self.registry = Registry(self.clock, data=self.moody)  # type: ignore[arg-type]
        self.catalogue = self.registry.catalogue
        self.done(self.registry.start())

    def test_refused(self) -> None:
        """What was refused is tried again as it is then: additions, renewals, ends."""
        ended, renewed = self.keep("a"), self.keep("b", 10.0)
        self.moody.refuses = True
        self.done(self.catalogue.destroy(ended))
        self.done(self.catalogue.renew([renewed], 100.0, Caller("anne")))
        added = self.keep("c")
        self.pass_(20.0)
        self.assertEqual(self.shown(), [ended])
        self.moody.refuses = False
        self.pass_(20.0)
        self.assertEqual(sorted(self.shown()), sorted([renewed, added]))
        self.registry.publisher.stop()
        self.assertEqual(
            [call for call in self.time.getDelayedCalls() if "_again" in str(call)], []
        )

    def test_refusedLate(self) -> None:
        """A refusal may come later than the question."""
        self.moody.waiting = Deferred()
        entry = self.keep()
        waiting, self.moody.waiting = self.moody.waiting, None
        waiting.errback(Busy("not now"))
        self.assertEqual(self.shown(), [])
        self.pass_(1.0)
        self.assertEqual(self.shown(), [entry])

    def test_veryMuch(self) -> None:
        """When too much is behind, everything is published anew, until that is taken."""
        self.registry.publisher.mostBehind = 5
        former = self.keep("former")
        self.moody.refuses = True
        self.done(self.catalogue.destroy(former))
        entries = {self.keep(f"m{number}") for number in range(10)}
        self.pass_(5.0)
        self.assertEqual(self.shown(), [former])
        self.moody.refuses = False
        self.pass_(20.0)
        self.assertEqual(set(self.shown()), entries)

    def test_told(self) -> None:
        """The first refusal is logged, and when all is published; the attempts become rarer, up to a minute."""
        with capturedLogs() as events:
            self.moody.refuses = True
            entries = {self.keep(f"m{number}", 3600.0) for number in range(20)}
            self.moody.commits = 0
            self.pass_(600.0)
            self.assertEqual(self.moody.commits, 14)
            self.moody.refuses = False
            self.pass_(60.0)
        self.assertEqual(set(self.shown()), entries)
        self.assertEqual(
            [formatEvent(event) for event in events],
            [
                f"entries of {HANDLE.url} could not be published, which is tried again: not now",
                f"all entries of {HANDLE.url} are published",
            ],
        )

    def test_full(self) -> None:
        """At the start what the store cannot hold is behind: it comes in when there is room, nothing is lost."""
        entries = {self.keep(f"m{number}", 86400.0) for number in range(30)}
        self.registry.publisher.stop()
        data = MemoryStore(self.clock, StoreLimits(elements=21))
        publisher = EntryPublisher(self.catalogue, data)
        starting = toDeferred(publisher.start())
        self.pass_(1.0)
        self.successResultOf(starting)

        def shown() -> set[str]:
            found = data.find(NameQuery((NameSelector(ENTRY),)))
            return {element.key.key for element in found.elements}

        self.pass_(3600.0)
        self.assertEqual(len(shown()), 20)
        ended = sorted(shown())[:10]
        self.done(self.catalogue.end(ended, Ending.DESTROYED))
        self.pass_(3600.0)
        self.assertEqual(shown(), entries - set(ended))

    def test_goneMeanwhile(self) -> None:
        """A value that went while the renewal of its entry was recorded comes back."""
        entry = self.keep(seconds=10.0)
        self.done(self.moody.store.commit([Remove(ElementKey(ENTRY, HANDLE.url, entry))]))
        self.done(self.catalogue.renew([entry], 50.0, Caller("anne")))
        self.assertEqual(self.shown(), [entry])
