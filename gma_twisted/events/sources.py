"""Who makes a producer's events, and how fresh what it has of each is."""

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import attrs

from gma_twisted.errors import ParameterError, TooLarge, cut
from gma_twisted.events.kept import Kept
from gma_twisted.model.gma import EventSource
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.timing import NodeClock

__all__ = ["Sources"]

FRESH, STALE, FAILED = "fresh", "stale", "failed"


@attrs.define(slots=True, eq=False)
class _Source:
    name: str
    heard: float
    newest: Timestamp | None = None
    within: float = math.inf
    reason: str = ""


class Sources:
    """
    The sources of one engine.

    Those that were not announced are known by their events; of too many of them those go of which nothing was heard for
    longest. Where all places are taken by announced ones, others are not known.
    """

    __slots__ = ("_clock", "_known", "_most", "_watched")

    def __init__(self, clock: NodeClock, most: int) -> None:
        """@param most: how many"""
        self._clock = clock
        self._most = most
        self._known: OrderedDict[str, _Source] = OrderedDict()
        # Those that can be stale or failed.
        self._watched: dict[str, _Source] = {}

    def __len__(self) -> int:
        """How many are known."""
        return len(self._known)

    def heard(self, kept: Kept) -> None:
        """An event came from one."""
        now = self._clock.seconds()
        found = self._known.get(kept.source)
        if found is None:
            if not self._makeRoom():
                return
            found = self._known[kept.source] = _Source(kept.source, now)
        found.heard = now
        if found.newest is None or found.newest < kept.event.timestamp:
            found.newest = kept.event.timestamp
        self._known.move_to_end(kept.source)
        if found.reason:
            found.reason = ""
            if found.within == math.inf:
                del self._watched[kept.source]

    def known(self, kept: Kept) -> None:
        """One made an event before a restart: nothing was heard of it since, nor later than the event says."""
        found = self._known.get(kept.source)
        if found is None:
            if not self._makeRoom():
                return
            found = self._known[kept.source] = _Source(kept.source, -math.inf)
        at = kept.event.timestamp
        found.newest = at if found.newest is None else max(found.newest, at)
        since = max(0.0, self._clock.wallTime() - at.nanoseconds / 1e9)
        found.heard = max(found.heard, self._clock.seconds() - since)

    def expect(self, name: str, seconds: float) -> None:
        """See L{IEventEngine.expect <gma_twisted.interfaces.events.IEventEngine.expect>}."""
        if not seconds > 0.0:
            raise ParameterError(
                f'source "{cut(name)}" cannot be stale after {seconds!r} s', cure="write 60.0"
            )
        found = self._announced(name)
        found.within = seconds
        self._watch(found)

    def failed(self, name: str, reason: str) -> None:
        """See L{IEventEngine.failed <gma_twisted.interfaces.events.IEventEngine.failed>}."""
        found = self._announced(name)
        found.reason = cut(reason or "no reason was told", 240)
        self._watch(found)

    def alive(self, name: str) -> None:
        """See L{IEventEngine.alive <gma_twisted.interfaces.events.IEventEngine.alive>}."""
        found = self._announced(name)
        found.heard = self._clock.seconds()
        found.reason = ""
        self._watch(found)

    def forget(self, name: str) -> None:
        """It is none any more; unknown ones are ignored."""
        self._known.pop(name, None)
        self._watched.pop(name, None)

    def all(self) -> Sequence[EventSource]:
        """All of them."""
        now = self._clock.seconds()
        return [self._said(one, now) for one in self._known.values()]

    def of(self, names: Iterable[str]) -> Sequence[EventSource]:
        """Some by name, each once; unknown ones are left out."""
        now = self._clock.seconds()
        found = dict.fromkeys(names)
        return [self._said(self._known[name], now) for name in found if name in self._known]

    def troubled(self) -> Sequence[tuple[EventSource, str]]:
        """Those that are stale or failed, each with a sentence of it."""
        now = self._clock.seconds()
        found = []
        for one in self._watched.values():
            said = self._said(one, now)
            if said.state == FAILED:
                found.append((said, f'source "{cut(one.name)}" failed: {one.reason}'))
            elif said.state == STALE:
                silent = f"nothing was heard of it for {now - one.heard:.0f} s"
                found.append((said, f'source "{cut(one.name)}" is stale: {silent}'))
        return found

    def _announced(self, name: str) -> _Source:
        found = self._known.get(name)
        if found is None:
            if len(self._watched) >= self._most:
                raise TooLarge(
                    f'source "{cut(name)}" is one too many: {self._most} sources are the most'
                )
            # There is room: not all that are known are watched.
            self._makeRoom()
            found = self._known[name] = _Source(name, self._clock.seconds())
        return found

    def _watch(self, source: _Source) -> None:
        if source.reason or source.within < math.inf:
            self._watched[source.name] = source
        else:
            self._watched.pop(source.name, None)

    def _makeRoom(self) -> bool:
        """Whether there is room for one more, now that one which was not announced has gone."""
        if len(self._known) < self._most:
            return True
        name = next((name for name in self._known if name not in self._watched), None)
        if name is None:
            return False
        del self._known[name]
        return True

    def _said(self, source: _Source, now: float) -> EventSource:
        state = FRESH
        if source.reason:
            state = FAILED
        elif now - source.heard > source.within:
            state = STALE
        return EventSource(source.name, source.newest, state)
