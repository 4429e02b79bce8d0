"""The pure half of a commit: commands and a view in, what is to be changed out. Nothing here changes anything."""

import math
from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.errors import ParameterError, ServiceAlreadyExists, TooLarge, cut
from gma_twisted.model import (
    End,
    Ended,
    Keep,
    Kept,
    KnownMember,
    Registration,
    RegistryChange,
    RegistryCommand,
    Renewed,
    Replace,
    Updated,
)
from gma_twisted.stores.registry.limits import RegistryLimits
from gma_twisted.stores.registry.sharing import Pool
from gma_twisted.stores.registry.view import Overlay, View, sameButEnd, textOf, weight

__all__ = ["Decision", "Expire", "Reset", "Work", "decide"]


@attrs.frozen(slots=True)
class Expire:
    """
    End those of the entries that are gone. Expiry waits in one line with commits, so that an entry renewed by a
    commit under way is not taken for gone.
    """

    entries: Sequence[str]


@attrs.frozen(slots=True)
class Reset:
    """Make these the only entries."""

    rows: Sequence[Registration]


Work = RegistryCommand | Expire | Reset
"""What a commit is made of: what callers ask, and what the store asks itself."""

# The row before a command and after it, None where there is none; and how much more it weighs, unless it goes.
_Step = tuple[Registration | None, Registration | None, int]


@attrs.frozen(slots=True)
class Decision:
    """
    What one commit changes.

    @ivar changes: one an entry touched; what was met past its time comes first, so that the history of an entry is
        the same whether the sweeper came first or the commit
    @ivar rows: for every command the row there is after it
    @ivar size: how much more the entries weigh after it, in bytes
    """

    changes: Sequence[RegistryChange] = ()
    rows: Sequence[Registration | None] = ()
    size: int = 0


def decide(
    work: Sequence[Work], view: View, now: float, limits: RegistryLimits, pool: Pool
) -> Decision:
    """
    Decide one commit.

    What is kept or renewed to an instant that has passed is gone at once.

    @param view: what is there, entries under way included
    @param now: instant on the node's clock; what is gone by then counts as not there
    @param pool: what the rows kept share
    @raise TooLarge: a bound would be passed when all is done; named
    @raise ParameterError: an id is taken, an entry cannot be kept as it is, or an instant is none
    @raise ServiceAlreadyExists: the member of a L{Keep} is known and to be refused
    """
    decision = _single(work[0], view, now, limits, pool) if len(work) == 1 else None
    if decision is not None:
        return decision
    working = Overlay(view)
    rows: list[Registration | None] = []
    over: dict[str, None] = {}
    for one in work:
        if isinstance(one, Expire):
            for entry in one.entries:
                _live(entry, working, now, over)
            _letGo(over, working)
        elif isinstance(one, Reset):
            _reset(one, working, limits, pool)
        else:
            before, after, more = _step(one, working, now, limits, pool, over)
            if over:
                _letGo(over, working)
            _put(before, after, more, working)
            rows.append(before if after is None else after)
    _bounded(view, limits, working.entries - view.entries, working.size - view.size, working.owners)
    changes, passed = _difference(view, working, now)
    return Decision(changes, rows, working.size - view.size - passed)


def _single(
    one: Work, view: View, now: float, limits: RegistryLimits, pool: Pool
) -> Decision | None:
    """
    A commit of one command that touches one row, as nearly all are: nothing needs to be laid over the view.

    @return: C{None} when it does more: ends entries met past their time, or makes one that is past it
    """
    if isinstance(one, (Expire, Reset)):
        return None
    over: dict[str, None] = {}
    before, after, more = _step(one, view, now, limits, pool, over)
    if over or (after is not None and after.isGone(now)):
        return None
    rows = (before if after is None else after,)
    change = _change(before, after)
    if change is None:
        return Decision((), rows)
    if after is None:
        more = -weight(change.row)
    elif more > 0:
        added = int(before is None)
        _bounded(view, limits, added, more, {after.owner: added})
    return Decision((change,), rows, more)


