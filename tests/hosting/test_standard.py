"""Every standard service data element of a GridService is there, typed, and names follow the store."""

from collections.abc import Awaitable, Iterable, Sequence

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.hosting import StandardServiceData
from gma_twisted.markup import Element, XMLGate, nameOf, valueFromTree
from gma_twisted.markup.namespaces import OGSI, XSD, XSI, ogsi
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import (
    FOREVER,
    Declare,
    ElementKey,
    Expression,
    Handle,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    ReplaceAll,
)
from gma_twisted.queries import NameQueries
from gma_twisted.roles import PermanentService
from gma_twisted.soap.declaration import (
    ANY,
    InitialServiceData,
    Mutability,
    ServiceDataDeclaration,
)
from gma_twisted.soap.porttypes import GRID_SERVICE, NOTIFICATION_SOURCE
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.recording import Forgetful, Record
from gma_twisted.timing import NodeClock, Ready, toDeferred

_HANDLE = Handle("http://gate:8480/services/index?a=1&b=2")
_LOAD = QName("urn:a", "load")


class _Planted(Forgetful):
    """
    Keeps nothing, and fails once.

    @ivar count: of the records so far
    @ivar fails: which one cannot be kept
    """

    def __init__(self) -> None:
        self.count = self.fails = 0

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """Count."""
        self.count += 1
        if self.count == self.fails:
            raise Busy("planted")
        return Ready(1)


