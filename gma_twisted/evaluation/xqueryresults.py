"""What a query gave, as it goes into an answer: nodes as Saxon serialises them, everything else as C{gma:result}."""

import json
import secrets
from collections.abc import Callable

import attrs

from gma_twisted.errors import ExtensibilityTypeError, cut
from gma_twisted.evaluation.results import Results, writeResult, writeString
from gma_twisted.evaluation.saxon import Saxon, Value
from gma_twisted.markup import escapeAttribute
from gma_twisted.markup.namespaces import PREFIXES, XML

__all__ = ["ResultWriter"]

# Some items at a time: as XML when all are elements, otherwise as JSON, for each [kind, text, what the kind needs].
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
function($found, $first, $count) {
  let $items := subsequence($found, $first, $count)
  return
    if (every $item in $items satisfies $item instance of element())
    then serialize($items, map:merge(($xml, $separator)))
    else
      let $flat := $items ! (if (. instance of document-node()) then node() else .)
      return serialize(array { $flat ! local:said(.) }, $json)
}"""

# Items of the first turn; after that as many as have about so many characters.
_FEW = 16
_MANY = 2000
_TURN = 1024 * 1024

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
    _writing: Callable[..., Value] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # Nobody knows it beforehand; who has it in a value nevertheless only finds two results there.
        self._separator = f"\ue000{secrets.token_hex(8)}\ue000"
        self._writing = self.saxon.function(_WRITING.replace("SEPARATOR", self._separator))

    def write(self, found: Value, results: Results) -> None:
        """
        Write all that a query gave, in order.

        A document is the nodes in it, a text or a comment a string, an attribute a string that names it; a map or an
        array is JSON.

        @param found: C{None} when that is nothing
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
            text = self._some(found, done, turn)
            written += len(text)
            done += turn
            self._add(text, results)
            turn = max(1, min(_MANY, _TURN * done // max(1, written)))

    def _some(self, found: Value, done: int, count: int) -> str:
        number = self.saxon.number
        # Not its string_value: saxonche does not give that memory back (13.1.1).
        return str(self._writing(found, number(done + 1), number(count)))

    def _add(self, text: str, results: Results) -> None:
        if text.startswith("<"):
            for element in text.split(self._separator):
                results.add(_element(element))
            return
        for said in json.loads(text):
            results.add(_written(*said))


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
