"""Summaries: one event for all of a window of time, by rules and without a clock of its own."""

from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.events.tally import Tally
from gma_twisted.events.windows import Window, Windows
from gma_twisted.model.event import Event, EventContainer, EventField, Value
from gma_twisted.model.glob import Glob
from gma_twisted.model.passage import Passages
from gma_twisted.model.timestamp import Timestamp

__all__ = ["LEFT", "Group", "Summariser", "SummaryRule"]

LEFT = "gma.summary.left"
"""Name of the event that tells how many others no summary tells of, and why."""

_SECOND = 1_000_000_000
# Characters of what groups are told apart by.
_LONGEST = 1024


@attrs.frozen(slots=True, kw_only=True)
class SummaryRule:
    """
    What is told of which events.

    @ivar name: of the rule
    @ivar events: glob of their names
    @ivar fields: paths of those whose numbers are told of
    @ivar by: paths of those by whose values events are told apart
    @ivar window: seconds
    @ivar late: seconds a window waits, after its end, for events that come late
    @ivar values: C{count} and C{rate} of the events; C{mean}, C{min}, C{max}, C{sum} and quantiles, C{p50}, of fields
    @ivar title: name of the summaries; C{*} stands for the name of the events
    @ivar groups: windows that may be open at once
    @ivar samples: numbers that quantiles are exact up to
    """

    name: str
    events: str = "*"
    fields: Sequence[str] = ()
    by: Sequence[str] = ()
    window: float = 60.0
    late: float = 5.0
    values: Sequence[str] = ("count",)
    title: str = "summary.*"
    groups: int = 1000
    samples: int = 1000


@attrs.define(slots=True, eq=False)
class Group:
    """
    What is known of a window of a group.

    @ivar event: name of the events
    @ivar by: fields that tell it apart
    @ivar tallies: by path
    @ivar count: events
    @ivar passages: their ways
    @ivar isPartial: whether it is told before it is over
    """

    event: str
    by: Sequence[EventField]
    tallies: Mapping[str, Tally]
    count: int = 0
    passages: Passages = attrs.field(factory=Passages)
    isPartial: bool = False


