"""What brings a producer's events to those who asked for them: the roles and the engine meet here only."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs
from zope.interface import Attribute, Interface

from gma_twisted.model import Caller
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, EventSource, Terms

__all__ = ["ArchivePage", "IEventArchive", "IEventEngine", "IEventFeed", "StoredEvent"]


@attrs.frozen(slots=True, eq=False)
class StoredEvent:
    """
    An event on the disk.

    @ivar event: nobody changes it
    @ivar source: who made it
    @ivar number: its place in the order of all, from 1
    @ivar size: bytes it comes to as XML, about
    """

    event: Event
    source: str
    number: int
    size: int


@attrs.frozen(slots=True, eq=False)
class ArchivePage:
    """
    What was looked at of an archive.

    @ivar found: that may be wanted, in the order asked for; whoever asks judges each of them
    @ivar last: timestamp in nanoseconds and number of the last row looked at, from where the next page goes on;
        C{None} when there are no more
    @ivar lost: newest timestamp, nanoseconds since 1970, of what was let go; C{None} for nothing
    @ivar lostNumber: highest number of what was let go; 0 for nothing. Where events of one name were asked for between
        two numbers, of what was let go of that name, or perhaps of it
    @ivar unreadable: how many of what was looked at could not be read, and are left out
    """

    found: Sequence[StoredEvent]
    last: tuple[int, int] | None
    lost: int | None
    lostNumber: int = 0
    unreadable: int = 0


class IEventArchive(Interface):
    """Keeps the events of one producer on the disk (docs/archive.md)."""

    life: str = Attribute("what numbers are of; another one where all was lost")
    last: int = Attribute("number of the last event that is kept or was lost; 0 before the first")
    began: int = Attribute("nanoseconds since 1970 when it was made: before that, nothing was kept")

    def append(
        events: Sequence[StoredEvent], positions: Mapping[str, str] | None = None
    ) -> Awaitable[None]:
        """
        Keep events, in the order of their numbers, which are higher than all before; done when a kill of the process
        does not lose them. Positions are kept in the same transaction.

        @param positions: texts by name, beside those there are; an empty text takes one out. Of too many those go that
            were not used for longest
        @raise Busy: the disk is full or fails, or too much waits: none of them is kept. It may be tried again
        """

    def positions() -> Mapping[str, str]:
        """Those that were kept last."""

    def lose(events: Sequence[StoredEvent]) -> None:
        """
        Events are published without being kept: their numbers are never given again, and answers say so. See
        L{reserve}, which comes before.
        """

    def reserve(number: int) -> Awaitable[None]:
        """
        Events up to this number are to be told before it is known whether they are kept: none of these numbers is given
        again, not even when the process is killed before that is known; nor when the power fails, where the archive
        loses nothing by that. Then what is missing is said to be.

        @return: ready when they may be told. That the disk fails is logged, and keeps nobody from it
        """

    def select(
        name: str,
        equal: Mapping[str, str],
        since: int | None,
        after: tuple[int, int] | None,
        upTo: int,
        limit: int,
    ) -> Awaitable[ArchivePage]:
        """
        Events in the order of their time, then of their numbers, of one page.

        @param name: of the events, or a glob
        @param equal: texts that fields of the event have, by the name of the field directly in it: what is found may
            have others too
        @param since: nanoseconds since 1970; C{None} for all
        @param after: place, as L{ArchivePage.last} tells it
        @param upTo: number of the newest event that counts
        @param limit: rows
        @raise Busy: too many ask at once, or the disk fails
        """

    def recent(
        name: str,
        equal: Mapping[str, str],
        since: int,
        before: tuple[int, int] | None,
        upTo: int,
        limit: int,
    ) -> Awaitable[ArchivePage]:
        """
        As L{select}, from the newest back.

        @param since: nanoseconds since 1970
        @param before: place of the event before which it goes on, as L{ArchivePage.last} tells it
        @raise Busy: too many ask at once, or the disk fails
        """

    def between(after: int, upTo: int, limit: int, name: str = "*") -> Awaitable[ArchivePage]:
        """
        Events C{after < number <= upTo} in the order of their numbers; C{last} is C{(0, number)}.

        @param name: of the events, or a glob
        """

    def latest(before: int | None, limit: int) -> Awaitable[ArchivePage]:
        """
        Of each source and name the event that was kept last, where it was not let go; those that were kept last come
        first. C{last} is C{(0, number)}.

        @param before: number of the event before which it goes on; C{None}: from the newest
        @param limit: rows
        @raise Busy: too many ask at once, or the disk fails
        """

    def counts() -> Mapping[str, int]:
        """Counters since the start, and how much there is now, by name."""

    def start() -> Awaitable[None]:
        """Open it. @raise ConfigError: it cannot be; the message says what to do"""

    def stop() -> Awaitable[None]:
        """Finish what was asked for, and close it."""


class IEventFeed(Interface):
    """The events of one subscription on their way. Its lease is somebody else's; so are its ids."""

    first: int = Attribute("number of the first event")

    def begin() -> None:
        """Send from now on. Until then events wait, within the bounds; called again, nothing happens."""

    def pause() -> None:
        """Send nothing until L{resume}: what comes waits, within the bounds."""

    def resume() -> None:
        """Send again."""

    def modify(filter: EventFilter | None, rateLimit: float | None) -> None:
        """
        Take another filter or rate limit for what comes from now on; C{None}: as it was.

        @raise ParameterError: the filter or the rate limit cannot be used; nothing is changed
        """

    def move(dataUrl: str, encoding: str | None, callerId: int) -> None:
        """
        Send to another place, under another number: what waits, and what was under way, comes there first. Numbers
        begin anew, and what was left out and not told is told there. Nothing happens when it has ended.

        @param dataUrl: that L{IEventEngine.check} allows
        @raise ParameterError: nothing can be sent there; nothing is changed
        """

    def end() -> None:
        """Send nothing more; what is on its way is given up. Called again, nothing happens."""


