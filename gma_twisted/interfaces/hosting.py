"""Services that are only rows: subscriptions, entries, sinks. A million of them may exist (WIRE 1)."""

from collections.abc import Sequence
from typing import Any

from zope.interface import Attribute, Interface

__all__ = ["IServiceFamily"]


class IServiceFamily(Interface):
    """
    The services below one path, C{/services/index/entries/ID}: nothing of them is kept but their row.

    Their role is made for one request and forgotten with it.
    """

    path: str = Attribute("what stands before the id, C{/services/index/entries}")
    portTypes: Sequence[Any] = Attribute("declarations of what each of them offers")

    def role(id: str) -> object:
        """
        What answers for the service of this id; it provides the interfaces of the port types.

        @raise UnknownId: there never was one, or too long ago
        @raise ServiceHasTerminated: its life is over
        """
