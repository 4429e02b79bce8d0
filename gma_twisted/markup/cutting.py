"""A value as libxml2 wrote it, cut where its attributes end, with the namespace declarations it may use and no others.

libxml2 writes every start tag in one way: declarations before attributes, a blank before each, values in double
quotes, and neither a quote nor C{>} as it is in any of them. So a tag can be split, and is not parsed again.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model.qname import MAX_QNAME, QName

__all__ = ["LIFETIME", "NOTHING", "RESERVED", "SAID", "CutValue", "Scope", "cutValue", "scopeOf"]

LIFETIME = ("goodFrom", "goodUntil", "availableUntil")
"""Attributes that say how long a value holds."""

RESERVED = {"ogsi": OGSI, "gma": GMA}
"""The prefixes that lifetimes are written with: a value cannot bind them to something else."""

SAID = (
    *(QName(GMA, name).clark for name in ("originator", "key", "created", "sequence", "path")),
    *(QName(OGSI, name).clark for name in LIFETIME),
    *LIFETIME,
)
"""What a value may say of itself: names of attributes in Clark notation, qualified or, of a lifetime, not."""

_XMLNS = " xmlns"
_SLASH = ord("/")
# What is remembered of how messages are written: forty megabytes, whatever they do; half of it is of the last messages.
_MOST_SCOPES = 16
_MOST_FORMS = 32
_LONGEST_SCOPE = 2048
_LONGEST_REST = 1024
_MOST_LIKENESSES = 4
_ALIKE = bytes(ord("0") if chr(byte) in "0123456789" else byte for byte in range(256))
_PREFIX_BYTES = bytes(
    byte if byte < 128 and (chr(byte).isalnum() or chr(byte) in "_.-") else ord(" ")
    for byte in range(256)
)


@attrs.frozen(slots=True, eq=False)
class Declaration:
    """
    A namespace declared.

    @ivar uri: as written
    @ivar written: all of it, with a blank before it
    @ivar word: what is among the words of a value that uses the prefix; empty, and so in every value, for the default
        namespace: any name in a text may be in that
    """

    uri: str
    written: bytes
    word: str


def _declaration(prefix: str, uri: str) -> Declaration:
    if not prefix:
        return Declaration(uri, f'{_XMLNS}="{uri}"'.encode(), "")
    return Declaration(uri, f'{_XMLNS}:{prefix}="{uri}"'.encode(), _words(f" {prefix} ".encode()))


def _meaning(name: str, declared: Mapping[str, Declaration]) -> str | None:
    # What an attribute says, by its name as written: its name in Clark notation; None when it is only the value's own.
    prefix, colon, local = name[1:-1].rpartition(":")
    declaration = declared.get(prefix) if colon else None
    namespace = declaration.uri if declaration is not None else ""
    isLifetime = local in LIFETIME and (namespace == OGSI or not colon)
    clark = f"{{{namespace}}}{local}" if colon else local
    return clark if isLifetime or namespace == GMA else None


@attrs.frozen(slots=True, eq=False)
class _Form:
    """
    A start tag, all but the values of its attributes: what those say is found once for all values written alike.

    @ivar tag: up to the end of its name
    @ivar name: what it names; C{None} when the tree must be asked
    @ivar uris: of its declarations, as written
    @ivar scope: where those hold
    @ivar said: takes out of the values, behind which is C{None}, what they say, in the order of L{SAID}
    @ivar own: the attributes that stay in the head, with a place for the value of each
    @ivar ownOf: takes the values for these places out of all
    @ivar start: with all declarations, if its tag alone uses them all: then whatever follows does not matter
    @ivar known: with those that were used, by what followed, digits apart; values change in their numbers mostly
    """

    tag: bytes
    name: QName | None
    uris: list[str]
    scope: "Scope"
    said: Callable[[Sequence[str | None]], tuple[str | None, ...]]
    own: str
    ownOf: Callable[[Sequence[str | None]], object]
    start: bytes | None
    known: dict[bytes, bytes] = attrs.field(factory=dict, init=False)


CutValue = tuple[bytes, bytes, QName | None, tuple[str | None, ...]]
"""
Head and tail of L{ServiceDataElement <gma_twisted.model.ServiceDataElement>}, the name if that is told without a tree,
and what the value says of itself, as written, in the order of L{SAID}.
"""


class Scope:
    """
    The namespaces declared at one place.

    @ivar declared: by prefix; by the empty one the default namespace
    @ivar words: what is among the words of a value that uses a prefix, and its declaration as written; in the order of
        the declarations
    @ivar rebound: the first of L{RESERVED} that is bound to another namespace; C{None} when none is
    @ivar overlong: the first prefix whose namespace is longer than a name may be; C{None} when none is
    @ivar hasDigits: whether a digit is in one of the prefixes
    @ivar forms: of values here, by the pieces between the values of their attributes; each with the URIs it had last
    """

    __slots__ = ("_within", "declared", "forms", "hasDigits", "overlong", "rebound", "words")

    def __init__(self, declared: Mapping[str, Declaration]) -> None:
        """@param declared: as the attribute"""
        self.declared = declared
        self.words = sorted(
            [(one.word, one.written) for one in declared.values()], key=itemgetter(1)
        )
        self.hasDigits = any(one.isdecimal() for prefix in declared for one in prefix)
        self.rebound: str | None = None
        for prefix, uri in RESERVED.items():
            if prefix in declared and declared[prefix].uri != uri:
                self.rebound = prefix
                break
        long = (prefix for prefix, one in declared.items() if len(one.uri) > MAX_QNAME)
        self.overlong = next(long, None)
        self.forms: dict[tuple[str, ...], _Form] = {}
        self._within: dict[tuple[str, ...], Scope] = {}

    def usedIn(self, content: bytes) -> list[bytes]:
        """The declarations whose prefix is in it as a word, as written."""
        words = _words(content)
        return [written for word, written in self.words if word in words]

    def within(self, more: tuple[str, ...]) -> "Scope":
        """
        Where more is declared.

        @param more: names as written, a blank before each and the equals sign behind it, and then their URIs
        """
        if not more:
            return self
        known = self._within.get(more)
        if known is None:
            known = self._made(more)
            # The values of a message mostly declare the same.
            if sum(map(len, more)) <= _LONGEST_SCOPE:
                if len(self._within) >= _MOST_SCOPES:
                    self._within.clear()
                self._within[more] = known
        return known

    def _made(self, more: tuple[str, ...]) -> "Scope":
        declared = {**self.declared}
        count = len(more) // 2
        for name, uri in zip(more[:count], more[count:], strict=True):
            prefix = name[len(_XMLNS) + 1 : -1]
            declared[prefix] = _declaration(prefix, uri)
        if "" in declared and not declared[""].uri:
            del declared[""]  # xmlns="" ends the default namespace around it
        return Scope(declared)

    def form(self, between: tuple[str, ...], values: list[str]) -> _Form:
        """
        How a value here is written.

        @param between: what is between the values of its attributes
        @param values: those
        @raise ParameterError, TooLarge: as L{cutValue}
        """
        form = self.forms.get(between)
        if form is None or form.uris != values[: len(form.uris)]:
            form = self._formed(between, values)
            if sum(map(len, between)) + sum(map(len, form.uris)) <= _LONGEST_SCOPE:
                if len(self.forms) >= _MOST_FORMS:
                    self.forms.clear()
                self.forms[between] = form
        return form

    def _formed(self, between: tuple[str, ...], values: list[str]) -> _Form:
        tag, scope, names = _split(between, values, self)
        if scope.rebound is not None:
            raise _bound(tag, scope, scope.rebound)
        if scope.overlong is not None:
            prefix = f'namespace of the prefix "{cut(scope.overlong)}"'
            what = prefix if scope.overlong else "default namespace"
            raise TooLarge(f"the {what} around a value is longer than {MAX_QNAME} characters")
        first = len(values) - len(names)
        # What is not said is found behind the values.
        said, own = dict.fromkeys(SAID, -1), []
        for place, name in enumerate(names, first):
            meaning = _meaning(name, scope.declared)
            if meaning in said:
                said[meaning] = place
            if meaning is None or meaning[0] != "{":
                own.append((name, place))
        written = tag.encode()
        used = scope.usedIn(written)
        isAll = len(used) == len(scope.words)
        return _Form(
            written,
            _named(tag, scope),
            values[:first],
            scope,
            itemgetter(*said.values()),
            "".join([f'{name}"%s"' for name, _ in own]),
            itemgetter(*[place for _, place in own]) if own else _nothing,
            b"".join((written, *used)) if isAll else None,
        )


NOTHING = Scope({})
"""Where nothing is declared."""


def scopeOf(start: bytes) -> Scope:
    """What a start tag declares. @param start: as libxml2 wrote it, without its end"""
    return _knownScope(start) if len(start) <= _LONGEST_SCOPE else _scopeOf(start)


def _scopeOf(start: bytes) -> Scope:
    pieces = start.decode().split('"')
    return _split(tuple(pieces[::2]), pieces[1::2], NOTHING)[1]


_knownScope = lru_cache(maxsize=_MOST_SCOPES)(_scopeOf)


def cutValue(content: bytes, around: Scope) -> CutValue:
    """
    Cut a value where its attributes end.

    Declarations stay whose prefix is in it as a word, wherever: in the name of an element or an attribute, in a QName,
    an expression or a list of prefixes. They are sorted, so that a value is the same bytes wherever they stood.

    C{gma:} and lifetime attributes of a namespace are in the head no more; those of none are: they may be the value's
    own.

    @param content: as libxml2 wrote it
    @param around: what is declared around it and not written on it
    @raise ParameterError: it binds one of L{RESERVED} to another namespace
    @raise TooLarge: a namespace declared for it is longer than L{MAX_QNAME <gma_twisted.model.qname.MAX_QNAME>}: each
        value of a message would have it
    """
    end = content.index(b">")
    if content[end - 1] == _SLASH:
        end -= 1
    tail = content[end:]
    pieces = content[:end].decode().split('"')
    written = pieces[1::2]
    form = around.form(tuple(pieces[::2]), written)
    values: list[str | None] = [*written, None]
    attributes = (form.own % form.ownOf(values)).encode()
    start = form.start
    if start is None:
        start = _startOf(form, attributes + tail)
    return start + attributes, tail, form.name, form.said(values)


def _nothing(_: object) -> tuple[()]:
    return ()


def _named(tag: str, scope: Scope) -> QName | None:
    prefix, _, local = tag[1:].rpartition(":")
    declared = scope.declared.get(prefix)
    uri = "" if declared is None else declared.uri
    # What stands for another character is the tree's to tell.
    return None if "&" in uri else QName(uri, local)


def _startOf(form: _Form, rest: bytes) -> bytes:
    # The tag with the declarations that it uses with what follows.
    scope, known = form.scope, form.known
    if scope.hasDigits or len(rest) > _LONGEST_REST:
        return b"".join((form.tag, *scope.usedIn(form.tag + rest)))
    # Of prefixes without a digit it does not matter which digits there are.
    likeness = rest.translate(_ALIKE)
    start = known.get(likeness)
    if start is None:
        if len(known) >= _MOST_LIKENESSES:
            known.clear()
        used = scope.usedIn(form.tag + likeness)
        start = known[likeness] = b"".join((form.tag, *used))
    return start


def _bound(tag: str, scope: Scope, prefix: str) -> ParameterError:
    before, _, local = tag[1:].rpartition(":")
    namespace = scope.declared[before].uri if before in scope.declared else ""
    uri = scope.declared[prefix].uri.replace("&amp;", "&")
    return ParameterError(
        f'"{cut(QName(namespace, local))}" binds the prefix {prefix} to "{cut(uri)}";'
        f" it is kept for {RESERVED[prefix]}",
        cure="choose another prefix",
    )


def _split(
    between: tuple[str, ...], values: list[str], around: Scope
) -> tuple[str, Scope, list[str]]:
    # The tag up to the end of its name, where its declarations hold, and the names of its attributes, each with a blank
    # before it and the equals sign behind it.
    tag, blank, first = between[0].partition(" ")
    names = [blank + first, *between[1:]][: len(values)]
    count = 0
    while count < len(names) and names[count].startswith((" xmlns:", " xmlns=")):
        count += 1
    return tag, around.within((*names[:count], *values[:count])), names[count:]


def _words(content: bytes) -> str:
    # Between blanks what may be a prefix. It may follow a minus or a dot (1-p:x in XPath), none of which follows it.
    # Bytes of other than ASCII may end a word too: rather one too many is kept.
    separated = content.replace(b"-", b"- ").replace(b".", b". ")
    return separated.translate(_PREFIX_BYTES).decode("ascii")
