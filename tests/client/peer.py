"""A caller that reaches a role in memory: past selection and response writer, as a node would."""

from collections.abc import Awaitable
from typing import Any

from zope.interface import implementer

from gma_twisted.errors import GMAError, Throttled
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.markup import XMLGate
from gma_twisted.model import Handle
from gma_twisted.soap import (
    PortType,
    ResponseWriter,
    Selection,
    openEnvelope,
    statusOf,
    writeFault,
)
from gma_twisted.timing import Ready

__all__ = ["CannedCaller", "PeerCaller"]


@implementer(ICaller)
class PeerCaller:
    """
    Answers from a role's methods, which are plain functions here.

    @ivar calls: (handle, SOAPAction, timeout) of each
    """

    def __init__(self, portTypes: list[PortType], role: Any) -> None:
        """@param role: has a method for every operation that is called"""
        self._selection = Selection(portTypes)
        self._role = role
        self.calls: list[tuple[Handle, str, float]] = []

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """See L{ICaller}."""
        self.calls.append((handle, soapAction, timeout))
        return Ready(self._answer(envelope, soapAction))

    def _answer(self, envelope: bytes, soapAction: str) -> Reply:
        try:
            call = self._selection.select(openEnvelope(XMLGate().parse(envelope)), soapAction)
            result = getattr(self._role, call.operation.name)(**call.arguments)
            if call.operation.response is None:
                return Reply(202, b"")
            return Reply(200, ResponseWriter(call.operation, False).write(result))
        except GMAError as error:
            fault = writeFault(error, False, "http://peer/x", 0.0, "c")
            if isinstance(error, Throttled):
                return Reply(503, fault, retryAfter=error.retryAfter)
            return Reply(statusOf(error, False), fault)

    def close(self) -> Awaitable[None]:
        """See L{ICaller}."""
        return Ready(None)


@implementer(ICaller)
class CannedCaller:
    """Answers every call with one reply, or fails with one error."""

    def __init__(self, outcome: Reply | GMAError) -> None:
        """@param outcome: the reply or error"""
        self._outcome = outcome

    async def call(self, handle: Handle, envelope: bytes, soapAction: str, timeout: float) -> Reply:
        """See L{ICaller}."""
        if isinstance(self._outcome, GMAError):
            raise self._outcome
        return self._outcome

    def close(self) -> Awaitable[None]:
        """See L{ICaller}."""
        return Ready(None)
