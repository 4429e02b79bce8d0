"""A dry run: what a subscription would bring, reckoned from what was published lately."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from gma_twisted.errors import GMAError, ParameterError, cut
from gma_twisted.events.history import History, Latest
from gma_twisted.events.kept import Kept
from gma_twisted.events.limits import EngineLimits
from gma_twisted.events.rate import checkedRate
from gma_twisted.events.topics import Wanted, wantedOf
from gma_twisted.markup.events import writeEvent
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventFilter
from gma_twisted.netlogger.dataurl import LineFormat
from gma_twisted.netlogger.lines import LineWriter
from gma_twisted.timing import NodeClock, Slices

__all__ = ["Estimating"]

# The newest events that are looked at, and of those that are wanted how many are written to see how long they are.
_LOOKED = 10_000
_MEASURED = 200
# What a source gave within so many seconds it gave at once.
_AT_ONCE = 1.0
_NAMED = 5


@attrs.define(slots=True, eq=False)
class _Found:
    """
    What is wanted of the events of some sources.

    @ivar size: bytes of them as XML, about
    """

    events: int = 0
    size: int = 0


@attrs.define(slots=True, eq=False)
class _Measure:
    """
    How many bytes events come to as they would be written, beside what is known of them already.

    @ivar writer: of lines; C{None} for events in messages
    """

    writer: LineWriter | None
    looked: int = 0
    unwritten: int = 0
    _known: int = 0
    _written: int = 0

    def take(self, event: Event, size: int) -> None:
        """Write one more, unless there are enough. @param size: bytes it comes to as XML, about"""
        if self.looked >= _MEASURED:
            return
        self.looked += 1
        try:
            line = writeEvent(event) if self.writer is None else self.writer.write(event)
        except GMAError:
            self.unwritten += 1
            return
        self._known += size
        self._written += len(line)

    @property
    def share(self) -> float:
        """Which part of the events can be written at all."""
        return 1.0 - self.unwritten / self.looked if self.looked else 1.0

    def bytesOf(self, size: float) -> float:
        """Bytes of events that come to so many as XML, about; none of what cannot be written."""
        return size * self._written / self._known * self.share if self._known else 0.0


@attrs.frozen(slots=True, eq=False)
class Estimating:
    """
    Answers dry runs of one engine, from its newest events.

    @ivar history: of the engine, as C{latest}, C{slices} and C{limits} are
    @ivar began: instant since when there are events
    """

    clock: NodeClock
    history: History
    latest: Latest
    slices: Slices
    limits: EngineLimits
    began: float = attrs.field(
        default=attrs.Factory(lambda self: self.clock.seconds(), takes_self=True), init=False
    )

    async def of(
        self,
        template: Event,
        filter: EventFilter | None,
        encoding: str | None,
        rateLimit: float | None,
        expected: Mapping[str, float | None],
    ) -> Estimate:
        """See L{IEventEngine.estimate <gma_twisted.interfaces.events.IEventEngine.estimate>}."""
        wanted = wantedOf(template, filter)
        limit = math.inf if rateLimit is None else checkedRate(rateLimit)
        measure = _Measure(_writerOf(encoding))
        name = wanted.template.name if wanted.template.isExact else None
        kept = self.history.select(None)
        now = self.clock.seconds()
        since = self._since(kept, now)
        # The newest first: they are the ones that are written.
        asked = kept if name is None else self.history.select(name)
        if len(asked) > _LOOKED:
            asked = asked[-_LOOKED:]
            since = max(since, asked[0].at)
        lately, regular = _Found(), {one: _Found() for one in expected}
        lasts = _lastOf(reversed(kept[-_LOOKED:]), expected)
        atOnce = (one for one in reversed(asked) if _isAtOnce(one, expected, lasts))
        await self._judge(atOnce, wanted, measure, lately, regular)
        # Of those that gave nothing lately the last events are known all the same.
        rested = expected.keys() - lasts.keys()
        if rested:
            last = (one for one in self.latest.select(name) if one.source in rested)
            await self._judge(last, wanted, measure, lately, regular)
        seconds = max(now - since, 1.0)
        events, size = lately.events / seconds, lately.size / seconds
        for source, period in expected.items():
            if period:
                events += regular[source].events / period
                size += regular[source].size / period
        events *= measure.share
        written = measure.bytesOf(size)
        words = list(_basis(lately.events, seconds, expected, regular))
        if measure.unwritten:
            words.append(
                f"{measure.unwritten} of {measure.looked} events cannot be written so, and are left out"
            )
        if events > limit:
            words.append(f"no more than the {limit:g} events a second asked for")
            written, events = written * limit / events, limit
        count = lately.events + sum(one.events for one in regular.values())
        return Estimate(events, written, "; ".join(words), seconds, count)

    def _since(self, kept: Sequence[Kept], now: float) -> float:
        """Since when nothing is missing in the history."""
        limits = self.limits
        isFull = len(kept) >= limits.history or (
            self.history.size + limits.eventBytes > limits.historyBytes
        )
        since = max(self.began, now - limits.historySeconds)
        return max(since, kept[0].at) if isFull and kept else since

    async def _judge(
        self,
        kept: Iterable[Kept],
        wanted: Wanted,
        measure: _Measure,
        lately: _Found,
        regular: Mapping[str, _Found],
    ) -> None:
        for one in kept:
            await self.slices.breathe()
            try:
                made = wanted.take(one.event)
            except GMAError:
                # It would be left out of a subscription, too.
                continue
            if made is not None:
                found = regular.get(one.source, lately)
                found.events += 1
                found.size += one.size
                measure.take(made, one.size)


def _writerOf(encoding: str | None) -> LineWriter | None:
    if encoding is None:
        return None
    try:
        format = LineFormat(encoding.strip().lower())
    except ValueError:
        known = ", ".join(one.value for one in LineFormat)
        raise ParameterError(
            f'events are written as one of {known}, not as "{cut(encoding, 40)}"',
            parameter="encoding",
            cure="leave it out for the usual one",
        ) from None
    return None if format is LineFormat.XML else LineWriter(format)


def _lastOf(newest: Iterable[Kept], expected: Mapping[str, object]) -> Mapping[str, float]:
    """When each of the sources gave something last."""
    found: dict[str, float] = {}
    if expected:
        for one in newest:
            if one.source in expected:
                found.setdefault(one.source, one.at)
    return found


def _isAtOnce(kept: Kept, expected: Mapping[str, float | None], lasts: Mapping[str, float]) -> bool:
    """Whether it counts: of a source that would run otherwise only what it gave last."""
    if kept.source not in expected:
        return True
    last, period = lasts.get(kept.source), expected[kept.source]
    return last is not None and kept.at > last - min(_AT_ONCE, (period or _AT_ONCE) / 2.0)


def _basis(
    events: int, seconds: float, expected: Mapping[str, float | None], regular: Mapping[str, _Found]
) -> Iterator[str]:
    yield f"{events} events of the last {seconds:.0f} s"
    for source, period in list(expected.items())[:_NAMED]:
        name = cut(source, 60)
        if period is None:
            yield f"{name} never ran, nobody knows what it gives"
        else:
            yield f"{regular[source].events} events that {name} gave last, every {period:g} s"
    if len(expected) > _NAMED:
        yield f"{len(expected) - _NAMED} more sources that run on demand"
