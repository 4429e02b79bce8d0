"""The XML gate: the only door for XML from the network, a program or a file (RELIABILITY, Gates).

No DTD, no processing instruction, XML 1.0, UTF-8 or UTF-16, and a bound on everything that can grow.
"""

import codecs
import re
from xml.parsers import expat

import attrs
from lxml import etree

from gma_twisted.errors import ParameterError, TooLarge, cut

__all__ = ["DEFAULT_LIMITS", "Element", "XMLGate", "XMLLimits"]

Element = etree._Element
"""The tree type every room above names; made only here and in L{gma_twisted.markup.build}."""

_DECLARATION = re.compile(
    rb"""<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')"""
    rb"""(?:\s+encoding\s*=\s*(?:"(?P<a>[\w.\-]+)"|'(?P<b>[\w.\-]+)'))?"""
    rb"""(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>"""
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SMALL = 64 * 1024
_FEW = 64


@attrs.frozen(slots=True)
class XMLLimits:
    """
    What a document may be at most.

    @ivar size: bytes of the document as received
    @ivar depth: elements on the way from the root to a leaf
    @ivar attributes: attributes of one element
    @ivar namespaces: namespace declarations in scope of one element
    @ivar elements: elements of the document
    @ivar attribute: bytes of an attribute value
    @ivar text: bytes of one run of text
    @ivar name: characters of a local name
    """

    size: int = 8 * 1024 * 1024
    depth: int = 64
    attributes: int = 64
    namespaces: int = 64
    elements: int = 100_000
    attribute: int = 64 * 1024
    text: int = 1024 * 1024
    name: int = 256


DEFAULT_LIMITS = XMLLimits()


def _newParser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=False,
        strip_cdata=True,
        collect_ids=False,
    )


@attrs.define(slots=True)
class XMLGate:
    """
    One hardened parser, reused: making a new one costs a third of the parse (PERFORMANCE).

    Not for several threads at once. Comments are dropped, CDATA becomes text.

    @ivar limits: what passes
    """

    limits: XMLLimits = DEFAULT_LIMITS
    _parser: etree.XMLParser = attrs.field(factory=_newParser, init=False, repr=False)

    def parse(self, data: bytes, what: str = "document") -> Element:
        """
        Let a document in.

        @param data: the whole document; UTF-16 needs its byte order mark
        @param what: how error messages name it (C{"message"}, C{"output of provider disk"})
        @return: the root
        @raise ParameterError: not well-formed, a DTD, a processing instruction, another XML version or encoding
        @raise TooLarge: one of the L{limits} is passed; the message names it
        """
        if len(data) > self.limits.size:
            raise TooLarge(f"{what} is larger than {self.limits.size} bytes")
        if data[:2] in _UTF16:
            data = _transcoded(data, what)
        start = 3 if data[:3] == codecs.BOM_UTF8 else 0
        if data.startswith(b"<?xml", start):
            found = _DECLARATION.match(data, start)
            if found is None:
                raise ParameterError(f"{what}: the XML declaration is not one of XML 1.0")
            encoding = found["a"] or found["b"] or b"utf-8"
            if encoding.lower() not in (b"utf-8", b"utf8"):
                raise ParameterError(
                    f"{what}: encoding {cut(encoding, 40)} is not accepted, send UTF-8"
                )
            start = found.end()
        # Only comments and CDATA may begin like this; expat tells them from a DTD, at the price of a parse.
        if data.find(b"<!", start) >= 0 or data.find(b"<?", start) >= 0:
            _refuseDeclarations(data, what)
        try:
            root = etree.fromstring(data, self._parser)
        except etree.XMLSyntaxError as error:
            raise ParameterError(f"{what} is not well-formed XML: {_syntax(error)}") from None
        if len(data) > _SMALL or data.count(b"<") >= _FEW or data.count(b"=") >= _FEW:
            self._measure(root, what)
        return root

    def _measure(self, root: Element, what: str) -> None:
        limits = self.limits
        count = 0
        depth = 1
        # iterwalk's events cost a tuple each; a pair of stacks is the cheapest exact walk (measured).
        stack = [(root, 1)]
        while stack:
            element, depth = stack.pop()
            count += 1
            if depth > limits.depth:
                raise TooLarge(f"{what} is nested deeper than {limits.depth} elements")
            if count > limits.elements:
                raise TooLarge(f"{what} has more than {limits.elements} elements")
            if len(_localName(element.tag)) > limits.name:
                raise TooLarge(f"{what}: an element's name is longer than {limits.name} characters")
            self._measureAttributes(element, what)
            for text in (element.text, element.tail):
                if text is not None and len(text) > limits.text // 4:
                    self._measureText(text, what)
            stack.extend((child, depth + 1) for child in element)

    def _measureText(self, text: str, what: str) -> None:
        if len(text.encode()) > self.limits.text:
            raise TooLarge(f"{what}: a text is longer than {self.limits.text} bytes")

    def _measureAttributes(self, element: Element, what: str) -> None:
        limits = self.limits
        attributes = element.attrib
        if len(attributes) > limits.attributes:
            raise TooLarge(f"{what}: an element has more than {limits.attributes} attributes")
        for name, value in attributes.items():
            if len(_localName(name)) > limits.name:
                raise TooLarge(
                    f"{what}: an attribute's name is longer than {limits.name} characters"
                )
            if len(value) > limits.attribute // 4 and len(value.encode()) > limits.attribute:
                raise TooLarge(f"{what}: an attribute is longer than {limits.attribute} bytes")
        parent = element.getparent()
        # nsmap walks up to the root each time: only where declarations were added can the count have grown.
        if (parent is None or element.nsmap != parent.nsmap) and len(
            element.nsmap
        ) > limits.namespaces:
            raise TooLarge(f"{what}: more than {limits.namespaces} namespaces are in scope")


def _localName(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _transcoded(data: bytes, what: str) -> bytes:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        raise ParameterError(f"{what} begins as UTF-16 and is not") from None
    if text.startswith("<?xml"):
        declaration, end, rest = text.partition("?>")
        asBytes = (declaration + end).encode("utf-8", "replace")
        found = _DECLARATION.match(asBytes)
        encoding = (found["a"] or found["b"] or b"utf-16") if found else b""
        if encoding.lower() not in (b"utf-16", b"utf-16le", b"utf-16be"):
            raise ParameterError(
                f"{what}: a UTF-16 document declares another encoding or XML version"
            )
        text = rest.lstrip()
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ParameterError(f"{what} begins as UTF-16 and is not") from None


def _refuseDeclarations(data: bytes, what: str) -> None:
    def doctype(*_: object) -> None:
        raise ParameterError(f"{what} has a DOCTYPE; document type declarations are not accepted")

    def instruction(target: str, _: str) -> None:
        raise ParameterError(
            f"{what} has a processing instruction <?{cut(target, 40)}?>; none are accepted"
        )

    filter_ = expat.ParserCreate()
    filter_.StartDoctypeDeclHandler = doctype
    filter_.ProcessingInstructionHandler = instruction
    try:
        filter_.Parse(data, True)
    except expat.ExpatError as error:
        raise ParameterError(
            f"{what} is not well-formed XML: {expat.ErrorString(error.code)}"
            f" (line {error.lineno}, column {error.offset + 1})"
        ) from None


def _syntax(error: etree.XMLSyntaxError) -> str:
    # libxml2's text can quote the document and name files; its position and kind are all a caller needs.
    line, column = error.position
    return f"line {line}, column {column}"
