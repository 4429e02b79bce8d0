"""Expressions put to service data, to ask once or to subscribe: XPath and XQuery (OGSI 1.0, 9.2 and 11.1; WIRE 3)."""

import re
from collections.abc import Collection, Mapping, Sequence

import attrs

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    ParameterError,
    TooLarge,
    cut,
)
from gma_twisted.markup import Element, escapeAttribute, escapeText, nameOf
from gma_twisted.markup.namespaces import GMA, OGSI, PREFIXES, PX, XML, ogsi
from gma_twisted.model import Freshness, Language, NameSelector, QName, Question
from gma_twisted.soap.selectors import (
    NAME_LISTS,
    checkAttributes,
    readFlag,
    readFreshness,
    readName,
    writeSelectors,
)

__all__ = [
    "QUERY_DIALECTS",
    "SUBSCRIBE_DIALECTS",
    "AskedQuestion",
    "QuestionLimits",
    "noLanguage",
    "readQuestion",
    "readQuestionParts",
    "writeQuestion",
    "writeQuestionParts",
]

QUERY_DIALECTS: Mapping[Language, Sequence[QName]] = {
    # GT3's text does not say which namespace the element is in: the first is what we write.
    Language.XPATH: tuple(QName(uri, "queryByServiceDataXPath") for uri in (OGSI, PX, "")),
    Language.XQUERY: (QName(GMA, "queryByXQuery"),),
}
"""Root elements of what is asked once."""

SUBSCRIBE_DIALECTS: Mapping[Language, Sequence[QName]] = {
    Language.XPATH: (QName(GMA, "subscribeByXPath"),),
    Language.XQUERY: (QName(GMA, "subscribeByXQuery"),),
}
"""Root elements of what is subscribed to."""

_BY_NAMES = ogsi("queryByServiceDataNames")
_TEXT = {Language.XPATH: "XPath", Language.XQUERY: "query"}
_FRESHNESS = f"{{{GMA}}}freshness"
_EXPLAIN = f"{{{GMA}}}explain"
_KEY = f"{{{GMA}}}key"
_ORIGINATOR = f"{{{GMA}}}originator"
_ASKED = frozenset((_EXPLAIN,))
_NAMED = frozenset((_KEY, _ORIGINATOR))
_BARE: frozenset[str] = frozenset()
# Which namespace the children are in is not said anywhere either, and clients made of a WSDL have none for them.
_CHILDREN = ("", OGSI, PX, GMA)
_EVERYTHING = NameSelector(QName("*", "*"))
_ANYWHERE = re.compile(r"(?:\*:|\{\*\})(\*|[^\W\d][\w.\-·]*)\Z|\*\Z")
_NAMESPACE = re.compile(r"(?:xmlns:)?([^\W\d][\w.\-·]{0,63})\s*=\s*([\"']?)([^\s\"'<>]+)\2\Z")
# Looked for where a name can begin: at each of its characters would take the square of its length.
_USED = re.compile(r"(?<![\w.\-·])[\d.\-·]*([^\W\d][\w.\-·]*):")
_LONGEST = 1024


@attrs.frozen(slots=True)
class QuestionLimits:
    """
    Bounds of one expression.

    @ivar maxExpression: bytes of its text (C{[limits] query_max_expression})
    @ivar maxNames: names of what it sees (C{[limits] max_query_names})
    @ivar maxNamespaces: declared with it
    @ivar maxWildcards: those of C{maxNames} that have C{*}: each is looked for among all there are
    """

    maxExpression: int = 4096
    maxNames: int = 1000
    maxNamespaces: int = 64
    maxWildcards: int = 16

    def __attrs_post_init__(self) -> None:
        if min(self.maxExpression, self.maxNames, self.maxNamespaces, self.maxWildcards) < 1:
            raise ParameterError(f"a bound of expressions is too small: {self}")


@attrs.frozen(slots=True, cache_hash=True)
class AskedQuestion:
    """
    What a client asks once.

    @ivar question: the expression
    @ivar isExplained: whether the answer says what it took (C{gma:explain})
    """

    question: Question
    isExplained: bool = False


def readQuestion(element: Element, language: Language, limits: QuestionLimits) -> AskedQuestion:
    """
    Read what C{findServiceData} is asked with.

    @param element: its name is one of L{QUERY_DIALECTS}
    @param language: that it belongs to
    @raise ExtensibilityTypeError: malformed; the message says what
    @raise TooLarge: a bound is passed, named
    """
    question = readQuestionParts(element, language, _ASKED, limits)
    return AskedQuestion(question, readFlag(element, "explain"))


