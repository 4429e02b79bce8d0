"""Service data values between tree and bytes: cut out of a tree once, spliced into answers ever after.

ARCHITECTURE rule 1: a value is kept as bytes without its lifetime; the lifetime is written fresh each time.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import attrs
from lxml import etree

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.markup.build import escapeAttribute, serialise
from gma_twisted.markup.cutting import NOTHING, SAID, Scope, cutValue, scopeOf
from gma_twisted.markup.parse import Element, XMLGate
from gma_twisted.markup.xsd import readExtendedDateTime, writeDateTime
from gma_twisted.model.element import ElementKey, ServiceDataElement
from gma_twisted.model.lifetime import Lifetime
from gma_twisted.model.provider import ProviderRun
from gma_twisted.model.qname import QName

__all__ = [
    "MAX_PATH",
    "MAX_VALUES_SIZE",
    "ReceivedValue",
    "nameOf",
    "readValue",
    "readValues",
    "splitValue",
    "valueFromTree",
    "valueOfRun",
    "wrapTree",
    "writeValue",
]

MAX_PATH = 16
"""Most nodes a value may have come through (WIRE 5, hop cap)."""

MAX_VALUES_SIZE = 32 * 1024**2
"""Most bytes of the values of one message, each with the namespace declarations it needs: those around the values are
written once in the message, and for each value here."""

_WRAPPER = "sde"
_BETWEEN = b"<![CDATA[]]>"
_SECTION = etree.CDATA("")
_AMPERSAND = ord("&")
_LONGEST_NAME = 256


# Not frozen: to make one would take twice as long, and it is read once.
@attrs.define(slots=True)
class ReceivedValue:
    """
    A value as another node sent it; instants are the sender's wall time.

    @ivar name: the element's name
    @ivar head, tail: as in L{ServiceDataElement}
    @ivar goodFrom, goodUntil, availableUntil: seconds since 1970; C{None} when absent
    @ivar originator, key, created, path, sequence: C{gma:} attributes; empty, C{None} or 0 when absent
    """

    name: QName
    head: bytes
    tail: bytes
    goodFrom: float | None
    goodUntil: float | None
    availableUntil: float | None
    originator: str
    key: str
    created: float | None
    path: tuple[str, ...]
    sequence: int


class _Instants(dict[str, float]):
    # By what is written: the values of a message share a few.

    __slots__ = ()

    def __missing__(self, text: str) -> float:
        instant = self[text] = readExtendedDateTime(text)
        return instant


def nameOf(root: Element) -> QName:
    """The expanded name of an element."""
    tag = str(root.tag)
    # Longer ones are a peer's invention, not worth keeping.
    return _knownName(tag) if len(tag) <= _LONGEST_NAME else _split(tag)


def _split(tag: str) -> QName:
    namespace, brace, local = tag.rpartition("}")
    return QName(namespace[1:] if brace else "", local)


@lru_cache(maxsize=4096)
def _knownName(tag: str) -> QName:
    # The same few names come in every message; a name found again brings its hash along.
    return _split(tag)


def splitValue(root: Element) -> tuple[bytes, bytes]:
    """
    Serialise a value and cut it where its attributes end; lifetime and C{gma:} attributes are left out.

    Of the declarations on it and around it those stay whose prefix it may use, in one order: a value is the same bytes
    whatever messages it came through. Unqualified C{goodUntil} and the like stay too: they may be the value's own.

    @return: (head, tail) of L{ServiceDataElement}
    @raise ParameterError: the root binds C{ogsi} or C{gma}, the prefixes lifetimes are written with, to
        another namespace
    @raise TooLarge: a namespace around it is longer than L{MAX_QNAME <gma_twisted.model.qname.MAX_QNAME>}
    """
    head, tail, _, _ = cutValue(serialise(root), NOTHING)
    return head, tail


def valueFromTree(
    root: Element, key: ElementKey, lifetime: Lifetime, created: float = 0.0, sequence: int = 0
) -> ServiceDataElement:
    """
    Make an element of a tree whose root is named like C{key.name}.

    @param created: wall time, seconds since 1970
    @raise ParameterError, TooLarge: as L{splitValue}
    """
    head, tail = splitValue(root)
    return ServiceDataElement(key, head, tail, lifetime, created, (), sequence)


def valueOfRun(root: Element, run: ProviderRun, key: str = "") -> ServiceDataElement:
    """
    Make the usual value of what a provider gave: under the run's name, around the element when it has another, good for
    one period and readable for the grace after it (WIRE 4).

    @param key: tells several values of the run apart
    @raise ParameterError, TooLarge: as L{splitValue} and L{wrapTree}
    """
    own = nameOf(root)
    name = run.serviceDataName or own
    lifetime = Lifetime.lasting(run.now, run.period, run.grace)
    return valueFromTree(
        root if name == own else wrapTree(name, [root]),
        ElementKey(name, run.originator, key),
        lifetime,
        run.wallTime,
    )


def wrapTree(name: QName, roots: Iterable[Element]) -> Element:
    """
    A new root of that name around copies of the given elements: a configured name unlike the document's.

    @raise TooLarge: together they pass a bound of the XML gate
    """
    # Through bytes: appending a node drops declarations that only its values use, and its children without a
    # namespace would fall into a default one.
    tag, declared = name.localName, ""
    if name.namespace:
        tag = f"{_WRAPPER}:{tag}"
        declared = f' xmlns:{_WRAPPER}="{escapeAttribute(name.namespace)}"'
    content = b"".join(serialise(root) for root in roots)
    return XMLGate().parse(
        f"<{tag}{declared}>".encode() + content + f"</{tag}>".encode(), str(name)
    )


def readValue(root: Element) -> ReceivedValue:
    """
    Read a value with its lifetime, attributes qualified or not (WIRE 3, tolerances).

    @raise ParameterError: a malformed attribute, or as L{splitValue}
    @raise TooLarge: as L{splitValue}
    """
    return _received(root, serialise(root), NOTHING, _Instants())


def readValues(parent: Element) -> list[ReceivedValue]:
    """
    Read all children of an element: L{readValue} for many. The tree, which the XML gate made, is used up.

    @raise ParameterError: as L{readValue}
    @raise TooLarge: as L{readValue}, or together they have more than L{MAX_VALUES_SIZE}
    """
    roots = list(parent)
    # Written together: each by itself would be written with all that is declared around it, which takes seconds for
    # what a hostile message may declare. The gate makes text of every section, so these tell where a value ends.
    parent.text = None
    for root in roots:
        root.tail = _SECTION
    contents = serialise(parent).split(_BETWEEN)
    start, _, contents[0] = contents[0].partition(b">")
    del contents[-1]
    around = scopeOf(start)
    instants = _Instants()
    values = []
    room = MAX_VALUES_SIZE
    for root, content in zip(roots, contents, strict=True):
        value = _received(root, content, around, instants)
        room -= len(value.head) + len(value.tail)
        if room < 0:
            raise TooLarge(
                f"the values of a message have more than {MAX_VALUES_SIZE} bytes"
                " with the namespaces each of them needs"
            )
        values.append(value)
    return values


def _received(root: Element, content: bytes, around: Scope, instants: _Instants) -> ReceivedValue:
    head, tail, name, said = cutValue(content, around)
    if _AMPERSAND in content:
        said = _resolved(said, root)
    originator, key, created, sequence, path, begun, good, available, *plain = said
    return ReceivedValue(
        nameOf(root) if name is None else name,
        head,
        tail,
        _plain(plain[0], instants) if begun is None else instants[begun],
        _plain(plain[1], instants) if good is None else instants[good],
        _plain(plain[2], instants) if available is None else instants[available],
        originator or "",
        key or "",
        None if created is None else instants[created],
        () if path is None else tuple(path.split()),
        0 if sequence is None else _count(sequence),
    )


def _resolved(said: Sequence[str | None], root: Element) -> tuple[str | None, ...]:
    # Something stands for another character, which is rare, and the tree has it.
    return tuple(
        root.get(name, "") if written is not None and "&" in written else written
        for name, written in zip(SAID, said, strict=True)
    )


def _count(sequence: str) -> int:
    if not (sequence.isascii() and sequence.isdigit() and len(sequence) <= 18):
        raise ParameterError(f'gma:sequence "{cut(sequence, 40)}" is not a count')
    return int(sequence)


def _plain(text: str | None, instants: _Instants) -> float | None:
    # As others write it.
    try:
        return None if text is None else instants[text]
    except ParameterError:
        return None  # an attribute of the value's own that only has the same name


def writeValue(element: ServiceDataElement, now: float, wallOffset: float) -> bytes:
    """
    The value with its lifetime, as it goes into C{sd:serviceDataValues}; the prefixes C{ogsi} and C{gma} must
    be declared around it.

    @param now: instant on the node's clock: past C{goodUntil} the value says that it is stale
    @param wallOffset: wall time minus the node's clock, seconds
    """
    lifetime = element.lifetime
    key = element.key
    parts = [f' gma:originator="{escapeAttribute(key.originator)}"']
    if key.key:
        parts.append(f' gma:key="{escapeAttribute(key.key)}"')
    if element.created:
        parts.append(f' gma:created="{writeDateTime(element.created)}"')
    if element.sequence:
        parts.append(f' gma:sequence="{element.sequence}"')
    if element.path:
        parts.append(f' gma:path="{escapeAttribute(" ".join(element.path))}"')
    parts.append(f' ogsi:goodFrom="{writeDateTime(lifetime.goodFrom + wallOffset)}"')
    if lifetime.goodUntil != math.inf:
        parts.append(f' ogsi:goodUntil="{writeDateTime(lifetime.goodUntil + wallOffset)}"')
    if lifetime.availableUntil != math.inf:
        parts.append(
            f' ogsi:availableUntil="{writeDateTime(lifetime.availableUntil + wallOffset)}"'
        )
    if now >= lifetime.goodUntil:
        parts.append(' gma:freshness="stale"')
    return b"".join((element.head, "".join(parts).encode(), element.tail))
