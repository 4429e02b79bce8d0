"""The XML gate: the only door for XML from the network, a program or a file (RELIABILITY, Gates).

No DTD, no processing instruction, XML 1.0, UTF-8 or UTF-16, and a bound on everything that can grow.
"""

import codecs
import re
from collections.abc import Callable
from typing import cast

import attrs
from lxml import etree

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.markup.bytebounds import BUT_SIGNS, NAME_RUNS, ByteBounds
from gma_twisted.markup.declarations import refuseDeclarations
from gma_twisted.markup.names import forgetNames

__all__ = ["DEFAULT_LIMITS", "MESSAGE_LIMITS", "RENEWAL", "Element", "XMLGate", "XMLLimits"]

Element = etree._Element
"""The tree type every room above names; made only here and in L{gma_twisted.markup.build}."""

_DECLARATION = re.compile(
    rb"""<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')"""
    rb"""(?:\s+encoding\s*=\s*(?:"(?P<a>[\w.\-]+)"|'(?P<b>[\w.\-]+)'))?"""
    rb"""(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>"""
)
_USUAL = (
    b'<?xml version="1.0" encoding="utf-8"?>',
    b'<?xml version="1.0" encoding="UTF-8"?>',
)
# A long name shows in every seventh byte as well; an even step falls in with what is indented.
_STEP = 7
_BANG, _QUESTION, _LESS = b"!?<"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SMALL = 64 * 1024
_FEW = 64
# Bytes that one more takes at least: a level "<a></a>", an element "<a/>", an attribute " a=''", a declaration of a
# prefix " xmlns:a=''".
_LEVEL, _ELEMENT, _ATTRIBUTE, _DECLARED = 7, 4, 5, 11
_RESOURCE_LIMIT = 114
_NAME_TOO_LONG = 110
_LIBXML2_DEPTH = 256
_CROWDED = etree.XPath("boolean(//*[count(@*) > $most])")
_LONG_TEXTS = etree.XPath("//text()[string-length() > $length]", smart_strings=False)

RENEWAL = 32 * 1024 * 1024
"""Bytes a gate reads before libxml2 forgets the names it saw (L{gma_twisted.markup.names})."""


@attrs.frozen(slots=True)
class XMLLimits:
    """
    What a document may be at most.

    @ivar size: bytes of the document as received
    @ivar depth: elements on the way from the root to a leaf
    @ivar attributes: attributes of one element
    @ivar namespaces: namespace declarations in scope of one element
    @ivar elements: elements of the document
    @ivar attribute: bytes of an attribute value or a namespace URI
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
"""For what programs and files hold, read once in an interval."""

MESSAGE_LIMITS = XMLLimits(size=1088 * 1024)
"""
For messages, which anybody may send in any number: each is parsed in one piece while the node does nothing else. A
mebibyte of values and its envelope fit.

