"""Values of OGSI's standard service data: ours, so they are written and never parsed."""

from functools import lru_cache

from gma_twisted.markup.build import escapeAttribute, escapeText
from gma_twisted.markup.namespaces import OGSI, XSD, XSI
from gma_twisted.model.element import ElementKey, ServiceDataElement
from gma_twisted.model.lifetime import Lifetime
from gma_twisted.model.qname import QName

__all__ = ["qualified", "typedValue"]

_NAMESPACES = f'xmlns:ogsi="{OGSI}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}"'


def qualified(name: QName) -> tuple[str, str]:
    """
    A name as text.

    @return: the declaration it needs on its element, with a blank before it or empty, and the text
    """
    local = escapeText(name.localName)
    if not name.namespace:
        return "", local
    return f' xmlns:q="{escapeAttribute(name.namespace)}"', f"q:{local}"


def typedValue(
    key: ElementKey,
    xsiType: str,
    lifetime: Lifetime,
    created: float,
    content: bytes = b"",
    attributes: str = "",
) -> ServiceDataElement:
    """
    A value in the OGSI namespace with its C{xsi:type} (WIRE 3, in writing).

    @param key: its name is in the OGSI namespace
    @param xsiType: prefixed C{ogsi} or C{xsd}
    @param created: wall time, seconds since 1970
    @param content: what is inside, escaped; it may use the prefixes ogsi, xsd and xsi
    @param attributes: further declarations and attributes, escaped, each with a blank before it
    """
    local = key.name.localName
    head = _head(local, xsiType, attributes)
    tail = b">%b</ogsi:%b>" % (content, local.encode()) if content else b"/>"
    return ServiceDataElement(key, head, tail, lifetime, created)


@lru_cache(maxsize=256)
def _head(local: str, xsiType: str, attributes: str) -> bytes:
    # Shared by all values of one kind: a million entries have one.
    return f'<ogsi:{local} {_NAMESPACES} xsi:type="{xsiType}"{attributes}'.encode()
