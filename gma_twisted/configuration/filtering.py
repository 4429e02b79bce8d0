"""C{[filter]}: which of the events that come in are handed on."""

from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.globs import GLOBS
from gma_twisted.configuration.kinds import TEXT

__all__ = ["FilterSection"]


@attrs.frozen(slots=True)
class FilterSection:
    """C{[filter]}: what must be true of an event that a filter hands on, all of it."""

    eventTypes: Sequence[str] = key(
        GLOBS,
        "names of the events, `host.*`; told to directories and to who asks",
        (),
        name="event_types",
        shown="every name",
    )
    where: str | None = key(
        TEXT, "what must be true of them, `Bandwidth > 100 Mb/s`", shown="nothing"
    )
    xpath: str | None = key(
        TEXT, "an XPath expression over the event as XML that must be true, too", shown="nothing"
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if len(set(self.eventTypes)) < len(self.eventTypes):
            yield "event_types", "the same name twice", "leave one of them out"
