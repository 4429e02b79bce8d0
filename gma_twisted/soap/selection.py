"""From an opened message to a call: which operation, with which arguments; and from a result to an envelope.

Dispatch is on the QName of the first child of Body; SOAPAction and wsa:Action only must agree (WIRE 1).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from gma_twisted.errors import NotImplementedException, ParameterError, cut
from gma_twisted.markup import Element, nameOf
from gma_twisted.soap.declaration import Operation, PortType, operationsOf
from gma_twisted.soap.envelope import Opened, envelopeClose, envelopeOpen
from gma_twisted.soap.types import Part, Scalar

__all__ = ["Call", "ResponseWriter", "Selection", "flattened", "readRequest"]

_TAIL = re.compile(r"[#/:]([^#/:]+)\Z")


# An operation, its only part when it has just one, and that part's tag: what most requests consist of. They are
# found by the tag as lxml gives it, which it has no narrower type for.
_Entry = tuple[Operation, Part | None, str]


def _onlyPart(operation: Operation) -> tuple[Part | None, str]:
    if len(operation.request) != 1:
        return None, ""
    part = operation.request[0]
    if part.isMany or not part.least:
        return None, ""
    return part, f"{{{operation.namespace}}}{part.name}"


@attrs.define(slots=True, eq=False)
class Call:
    """
    What a message asks.

    @ivar operation: the declaration
    @ivar arguments: by parameter name
    """

    operation: Operation
    arguments: Mapping[str, Any]


def flattened(portTypes: Iterable[PortType]) -> list[PortType]:
    """The port types and all they extend, each once, extended ones first."""
    found: list[PortType] = []
    for portType in portTypes:
        for one in (*flattened(portType.extends), portType):
            if one not in found:
                found.append(one)
    return found


@attrs.define(slots=True, eq=False)
class Selection:
    """
    The operations of one service by request element.

    @ivar portTypes: flattened when it is made; two operations of one local name are a ConfigError
    """

    portTypes: list[PortType] = attrs.field(converter=flattened)
    _operations: dict[object, _Entry] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._operations = {
            operation.requestName.clark: (operation, *_onlyPart(operation))
            for operation in operationsOf(self.portTypes)
        }

    @property
    def operations(self) -> list[Operation]:
        """Every operation of the service."""
        return [operation for operation, _, _ in self._operations.values()]

    def select(self, message: Opened, soapAction: str | None) -> Call:
        """
        Find the operation and read its arguments.

        @param soapAction: unquoted; empty or C{None} agrees with everything
        @raise NotImplementedException: no operation here has this request element
        @raise ParameterError: SOAPAction or wsa:Action names another operation, or a part is malformed
        """
        content = message.content
        entry = self._operations.get(content.tag)
        if entry is None:
            raise NotImplementedException(
                f'this service has no operation "{cut(nameOf(content))}"',
                operation=nameOf(content).clark,
            )
        operation, only, tag = entry
        if soapAction and soapAction != operation.action:
            _agree(operation, soapAction)
        if message.action:
            _agree(operation, message.action)
        if only is not None and len(content) == 1:
            child = content[0]
            if child.tag == tag:
                return Call(operation, {only.name: only.type.read(child)})
        return Call(operation, readRequest(operation, content))


def _agree(operation: Operation, action: str) -> None:
    if action == operation.action or action == operation.name:
        return
    tail = _TAIL.search(action)
    # OGSI::Lite, GT3 and Axis each made up their own action URIs; all of them end in the operation's name.
    if tail is None or tail[1] not in (operation.name, operation.name + "Request"):
        raise ParameterError(
            f'the action "{cut(action)}" names another operation than the Body, which asks {operation.name}'
        )


def readRequest(operation: Operation, content: Element) -> dict[str, Any]:
    """
    The arguments in a request element.

    GT3 put the one simple value of C{enumProviders} straight into the request element: read too.

    @raise ParameterError: names the part
    """
    parts = operation.request
    if (
        len(parts) == 1
        and len(content) == 0
        and isinstance(parts[0].type, Scalar)
        and (content.text or "").strip()
    ):
        return {parts[0].name: parts[0].type.read(content)}
    return operation.requestLayout.read(content)


class ResponseWriter:
    """Writes results of one operation in one SOAP version: everything that never changes is computed once."""

    __slots__ = ("_close", "_count", "_isSpliced", "_layout", "_open")

    def __init__(self, operation: Operation, isSoap12: bool) -> None:
        """@param operation: not one-way"""
        self._open = envelopeOpen(isSoap12, operation.responseName)
        self._close = envelopeClose(operation.responseName)
        self._layout = operation.responseLayout
        parts = self._layout.parts
        self._count = len(parts)
        self._isSpliced = len(parts) == 1 and parts[0].type.xsd.localName == "ExtensibilityType"
        if self._isSpliced:
            # The lean way: stored bytes between two precomputed pieces.
            before, _, after = self._layout.write((b"\0",)).partition(b"\0")
            self._open += before
            self._close = after + self._close

    def write(self, result: Any) -> bytes:
        """The whole envelope around what the role's method returned."""
        if self._isSpliced:
            content: bytes = result
        elif self._count:
            content = self._layout.write((result,) if self._count == 1 else result)
        else:
            content = b""
        return self._open + content + self._close