class StandardServiceDataTests(SynchronousTestCase):
    """Of a service with the GridService port type."""

    def setUp(self) -> None:
        """Publish them."""
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: 1_700_000_000.0 + self.time.seconds())
        self.store = MemoryStore(self.clock)
        self._done(self.store.start())
        queries = NameQueries(self.store, self.clock)
        self.role = PermanentService([queries])
        self.standard = StandardServiceData(
            self.store,
            self.clock,
            _HANDLE,
            [GRID_SERVICE.name, QName("urn:own", "Port")],
            [*queries.dialects, QName("urn:gma", "ask")],
            GRID_SERVICE.staticValues,
            [one.name for one in GRID_SERVICE.serviceData],
        )
        self._done(self.standard.publish())

    def _done(self, awaitable: object) -> None:
        self.successResultOf(toDeferred(awaitable))  # type: ignore[arg-type]

    def _find(self, name: QName) -> list[Element]:
        text = (
            f'<o:queryByServiceDataNames xmlns:o="{OGSI}"><o:name>{name.clark}</o:name>'
            "</o:queryByServiceDataNames>"
        )
        tree = XMLGate().parse(text.encode())
        answer = self.role.findServiceData(Expression(nameOf(tree), tree))
        body = self.successResultOf(toDeferred(answer))
        declared = f'xmlns:sd="urn:sd" xmlns:ogsi="{OGSI}" xmlns:gma="urn:gma" xmlns:xsi="{XSI}"'
        wrapped = b"<r %b>%b</r>" % (declared.encode(), body)
        return list(XMLGate().parse(wrapped)[0])

    def _put(self, name: QName, key: str = "", lifetime: Lifetime = FOREVER) -> None:
        tree = XMLGate().parse(f'<{name.localName} xmlns="{name.namespace}"/>'.encode())
        value = valueFromTree(tree, ElementKey(name, _HANDLE.url, key), lifetime)
        self._done(self.store.commit([Put(value)]))

    def _names(self) -> list[QName]:
        return [
            readQName(value.text or "", value.nsmap)
            for value in self._find(ogsi("serviceDataName"))
        ]

    def _inputs(self, local: str) -> list[QName]:
        return [
            readQName(value.get(f"{{{OGSI}}}inputElement") or "", value.nsmap)
            for value in self._find(ogsi(local))
        ]

    def test_notifiable(self) -> None:
        """Of a NotificationSource notifiableServiceDataName is what serviceDataName is, also of what comes and goes."""
        store = MemoryStore(self.clock)
        self._done(store.start())
        standard = StandardServiceData(
            store, self.clock, _HANDLE, [NOTIFICATION_SOURCE.name], [], [], [ogsi("declared")]
        )
        self._done(standard.publish())

        def keys(local: str) -> list[str]:
            found = store.find(NameQuery((NameSelector(ogsi(local)),))).elements
            return [one.key.key for one in found]

        self.store = store
        for count in range(3):
            if count:
                self._put(QName("urn:a", f"n{count}"), lifetime=Lifetime.lasting(0.0, 10.0, 0.0))
            self.assertIn(ogsi("declared").clark, keys("serviceDataName"))
            self.assertEqual(len([one for one in keys("serviceDataName") if "urn:a" in one]), count)
            self.assertEqual(keys("notifiableServiceDataName"), keys("serviceDataName"))
        self.time.advance(11.0)
        self.time.advance(11.0)
        self.assertEqual([one for one in keys("notifiableServiceDataName") if "urn:a" in one], [])
        self.assertEqual(keys("notifiableServiceDataName"), keys("serviceDataName"))

    def test_all(self) -> None:
        """Every declared one is known, and has as many values as it is declared to have, typed."""
        types = {
            "interface": "xsd:QName",
            "serviceDataName": "xsd:QName",
            "factoryLocator": "ogsi:LocatorType",
            "gridServiceHandle": "ogsi:HandleType",
            "gridServiceReference": "ogsi:ReferenceType",
            "findServiceDataExtensibility": "ogsi:OperationExtensibilityType",
            "setServiceDataExtensibility": "ogsi:OperationExtensibilityType",
            "terminationTime": "ogsi:TerminationTimeType",
        }
        self.assertEqual({one.name.localName for one in GRID_SERVICE.serviceData}, set(types))
        for declaration in GRID_SERVICE.serviceData:
            values = self._find(declaration.name)
            cardinality = declaration.cardinality
            self.assertGreaterEqual(len(values), max(1, cardinality.least), declaration.name)
            self.assertLessEqual(len(values), cardinality.most or len(values), declaration.name)
            for value in values:
                kind = value.get(f"{{{XSI}}}type", "")
                self.assertEqual(kind, types[declaration.name.localName])
                self.assertIn(kind.partition(":")[0], value.nsmap)

    def test_interface(self) -> None:
        """One value a port type."""
        self.assertEqual(
            [readQName(value.text or "", value.nsmap) for value in self._find(ogsi("interface"))],
            [GRID_SERVICE.name, QName("urn:own", "Port")],
        )

    def test_handle(self) -> None:
        """The handle, and the WSDL's address from it."""
        (handle,) = self._find(ogsi("gridServiceHandle"))
        self.assertEqual(handle.text, _HANDLE.url)
        (reference,) = self._find(ogsi("gridServiceReference"))
        self.assertEqual("".join(map(str, reference.itertext())), _HANDLE.url + "?wsdl")

    def test_end(self) -> None:
        """No factory, and an end at infinity."""
        (factory,) = self._find(ogsi("factoryLocator"))
        self.assertEqual(factory.get(f"{{{XSI}}}nil"), "true")
        (end,) = self._find(ogsi("terminationTime"))
        self.assertEqual(
            [end.get(f"{{{OGSI}}}{name}") for name in ("after", "before")], ["infinity"] * 2
        )

    def test_extensibility(self) -> None:
        """The languages and updates there are, each once."""
        self.assertEqual(
            self._inputs("findServiceDataExtensibility"),
            [ogsi("queryByServiceDataNames"), QName("urn:gma", "ask")],
        )
        self.assertEqual(
            self._inputs("setServiceDataExtensibility"),
            [ogsi("setByServiceDataNames"), ogsi("deleteByServiceDataNames")],
        )

    # -- service data of its own

    def _own(self, local: str, mutability: Mutability, *texts: str) -> InitialServiceData:
        declaration = ServiceDataDeclaration(
            QName("urn:a", local), QName(XSD, "string"), ANY, mutability
        )
        values = [f'<a:{local} xmlns:a="urn:a">{text}</a:{local}>'.encode() for text in texts]
        return InitialServiceData(declaration, values)

    def _restarted(self, handle: Handle, *own: InitialServiceData) -> None:
        """A next life over the same store."""
        standard = StandardServiceData(self.store, self.clock, handle, [], [], [], [], own)
        self._done(standard.publish())

    def _texts(self, local: str) -> list[str | None]:
        return [value.text for value in self._find(QName("urn:a", local))]

    def test_own(self) -> None:
        """What is declared beside is known, with values where it has them, each under a key of its own."""
        self._restarted(
            _HANDLE,
            self._own("fixed", Mutability.STATIC, "1", "2"),
            self._own("load", Mutability.MUTABLE, "3"),
            self._own("empty", Mutability.EXTENDABLE),
        )
        self.assertEqual(
            [self._texts(local) for local in ("fixed", "load", "empty")], [["1", "2"], ["3"], []]
        )
        self.assertLessEqual({QName("urn:a", "empty"), QName("urn:a", "fixed")}, set(self._names()))

    def test_ownAgain(self) -> None:
        """Over a store that outlived the service fixed values are today's; others stay as they were left."""
        own = [
            self._own("fixed", Mutability.CONSTANT, "1", "2"),
            self._own("load", Mutability.MUTABLE, "1", "2"),
            self._own("log", Mutability.EXTENDABLE, "1"),
        ]
        self._restarted(_HANDLE, *own)
        self._put(QName("urn:a", "load"))
        self._done(self.store.commit([ReplaceAll(QName("urn:a", "log"), _HANDLE.url, [])]))
        own[0] = self._own("fixed", Mutability.CONSTANT, "3")
        self._restarted(_HANDLE, *own)
        self.assertEqual(
            [self._texts(local) for local in ("fixed", "load", "log")], [["3"], [None, "2"], ["1"]]
        )

    def test_staleStandard(self) -> None:
        """What an earlier life said of itself, and this one does not, is gone."""
        self.assertEqual(len(self._find(ogsi("interface"))), 2)
        standard = StandardServiceData(
            self.store, self.clock, _HANDLE, [GRID_SERVICE.name], [], GRID_SERVICE.staticValues, []
        )
        self._done(standard.publish())
        self.assertEqual(len(self._find(ogsi("interface"))), 1)
        self.assertEqual(
            self._inputs("findServiceDataExtensibility"), [ogsi("queryByServiceDataNames")]
        )

    # -- serviceDataName

    def _sameNames(self, *own: QName) -> None:
        standard: Iterable[QName] = (one.name for one in GRID_SERVICE.serviceData)
        self.assertEqual(sorted(self._names()), sorted([*standard, *own]))
        self.assertEqual(sorted(self._names()), sorted(self.store.names()))

    def test_names(self) -> None:
        """A name comes with its first value and goes with its last."""
        self._sameNames()
        self._put(_LOAD, "1")
        self._put(_LOAD, "2")
        self._sameNames(_LOAD)
        self._done(self.store.commit([Remove(ElementKey(_LOAD, _HANDLE.url, "1"))]))
        self._sameNames(_LOAD)
        self._done(self.store.commit([Remove(ElementKey(_LOAD, _HANDLE.url, "2"))]))
        self._sameNames()

    def test_nameExpires(self) -> None:
        """A name goes when the lifetime of its last value has passed."""
        self._put(_LOAD, lifetime=Lifetime(0.0, 5.0, 10.0))
        self._sameNames(_LOAD)
        for _ in range(120):
            self.time.advance(0.1)
        self._sameNames()

    def test_namesOfNoNamespace(self) -> None:
        """A name without a namespace is written without a prefix."""
        self._put(QName("", "plain"))
        self.assertIn(QName("", "plain"), self._names())

    def test_stopped(self) -> None:
        """Stopped, it follows no more; published again, it catches up and follows once."""
        self.standard.stop()
        self.standard.stop()
        names = self._names()
        self._put(_LOAD)
        self.assertEqual(self._names(), names)
        self._done(self.standard.publish())
        self.assertIn(_LOAD, self._names())
        before = self.store.revision
        self._put(QName("urn:a", "x"))
        self.assertEqual(self.store.revision, before + 2)

    def test_declaredLater(self) -> None:
        """A name declared later is there, and goes when its declaration is taken back."""
        self._done(self.store.commit([Declare([_LOAD])]))
        self._sameNames(_LOAD)
        self._done(self.store.commit([Declare([_LOAD], False)]))
        self._sameNames()

    def test_manyAtOnce(self) -> None:
        """Names that come and go in one commit are told once."""
        revision = self.store.revision
        puts = []
        for number in range(50):
            name = QName("urn:a", f"n{number}")
            tree = XMLGate().parse(f'<n{number} xmlns="urn:a"/>'.encode())
            puts.append(Put(valueFromTree(tree, ElementKey(name, _HANDLE.url), FOREVER)))
        self._done(self.store.commit(puts))
        self._sameNames(*(put.element.key.name for put in puts))
        self.assertEqual(self.store.revision, revision + 2)

    def test_busyStore(self) -> None:
        """Names a store could not take are told with the next that come."""
        recorder = _Planted()
        store = MemoryStore(self.clock, recorder=recorder)
        self._done(store.start())
        standard = StandardServiceData(store, self.clock, _HANDLE, [], [], [], [])
        self._done(standard.publish())
        self.store = store
        recorder.fails = recorder.count + 2
        self._put(_LOAD)
        self.assertEqual(len(self.flushLoggedErrors(Busy)), 1)
        self._put(QName("urn:a", "other"))
        told = store.find(NameQuery((NameSelector(ogsi("serviceDataName")),))).elements
        self.assertEqual(
            sorted(each.key.key for each in told), sorted(n.clark for n in store.names())
        )

    def test_valuesFromBefore(self) -> None:
        """A name whose values were there before it followed the store goes with the last, and comes back."""
        store = MemoryStore(self.clock)
        tree = XMLGate().parse(b'<load xmlns="urn:a"/>')
        key = ElementKey(_LOAD, _HANDLE.url)
        value = valueFromTree(tree, key, FOREVER)
        self._done(store.commit([Put(value)]))
        self._done(StandardServiceData(store, self.clock, _HANDLE, [], [], [], []).publish())
        selected = NameQuery((NameSelector(ogsi("serviceDataName")),))
        for change, isThere in ((None, True), (Remove(key), False), (Put(value), True)):
            self._done(store.commit([change] if change else []))
            told = {each.key.key for each in store.find(selected).elements}
            self.assertEqual((_LOAD.clark in told, _LOAD in store.names()), (isThere, isThere))

    def test_anotherOriginator(self) -> None:
        """A name lives as long as anybody's value of it."""
        tree = XMLGate().parse(b'<load xmlns="urn:a"/>')
        foreign = ElementKey(_LOAD, "http://other/services/x")
        self._put(_LOAD)
        self._done(self.store.commit([Put(valueFromTree(tree, foreign, FOREVER))]))
        self._done(self.store.commit([Remove(ElementKey(_LOAD, _HANDLE.url))]))
        self._sameNames(_LOAD)
        self._done(self.store.commit([Remove(foreign)]))
        self._sameNames()
