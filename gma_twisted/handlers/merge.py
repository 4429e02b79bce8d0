"""Elements that tell parts of one thing, made one element."""

from collections.abc import Iterator

from zope.interface import implementer

from gma_twisted.handlers.paths import ElementPath, TextPath
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import Element, canonicalElement, valueOfRun
from gma_twisted.model import ProviderRun, ServiceDataElement

__all__ = ["MergeHandler"]


@implementer(IResultHandler)
class MergeHandler:
    """
    The document as one value, like the default, in which some elements are merged: several C{Host} of one name, each
    with what one tool knows of it, become one C{Host} with all of it. The first stays, in its place, and takes over the
    children of the others, each once, and the attributes it has not. Its text stays.

    Example: C{handler_arguments = { children = "Host", key = "@Name" }}
    """

    def __init__(self, children: str, key: str = "") -> None:
        """
        @param children: path of L{ElementPath}, from the root; those of one parent are merged
        @param key: path of L{TextPath} from each of them: those of one key are merged, those without are left alone;
            empty merges all
        @raise ParameterError: one of them is no path
        """
        self._children = ElementPath.parse(children)
        self._key = TextPath.parse(key) if key else None

    def handle(self, document: Element, run: ProviderRun) -> Iterator[ServiceDataElement]:
        """@raise TooLarge: the document declares very much around what is merged"""
        what = f"output of provider {run.provider}"
        read = None if self._key is None else self._key.reader(document)
        firsts: dict[tuple[Element | None, str], Element] = {}
        # Of each first that others were merged into: its children, to tell which of theirs it has.
        held: dict[Element, set[bytes]] = {}
        for child in list(self._children.find(document, what)):
            key = "" if read is None else read(child)
            if read is not None and not key:
                continue
            parent = child.getparent()
            first = firsts.setdefault((parent, key), child)
            if first is not child and parent is not None:
                if first not in held:
                    held[first] = {_content(one) for one in first}
                _merge(child, first, held[first])
                parent.remove(child)
        yield valueOfRun(document, run)


def _merge(other: Element, first: Element, held: set[bytes]) -> None:
    for name, value in other.attrib.items():
        if name not in first.attrib:
            first.set(name, value)
    for child in list(other):
        content = _content(child)
        if content not in held:
            held.add(content)
            first.append(child)


def _content(child: Element) -> bytes:
    child.tail = None
    return canonicalElement(child)
