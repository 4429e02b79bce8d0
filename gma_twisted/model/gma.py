"""What producers, consumers and directories say to each other beside events (WIRE 6)."""

import enum
import math
import re
from collections.abc import Sequence

import attrs

from gma_twisted.errors import ParameterError, cut
from gma_twisted.model.event import Event
from gma_twisted.model.timestamp import Timestamp

__all__ = [
    "EventAnswer",
    "EventFilter",
    "EventSource",
    "Features",
    "FilterLanguage",
    "GMAEntry",
    "GMARole",
    "QueryMode",
    "SearchAnswer",
    "Terms",
    "gapCursor",
    "isGapCursor",
]

_GAP = re.compile(r"g[0-9a-f]{8,32}\.\d{1,20}\.\d{1,20}")


class GMARole(enum.Enum):
    """What an endpoint is (GFD-I.7); the values travel."""

    PRODUCER = "producer"
    CONSUMER = "consumer"
    REGISTRY = "registry"


class QueryMode(enum.Enum):
    """What a query answers; the values travel. What is to come is subscribed to, with a look-back."""

    LATEST = "latest"
    """Of each source and name the last event."""
    HISTORY = "history"
    """All that are kept, oldest first."""

    @classmethod
    def parse(cls, text: str) -> "QueryMode":
        """Read one from a message. @raise ParameterError: there is no such mode"""
        try:
            return cls(text.strip())
        except ValueError:
            raise ParameterError(
                f'"{cut(text, 40)}" is no mode of queries',
                cure='write "latest" or "history"',
                parameter="mode",
            ) from None


def gapCursor(life: str, after: int, upTo: int) -> str:
    """
    The cursor of a query that asks for what is missing in a numbered stream, and for nothing else: with mode history,
    and the template and filter of the subscription.

    @param life: of the numbers, as the stream begins with it
    @param after: number of the last event that came before the gap
    @param upTo: number of the last event that may be missing
    """
    return f"g{life}.{after}.{upTo}"


def isGapCursor(cursor: str | None) -> bool:
    """Whether a cursor is one of those that L{gapCursor} makes."""
    return cursor is not None and _GAP.fullmatch(cursor) is not None


class FilterLanguage(enum.Enum):
    """In what a filter is written; the values travel."""

    COMPARISON = "comparison"
    """C{Bandwidth > 100 Mb/s and Program = "GridFTP"}."""
    XPATH = "xpath"
    """XPath 1.0 on the event as XML; what is true of it passes."""


@attrs.frozen(slots=True)
class EventFilter:
    """
    What must be true of an event beside its template.

    @ivar language: in which it is written
    @ivar expression: as it came; read by who filters
    """

    language: FilterLanguage
    expression: str


@attrs.frozen(slots=True, eq=False)
class Terms:
    """
    What a subscription asks for.

    @ivar template: which events
    @ivar dataUrl: where they go
    @ivar filter: C{None} for none
    @ivar encoding: of the stream; C{None} for the usual one of the scheme
    @ivar lookBack: seconds of the past that come first; 0 for nothing
    @ivar rateLimit: most events a second; C{inf} for no bound. What is too much is left out, and told
    """

    template: Event
    dataUrl: str
    filter: EventFilter | None = None
    encoding: str | None = None
    lookBack: float = 0.0
    rateLimit: float = math.inf


@attrs.frozen(slots=True)
class EventSource:
    """
    How fresh what an answer has of one source is.

    @ivar name: of the source: of its producer, or a provider behind it
    @ivar newest: timestamp of its newest event; C{None} for none yet
    @ivar state: C{fresh}, C{stale} or C{failed}
    """

    name: str
    newest: Timestamp | None
    state: str


@attrs.frozen(slots=True, eq=False)
class EventAnswer:
    """
    What a query is answered.

    @ivar events: in order of their time
    @ivar isComplete: whether nothing that was asked for is missing
    @ivar warnings: what is missing and why, a sentence each
    @ivar sources: of the events, and of those that had none
    @ivar cursor: asks for the rest; C{None} when there is none
    """

    events: Sequence[Event]
    isComplete: bool = True
    warnings: Sequence[str] = ()
    sources: Sequence[EventSource] = ()
    cursor: str | None = None


@attrs.frozen(slots=True, eq=False)
class Features:
    """
    What a server can do: computed from its methods, so that it cannot lie.

    @ivar instanceId: new at every start; a proxy that sees another one forgets what it knew
    @ivar startTime: of the instance
    @ivar software: name and version
    @ivar roles: values of L{GMARole}
    @ivar features: names of the operations it implements, sorted
    @ivar dataSchemes: schemes of data URLs it can send to (producer) or listens at (consumer)
    @ivar encodings: of the data
    @ivar maxLease: seconds, the longest it grants
    @ivar eventTypes: templates of what it has (producer) or wants (consumer)
    """

    instanceId: str
    startTime: Timestamp
    software: str
    roles: Sequence[str]
    features: Sequence[str]
    dataSchemes: Sequence[str] = ()
    encodings: Sequence[str] = ()
    maxLease: float = math.inf
    eventTypes: Sequence[Event] = ()


@attrs.frozen(slots=True, eq=False)
class GMAEntry:
    """
    A producer or consumer in a directory.

    @ivar role: what it is
    @ivar endpoint: URL it answers at
    @ivar eventTypes: templates of what it has, or wants
    @ivar attributes: (name, value) pairs, repeated names legal
    @ivar entry: id the directory gave it; empty before
    @ivar lifetime: seconds that are left of its lease; C{None} before it has one
    """

    role: GMARole
    endpoint: str
    eventTypes: Sequence[Event] = ()
    attributes: Sequence[tuple[str, str]] = ()
    entry: str = ""
    lifetime: float | None = None


@attrs.frozen(slots=True, eq=False)
class SearchAnswer:
    """
    A page of what a directory found.

    @ivar entries: ordered by endpoint, then id
    @ivar cursor: asks for the next page; C{None} at the end
    """

    entries: Sequence[GMAEntry]
    cursor: str | None = None