def _put(
    before: Registration | None, after: Registration | None, more: int, working: Overlay
) -> None:
    if after is not None:
        if before is None:
            working.remove(after.entry)  # it may have passed in this commit: it comes as the last
        working.write(after, before, more)
    elif before is not None:
        working.remove(before.entry)


def _letGo(over: dict[str, None], working: Overlay) -> None:
    for entry in over:
        # What this commit itself let end stays written: its end is told as one in time.
        if entry not in working.written:
            working.remove(entry)
    over.clear()


def _step(
    command: RegistryCommand,
    view: View,
    now: float,
    limits: RegistryLimits,
    pool: Pool,
    over: dict[str, None],
) -> _Step:
    """
    What one command does.

    @param over: takes the entries met past their time
    """
    if isinstance(command, Keep):
        return _keep(command, view, now, limits, pool, over)
    if isinstance(command, End):
        return _live(command.entry, view, now, over), None, 0
    if isinstance(command, Replace):
        return _replace(command.row, view, now, limits, pool, over)
    _checkInstant(command.entry, command.until)
    row = _live(command.entry, view, now, over)
    return row, None if row is None else _withEnd(row, command.until), 0


def _keep(
    command: Keep,
    view: View,
    now: float,
    limits: RegistryLimits,
    pool: Pool,
    over: dict[str, None],
) -> _Step:
    row = command.row
    text = _admitted(row, limits)
    known = None
    if command.known is not KnownMember.ADD:
        known = _oldest(command, view, now, over)
        if known is not None and command.known is KnownMember.REFUSE:
            raise ServiceAlreadyExists(
                f"{cut(row.owner)} has registered {cut(row.handle)} already, as entry {cut(known.entry)}",
                existing=known.entry,
            )
    taken = _live(row.entry, view, now, over)
    if taken is not None and (known is None or taken.entry != known.entry):
        raise ParameterError(
            f"the entry id {cut(row.entry)} is taken by a registration of {cut(taken.handle)}"
        )
    if known is None:
        return None, pool.registration(row), weight(row, text)
    return known, *_inPlaceOf(known, row, pool)


def _replace(
    row: Registration,
    view: View,
    now: float,
    limits: RegistryLimits,
    pool: Pool,
    over: dict[str, None],
) -> _Step:
    _admitted(row, limits)
    present = _live(row.entry, view, now, over)
    if present is None:
        return None, None, 0
    if (present.handle, present.owner) != (row.handle, row.owner):
        raise ParameterError(
            f"entry {cut(row.entry)} is a registration of {cut(present.handle)}, not of {cut(row.handle)}"
        )
    return present, *_inPlaceOf(present, row, pool)


def _admitted(row: Registration, limits: RegistryLimits) -> int:
    """
    See that the row may be kept.

    @return: as L{textOf} counts it
    @raise ParameterError: it has no id, no handle, or its end is no instant
    @raise TooLarge: a bound of one entry is passed; named
    """
    member = row.member
    if not row.entry or not member.handles:
        raise ParameterError(
            f"the registration {cut(row.entry)!r} of {cut(row.owner)} needs an entry id and a handle"
        )
    _checkInstant(row.entry, row.until)
    _allowed(row, "registry_attributes", len(row.attributes), limits.attributes)
    _allowed(row, "registry_interfaces", len(member.interfaces), limits.interfaces)
    _allowed(row, "registry_content_size", len(row.content), limits.contentSize)
    text = textOf(row)
    _allowed(row, "registry_entry_size", text, limits.size)
    return text


def _allowed(row: Registration, bound: str, count: int, most: int) -> None:
    if count > most:
        raise TooLarge(
            f"the registration of {cut(row.handle)} passes the bound {bound}: {count}, at most {most}"
        )


def _checkInstant(entry: str, until: float) -> None:
    if math.isnan(until):
        raise ParameterError(f"the end of entry {cut(entry)} is {until!r}, not an instant")


