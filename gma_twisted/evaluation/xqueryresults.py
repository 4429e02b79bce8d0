"""What a query gave, as it goes into an answer: nodes as elements, everything else as C{gma:result}."""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import attrs

from gma_twisted.errors import ExtensibilityTypeError, cut
from gma_twisted.evaluation.results import Results, writeResult, writeString
from gma_twisted.evaluation.saxon import Saxon, Value
from gma_twisted.markup import escapeAttribute
from gma_twisted.markup.namespaces import PREFIXES, XML

__all__ = ["ResultWriter"]

# What Saxon calls the elements of some items that may be values.
_NAMES = """\
function($found, $first, $count) {
  string-join(
    for $item in subsequence($found, $first, $count)
    return if ($item instance of element() and $item/parent::document-node()) then generate-id($item) else '-', ' ')
}"""
_OTHER, _WHOLE = "-", "+"
# Those of some items that are marked, all without marks: as XML when all are elements, otherwise as JSON, for each
# one or more [kind, text, what the kind needs].
_WRITING = """\
declare variable $xml := map { 'method': 'xml', 'omit-xml-declaration': true(), 'indent': false() };
declare variable $separator := map { 'item-separator': 'SEPARATOR' };
declare variable $json := map { 'method': 'json', 'indent': false() };
declare function local:said($item as item()) as array(xs:string) {
  typeswitch ($item)
    case element() return ['element', serialize($item, $xml)]
    case attribute() return ['attribute', string($item),
      if (namespace-uri($item)) then concat('{', namespace-uri($item), '}', local-name($item)) else local-name($item)]
    case node() return ['xsd:string', string($item)]
    case map(*) | array(*) return
      try { ['json', serialize($item, $json)] } catch * { ['failed', $err:description] }
    case function(*) return ['function', string(function-name($item)), string(function-arity($item))]
    case xs:QName return ['xsd:QName', string($item), string(namespace-uri-from-QName($item))]
    case xs:integer return ['xsd:integer', string($item)]
    case xs:decimal return ['xsd:decimal', string($item)]
    case xs:double return ['xsd:double', string($item)]
    case xs:float return ['xsd:float', string($item)]
    case xs:boolean return ['xsd:boolean', string($item)]
    case xs:dateTime return ['xsd:dateTime', string($item)]
    case xs:date return ['xsd:date', string($item)]
    case xs:time return ['xsd:time', string($item)]
    case xs:duration return ['xsd:duration', string($item)]
    case xs:gYear return ['xsd:gYear', string($item)]
    case xs:gYearMonth return ['xsd:gYearMonth', string($item)]
    case xs:gMonth return ['xsd:gMonth', string($item)]
    case xs:gMonthDay return ['xsd:gMonthDay', string($item)]
    case xs:gDay return ['xsd:gDay', string($item)]
    case xs:base64Binary return ['xsd:base64Binary', string($item)]
    case xs:hexBinary return ['xsd:hexBinary', string($item)]
    case xs:anyURI return ['xsd:anyURI', string($item)]
    default return ['xsd:string', string($item)]
};
function($found, $first, $count, $marks) {
  let $some := subsequence($found, $first, $count)
  let $marked := string-to-codepoints($marks)
  let $items :=
    if (empty($marked)) then $some
    else for $item at $place in $some where $marked[$place] eq OTHER return $item
  return
    if (every $item in $items satisfies $item instance of element())
    then serialize($items, map:merge(($xml, $separator)))
    else
      serialize(array {
        $items ! array { (if (. instance of document-node()) then node() else .) ! local:said(.) }
      }, $json)
}"""

# Items of the first turn; after that as many as have about so many characters.
_FEW = 16
_MANY = 2000
_TURN = 1024 * 1024

Finder = Callable[[str], Callable[[], bytes] | None]
"""By what Saxon calls a node: writes the value that it is, C{None} when it is none."""

_XMLNS = "http://www.w3.org/2000/xmlns/"
# No name can bring its own namespace for these.
_BOUND = {"xml": XML, "xmlns": _XMLNS, **PREFIXES}


