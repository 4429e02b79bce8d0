"""A registry over the wire: both faces, entries as services, by proxies and a network in memory."""

from typing import TypeVar

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client import Proxy
from gma_twisted.client.finding import Found, findByName
from gma_twisted.errors import (
    ExtensibilityNotSupported,
    MatchFailed,
    ModifiabilityViolation,
    ServiceHasTerminated,
    TargetInvalid,
    UnknownId,
)
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, ogsi
from gma_twisted.model import Handle, Locator, QName, TerminationTime
from gma_twisted.registration import ENTRY, GrantLimits
from gma_twisted.soap.porttypes import GRID_SERVICE, SERVICE_GROUP_ENTRY
from gma_twisted.soap.selection import flattened
from gma_twisted.testing.grid import MemoryGrid
from gma_twisted.transport.family import RowDocuments
from tests.registration.stand import HANDLE, PORT_TYPES, WALL, Registry, member

T = TypeVar("T")

_MEMBER = member().handles[0]
_JOBS = QName("urn:j", "Jobs")


class WireCase(SynchronousTestCase):
    """A node with a registry, and one that calls it."""

    def setUp(self) -> None:
        """Both."""
        self.grid = MemoryGrid()
        self.registry = Registry(self.grid.clock, GrantLimits(5.0, 300.0, 1000.0))
        self.registry.addTo(self.grid)
        self.node = self.grid.addNode("me")
        self.proxy = self.node.proxy(HANDLE, PORT_TYPES)
        self.addCleanup(self.grid.close)

    def ask(self, awaitable: object) -> object:
        """The result; time passes as needed."""
        return self.grid.result(awaitable)  # type: ignore[arg-type]

    def register(self, lifetime: float | None = 60.0) -> Handle:
        """Register a member. @return: the entry's handle"""
        entry, _ = self.grid.result(
            self.proxy.registerService(
                handle=_MEMBER, interface=[_JOBS], name="n", lifetime=lifetime
            )
        )
        assert isinstance(entry, Handle)
        return entry

    def entry(self, handle: Handle) -> Proxy:
        """An entry as a service."""
        return self.node.proxy(handle, [SERVICE_GROUP_ENTRY])

    def find(self, proxy: Proxy, name: QName, key: str | None = None) -> Found:
        """Values."""
        return self.grid.result(findByName(proxy, name, key=key))


class RegistryTests(WireCase):
    """Of the service."""

    def test_register(self) -> None:
        """What is registered is found among the service data, by its key alone too."""
        handle = self.register()
        key = handle.url.rpartition("/")[2]
        self.ask(self.proxy.registerService(handle=Handle("http://b.example/x"), interface=[]))
        self.assertEqual(len(self.find(self.proxy, ENTRY).values), 2)
        found = self.find(self.proxy, ENTRY, key)
        self.assertEqual([value.key for value in found.values], [key])
        value = found.values[0]
        assert found.sent is not None and value.availableUntil is not None
        self.assertAlmostEqual(value.availableUntil - found.sent, 60.0, 2)
        tree = XMLGate().parse(value.head + value.tail)
        self.assertEqual(tree.findtext(f".//{{{GMA}}}name"), "n")

    def test_renew(self) -> None:
        """Renewed in time an entry stays, else it goes, to the instant."""
        handle = self.register(20.0)
        end = self.registry.catalogue.find(handle.url.rpartition("/")[2]).until
        self.grid.advance(15.0)
        results = self.ask(self.proxy.renewServices([handle, HANDLE], 30.0))
        assert isinstance(results, list)
        self.assertEqual([one.lifetime for one in results], [30.0, None])
        self.grid.advance(end - self.grid.time.seconds() + 5.0)
        self.assertEqual(len(self.find(self.proxy, ENTRY).values), 1)
        end = self.registry.catalogue.find(handle.url.rpartition("/")[2]).until
        self.grid.advance(end - self.grid.time.seconds() - 0.001)
        self.assertEqual(len(self.find(self.proxy, ENTRY).values), 1)
        self.grid.advance(0.001001)
        self.assertEqual(len(self.find(self.proxy, ENTRY).values), 0)

    def test_unregister(self) -> None:
        """Unregistered it is gone; a second time there is nothing to end."""
        self.register()
        self.ask(self.proxy.unregisterService(_MEMBER))
        self.assertEqual(len(self.find(self.proxy, ENTRY).values), 0)
        self.assertRaises(UnknownId, self.ask, self.proxy.unregisterService(_MEMBER))

    def test_addRemove(self) -> None:
        """OGSI's face adds with a content and a time, and removes by the locator."""
        reference = b'<ogsi:reference xmlns:ogsi="%b"><w></w></ogsi:reference>' % OGSI.encode()
        locator = Locator((_MEMBER,), (_JOBS,), (reference,))
        now = self.grid.clock.wallTime()
        entry, granted = self.grid.result(
            self.proxy.add(
                serviceLocator=locator,
                content=b"<gma:load>0.5</gma:load>",
                terminationTime=TerminationTime(None, now + 90.0),
            )
        )
        assert isinstance(entry, Locator) and isinstance(granted, TerminationTime)
        self.assertAlmostEqual(granted.before or 0.0, now + 90.0, 2)
        tree = XMLGate().parse(self._only(self.entry(entry.handles[0]), ogsi("content")))
        self.assertEqual(tree[0].text, "0.5")
        match = (
            b"<ogsi:matchByLocatorEquivalence><ogsi:locator><ogsi:handle>%b</ogsi:handle>%b"
            b'<ogsi:interface xmlns:a="urn:j">a:Jobs</ogsi:interface></ogsi:locator>'
            b"</ogsi:matchByLocatorEquivalence>"
        ) % (_MEMBER.url.encode(), reference)
        self.ask(self.proxy.remove(match))
        self.assertRaises(MatchFailed, self.ask, self.proxy.remove(match))

    def _only(self, proxy: Proxy, name: QName) -> bytes:
        (value,) = self.find(proxy, name).values
        return value.head + value.tail


