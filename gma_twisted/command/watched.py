"""A change of service data, as C{gma watch} tells it."""

import json
import time
from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.command.asjson import leaves, treeOf, valueAsJSON
from gma_twisted.configuration.spelling import spellName
from gma_twisted.errors import cut
from gma_twisted.markup import ReceivedValue
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Added, Change, Removed, Replaced, ServiceDataElement
from gma_twisted.timing import NodeClock

__all__ = ["Watched"]

_SHOWN = 400


@attrs.frozen(slots=True, eq=False)
class Watched:
    """
    A change.

    @ivar kind: C{new}, C{changed}, C{removed}, or C{expired}
    @ivar at: wall time here, seconds since 1970
    @ivar element: the value; the last one of a value that is gone
    @ivar previous: the value before; C{None} when there was none
    @ivar clock: of the element's lifetime
    """

    kind: str
    at: float
    element: ServiceDataElement
    previous: ServiceDataElement | None
    clock: NodeClock

    @classmethod
    def of(cls, change: Change, clock: NodeClock) -> "Watched | None":
        """@return: C{None} when the value is the same, and only holds for longer"""
        now = clock.wallTime()
        if isinstance(change, Removed):
            kind = "expired" if change.expired else "removed"
            return cls(kind, now, change.previous, None, clock)
        if isinstance(change, Added):
            return cls("new", now, change.element, None, clock)
        if isinstance(change, Replaced) and _contentOf(change.element) != _contentOf(
            change.previous
        ):
            return cls("changed", now, change.element, change.previous, clock)
        return None

    @property
    def isGone(self) -> bool:
        """Whether there is no value any more."""
        return self.kind in ("removed", "expired")

    @property
    def content(self) -> bytes:
        """The value, a document; nothing of one that is gone."""
        return b"" if self.isGone else self.element.content

    def has(self, text: str) -> bool:
        """Whether a text is in the value, or in what it is called."""
        key = self.element.key
        where = (key.name.clark, spellName(key.name), key.originator, key.key)
        return text.encode() in self.element.content or any(text in one for one in where)

    def line(self) -> str:
        """For eyes: of a value that changed, what is another in it than before."""
        key = self.element.key
        at = time.strftime("%H:%M:%S", time.localtime(self.at))
        words = f"{at}  {self.kind:<7}  {spellName(key.name)}  {key.key or '-'}"
        said = "" if self.isGone else " ".join(f"{path}={text}" for path, text in self._news())
        return f"{words}  {cut(said, _SHOWN)}".rstrip()

    def asJSON(self) -> str:
        """For programs, on one line: as C{gma get} has it, with C{change} and C{at}; no value when it is gone."""
        told = {"change": self.kind, "at": writeDateTime(self.at)}
        value = dict(valueAsJSON(self._received(), isStale=False))
        if self.isGone:
            value["value"] = None
        return json.dumps({**told, **value})

    def environment(self) -> Mapping[str, str]:
        """For programs: the facts as environment variables."""
        key = self.element.key
        return {
            "GMA_CHANGE": self.kind,
            "GMA_AT": writeDateTime(self.at),
            "GMA_NAME": key.name.clark,
            "GMA_ORIGINATOR": key.originator,
            "GMA_KEY": key.key,
        }

    def _news(self) -> Sequence[tuple[str, str]]:
        found = leaves(treeOf(self._received()))
        if self.previous is None:
            return found
        before = dict(leaves(treeOf(attrs.evolve(self, element=self.previous)._received())))
        return [one for one in found if before.get(one[0]) != one[1]] or found

    def _received(self) -> ReceivedValue:
        element = self.element
        toWall, lifetime = self.clock.toWall, element.lifetime
        return ReceivedValue(
            element.key.name,
            element.head,
            element.tail,
            toWall(lifetime.goodFrom),
            toWall(lifetime.goodUntil),
            toWall(lifetime.availableUntil),
            element.key.originator,
            element.key.key,
            element.created,
            # Without ourselves.
            element.path[:-1],
            element.sequence,
        )


def _contentOf(element: ServiceDataElement) -> tuple[bytes, bytes]:
    # Not by which way it came: that is no change of the value.
    return element.head, element.tail
