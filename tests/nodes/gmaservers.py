"""Servers of the GMA's roles as operators write them, for the tests of this room."""

from collections.abc import Sequence
from typing import Any

from zope.interface import implementer

from gma_twisted.errors import ProviderFailed
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.roles.producer import ProducerServer, PublishingProducer
from gma_twisted.roles.registry import RegistryServer
from gma_twisted.timing import Ready

__all__ = ["Counting", "Finding", "Plain", "Recovering", "Ticking"]


@implementer(ISimpleDataProvider)
class Ticking:
    """Says something else whenever it is asked."""

    name = "ticking"
    description = "a number that grows"

    def __init__(self) -> None:
        self.count = 0

    def provide(self) -> Ready[bytes]:
        """The document."""
        self.count += 1
        return Ready(b'<Tick xmlns="urn:example">%d</Tick>' % self.count)


@implementer(ISimpleDataProvider)
class Recovering:
    """Fails twice; then it says always the same."""

    name = "recovering"
    description = "a document that is not there at first"

    def __init__(self) -> None:
        self.count = 0

    def provide(self) -> Ready[bytes]:
        """The document."""
        self.count += 1
        if self.count <= 2:
            raise ProviderFailed("not yet")
        return Ready(b'<Good xmlns="urn:example"/>')


class Counting(ProducerServer):
    """Answers queries with a number."""

    eventTypes = (Event("counted", 0),)

    def __init__(self, first: int = 1) -> None:
        """@param first: the number"""
        self.first = first

    def doQuery(self, event: Event, **kw: Any) -> Sequence[Event]:
        """One event."""
        found = Event("counted", 0)
        found.add(EventField("count", self.first))
        return [found]


class Plain(PublishingProducer):
    """Sends no lines."""

    eventTypes = (Event("*", 0),)
    dataSchemes = ("http", "https")


class Finding(RegistryServer):
    """Finds always the same."""

    def doSearch(self, template: Event | None, **kw: Any) -> Sequence[GMAEntry]:
        """One entry."""
        return [GMAEntry(GMARole.PRODUCER, "http://found/")]
