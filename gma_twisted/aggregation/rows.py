"""Who wants which source: the subscriptions of an aggregator, and the sessions they share."""

from collections import Counter
from collections.abc import Callable, Iterator

import attrs

from gma_twisted.aggregation.session import Session
from gma_twisted.aggregation.upstream import AggregateSource
from gma_twisted.model import QName
from gma_twisted.timing import Task

__all__ = ["Followed", "Row", "Rows"]

_What = tuple[str, frozenset[QName]]


@attrs.define(slots=True, eq=False)
class Followed:
    """A session, how many subscriptions it is for, and its task while it runs."""

    session: Session
    wanted: int = 0
    task: Task | None = None


@attrs.frozen(slots=True)
class Row:
    """
    A subscription.

    @ivar id: no other has it
    @ivar owner: whom it counts for; C{None} for the configuration
    @ivar followed: what it is for
    @ivar isAsked: whether it was asked for, has a lease, and is ended by request; the others end with what they are for
    """

    id: str
    owner: str | None
    followed: Followed
    isAsked: bool


@attrs.define(slots=True, eq=False)
class Rows:
    """
    The subscriptions. Those for the same names of the same source share a session.

    @ivar make: makes the session of a source; told whether the operator named it
    """

    make: Callable[[AggregateSource, bool], Session]
    _rows: dict[str, Row] = attrs.field(factory=dict, init=False, repr=False)
    # Of those that may be asked for again: by owner and what is copied.
    _ids: dict[tuple[str | None, _What], str] = attrs.field(factory=dict, init=False, repr=False)
    _owners: Counter[str | None] = attrs.field(factory=Counter, init=False, repr=False)
    _followed: dict[_What, Followed] = attrs.field(factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        """All of them."""
        return iter(self._rows.values())

    @property
    def sessions(self) -> list[Followed]:
        """What they are for."""
        return list(self._followed.values())

    def get(self, id: str) -> Row | None:
        """One of them."""
        return self._rows.get(id)

    def idOf(self, owner: str | None, source: AggregateSource) -> str | None:
        """Which one somebody has for the same names of the same source, of those that may be asked for again."""
        return self._ids.get((owner, _whatOf(source)))

    def countOf(self, owner: str) -> int:
        """How many count for somebody."""
        return self._owners[owner]

    def enter(self, id: str, owner: str | None, source: AggregateSource, isAsked: bool) -> Followed:
        """Add one; see L{Row}. @return: its session, which may not run yet"""
        what = _whatOf(source)
        followed = self._followed.get(what)
        if followed is None:
            followed = self._followed[what] = Followed(self.make(source, owner is None))
        followed.wanted += 1
        self._rows[id] = Row(id, owner, followed, isAsked)
        if isAsked or owner is None:
            self._ids[owner, what] = id
        self._owners[owner] += 1
        return followed

    def drop(self, id: str) -> None:
        """Take one away that is there; a session that nobody wants any more ends."""
        row = self._rows.pop(id)
        followed = row.followed
        what = _whatOf(followed.session.source)
        if row.isAsked or row.owner is None:
            del self._ids[row.owner, what]
        self._owners[row.owner] -= 1
        if not self._owners[row.owner]:
            del self._owners[row.owner]
        followed.wanted -= 1
        if not followed.wanted:
            del self._followed[what]
            if followed.task is not None:
                followed.task.cancel()


def _whatOf(source: AggregateSource) -> _What:
    return source.source.url, frozenset(source.names)
