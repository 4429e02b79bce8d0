"""A caller's side of an operation, sans-io: arguments to an envelope, an envelope to a result or an error."""

from collections.abc import Mapping
from typing import Any

from gma_twisted.errors import GMAError, ParameterError, PeerError, cut
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import SOAP11, SOAP12
from gma_twisted.soap.declaration import Operation
from gma_twisted.soap.envelope import envelopeClose, envelopeOpen, openEnvelope
from gma_twisted.soap.faults import readFault
from gma_twisted.soap.types import readParts, writeParts

__all__ = ["readResponse", "writeRequest"]

_FAULTS = (f"{{{SOAP11}}}Fault", f"{{{SOAP12}}}Fault")


def writeRequest(
    operation: Operation, arguments: Mapping[str, Any], isSoap12: bool = False
) -> bytes:
    """
    The whole envelope that asks for an operation.

    @param arguments: by part name; an expression is the bytes of its one element, which may use the prefixes
        L{envelopeOpen} declares; C{None} leaves an optional part out
    @raise ParameterError: an argument the operation does not have, or one it needs is missing
    """
    values: dict[str, Any] = {part.name: [] if part.isMany else None for part in operation.request}
    for name, value in arguments.items():
        if name not in values:
            raise ParameterError(f"{operation.name} has no parameter {cut(name)}", parameter=name)
        if value is not None:
            values[name] = value
    for part in operation.request:
        value = values[part.name]
        given = len(value) if part.isMany else value is not None
        if given < part.least:
            raise ParameterError(f"{operation.name} needs {part.name}", parameter=part.name)
    root = operation.requestName
    content = writeParts(operation.namespace, operation.request, values)
    return envelopeOpen(isSoap12, root) + content + envelopeClose(root)


def readResponse(operation: Operation, body: bytes, gate: XMLGate) -> Any:
    """
    What an answer says.

    @param body: an envelope of either version; empty is an answer to a one-way operation only
    @param gate: bounds the answer
    @return: the value of the one part, a tuple of several in declared order, C{None} without any
    @raise GMAError: the answer is a fault: the error the peer raised, as L{readFault}
    @raise PeerError: the answer is malformed; the message names the operation and what is wrong
    """
    if operation.response is None and not body.strip():
        return None
    try:
        content = openEnvelope(gate.parse(body, "envelope")).content
        fault = readFault(content) if content.tag in _FAULTS else None
    except GMAError as error:
        raise PeerError(f"answer of {operation.name} cannot be read: {error}") from None
    if fault is not None:
        raise fault
    if operation.response is None:
        raise PeerError(f"one-way {operation.name} was answered with {cut(nameOf(content))}")
    if content.tag != operation.responseName.clark:
        raise PeerError(
            f'answer of {operation.name} is "{cut(nameOf(content))}", not {operation.responseName}'
        )
    try:
        values = readParts(content, operation.namespace, operation.response)
    except GMAError as error:
        raise PeerError(f"answer of {operation.name} cannot be read: {error}") from None
    found = tuple(values[part.name] for part in operation.response)
    if not found:
        return None
    return found[0] if len(found) == 1 else found
