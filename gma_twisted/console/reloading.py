"""C{/-/reload}: has the node read its configuration again, for who is on the same machine."""

import json
from collections.abc import Callable

from twisted.web.http import Request

from gma_twisted.console.face import Face
from gma_twisted.errors import Busy
from gma_twisted.interfaces import INodeControl
from gma_twisted.security.networks import isThisMachine

__all__ = ["ReloadFace"]

_JSON = b"application/json"
_DONE, _BAD, _REFUSED, _BUSY, _PARTIAL = 200, 400, 403, 409, 500


class ReloadFace(Face):
    """
    POST only. An object with the lists C{changed}, C{later}, C{failed} and C{mistakes}, as L{INodeControl.reload} has
    them; status 200 when everything was applied, 400 when the configuration is bad and nothing was changed, 409 when
    that is being done already or the node starts or stops, 500 when something could not be applied.

    403 tells two kinds of callers that they may not: pages in a browser, and, where no policy says who may, those of
    other machines. A page can send a POST anywhere, with the certificate the browser has; it cannot send
    C{X-Requested-With} elsewhere unless it is allowed to, and the browser says C{Origin} for it.
    """

    methods = (b"POST",)
    misused = b"this does something; use POST\n"

    def __init__(self, node: INodeControl, isGuarded: Callable[[], bool]) -> None:
        """
        @param node: reads its configuration again
        @param isGuarded: whether a policy says who may have it do so
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self._node = node
        self._isGuarded = isGuarded

    async def answer(self, request: Request) -> tuple[int, bytes, bytes]:
        """See L{Face.answer}."""
        refusal = (b"" if self._isGuarded() else _elsewhere(request)) or _refusal(request)
        if refusal:
            return _REFUSED, self.media, refusal
        try:
            done = await self._node.reload()
        except Busy as error:
            return _BUSY, _JSON, _document({"mistakes": [error.message]})
        status = _BAD if done["mistakes"] else _PARTIAL if done["failed"] else _DONE
        return status, _JSON, _document(done)


def _elsewhere(request: Request) -> bytes:
    peer = request.getClientAddress()
    if isThisMachine(str(getattr(peer, "host", peer))):
        return b""
    return b"a reload is asked for on the machine the node runs on\n"


def _refusal(request: Request) -> bytes:
    if request.getHeader(b"Origin") is not None:
        return b"a reload is nothing for pages in a browser\n"
    if request.getHeader(b"X-Requested-With") is None:
        return b"a reload needs the header X-Requested-With, whatever it says\n"
    return b""


def _document(said: object) -> bytes:
    return json.dumps(said, indent=1).encode() + b"\n"