@attrs.define(slots=True, eq=False)
class ResultWriter:
    """
    Writes results, some at a time: an answer that becomes too large is noticed before all of it is there.

    @ivar saxon: the one that gave them
    """

    saxon: Saxon
    _separator: str = attrs.field(init=False, repr=False)
    _names: Callable[..., Value] = attrs.field(init=False, repr=False)
    _writing: Callable[..., Value] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # Nobody knows it beforehand; who has it in a value nevertheless only finds two results there.
        self._separator = f"\ue000{secrets.token_hex(8)}\ue000"
        writing = _WRITING.replace("SEPARATOR", self._separator).replace("OTHER", str(ord(_OTHER)))
        self._names = self.saxon.function(_NAMES)
        self._writing = self.saxon.function(writing)

    def write(self, found: Value, results: Results, find: Finder | None = None) -> None:
        """
        Write all that a query gave, in order.

        A document is the nodes in it, a text or a comment a string, an attribute a string that names it; a map or an
        array is JSON.

        @param found: C{None} when that is nothing
        @param find: knows values that need not be serialised: their bytes are there
        @raise ExtensibilityTypeError: something among it cannot be sent: a function, what JSON cannot say, a
            processing instruction
        @raise TooLarge: see L{Results.add}
        """
        size = 0 if found is None else found.size
        done = 0
        written = 0
        turn = _FEW
        while done < size:
            turn = min(turn, size - done)
            for piece in self._some(found, done, turn, find):
                written += len(piece)
                results.add(piece)
            done += turn
            turn = max(1, min(_MANY, _TURN * done // max(1, written)))

    def _some(self, found: Value, done: int, count: int, find: Finder | None) -> Iterable[bytes]:
        wholes: Sequence[Callable[[], bytes] | None] = ()
        if find is not None:
            number = self.saxon.number
            # Not its string_value: saxonche does not give that memory back (13.1.1).
            names = str(self._names(found, number(done + 1), number(count)))
            wholes = [find(name) for name in names.split(" ")]
        if not any(wholes):
            return chain.from_iterable(self._others(found, done, count, ""))
        others: Iterator[Iterable[bytes]] = iter(())
        if None in wholes:
            marks = "".join([_OTHER if write is None else _WHOLE for write in wholes])
            others = self._others(found, done, count, marks)
        return chain.from_iterable(
            next(others) if write is None else (write(),) for write in wholes
        )

    def _others(self, found: Value, done: int, count: int, marks: str) -> Iterator[Iterable[bytes]]:
        number, marked = self.saxon.number, self.saxon.text(marks)
        text = str(self._writing(found, number(done + 1), number(count), marked))
        if text.startswith("<"):
            return ((_element(element),) for element in text.split(self._separator))
        return ([_written(*said) for said in some] for some in json.loads(text))


def _element(text: str) -> bytes:
    if "<?" in text:
        raise ExtensibilityTypeError(
            'XQuery: the answer has a processing instruction, or "<?" in a comment, which no message may have;'
            " leave it out"
        )
    return text.encode()


def _written(kind: str, text: str, more: str = "") -> bytes:
    if kind == "element":
        return _element(text)
    if kind == "attribute":
        return writeString(text, more)
    if kind == "json":
        return writeResult("", text, ' gma:type="json"')
    if kind == "failed":
        raise ExtensibilityTypeError(
            f"XQuery: a map or an array of the answer cannot be written as JSON: {cut(text)}"
        )
    if kind == "function":
        raise ExtensibilityTypeError(
            f"XQuery: the answer has a function, {cut(text, 80) or 'anonymous'}#{more}, which cannot be sent; call it"
        )
    if kind == "xsd:QName" and more:
        return _name(text, more)
    return writeResult(kind, text)


def _name(text: str, namespace: str) -> bytes:
    """A name in a namespace, which is declared with it; with another prefix where its own one means another."""
    prefix, colon, localName = text.rpartition(":")
    if namespace == _XMLNS:
        raise ExtensibilityTypeError(
            f"XQuery: the answer has the name {cut(text, 80)}, whose namespace no message may declare"
        )
    if namespace == XML:
        return writeResult("xsd:QName", f"xml:{localName}")
    if _BOUND.get(prefix, namespace) != namespace:
        prefix, colon = "n", ":"
    declared = f"{colon}{prefix}"
    return writeResult(
        "xsd:QName",
        f"{prefix}{colon}{localName}",
        f' xmlns{declared}="{escapeAttribute(namespace)}"',
    )
