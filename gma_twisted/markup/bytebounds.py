"""What the bytes of a document prove of it, before it becomes a tree and after (RELIABILITY, XML).

A tree takes forty times its document: what cannot pass must not become one, and what passes for certain needs no walk.
"""

import re
from collections.abc import Iterator

import attrs

__all__ = ["BUT_SIGNS", "NAME_RUNS", "ByteBounds"]

NAME_RUNS = bytes(0 if chr(byte) in "\t\n\r <>/=\"'" else 1 for byte in range(256))
"""For C{bytes.translate}: a name of many bytes becomes a run of as many ones, found by one search."""

BUT_SIGNS = bytes(byte for byte in range(256) if byte not in b"<=")
"""For C{bytes.translate}, to take out: what is left are the signs that begin tags and values."""


_SPANS = bytes(0 if byte == ord("<") else 1 for byte in range(256))
# A declared prefix stands in the document as it is; what a text says like it is taken for one more.
_PREFIX = re.compile(rb"xmlns(?::([^\s=]*))?")
# Of a comment or a CDATA section that does not end, the rest of the document: searching on would be quadratic.
_HIDDEN = re.compile(rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_TAG = re.compile(rb"""(?:[^"'<>]++|"[^"]*+"|'[^']*+')*+>""")
_VALUE = re.compile(rb"""=\s*+("[^"]*+"|'[^']*+')""")
_SHORTEST_ATTRIBUTE = len(" a=''")


@attrs.define(slots=True)
class ByteBounds:
    """
    One document's bytes, counted.

    Each answer is right for every document that is well-formed and has neither DTD nor processing instruction; of any
    other it may be any, as that one is refused for what it is.

    @ivar data: UTF-8
    @ivar signs: what is left of it without L{BUT_SIGNS}: a tag, or a text, is "<" and its equals signs
    """

    data: bytes
    signs: bytes = attrs.field(repr=False)
    _spans: bytes | None = attrs.field(default=None, init=False, repr=False)
    _shown: bytes | None = attrs.field(default=None, init=False, repr=False)

    @signs.default
    def _signsOf(self) -> bytes:
        return self.data.translate(None, BUT_SIGNS)

    def hasMoreElements(self, bound: int) -> bool:
        """@return: whether the document has more elements than that"""
        return (
            self.signs.count(b"<") > bound
            and _elements(self.data) > bound
            and _elements(self._visible()) > bound
        )

    def hasMoreAttributes(self, bound: int) -> bool:
        """@return: whether an element has more attributes and namespace declarations than that"""
        if not self.mayHaveMoreAttributes(bound):
            return False
        count = bound + 1
        # Possessive, and begun only where enough bytes follow a "<": linear, and quick for all other tags.
        tag = re.compile(
            rb"""<(?=[^<?][^<]{%d})(?:[^"'=<>]*+=\s*+(?:"[^"]*+"|'[^']*+')){%d}"""
            % (_SHORTEST_ATTRIBUTE * count, count)
        )
        return tag.search(self.data) is not None and tag.search(self._visible()) is not None

    def mayHaveMoreAttributes(self, bound: int) -> bool:
        """@return: C{False} where certainly no element has more attributes and declarations than that"""
        return b"=" * (bound + 1) in self.signs

    def mayBeDeeper(self, depth: int) -> bool:
        """@return: C{False} where certainly no element is nested deeper than that"""
        return self.signs.count(b"<") > depth

    def mayHaveMorePrefixes(self, bound: int) -> bool:
        """@return: C{False} where the document certainly declares at most so many different prefixes"""
        # One letter is counted ten times faster than the word.
        if self.data.count(b"x") <= bound or self.data.count(b"xmlns") <= bound:
            return False
        return len(set(_PREFIX.findall(self.data))) > bound

    def hasLongerSpan(self, length: int) -> bool:
        """@return: whether a tag with the text behind it, or a piece of a comment or a section, is longer than that"""
        if len(self.data) <= length:
            return False
        if self._spans is None:
            self._spans = self.data.translate(_SPANS)
        return b"\1" * (length + 1) in self._spans

    def valuesFrom(self, length: int) -> Iterator[bytes]:
        """@return: as they stand, quotes too, the values of attributes and declarations longer than that"""
        for span in self._spansFrom(length):
            tag = _TAG.match(span)
            if tag is not None and tag.end() > length:
                yield from (one for one in _VALUE.findall(tag[0]) if len(one) - 2 > length)

    def namesFrom(self, length: int) -> Iterator[bytes]:
        """@return: the local names of elements and attributes that have more bytes than that"""
        run = b"\1" * (length + 1)
        for span in self._spansFrom(length):
            tag = _TAG.match(span) if run in span.translate(NAME_RUNS) else None
            if tag is not None:
                names = _VALUE.sub(b" ", tag[0]).strip(b"/>").split()
                locals_ = (name.rpartition(b":")[2] for name in names)
                yield from (one for one in locals_ if len(one) > length)

    def _spansFrom(self, length: int) -> list[bytes]:
        if not self.hasLongerSpan(length):
            return []
        return re.findall(rb"<([^<?][^<]{%d,}+)" % length, self._visible())

    def _visible(self) -> bytes:
        if self._shown is None:
            self._shown = _HIDDEN.sub(b"", self.data) if b"<!" in self.data else self.data
        return self._shown


def _elements(data: bytes) -> int:
    # Comments and sections may hold what looks like more.
    return data.count(b"<") - data.count(b"</") - data.count(b"<!") - data.count(b"<?")
