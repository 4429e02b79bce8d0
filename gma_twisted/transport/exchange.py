"""The Exchange: from a request that passed the Gate to a reply. Never fails; every error is a fault.

Reading, policy and the role's method are called on one stack; a ready result makes a ready reply. Policy is asked
here and nowhere else (ARCHITECTURE rule 8).
"""

import secrets
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

import attrs
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import (
    Busy,
    FailedAuthentication,
    GMAError,
    Refused,
    RequestError,
    ServiceError,
    ServiceHasTerminated,
    Throttled,
    TooLarge,
    UnknownId,
    cut,
)
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
from gma_twisted.model import Access, Caller, Delivery, SecurityHeader, Whose
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.soap import openEnvelope, statusOf, writeFault
from gma_twisted.soap.notices import readDelivery
from gma_twisted.soap.usernametoken import readSecurity
from gma_twisted.timing import LogLimit, NodeClock, Ready, begin, withTimeout
from gma_twisted.transport.deeds import Deeds
from gma_twisted.transport.family import Family, RowDocuments, RowOperation
from gma_twisted.transport.service import BoundOperation, Service

__all__ = ["Exchange"]

log = Logger()

# Looked up with each request: an enumeration's members are found slowly.
_OWN = Whose.OWN
_MEMO = 1024
_MARKS = 4 * _MEMO
_MEMO_BODY = 4096
# Odd, so that it does not keep step with connections that take turns.
_SAMPLE = 7

_Key = tuple[str, str | None, bytes]
# Operation, arguments, whether SOAP 1.2, whether the same bytes may be taken for the same request again, and what
# the header says of a notice, and of who sends it.
_Read = tuple[
    BoundOperation | RowOperation,
    Mapping[str, Any],
    bool,
    bool,
    Delivery | None,
    SecurityHeader | None,
]


