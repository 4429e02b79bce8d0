"""Queries by service data name and what they answer (OGSI 1.0, 9.2.1; WIRE 3)."""

from collections.abc import Sequence

import attrs

from gma_twisted.model.element import ServiceDataElement
from gma_twisted.model.lifetime import Freshness
from gma_twisted.model.qname import QName

__all__ = ["Answer", "NameQuery", "NameSelector"]


@attrs.frozen(slots=True, cache_hash=True)
class NameSelector:
    """
    One C{ogsi:name} of a query.

    @ivar name: the service data name; local name C{*} means every name of the namespace, and in a question, nowhere
        else, namespace C{*} every namespace
    @ivar originator: only values of this service, as text; C{None} for all
    @ivar key: only the value with this key; C{None} for all
    """

    name: QName
    originator: str | None = None
    key: str | None = None

    @property
    def isWildcard(self) -> bool:
        """Whether every name of the namespace is meant."""
        return self.name.localName == "*"

    def covers(self, name: QName) -> bool:
        """Whether values of a name are meant, as far as the name decides it."""
        own = self.name
        return own.localName in ("*", name.localName) and own.namespace in ("*", name.namespace)


@attrs.frozen(slots=True, cache_hash=True)
class NameQuery:
    """
    C{ogsi:queryByServiceDataNames}, read.

    @ivar selectors: in the order asked; the answer keeps it
    @ivar freshness: which values by C{goodUntil}
    @ivar limit: most values in one answer; C{None} for no paging
    @ivar cursor: where the page before ended, as its answer said; C{None} for the first page
    """

    selectors: tuple[NameSelector, ...]
    freshness: Freshness = Freshness.ANY
    limit: int | None = None
    cursor: str | None = None


@attrs.frozen(slots=True)
class Answer:
    """
    The values a name query found.

    @ivar elements: in stable order, none of them gone
    @ivar cursor: asks for the next page; opaque, C{None} when this is the last
    @ivar validUntil: instant on the node's clock at which this answer changes by itself (a value turns stale
        or goes); C{inf} when only a L{Change <gma_twisted.model.change.Change>} can touch it
    """

    elements: Sequence[ServiceDataElement]
    cursor: str | None
    validUntil: float
