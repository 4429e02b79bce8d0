"""GT 3.2's face of an aggregator: addDataAggregation and removeDataAggregation (WIRE 4)."""

from collections.abc import Awaitable

import attrs
from zope.interface import implementer

from gma_twisted.errors import ExtensibilityTypeError, Refused, cut
from gma_twisted.interfaces import IAggregator, IDataAggregation
from gma_twisted.model import OURSELVES, Caller, DataAggregation, Expression, Handle
from gma_twisted.soap.aggregating import readAggregationSubscription

__all__ = ["DataAggregations"]


@implementer(IDataAggregation)
@attrs.frozen(slots=True, eq=False)
class DataAggregations:
    """
    The same subscriptions as those of the Aggregator port type; a session's id is that of its subscription.

    GT 3.2 passed what another sink shall have on to that service. Here nobody makes a service call others in his
    place: he asks the sink himself.

    @ivar aggregator: of the service
    @ivar handle: of the service
    """

    aggregator: IAggregator
    handle: Handle

    async def addDataAggregation(
        self, DataAggregation: DataAggregation, caller: Caller = OURSELVES
    ) -> str:
        """See L{IDataAggregation}."""
        sink = DataAggregation.sink
        if sink is not None and sink != self.handle:
            raise Refused(
                f'{self.handle} aggregates for itself only; ask the sink "{cut(sink)}" to aggregate'
            )
        params = DataAggregation.params
        if not isinstance(params, Expression):
            raise ExtensibilityTypeError("params are one element")
        asked = params.read(readAggregationSubscription)
        id, _ = await self.aggregator.addSubscription(
            DataAggregation.source, asked.names, asked.lifetime, None, None, caller
        )
        return id

    def removeDataAggregation(self, sessionID: str, caller: Caller = OURSELVES) -> Awaitable[None]:
        """See L{IDataAggregation}."""
        return self.aggregator.removeSubscription(sessionID, caller)
