"""Faults: what the caller, and the log, are told of an error."""

from twisted.logger import Logger

from gma_twisted.errors import (
    Busy,
    GMAError,
    RequestError,
    ServiceError,
    ServiceHasTerminated,
    Throttled,
    UnknownId,
)
from gma_twisted.interfaces import Reply, Request
from gma_twisted.soap import statusOf, writeFault
from gma_twisted.timing import LogLimit, NodeClock
from gma_twisted.transport.family import RowOperation
from gma_twisted.transport.published import Published
from gma_twisted.transport.service import BoundOperation

__all__ = ["Faults"]

log = Logger()


class Faults:
    """Makes them of errors."""

    __slots__ = ("_clock", "_logged", "_published")

    def __init__(self, clock: NodeClock, published: Published) -> None:
        """@param published: the services, of which one is the originator"""
        self._clock = clock
        self._published = published
        self._logged = LogLimit(clock)

    def reply(
        self,
        request: Request,
        error: BaseException,
        bound: BoundOperation | RowOperation | None,
        correlation: str,
    ) -> Reply:
        """
        The reply, when the log has the error.

        @param bound: what was asked; C{None} when that could not be read
        @param correlation: id that fault and log have
        """
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
        originator, isThere = self._published.originator(request.path, error)
        retryAfter = told.retryAfter if isinstance(told, Throttled) else 0
        if retryAfter:
            status = 503
        elif bound is not None and bound.isOneWay:
            status = _oneWayStatus(told)
        else:
            status = statusOf(told, isSoap12) if isThere else 404
        body = writeFault(told, isSoap12, originator, self._clock.wallTime(), correlation)
        return Reply(status, body, isSoap12, retryAfter)


def _oneWayStatus(error: GMAError) -> int:
    # No fault is expected there (OGSI 1.0, 11.3.1): the status says whether to send it again, and when never.
    if isinstance(error, ServiceHasTerminated):
        return 410
    if isinstance(error, UnknownId):
        return 404
    if isinstance(error, RequestError):
        return 400
    return 503 if isinstance(error, Busy) else 500
