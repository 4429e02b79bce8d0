"""The Exchange: from a request that passed the Gate to a reply. Never fails; every error is a fault.

Reading, policy and the role's method are called on one stack; a ready result makes a ready reply. Policy is asked
here and nowhere else (ARCHITECTURE rule 8).
"""

import secrets
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

import attrs
from zope.interface import implementer

from gma_twisted.errors import FailedAuthentication, Refused, cut
from gma_twisted.interfaces import (
    IAudit,
    IExchange,
    IIdentify,
    IPolicy,
    IServiceFamily,
    Reply,
    Request,
)
from gma_twisted.markup import MESSAGE_LIMITS, XMLGate, XMLLimits
from gma_twisted.model import Access, Caller, Delivery, Whose
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.timing import NodeClock, Ready, begin, withTimeout
from gma_twisted.transport.deeds import Deeds
from gma_twisted.transport.family import RowDocuments, RowOperation
from gma_twisted.transport.faults import Faults
from gma_twisted.transport.published import Published
from gma_twisted.transport.requestreader import RequestReader
from gma_twisted.transport.service import BoundOperation, Service

__all__ = ["Exchange"]

# Looked up with each request: an enumeration's members are found slowly.
_OWN = Whose.OWN
_CALLERS = 1024


@implementer(IExchange)
class Exchange:
    """
    Has the services of a node do what is asked; policy is asked every time, whatever the reader remembers.

    @ivar clock: the node's
    """

    def __init__(
        self,
        clock: NodeClock,
        policy: IPolicy,
        identify: IIdentify,
        audit: IAudit,
        limits: XMLLimits,
        answerSeconds: float = 30.0,
        messageSize: int = MESSAGE_LIMITS.size,
    ) -> None:
        """
        @param limits: of the XML gate
        @param answerSeconds: longest wait for a role
        @param messageSize: bytes of a message, beside C{limits.size}
        """
        self.clock = clock
        self._check = policy.check
        self._isGuarded = policy.isGuard
        self._identify = identify.identify
        self._deeds = Deeds(audit)
        self._admit = audit.admit
        self._answerSeconds = answerSeconds
        self._published = Published()
        gate = XMLGate(attrs.evolve(limits, size=min(limits.size, messageSize)))
        self._reader = RequestReader(self._published, gate, identify)
        self._faults = Faults(clock, self._published)
        self._callers: dict[tuple[str, str], Caller] = {}

    def publish(self, service: Service) -> None:
        """Answer for a service from now on."""
        self._published.add(service)
        self._reader.forget()

    def publishFamily(self, family: IServiceFamily) -> None:
        """Answer for the services below a path from now on; a service of that very path comes first."""
        self._published.addFamily(family)
        self._reader.forget()

    def withdraw(self, path: str) -> None:
        """Answer for a service, or a family, no longer; unknown paths are ignored."""
        self._published.remove(path)
        self._reader.forget()

    def service(self, path: str) -> Service | RowDocuments | None:
        """What describes the service at a path; C{None} when there is none, or none any more."""
        return self._published.described(path)

    def paths(self) -> Sequence[str]:
        """See L{IExchange}."""
        return self._published.paths()

    def obey(self, policy: IPolicy) -> None:
        """Ask another policy from the next request on."""
        self._check = policy.check
        self._isGuarded = policy.isGuard

    @property
    def isGuarded(self) -> bool:
        """Whether a policy says who may do what; otherwise everybody may do everything."""
        return self._isGuarded

    def identify(self, request: Request) -> str:
        """Who asks for what is no operation of a service. @raise Refused: see L{IIdentify.identify}"""
        return self._identify(request)

    def check(self, identity: str, operation: str, path: str, access: Access) -> Whose:
        """Ask the policy about what is no operation of a service; see L{IPolicy.check}."""
        return self._check(identity, operation, path, access)

    def note(
        self,
        identity: str,
        peer: str,
        operation: str,
        path: str,
        error: Exception | None,
        result: str = "ok",
        target: str = "",
    ) -> None:
        """See L{Deeds.note}."""
        self._deeds.note(identity, peer, operation, path, error, result, target)

    def admit(self) -> None:
        """See L{IAudit.admit <gma_twisted.interfaces.IAudit.admit>}: something is to be done that is written down."""
        self._admit()

    def turnedAway(self, peer: str, error: Exception) -> None:
        """See L{IExchange}."""
        self._deeds.note("", peer, "handshake", "", error, target=cut(error))

    def receive(self, request: Request) -> Awaitable[Reply]:
        """See L{IExchange}."""
        bound = None
        identity = ""
        arguments: Mapping[str, Any] = {}
        isRecorded = False
        try:
            read = self._reader.read(request)
            bound, arguments, request.isSoap12, _, delivery, security = read
            identity = self._identify(request, security)
            if identity != ANONYMOUS:
                request.identity = identity
            path, peer, operation = request.path, request.peer, bound.operation
            whose = self._check(identity, bound.name, path, bound.access)
            if bound.also is not None:
                self._check(identity, bound.also[0], path, bound.also[1])
            if whose is _OWN and bound.isOwners:
                _checkOwner(bound, Caller(identity, peer, whose=whose), path)
            isAudited = not (operation.isRead or operation.isRoutine)
            if isAudited:
                self._admit()
            result = (
                bound.method(**arguments, caller=self._callerOf(identity, peer, delivery, whose))
                if operation.takesCaller
                else bound.method(**arguments)
            )
            if not isinstance(result, Ready):
                result = begin(result)
                if not isinstance(result, Ready):
                    return self._finish(request, bound, identity, arguments, result)
            reply = _replyOf(bound, result.value, request.isSoap12)
            if isAudited:
                isRecorded = True
                self._deeds.done(request, bound, identity, arguments, result.value)
            return Ready(reply)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 (dispatch: one bad request must not end the connection)
            return Ready(self._failed(request, error, bound, identity, arguments, isRecorded))

    def _callerOf(
        self, identity: str, peer: str, delivery: Delivery | None, whose: Whose
    ) -> Caller:
        """Who asks; of those who come again and again the one before."""
        if delivery is not None:
            return Caller(identity, peer, delivery, whose)
        key = (identity, peer)
        known = self._callers.get(key)
        if known is None or known.whose is not whose:
            if len(self._callers) >= _CALLERS:
                self._callers.clear()
            known = self._callers[key] = Caller(identity, peer, None, whose)
        return known

    def _failed(
        self,
        request: Request,
        error: BaseException,
        bound: BoundOperation | RowOperation | None,
        identity: str,
        arguments: Mapping[str, Any],
        isRecorded: bool,
    ) -> Reply:
        """The fault, and the line of the audit with the same id, unless there is one already."""
        correlation = secrets.token_hex(6)
        # Who tries tokens is told of whatever it tries them with.
        isTold = isinstance(error, FailedAuthentication)
        if bound is not None and not isRecorded and (isTold or not bound.operation.isRead):
            self._deeds.failed(request, bound, identity, arguments, error, correlation)
        return self._faults.reply(request, error, bound, correlation)

    async def _finish(
        self,
        request: Request,
        bound: BoundOperation | RowOperation,
        identity: str,
        arguments: Mapping[str, Any],
        result: Awaitable[Any],
    ) -> Reply:
        operation = bound.operation
        isRecorded = False
        try:
            value = await withTimeout(result, self._answerSeconds, self.clock, operation.name)
            reply = _replyOf(bound, value, request.isSoap12)
            if not (operation.isRead or operation.isRoutine):
                isRecorded = True
                self._deeds.done(request, bound, identity, arguments, value)
            return reply
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 (the other half of dispatch)
            return self._failed(request, error, bound, identity, arguments, isRecorded)


def _checkOwner(bound: BoundOperation | RowOperation, caller: Caller, path: str) -> None:
    owner = bound.owner()
    if owner is not None and not caller.holds(owner):
        raise Refused(
            f"{cut(path)} is not {cut(caller.owner)}'s: {bound.operation.name} is for its owner"
        )


def _replyOf(bound: BoundOperation | RowOperation, value: Any, isSoap12: bool) -> Reply:
    if bound.isOneWay:
        return Reply(202, b"", isSoap12)
    return Reply(200, bound.write(value, isSoap12), isSoap12)
