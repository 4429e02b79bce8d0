"""ogsi:QNamesType: a list of names, in the shapes the standard and its users gave it (OGSI 1.0, 9.2; WIRE 3)."""

from collections.abc import Iterator, Sequence

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import OGSI, XML, XSI
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import QName
from gma_twisted.soap.types.scalar import QNAME

__all__ = ["QNAMES"]

_NAME = (f"{{{OGSI}}}name", "name")
_NAMES = (f"{{{OGSI}}}names", "names")
# xsi:type comes or not, xml:lang from some toolkits; neither changes what is named.
_IGNORED = (f"{{{XSI}}}", f"{{{XML}}}")


class _QNamesType:
    """Names as C{ogsi:name} children, or as a list in the attribute C{names}; written as children."""

    xsd = QName(OGSI, "QNamesType")

    def read(self, element: Element) -> Sequence[QName]:
        """
        The names, attribute first, in order.

        @raise ParameterError: a malformed name, or something that is none
        """
        return tuple(self._names(element))

    def _names(self, element: Element) -> Iterator[QName]:
        _checkAttributes(element, _NAMES)
        _checkText(element.text)
        for attribute in _NAMES:
            for text in element.get(attribute, "").split():
                yield readQName(text, element.nsmap)
        for node in element:
            if node.tag not in _NAME or len(node):
                raise ParameterError(
                    f'"{cut(nameOf(node))}" is no ogsi:name with a name as its text'
                )
            _checkAttributes(node, ())
            _checkText(node.tail)
            yield QNAME.read(node)

    def write(self, tag: str, value: Sequence[QName]) -> bytes:
        """One element with a child for each name."""
        names = b"".join(QNAME.write("ogsi:name", name) for name in value)
        return b"<%b>%b</%b>" % (tag.encode(), names, tag.encode())


QNAMES = _QNamesType()


def _checkAttributes(node: Element, known: Sequence[str]) -> None:
    for attribute in node.attrib:
        name = str(attribute)
        if name not in known and not name.startswith(_IGNORED):
            raise ParameterError(f'{nameOf(node).localName} has no attribute "{cut(name)}"')


def _checkText(text: str | None) -> None:
    if text is not None and text.strip():
        raise ParameterError(
            f'"{cut(text.strip(), 40)}" stands between the names; each goes into an ogsi:name'
        )
