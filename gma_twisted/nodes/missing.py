"""Events that tell of others which never come: every compound node hands them on, whatever it is there to do."""

import re
from collections.abc import Mapping

import attrs

from gma_twisted.events.bridge import MISSED as UNPUBLISHED
from gma_twisted.events.summary import LEFT
from gma_twisted.model.event import Event, EventContainer, EventField, Value
from gma_twisted.model.passage import VIA
from gma_twisted.netlogger.numbers import MISSED as UNSENT
from gma_twisted.nodes.sinks import MISSED

__all__ = ["missingIn"]

# Digits too: the lines of some say no types.
_COUNT = re.compile(r"[0-9]{1,18}(?:\.0{1,3})?\Z")
_RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_WAY = re.compile(r"[0-9a-f]{12}(?:,[0-9a-f]{12})*\Z")


@attrs.frozen(slots=True, eq=False)
class _Kind:
    """
    What events of a name have.

    @ivar counts: fields that are a number, which may be absent
    @ivar texts: further fields that may be absent, and what they are like
    @ivar needs: one of the fields that is never absent; C{None}: there may be none at all
    """

    counts: tuple[str, ...]
    texts: Mapping[str, re.Pattern[str]]
    needs: str | None

    def has(self, field: EventField) -> bool:
        """Whether it is one of them, and like that."""
        value: Value | None = field.value
        pattern = self.texts.get(field.name)
        if pattern is not None:
            return isinstance(value, str) and pattern.match(value) is not None
        return field.name in self.counts and _COUNT.match(str(_number(value))) is not None


_KINDS: Mapping[str, _Kind] = {
    UNPUBLISHED: _Kind(("count",), {VIA: _WAY}, "count"),
    UNSENT: _Kind(("count",), {VIA: _WAY}, "count"),
    MISSED: _Kind(("count", "announced"), {VIA: _WAY}, None),
    LEFT: _Kind(("late", "early", "crowded", "unfit"), {VIA: _WAY, "rule": _RULE}, "rule"),
}


def missingIn(event: Event) -> Event | None:
    """
    What an event tells of others which never come, and nothing beside that: anybody may call an event so, and what a
    filter holds back must not go by it.

    @return: with the fields alone that such events have; C{None} where it is an event like any other
    """
    kind = _KINDS.get(event.name)
    if kind is None:
        return None
    items: list[EventField | EventContainer] = [
        EventField(one.name, one.value) for one in event.fields if kind.has(one)
    ]
    names = [one.name for one in items]
    if (kind.needs is not None and kind.needs not in names) or len(set(names)) < len(names):
        return None
    made = Event(event.name, event.timestamp)
    made.items = items
    return made


def _number(value: Value | None) -> object:
    return int(value) if isinstance(value, bool) else value
