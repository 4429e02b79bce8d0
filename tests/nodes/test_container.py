"""The container over the wire: who is here, where a handle leads, and services that clients have made."""

import math
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client import Proxy, findByName
from gma_twisted.configuration import readDraft
from gma_twisted.errors import (
    ExtensibilityTypeError,
    GMAError,
    InvalidHandle,
    NoAdditionalReferencesAvailable,
    NoSuchService,
    ServiceAlreadyExists,
    ServiceHasTerminated,
    ServiceNotDestroyed,
    TerminationTimeUnchanged,
    TooLarge,
    UnknownId,
)
from gma_twisted.hosting.instances import FactoryLimits
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import OGSI, ogsi
from gma_twisted.model import Handle, Locator, QName, TerminationTime
from gma_twisted.nodes.container import hostContainer
from gma_twisted.nodes.kind import CONTAINER_PATH, CONTAINER_PORT_TYPES
from gma_twisted.nodes.servicekinds import KindInstaller
from gma_twisted.roles import PermanentService
from gma_twisted.soap.creation import CreationRequest, writeCreation
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.soap.types import LOCATOR
from gma_twisted.testing import MemoryGrid
from gma_twisted.transport import Service
from gma_twisted.transport.family import RowDocuments
from tests.nodes.notifyings import notifyingOf
from tests.nodes.skeletons import GREETING, MOOD, Greeter

_KINDS = """
[factory.box]
class = "ServiceDataHolder"
[factory.hi]
class = "tests.nodes.skeletons:Greeter"
"""
_X = QName("urn:a", "x")
_INDEX = "/services/index"


class _ContainerTestCase(SynchronousTestCase):
    """A node with an index and a container, asked by another."""

    kinds = _KINDS
    limits: FactoryLimits | None = None

    def setUp(self) -> None:
        """Start the container."""
        Greeter.begun.clear()
        Greeter.ended.clear()
        self.grid = MemoryGrid()
        self.gate = self.grid.addNode("gate")
        self.client = self.grid.addNode("client")
        handle = self.gate.handle(_INDEX)
        index = Service(_INDEX, handle, PermanentService([]), [GRID_SERVICE])
        self.gate.publish(index)
        draft = readDraft(self.kinds, "vo.toml")
        installer = KindInstaller(draft.source)
        kinds = installer.install(draft.configuration.factory)
        self.assertEqual((draft.mistakes, installer.mistakes), ((), []))
        self.hosted = hostContainer(
            self.gate.exchange,
            self.grid.clock,
            self.gate.url,
            notifyingOf(self.gate.exchange, self.grid.clock),
            [index],
            (),
            kinds,
            self.limits,
        )
        self.grid.result(self.hosted.start())
        self.container = self._proxy(self.gate.handle(CONTAINER_PATH), *CONTAINER_PORT_TYPES)
        self.addCleanup(self._stop)

    def _stop(self) -> None:
        self.grid.result(self.hosted.stop())
        self.grid.close()

    def _proxy(self, handle: Handle, *portTypes: Any) -> Any:
        return self.client.proxy(handle, portTypes or (GRID_SERVICE,))

    def _create(self, kind: str, name: str = "", *arguments: tuple[str, str], **end: float) -> Any:
        asked = writeCreation(CreationRequest(kind, name, arguments))
        time = TerminationTime(**end) if end else None
        return self.grid.result(self.container.createService(time, asked))

    def _entries(self) -> list[str]:
        found = self.grid.result(findByName(self.container, ogsi("entry"))).values
        return sorted(value.key for value in found)

    def _texts(self, proxy: Proxy, name: QName) -> list[str | None]:
        found = self.grid.result(findByName(proxy, name)).values
        return [XMLGate().parse(value.head + value.tail).text for value in found]

    def _names(self, proxy: Proxy) -> list[str]:
        found = self.grid.result(findByName(proxy, ogsi("interface"))).values
        return [value.key for value in found]

    def _refused(self, kind: type[GMAError], awaitable: Any) -> GMAError:
        return self.assertRaises(kind, self.grid.result, awaitable)  # type: ignore[no-any-return]


