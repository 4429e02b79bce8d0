"""SaxonC, closed: the only importer of saxonche. It reads texts it is given, never a file, a network or a variable."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs

from gma_twisted.errors import ExtensibilityTypeError, cut
from gma_twisted.markup.namespaces import PREFIXES

__all__ = ["Saxon", "SaxonError", "Value", "refusedXQuery"]

Value = Any
"""What Saxon hands out (saxonche has no types): a sequence of items, C{None} for the empty one of a query."""

_LANGUAGE = "XQuery"
# What relative references in a query are resolved against: nothing can be fetched from there.
_BASE = "urn:gma-twisted:query"
_FEATURE = "http://saxon.sf.net/feature/"
_CLOSED = {
    "allowedProtocols": "",
    "allow-external-functions": "false",
    "parserFeature?uri=http%3A//apache.org/xml/features/disallow-doctype-decl": "true",
    "regexBacktrackingLimit": "1000000",
}
_REPORT = re.compile(r"^(?:Static error|Type error|Error|Warning)\b", re.MULTILINE)
_PLACE = re.compile(rf"(?:on line (\d+)(?: at)? column (\d+)|at char (\d+)) of {_BASE}:?")
_OF_BASE = re.compile(rf"\s+of {_BASE}\b")
_CODE = re.compile(r"([^\s:]+:)?([^\s:]+)  +(?=\S)")
# It names a setting of the library to who cannot set it.
_ADVICE = ", or set Feature."
# Where the parser inside it begins to speak, for itself, and names of its parts.
_PARSER = re.compile(r"(?: XML parser reported:)?\s*\borg\.xml\.sax\.\w+;.*", re.DOTALL)
_INTERNAL = re.compile(
    r"(?:\b(?:class|interface) )?\b(?:net\.sf|com\.saxonica|org\.xml|java|javax)\.[\w.$]+"
)
# Of what has no code it is not known whom it was written for, but for these.
_PLAIN = re.compile(
    r"Too many nested function calls|Regex backtracking limit|Access to URI |Maximum length of seq"
)
_GENERAL = "it cannot be evaluated"
_MESSAGE = 300


class SaxonError(Exception):
    """Saxon refused: the text is its own, for L{refusedXQuery}."""


@attrs.define(slots=True, eq=False)
class Saxon:
    """
    One Saxon a process. Whoever makes it must be ready for the process to end when memory does.

    @raise ImportError: it is not installed
    """

    _processor: Any = attrs.field(init=False, repr=False)
    _failure: type[Exception] = attrs.field(init=False, repr=False)
    _builder: Any = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        from saxonche import PySaxonApiError, PySaxonProcessor  # noqa: PLC0415 - 100 MB, and an extra

        self._failure = PySaxonApiError
        self._processor = PySaxonProcessor(license=False)
        for feature, value in _CLOSED.items():
            self._processor.set_configuration_property(_FEATURE + feature, value)
        self._builder = self._processor.new_document_builder()
        self._builder.set_base_uri(_BASE)

    def read(self, text: str) -> Value:
        """
        A document.

        @raise SaxonError: it cannot read it. Its names are those of the fourth edition of XML 1.0, libxml2's of the
            fifth
        """
        try:
            return self._builder.parse_xml(xml_text=text, encoding="utf-8")
        except self._failure as error:
            raise SaxonError(str(error)) from None

    def evaluate(
        self,
        text: str,
        context: Value = None,
        variables: Mapping[str, Value] | None = None,
        namespaces: Mapping[str, str] = PREFIXES,
    ) -> Value:
        """
        Evaluate a query. It is compiled each time, which takes less than half a millisecond.

        @param context: the context item; C{None} for none
        @param variables: of external variables
        @param namespaces: prefixes that are known without being declared; a prolog may bind them otherwise
        @raise SaxonError: it is wrong, or fails
        """
        query = self._processor.new_xquery_processor()
        query.set_query_base_uri(_BASE)
        try:
            for prefix, uri in namespaces.items():
                query.declare_namespace(prefix, uri)
            if context is not None:
                query.set_context(xdm_item=context)
            for name, value in (variables or {}).items():
                query.set_parameter(name, value)
            return query.run_query_to_value(query_text=text, encoding="utf-8")
        except self._failure as error:
            raise SaxonError(str(error)) from None

    def function(self, text: str) -> Callable[..., Value]:
        """
        A function of a query that gives one: compiled once. It must not fail.

        @return: takes and gives L{Value}s, none of them C{None}
        """
        (function,) = self.evaluate(text, namespaces={})
        return lambda *arguments: function.call(list(arguments))

    def array(self, items: Sequence[Value]) -> Value:
        """An array of single items."""
        return self._processor.make_array(list(items))

    def nothing(self) -> Value:
        """The empty sequence."""
        return self._processor.empty_sequence()

    def text(self, text: str) -> Value:
        """A string."""
        return self._processor.make_string_value(text, encoding="utf-8")

    def number(self, number: int) -> Value:
        """An integer."""
        return self._processor.make_integer_value(number)


def refusedXQuery(error: SaxonError) -> ExtensibilityTypeError:
    """What is said to who asked: language, line and column, what is wrong, and its code."""
    said = _firstError(str(error).strip())
    where = ""
    place = _PLACE.search(said)
    if place is not None:
        line, column, char = place.groups()
        where = f", line {line or 1}, column {column or char}"
        said = said[place.end() :]
    elif _REPORT.match(said):
        # The line that says what kind of error it is, without a place.
        said = said.partition("\n")[2] or said
    said = _OF_BASE.sub("", said).strip()
    code = _CODE.match(said)
    if code is None:
        said = " ".join(said.split(_ADVICE)[0].split()) if _PLAIN.match(said) else _GENERAL
    else:
        said = " ".join(_PARSER.sub("", said[code.end() :]).split(_ADVICE)[0].split())
        said = f"{_INTERNAL.sub('...', said)} ({code[1] or ''}{code[2]})"
    return ExtensibilityTypeError(f"{_LANGUAGE}{where}: {cut(said, _MESSAGE)}")


def _firstError(said: str) -> str:
    """What Saxon reports may begin with warnings, and say the same again."""
    starts = [found.start() for found in _REPORT.finditer(said)]
    for start, end in pairwise([*starts, len(said)]):
        if not said.startswith("Warning", start):
            return said[start:end]
    return said
