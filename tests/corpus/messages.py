"""Envelopes the families wrap their XML in."""

__all__ = ["ECHO_NS", "FIND", "SOAP11", "SOAP12", "envelope", "find", "named"]

SOAP11 = b"http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = b"http://www.w3.org/2003/05/soap-envelope"
ECHO_NS = b"urn:corpus"
"""Namespace of the service data the corpus's server has."""


def envelope(
    body: bytes, header: bytes = b"", soap: bytes = SOAP11, before: bytes = b"", after: bytes = b""
) -> bytes:
    """An envelope around C{body}; C{before} stands in front of the document, C{after} behind Body."""
    return (
        b'%s<s:Envelope xmlns:s="%s" xmlns:o="http://www.gridforum.org/namespaces/2003/03/OGSI"'
        b' xmlns:c="urn:corpus" xmlns:w="http://www.w3.org/2005/08/addressing"'
        b' xmlns:g="urn:gma-twisted:2026:core">'
        b"%s<s:Body>%s</s:Body>%s</s:Envelope>"
    ) % (before, soap, b"<s:Header>%s</s:Header>" % header if header else b"", body, after)


def find(expression: bytes) -> bytes:
    """A findServiceData request around a query expression."""
    return (
        b"<o:findServiceData><o:queryExpression>%s</o:queryExpression></o:findServiceData>"
        % expression
    )


def named(name: bytes) -> bytes:
    """A findServiceData request by one name."""
    return find(
        b"<o:queryByServiceDataNames><o:name>%s</o:name></o:queryByServiceDataNames>" % name
    )


FIND = named(b"{urn:corpus}load")
"""The good request: answered with the one value of C{{urn:corpus}load}."""
