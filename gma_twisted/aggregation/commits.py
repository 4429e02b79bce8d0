"""Commits of several inflows side by side, each decided on what those before it will have written."""

import attrs

from gma_twisted.aggregation.plan import Plan, keyOf
from gma_twisted.aggregation.room import Room
from gma_twisted.errors import TooLarge
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import ElementKey, ServiceDataElement
from gma_twisted.timing import Ready

__all__ = ["Commits"]


@attrs.define(slots=True, eq=False)
class Commits:
    """
    The way into a store. A durable one takes its time, and does commits in the order they came.

    @ivar store: of the service
    @ivar room: what copies may take of it
    """

    store: IServiceDataStore
    room: Room
    _pending: dict[ElementKey, tuple[Plan, ServiceDataElement | None]] = attrs.field(
        factory=dict, init=False, repr=False
    )
    # What the plans under way need.
    _needs: dict[Plan, tuple[int, int]] = attrs.field(factory=dict, init=False, repr=False)

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
        self._begin(plan)
        try:
            await answer
        finally:
            self._end(plan)

    async def commitFitting(self, plan: Plan) -> dict[ElementKey, TooLarge]:
        """
        Do what is planned as far as the store has room for it: in one commit when it has room for everything, else in
        as many as it takes to find what does not fit, few for a few values.

        @return: the values that were left out, and why
        @raise Busy: as the store's C{commit}; a part may have been done
        """
        try:
            await self.commit(plan)
        except TooLarge as error:
            if len(plan.commands) == 1:
                return {keyOf(plan.commands[0]): error}
        else:
            return {}
        # Others decide on all of it from now on, though it is not under way yet.
        self._begin(plan)
        try:
            first, second = plan.halves()
            unfit = await self.commitFitting(first)
            late = await self.commitFitting(second)
        finally:
            self._end(plan)
        for key in second.written:
            unfit.pop(key, None)
        return unfit | late

    def _begin(self, plan: Plan) -> None:
        self._needs[plan] = self.room.begin(plan.written, self.present)
        for key, element in plan.written.items():
            self._pending[key] = (plan, element)

    def _end(self, plan: Plan) -> None:
        self.room.end(self._needs.pop(plan))
        pending = self._pending
        for key in plan.written:
            # Another commit may have written over it, and ended before.
            if key in pending and pending[key][0] is plan:
                del pending[key]
