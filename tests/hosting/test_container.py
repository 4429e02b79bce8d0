"""The container's entries follow its services, and are services themselves that nobody ends."""

from collections.abc import Sequence

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    Busy,
    ServiceNotDestroyed,
    TerminationTimeUnchanged,
    UnknownId,
)
from gma_twisted.hosting.container import ContainerEntries, Member, entryId
from gma_twisted.interfaces import IServiceGroup, IServiceRow, IServiceRows
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, ogsi
from gma_twisted.model import Changes, Handle, NameQuery, NameSelector, Put
from gma_twisted.soap.types import LOCATOR
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, toDeferred

_BASE = "http://gate:8480"
_SELF = Handle(f"{_BASE}/services/container")
_GRID = ogsi("GridService")


def _member(path: str, kind: str = "", name: str = "") -> Member:
    return Member(path, Handle(_BASE + path), (_GRID,), kind, name)


_INDEX = _member("/services/index")
_MADE = _member("/services/instances/4f", "holder", "mine")


class ContainerEntriesTests(SynchronousTestCase):
    """In a store in memory."""

    def setUp(self) -> None:
        """An index and the container itself are members."""
        self.time = Clock()
        clock = NodeClock(self.time, lambda: 1_700_000_000.0 + self.time.seconds())
        self.store = MemoryStore(clock)
        self.entries = ContainerEntries(self.store, _SELF, clock)
        self.own = _member("/services/container")
        self._tell(self.own, _INDEX)

    def _tell(self, *came: Member, went: Sequence[Member] = ()) -> None:
        self.successResultOf(toDeferred(self.entries.tell(came, went)))

    def _values(self) -> dict[str, Element]:
        found = self.store.find(NameQuery((NameSelector(ogsi("entry")),))).elements
        return {one.key.key: XMLGate().parse(one.content) for one in found}

    def test_interfaces(self) -> None:
        """It is a group, and its entries are rows."""
        self.assertTrue(verifyObject(IServiceGroup, self.entries))
        self.assertTrue(verifyObject(IServiceRows, self.entries))
        self.assertTrue(verifyObject(IServiceRow, self.entries.row("index")))

    def test_entry(self) -> None:
        """An entry says where it is, who the member is, and what it is called."""
        self._tell(_MADE)
        values = self._values()
        self.assertEqual(sorted(values), ["container", "index", "instances~4f"])
        entry, member, content = values["instances~4f"]
        self.assertEqual(entry.tag, f"{{{OGSI}}}serviceGroupEntryLocator")
        self.assertEqual(LOCATOR.read(entry).handles, (_SELF.child("entries", "instances~4f"),))
        self.assertEqual(member.tag, f"{{{OGSI}}}memberServiceLocator")
        self.assertEqual(LOCATOR.read(member).handles, (_MADE.handle,))
        self.assertEqual(LOCATOR.read(member).interfaces, (_GRID,))
        self.assertEqual(content.tag, f"{{{OGSI}}}content")
        (about,) = content
        self.assertEqual(about.tag, f"{{{GMA}}}member")
        self.assertEqual([one.text for one in about], ["mine", "holder"])
        self.assertEqual([one.text for one in values["index"][2][0]], ["index"])

    def test_escaped(self) -> None:
        """Names are text."""
        self._tell(_member("/services/x", "k", "<a&b>"))
        self.assertEqual(self._values()["x"][2][0][0].text, "<a&b>")

    def test_inStep(self) -> None:
        """Who went has no entry any more; the entry of who stays is not touched, also when it is told again."""
        told: list[Changes] = []
        self.store.observe(told.append)
        self.time.advance(5.0)
        self._tell(_INDEX, _MADE, went=[self.own])
        self.assertEqual(sorted(self._values()), ["index", "instances~4f"])
        (changes,) = told
        self.assertEqual(
            sorted(change.key.key for change in changes.changes), ["container", "instances~4f"]
        )
        self._tell(_INDEX, _MADE, went=[self.own])
        self.assertEqual(len(told), 1)

    def test_refusedByStore(self) -> None:
        """What the store could not take is told with the next change."""
        self.successResultOf(toDeferred(self.store.stop()))
        self.failureResultOf(toDeferred(self.entries.tell([_MADE], [self.own])), Busy)
        self.successResultOf(toDeferred(self.store.start()))
        self.assertEqual(sorted(self._values()), ["container", "index"])
        self._tell()
        self.assertEqual(sorted(self._values()), ["index", "instances~4f"])

    def test_changed(self) -> None:
        """A member with other port types has a new entry of the same id."""
        before = self._values()["index"]
        self._tell(Member(_INDEX.path, _INDEX.handle, (_GRID, ogsi("Factory"))))
        after = self._values()["index"]
        self.assertEqual(len(LOCATOR.read(before[1]).interfaces), 1)
        self.assertEqual(len(LOCATOR.read(after[1]).interfaces), 2)

    def test_ids(self) -> None:
        """Ids come from the path and from nothing else."""
        for path, id in (
            ("/services/index", "index"),
            ("/services/instances/4f", "instances~4f"),
            ("/services/a.b/c", "a.b~c"),
        ):
            self.assertEqual(entryId(path), id)

    def test_rule(self) -> None:
        """One rule: GridServices, with a member as content."""
        (rule,) = self.entries.serviceData()
        self.successResultOf(toDeferred(self.store.commit([Put(rule)])))
        tree = XMLGate().parse(rule.content)
        self.assertEqual([one.text for one in tree], ["ogsi:GridService", "gma:member"])
        self.assertEqual({tree.nsmap["ogsi"], tree.nsmap["gma"]}, {OGSI, GMA})

    def test_row(self) -> None:
        """An entry has the member's locator and content as service data of its own."""
        row = self.entries.row("index")
        locator, content = (XMLGate().parse(one.content) for one in row.values())
        self.assertEqual(locator.tag, f"{{{OGSI}}}memberServiceLocator")
        self.assertEqual(LOCATOR.read(locator).handles, (_INDEX.handle,))
        self.assertEqual(content.tag, f"{{{OGSI}}}content")
        self.assertEqual(content[0].tag, f"{{{GMA}}}member")
        self.assertEqual({one.key.originator for one in row.values()}, {row.handle.url})
        self.assertEqual(row.created, 1_700_000_000.0)

    def test_noEnd(self) -> None:
        """Nobody ends an entry, and there is none without a member."""
        row = self.entries.row("index")
        self.assertRaises(ServiceNotDestroyed, row.end)
        self.assertRaises(TerminationTimeUnchanged, row.endAt, 10.0)
        self.assertRaises(UnknownId, self.entries.row, "other")