def readQuestionParts(
    element: Element, language: Language, known: frozenset[str], limits: QuestionLimits
) -> Question:
    """
    Read what queries and subscriptions have in common: C{name}s, the expression, C{namespaces}, and C{gma:freshness}.

    The children may be in no namespace, in that of OGSI, of GT3, or ours. A name is a QName, or has C{*} for its
    namespace, its local name or both. Prefixes are those of L{PREFIXES}, those declared where they stand, and those of
    C{namespaces}, C{p=uri} or C{xmlns:p=uri}: in the expression these come first, in a name what is declared there.

    @param known: attributes it may have beside, in Clark notation; whoever calls reads them
    @raise ExtensibilityTypeError: malformed; the message says what
    @raise TooLarge: a bound is passed, named
    """
    shown = nameOf(element).localName
    checkAttributes(element, known | {_FRESHNESS, *NAME_LISTS})
    parts = _Parts(shown, _TEXT[language])
    _checkText(element.text, shown)
    for node in element:
        parts.take(node)
        _checkText(node.tail, shown)
    if parts.text is None:
        raise ExtensibilityTypeError(f"{shown} has no {parts.wanted}, which holds the expression")
    declared = _declared(parts.namespaces, limits.maxNamespaces)
    return Question(
        language,
        _expression(parts.text, parts.wanted, limits.maxExpression),
        _selectors(element, parts, declared, language, limits),
        _namespaces(parts.text, declared),
        readFreshness(element),
    )


def noLanguage(name: QName, known: Collection[QName]) -> ExtensibilityNotSupported:
    """
    Why C{findServiceData} cannot be asked so.

    @param name: of the expression
    @param known: the first dialect of each language the service reads
    """
    if set(known) == {_BY_NAMES}:
        there = f"this service is asked by names only, {_BY_NAMES}"
    else:
        there = f"there are {', '.join(sorted(each.clark for each in known))}"
    return ExtensibilityNotSupported(f'"{cut(name)}" is no query language here; {there}')


@attrs.define(slots=True)
class _Parts:
    """The children of an expression, told apart."""

    shown: str
    wanted: str
    text: Element | None = None
    names: list[Element] = attrs.field(factory=list)
    namespaces: list[Element] = attrs.field(factory=list)

    def take(self, node: Element) -> None:
        name = nameOf(node)
        local = name.localName if name.namespace in _CHILDREN else ""
        if local not in ("name", "namespaces", self.wanted):
            raise ExtensibilityTypeError(
                f'{self.shown} has no child "{cut(name)}"; it has name, {self.wanted} and namespaces'
            )
        if len(node):
            raise ExtensibilityTypeError(f"{local} of {self.shown} holds text and no elements")
        checkAttributes(node, _NAMED if local == "name" else _BARE)
        if local == "name":
            self.names.append(node)
        elif local == "namespaces":
            self.namespaces.append(node)
        elif self.text is None:
            self.text = node
        else:
            raise ExtensibilityTypeError(f"{self.shown} has two of {self.wanted}; it takes one")


def _checkText(text: str | None, shown: str) -> None:
    if text is not None and text.strip():
        raise ExtensibilityTypeError(
            f'"{cut(text.strip(), 40)}" stands between the children of {shown}'
        )


def _expression(node: Element, wanted: str, most: int) -> str:
    # Kept as it came: lines and columns of errors are then those the client has before it.
    text = node.text or ""
    if not text.strip():
        raise ExtensibilityTypeError(f"{wanted} holds no expression")
    size = len(text.encode())
    if size > most:
        raise TooLarge(
            f"the expression has {size} bytes; query_max_expression under [limits] is {most}"
        )
    return text


