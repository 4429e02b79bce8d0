"""The values every service says of itself, permanent, created or a row (OGSI 1.0, 9.1; WIRE 3)."""

from collections.abc import Iterable

import attrs

from gma_twisted.markup.build import escapeText
from gma_twisted.markup.namespaces import GMA, ogsi
from gma_twisted.markup.typed import qualified, typedValue
from gma_twisted.markup.xsd import writeExtendedDateTime
from gma_twisted.model import ElementKey, Handle, Lifetime, QName, ServiceDataElement

__all__ = ["StandardValues", "wsdlUrl"]


@attrs.frozen(slots=True, eq=False)
class StandardValues:
    """
    Values of one service, made at one instant; they hold without end.

    @ivar handle: of the service; originator of the values
    @ivar now: instant on the node's clock
    @ivar created: the same in wall time, seconds since 1970
    """

    handle: Handle
    now: float
    created: float

    def value(
        self, local: str, xsiType: str, content: bytes = b"", key: str = "", attributes: str = ""
    ) -> ServiceDataElement:
        """One value in OGSI's namespace; parameters as in L{typedValue}."""
        return typedValue(
            ElementKey(ogsi(local), self.handle.url, key),
            xsiType,
            Lifetime(self.now),
            self.created,
            content,
            attributes,
        )

    def names(self, local: str, names: Iterable[QName]) -> list[ServiceDataElement]:
        """One value a name."""
        return [self._named(local, name) for name in names]

    def _named(self, local: str, name: QName) -> ServiceDataElement:
        declaration, text = qualified(name)
        return self.value(local, "xsd:QName", text.encode(), name.clark, declaration)

    def identity(self) -> list[ServiceDataElement]:
        """Who it is: handle, reference, and that it came from no factory."""
        url = self.handle.url
        return [
            self.factoryLocator(None),
            self.value("gridServiceHandle", "ogsi:HandleType", escapeText(url).encode(), url),
            self.value(
                "gridServiceReference",
                "ogsi:ReferenceType",
                f"<gma:wsdl>{escapeText(wsdlUrl(self.handle))}</gma:wsdl>".encode(),
                url,
                f' xmlns:gma="{GMA}"',
            ),
        ]

    def factoryLocator(self, factory: Handle | None) -> ServiceDataElement:
        """Who made it. @param factory: C{None} for a service that none made"""
        if factory is None:
            return self.value("factoryLocator", "ogsi:LocatorType", attributes=' xsi:nil="true"')
        content = f"<ogsi:handle>{escapeText(factory.url)}</ogsi:handle>"
        return self.value("factoryLocator", "ogsi:LocatorType", content.encode())

    def termination(self, until: float) -> ServiceDataElement:
        """Its end. @param until: wall time, seconds since 1970; C{inf} for never"""
        text = writeExtendedDateTime(until)
        return self.value(
            "terminationTime",
            "ogsi:TerminationTimeType",
            attributes=f' ogsi:after="{text}" ogsi:before="{text}"',
        )

    def extensibility(self, pairs: Iterable[tuple[QName, QName]]) -> list[ServiceDataElement]:
        """What expressions it reads. @param pairs: service data name and expression"""
        return [self._extensibility(name.localName, expression) for name, expression in pairs]

    def _extensibility(self, local: str, expression: QName) -> ServiceDataElement:
        declaration, text = qualified(expression)
        return self.value(
            local,
            "ogsi:OperationExtensibilityType",
            key=expression.clark,
            attributes=f'{declaration} ogsi:inputElement="{text}"',
        )


def wsdlUrl(handle: Handle) -> str:
    """Where the WSDL of a service of this node is: what its reference holds, as C{gma:wsdl}."""
    return f"{handle}?wsdl"
