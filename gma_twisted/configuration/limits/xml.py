"""Bounds of documents."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, SIZE

__all__ = ["XMLBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class XMLBounds:
    """Of the engine C{xml}."""

    xmlSize: int = key(SIZE, "XML document", 8 * _MIB, name="xml_size", bound="xml.size")
    xmlDepth: int = key(COUNT, "depth of elements", 64, name="xml_depth", bound="xml.depth")
    xmlElements: int = key(
        COUNT, "elements of a document", 100_000, name="xml_elements", bound="xml.elements"
    )
    xmlAttributes: int = key(
        COUNT, "attributes of an element", 64, name="xml_attributes", bound="xml.attributes"
    )
    xmlNamespaces: int = key(
        COUNT, "namespaces in scope", 64, name="xml_namespaces", bound="xml.namespaces"
    )
    xmlAttribute: int = key(
        SIZE, "value of an attribute", 64 * _KIB, name="xml_attribute", bound="xml.attribute"
    )
    xmlText: int = key(SIZE, "one run of text", _MIB, name="xml_text", bound="xml.text")
    xmlName: int = key(COUNT, "characters of a local name", 256, name="xml_name", bound="xml.name")
