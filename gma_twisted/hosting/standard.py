"""The standard service data of a service, kept in its store like everything else (OGSI 1.0, 9.1; WIRE 3)."""

from collections import Counter
from collections.abc import Iterable, Sequence

from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.markup import XMLGate, valueFromTree
from gma_twisted.markup.build import escapeAttribute, escapeText
from gma_twisted.markup.namespaces import GMA, OGSI, XSD, XSI, ogsi
from gma_twisted.model import (
    Added,
    Changes,
    Command,
    Declare,
    ElementKey,
    Handle,
    Lifetime,
    Put,
    QName,
    Removed,
    ReplaceAll,
    ServiceDataElement,
)
from gma_twisted.timing import NodeClock, spawn

__all__ = ["StandardServiceData"]

_NAMESPACES = f'xmlns:ogsi="{OGSI}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}"'


class StandardServiceData:
    """
    Publishes what a service says of itself, and keeps C{serviceDataName} in step with the store.

    Values carry C{xsi:type} (WIRE 3, in writing); they hold without end.
    """

    def __init__(
        self,
        store: IServiceDataStore,
        clock: NodeClock,
        handle: Handle,
        interfaces: Sequence[QName],
        queries: Sequence[QName],
        staticValues: Iterable[tuple[QName, QName]],
        declared: Sequence[QName],
    ) -> None:
        """
        @param handle: of the service; its values' originator
        @param interfaces: port types the service offers
        @param queries: expressions C{findServiceData} reads
        @param staticValues: (service data name, expression) pairs of the port types
        @param declared: service data names of the port types, known before any value
        """
        self._store = store
        self._clock = clock
        self._handle = handle
        self._interfaces = interfaces
        self._queries = queries
        self._static = tuple(staticValues)
        self._declared = declared
        self._gate = XMLGate()
        self._names: tuple[QName, ...] = ()
        self._isTelling = False
        self._values: Counter[QName] = Counter()

    async def publish(self) -> None:
        """Commit the values and follow the store from now on."""
        self._store.observe(self._follow)
        self._isTelling = True
        await self._store.commit(self._commands())
        await self._tellNames()

    def _commands(self) -> list[Command]:
        handle = escapeText(self._handle.url)
        commands: list[Command] = [Declare(self._declared)]
        commands += [
            self._put("interface", _qname(name), "xsd:QName", name.clark)
            for name in self._interfaces
        ]
        commands += [
            self._put("factoryLocator", ("", ' xsi:nil="true"', ""), "ogsi:LocatorType"),
            self._put("gridServiceHandle", ("", "", handle), "ogsi:HandleType", self._handle.url),
            self._put(
                "gridServiceReference",
                (f' xmlns:gma="{GMA}"', "", f"<gma:wsdl>{handle}?wsdl</gma:wsdl>"),
                "ogsi:ReferenceType",
                self._handle.url,
            ),
            self._put(
                "terminationTime",
                ("", ' ogsi:after="infinity" ogsi:before="infinity"', ""),
                "ogsi:TerminationTimeType",
            ),
        ]
        pairs = dict.fromkeys(
            [
                *self._static,
                *((ogsi("findServiceDataExtensibility"), each) for each in self._queries),
            ]
        )
        commands += [self._extensibility(name, expression) for name, expression in pairs]
        return commands

    def _extensibility(self, name: QName, expression: QName) -> Put:
        declaration, _, text = _qname(expression)
        return self._put(
            name.localName,
            (declaration, f' ogsi:inputElement="{text}"', ""),
            "ogsi:OperationExtensibilityType",
            expression.clark,
        )

    def _put(self, local: str, parts: tuple[str, str, str], xsiType: str, key: str = "") -> Put:
        return Put(self._element(local, parts, xsiType, key))

    def _element(
        self, local: str, parts: tuple[str, str, str], xsiType: str, key: str
    ) -> ServiceDataElement:
        declaration, attributes, content = parts
        name = ogsi(local)
        text = f'<ogsi:{local} {_NAMESPACES}{declaration} xsi:type="{xsiType}"{attributes}>{content}</ogsi:{local}>'
        tree = self._gate.parse(text.encode(), f"standard service data {local}")
        return valueFromTree(
            tree,
            ElementKey(name, self._handle.url, key),
            Lifetime(self._clock.seconds()),
            self._clock.wallTime(),
        )

    # -- serviceDataName

    def _follow(self, changes: Changes) -> None:
        # Only a name's first value and its last one's end matter; counting them is cheaper than asking for names.
        isNews = bool(changes.declared)
        for change in changes.changes:
            name = change.key.name
            if isinstance(change, Added):
                self._values[name] += 1
                isNews |= self._values[name] == 1
            elif isinstance(change, Removed):
                self._values[name] -= 1
                isNews |= self._values[name] <= 0
        if isNews and not self._isTelling:
            self._isTelling = True
            spawn(self._tellNames(), "publishing serviceDataName")

    async def _tellNames(self) -> None:
        try:
            # Names may come and go while a commit waits: until the store says what was told last.
            while (names := tuple(self._store.names())) != self._names:
                await self._store.commit(
                    [
                        ReplaceAll(
                            ogsi("serviceDataName"),
                            self._handle.url,
                            [
                                self._element(
                                    "serviceDataName", _qname(name), "xsd:QName", name.clark
                                )
                                for name in names
                            ],
                        )
                    ]
                )
                self._names = names
        finally:
            self._isTelling = False


def _qname(name: QName) -> tuple[str, str, str]:
    if not name.namespace:
        return "", "", escapeText(name.localName)
    return f' xmlns:q="{escapeAttribute(name.namespace)}"', "", f"q:{escapeText(name.localName)}"
