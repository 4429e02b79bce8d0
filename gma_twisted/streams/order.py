"""What is missing in a numbered stream, and what came twice: pure (L{numbers <gma_twisted.netlogger.numbers>})."""

from collections.abc import Iterable, Sequence

import attrs

from gma_twisted.model.event import Event
from gma_twisted.netlogger.numbers import Beginning

__all__ = ["Begun", "Gap", "Line", "Position", "Run", "begun", "inOrder"]


@attrs.frozen(slots=True)
class Position:
    """
    How far a stream has come.

    @ivar life: of the producer's numbers
    @ivar last: number up to which all was delivered
    """

    life: str
    last: int


@attrs.frozen(slots=True)
class Gap:
    """
    Where events may be missing: C{after < number <= upTo}.

    @ivar after: number of the last that came
    @ivar upTo: number of the last that may be missing
    """

    after: int
    upTo: int


@attrs.frozen(slots=True)
class Begun:
    """
    What the beginning of a connection means.

    @ivar position: from which the stream goes on
    @ivar gap: what is asked for first
    @ivar isNew: whether the position is another than before, and is to be kept
    @ivar isLost: whether nobody knows what was missed
    """

    position: Position
    gap: Gap | None = None
    isNew: bool = False
    isLost: bool = False


@attrs.frozen(slots=True, eq=False)
class Line:
    """
    A numbered line.

    @ivar event: without its numbers
    @ivar number: of it
    @ivar previous: number of the one before it
    """

    event: Event
    number: int
    previous: int


@attrs.define(slots=True, eq=False)
class Run:
    """
    Lines between which nothing is missing.

    @ivar gap: what is missing before the first of them
    @ivar events: of the lines, those that came twice left out
    @ivar last: number of the last of them
    @ivar repeated: how many were left out
    """

    gap: Gap | None
    events: list[Event]
    last: int
    repeated: int = 0


def begun(position: Position | None, beginning: Beginning) -> Begun:
    """@param position: how far the stream came before; C{None} when nothing of it ever came"""
    isLost = position is not None and position.life != beginning.life
    if position is None:
        # What was written to a connection that was lost before anything of it was taken is missing, too.
        now = Position(beginning.life, beginning.after)
    elif isLost:
        # Numbers of the life before mean nothing now, and what was between the two nobody can be asked for. Of this
        # one the producer may have more than since it was asked again.
        now = Position(beginning.life, 0)
    else:
        now = position
    gap = Gap(now.last, beginning.told) if now.last < beginning.told else None
    return Begun(now, gap, now is not position, isLost)


def inOrder(last: int, lines: Iterable[Line]) -> Sequence[Run]:
    """
    Lines as they came, as they are to be delivered.

    @param last: number of the last that was delivered
    """
    run = Run(None, [], last)
    runs = [run]
    for one in lines:
        if one.number <= run.last:
            run.repeated += 1
            continue
        if one.previous > run.last:
            run = Run(Gap(run.last, one.previous), [], run.last)
            runs.append(run)
        run.events.append(one.event)
        run.last = one.number
    return runs