Plain values take 15 ms a mebibyte. The costliest mebibytes that pass took 20 to 70 ms (100,000 elements, 64 levels,
190,000 attributes), those that declare more prefixes than may be in scope at once 80 to 140; half as much stayed
below 50. Eight mebibytes took half a second.
"""


def _newParser() -> etree.XMLParser:
    return etree.XMLParser(
        # Without it libxml2 guesses UTF-16 and UTF-32 from the first bytes, past the search for "<!".
        encoding="utf-8",
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
    @ivar renewal: bytes read before the names libxml2 remembers are forgotten; C{RENEWAL} by default
    """

    limits: XMLLimits = DEFAULT_LIMITS
    renewal: int = RENEWAL
    _parser: etree.XMLParser = attrs.field(factory=_newParser, init=False, repr=False)
    _read: int = attrs.field(default=0, init=False, repr=False)
    _small: int = attrs.field(init=False, repr=False)
    _few: int = attrs.field(init=False, repr=False)
    _longRun: bytes = attrs.field(init=False, repr=False)
    _shortRun: bytes = attrs.field(init=False, repr=False)
    _span: int = attrs.field(init=False, repr=False)
    _tiny: int = attrs.field(init=False, repr=False)
    _isDeeper: Callable[[Element], object] | None = attrs.field(
        default=None, init=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        limits = self.limits
        self._small = min(_SMALL, limits.attribute, limits.text)
        self._longRun = b"\1" * (limits.name + 1)
        self._shortRun = self._longRun[: len(self._longRun) // _STEP]
        self._few = min(_FEW, limits.depth, limits.attributes, limits.namespaces, limits.elements)
        # Longer than that is a name, or a tag of attributes, that does not pass; neither has a "<" inside.
        self._span = min(limits.name, _ATTRIBUTE * limits.attributes)
        self._tiny = min(
            2 * self._span,
            self._small,
            _LEVEL * limits.depth,
            _DECLARED * limits.namespaces,
            _ELEMENT * limits.elements,
        )

    def parse(self, data: bytes, what: str = "document") -> Element:
        """
        Let a document in.

        @param data: the whole document; UTF-16 needs its byte order mark
        @param what: how error messages name it (C{"message"}, C{"output of provider disk"})
        @return: the root
        @raise ParameterError: not well-formed, a DTD, a processing instruction, another XML version or encoding
        @raise TooLarge: one of the L{limits} is passed; the message names it
        """
        size = len(data)
        if size > self.limits.size:
            raise TooLarge(f"{what} is larger than {self.limits.size} bytes")
        self._read += size
        if self._read > self.renewal:
            self._read = 0
            forgetNames()
            self._parser = _newParser()
        start = 0
        # Without a question mark there is neither a declaration nor an instruction: a search for one byte, given as a
        # number, is ten times faster than one for two, and mostly finds nothing.
        mayInstruct = _QUESTION in data
        if mayInstruct or data[:1] != b"<":
            data, start = _begun(data, what)
            size = len(data)
            mayInstruct = data.find(_QUESTION, start) >= 0 and data.find(b"<?", start) >= 0
        bounds = None
        span = self._span
        # What passes a limit other than that of all bytes has many of them, or a span without "<" longer than so much,
        # which in so few bytes reaches over their middle. Of fewer than the span, where one looks proves as much.
        if size > self._tiny or data.find(_LESS, size - span - 1, span + 1) < 0:
            # Both signs counted at once; two counts take twice as long, and find less.
            signs = data.translate(None, BUT_SIGNS)
            if size > self._small or len(signs) >= self._few or self._hasLongRun(data):
                bounds = ByteBounds(data, signs)
                self._refuseMany(bounds, what)
        # Comments and CDATA, too, begin like this.
        if mayInstruct or (_BANG in data and data.find(b"<!", start) >= 0):
            refuseDeclarations(data, start, what)
        try:
            self._parser.feed(data)
            root = self._parser.close()
        except etree.XMLSyntaxError as error:
            raise self._refusal(error, what) from None
        if bounds is not None:
            self._measure(root, bounds, what)
        return root

    def _hasLongRun(self, data: bytes) -> bool:
        # The bytes looked at first mostly prove that there is none; find is faster than the operator.
        return (
            data[::_STEP].translate(NAME_RUNS).find(self._shortRun) >= 0
            and data.translate(NAME_RUNS).find(self._longRun) >= 0
        )

    def _refusal(self, error: etree.XMLSyntaxError, what: str) -> ParameterError | TooLarge:
        # libxml2 has bounds of its own, a little beyond ours and found before ours are looked at.
        if error.code == _NAME_TOO_LONG:
            return TooLarge(f"{what}: a name is longer than {self.limits.name} characters")
        if error.code == _RESOURCE_LIMIT:
            if "depth" in str(error):
                return TooLarge(f"{what} is nested deeper than {self.limits.depth} elements")
            return TooLarge(f"{what}: a text or an attribute is longer than the parser allows")
        return ParameterError(f"{what} is not well-formed XML: {_syntax(error)}")

    def _refuseMany(self, bounds: ByteBounds, what: str) -> None:
        limits = self.limits
        if bounds.hasMoreElements(limits.elements):
            raise TooLarge(f"{what} has more than {limits.elements} elements")
        # The one declaration more is of the prefix xml, which libxml2 does not count.
        if bounds.hasMoreAttributes(limits.attributes + limits.namespaces + 1):
            raise TooLarge(
                f"{what}: an element has more than {limits.attributes} attributes"
                f" or declares more than {limits.namespaces} namespaces"
            )

    def _measure(self, root: Element, bounds: ByteBounds, what: str) -> None:
        # The walks are libxml2's own: in Python they took longer than the parse.
        limits, data = self.limits, bounds.data
        if bounds.mayBeDeeper(limits.depth) and self._isTooDeep(root):
            raise TooLarge(f"{what} is nested deeper than {limits.depth} elements")
        if bounds.mayHaveMoreAttributes(limits.attributes) and _CROWDED(
            root, most=limits.attributes
        ):
            raise TooLarge(f"{what}: an element has more than {limits.attributes} attributes")
        self._measureValues(bounds, what)
        if bounds.mayHaveMorePrefixes(limits.namespaces):
            self._measureNamespaces(root, what)
        # Sections and text around comments become one text, so that where "<!" stands no piece tells its length.
        hasLongText = len(data) > limits.text and (
            b"<!" in data or bounds.hasLongerSpan(limits.text)
        )
        if hasLongText and _hasLongText(root, limits.text):
            raise TooLarge(f"{what}: a text is longer than {limits.text} bytes")
        if self._hasLongRun(data):
            self._measureNames(bounds, what)

    def _isTooDeep(self, root: Element) -> bool:
        depth = self.limits.depth
        if depth >= _LIBXML2_DEPTH:
            return False
        # One step a level visits each element once; counting the ancestors of each took thirty times as long.
        if self._isDeeper is None:
            self._isDeeper = etree.XPath(f"boolean({'/*' * (depth + 1)})")
        return bool(self._isDeeper(root))

    def _measureValues(self, bounds: ByteBounds, what: str) -> None:
        most = self.limits.attribute
        for written in bounds.valuesFrom(most):
            # References are shorter once read; the document is well-formed, so this value is.
            read = etree.fromstring(b"<a a=" + written + b"/>", self._parser).get("a", "")
            if len(read.encode()) > most:
                raise TooLarge(f"{what}: an attribute is longer than {most} bytes")

    def _measureNames(self, bounds: ByteBounds, what: str) -> None:
        most = self.limits.name
        if any(len(name.decode()) > most for name in bounds.namesFrom(most)):
            raise TooLarge(f"{what}: a name is longer than {most} characters")

    def _measureNamespaces(self, root: Element, what: str) -> None:
        # An element's nsmap walks up to the root each time; these events come in O(1) a declaration.
        limits = self.limits
        prefixes: list[str] = []
        inScope: dict[str, int] = {}
        for event, declared in etree.iterwalk(root, events=("start-ns", "end-ns")):
            if event == "end-ns":
                prefix = prefixes.pop()
                inScope[prefix] -= 1
                if not inScope[prefix]:
                    del inScope[prefix]
                continue
            prefix = cast(tuple[str, str], declared)[0]
            prefixes.append(prefix)
            inScope[prefix] = inScope.get(prefix, 0) + 1
            if len(inScope) > limits.namespaces:
                raise TooLarge(f"{what}: more than {limits.namespaces} namespaces are in scope")


def _hasLongText(root: Element, bound: int) -> bool:
    # A character takes four bytes at most: what is a candidate is encoded to know.
    candidates = cast(list[str], _LONG_TEXTS(root, length=bound // 4))
    return any(len(one.encode()) > bound for one in candidates)


def _begun(data: bytes, what: str) -> tuple[bytes, int]:
    """@return: the document in UTF-8, and where it begins behind byte order mark and declaration"""
    start = 0
    if data[:1] != b"<":
        if data[:2] in _UTF16:
            data = _transcoded(data, what)
        start = 3 if data[:3] == codecs.BOM_UTF8 else 0
    if data.startswith(b"<?xml", start):
        usual = data.startswith(_USUAL, start)
        start = start + len(_USUAL[0]) if usual else _afterDeclaration(data, start, what)
    return data, start


def _afterDeclaration(data: bytes, start: int, what: str) -> int:
    found = _DECLARATION.match(data, start)
    if found is None:
        raise ParameterError(f"{what}: the XML declaration is not one of XML 1.0")
    encoding = found["a"] or found["b"] or b"utf-8"
    if encoding.lower() not in (b"utf-8", b"utf8"):
        raise ParameterError(f"{what}: encoding {cut(encoding, 40)} is not accepted, send UTF-8")
    return found.end()


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


def _syntax(error: etree.XMLSyntaxError) -> str:
    # libxml2's text can quote the document and name files; its position and kind are all a caller needs.
    line, column = error.position
    return f"line {line}, column {column}"
