"""Selecting from a handful of values that no store keeps: the service data of services that are only rows."""

from collections.abc import Sequence

import attrs

from gma_twisted.model import Answer, NameQuery, ServiceDataElement
from gma_twisted.stores.paging import Cursors, select
from gma_twisted.stores.table import ElementTable
from gma_twisted.timing import NodeClock

__all__ = ["FewValues"]


@attrs.frozen(slots=True, eq=False)
class FewValues:
    """
    Selects as a store does, with the same rules and errors, and keeps nothing.

    A cursor is good for the values as they were, in the same order.

    @ivar clock: the node's
    """

    clock: NodeClock
    _cursors: Cursors = attrs.field(factory=Cursors, init=False, repr=False)

    def select(self, values: Sequence[ServiceDataElement], query: NameQuery) -> Answer:
        """
        @raise TargetInvalid: a selected name (not a wildcard) has no value
        @raise ParameterError: a cursor that was not made here
        """
        table = ElementTable()
        for value in values:
            table.put(value)
        return select(table, query, self.clock.seconds(), self._cursors)
