"""What brings a producer's events to those who asked for them: the roles and the engine meet here only."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from zope.interface import Attribute, Interface

from gma_twisted.model import Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, EventFilter, EventSource, Terms

__all__ = ["IEventEngine", "IEventFeed"]


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
        """It is no source any more; its last events are forgotten too."""

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

    def counts() -> Mapping[str, int]:
        """Counters since the start, and how much there is now, by name."""

    def start() -> Awaitable[None]:
        """Begin."""

    def stop() -> Awaitable[None]:
        """End every feed, and wait until what was on its way has ended. What is kept can still be asked for."""
