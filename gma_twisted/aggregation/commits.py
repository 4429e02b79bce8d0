"""Commits of several inflows side by side, each decided on what those before it will have written."""

import attrs

from gma_twisted.aggregation.plan import Plan
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import ElementKey, ServiceDataElement
from gma_twisted.timing import Ready

__all__ = ["Commits"]


@attrs.define(slots=True, eq=False)
class Commits:
    """
    The way into a store. A durable one takes its time, and does commits in the order they came.

    @ivar store: of the service
    """

    store: IServiceDataStore
    _pending: dict[ElementKey, tuple[Plan, ServiceDataElement | None]] = attrs.field(
        factory=dict, init=False, repr=False
    )

    def present(self, key: ElementKey) -> ServiceDataElement | None:
        """The value of a key as it is when the commits under way are done."""
        if self._pending:
            pending = self._pending.get(key)
            if pending is not None:
                return pending[1]
        return self.store.get(key)

    async def commit(self, plan: Plan) -> None:
        """
        Do what is planned, at once when the store can.

        @raise TooLarge, Busy: as the store's C{commit}; nothing is done then
        """
        answer = self.store.commit(plan.commands)
        if isinstance(answer, Ready):
            return
        pending = self._pending
        for key, element in plan.written.items():
            pending[key] = (plan, element)
        try:
            await answer
        finally:
            for key in plan.written:
                # Another commit may have written over it, and ended before.
                if key in pending and pending[key][0] is plan:
                    del pending[key]
