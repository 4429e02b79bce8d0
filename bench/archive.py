"""C{python -m bench archive}: a million events on the disk, and questions of a template and an hour."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import attrs
from twisted.internet import epollreactor

from bench.answers import WrongAnswer
from bench.conclusion import conclude
from bench.figures import percentile
from bench.goals import Bound
from bench.process import ServerFailed
from bench.report import markdown
from gma_twisted.events import ArchiveLimits, EngineLimits, EventArchive, EventEngine
from gma_twisted.interfaces.events import IEventEngine
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.gma import EventAnswer, EventFilter, FilterLanguage
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.nodes.memory import settleMemory
from gma_twisted.stores.journal import WriterThread, shortenTurns
from gma_twisted.timing import NodeClock, spawn

__all__ = ["Options", "Story", "main", "makeEvent", "readOptions"]

_NAMES = 50
_HOSTS = 100
_PROGRAMS = ("GridFTP", "gsincftp", "scp", "http")
_BATCH = 500
_GIGA = 1_000_000_000
_MIB = 1024**2
_HOUR = 3600.0
_GOAL = 200.0
"""Milliseconds of a question of a template and an hour."""


@attrs.frozen(slots=True)
class Options:
    """
    What is done.

    @ivar hours: over which the events are spread
    @ivar asked: questions of each kind
    @ivar judges: whether a goal that is missed is exit status 1
    """

    events: int = 1_000_000
    hours: float = 24.0
    asked: int = 100
    seed: int = 1
    judges: bool = False


def readOptions(arguments: Sequence[str]) -> Options:
    """Those of the command line."""
    parser = argparse.ArgumentParser("python -m bench archive", description=__doc__)
    usual = Options()
    parser.add_argument("--events", type=int, default=usual.events)
    parser.add_argument(
        "--hours", type=float, default=usual.hours, help="the events are spread over"
    )
    parser.add_argument("--asked", type=int, default=usual.asked, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    found = parser.parse_args(arguments)
    return Options(found.events, found.hours, found.asked, found.seed, found.judge)


def makeEvent(random: Random, number: int, at: int) -> Event:
    """One of fifty names, of one of a hundred hosts."""
    event = Event(f"net.transfer.{random.randrange(_NAMES):02}", Timestamp(at))
    event.add(EventField("Program", random.choice(_PROGRAMS)))
    event.add(EventField("Host", f"node{random.randrange(_HOSTS):03}.grid.example"))
    event.add(EventField("Bandwidth", round(random.uniform(1.0, 1000.0), 3), "Mb/s"))
    event.add(EventField("Bytes", random.randrange(10**9)))
    event.add(EventField("Id", f"t{number:08}"))
    to = EventContainer("to")
    to.add(EventField("address", f"10.0.{random.randrange(256)}.{random.randrange(256)}"))
    event.add(to)
    return event


@attrs.define(slots=True, eq=False)
class Asked:
    """
    Questions of one kind.

    @ivar first: seconds until the first page
    @ivar whole: seconds until all of an hour was there
    @ivar cpu: seconds of this process's CPU for that, all its threads
    @ivar found: events of the hours
    """

    what: str
    first: list[float] = attrs.field(factory=list)
    whole: list[float] = attrs.field(factory=list)
    cpu: list[float] = attrs.field(factory=list)
    found: int = 0


@attrs.define(slots=True, eq=False)
class Story:
    """
    What happens.

    @ivar start: of the events, nanoseconds since 1970
    @ivar seconds: it took to store them
    """

    options: Options
    engine: IEventEngine
    clock: NodeClock
    tell: Callable[[str], None]
    start: int = 1_700_000_000 * _GIGA
    seconds: float = 0.0
    asked: list[Asked] = attrs.field(factory=list)

    async def store(self) -> None:
        """All of them, in batches, as a consumer brings them."""
        options, random = self.options, Random(self.options.seed)
        step = int(options.hours * _HOUR * _GIGA / options.events)
        for first in range(0, options.events, _BATCH):
            last = min(options.events, first + _BATCH)
            batch = [
                (makeEvent(random, number, self.start + number * step), f"s{number % 20}")
                for number in range(first, last)
            ]
            began = time.perf_counter()
            await self.engine.keep(batch, {"place": str(last)})
            self.seconds += time.perf_counter() - began
            if last % 200_000 == 0:
                self.tell(f"{last:,} stored, {last / self.seconds:,.0f} a second")

    async def ask(self) -> None:
        """Each kind of question about many hours."""
        for what, name, texts, filter in (
            ("a name", "net.transfer.07", {}, None),
            ("a name and a host", "net.transfer.07", {"Host": "node042.grid.example"}, None),
            ("a host, any name", "*", {"Host": "node042.grid.example"}, None),
            ("a name and a program", "net.transfer.07", {"Program": "GridFTP"}, None),
            ("a name and a filter", "net.transfer.07", {}, "Bandwidth > 900 Mb/s"),
        ):
            random = Random(self.options.seed)
            asked = Asked(what)
            self.asked.append(asked)
            template = Event(name)
            for field, text in texts.items():
                template.add(EventField(field, text))
            comparison = None
            if filter is not None:
                comparison = EventFilter(FilterLanguage.COMPARISON, filter)
            for _ in range(self.options.asked):
                hours = random.uniform(0.0, max(0.0, self.options.hours - 1.0))
                await self._askOnce(asked, template, comparison, hours)

    async def _askOnce(
        self, asked: Asked, template: Event, filter: EventFilter | None, hours: float
    ) -> None:
        since = self.start + int(hours * _HOUR * _GIGA)
        end = since + int(_HOUR * _GIGA)
        interval = self.clock.wallTime() - since / _GIGA
        cursor, first = None, 0.0
        began, before = time.perf_counter(), time.process_time()
        while True:
            answer: EventAnswer = await self.engine.query(
                template, filter, "history", interval, None, cursor
            )
            first = first or time.perf_counter() - began
            inside = [one for one in answer.events if since <= one.timestamp.nanoseconds < end]
            asked.found += len(inside)
            cursor = answer.cursor
            isOver = len(inside) < len(answer.events)
            if cursor is None or isOver:
                break
        asked.first.append(first)
        asked.whole.append(time.perf_counter() - began)
        asked.cpu.append(time.process_time() - before)

    def check(self) -> None:
        """All hours together have about as many as chance says. @raise WrongAnswer: they have not"""
        hourly = self.options.events / self.options.hours
        for asked in self.asked[:1]:
            expected = hourly / _NAMES * len(asked.whole)
            if not 0.7 * expected < asked.found < 1.3 * expected:
                raise WrongAnswer(f"{asked.found} events of {asked.what}, not about {expected:.0f}")

    def lines(self, size: int) -> list[str]:
        """The figures. @param size: bytes of the file"""
        rows = [["question", "events an hour", "first page ms p50", "p99"]]
        rows[0] += ["whole hour ms p50", "p99", "ms of CPU p50", "p99"]
        for one in self.asked:
            milli = [
                f"{1000 * percentile(seconds, part):.1f}"
                for seconds in (one.first, one.whole, one.cpu)
                for part in (50, 99)
            ]
            rows.append([one.what, f"{one.found / len(one.whole):,.0f}", *milli])
        count = self.options.events
        return [
            f"{count:,} events stored in {self.seconds:.1f} s, {count / self.seconds:,.0f} a second;"
            f" {size / _MIB:,.0f} MiB, {size / count:.0f} bytes an event",
            "",
            *markdown(rows),
        ]

    def bounds(self) -> list[Bound]:
        """The goals: by the clock for the usual hour, and by the processor for most, since others work here too."""
        made = []
        for one in self.asked:
            half, most = 1000 * percentile(one.whole, 50), 1000 * percentile(one.cpu, 99)
            made.append(Bound(f"ms of an hour of {one.what}, p50", half, _GOAL, True))
            made.append(Bound(f"ms of CPU of an hour of {one.what}, p99", most, _GOAL, True))
        return made


def main(arguments: Sequence[str], results: Path) -> int:
    """
    Measure, print, write.

    @param results: where the file of results goes
    @return: exit status
    @raise WrongAnswer: not what was stored was answered
    """
    options = readOptions(arguments)
    shortenTurns()
    place = Path(tempfile.mkdtemp(prefix="archive-", dir=results))
    reactor = epollreactor.EPollReactor()
    clock = NodeClock(reactor)
    archive = EventArchive(
        place / "events.db",
        clock,
        WriterThread(reactor.callFromThread, "archive"),
        WriterThread(reactor.callFromThread, "past"),
        ArchiveLimits(keepEvents=10**9, keepBytes=10**12),
    )
    engine = EventEngine(clock, [], Random(options.seed).random, EngineLimits(), archive=archive)

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    story = Story(options, engine, clock, tell)
    sizes: list[int] = []

    async def run() -> None:
        try:
            await engine.start()
            settleMemory()
            await story.store()
            tell("asking")
            await story.ask()
            await engine.stop()
            sizes.append((place / "events.db").stat().st_size)
        finally:
            reactor.stop()

    reactor.callWhenRunning(lambda: spawn(run(), "the archive"))
    try:
        reactor.run()
    finally:
        shutil.rmtree(place)
    if not sizes:
        raise ServerFailed("the archive was not measured; the log above says why")
    story.check()
    bounds = story.bounds()
    return conclude(
        results,
        "archive",
        options,
        story.lines(sizes[0]),
        bounds,
        {
            "stored": story.seconds,
            "bytes": sizes[0],
            "asked": [attrs.asdict(one) for one in story.asked],
        },
    )
