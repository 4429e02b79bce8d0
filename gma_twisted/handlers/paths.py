"""Paths in the arguments of handlers: to children, and to the text or attribute that tells them apart."""

import re
from collections.abc import Callable, Iterator

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.markup import Element, nameOf
from gma_twisted.model import QName

__all__ = ["ElementPath", "TextPath", "boundScope"]

_LONGEST = 1024
_BETWEEN = re.compile(r"/(?![^{}]*\})")
_CURE = 'write a path such as "Queue", "Queues/{urn:example}Queue" or, for an attribute, "@name"'
_SCOPE = 8 * 1024


@attrs.frozen(slots=True)
class ElementPath:
    """
    The way to elements: names with C{/} between them, from an element downwards. A name without a namespace is in that
    of the document's root.

    @ivar steps: in Clark notation or without a namespace
    """

    steps: tuple[QName, ...]

    @classmethod
    def parse(cls, text: str) -> "ElementPath":
        """Read one. @raise ParameterError: it is none; the message quotes it"""
        return cls(tuple([_step(step, text) for step in _split(text)]))

    def under(self, document: Element) -> str:
        """The same for the C{find} methods of elements of a document."""
        namespace = nameOf(document).namespace
        return "/".join(
            [
                (one if one.namespace else QName(namespace, one.localName)).clark
                for one in self.steps
            ]
        )

    def find(self, document: Element, what: str) -> Iterator[Element]:
        """
        The elements it leads to from the root, in the order of the document.

        @param what: names the document in the error
        @raise TooLarge: as L{boundScope}
        """
        parent = None
        for found in document.iterfind(self.under(document)):
            above = found.getparent()
            if above is not None and above is not parent:
                parent = above
                boundScope(parent, what)
            yield found


@attrs.frozen(slots=True)
class TextPath:
    """
    The way to a text: of an element, or of an attribute when the last step is C{@name}, of the element itself when no
    other step is before it. An attribute's name without a namespace is in none.

    @ivar elements: C{None} for an attribute of the element itself
    @ivar attribute: in Clark notation; empty for the element's text
    """

    elements: ElementPath | None
    attribute: str = ""

    @classmethod
    def parse(cls, text: str) -> "TextPath":
        """Read one. @raise ParameterError: it is none; the message quotes it"""
        steps = _split(text)
        attribute = ""
        if steps[-1].startswith("@"):
            attribute = _step(steps.pop()[1:], text).clark
        elements = ElementPath(tuple([_step(step, text) for step in steps])) if steps else None
        return cls(elements, attribute)

    def reader(self, document: Element) -> Callable[[Element], str]:
        """
        Reads the text from elements of a document: of the first place it leads to, without blanks around it, empty
        where it leads to none.
        """
        attribute = self.attribute
        if self.elements is None:
            return lambda one: one.get(attribute, "").strip()
        path = self.elements.under(document)
        if not attribute:
            return lambda one: (one.findtext(path) or "").strip()

        def read(one: Element) -> str:
            found = one.find(path)
            return "" if found is None else found.get(attribute, "").strip()

        return read


def boundScope(parent: Element, what: str) -> None:
    """
    Have a document refused in which every child would be written out with very much that is declared around it.

    @param parent: whose children are made values
    @param what: names the document in the error
    @raise TooLarge: it is so
    """
    if sum(len(uri) for uri in parent.nsmap.values()) > _SCOPE:
        raise TooLarge(
            f"{what} declares namespaces of more than {_SCOPE} characters around {cut(parent.tag)}"
        )


def _split(text: str) -> list[str]:
    if len(text) > _LONGEST:
        raise ParameterError(f'the path "{cut(text)}" is longer than {_LONGEST} characters')
    return _BETWEEN.split(text)


def _step(step: str, text: str) -> QName:
    try:
        return QName.parse(step)
    except ParameterError as error:
        raise ParameterError(
            f'"{cut(text)}" is no path to elements: {error.what}', cure=_CURE
        ) from None
