"""What the Gate answers when it does not let a request in: a status, a sentence, and then the end."""

from gma_twisted.errors import Busy, GMAError, RequestError
from gma_twisted.soap import writeFault

__all__ = ["REASONS", "Refusal", "refusalBody"]

REASONS = {
    200: b"OK",
    202: b"Accepted",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    410: b"Gone",
    413: b"Content Too Large",
    414: b"URI Too Long",
    415: b"Unsupported Media Type",
    417: b"Expectation Failed",
    421: b"Misdirected Request",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
    505: b"HTTP Version Not Supported",
}
"""Reason phrases of every status a Gate or an Exchange answers (RFC 9110, 15; RFC 6585)."""

_ALLOW = b"GET, HEAD, POST"


class Refusal(Exception):
    """
    A request that does not pass.

    @ivar status: HTTP status
    @ivar why: one sentence for the person who sent it
    @ivar isService: whether the target is a service path: the answer then carries a SOAP fault
    """

    def __init__(self, status: int, why: str, isService: bool = False) -> None:
        """See the attributes."""
        super().__init__(why)
        self.status = status
        self.why = why
        self.isService = isService

    @property
    def fields(self) -> bytes:
        """Header fields this status calls for (RFC 9110, 15.5.6, 15.6.4)."""
        if self.status == 405:
            return b"Allow: " + (b"POST" if self.isService else _ALLOW) + b"\r\n"
        return b"Retry-After: 1\r\n" if self.status == 503 else b""


def refusalBody(refusal: Refusal, address: str, wallTime: float) -> tuple[bytes, bytes]:
    """
    The answer's media type and body: a SOAP fault on service paths, except for an overload, which is plain.

    @param address: URL of the service path
    @param wallTime: seconds since 1970
    """
    if refusal.isService and refusal.status != 503:
        error: GMAError = RequestError(refusal.why) if refusal.status < 500 else Busy(refusal.why)
        return b"text/xml; charset=utf-8", writeFault(error, False, address, wallTime, "-")
    return b"text/plain; charset=utf-8", refusal.why.encode() + b"\n"
