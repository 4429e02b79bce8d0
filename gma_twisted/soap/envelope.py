"""SOAP 1.1 and 1.2 envelopes: opened with their rules checked, closed around ready bytes (RELIABILITY, Gates)."""

import attrs

from gma_twisted.errors import MustUnderstand, ParameterError, VersionMismatch, cut
from gma_twisted.markup import Element, escapeAttribute, nameOf
from gma_twisted.markup.namespaces import (
    GMA,
    GMAC,
    GMAE,
    GMAP,
    GMAR,
    OGSI,
    SD,
    SOAP11,
    SOAP12,
    WSSE,
    XSD,
    XSI,
)
from gma_twisted.model import QName
from gma_twisted.soap.types import prefixed, prefixOf

__all__ = ["DECLARED", "NEXT", "Opened", "envelopeClose", "envelopeOpen", "openEnvelope"]

_WSA2004 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_WSA2005 = "http://www.w3.org/2005/08/addressing"
WSA = frozenset((_WSA2004, _WSA2005))
_WSA_BLOCKS = frozenset(("Action", "FaultTo", "From", "MessageID", "RelatesTo", "ReplyTo", "To"))
_ANONYMOUS = frozenset((f"{_WSA2005}/anonymous", f"{_WSA2005}/none", f"{_WSA2004}/role/anonymous"))
_VERSIONS: dict[object, tuple[str, str]] = {
    f"{{{uri}}}Envelope": (uri, f"{{{uri}}}Body") for uri in (SOAP11, SOAP12)
}
_SECURITY = QName(WSSE, "Security")
NEXT = (
    "http://schemas.xmlsoap.org/soap/actor/next",
    SOAP12 + "/role/next",
    SOAP12 + "/role/ultimateReceiver",
    "",
)
"""Whom header blocks are for that are for this node: the next one, the last one, and when nobody is named."""

DECLARED = {"ogsi": OGSI, "sd": SD, "gma": GMA, "xsd": XSD, "xsi": XSI}
"""Prefixes every envelope we write declares: spliced values rely on them."""

# The messages that hold events, which are written with their prefix (WIRE 6).
_EVENTFUL = frozenset((GMA, GMAC, GMAP, GMAR))


@attrs.define(slots=True, eq=False)
class Opened:
    """
    An envelope whose rules hold.

    @ivar isSoap12: the version
    @ivar content: the one child of Body
    @ivar header: the Header element, C{None} without one
    @ivar action: wsa:Action, C{None} without one
    """

    isSoap12: bool
    content: Element
    header: Element | None
    action: str | None


def openEnvelope(root: Element, isSecurityRead: bool = False) -> Opened:
    """
    Check an envelope and take its parts.

    @param isSecurityRead: whether header blocks wsse:Security are understood: the caller reads them
    @raise VersionMismatch: no envelope of a version we speak
    @raise MustUnderstand: a header block asks to be understood and is not
    @raise ParameterError: not one Body with one child, something after it, or an answer wanted elsewhere
    """
    version = _VERSIONS.get(root.tag)
    if version is None:
        raise VersionMismatch(
            f'"{cut(nameOf(root))}" is no envelope; send SOAP 1.1 ({SOAP11}) or SOAP 1.2 ({SOAP12})'
        )
    soap, bodyTag = version
    count = len(root)
    header = None
    action = None
    if count == 2 and root[0].tag == f"{{{soap}}}Header":
        header = root[0]
        action = _readHeader(header, soap, isSecurityRead)
        body = root[1]
    elif count == 1:
        body = root[0]
    else:
        raise ParameterError(
            f"an envelope has an optional Header and one Body, this one has {count} children"
        )
    if body.tag != bodyTag:
        raise ParameterError(f'"{cut(nameOf(body))}" stands where the envelope needs its Body')
    if len(body) != 1:
        raise ParameterError(f"Body needs exactly one child element, it has {len(body)}")
    content = body[0]
    text, tail = body.text, content.tail
    if (text and text.strip()) or (tail and tail.strip()):
        raise ParameterError("Body holds text beside its child element")
    return Opened(soap is SOAP12, content, header, action)


def _readHeader(header: Element, soap: str, isSecurityRead: bool) -> str | None:
    action = None
    for block in header:
        name = nameOf(block)
        if name.namespace in WSA and name.localName in _WSA_BLOCKS:
            if name.localName == "Action":
                action = (block.text or "").strip()
            elif name.localName in ("ReplyTo", "FaultTo"):
                _requireAnonymous(block)
            continue
        if name == QName(GMA, "delivery"):
            continue
        actor = block.get(f"{{{soap}}}actor" if soap is SOAP11 else f"{{{soap}}}role", "")
        asked = block.get(f"{{{soap}}}mustUnderstand", "0").strip()
        isRead = isSecurityRead and name == _SECURITY
        if asked in ("1", "true") and actor in NEXT and not isRead:
            raise MustUnderstand(f'header block "{cut(name)}" is not understood here')
        if asked not in ("0", "1", "true", "false"):
            raise ParameterError(
                f'mustUnderstand="{cut(asked, 40)}" of "{cut(name)}" is not a boolean'
            )
    return action


def _requireAnonymous(block: Element) -> None:
    addresses = [node for node in block if nameOf(node).localName == "Address"]
    if len(addresses) != 1:
        raise ParameterError(
            f"{nameOf(block).localName} needs exactly one Address, it has {len(addresses)}"
        )
    address = (addresses[0].text or "").strip()
    if address not in _ANONYMOUS:
        raise ParameterError(
            f"{nameOf(block).localName} names {cut(address)}; answers go back on the same connection"
        )


def envelopeOpen(isSoap12: bool, name: QName | None = None) -> bytes:
    """
    The bytes up to and with the start tag of the Body's child.

    @param name: of that child; C{None} for an empty Body
    """
    declarations = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in DECLARED.items())
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP12 if isSoap12 else SOAP11}"{declarations}><soapenv:Body>'
    )
    if name is not None:
        prefix = prefixOf(name.namespace)
        uri = escapeAttribute(name.namespace)
        own = "" if prefix in DECLARED else f' xmlns:{prefix}="{uri}"'
        if name.namespace in _EVENTFUL:
            own += f' xmlns:gmae="{GMAE}"'
        text += f"<{prefix}:{name.localName}{own}>"
    return text.encode()


def envelopeClose(name: QName | None = None) -> bytes:
    """The bytes from the end tag of the Body's child on."""
    end = "" if name is None else f"</{prefixed(name)}>"
    return f"{end}</soapenv:Body></soapenv:Envelope>".encode()
