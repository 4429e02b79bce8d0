"""What every page has: safe headers, GET and HEAD only, and a body that is known before it is sent."""

from collections.abc import Awaitable

from twisted.logger import Logger
from twisted.web.http import Request
from twisted.web.iweb import IRenderable
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from twisted.web.template import flattenString

from gma_twisted.timing import Ready, spawn

__all__ = ["Face", "HTMLFace"]

log = Logger()

_FIELDS = {
    # Nothing of a page may come from elsewhere, run, or be shown inside somebody else's page.
    b"Content-Security-Policy": b"default-src 'none'; style-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'",
    b"X-Content-Type-Options": b"nosniff",
    b"X-Frame-Options": b"DENY",
    b"Referrer-Policy": b"no-referrer",
    b"Cache-Control": b"no-store",
}
_HTML = b"text/html; charset=utf-8"
_TEXT = b"text/plain; charset=utf-8"
_FAILED = b"this page failed; the node's log says why\n"


class Face(Resource):
    """
    One page or document; a subclass gives its C{media} and its C{body}.

    @cvar media: the media type
    @cvar status: HTTP status
    """

    isLeaf = True
    media: bytes = _TEXT
    status = 200

    def body(self, request: Request) -> Awaitable[bytes]:
        """@return: the whole body"""
        raise NotImplementedError

    def render(self, request: Request) -> int:
        """Answer GET and HEAD, refuse the rest."""
        for name, value in _FIELDS.items():
            request.setHeader(name, value)
        spawn(self._answer(request), "answering a page")
        return NOT_DONE_YET

    async def _answer(self, request: Request) -> None:
        if request.method in (b"GET", b"HEAD"):
            status, media, body = await self._made(request)
        else:
            request.setHeader(b"Allow", b"GET, HEAD")
            status, media, body = 405, _TEXT, b"this page is for reading; use GET\n"
        request.setResponseCode(status)
        request.setHeader(b"Content-Type", media)
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.write(body)
        request.finish()

    async def _made(self, request: Request) -> tuple[int, bytes, bytes]:
        try:
            return self.status, self.media, await self.body(request)
        except Exception:  # noqa: BLE001 (dispatch: an error page never shows what failed inside)
            log.failure("the page {path} failed", path=request.path)
            return 500, _TEXT, _FAILED


class HTMLFace(Face):
    """A page made of a template; text put into it is escaped by the template engine."""

    media = _HTML

    def element(self, request: Request) -> IRenderable:
        """@return: the page, filled"""
        raise NotImplementedError

    def body(self, request: Request) -> Awaitable[bytes]:
        """See L{Face.body}."""
        return self.made(request)

    async def made(self, request: Request) -> bytes:
        """@return: the page, made now"""
        return b"<!DOCTYPE html>\n" + await flattenString(None, self.element(request))


class FixedFace(Face):
    """Always the same bytes."""

    def __init__(self, media: bytes, content: bytes) -> None:
        """@param content: the body"""
        super().__init__()  # type: ignore[no-untyped-call]
        self.media = media
        self._content = content

    def body(self, request: Request) -> Awaitable[bytes]:
        """See L{Face.body}."""
        return Ready(self._content)
