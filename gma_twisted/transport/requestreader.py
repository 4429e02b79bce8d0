"""What a request asks: read once, and of the same bytes again remembered."""

from collections.abc import Mapping
from typing import Any

from gma_twisted.errors import GMAError, TooLarge, UnknownId, cut
from gma_twisted.interfaces import IIdentify, Request
from gma_twisted.markup import XMLGate
from gma_twisted.model import Delivery, SecurityHeader
from gma_twisted.soap import openEnvelope
from gma_twisted.soap.notices import readDelivery
from gma_twisted.soap.usernametoken import readSecurity
from gma_twisted.transport.family import Family, RowOperation
from gma_twisted.transport.published import Published
from gma_twisted.transport.service import BoundOperation, Service

__all__ = ["RequestReader"]

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


class RequestReader:
    """
    Reads requests.

    The memo holds, for requests that only read, what the very same bytes asked before: operation and arguments,
    never the answer (PERFORMANCE, the way, 4).
    """

    __slots__ = ("_gate", "_identities", "_memo", "_published", "_seenOnce", "_unlike")

    def __init__(self, published: Published, gate: XMLGate, identities: IIdentify) -> None:
        """
        @param published: the services; whoever changes them calls L{forget}
        @param gate: bounds a message
        @param identities: know whether security headers are read
        """
        self._published = published
        self._gate = gate
        self._identities = identities
        self._memo: dict[_Key, _Read] = {}
        self._seenOnce: set[int] = set()
        # Requests in a row that were not there before, as far as was looked.
        self._unlike = 0

    def forget(self) -> None:
        """Other services are there: what was remembered may be another's."""
        self._memo.clear()

    def read(self, request: Request) -> _Read:
        """
        What a request asks; of the same bytes again, without reading them.

        @raise UnknownId: there is no such service
        @raise TooLarge: it takes no message of this size
        @raise GMAError: the message is wrong, or asks for nothing that the service has
        """
        body = request.body
        self._unlike += 1
        # Where nobody has asked the same twice for long, one of some is enough to find out when that changes.
        if len(body) > _MEMO_BODY or (self._unlike > _MARKS and self._unlike % _SAMPLE):
            return self._parsed(request)
        # Only what comes a second time is worth keeping: one-off requests would push the pollers' out.
        key = (request.path, request.soapAction, body)
        mark = hash(key)
        seen = self._seenOnce
        if mark not in seen:
            if len(seen) >= _MARKS:
                seen.clear()
            seen.add(mark)
            return self._parsed(request)
        self._unlike = 0
        read = self._memo.get(key)
        if read is None:
            read = self._parsed(request)
            if read[3]:
                if len(self._memo) >= _MEMO:
                    self._memo.clear()
                self._memo[key] = read
        return read

    def _parsed(self, request: Request) -> _Read:
        service = self._published.service(request.path)
        if service is not None:
            return self._parsedFor(request, service, None, "")
        family, id = self._published.family(request.path)
        if family is None:
            raise UnknownId(f"there is no service at {cut(request.path)}")
        try:
            return self._parsedFor(request, family.service, family, id)
        except GMAError:
            family.unread(id)
            raise

    def _parsedFor(
        self, request: Request, service: Service, family: Family | None, id: str
    ) -> _Read:
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
