"""What each caller has used of a node lately: token buckets by network, and by name once it is known (P12)."""

from collections.abc import Sequence

import attrs
from twisted.internet.interfaces import IReactorTime

from gma_twisted.model.network import networkOf
from gma_twisted.timing import LeaseTable
from gma_twisted.transport.fairshare import SAVED

__all__ = ["Account", "Accounts"]

_AT_ONCE = 64
# What is used up is full again, and forgotten, when nothing came for so long.
_REMEMBERED = 10.0


@attrs.define(slots=True, eq=False)
class Account:
    """
    Of one caller; all its connections share it.

    @ivar key: network of its address, or C{@} and the name
    @ivar left: requests it may send now, whatever the node has to do; filled up only when it is empty
    @ivar filled: the instant of that
    @ivar share: requests it may be answered now while the node cannot answer everything
    @ivar shared: number of the round of which C{share} is
    @ivar urgent: renewals and the like that are let in now, beside its share
    @ivar counted: the instant of which C{urgent} is
    @ivar connections: how many use it
    @ivar unread: bytes of big answers that they have not taken to the end
    """

    key: str
    left: float
    filled: float
    urgent: float
    counted: float
    share: float = 0.0
    shared: int = 0
    connections: int = 0
    unread: int = 0

    def fill(self, now: float, rate: float, most: float) -> bool:
        """
        Once nothing is left: add what has grown since it was full.

        @param rate: requests a second
        @param most: requests at once
        @return: whether there is something now
        """
        self.left = min(most, self.left + (now - self.filled) * rate)
        self.filled = now
        return self.left > 0

    def takeUrgent(self, now: float, rate: float, most: float) -> bool:
        """Take one of those that go before others; parameters as of L{fill}. @return: whether there was one"""
        self.urgent = min(most, self.urgent + (now - self.counted) * rate)
        self.counted = now
        if self.urgent < 1:
            return False
        self.urgent -= 1
        return True

    def takeShare(self, round: int, each: float, reserve: int) -> bool:
        """
        Take one of its share.

        @param round: number of the round there is
        @param each: of every caller, in a round
        @param reserve: as many quarters of one are left for what is more urgent
        @return: whether there was one
        """
        most = max(1.0, SAVED * each)
        if round > self.shared:
            self.share = min(most, self.share + (round - self.shared) * each)
            self.shared = round
        if self.share < min(1.0 + reserve * each / 4, most):
            return False
        self.share -= 1
        return True


@attrs.define(slots=True, eq=False)
class Accounts:
    """
    The accounts of all callers that have connections, and of those that had some a moment ago.

    @ivar clock: the node's
    @ivar burst: requests of an account that is full
    @ivar urgentBurst: those that go before others
    @ivar most: accounts without connections; of more, those go that were left first
    """

    clock: IReactorTime
    burst: float
    urgentBurst: float
    most: int = 10_000
    _all: dict[str, Account] = attrs.field(factory=dict, init=False, repr=False)
    _left: LeaseTable[str] = attrs.field(factory=LeaseTable, init=False, repr=False)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    def enter(self, key: str) -> Account:
        """
        A connection more.

        @param key: address, or C{@} and the name
        @return: the account of a caller; addresses of one network share it, see L{networkOf}
        """
        key = networkOf(key)
        account = self._all.get(key)
        if account is None:
            now = self.clock.seconds()
            account = Account(key, self.burst, now, self.urgentBurst, now)
            self._all[key] = account
        if not account.connections:
            self._left.discard(key)
        account.connections += 1
        return account

    def leave(self, account: Account) -> None:
        """A connection less."""
        account.connections -= 1
        if account.connections:
            return
        now = self.clock.seconds()
        self._forget(self._left.expire(now, _AT_ONCE))
        first = self._left.nextDue()
        if len(self._left) >= self.most and first is not None:
            self._forget(self._left.expire(first, 1))
        self._left.set(account.key, now + _REMEMBERED)

    def _forget(self, keys: Sequence[str]) -> None:
        for key in keys:
            del self._all[key]