def _oldest(command: Keep, view: View, now: float, over: dict[str, None]) -> Registration | None:
    """The oldest live entry that counts as that of the member; those before it are over."""
    interface = command.interface
    for row in view.known(command.row.handle, command.row.owner):
        if row.isGone(now):
            over[row.entry] = None
        elif interface is None or interface in row.interfaces:
            return row
    return None


def _live(entry: str, view: View, now: float, over: dict[str, None]) -> Registration | None:
    row = view.get(entry)
    if row is None or not row.isGone(now):
        return row
    over[entry] = None
    return None


def _inPlaceOf(known: Registration, row: Registration, pool: Pool) -> tuple[Registration, int]:
    if (
        row.content == known.content
        and row.member == known.member
        and row.name == known.name
        and row.attributes == known.attributes
    ):
        return _withEnd(known, row.until), 0
    row = pool.registration(row)
    row = Registration(
        known.entry,
        row.member,
        row.name,
        row.attributes,
        row.content,
        row.owner,
        known.since,
        row.until,
    )
    return row, weight(row) - weight(known)


def _withEnd(row: Registration, until: float) -> Registration:
    """The entry with another end."""
    return Registration(
        row.entry,
        row.member,
        row.name,
        row.attributes,
        row.content,
        row.owner,
        row.since,
        until,
    )


def _reset(work: Reset, working: Overlay, limits: RegistryLimits, pool: Pool) -> None:
    before = [row.entry for row in working.everything()]
    kept: set[str] = set()
    for row in work.rows:
        if row.entry in kept:
            raise ParameterError(
                f"the entry id {cut(row.entry)} is twice among the rows of a reset"
            )
        more = weight(row, _admitted(row, limits))
        present = working.get(row.entry)
        if present is not None:
            more -= weight(present)
        working.write(pool.registration(row), present, more)
        kept.add(row.entry)
    for entry in before:
        if entry not in kept:
            working.remove(entry)


def _difference(view: View, working: Overlay, now: float) -> tuple[list[RegistryChange], int]:
    """What is to be told; and what those weigh that were kept or renewed to an instant that has passed."""
    expired: list[RegistryChange] = []
    changes: list[RegistryChange] = []
    passed = 0
    for entry, after in working.written.items():
        before = view.get(entry)
        if before is not None and before.isGone(now):
            expired.append(Ended(before, expired=True))
            before = None
        if after is not None and after.isGone(now):
            passed += weight(after)
            if before is not None:
                changes.append(Ended(before, expired=True))
            continue
        change = _change(before, after)
        if change is not None:
            changes.append(change)
    return expired + changes, passed


def _change(before: Registration | None, after: Registration | None) -> RegistryChange | None:
    """What is told of an entry, neither form of which is gone."""
    if after is None:
        return None if before is None else Ended(before)
    if before is None:
        return Kept(after)
    if not sameButEnd(after, before):
        return Updated(after, before)
    return Renewed(after, before.until) if after.until != before.until else None


def _bounded(
    view: View, limits: RegistryLimits, entries: int, size: int, owners: Mapping[str, int]
) -> None:
    """
    See that there is room for what comes.

    Only growth is refused: a registry over a bound that was lowered must be able to shrink.

    @param entries: how many more there would be
    @param size: how many more bytes
    @param owners: how many more entries of each
    """
    if entries > 0 and view.entries + entries > limits.entries:
        raise TooLarge(
            f"the registry would hold more than {limits.entries} registrations, the bound registry_entries"
        )
    if size > 0 and view.size + size > limits.bytes:
        raise TooLarge(
            f"the registry would take more than {limits.bytes} bytes, the bound registry_size"
        )
    for owner, more in owners.items():
        if more > 0 and view.owned(owner) + more > limits.perOwner:
            raise TooLarge(
                f"{cut(owner)} would have more than {limits.perOwner} registrations, the bound registry_per_owner"
            )
