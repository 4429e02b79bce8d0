"""Pages and descriptions ask the policy that operations ask, before anything of them is made."""

from collections.abc import Callable

import attrs
from twisted.web.http import Request as WebRequest
from twisted.web.resource import Resource

from gma_twisted.errors import Busy, Refused, cut
from gma_twisted.interfaces import Request
from gma_twisted.model import Access
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.timing import whenDone
from gma_twisted.transport.certificate import certificateOfRequest
from gma_twisted.transport.exchange import Exchange
from gma_twisted.transport.outcome import resultOfPage

__all__ = ["Admission", "RefusedPage"]


class RefusedPage(Resource):
    """What is shown instead of a page."""

    isLeaf = True

    def __init__(self, status: int, why: str, retryAfter: int = 0) -> None:
        """
        @param status: 401 for who has shown nothing, or what is wrong; 403 for who may not; 503 for who comes too often
        @param retryAfter: seconds after which it may come again; 0 to say nothing of it
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self.status = status
        self._why = why
        self._retryAfter = retryAfter

    def render(self, request: WebRequest) -> bytes:
        """The same whatever the method is."""
        request.setResponseCode(self.status)
        if self.status == 401:
            # RFC 9110, 15.5.2; RFC 6750, 3.
            request.setHeader(b"WWW-Authenticate", b'Bearer realm="gma"')
        if self._retryAfter:
            request.setHeader(b"Retry-After", b"%d" % self._retryAfter)
        request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
        request.setHeader(b"Cache-Control", b"no-store")
        return self._why.encode() + b"\n"


@attrs.frozen(slots=True, eq=False)
class Admission:
    """
    Says whether a request that is no operation may be answered.

    @ivar exchange: knows who asks, and the policy
    @ivar accessOf: what a request counts as; C{None} when nobody is asked
    """

    exchange: Exchange
    accessOf: Callable[[WebRequest], Access | None]

    def refusal(self, request: WebRequest) -> RefusedPage | None:
        """What is shown instead; C{None} when it may."""
        access = self.accessOf(request)
        if access is None:
            return None
        path = request.path.decode("ascii", "replace")
        peer = request.getClientAddress()
        asked = Request(
            path,
            None,
            False,
            b"",
            str(getattr(peer, "host", "")),
            request.requestHeaders.getRawHeaders(b"authorization", [None])[0],
            certificateOfRequest(request),
            bool(request.isSecure()),
        )
        method = cut(request.method)
        identity = ""
        isWrite = access is not Access.READ
        try:
            identity = self.exchange.identify(asked)
        except Refused as error:
            self.exchange.note(identity, asked.peer, method, path, error)
            return RefusedPage(401, error.message)
        except Busy as error:
            return RefusedPage(503, error.message, getattr(error, "retryAfter", 1))
        try:
            self.exchange.check(identity, method, path, access)
        except Refused as error:
            if isWrite:
                self.exchange.note(identity, asked.peer, method, path, error)
            return RefusedPage(401 if identity == ANONYMOUS else 403, error.message)
        if isWrite:
            self._noteLater(request, identity, asked.peer, method, path)
        return None

    def _noteLater(
        self, request: WebRequest, identity: str, peer: str, method: str, path: str
    ) -> None:
        """Tell the audit once the page has answered: it may refuse by itself, or fail."""

        def note(isAnswered: bool) -> None:
            result = resultOfPage(request.code, isAnswered)
            self.exchange.note(identity, peer, method, path, None, result)

        whenDone(request.notifyFinish(), lambda _: note(True), lambda _: note(False))