class ContainerTests(_ContainerTestCase):
    """With two kinds of services."""

    # -- entries

    def test_entries(self) -> None:
        """Every service of the node is told, the container itself too, and those that come and go."""
        self.assertEqual(self._entries(), ["container", "index"])
        locator, _, _ = self._create("box")
        id = locator.handles[0].url.rpartition("/")[2]
        self.assertEqual(self._entries(), ["container", "index", f"instances~{id}"])
        self.grid.result(self._proxy(locator.handles[0]).destroy())
        self.assertEqual(self._entries(), ["container", "index"])

    def test_entryService(self) -> None:
        """An entry is a service: it tells of its member and is not ended by anybody."""
        entry = self._proxy(self.gate.handle(f"{CONTAINER_PATH}/entries/index"))
        (value,) = self.grid.result(findByName(entry, ogsi("memberServiceLocator"))).values
        locator = LOCATOR.read(XMLGate().parse(value.head + value.tail))
        self.assertEqual(locator.handles, (self.gate.handle(_INDEX),))
        self._refused(ServiceNotDestroyed, entry.destroy())
        self._refused(TerminationTimeUnchanged, entry.requestTerminationBefore(9e12))
        for asked in (
            entry.requestTerminationAfter(9e12),
            entry.requestTerminationBefore(math.inf),
        ):
            self.assertEqual(self.grid.result(asked).before, math.inf)
        self._refused(ServiceNotDestroyed, entry.requestTerminationBefore(0.0))
        other = self._proxy(self.gate.handle(f"{CONTAINER_PATH}/entries/other"))
        self._refused(UnknownId, other.destroy())

    def test_permanent(self) -> None:
        """The container itself is not ended either."""
        self._refused(ServiceNotDestroyed, self.container.destroy())

    def test_standard(self) -> None:
        """What its port types declare is there, as often as they say."""
        names = self._names(self.container)
        for portType in CONTAINER_PORT_TYPES:
            self.assertIn(portType.name.clark, names)
            for declaration in portType.serviceData:
                found = self.grid.result(findByName(self.container, declaration.name)).values
                self.assertGreaterEqual(len(found), declaration.cardinality.least)

    # -- the resolver

    def test_resolve(self) -> None:
        """Handles of all services of the node lead somewhere."""
        made, _, _ = self._create("hi", "", ("word", "hi"))
        for handle, interface in (
            (self.gate.handle(_INDEX), ogsi("GridService")),
            (self.container.handle, ogsi("Factory")),
            (self.gate.handle(f"{CONTAINER_PATH}/entries/index"), ogsi("ServiceGroupEntry")),
            (made.handles[0], GREETING.name),
        ):
            found = self.grid.result(self.container.findByHandle(Locator((handle,)), None))
            self.assertEqual(found.handles, (handle,))
            self.assertIn(interface, found.interfaces)
            again = self.container.findByHandle(Locator((handle,)), found)
            self._refused(NoAdditionalReferencesAvailable, again)

    def test_notResolved(self) -> None:
        """What never was here, is elsewhere, or has ended."""
        made, _, _ = self._create("box")
        self.grid.result(self._proxy(made.handles[0]).destroy())
        for kind, handle in (
            (NoSuchService, self.gate.handle("/services/other")),
            (NoSuchService, self.gate.handle("/services/instances/other")),
            (InvalidHandle, self.client.handle(_INDEX)),
            (ServiceHasTerminated, made.handles[0]),
        ):
            self._refused(kind, self.container.findByHandle(Locator((handle,)), None))

    # -- the factory

    def test_holder(self) -> None:
        """A holder keeps what clients put into it, and knows its factory and its end."""
        locator, granted, output = self._create(
            "box", "mine", ("serviceDataName", _X.clark), before=self.grid.clock.wallTime() + 60.0
        )
        self.assertIsNone(output)
        self.assertEqual(granted.before, self.grid.clock.wallTime() + 60.0)
        service = self._proxy(locator.handles[0])
        self.assertEqual(self._texts(service, _X), [])
        update = f'<ogsi:setByServiceDataNames><x xmlns="{_X.namespace}">7</x></ogsi:setByServiceDataNames>'
        self.grid.result(service.setServiceData(update.encode()))
        self.assertEqual(self._texts(service, _X), ["7"])
        (factory,) = self.grid.result(findByName(service, ogsi("factoryLocator"))).values
        tree = XMLGate().parse(factory.head + factory.tail)
        self.assertEqual(LOCATOR.read(tree).handles, (self.container.handle,))
        (end,) = self.grid.result(findByName(service, ogsi("terminationTime"))).values
        self.assertIn(b"ogsi:before=", end.head)
        self.assertNotIn(b"infinity", end.head)

    def test_class(self) -> None:
        """A class of the operator's answers its own operations, publishes, and is stopped at its end."""
        locator, _, _ = self._create("hi", "", ("word", "hello"), ("times", "2"))
        service = self._proxy(locator.handles[0], GRID_SERVICE, GREETING)
        self.assertEqual(self.grid.result(service.greet("you")), "hello hello you")
        self.assertEqual(self._texts(service, MOOD), ["good"])
        self.assertEqual(Greeter.begun[0].handle, locator.handles[0])
        self.grid.result(service.destroy())
        self.assertEqual(Greeter.ended, ["hello hello"])
        self._refused(ServiceHasTerminated, service.destroy())

    def test_refused(self) -> None:
        """Faults travel: a kind that is none, arguments it does not take, a name that is taken."""
        self._create("box", "x")
        for kind, call in (
            (ExtensibilityTypeError, ("other",)),
            (ExtensibilityTypeError, ("hi",)),
            (ExtensibilityTypeError, ("box", "", ("serviceDataName", "{oops"))),
            (ExtensibilityTypeError, ("box", "", ("serviceDataName", "{urn:a b}x"))),
            (ExtensibilityTypeError, ("box", "", ("serviceDataName", f"{{{OGSI}}}interface"))),
            (ServiceAlreadyExists, ("box", "x")),
        ):
            self.assertRaises(kind, self._create, *call)
        self.assertEqual(len(self._entries()), 3)

    def test_life(self) -> None:
        """It lives as long as somebody asks for it, then it has ended, and after an hour it never was."""
        now = self.grid.clock.wallTime()
        locator, _, _ = self._create("box", before=now + 10.0)
        service = self._proxy(locator.handles[0])
        self.grid.advance(9.0)
        granted = self.grid.result(service.requestTerminationAfter(now + 20.0))
        self.assertEqual(granted.before, now + 20.0)
        self.grid.advance(10.0)
        self.assertEqual(len(self._names(service)), 1)
        self.grid.advance(2.0)
        self._refused(ServiceHasTerminated, findByName(service, ogsi("interface")))
        self.assertEqual(self._entries(), ["container", "index"])
        self.grid.advance(3600.0)
        self._refused(UnknownId, findByName(service, ogsi("interface")))

    def test_wsdl(self) -> None:
        """It has a WSDL of its own; after its end, that it has ended."""
        locator, _, _ = self._create("hi", "", ("word", "hi"))
        path = locator.handles[0].path
        found = self.gate.exchange.service(path)
        assert found is not None
        self.assertIn(locator.handles[0].url.encode(), found.wsdl(False))
        self.grid.result(self._proxy(locator.handles[0]).destroy())
        found = self.gate.exchange.service(path)
        assert isinstance(found, RowDocuments)
        self.assertIn("has ended", found.ended)

    def test_stop(self) -> None:
        """With the node everything ends."""
        self._create("hi", "", ("word", "hi"))
        self.grid.result(self.hosted.stop())
        self.assertEqual(Greeter.ended, ["hi"])
        self.assertEqual(self.gate.exchange.paths(), (_INDEX,))


class NoKindsTests(_ContainerTestCase):
    """A node whose configuration allows none."""

    kinds = ""

    def test_noKinds(self) -> None:
        """The fault says so."""
        error = self.assertRaises(ExtensibilityTypeError, self._create, "box")
        self.assertIn("[factory.NAME]", str(error))


class BoundTests(_ContainerTestCase):
    """A node that allows three services, two an owner."""

    limits = FactoryLimits(3, 2)

    def test_bounds(self) -> None:
        """Past the bound the fault names it."""
        self._create("box")
        self._create("box")
        error = self.assertRaises(TooLarge, self._create, "box")
        self.assertIn("created_per_owner", str(error))


class RoomTests(_ContainerTestCase):
    """A node with room for the service data of one created service."""

    limits = FactoryLimits(3, 3, 2 * 1024**2 - 1)

    def test_room(self) -> None:
        """Past the bound the fault names it, nothing is left, and one that ended makes room."""
        locator, _, _ = self._create("box", "first")
        error = self.assertRaises(TooLarge, self._create, "box", "second")
        self.assertIn("created_size", str(error))
        self.assertEqual(len(self._entries()), 3)
        self.grid.result(self._proxy(locator.handles[0]).destroy())
        self._create("box", "second")
