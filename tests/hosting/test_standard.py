"""Every standard service data element of a GridService is there, typed, and names follow the store."""

from collections.abc import Iterable

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy
from gma_twisted.hosting import StandardServiceData
from gma_twisted.markup import Element, XMLGate, nameOf, valueFromTree
from gma_twisted.markup.namespaces import OGSI, XSI, ogsi
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
)
from gma_twisted.queries import NameQueries
from gma_twisted.roles import PermanentService
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, Ready, toDeferred

_HANDLE = Handle("http://gate:8480/services/index?a=1&b=2")
_LOAD = QName("urn:a", "load")


class StandardServiceDataTests(SynchronousTestCase):
    """Of a service with the GridService port type."""

    def setUp(self) -> None:
        """Publish them."""
        self.time = Clock()
        self.clock = NodeClock(self.time, lambda: 1_700_000_000.0 + self.time.seconds())
        self.store = MemoryStore(self.clock)
        self._done(self.store.start())
        queries = NameQueries(self.store, self.clock)
        self.role = PermanentService(self.store, [queries])
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

        def record(decisions: object) -> Ready[int]:
            self.records += 1
            if self.records == self.fails:
                raise Busy("planted")
            return Ready(1)

        self.records, self.fails = 0, 0
        store = MemoryStore(self.clock, record=record)
        standard = StandardServiceData(store, self.clock, _HANDLE, [], [], [], [])
        self._done(standard.publish())
        self.store = store
        self.fails = self.records + 2
        self._put(_LOAD)
        self.assertEqual(len(self.flushLoggedErrors(Busy)), 1)
        self._put(QName("urn:a", "other"))
        told = store.find(NameQuery((NameSelector(ogsi("serviceDataName")),))).elements
        self.assertEqual(
            sorted(each.key.key for each in told), sorted(n.clark for n in store.names())
        )

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
