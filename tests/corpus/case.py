"""One case of the corpus: the bytes of one connection and what must come back.

Markers in the bytes (C{$PATH}, C{$BODY} ...) stand for what differs between the two faces of a node, so
that one case shows that both answer alike.
"""

import attrs

__all__ = ["BOTH", "FACES", "SOAP", "WEB", "Answer", "Case", "Face"]


@attrs.frozen
class Face:
    """
    What a request is addressed to behind the Gate.

    @ivar name: C{soap} or C{web}
    @ivar path: target of a good POST
    @ivar mediaType: Content-Type of a good POST
    @ivar body: body of a good POST
    @ivar proof: bytes of the answer to a good POST
    """

    name: str
    path: bytes
    mediaType: bytes
    body: bytes
    proof: bytes

    def render(self, raw: bytes) -> bytes:
        """C{raw} with every marker replaced."""
        if b"$" not in raw:
            return raw
        for marker, value in (
            (b"$PATH", self.path),
            (b"$TYPE", self.mediaType),
            (b"$LENGTH", b"%d" % len(self.body)),
            (b"$CHUNK", b"%x\r\n%s\r\n" % (len(self.body), self.body)),
            (b"$BODY", self.body),
            (b"$PROOF", self.proof),
        ):
            raw = raw.replace(marker, value)
        return raw


_FIND = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:o="http://www.gridforum.org/namespaces/2003/03/OGSI"><s:Body>'
    b"<o:findServiceData><o:queryExpression><o:queryByServiceDataNames><o:name>{urn:corpus}load</o:name>"
    b"</o:queryByServiceDataNames></o:queryExpression></o:findServiceData></s:Body></s:Envelope>"
)

SOAP = Face("soap", b"/services/index", b"text/xml; charset=utf-8", _FIND, b">1.5</")
"""A service path: the Gate hands the message to the Exchange."""

WEB = Face("web", b"/echo", b"text/plain", b"hello", b"echo:hello")
"""Any other path: the Gate shows the request to the Site."""

BOTH = (SOAP, WEB)
FACES = BOTH


@attrs.frozen
class Answer:
    """
    One answer of a connection.

    @ivar status: HTTP status, exact
    @ivar headers: fields the answer must have, lower case: name, or C{name: value}
    @ivar carries: bytes the body must hold
    @ivar lacks: bytes the body must not hold
    @ivar fault: local name of the SOAP fault code; empty: the answer must be no fault when it is a success
    @ivar detail: Clark name of the first child of the fault's detail; empty: not looked at
    @ivar head: the answer to a HEAD: it has no body whatever Content-Length says
    """

    status: int
    headers: tuple[bytes, ...] = ()
    carries: tuple[bytes, ...] = ()
    lacks: tuple[bytes, ...] = ()
    fault: str = ""
    detail: str = ""
    head: bool = False


@attrs.frozen
class Case:
    """
    The bytes of one connection and what must come back.

    @ivar name: unique in the corpus
    @ivar why: the source that decides: a section of an RFC, a gate, an idea of Http11Probe (its test's id)
    @ivar send: writes, in order
    @ivar answers: all that comes back, in order
    @ivar closes: whether the server closes after the last answer; otherwise a further request must be answered
    @ivar faces: what the case is sent to; two faces must answer the same
    @ivar waits: a write waits for the answer to the one before (100-continue)
    """

    name: str
    why: str
    send: tuple[bytes, ...]
    answers: tuple[Answer, ...]
    closes: bool
    faces: tuple[Face, ...] = BOTH
    waits: bool = False
