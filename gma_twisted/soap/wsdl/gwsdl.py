"""GWSDL: what WSDL 1.1 cannot say of a service: the port types it extends, and its service data (OGSI 1.0, 6).

The operations are those of the extended port types; C{?wsdl} has them flattened.
"""

from collections.abc import Iterable, Iterator, Sequence

from gma_twisted.markup import escapeAttribute
from gma_twisted.markup.namespaces import SD
from gma_twisted.markup.xsd import writeBoolean
from gma_twisted.model import QName
from gma_twisted.soap.declaration import (
    InitialServiceData,
    Mutability,
    PortType,
    ServiceDataDeclaration,
    operationsOf,
)
from gma_twisted.soap.selection import flattened
from gma_twisted.soap.wsdl.document import TARGET_NAMESPACE, checkedName
from gma_twisted.soap.wsdl.prefixes import Prefixes
from gma_twisted.soap.wsdl.schema import namespacesUsed, writeSchemas

__all__ = ["writeGWSDL"]

_GWSDL = "http://www.gridforum.org/namespaces/2003/03/gridWSDLExtensions"
_WSDL = "http://schemas.xmlsoap.org/wsdl/"


def writeGWSDL(
    serviceName: str, portTypes: Sequence[PortType], own: Sequence[InitialServiceData] = ()
) -> bytes:
    """
    Describe the service data of one service.

    A declaration's C{name} has no namespace in GWSDL, but the document's, where a service has names of several:
    C{gma:namespace} beside it says which.

    @param serviceName: an XML name; the port type is called after it
    @param portTypes: as the service offers them, those they extend left out or not
    @param own: what it has beside
    @return: the document, UTF-8
    @raise ConfigError: C{serviceName} is no XML name, or as L{operationsOf}
    """
    name = checkedName(serviceName)
    whole = flattened(portTypes)
    operations = operationsOf(whole)
    # A name that several port types declare is there once (OGSI 1.0, 6.5).
    declared = {one.name: one for portType in whole for one in portType.serviceData}
    declarations = [*declared.values(), *(one.declaration for one in own)]
    pairs = dict.fromkeys(pair for portType in whole for pair in portType.staticValues)
    names = [*(one.name for one in portTypes), *(one.type for one in declarations), *_both(pairs)]
    prefixes = Prefixes.of([SD, *namespacesUsed(operations), *(one.namespace for one in names)])
    extends = " ".join(prefixes.written(one.name) for one in portTypes)
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        f'<wsdl:definitions xmlns:wsdl="{_WSDL}" xmlns:gwsdl="{_GWSDL}"{prefixes.declared} name="{name}"'
        f' targetNamespace="{TARGET_NAMESPACE}">\n',
        f"<wsdl:types>\n{writeSchemas(operations, prefixes)}</wsdl:types>\n",
        f'<gwsdl:portType name="{name}PortType" extends="{extends}">\n',
        *(_declaration(one, prefixes) for one in declarations),
        "<sd:staticServiceDataValues>\n",
        *(_extensibility(*pair, prefixes) for pair in pairs),
        *_fixed(own),
        "</sd:staticServiceDataValues>\n</gwsdl:portType>\n</wsdl:definitions>\n",
    ]
    return "".join(parts).encode()


def _both(pairs: Iterable[tuple[QName, QName]]) -> Iterator[QName]:
    for pair in pairs:
        yield from pair


def _declaration(one: ServiceDataDeclaration, prefixes: Prefixes) -> str:
    most = one.cardinality.most
    return (
        f'<sd:serviceData name="{one.name.localName}"'
        f' gma:namespace="{escapeAttribute(one.name.namespace)}"'
        f' type="{prefixes.written(one.type)}" minOccurs="{one.cardinality.least}"'
        f' maxOccurs="{"unbounded" if most is None else most}" mutability="{one.mutability.value}"'
        f' modifiable="{writeBoolean(one.isModifiable)}" nillable="{writeBoolean(one.isNillable)}"/>\n'
    )


def _extensibility(name: QName, expression: QName, prefixes: Prefixes) -> str:
    tag, text = prefixes.written(name), prefixes.written(expression)
    return f'<{tag} ogsi:inputElement="{text}"/>\n'


def _fixed(own: Iterable[InitialServiceData]) -> Iterator[str]:
    for one in own:
        if one.declaration.mutability is Mutability.STATIC:
            yield from (value.decode() + "\n" for value in one.values)
