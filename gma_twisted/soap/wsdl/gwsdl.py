"""GWSDL: what WSDL 1.1 cannot say of a service: the port types it extends, and its service data (OGSI 1.0, 6).

The operations are those of the extended port types; C{?wsdl} has them flattened.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gma_twisted.markup import escapeAttribute
from gma_twisted.markup.namespaces import SD, XSD
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
from gma_twisted.soap.types import prefixOf
from gma_twisted.soap.wsdl.document import TARGET_NAMESPACE, checkedName
from gma_twisted.soap.wsdl.schema import namespacesOf, writeSchemas

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
    prefixes = _prefixes(
        [XSD, *namespacesOf(operations)],
        [*(one.name for one in portTypes), *(one.type for one in declarations), *_both(pairs)],
    )
    spaces = "".join(f' xmlns:{key}="{escapeAttribute(uri)}"' for uri, key in prefixes.items())
    extends = " ".join(_written(one.name, prefixes) for one in portTypes)
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        f'<wsdl:definitions xmlns:wsdl="{_WSDL}" xmlns:gwsdl="{_GWSDL}"{spaces} name="{name}"'
        f' targetNamespace="{TARGET_NAMESPACE}">\n',
        f"<wsdl:types>\n{writeSchemas(operations)}</wsdl:types>\n",
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


def _prefixes(schemas: Iterable[str], names: Iterable[QName]) -> Mapping[str, str]:
    """Prefixes by namespace: for those of the schemas the ones schemas are written with."""
    found = {uri: prefixOf(uri) for uri in (SD, *schemas)}
    for name in names:
        if name.namespace and name.namespace not in found:
            found[name.namespace] = f"n{len(found)}"
    return found


def _written(name: QName, prefixes: Mapping[str, str]) -> str:
    if not name.namespace:
        return name.localName
    return f"{prefixes[name.namespace]}:{name.localName}"


def _declaration(one: ServiceDataDeclaration, prefixes: Mapping[str, str]) -> str:
    most = one.cardinality.most
    return (
        f'<sd:serviceData name="{one.name.localName}"'
        f' gma:namespace="{escapeAttribute(one.name.namespace)}"'
        f' type="{_written(one.type, prefixes)}" minOccurs="{one.cardinality.least}"'
        f' maxOccurs="{"unbounded" if most is None else most}" mutability="{one.mutability.value}"'
        f' modifiable="{writeBoolean(one.isModifiable)}" nillable="{writeBoolean(one.isNillable)}"/>\n'
    )


def _extensibility(name: QName, expression: QName, prefixes: Mapping[str, str]) -> str:
    tag, text = _written(name, prefixes), _written(expression, prefixes)
    return f'<{tag} ogsi:inputElement="{text}"/>\n'


def _fixed(own: Iterable[InitialServiceData]) -> Iterator[str]:
    for one in own:
        if one.declaration.mutability is Mutability.STATIC:
            yield from (value.decode() + "\n" for value in one.values)
