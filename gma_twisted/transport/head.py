"""The verdict on a request's head: pure, from parsed header fields to what may happen next.

httptools has refused what is malformed; here stands what it lets pass and we do not (RELIABILITY, Gates).
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote

import attrs

from gma_twisted.transport.limits import GateLimits
from gma_twisted.transport.refusal import Refusal

__all__ = ["SERVICES", "Head", "judgeHead"]

SERVICES = "/services/"
"""Every service lives below this path; all else belongs to the Site."""

_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z")
_PORT = re.compile(r":[0-9]*\Z")
_HIGH = re.compile(rb"[\x80-\xff]")
_METHODS = (b"GET", b"HEAD", b"POST")
_MEDIA = re.compile(
    r"""\s*([\w.+-]+/[\w.+-]+)\s*((?:;\s*[\w-]+=(?:"[^"\\]*"|[^\s;"]*)\s*|;\s*)*)\Z"""
)
_PARAMETER = re.compile(r"""([\w-]+)=(?:"([^"]*)"|([^\s;"]*))""")
_CHARSETS = ("", "utf-8", "utf8", "utf-16", "us-ascii")


@attrs.frozen(slots=True, eq=False)
class Head:
    """
    What the Gate needs to know of a request before its body. Framing only: never who asks.

    @ivar method: GET, HEAD or POST
    @ivar target: as received
    @ivar path: decoded path
    @ivar version: C{b"HTTP/1.1"} or C{b"HTTP/1.0"}
    @ivar fields: header fields in order
    @ivar keeps: whether the connection goes on after the answer
    @ivar length: bytes of the body; C{None} for a chunked one
    @ivar expects: whether the client waits for 100 Continue
    @ivar isWeb: whether the request belongs to the Site, not to the Exchange
    @ivar soapAction: unquoted, C{None} when absent
    @ivar isSoap12: by the media type
    @ivar authorization: value of the field, never shown; asked about anew with each request
    @ivar host: value of Host without its port, lower case; empty without one
    @ivar connectionField: the Connection field an answer needs: none when keeping on is the default
    """

    method: bytes
    target: bytes
    path: str
    version: bytes
    fields: Sequence[tuple[bytes, bytes]] = attrs.field(repr=False)
    keeps: bool
    length: int | None
    expects: bool
    isWeb: bool
    soapAction: str | None = None
    isSoap12: bool = False
    authorization: bytes | None = attrs.field(default=None, repr=False)
    host: str = ""
    connectionField: bytes = attrs.field(init=False)

    @connectionField.default
    def _connectionField(self) -> bytes:
        if not self.keeps:
            return b"Connection: close\r\n"
        return b"" if self.version == b"HTTP/1.1" else b"Connection: keep-alive\r\n"


def judgeHead(
    method: bytes,
    target: bytes,
    version: bytes,
    fields: Sequence[tuple[bytes, bytes]],
    keeps: bool,
    limits: GateLimits,
    hasServices: bool = True,
) -> Head:
    """
    Let a head pass, or not.

    @param keeps: what HTTP says of the connection's future
    @param hasServices: whether POST below C{/services/} is SOAP
    @raise Refusal: with the status and a sentence
    """
    isService = hasServices and target.startswith(SERVICES.encode())
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise Refusal(505, "speak HTTP/1.1 or HTTP/1.0", isService)
    path = _path(target, limits)
    named = _named(fields, limits, isService)
    host = _judgeHost(named, version, isService)
    if b"upgrade" in named:
        raise Refusal(400, "this connection cannot be upgraded to another protocol", isService)
    length = _bodyLength(named, version, limits, isService)
    expects = _expects(named, version, isService)
    if method not in _METHODS:
        raise Refusal(405, "the methods here are GET, HEAD and POST", isService)
    hasBody = length is None or length > 0
    if hasBody and any(
        value.strip().lower() != b"identity" for value in named.get(b"content-encoding", ())
    ):
        raise Refusal(415, "send the body without a content encoding", isService)
    isWeb = not (isService and method == b"POST")
    shown = named.get(b"authorization", [])
    if len(shown) > 1:
        # Who stands between may have looked at the other one.
        raise Refusal(400, "a request has at most one Authorization field", isService)
    authorization = shown[0] if shown else None
    if isWeb:
        return Head(
            method, target, path, version, fields, keeps, length, expects and hasBody, True,
            authorization=authorization, host=host,
        )  # fmt: skip
    isSoap12, action = _judgeMedia(named)
    return Head(
        method, target, path, version, fields, keeps, length, expects and hasBody, False,
        action, isSoap12, authorization, host,
    )  # fmt: skip


def _path(target: bytes, limits: GateLimits) -> str:
    if len(target) > limits.target:
        raise Refusal(414, f"a target has at most {limits.target} bytes")
    if not target.startswith(b"/") or b"#" in target or _HIGH.search(target):
        raise Refusal(400, "the target is a path such as /services/index, without fragment")
    path = target.partition(b"?")[0].decode("ascii")
    return unquote(path, errors="replace") if "%" in path else path


def _named(
    fields: Sequence[tuple[bytes, bytes]], limits: GateLimits, isService: bool
) -> dict[bytes, list[bytes]]:
    if len(fields) > limits.fields:
        raise Refusal(431, f"a request has at most {limits.fields} header fields", isService)
    named: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        if _HIGH.search(value):
            raise Refusal(400, "header fields are ASCII", isService)
        named.setdefault(name.lower(), []).append(value)
    return named


def _judgeHost(named: dict[bytes, list[bytes]], version: bytes, isService: bool) -> str:
    hosts = named.get(b"host", [])
    if len(hosts) > 1 or (not hosts and version == b"HTTP/1.1"):
        raise Refusal(400, "a request has exactly one Host field", isService)
    if hosts and not _HOST.match(hosts[0].strip()):
        raise Refusal(400, "the Host field is not a host with an optional port", isService)
    return _PORT.sub("", hosts[0].strip().decode("ascii")).lower() if hosts else ""


def _bodyLength(
    named: dict[bytes, list[bytes]], version: bytes, limits: GateLimits, isService: bool
) -> int | None:
    lengths = named.get(b"content-length", [])
    codings = named.get(b"transfer-encoding", [])
    if codings:
        if (
            lengths
            or version != b"HTTP/1.1"
            or len(codings) > 1
            or codings[0].strip().lower() != b"chunked"
        ):
            raise Refusal(
                400, "the one transfer coding is chunked, without Content-Length", isService
            )
        return None
    if not lengths:
        return 0
    text = lengths[0].strip()
    if len(lengths) > 1 or not text.isdigit() or len(text) > 19:
        raise Refusal(400, "Content-Length is one decimal number", isService)
    length = int(text)
    if length > limits.body:
        raise Refusal(413, f"a body has at most {limits.body} bytes", isService)
    return length


def _expects(named: dict[bytes, list[bytes]], version: bytes, isService: bool) -> bool:
    expectations = named.get(b"expect", [])
    if not expectations or version == b"HTTP/1.0":
        return False
    if len(expectations) > 1 or expectations[0].strip().lower() != b"100-continue":
        raise Refusal(417, "the one expectation met here is 100-continue", isService)
    return True


def _judgeMedia(named: dict[bytes, list[bytes]]) -> tuple[bool, str | None]:
    types = named.get(b"content-type", [])
    found = _MEDIA.match(types[0].decode("ascii")) if len(types) == 1 else None
    media = found[1].lower() if found else ""
    if found is None or media not in ("text/xml", "application/soap+xml"):
        raise Refusal(
            415, "send text/xml (SOAP 1.1) or application/soap+xml (SOAP 1.2)", isService=True
        )
    parameters = {
        name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(found[2])
    }
    if parameters.get("charset", "").lower() not in _CHARSETS:
        raise Refusal(415, "the charset is utf-8 or utf-16", isService=True)
    if media == "application/soap+xml":
        return True, parameters.get("action")
    actions = named.get(b"soapaction", [])
    if len(actions) > 1:
        raise Refusal(400, "a request has at most one SOAPAction field", isService=True)
    return False, actions[0].decode("ascii").strip().strip('"') if actions else None