def _selectors(
    element: Element,
    parts: _Parts,
    declared: Mapping[str, str],
    language: Language,
    limits: QuestionLimits,
) -> tuple[NameSelector, ...]:
    found: dict[NameSelector, None] = {}
    for attribute in NAME_LISTS:
        for text in element.get(attribute, "").split():
            found[NameSelector(_name(text, element, declared))] = None
    for node in parts.names:
        name = _name(node.text or "", node, declared)
        found[NameSelector(name, node.get(_ORIGINATOR), node.get(_KEY))] = None
    if len(found) > limits.maxNames:
        raise TooLarge(
            f"one expression may name {limits.maxNames}; max_query_names under [limits] says so"
        )
    if not found and language is Language.XPATH:
        raise ExtensibilityTypeError(f"{parts.shown} names nothing; add a name, * for all values")
    if _EVERYTHING in found:
        return ()
    wildcards = sum("*" in (one.name.localName, one.name.namespace) for one in found)
    if wildcards > limits.maxWildcards:
        raise TooLarge(
            f"one expression may have {limits.maxWildcards} names with *, this one has {wildcards};"
            " write whole names, or * for all values"
        )
    return tuple(found)


def _name(text: str, node: Element, declared: Mapping[str, str]) -> QName:
    found = _ANYWHERE.match(text.strip())
    if found is None:
        around: dict[str | None, str] = dict(node.nsmap)
        for prefix, uri in (*declared.items(), *PREFIXES.items()):
            around.setdefault(prefix, uri)
        return readName(text, around)
    local = found[1] or "*"
    if len(local) > _LONGEST:
        raise ExtensibilityTypeError(f'the name "{cut(local, 60)}" is too long')
    return QName("*", local)


def _declared(nodes: Sequence[Element], most: int) -> dict[str, str]:
    if len(nodes) > most:
        raise TooLarge(f"one expression may declare {most} namespaces, this one has {len(nodes)}")
    declared: dict[str, str] = {}
    for node in nodes:
        text = (node.text or "").strip()
        found = _NAMESPACE.match(text)
        if found is None:
            raise ExtensibilityTypeError(
                f'namespaces "{cut(text, 60)}" does not bind a prefix; write xmlns:p=uri'
            )
        prefix, uri = found[1], found[3]
        if len(uri) > _LONGEST:
            raise ExtensibilityTypeError(f'the namespace "{cut(uri, 60)}" is too long')
        if prefix == "xmlns" or (prefix == "xml") != (uri == XML):
            raise ExtensibilityTypeError(f'namespaces "{cut(text, 60)}" binds what XML reserves')
        if declared.setdefault(prefix, uri) != uri:
            raise ExtensibilityTypeError(f'namespaces binds the prefix "{prefix}" twice')
    return declared


def _namespaces(node: Element, declared: dict[str, str]) -> tuple[tuple[str, str], ...]:
    # What a client's toolkit declares around the expression, and the expression has no use for, makes it no other one.
    used = set(_USED.findall(node.text or ""))
    found = {
        prefix: uri for prefix, uri in node.nsmap.items() if prefix is not None and prefix in used
    }
    known = {**PREFIXES, "xml": XML}
    return tuple(
        sorted(
            (prefix, uri) for prefix, uri in (found | declared).items() if known.get(prefix) != uri
        )
    )


def writeQuestion(question: Question, isExplained: bool = False) -> bytes:
    """The element for C{findServiceData}, with the declarations it needs."""
    root = QUERY_DIALECTS[question.language][0]
    prefix = "ogsi" if root.namespace == OGSI else "gma"
    tag = f"{prefix}:{root.localName}"
    explain = ' gma:explain="true"' if isExplained else ""
    attributes, content = writeQuestionParts(question)
    return (
        f'<{tag} xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}"{explain}{attributes}>{content}</{tag}>'
    ).encode()


def writeQuestionParts(question: Question) -> tuple[str, str]:
    """
    What L{readQuestionParts} reads, for an element that declares the prefixes C{ogsi} and C{gma} and no default
    namespace.

    @return: attributes, each with a blank before it, and children
    """
    attributes = ""
    if question.freshness is not Freshness.ANY:
        attributes = f' gma:freshness="{escapeAttribute(question.freshness.value)}"'
    selectors = question.selectors
    if not selectors and question.language is Language.XPATH:
        selectors = (_EVERYTHING,)
    prefix = "ogsi" if question.language is Language.XPATH else "gma"
    tag = f"{prefix}:{_TEXT[question.language]}"
    namespaces = "".join(
        f"<ogsi:namespaces>xmlns:{each}={escapeText(uri)}</ogsi:namespaces>"
        for each, uri in question.namespaces
    )
    return attributes, (
        f"{writeSelectors(selectors)}<{tag}>{escapeText(question.text)}</{tag}>{namespaces}"
    )