@attrs.define(slots=True, eq=False)
class Summariser:
    """
    Summarises events by one rule.

    @ivar rule: the rule
    @ivar unfit: events that are told apart by what is too long
    """

    rule: SummaryRule
    unfit: int = attrs.field(default=0, init=False)
    _glob: Glob = attrs.field(init=False, repr=False)
    _windows: Windows[Group] = attrs.field(init=False, repr=False)
    # What was told of those that were left out.
    _told: Mapping[str, int] = attrs.field(factory=dict, init=False, repr=False)
    _toldAt: int = attrs.field(default=0, init=False)
    _total: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        rule = self.rule
        self._glob = Glob(rule.events)
        self._windows = Windows(_nanoseconds(rule.window), _nanoseconds(rule.late), rule.groups)

    def __len__(self) -> int:
        """How many windows are open."""
        return len(self._windows)

    @property
    def left(self) -> Mapping[str, int]:
        """Events that no summary tells of, by the reason: C{late}, C{early}, C{crowded}, C{unfit}."""
        windows = self._windows
        return {
            "late": windows.tooLate,
            "early": windows.tooEarly,
            "crowded": windows.crowded,
            "unfit": self.unfit,
        }

    def take(self, event: Event, now: int) -> Sequence[Window[Group]]:
        """
        An event came.

        @param now: the node's clock, nanoseconds since 1970
        @return: windows that are over by it, for L{summary}
        """
        if self._glob.matches(event.name):
            self._add(event, now)
        return self._windows.close(now)

    def close(self, now: int) -> Sequence[Window[Group]]:
        """Windows that are over by the clock alone. @param now: as for L{take}"""
        return self._windows.close(now)

    def end(self, now: int) -> Sequence[Window[Group]]:
        """
        All windows: what those have that are not over is told as a part.

        @param now: as for L{take}
        """
        over, parts = self._windows.close(now), self._windows.closeAll()
        for one in parts:
            one.content.isPartial = True
        return [*over, *parts]

    def _add(self, event: Event, now: int) -> None:
        by = [
            (path, found) for path in self.rule.by if (found := _fieldAt(event, path)) is not None
        ]
        # As text: NaN is not equal to itself.
        key = (event.name, *((path, repr(one.value), one.units) for path, one in by))
        if sum(_lengthOf(one.value) for _, one in by) > _LONGEST:
            self.unfit += 1
            return
        window = self._windows.find(
            event.timestamp.nanoseconds, key, now, lambda start: self._group(event.name, by, start)
        )
        if window is None:
            return
        group = window.content
        group.count += 1
        group.passages.add(event)
        for path, tally in group.tallies.items():
            field = _fieldAt(event, path)
            if field is not None:
                tally.add(field)

    def _group(self, name: str, by: Sequence[tuple[str, EventField]], start: int) -> Group:
        rule = self.rule
        tallies = {
            path: Tally(rule.samples, f"{rule.name} {name} {path} {start}") for path in rule.fields
        }
        kept = [EventField(path.replace("/", "."), one.value, one.units) for path, one in by]
        return Group(name, kept, tallies)

    def summary(self, window: Window[Group]) -> Event:
        """
        What is told of a window.

        @raise GMAError: no event can say it: the name is too long, or there is too much to tell
        """
        rule, group = self.rule, window.content
        made = Event(rule.title.replace("*", group.event), Timestamp(window.end))
        for one in group.by:
            made.add(one)
        made.add(EventField("window", _plain(rule.window), "s"))
        if group.isPartial:
            # No truth value: a line holds none.
            made.add(EventField("partial", 1))
        if "count" in rule.values:
            made.add(EventField("count", group.count))
        if "rate" in rule.values:
            made.add(EventField("rate", group.count / rule.window, "1/s"))
        for path, tally in group.tallies.items():
            self._tell(made, path.replace("/", "."), tally)
        via = group.passages.field()
        if via is not None:
            made.add(via)
        return made

    def _tell(self, made: Event, name: str, tally: Tally) -> None:
        if tally.unfit:
            made.add(EventField(f"{name}.unfit", tally.unfit))
        if not tally.count:
            return
        values = [one for one in self.rule.values if one not in ("count", "rate")]
        for value in values:
            number = _valueOf(tally, value)
            if number is not None:
                made.add(EventField(f"{name}.{value}", number, tally.units))
        made.add(EventField(f"{name}.samples", tally.count))
        if any(one[0] == "p" for one in values):
            made.add(EventField(f"{name}.exact", int(tally.isExact)))

    def leftOut(self, now: int, isLast: bool = False) -> Event | None:
        """
        What was left out since it was told last; at most once in the time of a window.

        @param now: as for L{take}
        @param isLast: nothing is told later, so it does not wait for that time
        @return: an event L{LEFT}; C{None} when there is nothing to tell
        """
        windows = self._windows
        total = windows.tooLate + windows.tooEarly + windows.crowded + self.unfit
        if total == self._total:
            return None
        if self._total and not isLast and now < self._toldAt + _nanoseconds(self.rule.window):
            return None
        made = Event(LEFT, Timestamp(now))
        made.add(EventField("rule", self.rule.name))
        left = self.left
        for name, count in left.items():
            made.add(EventField(name, count - self._told.get(name, 0)))
        self._told, self._toldAt, self._total = left, now, total
        return made


def _valueOf(tally: Tally, value: str) -> float | None:
    if value == "mean":
        return tally.mean
    if value == "min":
        return tally.least
    if value == "max":
        return tally.greatest
    if value == "sum":
        return tally.sum
    return tally.quantile(float(value[1:]) / 100.0)


def _fieldAt(event: Event, path: str) -> EventField | None:
    """The first field there; C{None} for none."""
    *outer, name = path.split("/")
    holder: EventContainer = event
    for one in outer:
        inner = next((item for item in holder.containers if item.name == one), None)
        if inner is None:
            return None
        holder = inner
    for item in holder.items:
        if isinstance(item, EventField) and item.name == name:
            return item
    return None


def _lengthOf(value: Value | None) -> int:
    return len(value) if isinstance(value, str | bytes) else 0


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _SECOND)


def _plain(seconds: float) -> float:
    """A whole number where it is one."""
    return int(seconds) if seconds == int(seconds) else seconds