class IEventEngine(Interface):
    """The events of a producer: those that come, those that are kept, and who is told."""

    schemes: Sequence[str] = Attribute("of the data URLs it can send to")
    encodings: Sequence[str] = Attribute("of the data; the first is the usual one")

    def publish(event: Event, source: str = "") -> None:
        """
        Keep an event, and tell everybody whose template and filter it passes. It is copied: it may be changed after
        that.

        @param source: who made it, as answers name it; empty for the producer itself
        @raise TooLarge: it is larger than an event may be
        @raise ParameterError: a field of it has a value that no event can have
        """

    def keep(
        events: Sequence[tuple[Event, str]], positions: Mapping[str, str] | None = None
    ) -> Awaitable[None]:
        """
        Publish events, each with its source, once the archive has them; without one, at once.

        @param positions: as L{IEventArchive.append} has them
        @raise Busy: the archive does not take them now; none was published
        @raise GMAError: as L{publish}, of one of them; none was published
        """

    def expect(source: str, seconds: float) -> None:
        """
        Call a source stale when nothing was heard of it for that long.

        @param seconds: positive; C{inf} for never
        @raise TooLarge: too many sources
        """

    def failed(source: str, reason: str) -> None:
        """Call a source failed, until something is heard of it. @raise TooLarge: too many sources"""

    def alive(source: str) -> None:
        """
        Something was heard of a source though it had no event: it is neither stale nor failed.

        @raise TooLarge: too many sources
        """

    def forget(source: str) -> None:
        """It is no source any more; its last events are forgotten too, until a restart where an archive has them."""

    def sources() -> Sequence[EventSource]:
        """How fresh what it has of each source is."""

    def check(terms: Terms, caller: Caller) -> Awaitable[None]:
        """
        Judge what a subscription asks for; nothing is made.

        @raise ParameterError: template, filter, a number or the data URL cannot be used
        @raise Refused: nobody, or not this caller, may have data sent there
        """

    def subscribe(
        terms: Terms, callerId: int, over: Callable[[str], bool | None], owner: str = ""
    ) -> IEventFeed:
        """
        Keep for somebody what is published from now on, and before it what the look-back asks for; nothing is sent
        before L{IEventFeed.begin}.

        @param terms: that L{check} allows
        @param over: told why, when the other end wants nothing more, and the feed ends; where it gives true the feed is
            paused instead, and waits to be moved (L{IEventFeed.move}) and resumed
        @param owner: whose it is: owners have one share each of the work, and of what is kept; empty for the node
        @raise ParameterError: as L{check}
        @raise TooLarge: too many subscriptions, or too much that this owner asks for
        """

    def query(
        template: Event,
        filter: EventFilter | None,
        mode: str,
        interval: float | None,
        maxEvents: int | None,
        cursor: str | None,
    ) -> Awaitable[EventAnswer]:
        """See L{IProducer.query <gma_twisted.interfaces.gma.IProducer.query>}."""

    def estimate(
        template: Event,
        filter: EventFilter | None,
        encoding: str | None,
        rateLimit: float | None,
        expected: Mapping[str, float | None],
    ) -> Awaitable[Estimate]:
        """
        What a subscription would bring, reckoned from what was published lately.

        @param encoding: C{xml}, C{bp} or C{ulm}; C{None} for the usual one
        @param rateLimit: most events a second; C{None} for no bound
        @param expected: sources that would run otherwise than they did: how many seconds there would be between two
            runs, as L{IEventDemand.expected <gma_twisted.interfaces.eventdemand.IEventDemand.expected>} tells it
        @raise ParameterError: one of them cannot be used
        """

    def counts() -> Mapping[str, int]:
        """Counters since the start, and how much there is now, by name."""

    def start() -> Awaitable[None]:
        """Begin."""

    def stop() -> Awaitable[None]:
        """End every feed, and wait until what was on its way has ended. What is kept can still be asked for."""
