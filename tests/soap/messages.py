"""Envelopes for the tests of this room: small, readable, and written by hand."""

from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, PX, SOAP11, SOAP12, XSI
from gma_twisted.soap import openEnvelope
from gma_twisted.soap.envelope import Opened

__all__ = ["GMA", "OGSI", "PX", "SOAP11", "SOAP12", "envelope", "opened"]


def envelope(body: str, header: str | None = None, soap: str = SOAP11, after: str = "") -> bytes:
    """
    An envelope with the prefixes s (of SOAP), ogsi, px, gma and xsi.

    @param header: content of the Header; C{None} for none
    @param after: markup behind the Body
    """
    before = "" if header is None else f"<s:Header>{header}</s:Header>"
    return (
        f'<s:Envelope xmlns:s="{soap}" xmlns:ogsi="{OGSI}" xmlns:px="{PX}" xmlns:gma="{GMA}"'
        f' xmlns:xsi="{XSI}">{before}<s:Body>{body}</s:Body>{after}</s:Envelope>'
    ).encode()


def opened(body: str, header: str | None = None, soap: str = SOAP11) -> Opened:
    """The same, past the XML gate and the envelope's rules."""
    return openEnvelope(XMLGate().parse(envelope(body, header, soap)))
