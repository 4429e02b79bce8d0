"""The pure half of a commit: commands and a view in, what is to be changed out. Nothing here changes anything."""

import math
from collections.abc import Iterable, Sequence

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.model import (
    MoveSubscription,
    Subscribe,
    Subscription,
    SubscriptionCommand,
)
from gma_twisted.stores.subscriptions.limits import SubscriptionLimits
from gma_twisted.stores.subscriptions.table import withEnd
from gma_twisted.stores.subscriptions.view import Overlay, View, textOf

__all__ = ["Decision", "Expire", "Work", "decide"]


@attrs.frozen(slots=True)
class Expire:
    """
    End those of the subscriptions that are over. Expiry waits in one line with commits, so that one renewed by a commit
    under way is not taken for over.
    """

    ids: Sequence[str]


Work = SubscriptionCommand | Expire
"""What a commit is made of: what callers ask, and what the store asks itself."""


@attrs.frozen(slots=True)
class Decision:
    """
    What one commit changes; no subscription is in two of the lists, but one that was over may begin anew.

    @ivar expired: over when the commit met them, or moved to an instant that has passed; told first and apart, so that
        the history of a subscription is the same whether the sweeper came first or the commit
    @ivar begun, moved, ended: as in L{SubscriptionChanges <gma_twisted.model.SubscriptionChanges>}
    """

    expired: Sequence[Subscription] = ()
    begun: Sequence[Subscription] = ()
    moved: Sequence[Subscription] = ()
    ended: Sequence[Subscription] = ()


def decide(work: Iterable[Work], view: View, now: float, limits: SubscriptionLimits) -> Decision:
    """
    Decide one commit.

    What begins at or is moved to an instant that has passed is over at once.

    @param view: what is there, subscriptions under way included
    @param now: instant on the node's clock; what is over by then counts as not there
    @raise TooLarge: a bound would be passed when all is done; named
    @raise ParameterError: an id is known, a subscription cannot be kept as it is, or an instant is none
    """
    working = Overlay(view)
    for one in work:
        if isinstance(one, Subscribe):
            _subscribe(one.subscription, view, working, now, limits)
        elif isinstance(one, MoveSubscription):
            _move(one, working, now)
        elif isinstance(one, Expire):
            for id in one.ids:
                _live(id, working, now)
        elif _live(one.id, working, now) is not None:
            working.remove(one.id)
    _bounded(working, view, limits)
    return _difference(view, working, now)


def _subscribe(
    row: Subscription, view: View, working: Overlay, now: float, limits: SubscriptionLimits
) -> None:
    _check(row, limits)
    before = view.get(row.id)
    isKnown = before is not None and before.until > now
    # Also one that this commit itself ended: nobody could tell its end from its beginning.
    if isKnown or _live(row.id, working, now) is not None:
        raise ParameterError(
            f"the subscription id {cut(row.id)} is known; a subscription needs a new one"
        )
    working.remove(row.id)  # it may be one that this commit let begin and be over
    working.write(row)


def _check(row: Subscription, limits: SubscriptionLimits) -> None:
    """
    See that a subscription can be kept.

    @raise ParameterError: it has no id, one of its times is none, or its peer no address
    @raise TooLarge: a bound of one subscription is passed; named
    """
    if not row.id:
        raise ParameterError(f"the subscription of {cut(row.owner)} needs an id")
    if " " in row.peer:
        raise ParameterError(f"the peer of subscription {cut(row.id)} is no address")
    for what in ("since", "minInterval", "maxInterval"):
        value: float = getattr(row, what)
        if math.isnan(value):
            raise ParameterError(f"{what} of subscription {cut(row.id)} is {value!r}, not a time")
    _checkEnd(row.id, row.until)
    _allowed(row, "subscription_names", len(row.topic.selectors), limits.names)
    _allowed(row, "subscription_size", textOf(row), limits.size)


def _allowed(row: Subscription, bound: str, count: int, most: int) -> None:
    if count > most:
        raise TooLarge(
            f"the subscription of {cut(row.owner)} passes the bound {bound}: {count}, at most {most}"
        )


def _checkEnd(id: str, until: float) -> None:
    if math.isnan(until):
        raise ParameterError(f"the end of subscription {cut(id)} is {until!r}, not an instant")


def _live(id: str, working: Overlay, now: float) -> Subscription | None:
    row = working.get(id)
    if row is None or row.until > now:
        return row
    # What this commit itself let end stays written: its end is told as one in time.
    if id not in working.written:
        working.remove(id)
    return None


def _move(command: MoveSubscription, working: Overlay, now: float) -> None:
    _checkEnd(command.id, command.until)
    row = _live(command.id, working, now)
    if row is not None:
        working.write(withEnd(row, command.until))


def _difference(view: View, working: Overlay, now: float) -> Decision:
    expired: list[Subscription] = []
    begun: list[Subscription] = []
    moved: list[Subscription] = []
    ended: list[Subscription] = []
    for id, after in working.written.items():
        before = view.get(id)
        if before is not None and before.until <= now:
            expired.append(before)
            before = None
        isOver = after is not None and after.until <= now
        if after is None or isOver:
            if before is not None:
                (expired if isOver else ended).append(before)
        elif before is None:
            begun.append(after)
        elif after.until != before.until:
            moved.append(after)
    return Decision(expired, begun, moved, ended)


def _bounded(working: Overlay, view: View, limits: SubscriptionLimits) -> None:
    # Only growth is refused: a store over a bound that was lowered must be able to shrink.
    if working.subscriptions > max(limits.subscriptions, view.subscriptions):
        raise TooLarge(
            f"the service would have more than {limits.subscriptions} subscriptions, the bound subscriptions"
        )
    if working.size > max(limits.bytes, view.size):
        raise TooLarge(
            f"the subscriptions would take more than {limits.bytes} bytes, the bound subscriptions_size"
        )
    for owner in working.owners:
        if working.owned(owner) > max(limits.perOwner, view.owned(owner)):
            raise TooLarge(
                f"{cut(owner)} would have more than {limits.perOwner} subscriptions, the bound"
                " subscriptions_per_owner"
            )
