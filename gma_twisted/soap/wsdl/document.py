"""The WSDL document: messages, one port type, its bindings and ports; WS-I Basic Profile 1.1 clean without SOAP 1.2."""

from collections.abc import Iterator, Sequence

from gma_twisted.errors import ConfigError, ParameterError, cut
from gma_twisted.markup import escapeAttribute, escapeText
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import QName
from gma_twisted.soap.declaration import Operation, PortType, operationsOf
from gma_twisted.soap.faults import COMMON_FAULTS, FAULTS
from gma_twisted.soap.wsdl.prefixes import Prefixes
from gma_twisted.soap.wsdl.schema import namespacesUsed, writeSchemas

__all__ = ["TARGET_NAMESPACE", "checkedName", "writeWSDL"]

TARGET_NAMESPACE = "urn:gma-twisted:2026:wsdl"
"""Of the WSDL's own names: messages, port types, bindings, services."""

_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP11 = "http://schemas.xmlsoap.org/wsdl/soap/"
_SOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/"
_HTTP = "http://schemas.xmlsoap.org/soap/http"
_FAULT = QName(OGSI, "fault")


def writeWSDL(
    serviceName: str, portTypes: Sequence[PortType], address: str, withSoap12: bool
) -> bytes:
    """
    Describe one service.

    @param serviceName: an XML name; port type, binding and service are called after it
    @param portTypes: flattened
    @param address: the URL clients send to
    @param withSoap12: add a SOAP 1.2 binding and port; Axis 1.4 then fails, so it is not the default answer
    @return: the document, UTF-8
    @raise ConfigError: C{serviceName} is no XML name, or as L{operationsOf}
    """
    name = checkedName(serviceName)
    operations = operationsOf(portTypes)
    prefixes = Prefixes.of(namespacesUsed(operations))
    soap12 = f' xmlns:soap12="{_SOAP12}"' if withSoap12 else ""
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        f'<wsdl:definitions xmlns:wsdl="{_WSDL}"{prefixes.declared} xmlns:tns="{TARGET_NAMESPACE}"'
        f' xmlns:soap="{_SOAP11}"{soap12} name="{name}" targetNamespace="{TARGET_NAMESPACE}">\n',
        f"<wsdl:types>\n{writeSchemas(operations, prefixes)}</wsdl:types>\n",
        *_messages(operations, prefixes),
        *_portType(name, operations),
        *_binding(name, "Binding", "soap", operations),
        *(_binding(name, "BindingSoap12", "soap12", operations) if withSoap12 else ()),
        *_service(name, address, withSoap12),
        "</wsdl:definitions>\n",
    ]
    return "".join(parts).encode()


def checkedName(serviceName: str) -> str:
    """The same name. @raise ConfigError: it is no XML name"""
    try:
        name = QName.parse(serviceName).localName
    except ParameterError:
        name = ""
    if not name or name != serviceName:
        raise ConfigError(f'"{cut(serviceName)}" cannot name a service: it is not an XML name')
    return name


def _faultsOf(operation: Operation) -> list[QName]:
    if operation.response is None:
        return []
    codes = dict.fromkeys((*operation.faults, *COMMON_FAULTS))
    return [_FAULT, *(FAULTS[code].element for code in codes)]


def _messages(operations: Sequence[Operation], prefixes: Prefixes) -> Iterator[str]:
    faults: dict[QName, None] = {}
    for operation in operations:
        asked = prefixes.written(operation.requestName)
        yield _message(f"{operation.name}Input", "parameters", asked)
        if operation.response is not None:
            answered = prefixes.written(operation.responseName)
            yield _message(f"{operation.name}Output", "parameters", answered)
        faults |= dict.fromkeys(_faultsOf(operation))
    for element in faults:
        # "fault" is OGSI's name of the part (GFD15 7.7).
        yield _message(f"{element.localName}Message", "fault", prefixes.written(element))


def _message(name: str, part: str, element: str) -> str:
    return (
        f'<wsdl:message name="{name}"><wsdl:part name="{part}" element="{element}"/>'
        "</wsdl:message>\n"
    )


def _portType(name: str, operations: Sequence[Operation]) -> Iterator[str]:
    yield f'<wsdl:portType name="{name}PortType">\n'
    for operation in operations:
        yield f'<wsdl:operation name="{operation.name}">'
        if operation.documentation:
            yield f"<wsdl:documentation>{escapeText(operation.documentation)}</wsdl:documentation>"
        yield f'<wsdl:input message="tns:{operation.name}Input"/>'
        if operation.response is not None:
            yield f'<wsdl:output message="tns:{operation.name}Output"/>'
        for fault in _faultsOf(operation):
            local = fault.localName
            yield f'<wsdl:fault name="{local}" message="tns:{local}Message"/>'
        yield "</wsdl:operation>\n"
    yield "</wsdl:portType>\n"


def _binding(name: str, suffix: str, soap: str, operations: Sequence[Operation]) -> Iterator[str]:
    yield f'<wsdl:binding name="{name}{suffix}" type="tns:{name}PortType">'
    yield f'<{soap}:binding style="document" transport="{_HTTP}"/>\n'
    body = f'<{soap}:body use="literal"/>'
    for operation in operations:
        action = escapeAttribute(operation.action)
        yield f'<wsdl:operation name="{operation.name}">'
        yield f'<{soap}:operation soapAction="{action}" style="document"/>'
        yield f"<wsdl:input>{body}</wsdl:input>"
        if operation.response is not None:
            yield f"<wsdl:output>{body}</wsdl:output>"
        for fault in _faultsOf(operation):
            local = fault.localName
            yield (
                f'<wsdl:fault name="{local}"><{soap}:fault name="{local}" use="literal"/></wsdl:fault>'
            )
        yield "</wsdl:operation>\n"
    yield "</wsdl:binding>\n"


def _service(name: str, address: str, withSoap12: bool) -> Iterator[str]:
    location = escapeAttribute(address)
    yield f'<wsdl:service name="{name}Service">\n'
    yield (
        f'<wsdl:port name="{name}Port" binding="tns:{name}Binding">'
        f'<soap:address location="{location}"/></wsdl:port>\n'
    )
    if withSoap12:
        yield (
            f'<wsdl:port name="{name}PortSoap12" binding="tns:{name}BindingSoap12">'
            f'<soap12:address location="{location}"/></wsdl:port>\n'
        )
    yield "</wsdl:service>\n"
