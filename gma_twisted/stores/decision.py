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

_OF_ONE_VALUE = (Put, Extend, Remove)


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
        if type(command) is Put:
            total += 1
        elif isinstance(command, ReplaceAll):
            total += max(1, len(command.elements))
        elif isinstance(command, Declare):
            total += len(command.names)
        else:
            total += 1
    return total


def decide(work: Sequence[Work], view: View, now: float, limits: StoreLimits) -> Decision:
    """
    Decide one commit.

    A value put past its C{availableUntil} takes the place of the one before and is gone at once.

    @param view: what is there, values under way included
    @param now: instant on the node's clock; what is gone by then counts as not there
    @raise TooLarge: a bound would be passed when all is done; named
    @raise ParameterError: an element of L{ReplaceAll} has another name or originator
    """
    if len(work) == 1 and isinstance(alone := work[0], _OF_ONE_VALUE):
        return _decideAlone(alone, view, now, limits)
    puts = _puts(work)
    if puts is not None:
        return _decidePuts(puts, view, now, limits)
    working = Overlay(view)
    for one in work:
        _do(one, working, now, limits)
    expired: list[Removed] = []
    changes: list[Change] = []
    quiet = working.quiet
    for key, (before, after) in working.written.items():
        _compare(before, after, now, expired, changes, key in quiet)
    declared = [(n, known) for n, known in working.declared.items() if view.isDeclared(n) != known]
    _bounded(working.elements, working.size, working.names, view, limits)
    return Decision(expired, changes, declared)


def _decideAlone(
    work: Put | Extend | Remove, view: View, now: float, limits: StoreLimits
) -> Decision:
    # Nothing else is in the commit, so nothing need be seen through an overlay.
    after: ServiceDataElement | None
    isQuiet = False
    if isinstance(work, Put):
        after, isQuiet = work.element, work.isQuiet
        before = view.get(after.key)
        _boundedAlone(before, after, view, limits)
    else:
        before = view.get(work.key)
        if before is None or before.lifetime.isGone(now):
            return Decision([], [], [])
        # What there is becomes neither more nor heavier: no bound is asked.
        after = _changed(work, before)
    expired: list[Removed] = []
    changes: list[Change] = []
    _compare(before, after, now, expired, changes, isQuiet)
    return Decision(expired, changes, [])


def _puts(work: Sequence[Work]) -> dict[ElementKey, Put] | None:
    # What notices mostly come to: values, each once. None for anything else.
    puts: dict[ElementKey, Put] = {}
    for one in work:
        if type(one) is not Put:
            return None
        puts[one.element.key] = one
    return puts if len(puts) == len(work) else None


def _decidePuts(
    puts: dict[ElementKey, Put], view: View, now: float, limits: StoreLimits
) -> Decision:
    # No value sees another, so nothing need be seen through an overlay.
    expired: list[Removed] = []
    changes: list[Change] = []
    elements, size = view.elements, view.size
    added: set[QName] = set()
    for key, put in puts.items():
        after = put.element
        size += _fitting(after, limits)
        before = view.get(key)
        if before is not None:
            size -= weight(before)
        else:
            elements += 1
            added.add(key.name)
        _compare(before, after, now, expired, changes, put.isQuiet)
    names = view.names
    for name in added:
        names += not (view.count(name) or view.isDeclared(name))
    _bounded(elements, size, names, view, limits)
    return Decision(expired, changes, [])


def _boundedAlone(
    before: ServiceDataElement | None, after: ServiceDataElement, view: View, limits: StoreLimits
) -> None:
    elements, size, names = view.elements, view.size + _fitting(after, limits), view.names
    if before is not None:
        size -= weight(before)
    else:
        elements += 1
        name = after.key.name
        # Whether the name is new matters only where no other fits in.
        if names >= limits.names and not (view.count(name) or view.isDeclared(name)):
            names += 1
    _bounded(elements, size, names, view, limits)


def _changed(work: Extend | Remove, element: ServiceDataElement) -> ServiceDataElement | None:
    return element.withLifetime(work.lifetime) if isinstance(work, Extend) else None


def _do(work: Work, working: Overlay, now: float, limits: StoreLimits) -> None:
    if isinstance(work, Put):
        element = work.element
        working.write(element.key, element, _fitting(element, limits), work.isQuiet)
    elif isinstance(work, Extend):
        working.extend(work.key, work.lifetime, now)
    elif isinstance(work, Remove):
        held = working.get(work.key)
        if held is not None and not held.lifetime.isGone(now):
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


def _fitting(element: ServiceDataElement, limits: StoreLimits) -> int:
    weighs = weight(element)
    if weighs > limits.elementSize:
        raise TooLarge(
            f"a value of {cut(element.key.name)} is larger than {limits.elementSize} bytes,"
            " the bound store_element_size"
        )
    return weighs


def _replaceAll(work: ReplaceAll, working: Overlay, limits: StoreLimits) -> None:
    name, originator = work.name, work.originator
    for element in work.elements:
        key = element.key
        # Mostly it is one and the same name, which is told faster than equality.
        if (key.name is not name and key.name != name) or key.originator != originator:
            raise ParameterError(
                f"a value of {cut(key.name)} from {cut(key.originator)} cannot replace"
                f" the values of {cut(name)} from {cut(originator)}"
            )
    _replace(working.originated(name, originator), work.elements, working, limits)


def _replace(
    present: Iterable[ElementKey],
    elements: Iterable[ServiceDataElement],
    working: Overlay,
    limits: StoreLimits,
) -> None:
    before = list(present)
    kept: set[ElementKey] = set()
    for element in elements:
        working.write(element.key, element, _fitting(element, limits))
        kept.add(element.key)
    for key in before:
        if key not in kept:
            working.write(key, None)


def _expire(work: Expire, working: Overlay, now: float) -> None:
    for key in work.keys:
        element = working.get(key)
        if element is not None and element.lifetime.isGone(now):
            working.write(key, None)


def _compare(
    before: ServiceDataElement | None,
    after: ServiceDataElement | None,
    now: float,
    expired: list[Removed],
    changes: list[Change],
    isQuiet: bool,
) -> None:
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
        # Another way is always told: see sameContent.
        changes.append(Replaced(after, before, isQuiet and after.path == before.path))
    elif after.lifetime != before.lifetime or after != before:
        changes.append(Extended(after, before.lifetime))


def _bounded(elements: int, size: int, names: int, view: View, limits: StoreLimits) -> None:
    # Only growth is refused: a store over a bound that was lowered must be able to shrink.
    if elements > limits.elements and elements > view.elements:
        raise TooLarge(
            f"the service data would have more than {limits.elements} values, the bound store_elements"
        )
    if size > limits.bytes and size > view.size:
        raise TooLarge(
            f"the service data would take more than {limits.bytes} bytes, the bound store_size"
        )
    if names > limits.names and names > view.names:
        raise TooLarge(
            f"the service data would have more than {limits.names} names, the bound store_names"
        )
