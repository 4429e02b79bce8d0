"""What somebody derives a consumer from (pyGMA's ConsumerServer)."""

import math
from collections.abc import Sequence
from typing import Protocol

from gma_twisted.errors import ServiceError
from gma_twisted.model.event import Event

__all__ = ["ConsumerMeans", "ConsumerServer"]


class ConsumerMeans(Protocol):
    """What the framework does for a consumer that is served."""

    def expect(self, callerId: int, lease: float) -> None:
        """See L{ConsumerServer.expect}."""

    def forget(self, callerId: int) -> None:
        """See L{ConsumerServer.forget}."""

    def renumber(self, old: int, new: int) -> None:
        """See L{ConsumerServer.renumber}."""


class ConsumerServer:
    """
    A consumer that implements nothing: every operation answers NotImplementedException.

    A class derived from it has methods for what it implements; each is a function, a coroutine function, or gives a
    Deferred::

        doNotify(self, events, **kw)         takes events
        doSubscribe(self, event, sId, **kw)  a producer asks whether it may send; a token of its own, or None
        doUnsubscribe(self, sid)             it sends no more
        doQuery(self, event, **kw)           a producer asks which of its events are wanted: templates

    C{kw} of C{doNotify} has C{callerId} and C{sequence} of the subscription, None for events of none; C{missed}, how
    many were left out before these and told, by a rate limit for example; C{gap}, how many are missing that nobody told
    of; C{isResumed}, whether the subscription was lost and these are the first of the one in its place: events may be
    missing before them, nobody knows how many; and C{caller}. Events that come twice because an answer was lost are
    given once. When it raises, the producer
    sends the same again; C{Busy} says so on purpose.

    C{event} is the template of what is offered, C{sId} the producer's number of it, under which its events come; C{sid}
    is the token, or the consumer's number when there was none: C{consumerId} of C{kw}. Leases are the framework's:
    C{doUnsubscribe} is called when one ends, too.

    @cvar eventTypes: templates of the events it wants
    @cvar isOpen: whether it takes events of subscriptions that it was not told of
    """

    eventTypes: Sequence[Event] = ()
    isOpen: bool = True
    _means: ConsumerMeans | None = None

    def servedBy(self, means: ConsumerMeans | None) -> None:
        """Called by the framework when it is served, and with C{None} when it is no more."""
        self._means = means

    def expect(self, callerId: int, lease: float = math.inf) -> None:
        """
        Events of a subscription will come here: to be said before it is made.

        @param callerId: number of the subscription, as its caller calls it
        @param lease: seconds after which it is forgotten, unless this is called again
        @raise TooLarge: too many
        """
        self._served().expect(callerId, lease)

    def forget(self, callerId: int) -> None:
        """No more events of a subscription are taken: its producer hears "Bad id", and ends it."""
        self._served().forget(callerId)

    def renumber(self, old: int, new: int) -> None:
        """
        A subscription was lost, and is made again under another number: the old one is forgotten, the new one expected
        for as long as the old one was.

        @raise TooLarge: the old one is not known, and there are too many
        """
        self._served().renumber(old, new)

    def _served(self) -> ConsumerMeans:
        if self._means is None:
            raise ServiceError(f"{type(self).__name__} is not served by a node")
        return self._means
