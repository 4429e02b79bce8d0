"""Names as we write them: every namespace of ours has its fixed prefix."""

from collections.abc import Iterator

from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.model import QName

__all__ = ["elements", "prefixOf", "prefixed"]

_PREFIX_OF = {uri: prefix for prefix, uri in PREFIXES.items()}


def prefixOf(namespace: str) -> str:
    """Our prefix of a namespace; one that is not ours has C{svc}, which every message declares where it starts."""
    return _PREFIX_OF.get(namespace, "svc")


def prefixed(name: QName) -> str:
    """The name with its prefix, C{ogsi:result}."""
    return f"{prefixOf(name.namespace)}:{name.localName}"


def elements(parent: Element) -> Iterator[Element]:
    """Child elements; comments never get here, processing instructions neither."""
    return (node for node in parent if isinstance(node.tag, str))
