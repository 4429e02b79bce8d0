"""The pure half of a commit: commands and a view in, what is to be changed out. Nothing here changes anything."""

import math
from collections.abc import Iterable, Sequence

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
    Renew,
    Renewed,
    Updated,
)
from gma_twisted.stores.registry.limits import RegistryLimits
from gma_twisted.stores.registry.sharing import Pool
from gma_twisted.stores.registry.view import Overlay, View, sameButEnd, textOf

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


@attrs.frozen(slots=True)
class Decision:
    """
    What one commit changes.

    @ivar changes: one an entry touched; what was met past its time comes first, so that the history of an entry is
        the same whether the sweeper came first or the commit
    @ivar rows: for every command the row there is after it
    """

    changes: Sequence[RegistryChange] = ()
    rows: Sequence[Registration | None] = ()


def decide(
    work: Iterable[Work], view: View, now: float, limits: RegistryLimits, pool: Pool
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
    working = Overlay(view)
    rows: list[Registration | None] = []
    for one in work:
        if isinstance(one, Keep):
            rows.append(_keep(one, working, now, limits, pool))
        elif isinstance(one, Renew):
            rows.append(_renew(one, working, now))
        elif isinstance(one, End):
            rows.append(_end(one.entry, working, now))
        elif isinstance(one, Expire):
            for entry in one.entries:
                _live(entry, working, now)
        else:
            _reset(one, working, limits, pool)
    _bounded(working, view, limits)
    return Decision(_difference(view, working, now), rows)


def _keep(
    command: Keep, working: Overlay, now: float, limits: RegistryLimits, pool: Pool
) -> Registration:
    row = _admitted(command.row, limits, pool)
    known = None
    if command.known is not KnownMember.ADD:
        known = _oldest(row.handle, row.owner, working, now)
    if known is not None and command.known is KnownMember.REFUSE:
        raise ServiceAlreadyExists(
            f"{cut(row.owner)} has registered {cut(row.handle)} already, as entry {cut(known.entry)}",
            existing=known.entry,
        )
    taken = _live(row.entry, working, now)
    if taken is not None and (known is None or taken.entry != known.entry):
        raise ParameterError(
            f"the entry id {cut(row.entry)} is taken by a registration of {cut(taken.handle)}"
        )
    if known is not None:
        row = _inPlaceOf(known, row)
    elif taken is None:
        working.remove(row.entry)  # this commit may have let it end: it comes again, as the last
    working.write(row)
    return row


def _admitted(row: Registration, limits: RegistryLimits, pool: Pool) -> Registration:
    """
    The row as it is kept.

    @raise ParameterError: it has no id, no handle, or its end is no instant
    @raise TooLarge: a bound of one entry is passed; named
    """
    member = row.member
    if not row.entry or not member.handles:
        raise ParameterError(
            f"the registration {cut(row.entry)!r} of {cut(row.owner)} needs an entry id and a handle"
        )
    _checkInstant(row.entry, row.until)
    for bound, count in (
        ("attributes", len(row.attributes)),
        ("interfaces", len(member.interfaces)),
        ("contentSize", len(row.content)),
        ("size", textOf(row)),
    ):
        most: int = getattr(limits, bound)
        if count > most:
            raise TooLarge(
                f"the registration of {cut(row.handle)} passes the registry bound {bound}: {count}, at most {most}"
            )
    return pool.registration(row)


def _checkInstant(entry: str, until: float) -> None:
    if math.isnan(until):
        raise ParameterError(f"the end of entry {cut(entry)} is {until!r}, not an instant")


def _oldest(handle: str, owner: str, working: Overlay, now: float) -> Registration | None:
    """The oldest live entry of a member that the owner has; those before it are over."""
    for row in working.known(handle, owner):
        if _live(row.entry, working, now) is not None:
            return row
    return None


def _live(entry: str, working: Overlay, now: float) -> Registration | None:
    row = working.get(entry)
    if row is None or not row.isGone(now):
        return row
    # What this commit itself let end stays written: its end is told as one in time.
    if entry not in working.written:
        working.remove(entry)
    return None


def _inPlaceOf(known: Registration, row: Registration) -> Registration:
    return Registration(
        known.entry,
        row.member,
        row.name,
        row.attributes,
        row.content,
        row.owner,
        known.since,
        row.until,
    )


def _renew(command: Renew, working: Overlay, now: float) -> Registration | None:
    _checkInstant(command.entry, command.until)
    row = _live(command.entry, working, now)
    if row is None:
        return None
    row = _withEnd(row, command.until)
    working.write(row)
    return row


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


def _end(entry: str, working: Overlay, now: float) -> Registration | None:
    row = _live(entry, working, now)
    if row is not None:
        working.remove(entry)
    return row


def _reset(work: Reset, working: Overlay, limits: RegistryLimits, pool: Pool) -> None:
    before = [row.entry for row in working.everything()]
    kept: set[str] = set()
    for row in work.rows:
        if row.entry in kept:
            raise ParameterError(
                f"the entry id {cut(row.entry)} is twice among the rows of a reset"
            )
        working.write(_admitted(row, limits, pool))
        kept.add(row.entry)
    for entry in before:
        if entry not in kept:
            working.remove(entry)


def _difference(view: View, working: Overlay, now: float) -> list[RegistryChange]:
    expired: list[RegistryChange] = []
    changes: list[RegistryChange] = []
    for entry, after in working.written.items():
        before = view.get(entry)
        if before is not None and before.isGone(now):
            expired.append(Ended(before, expired=True))
            before = None
        gone = after is not None and after.isGone(now)
        if after is None or gone:
            if before is not None:
                changes.append(Ended(before, expired=gone))
        elif before is None:
            changes.append(Kept(after))
        elif not sameButEnd(after, before):
            changes.append(Updated(after, before))
        elif after.until != before.until:
            changes.append(Renewed(after, before.until))
    return expired + changes


def _bounded(working: Overlay, view: View, limits: RegistryLimits) -> None:
    # Only growth is refused: a registry over a bound that was lowered must be able to shrink.
    if working.entries > max(limits.entries, view.entries):
        raise TooLarge(f"the registry would pass its bound of {limits.entries} entries")
    if working.size > max(limits.bytes, view.size):
        raise TooLarge(f"the registry would pass its bound of {limits.bytes} bytes")
    for owner in working.owners:
        if working.owned(owner) > max(limits.perOwner, view.owned(owner)):
            raise TooLarge(
                f"{cut(owner)} would pass the registry bound perOwner of {limits.perOwner} entries"
            )
