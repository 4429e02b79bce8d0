"""A service elsewhere, called like one here: C{await proxy.findServiceData(expression)}."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from zope.interface import directlyProvides

from gma_twisted.errors import Busy, GMAError, PeerBusy, PeerError, PeerFault, Throttled
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.markup import XMLGate
from gma_twisted.model import Handle
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.declaration import Operation, PortType, operationsOf
from gma_twisted.soap.selection import flattened

__all__ = ["Proxy", "RemoteOperation"]

_ENVELOPES = (200, 400, 500)
_ACCEPTED = (200, 202, 204)
_AGAIN = (408, 425)
_BUSY = (429, 503)


class RemoteOperation:
    """
    One operation of one service elsewhere; called, it gives the coroutine of the whole exchange.

    @ivar operation: the declaration
    """

    __slots__ = ("__signature__", "_caller", "_gate", "_handle", "_timeout", "operation")

    def __init__(
        self, operation: Operation, handle: Handle, caller: ICaller, gate: XMLGate, timeout: float
    ) -> None:
        """@param timeout: seconds for the whole exchange"""
        self.operation = operation
        self._handle = handle
        self._caller = caller
        self._gate = gate
        self._timeout = timeout
        self.__signature__ = inspect.Signature(
            [
                inspect.Parameter(
                    part.name,
                    inspect.Parameter.POSITIONAL_OR_KEYWORD,
                    default=inspect.Parameter.empty if part.least else None,
                )
                # Python wants those with a default last; the wire's order stays that of the declaration.
                for part in sorted(operation.request, key=lambda part: not part.least)
            ]
        )

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """
        Call it.

        @param args: the request's parts in declared order, optional ones last; or by name
        @return: as L{readResponse}; C{None} for a one-way operation, once the peer has accepted it
        @raise TypeError: an unknown or missing argument
        @raise Throttled: the service is busy, and said when to come again
        @raise PeerBusy: so did something else there
        @raise GMAError: what the service raised; or as L{ICaller.call} and L{readResponse}
        """
        arguments = self.__signature__.bind(*args, **kwargs).arguments
        return await self.exchange(arguments)

    async def exchange(self, arguments: Mapping[str, Any]) -> Any:
        """Call it with arguments by part name; otherwise as calling."""
        operation = self.operation
        envelope = writeRequest(operation, arguments)
        reply = await self._caller.call(self._handle, envelope, operation.action, self._timeout)
        status = reply.status
        if operation.response is None and status in _ACCEPTED and not reply.body.strip():
            return None
        if status in _ENVELOPES or (reply.body and b"Envelope" in reply.body[:512]):
            try:
                return readResponse(operation, reply.body, self._gate)
            except (Busy, PeerFault) as error:
                raise _withPause(error, reply) from None
        if status in _BUSY:
            raise PeerBusy(
                f"{self._handle} has no time for {operation.name} now: HTTP status {status}",
                reply.retryAfter,
            )
        if status in _AGAIN or status >= 500:
            raise PeerError(f"{self._handle} answered {operation.name} with HTTP status {status}")
        raise PeerFault(
            f"{self._handle} answered {operation.name} with HTTP status {status}", str(status)
        )

    def __repr__(self) -> str:
        return f"<{self.operation.name} of {self._handle}>"


def _withPause(error: GMAError, reply: Reply) -> GMAError:
    """A fault together with when to come again, which the answer's head alone says (RFC 9110, 10.2.3)."""
    if reply.status not in _BUSY or not reply.retryAfter:
        return error
    if isinstance(error, Busy):
        told: GMAError = Throttled(error.message, reply.retryAfter)
    else:
        told = PeerBusy(error.message, reply.retryAfter)
    # Not as keywords: the names are the peer's.
    told.details = error.details
    return told


@attrs.define(slots=False, eq=False, repr=False, init=False)
class Proxy:
    """
    A service elsewhere. It provides the interfaces of its port types: one method an operation, of the same name.

    Unlike a role's, a proxy's method takes an expression as the bytes of its element and gives a result as an
    L{Expression <gma_twisted.model.Expression>}: what travels there is foreign until it is read.

    @ivar handle: where the service is
    @ivar operations: its operations by name
    """

    handle: Handle
    operations: Mapping[str, RemoteOperation]

    def __init__(
        self,
        portTypes: Sequence[PortType],
        handle: Handle,
        caller: ICaller,
        timeout: float = 30.0,
        gate: XMLGate | None = None,
    ) -> None:
        """
        @param portTypes: what the service has; those they extend come along
        @param caller: sends; may be shared by many proxies
        @param timeout: seconds for one exchange
        @param gate: bounds the answers; one of its own by default
        @raise ConfigError: two operations of one local name
        """
        self.handle = handle
        found = flattened(portTypes)
        bound = gate if gate is not None else XMLGate()
        self.operations = {
            operation.name: RemoteOperation(operation, handle, caller, bound, timeout)
            for operation in operationsOf(found)
        }
        directlyProvides(self, *(portType.interface for portType in found))

    def __getattr__(self, name: str) -> RemoteOperation:
        """The operation of that name. @raise AttributeError: the port types have none"""
        if name != "operations" and name in self.operations:
            return self.operations[name]
        raise AttributeError(f"{type(self).__name__} has no operation {name}")

    def __repr__(self) -> str:
        return f"<Proxy of {self.handle}: {', '.join(self.operations)}>"
