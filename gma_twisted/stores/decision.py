"""The pure half of a commit: commands and a view in, what is to be changed out. Nothing here changes anything."""

from collections.abc import Iterable, Sequence

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.model import (
    Added,
    Change,
    Command,
    Declare,
    ElementKey,
    Extend,
    Extended,
    Put,
    QName,
    Remove,
    Removed,
    ReplaceAll,
    Replaced,
    ServiceDataElement,
)
from gma_twisted.stores.limits import StoreLimits
from gma_twisted.stores.view import Overlay, View, weight

__all__ = ["Decision", "Expire", "Reset", "Work", "burden", "decide"]


@attrs.frozen(slots=True)
class Expire:
    """
    Remove those of the values that are gone. Expiry waits in one line with commits, so that a value renewed by a
    commit under way is not taken for gone.
    """

    keys: Sequence[ElementKey]


@attrs.frozen(slots=True)
class Reset:
    """Make these the only values of the store; declarations stay."""

    elements: Sequence[ServiceDataElement]


Work = Command | Expire | Reset
"""What a commit is made of: what callers ask, and what the store asks itself."""


@attrs.frozen(slots=True)
class Decision:
    """
    What one commit changes: the record a durable store keeps, and all that is needed to apply it.

    @ivar expired: values the commit met past their C{availableUntil}, before its own changes; so the history of a
        key is the same whether the sweeper came first or the commit
    @ivar changes: in the order of the commands, one a value touched
    @ivar declared: names, and whether each is declared from now on
    """

    expired: Sequence[Removed] = ()
    changes: Sequence[Change] = ()
    declared: Sequence[tuple[QName, bool]] = ()


def burden(commands: Iterable[Command]) -> int:
    """How many values and names the commands touch, as C{StoreLimits.batch} counts them."""
    total = 0
    for command in commands:
        if isinstance(command, ReplaceAll):
            total += max(1, len(command.elements))
        elif isinstance(command, Declare):
            total += len(command.names)
        else:
            total += 1
    return total


def decide(work: Iterable[Work], view: View, now: float, limits: StoreLimits) -> Decision:
    """
    Decide one commit.

    A value put past its C{availableUntil} takes the place of the one before and is gone at once.

    @param view: what is there, values under way included
    @param now: instant on the node's clock; what is gone by then counts as not there
    @raise TooLarge: a bound would be passed when all is done; named
    @raise ParameterError: an element of L{ReplaceAll} has another name or originator
    """
    working = Overlay(view)
    for one in work:
        _do(one, working, now, limits)
    expired, changes = _difference(view, working, now)
    declared = [(n, known) for n, known in working.declared.items() if view.isDeclared(n) != known]
    _bounded(working, view, limits)
    return Decision(expired, changes, declared)


def _do(work: Work, working: Overlay, now: float, limits: StoreLimits) -> None:
    if isinstance(work, Put):
        _put(work.element, working, limits)
    elif isinstance(work, Extend):
        element = working.get(work.key)
        if element is not None and not element.lifetime.isGone(now):
            working.write(work.key, element.withLifetime(work.lifetime))
    elif isinstance(work, Remove):
        element = working.get(work.key)
        if element is not None and not element.lifetime.isGone(now):
            working.write(work.key, None)
    elif isinstance(work, ReplaceAll):
        _replaceAll(work, working, limits)
    elif isinstance(work, Declare):
        for name in work.names:
            working.declare(name, work.known)
    elif isinstance(work, Expire):
        _expire(work, working, now)
    else:
        _replace(working.everything(), work.elements, working, limits)


def _put(element: ServiceDataElement, working: Overlay, limits: StoreLimits) -> None:
    if weight(element) > limits.elementSize:
        raise TooLarge(
            f"a value of {cut(element.key.name)} is larger than the {limits.elementSize} bytes"
            " of the store bound elementSize"
        )
    working.write(element.key, element)


def _replaceAll(work: ReplaceAll, working: Overlay, limits: StoreLimits) -> None:
    for element in work.elements:
        if element.key.name != work.name or element.key.originator != work.originator:
            raise ParameterError(
                f"a value of {cut(element.key.name)} from {cut(element.key.originator)} cannot replace"
                f" the values of {cut(work.name)} from {cut(work.originator)}"
            )
    _replace(working.originated(work.name, work.originator), work.elements, working, limits)


def _replace(
    present: Iterable[ElementKey],
    elements: Iterable[ServiceDataElement],
    working: Overlay,
    limits: StoreLimits,
) -> None:
    before = list(present)
    kept: set[ElementKey] = set()
    for element in elements:
        _put(element, working, limits)
        kept.add(element.key)
    for key in before:
        if key not in kept:
            working.write(key, None)


def _expire(work: Expire, working: Overlay, now: float) -> None:
    for key in work.keys:
        element = working.get(key)
        if element is not None and element.lifetime.isGone(now):
            working.write(key, None)


def _difference(view: View, working: Overlay, now: float) -> tuple[list[Removed], list[Change]]:
    expired: list[Removed] = []
    changes: list[Change] = []
    for key, after in working.written.items():
        before = view.get(key)
        if before is not None and before.lifetime.isGone(now):
            expired.append(Removed(before, expired=True))
            before = None
        gone = after is not None and after.lifetime.isGone(now)
        if after is None or gone:
            if before is not None:
                changes.append(Removed(before, expired=gone))
        elif before is None:
            changes.append(Added(after))
        elif not after.sameContent(before):
            changes.append(Replaced(after, before))
        elif after != before:
            changes.append(Extended(after, before.lifetime))
    return expired, changes


def _bounded(working: Overlay, view: View, limits: StoreLimits) -> None:
    # Only growth is refused: a store over a bound that was lowered must be able to shrink.
    if working.elements > max(limits.elements, view.elements):
        raise TooLarge(f"the store would pass its bound of {limits.elements} elements")
    if working.size > max(limits.bytes, view.size):
        raise TooLarge(f"the store would pass its bound of {limits.bytes} bytes")
    if working.names > max(limits.names, view.names):
        raise TooLarge(f"the store would pass its bound of {limits.names} names")
