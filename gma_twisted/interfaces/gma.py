"""Producers, consumers and directories of the Grid Monitoring Architecture, and the planes data goes by (WIRE 6).

Every parameter and result is one of the declarations in L{gma_twisted.soap.porttypes.gma}; C{caller} is given by the
Exchange and is not on the wire. Ids of subscriptions are whole numbers below 2**53, one a side.
"""

from collections.abc import Awaitable, Hashable, Sequence

from zope.interface import Attribute, Interface

from gma_twisted.interfaces.streamheld import StreamHeld
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import (
    EventAnswer,
    EventFilter,
    Features,
    GMAEntry,
    SearchAnswer,
    Terms,
)
from gma_twisted.model.timestamp import Timestamp

__all__ = [
    "IConsumer",
    "IDataPlane",
    "IDirectory",
    "IEventChannel",
    "IGMAComponent",
    "IProducer",
    "IStreamGroup",
    "IStreamMember",
    "IStreamPlane",
]


class IGMAComponent(Interface):
    """What each of the three answers."""

    def getFeatures() -> Awaitable[Features]:
        """What it can do."""

    def ping() -> Awaitable[Timestamp]:
        """What time it is there."""


class IProducer(IGMAComponent):
    """Has events."""

    def query(
        template: Event,
        filter: EventFilter | None,
        mode: str,
        interval: float | None,
        maxEvents: int | None,
        cursor: str | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[EventAnswer]:
        """
        What it has.

        @param mode: a value of L{QueryMode <gma_twisted.model.gma.QueryMode>}
        @param interval: seconds of the past; C{None} for all that is kept
        @param maxEvents: of this answer; its C{cursor} asks for the rest
        @raise ParameterError: template, filter, mode or cursor cannot be used
        @raise NotImplementedException: it answers no queries; so of all that follow
        """

    def subscribe(
        template: Event,
        filter: EventFilter | None,
        dataUrl: str,
        encoding: str | None,
        callerId: int,
        lease: float | None,
        lookBack: float | None,
        rateLimit: float | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[tuple[int, float, int]]:
        """
        Send what it will have.

        @param callerId: what the caller calls it; it comes with every notification
        @param lease: seconds asked; C{None} for the usual
        @return: the producer's id, seconds granted, number of the first event
        @raise ParameterError: template, filter, URL or units cannot be used
        @raise Refused: it may not send there
        @raise TooLarge: too many subscriptions; the bound is named
        """

    def unsubscribe(producerId: int, caller: Caller = OURSELVES) -> Awaitable[int]:
        """End one. @return: its id. @raise ParameterError: there is none of this id, or it is another's"""

    def renew(producerId: int, lease: float | None, caller: Caller = OURSELVES) -> Awaitable[float]:
        """@return: seconds granted. @raise ParameterError: as L{unsubscribe}"""

    def modify(
        producerId: int,
        filter: EventFilter | None,
        rateLimit: float | None,
        lease: float | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[float]:
        """
        Change what is given; the rest stays.

        @return: seconds granted
        @raise ParameterError: as L{unsubscribe}; or the filter cannot be used
        """

    def pause(producerId: int, caller: Caller = OURSELVES) -> Awaitable[float]:
        """
        Send nothing until L{resume}; what comes meanwhile is kept within the bound, and what is left out is told.

        @return: seconds of its lease that are left
        @raise ParameterError: as L{unsubscribe}
        """

    def resume(producerId: int, caller: Caller = OURSELVES) -> Awaitable[float]:
        """@return: seconds of its lease that are left. @raise ParameterError: as L{unsubscribe}"""

    def estimate(
        template: Event,
        filter: EventFilter | None,
        encoding: str | None,
        rateLimit: float | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[Estimate]:
        """
        What a subscription would bring; nobody is subscribed, and nothing is started.

        @param encoding: of the data; C{None} for the usual one
        @param rateLimit: most events a second; C{None} for no bound
        @raise ParameterError: template, filter, encoding or rate limit cannot be used
        """


class IConsumer(IGMAComponent):
    """Takes events."""

    def notify(
        callerId: int | None,
        sequence: int | None,
        missed: int | None,
        event: Sequence[Event],
        caller: Caller = OURSELVES,
    ) -> Awaitable[int]:
        """
        Take events.

        @param callerId: of the subscription they are of, as its caller calls it; C{None} for none
        @param sequence: number of the first of them in that subscription; the others follow it
        @param missed: how many before them were left out on purpose (rate limit, bound); C{None} for none
        @return: how many were taken
        @raise ParameterError: no subscription of this id is known here, and it takes no others
        """

    def subscribe(
        template: Event, callerId: int, lease: float | None, caller: Caller = OURSELVES
    ) -> Awaitable[tuple[int, str, str, float]]:
        """
        A producer asks where it may send what it has.

        @param template: what it will send
        @param callerId: what the producer calls it
        @return: the consumer's id, where the data goes, its encoding, seconds granted
        """

    def query(
        template: Event, callerId: int, producer: str | None, caller: Caller = OURSELVES
    ) -> Awaitable[Sequence[Event]]:
        """
        A producer asks which of its events are wanted; it answers with one C{notify} under C{callerId}.

        @param template: what it offers
        @param producer: its URL, when it has one
        @return: templates of what is wanted; none for nothing
        """

    def renew(consumerId: int, lease: float | None, caller: Caller = OURSELVES) -> Awaitable[float]:
        """@return: seconds granted. @raise ParameterError: there is none of this id, or it is another's"""

    def unsubscribe(consumerId: int, caller: Caller = OURSELVES) -> Awaitable[int]:
        """End one. @return: its id. @raise ParameterError: as L{renew}"""


class IDirectory(IGMAComponent):
    """Knows producers and consumers (pyGMA's Registry, GMA's directory service)."""

    def add(
        entry: GMAEntry, lease: float | None, caller: Caller = OURSELVES
    ) -> Awaitable[tuple[str, float, Sequence[GMAEntry]]]:
        """
        Add one; what its owner has added before with the same role and endpoint is renewed instead.

        @return: its id, seconds granted, and who of the other role it could talk to
        @raise TooLarge: a bound of the registry; named
        """

    def update(
        entryId: str, entry: GMAEntry, lease: float | None, caller: Caller = OURSELVES
    ) -> Awaitable[tuple[float, Sequence[GMAEntry]]]:
        """
        Put another in its place; role and endpoint must be the same.

        @return: seconds granted, and who it could talk to
        @raise ParameterError: there is none of this id, or it is another's
        """

    def remove(entryId: str, caller: Caller = OURSELVES) -> Awaitable[None]:
        """End one. @raise ParameterError: as L{update}"""

    def renew(entryId: str, lease: float | None, caller: Caller = OURSELVES) -> Awaitable[float]:
        """@return: seconds granted. @raise ParameterError: as L{update}"""

    def renewMany(
        entryId: Sequence[str], lease: float | None, caller: Caller = OURSELVES
    ) -> Awaitable[Sequence[tuple[str, float | None]]]:
        """@return: each id with the seconds granted, C{None} for one that is unknown or another's"""

    def search(
        role: str | None,
        template: Event | None,
        xpath: str | None,
        attribute: Sequence[tuple[str, str]],
        limit: int | None,
        cursor: str | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[SearchAnswer]:
        """
        Who there is; all that is given must hold.

        @param role: a value of L{GMARole <gma_twisted.model.gma.GMARole>}
        @param template: one of the entry's event types could match what this one does
        @param xpath: selects entries among the registry's C{ogsi:entry}
        @param attribute: each must be among the entry's; the value may be a glob
        @param limit: entries of a page; at most what the node's limits say
        """

    def watch(
        role: str | None,
        template: Event | None,
        attribute: Sequence[tuple[str, str]],
        consumer: str,
        callerId: int,
        lease: float | None,
        caller: Caller = OURSELVES,
    ) -> Awaitable[tuple[int, float]]:
        """
        Tell a consumer, by C{notify} under C{callerId}, of every entry that is there, that comes, changes and goes, as
        L{EntryNews <gma_twisted.model.entryevent.EntryNews>} says.

        Asked for again by its owner, with the same consumer and C{callerId}, it is renewed; with other conditions all
        is told anew.

        @param consumer: its URL
        @return: the watch's id, seconds granted
        @raise Refused: the directory may not call there
        """

    def unwatch(watchId: int, caller: Caller = OURSELVES) -> Awaitable[int]:
        """End a watch. @return: its id. @raise ParameterError: there is none of this id, or it is another's"""


class IEventChannel(Interface):
    """The way to where one subscription's data goes."""

    def send(events: Sequence[Event], sequence: int, missed: int) -> Awaitable[None]:
        """
        Bring events there; done when the other end has taken them, or when the plane answers for them.

        @param sequence: number of the first; the others follow it
        @param missed: how many before the first were left out
        @raise ServiceHasTerminated: nothing more is wanted there; the subscription ends
        @raise PeerError: not now; the same is sent again
        @raise RequestError: these will never be taken (L{NotRepresentable <gma_twisted.errors.NotRepresentable>}); they
            are left out, and that is told
        """

    def close() -> Awaitable[None]:
        """End it."""


class IDataPlane(Interface):
    """A kind of data URLs (ARCHITECTURE, two planes)."""

    schemes: Sequence[str] = Attribute("of the URLs it opens, C{http}")
    encodings: Sequence[str] = Attribute("it writes; the first is the usual one")

    def check(url: str, encoding: str | None, caller: Caller) -> Awaitable[None]:
        """
        Judge a URL before a subscription is made; nothing is opened.

        @raise ParameterError: it cannot be one
        @raise Refused: nobody may have data sent there, or not this caller
        """

    def open(terms: Terms, callerId: int) -> IEventChannel:
        """The way there; connecting may wait for the first event."""


class IStreamMember(Interface):
    """One of those who get the bytes of a group."""

    def begin() -> None:
        """Send from now on. Until then, as while it is paused, lines wait within the bounds of the group."""

    def pause() -> None:
        """Send nothing until L{resume}."""

    def resume() -> None:
        """Send again."""

    def lookedBack(
        events: Sequence[Event],
        numbers: Sequence[int],
        sizes: Sequence[int],
        missed: int,
        first: int | None = None,
        lastMissed: int = 0,
    ) -> None:
        """
        What there was before it joined; it comes before all others.

        @param missed: how many were left out of it
        @param first: lowest number, also of what was left out, and C{lastMissed} the highest of that
        """

    def leaveOut(count: int) -> None:
        """So many events are left out before all that comes; that is told."""

    def skipTo(number: int) -> None:
        """Events up to this one of all are not for it."""

    def leave() -> Awaitable[None]:
        """Send nothing more, and close the way; done in a bounded time."""


class IStreamGroup(Interface):
    """Subscriptions that get the same bytes: every event is written once for all of them, and kept once."""

    def offer(event: Event | None, number: int, size: int, isTooMany: bool = False) -> None:
        """
        One more event for all, in the order of the numbers.

        @param event: as it was asked for; nobody changes it. C{None}: one is left out, and that is told
        @param number: of the event among all that its producer published
        @param size: bytes of it as XML, about
        @param isTooMany: whether it is left out because so many a second were not asked for: nobody misses it
        """

    def join(
        terms: Terms, callerId: int, since: int, isLookingBack: bool, owner: str = ""
    ) -> IStreamMember:
        """
        One more, for what is offered from now on.

        @param since: number of the last event that was published before
        @param isLookingBack: whether nothing is sent before L{IStreamMember.lookedBack}
        @param owner: whose subscription it is, as quotas count; empty: nobody's. Who waits for much altogether is the
            first to lose something
        """

    def take(member: IStreamMember, terms: Terms, callerId: int) -> None:
        """
        Take a member of another group of the same plane. What waits for it comes first; where lines are written
        otherwise here, that is left out, and told. Its connection stays where the data URL does.
        """

    def isWritten(event: Event) -> bool:
        """Whether lines of it are written at all: less important ones may not be."""

    def __len__() -> int:
        """How many are in it."""


class IStreamPlane(IDataPlane):
    """A plane of lines: on it those who ask for the same are a group. It opens no channels."""

    counts: StreamHeld = Attribute("what became of its lines, and what waits now")

    def kindOf(terms: Terms) -> Hashable:
        """
        What must be equal, beside template and filter, for two subscriptions to get the same bytes: how lines are
        written, and how many a second.

        @raise ParameterError: the data URL or the encoding cannot be used
        """

    def group(terms: Terms, life: str) -> IStreamGroup:
        """
        A group of subscriptions like this one; nobody is in it yet.

        @param life: of the producer's numbers
        """

    def stop() -> Awaitable[None]:
        """Close all ways, in a bounded time."""