@implementer(IExchange)
class Exchange:
    """
    The services of a node by path.

    The memo holds, for requests that only read, what the very same bytes asked before: operation and arguments,
    never the answer, and policy is asked every time (PERFORMANCE, the way, 4).

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
        self._identities = identify
        self._deeds = Deeds(audit)
        self._admit = audit.admit
        self._gate = XMLGate(attrs.evolve(limits, size=min(limits.size, messageSize)))
        self._answerSeconds = answerSeconds
        self._services: dict[str, Service] = {}
        self._families: dict[str, Family] = {}
        self._memo: dict[_Key, _Read] = {}
        self._seenOnce: set[int] = set()
        # Requests in a row that were not there before, as far as was looked.
        self._unlike = 0
        self._callers: dict[tuple[str, str], Caller] = {}
        self._logged = LogLimit(clock)

    def publish(self, service: Service) -> None:
        """Answer for a service from now on."""
        self._services[service.path] = service
        self._memo.clear()

    def publishFamily(self, family: IServiceFamily) -> None:
        """Answer for the services below a path from now on; a service of that very path comes first."""
        self._families[family.path] = Family(family)
        self._memo.clear()

    def withdraw(self, path: str) -> None:
        """Answer for a service, or a family, no longer; unknown paths are ignored."""
        self._services.pop(path, None)
        self._families.pop(path, None)
        self._memo.clear()

    def service(self, path: str) -> Service | RowDocuments | None:
        """What describes the service at a path; C{None} when there is none, or none any more."""
        service = self._services.get(path)
        family, id = self._familyOf(path)
        if service is not None or family is None:
            return service
        try:
            return family.documents(id)
        except GMAError:
            return None

    def _familyOf(self, path: str) -> tuple[Family | None, str]:
        start, _, id = path.rpartition("/")
        return self._families.get(start) if id else None, id

    def paths(self) -> Sequence[str]:
        """See L{IExchange}."""
        return tuple(self._services)

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
            read = self._asked(request)
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
            if len(self._callers) >= _MEMO:
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
        return self._fault(request, error, bound, correlation)

    def _asked(self, request: Request) -> _Read:
        """What a request asks; of the same bytes again, without reading them."""
        body = request.body
        self._unlike += 1
        # Where nobody has asked the same twice for long, one of some is enough to find out when that changes.
        if len(body) > _MEMO_BODY or (self._unlike > _MARKS and self._unlike % _SAMPLE):
            return self._read(request)
        # Only what comes a second time is worth keeping: one-off requests would push the pollers' out.
        key = (request.path, request.soapAction, body)
        mark = hash(key)
        seen = self._seenOnce
        if mark not in seen:
            if len(seen) >= _MARKS:
                seen.clear()
            seen.add(mark)
            return self._read(request)
        self._unlike = 0
        read = self._memo.get(key)
        if read is None:
            read = self._read(request)
            if read[3]:
                if len(self._memo) >= _MEMO:
                    self._memo.clear()
                self._memo[key] = read
        return read

    def _read(self, request: Request) -> _Read:
        service = self._services.get(request.path)
        family = None
        if service is None:
            family, id = self._familyOf(request.path)
            if family is None:
                raise UnknownId(f"there is no service at {cut(request.path)}")
            service = family.service
        size, most = len(request.body), service.mostBytes
        if most is not None and size > most:
            raise TooLarge(
                f"a message to {cut(request.path)} has at most {most} bytes, and not {size}"
            )
        isSecurityRead = self._identities.isSecurityRead
        opened = openEnvelope(self._gate.parse(request.body, "message"), isSecurityRead)
        # From here on the envelope's version counts, not the media type's.
        request.isSoap12 = isSoap12 = opened.isSoap12
        call = service.selection.select(opened, request.soapAction)
        operation = call.operation
        bound: BoundOperation | RowOperation = (
            service.bound[operation.name] if family is None else family.bound(id, operation)
        )
        header = opened.header
        if header is None:
            return bound, call.arguments, isSoap12, operation.isRead, None, None
        delivery = readDelivery(header) if operation.takesCaller else None
        security = readSecurity(header) if isSecurityRead else None
        # Header blocks may name who asks or when: such a message is never taken for another.
        return bound, call.arguments, isSoap12, False, delivery, security

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

    def _fault(
        self,
        request: Request,
        error: BaseException,
        bound: BoundOperation | RowOperation | None,
        correlation: str,
    ) -> Reply:
        isSoap12 = request.isSoap12
        if isinstance(error, GMAError):
            unsaid = self._logged.admit()
            if unsaid is not None:
                log.info(
                    "{correlation} {peer} {path}: {code}: {reason} ({unsaid} more not logged)"
                    if unsaid
                    else "{correlation} {peer} {path}: {code}: {reason}",
                    correlation=correlation,
                    peer=request.peer,
                    path=request.path,
                    code=error.code,
                    reason=error.message,
                    unsaid=unsaid,
                )
            told = error
        else:
            log.failure("{correlation} {path} failed", correlation=correlation, path=request.path)
            # What failed inside is nobody's business outside; the log has it under the same id.
            told = ServiceError(
                f"the service failed; the node's log has the reason under {correlation}"
            )
        originator, isThere = self._originator(request.path, error)
        retryAfter = told.retryAfter if isinstance(told, Throttled) else 0
        if retryAfter:
            status = 503
        elif bound is not None and bound.isOneWay:
            status = _oneWayStatus(told)
        else:
            status = statusOf(told, isSoap12) if isThere else 404
        body = writeFault(told, isSoap12, originator, self.clock.wallTime(), correlation)
        return Reply(status, body, isSoap12, retryAfter)

    def _originator(self, path: str, error: BaseException) -> tuple[str, bool]:
        """Whose fault it is, by its handle when there is one, and whether there is, or was, such a service."""
        service = self._services.get(path)
        if service is not None:
            return service.handle.url, True
        family, id = self._familyOf(path)
        if family is None:
            return path, False
        return family.url(id), not isinstance(error, UnknownId)


def _checkOwner(bound: BoundOperation | RowOperation, caller: Caller, path: str) -> None:
    owner = bound.owner()
    if owner is not None and not caller.holds(owner):
        raise Refused(
            f"{cut(path)} is not {cut(caller.owner)}'s: {bound.operation.name} is for its owner"
        )


def _oneWayStatus(error: GMAError) -> int:
    # No fault is expected there (OGSI 1.0, 11.3.1): the status says whether to send it again, and when never.
    if isinstance(error, ServiceHasTerminated):
        return 410
    if isinstance(error, UnknownId):
        return 404
    if isinstance(error, RequestError):
        return 400
    return 503 if isinstance(error, Busy) else 500


def _replyOf(bound: BoundOperation | RowOperation, value: Any, isSoap12: bool) -> Reply:
    if bound.isOneWay:
        return Reply(202, b"", isSoap12)
    return Reply(200, bound.write(value, isSoap12), isSoap12)
