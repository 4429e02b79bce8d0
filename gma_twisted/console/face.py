"""What every page has: safe headers, GET and HEAD only, and a body that is known before it is sent."""

from collections.abc import Awaitable, Sequence

from twisted.logger import Logger
from twisted.web.error import FlattenerError
from twisted.web.http import Request
from twisted.web.iweb import IRenderable
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from twisted.web.template import flattenString

from gma_twisted.timing import Happening, Ready, spawn, whenDone

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


def _ignore(result: object) -> None:
    pass


class Face(Resource):
    """
    One page or document; a subclass gives its C{media} and its C{body}.

    @cvar media: the media type
    @cvar status: HTTP status
    @cvar methods: what it is asked by
    @cvar misused: said to who asks otherwise
    """

    isLeaf = True
    media: bytes = _TEXT
    status = 200
    methods: Sequence[bytes] = (b"GET", b"HEAD")
    misused = b"this page is for reading; use GET\n"

    def body(self, request: Request) -> Awaitable[bytes]:
        """@return: the whole body"""
        raise NotImplementedError

    async def answer(self, request: Request) -> tuple[int, bytes, bytes]:
        """@return: HTTP status, media type and body"""
        return self.status, self.media, await self.body(request)

    def render(self, request: Request) -> int:
        """Answer the methods it has, refuse the rest."""
        for name, value in _FIELDS.items():
            request.setHeader(name, value)
        spawn(self._answer(request), "answering a page")
        return NOT_DONE_YET

    async def _answer(self, request: Request) -> None:
        isOver = Happening()
        whenDone(request.notifyFinish(), _ignore, lambda error: isOver.happen())
        if request.method in self.methods:
            status, media, body = await self._made(request)
        else:
            request.setHeader(b"Allow", b", ".join(self.methods))
            status, media, body = 405, _TEXT, self.misused
        if isOver.happened:
            # Whoever asked has gone.
            return
        request.setResponseCode(status)
        request.setHeader(b"Content-Type", media)
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.write(body)
        request.finish()

    async def _made(self, request: Request) -> tuple[int, bytes, bytes]:
        try:
            return await self.answer(request)
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
        try:
            return b"<!DOCTYPE html>\n" + await flattenString(None, self.element(request))
        except FlattenerError as error:
            # Its text quotes the whole page, tens of kilobytes; what it was raised for says where the page failed.
            raise error.args[0] from None


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
