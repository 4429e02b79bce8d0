"""Schemas of one service's messages: the fixed types and, from the declarations, wrappers and structures."""

from collections.abc import Iterable, Iterator, Sequence

from gma_twisted.markup import escapeAttribute
from gma_twisted.markup.namespaces import GMA, OGSI, SD, XSD
from gma_twisted.model import QName
from gma_twisted.soap.declaration import Operation, structsOf
from gma_twisted.soap.types import Part, Struct
from gma_twisted.soap.wsdl.fixed import fixedSchema
from gma_twisted.soap.wsdl.parts import writeSequence
from gma_twisted.soap.wsdl.prefixes import Prefixes

__all__ = ["namespacesOf", "namespacesUsed", "writeSchemas"]

_ALWAYS = (OGSI, SD, GMA)


def namespacesOf(operations: Iterable[Operation]) -> list[str]:
    """Target namespaces of the schemas these operations need, in written order."""
    found = dict.fromkeys(_ALWAYS)
    for operation in operations:
        found[operation.namespace] = None
        found.update((struct.xsd.namespace, None) for struct in structsOf(operation))
        # A type that is declared once for all may be the only one of its namespace.
        found.update((one, None) for one in _typesOf(operation) if fixedSchema(one))
    return list(found)


def namespacesUsed(operations: Sequence[Operation]) -> Iterator[str]:
    """All namespaces their schemas speak of, XML Schema's first; one may come twice."""
    yield XSD
    yield from namespacesOf(operations)
    for operation in operations:
        yield from _typesOf(operation)


def _typesOf(operation: Operation) -> Iterator[str]:
    yield from _typeNamespaces((*operation.request, *(operation.response or ())))
    for struct in structsOf(operation):
        yield from _typeNamespaces(struct.parts)


def writeSchemas(operations: Sequence[Operation], prefixes: Prefixes) -> str:
    """
    One inline C{xsd:schema} a namespace; they import one another by namespace alone, as zeep, node soap, suds and
    Axis resolve inline schemas.

    @param prefixes: of L{namespacesUsed} at least; the document declares them
    """
    return "".join(
        _schema(namespace, operations, prefixes) for namespace in namespacesOf(operations)
    )


def _schema(namespace: str, operations: Sequence[Operation], prefixes: Prefixes) -> str:
    uri = escapeAttribute(namespace)
    # OGSI qualifies its attributes too (GFD15 18); ours are written without a prefix inside our elements.
    attributes = "qualified" if namespace == OGSI else "unqualified"
    imports = "".join(
        f'<xsd:import namespace="{escapeAttribute(other)}"/>\n'
        for other in _imports(namespace, operations)
    )
    return (
        f'<xsd:schema targetNamespace="{uri}" elementFormDefault="qualified"'
        f' attributeFormDefault="{attributes}">\n{imports}{fixedSchema(namespace)}'
        f"{''.join(_structures(namespace, operations, prefixes))}"
        f"{''.join(_wrappers(namespace, operations, prefixes))}</xsd:schema>\n"
    )


def _imports(namespace: str, operations: Sequence[Operation]) -> list[str]:
    used = {OGSI} if namespace == GMA else set()
    for operation in operations:
        if operation.namespace == namespace:
            used.update(_typeNamespaces((*operation.request, *(operation.response or ()))))
        for struct in structsOf(operation):
            if struct.xsd.namespace == namespace:
                used.update(_typeNamespaces(struct.parts))
    return sorted(used - {namespace, XSD})


def _typeNamespaces(parts: Iterable[Part]) -> Iterator[str]:
    return (part.type.xsd.namespace for part in parts)


def _structures(
    namespace: str, operations: Sequence[Operation], prefixes: Prefixes
) -> Iterator[str]:
    written: dict[QName, Struct] = {}
    for operation in operations:
        for struct in structsOf(operation):
            if struct.xsd.namespace == namespace and struct.xsd not in written:
                written[struct.xsd] = struct
                content = writeSequence(struct.parts, prefixes.written)
                yield (
                    f'<xsd:complexType name="{struct.xsd.localName}">{content}</xsd:complexType>\n'
                )


def _wrappers(namespace: str, operations: Sequence[Operation], prefixes: Prefixes) -> Iterator[str]:
    for operation in operations:
        if operation.namespace != namespace:
            continue
        yield _wrapper(operation.requestName, operation.request, prefixes)
        if operation.response is not None:
            yield _wrapper(operation.responseName, operation.response, prefixes)


def _wrapper(name: QName, parts: Sequence[Part], prefixes: Prefixes) -> str:
    content = writeSequence(parts, prefixes.written)
    return (
        f'<xsd:element name="{name.localName}"><xsd:complexType>{content}</xsd:complexType>'
        "</xsd:element>\n"
    )
