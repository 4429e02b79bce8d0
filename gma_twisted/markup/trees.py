"""Stored values as trees, with what a query by name shows of them on their roots."""

import math

import attrs

from gma_twisted.markup.build import serialise
from gma_twisted.markup.cutting import RESERVED
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.markup.parse import DEFAULT_LIMITS, Element, XMLGate
from gma_twisted.markup.values import writeValue
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model.element import ServiceDataElement

__all__ = ["ValueTrees", "stampTree", "writeInner"]

_GOOD_FROM, _GOOD_UNTIL, _AVAILABLE_UNTIL = (
    f"{{{OGSI}}}{name}" for name in ("goodFrom", "goodUntil", "availableUntil")
)
_FRESHNESS = f"{{{GMA}}}freshness"
_STAMPS = (_GOOD_FROM, _GOOD_UNTIL, _AVAILABLE_UNTIL, _FRESHNESS)
_DECLARED = {prefix: f' xmlns:{prefix}="{uri}"'.encode() for prefix, uri in RESERVED.items()}
# What is written on the root, beside what the value had when it passed its own gate.
_MORE = 16
_LIMITS = attrs.evolve(
    DEFAULT_LIMITS,
    size=2 * DEFAULT_LIMITS.size,
    attributes=DEFAULT_LIMITS.attributes + _MORE,
    namespaces=DEFAULT_LIMITS.namespaces + _MORE,
)


@attrs.define(slots=True, eq=False)
class ValueTrees:
    """Makes trees of values, with one parser. Not for several threads at once."""

    _gate: XMLGate = attrs.field(factory=lambda: XMLGate(_LIMITS), init=False, repr=False)

    def read(self, element: ServiceDataElement, now: float, wallOffset: float) -> Element:
        """
        The root of a document of its own: the value as L{writeValue} writes it, with the prefixes C{ogsi} and C{gma}.

        @param now, wallOffset: see L{writeValue}
        @raise ParameterError: the value is no XML
        @raise TooLarge: it passes a bound of the XML gate
        """
        # Behind the name is a blank: an originator is always written.
        name, blank, rest = writeValue(element, now, wallOffset).partition(b" ")
        head = element.head
        declared = [written for written in _DECLARED.values() if written not in head]
        document = b"".join((name, *declared, blank, rest))
        return self._gate.parse(document, str(element.key.name))


def stampTree(root: Element, element: ServiceDataElement, now: float, wallOffset: float) -> None:
    """
    Bring a tree of L{ValueTrees.read} to what that would give, where only lifetime and time are others.

    @param element: with the lifetime it has now
    """
    lifetime = element.lifetime
    wanted = {_GOOD_FROM: writeDateTime(lifetime.goodFrom + wallOffset)}
    if lifetime.goodUntil != math.inf:
        wanted[_GOOD_UNTIL] = writeDateTime(lifetime.goodUntil + wallOffset)
    if lifetime.availableUntil != math.inf:
        wanted[_AVAILABLE_UNTIL] = writeDateTime(lifetime.availableUntil + wallOffset)
    if now >= lifetime.goodUntil:
        wanted[_FRESHNESS] = "stale"
    if any((name in wanted) != (root.get(name) is not None) for name in _STAMPS):
        # In the order in which they are written.
        for name in _STAMPS:
            root.attrib.pop(name, None)
    for name, text in wanted.items():
        root.set(name, text)


def writeInner(node: Element) -> bytes:
    """An element inside a value, for where C{ogsi} and C{gma} are declared: all others that are in scope are in it."""
    # Neither a quote nor ">" is written as it is before the start tag ends.
    start, end, rest = serialise(node).partition(b">")
    for written in _DECLARED.values():
        start = start.replace(written, b"", 1)
    return b"".join((start, end, rest))
