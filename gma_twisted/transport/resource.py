"""The Exchange as a twisted.web resource: for a foreign Site, and for the WSDL on our own."""

from twisted.web.http import Request as WebRequest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from gma_twisted.interfaces import Reply
from gma_twisted.interfaces import Request as SOAPRequest
from gma_twisted.model import Access
from gma_twisted.soap.notices import tokenIn
from gma_twisted.timing import Ready, spawn
from gma_twisted.transport.admission import Admission
from gma_twisted.transport.certificate import certificateOfRequest
from gma_twisted.transport.exchange import Exchange
from gma_twisted.transport.family import RowDocuments
from gma_twisted.transport.head import judgeHead
from gma_twisted.transport.limits import DEFAULT_GATE_LIMITS, GateLimits
from gma_twisted.transport.refusal import Refusal, refusalBody

__all__ = ["SOAPResource"]

_MEDIA = (b"text/xml; charset=utf-8", b"application/soap+xml; charset=utf-8")


class SOAPResource(Resource):
    """
    Every service of an Exchange, to be put at C{services} of a Site.

    It promises what a Resource can see: media type, size of a body that was read already, the messages themselves; and
    it asks the policy before it describes anything. Framing, deadlines and back-pressure are the Site's; L{gated} puts
    the Gate before any Site.
    """

    isLeaf = True

    def __init__(self, exchange: Exchange, limits: GateLimits = DEFAULT_GATE_LIMITS) -> None:
        """@param exchange: answers"""
        super().__init__()  # type: ignore[no-untyped-call]
        self._exchange = exchange
        self._admission = Admission(exchange, self._accessOf)
        self._limits = limits

    def render(self, request: WebRequest) -> bytes | int:
        """Called by twisted.web for every request."""
        refused = self._admission.refusal(request)
        if refused is not None:
            return refused.render(request)
        answer: bytes | int = super().render(request)  # type: ignore[no-untyped-call]
        return answer

    def _accessOf(self, request: WebRequest) -> Access | None:
        # Descriptions are read. Of a call the Exchange asks, and a sink that is asked for its challenge gives back what
        # it got.
        if request.method == b"POST":
            return None
        asked = request.uri.partition(b"?")[2]
        if tokenIn(asked) is not None:
            service = self._exchange.service(request.path.decode("ascii", "replace"))
            if service is not None and service.isSink:
                return None
        return Access.READ

    def render_GET(self, request: WebRequest) -> bytes:
        """
        C{?wsdl}, C{?wsdl=soap12} and C{?gwsdl}, a sink its challenge; anything else is 405 (WIRE 1). Of a service
        whose life is over, all of it is 410, for as long as that is known.
        """
        path = request.path.decode("ascii", "replace")
        service = self._exchange.service(path)
        if service is None:
            known = ", ".join(sorted(self._exchange.paths()))
            return self._refuse(
                request, Refusal(404, f"there is no service at this path; there are {known}")
            )
        if isinstance(service, RowDocuments) and service.ended:
            return self._refuse(request, Refusal(410, service.ended))
        asked = request.uri.partition(b"?")[2]
        token = tokenIn(asked) if service.isSink else None
        if token is not None:
            request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
            request.setHeader(b"X-Content-Type-Options", b"nosniff")
            return token
        query = asked.lower()
        if query not in (b"wsdl", b"wsdl=soap12", b"gwsdl"):
            why = "GET answers ?wsdl and ?gwsdl only; calls are POST"
            return self._refuse(request, Refusal(405, why, isService=True))
        request.setHeader(b"Content-Type", b"text/xml; charset=utf-8")
        return service.gwsdl() if query == b"gwsdl" else service.wsdl(query == b"wsdl=soap12")

    def render_POST(self, request: WebRequest) -> bytes | int:
        """One call."""
        fields = [
            (name, value)
            for name, values in request.requestHeaders.getAllRawHeaders()
            for value in values
        ]
        content = request.content
        body = content.read(self._limits.body + 1) if content is not None else b""
        try:
            if len(body) > self._limits.body:
                raise Refusal(413, f"a body has at most {self._limits.body} bytes", isService=True)
            framed = [
                field
                for field in fields
                if field[0].lower() not in (b"transfer-encoding", b"expect")
            ]
            version = request.clientproto
            head = judgeHead(b"POST", request.uri, version, framed, True, self._limits)
        except Refusal as refusal:
            return self._refuse(request, refusal)
        asked = SOAPRequest(
            head.path,
            head.soapAction,
            head.isSoap12,
            body,
            str(getattr(request.client, "host", "")),
            head.authorization,
            certificateOfRequest(request),
            request.isSecure(),
        )
        reply = self._exchange.receive(asked)
        if isinstance(reply, Ready):
            return self._answer(request, reply.value)
        gone: list[object] = []
        watch = request.notifyFinish()
        watch = watch.addErrback(gone.append)

        async def later() -> None:
            value = await reply
            if not gone:
                request.write(self._answer(request, value))
                request.finish()

        spawn(later(), "answering a request")
        return NOT_DONE_YET

    def _answer(self, request: WebRequest, reply: Reply) -> bytes:
        request.setResponseCode(reply.status)
        request.setHeader(b"Content-Type", _MEDIA[reply.isSoap12])
        if reply.retryAfter:
            request.setHeader(b"Retry-After", b"%d" % reply.retryAfter)
        request.setHeader(b"Content-Length", b"%d" % len(reply.body))
        return reply.body

    def _refuse(self, request: WebRequest, refusal: Refusal) -> bytes:
        path = request.path.decode("ascii", "replace")
        media, body = refusalBody(refusal, path, self._exchange.clock.wallTime())
        request.setResponseCode(refusal.status)
        request.setHeader(b"Content-Type", media)
        if refusal.status == 405:
            request.setHeader(b"Allow", b"POST")
        return body