class EntryTests(WireCase):
    """Of entries as services."""

    def test_data(self) -> None:
        """Every service data name of the port types has a value, typed, said by the entry itself."""
        handle = self.register()
        proxy = self.entry(handle)
        every = [one.name for port in flattened([SERVICE_GROUP_ENTRY]) for one in port.serviceData]
        for name in every:
            values = self.find(proxy, name).values
            self.assertTrue(values, name)
            self.assertEqual({value.originator for value in values}, {handle.url})
        names = {
            (tree.text or "").partition(":")[2]
            for value in self.find(proxy, ogsi("serviceDataName")).values
            for tree in [XMLGate().parse(value.head + value.tail)]
        }
        self.assertEqual(names, {name.localName for name in every})
        interfaces = self.find(proxy, ogsi("interface")).values
        shown = [XMLGate().parse(value.head + value.tail).text for value in interfaces]
        self.assertEqual(shown, ["q:GridService", "q:ServiceGroupEntry"])

    def test_documents(self) -> None:
        """An entry has a WSDL with its own address, and a GWSDL; after its end, when and why that was."""
        handle = self.register()
        exchange = self.grid.nodes["reg"].exchange
        documents = exchange.service(handle.path)
        assert isinstance(documents, RowDocuments)
        for withSoap12 in (False, True):
            tree = XMLGate().parse(documents.wsdl(withSoap12))
            addresses = {
                node.get("location") for node in tree.iter() if str(node.tag).endswith("}address")
            }
            self.assertEqual(addresses, {handle.url})
        self.assertIn(b"ServiceGroupEntry", documents.gwsdl())
        self.assertEqual(documents.ended, "")
        self.ask(self.entry(handle).destroy())
        documents = exchange.service(handle.path)
        assert isinstance(documents, RowDocuments)
        self.assertRegex(documents.ended, r"ended at 20[0-9T:.-]+Z: it was destroyed\Z")

    def test_locator(self) -> None:
        """memberServiceLocator is that of the member."""
        (value,) = self.find(self.entry(self.register()), ogsi("memberServiceLocator")).values
        tree = XMLGate().parse(value.head + value.tail)
        self.assertEqual([child.text for child in tree], [_MEMBER.url, "q:Jobs"])

    def test_unknownName(self) -> None:
        """A name it does not have is a fault, and so is another language."""
        proxy = self.entry(self.register())
        self.assertRaises(TargetInvalid, self.find, proxy, ENTRY)
        asking = proxy.findServiceData(b"<gma:queryByXPath/>")
        self.assertRaises(ExtensibilityNotSupported, self.ask, asking)

    def test_pages(self) -> None:
        """Its values can be asked for by pages, whose cursors the next request knows."""
        proxy = self.entry(self.register())
        wildcard = QName(OGSI, "*")
        whole = self.find(proxy, wildcard).values
        pages, cursor = [], None
        while True:
            found = self.grid.result(findByName(proxy, wildcard, limit=5, cursor=cursor))
            pages += [value.tail for value in found.values]
            cursor = found.cursor
            if cursor is None:
                break
        self.assertEqual(len(pages), len(whole))

    def test_terminationTime(self) -> None:
        """terminationTime moves with renewals."""
        handle = self.register(60.0)
        proxy = self.entry(handle)
        ends = []
        for lifetime in (60.0, 100.0):
            self.ask(self.proxy.renewServices([handle], lifetime))
            (value,) = self.find(proxy, ogsi("terminationTime")).values
            tree = XMLGate().parse(value.head + value.tail)
            ends.append(tree.get(f"{{{OGSI}}}before"))
            self.assertEqual(ends[-1], tree.get(f"{{{OGSI}}}after"))
        self.assertNotEqual(ends[0], ends[1])

    def test_set(self) -> None:
        """Nothing of it can be set."""
        proxy = self.entry(self.register())
        for update in (
            b"<ogsi:setByServiceDataNames><ogsi:content/></ogsi:setByServiceDataNames>",
            b"<ogsi:deleteByServiceDataNames><ogsi:name>ogsi:content</ogsi:name>"
            b"</ogsi:deleteByServiceDataNames>",
        ):
            self.assertRaises(ModifiabilityViolation, self.ask, proxy.setServiceData(update))
        other = proxy.setServiceData(b"<gma:other/>")
        self.assertRaises(ExtensibilityNotSupported, self.ask, other)

    # -- its end

    def _left(self, time: object) -> float:
        assert isinstance(time, TerminationTime)
        assert time.after is not None and time.timestamp is not None
        self.assertEqual(time.after, time.before)
        return round(time.after - time.timestamp, 2)

    def test_after(self) -> None:
        """
        The earliest end asked is granted within the bounds; one before the present end, all the more a past one,
        changes nothing.
        """
        proxy = self.entry(self.register(60.0))
        for asked, left in ((100.0, 100.0), (50.0, 100.0), (-1e6, 100.0), (float("inf"), 1000.0)):
            when = self.grid.clock.wallTime() + asked
            granted = self.ask(proxy.requestTerminationAfter(when))
            self.assertAlmostEqual(self._left(granted), left, 1)

    def test_before(self) -> None:
        """The latest end asked is taken when it is earlier than the present one; a later one changes nothing."""
        proxy = self.entry(self.register(60.0))
        for asked, left in (
            (90.0, 60.0),
            (30.0, 30.0),
            (2.0, 2.0),
            (3.0, 2.0),
            (float("inf"), 2.0),
        ):
            when = self.grid.clock.wallTime() + asked
            granted = self.ask(proxy.requestTerminationBefore(when))
            self.assertAlmostEqual(self._left(granted), left, 1)

    def test_beforeNow(self) -> None:
        """A latest end in the past is an end at once."""
        proxy = self.entry(self.register())
        granted = self.ask(proxy.requestTerminationBefore(WALL - 1.0))
        self.assertEqual(self._left(granted), 0.0)
        self.assertEqual(len(self.find(self.proxy, ENTRY).values), 0)
        again = proxy.requestTerminationBefore(WALL - 1.0)
        self.assertRaises(ServiceHasTerminated, self.ask, again)

    def test_destroy(self) -> None:
        """Destroyed it leaves the group; whoever asks for it within an hour is told, and later that it never was."""
        handle = self.register()
        proxy = self.entry(handle)
        self.find(proxy, ogsi("content"))
        self.find(proxy, ogsi("content"))
        self.ask(proxy.destroy())
        self.assertEqual(len(self.find(self.proxy, ENTRY).values), 0)
        self.assertRaises(ServiceHasTerminated, self.ask, proxy.destroy())
        self.assertRaises(ServiceHasTerminated, self.find, proxy, ogsi("content"))
        self.grid.advance(3600.0)
        self.assertRaises(UnknownId, self.ask, proxy.destroy())

    def test_expired(self) -> None:
        """An expired entry is told from one that never was."""
        handle = self.register(10.0)
        self.grid.advance(11.0)
        self.assertRaises(ServiceHasTerminated, self.ask, self.entry(handle).destroy())
        never = self.registry.catalogue.handleOf("never")
        self.assertRaises(UnknownId, self.ask, self.entry(never).destroy())


class FamilyOfNobodyTests(WireCase):
    """Of paths near an entry's."""

    def test_paths(self) -> None:
        """The path of the family, and paths below an entry, are nobody's."""
        handle = self.register()
        for url in (f"{HANDLE}/entries", f"{HANDLE}/entries/", f"{handle}/x"):
            proxy = self.node.proxy(Handle(url), [GRID_SERVICE])
            self.assertRaises(UnknownId, self.ask, proxy.destroy())
