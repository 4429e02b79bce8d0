"""XPath 1.0 as libxml2 evaluates it: expressions compiled, and refused with the place where they are wrong."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from lxml import etree

from gma_twisted.errors import ExtensibilityTypeError, cut
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.markup.parse import Element

__all__ = ["XPathFailure", "compileTexts", "compileXPath", "readsLifetimes", "refusedXPath"]

XPathFailure = etree.XPathError
"""What an expression raises that fails as it is evaluated; L{refusedXPath} says it to who asked."""

_LANGUAGE = "XPath"
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_NAME = r"[^\W\d][\w.\-·]*"
# Where a name can begin: to look at each of its characters would take the square of its length.
_START = r"(?<![\w.\-·])[\d.\-·]*"
# An axis ends with two colons, and a blank may be before the parenthesis of a function.
_PREFIX = re.compile(rf"{_START}({_NAME}):(?!:)")
_CALL = re.compile(rf"{_START}((?:{_NAME}:)?{_NAME})\s*\(")
_VARIABLE = re.compile(r"\$")
_NODE_TYPES = ("node", "text", "comment", "processing-instruction")
_OPERATORS = ("and", "or", "div", "mod")
_FUNCTIONS = frozenset(
    (
        *("boolean", "ceiling", "concat", "contains", "count", "false", "floor", "id", "lang"),
        *("last", "local-name", "name", "namespace-uri", "normalize-space", "not", "number"),
        *("position", "round", "starts-with", "string", "string-length", "substring"),
        *("substring-after", "substring-before", "sum", "translate", "true"),
        *_NODE_TYPES,
        *_OPERATORS,
    )
)
# Of an attribute axis: all of it, all of a namespace, or one of a lifetime in whatever namespace.
_LIFETIMES = re.compile(
    r"(?:@|attribute\s*::)\s*(?:\*|node\b"
    rf"|{_NAME}:(?:\*|goodFrom\b|goodUntil\b|availableUntil\b))"
)
_NO_MEMORY = ("XPATH_MEMORY_ERROR", "ERR_NO_MEMORY")
_TRIAL = etree.Element("trial")
_BEGINNING = etree.XPath("substring(string(), 1, $longest)", smart_strings=False, regexp=False)


def compileXPath(text: str, namespaces: Iterable[tuple[str, str]]) -> Callable[[Element], object]:
    """
    Compile an expression. Prefixes of L{PREFIXES} are known to it without being declared.

    Texts it gives know which attribute they were: they have C{attrname}. They keep their tree alive, do not keep them.

    @param namespaces: of further prefixes, or of those when they are to mean something else
    @return: evaluates it with an element as context node; gives a list of elements, texts and (prefix, namespace), or a
        number, a text or a truth value; raises L{XPathFailure}
    @raise ExtensibilityTypeError: it is wrong; the message begins with the language, line and column
    """
    known = {**PREFIXES, **dict(namespaces)}
    # What is not used is left out: libxml2 is told of each of them every time that it evaluates.
    used = {prefix: known[prefix] for prefix in _prefixesOf(text, known) if prefix != "xml"}
    try:
        compiled = etree.XPath(text, namespaces=used, regexp=False)
        _checkNames(text)
        # Of what is left it complains only when it comes to it, and not at all where there are no values.
        compiled(_TRIAL)
    except etree.XPathError as error:
        raise refusedXPath(error, text) from None
    except (TypeError, ValueError) as error:  # characters no document has, an empty namespace
        raise ExtensibilityTypeError(f"{_LANGUAGE}: {cut(error)}") from None
    return cast(Callable[[Element], object], compiled)


def compileTexts(
    isAttribute: bool, namespace: str, localName: str, most: int, longest: int
) -> Callable[[Element], Sequence[str]]:
    """
    Make what finds the nodes of a name in a tree.

    @param isAttribute: whether they are attributes, not elements
    @param namespace: empty for none
    @param most: nodes it gives, the first ones
    @param longest: characters of a text it gives, the first ones: a value that is nested has its text many times over
    @return: gives their texts, of elements with all that is inside
    """
    name = f"n:{localName}" if namespace else localName
    find = etree.XPath(
        f"(//{'@' if isAttribute else ''}{name})[position() <= {most}]",
        namespaces={"n": namespace} if namespace else None,
        regexp=False,
        smart_strings=False,
    )
    if isAttribute:
        return lambda root: [text[:longest] for text in cast(list[str], find(root))]
    return lambda root: [
        cast(str, _BEGINNING(node, longest=longest)) for node in cast(list[Element], find(root))
    ]


def readsLifetimes(text: str) -> bool:
    """Whether an expression may read the attributes that tell how long a value holds; C{True} when in doubt."""
    return _LIFETIMES.search(text) is not None


def refusedXPath(error: Exception, text: str) -> ExtensibilityTypeError:
    """
    What is said to who asked.

    @param error: an L{XPathFailure}
    @param text: the expression
    @raise MemoryError: it is one: libxml2 got no memory
    """
    column = 0
    if isinstance(error, etree.XPathError):
        for entry in error.error_log:
            if entry.type_name in _NO_MEMORY:
                raise MemoryError(_LANGUAGE)
            column = entry.column
    if not isinstance(error, etree.XPathSyntaxError):
        return ExtensibilityTypeError(f"{_LANGUAGE}: {cut(error)}")
    # It counts bytes, and may point behind the end.
    return _refused(text, len(text.encode()[:column].decode("utf-8", "ignore")), str(error))


def _refused(text: str, position: int, why: str) -> ExtensibilityTypeError:
    before = text[:position]
    line = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1) + 1
    return ExtensibilityTypeError(f"{_LANGUAGE}, line {line}, column {column}: {why}")


def _withoutLiterals(text: str) -> str:
    return _LITERAL.sub(lambda found: " " * len(found[0]), text)


def _prefixesOf(text: str, known: Mapping[str, str]) -> set[str]:
    """
    The prefixes an expression uses.

    @raise ExtensibilityTypeError: one is not known
    """
    prefixes = set()
    for found in _PREFIX.finditer(_withoutLiterals(text)):
        prefix = found[1]
        if prefix not in known and prefix != "xml":
            raise _refused(
                text,
                found.start(1),
                f'the prefix "{cut(prefix, 40)}" is not declared; give its namespace with the expression',
            )
        prefixes.add(prefix)
    return prefixes


def _checkNames(text: str) -> None:
    """@raise ExtensibilityTypeError: a function or a variable that XPath 1.0 does not have"""
    bare = _withoutLiterals(text)
    for found in _CALL.finditer(bare):
        if found[1] not in _FUNCTIONS:
            raise _refused(text, found.start(1), f"XPath 1.0 has no function {cut(found[1], 40)}()")
    variable = _VARIABLE.search(bare)
    if variable is not None:
        raise _refused(text, variable.start(), "there are no variables here")
