"""What stands behind a path: a role, the operations it answers, and its WSDL."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from gma_twisted.errors import NotImplementedException
from gma_twisted.interfaces import INotificationSink
from gma_twisted.interfaces.gma import IConsumer
from gma_twisted.model import Access, Handle
from gma_twisted.soap import Operation, PortType, ResponseWriter, Selection
from gma_twisted.soap.declaration import InitialServiceData, accessOf
from gma_twisted.soap.wsdl import writeGWSDL, writeWSDL

__all__ = ["BoundOperation", "Service"]

_SINKS = (INotificationSink, IConsumer)


class BoundOperation:
    """
    An operation and the role's method for it; all that never changes is computed once.

    @ivar operation: the declaration
    @ivar method: takes the parts as keywords; gives an awaitable
    @ivar name: Clark notation of the request element, what policy and audit speak of
    @ivar access: what it counts as here
    @ivar also: name and access of the operation the caller must be let call too; C{None} without one
    @ivar isOwners: of a service somebody owns, for its owner alone
    @ivar isOneWay: whether there is no answer but 202
    """

    __slots__ = (
        "_owner",
        "_writers",
        "access",
        "also",
        "isOneWay",
        "isOwners",
        "method",
        "name",
        "operation",
    )

    def __init__(
        self, operation: Operation, role: object, path: str, access: Access, owner: str | None
    ) -> None:
        """
        @param role: an operation it lacks answers NotImplementedException
        @param owner: of the service; C{None} when it is nobody's
        """
        self.operation = operation
        self.access = access
        needs = operation.alsoNeeds
        self.also = None if needs is None else (needs.requestName.clark, needs.access)
        self.isOwners = operation.isEnd or access is Access.WRITE
        self._owner = owner
        self.name = operation.requestName.clark
        self.method: Callable[..., Any] = getattr(role, operation.name, None) or _missing(
            operation, path
        )
        self.isOneWay = operation.response is None
        self._writers = (
            None
            if self.isOneWay
            else (ResponseWriter(operation, False), ResponseWriter(operation, True))
        )

    def owner(self) -> str | None:
        """Who owns the service; C{None} when nobody does."""
        return self._owner

    def write(self, result: Any, isSoap12: bool) -> bytes:
        """The envelope around a result."""
        assert self._writers is not None
        return self._writers[isSoap12].write(result)


def _missing(operation: Operation, path: str) -> Callable[..., Any]:
    def answer(**_: object) -> Any:
        raise NotImplementedException(f"{path} does not implement {operation.name}")

    return answer


@attrs.define(slots=True, eq=False)
class Service:
    """
    A service of this node.

    @ivar path: C{/services/index}
    @ivar handle: its Grid Service Handle
    @ivar role: provides the interfaces of the port types, as many as it implements
    @ivar portTypes: what it offers
    @ivar serviceData: what it has beside that of its port types
    @ivar owner: who had it made, see L{Caller.owner <gma_twisted.model.Caller>}; C{None} when it is the node's
    @ivar mostBytes: of one message to it; C{None} for as many as the node takes
    """

    path: str
    handle: Handle
    role: object
    portTypes: Sequence[PortType]
    serviceData: Sequence[InitialServiceData] = ()
    owner: str | None = None
    mostBytes: int | None = None
    selection: Selection = attrs.field(init=False)
    bound: dict[str, BoundOperation] = attrs.field(init=False)
    _wsdl: dict[bool, bytes] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.selection = Selection(self.portTypes)
        self.bound = {
            operation.name: BoundOperation(
                operation,
                self.role,
                self.path,
                accessOf(operation, self.selection.portTypes),
                self.owner,
            )
            for operation in self.selection.operations
        }

    @property
    def isSink(self) -> bool:
        """Whether it takes notices, or events: who is asked to send some may ask it whether it wants them."""
        return any(one.interface in _SINKS for one in self.selection.portTypes)

    def wsdl(self, withSoap12: bool) -> bytes:
        """WSDL 1.1 of the service, every address made of its handle."""
        if withSoap12 not in self._wsdl:
            self._wsdl[withSoap12] = writeWSDL(
                self._name, self.selection.portTypes, self.handle.url, withSoap12
            )
        return self._wsdl[withSoap12]

    def gwsdl(self) -> bytes:
        """GWSDL of the service: its port types and its service data (OGSI 1.0, 6)."""
        return writeGWSDL(self._name, self.portTypes, self.serviceData)

    @property
    def _name(self) -> str:
        return self.path.rstrip("/").rpartition("/")[2].capitalize()
