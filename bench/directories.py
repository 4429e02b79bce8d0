"""C{python -m bench directory}: a thousand producers and a thousand consumers in one directory, watched, searched."""

import argparse
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import attrs
from twisted.internet.task import Clock

from bench.answers import WrongAnswer
from bench.conclusion import conclude
from bench.directorycheck import Conditions
from bench.directorychurn import Churn, Watcher, WatcherPlane, makeEntry
from bench.figures import percentile
from bench.goals import Bound
from bench.report import markdown
from gma_twisted.interfaces import Reply, Request
from gma_twisted.markup import DEFAULT_LIMITS, XMLGate
from gma_twisted.model import Caller, Handle
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.nodes.memory import settleMemory
from gma_twisted.queries import NameQueries
from gma_twisted.registration import Catalogue, EntryPublisher, GrantLimits
from gma_twisted.registration.directory import Directory
from gma_twisted.roles import CompositeRole, PermanentService
from gma_twisted.security import AllowAll, Anonymous, NoAudit
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.declaration import operationsOf
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.soap.porttypes.gma import DIRECTORY
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.registry import RegistryStore
from gma_twisted.timing import NodeClock, Ready, Tombstones, begin
from gma_twisted.transport import Exchange, Service

__all__ = ["Options", "main", "readOptions", "watchedDirectory"]

_HANDLE = Handle("http://127.0.0.1:8481/services/registry")
_PATH = "/services/directory"
_OWNERS = tuple(Caller(ANONYMOUS, f"198.51.{number}.1") for number in range(4))
_OPERATIONS = {one.name: one for one in operationsOf((DIRECTORY,))}
_LEASES = (60.0, 600.0, 3600.0)
# Milliseconds.
_P99, _LONGEST = 10.0, 50.0


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar entries: producers, and as many consumers
    @ivar steps: things that happen afterwards
    @ivar watchers: that watch all of it
    @ivar searches: that are timed, of each kind
    @ivar seed: of what happens
    @ivar judges: whether missed goals make the exit status 1
    """

    entries: int = 1000
    steps: int = 2000
    watchers: int = 20
    searches: int = 300
    seed: int = 1
    judges: bool = False


def readOptions(arguments: Sequence[str]) -> Options:
    """Read the command line. @raise SystemExit: it is wrong, or only help was wanted"""
    usual = Options()
    parser = argparse.ArgumentParser(
        prog="python -m bench directory",
        description="Producers and consumers in one directory: each is told its matches as it comes; then they are "
        "updated, renewed, removed and forgotten at random, while consumers watch that are away, slow, or whose "
        "answers get lost. What everybody was told is compared with what was done. Time passes on a virtual clock, "
        "searches are timed on a real one: from the request as bytes to the answer as bytes.",
    )
    for name, what in (
        ("entries", "producers, and as many consumers"),
        ("steps", "things that happen to them"),
        ("watchers", "consumers that watch"),
        ("searches", "of each kind that are timed"),
        ("seed", "of what happens"),
    ):
        default = getattr(usual, name)
        parser.add_argument(
            f"--{name}", type=int, default=default, metavar="N", help=f"{what}; default {default}"
        )
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    given = parser.parse_args(arguments)
    if not (1 <= given.entries <= 100_000 and given.searches >= 1 and 0 <= given.watchers <= 100):
        parser.error("--entries is from 1 to 100,000, --searches from 1, --watchers from 0 to 100")
    return Options(
        given.entries, given.steps, given.watchers, given.searches, given.seed, given.judge
    )


class _Service:
    """
    A directory behind an Exchange: operations go there as envelopes, and are timed.

    @ivar seconds: that each took, by the clock
    @ivar cpu: the same by the processor, whoever else works on the machine
    """

    def __init__(self, exchange: Exchange) -> None:
        self.seconds: list[float] = []
        self.cpu: list[float] = []
        self._exchange = exchange
        self._gate = XMLGate()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = _OPERATIONS[name]
        names = [part.name for part in operation.request]

        def call(*arguments: Any) -> Any:
            *given, caller = arguments
            values = dict(zip(names, given, strict=True))
            request = Request(
                _PATH,
                operation.action,
                False,
                writeRequest(operation, values),
                caller.peer,
            )
            start, cpu = time.perf_counter(), time.process_time()
            reply: Reply = _done(self._exchange.receive(request))
            self.seconds.append(time.perf_counter() - start)
            self.cpu.append(time.process_time() - cpu)
            return readResponse(operation, reply.body, self._gate)

        return call


def _done(awaitable: Awaitable[Any]) -> Any:
    ready = begin(awaitable)
    if not isinstance(ready, Ready):
        raise WrongAnswer("the directory did not answer at once")
    return ready.value


@attrs.frozen(slots=True, eq=False)
class _Place:
    """A directory, the clock it is on, and what watches it."""

    time: Clock
    plane: WatcherPlane
    directory: Directory
    service: _Service


def watchedDirectory() -> _Place:
    """A registry with a directory, in memory, on a clock that is turned by hand."""
    turned = Clock()
    clock = NodeClock(turned, lambda: 1_700_000_000.0 + turned.seconds())
    data, store, numbers = MemoryStore(clock), RegistryStore(clock), count(1)
    catalogue = Catalogue(
        store,
        clock,
        _HANDLE,
        lambda length: next(numbers).to_bytes(length, "big"),
        Tombstones(clock),
        GrantLimits(5.0, 60.0, 86_400.0),
    )
    plane = WatcherPlane()
    directory = Directory(
        catalogue,
        plane,
        Random(1).random,
        "bench",
        "bench",
        watchGrants=GrantLimits(5.0, 60.0, 1e9),
    )
    publisher = EntryPublisher(catalogue, data)
    for starting in (data.start(), store.start(), publisher.start(), directory.start()):
        _done(starting)
    exchange = Exchange(clock, AllowAll(), Anonymous(), NoAudit(), DEFAULT_LIMITS)
    role = CompositeRole([PermanentService([NameQueries(data, clock)]), directory])
    handle = Handle(_HANDLE.url.replace(_HANDLE.path, _PATH))
    exchange.publish(Service(_PATH, handle, role, (GRID_SERVICE, DIRECTORY)))
    return _Place(turned, plane, directory, _Service(exchange))


@attrs.define(slots=True, eq=False)
class _Story:
    """
    What happens to a directory.

    @ivar kinds: seconds of each kind of request, by what it is called
    @ivar cpu: the same of the processor
    """

    options: Options
    tell: Callable[[str], None]
    place: _Place = attrs.field(factory=watchedDirectory)
    kinds: dict[str, list[float]] = attrs.field(factory=dict)
    cpu: dict[str, list[float]] = attrs.field(factory=dict)
    random: Random = attrs.field(init=False)
    churn: Churn = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.random = Random(self.options.seed)
        self.churn = Churn(
            self.place.service,
            self.random,
            self.place.time.seconds,
            _LEASES,
            self.options.entries,
            owners=_OWNERS,
        )

    def fill(self) -> None:
        """Everybody comes; each is told its matches."""
        roles = (GMARole.PRODUCER, GMARole.CONSUMER)
        everybody = [
            makeEntry(self.random, number, role)
            for number in range(self.options.entries)
            for role in roles
        ]
        self.random.shuffle(everybody)
        for number, entry in enumerate(everybody):
            if number % max(1, len(everybody) // max(1, self.options.watchers)) == 0:
                self._watch()
            self.churn.add(entry, 3600.0)
            self._pass(0.01)
        self._timed("add")
        self.compare()
        self.tell(f"{len(self.churn.model.entries):,} came")

    def disturb(self) -> None:
        """Many things happen, while those who watch fail half of the time."""
        for watcher in self.place.plane.watchers:
            watcher.failing = 0.5
        for number in range(self.options.steps):
            self.churn.step()
            self._pass(self.random.choice((0.01, 0.1, 0.2)))
            for watcher in self.place.plane.watchers:
                if self.random.random() < 0.05:
                    watcher.goOn()
            if number % 1000 == 999:
                self.compare()
                self.tell(f"{number + 1:,} things happened")
        self._timed("")
        self.compare()

    def search(self) -> None:
        """Searches of each kind, timed; each is checked."""
        random, churn = self.random, self.churn
        entry = makeEntry(random, 0, GMARole.PRODUCER)
        name, site = entry.eventTypes[0].name, ("site", "s7")
        for what, limit, conditions in (
            ("search: a name", None, Conditions("producer", Event(name))),
            ("search: a name and an attribute", None, Conditions(None, Event(name), [site])),
            ("search: an attribute", None, Conditions(None, None, [site])),
            ("search: a glob of names", None, Conditions("consumer", Event("n1*"))),
            ("search: a glob of an attribute", None, Conditions(None, None, [("site", "s1*")])),
            ("search: nothing found", None, Conditions(None, Event("n*"), [("site", "none*")])),
            ("search: all producers", None, Conditions("producer")),
            ("search: 50 of all", 50, Conditions()),
        ):
            for _ in range(self.options.searches):
                self._searchOnce(conditions, limit)
            self._timed(what)
            churn.search(conditions, limit)
        self._timed("")

    def _searchOnce(self, conditions: Conditions, limit: int | None) -> Sequence[GMAEntry]:
        page = self.place.service.search(
            conditions.role,
            conditions.template,
            None,
            conditions.attributes,
            limit,
            None,
            _OWNERS[0],
        )
        found: Sequence[GMAEntry] = page.entries
        return found

    def forget(self) -> None:
        """Half of all is renewed for long; the others end with their leases, and with them nobody else."""
        churn = self.churn
        before = len(churn.model.entries)
        kept = sorted(churn.model.entries)[::2]
        churn.leases = (86_400.0,)
        for owner in _OWNERS:
            own = [id for id in kept if churn.model.entries[id].owner == owner.owner]
            if own:
                churn.renew(own)
        self._timed("")
        self._pass(4000.0)
        self.compare()
        left = len(churn.model.entries)
        if left != len(kept) or len(self.place.directory.index) != left:
            raise WrongAnswer(f"{left} of {before} entries are left, {len(kept)} were renewed")
        self.tell(f"{before - left:,} ended, {left:,} stayed")

    def compare(self) -> None:
        """Let everybody be told, and compare what they know with what was done."""
        watchers = self.place.plane.watchers
        failing = [watcher.failing for watcher in watchers]
        for watcher in watchers:
            watcher.failing = 0.0
        for _ in range(4):
            for watcher in watchers:
                watcher.goOn()
            self._pass(16.0)
        self.churn.passed()
        for number, watcher in enumerate(watchers):
            self.churn.model.checkMirror(watcher.conditions, watcher.mirror, f"watcher {number}")
            watcher.failing = failing[number]
        self.churn.counts["watchers compared"] = self.churn.counts.get(
            "watchers compared", 0
        ) + len(watchers)

    def _watch(self) -> None:
        watchers = self.place.plane.watchers
        if len(watchers) == self.options.watchers:
            return
        asked = self.churn.conditions() if watchers else Conditions()
        watchers.append(Watcher(asked, self.random))
        self.place.service.watch(
            asked.role,
            asked.template,
            asked.attributes,
            "http://127.0.0.1:8491/services/consumer",
            len(watchers) - 1,
            1e9,
            _OWNERS[len(watchers) % 4],
        )

    def _pass(self, seconds: float) -> None:
        end = self.place.time.seconds() + seconds
        while self.place.time.seconds() < end:
            self.place.time.advance(min(0.25, end - self.place.time.seconds()))

    def _timed(self, what: str) -> None:
        """What was asked since the last time was of this kind; without a name it is not shown."""
        if what:
            self.kinds[what] = list(self.place.service.seconds)
            self.cpu[what] = list(self.place.service.cpu)
        self.place.service.seconds.clear()
        self.place.service.cpu.clear()


def _linesOf(story: _Story) -> list[str]:
    rows = [["request", "how many", "ms p50", "ms p99", "ms at most", "ms of CPU p50", "p99"]]
    for what, seconds in story.kinds.items():
        milli = [f"{1000 * percentile(seconds, part):.2f}" for part in (50, 99, 100)]
        cpu = [f"{1000 * percentile(story.cpu[what], part):.2f}" for part in (50, 99)]
        rows.append([what, f"{len(seconds):,}", *milli, *cpu])
    p99 = 1000 * percentile(_searches(story.kinds), 99)
    watchers = story.place.plane.watchers
    told = sum(watcher.events for watcher in watchers)
    notified = sum(watcher.notifications for watcher in watchers)
    anew = sum(watcher.mirror.resets for watcher in watchers)
    counts = ", ".join(f"{what} {many:,}" for what, many in story.churn.counts.items())
    return [
        *markdown(rows),
        "",
        f"search p99 {p99:.2f} ms, all kinds",
        counts,
        f"{len(watchers)} watchers took {told:,} events in {notified:,} notifications, began anew {anew} times, and"
        " missed nothing",
    ]


def _goalsOf(story: _Story) -> list[Bound]:
    # By the processor: who else works on the machine is not judged.
    found = 1000 * percentile(_searches(story.cpu), 99)
    added = 1000 * percentile(story.cpu["add"], 99)
    return [
        Bound("ms of CPU of a search, p99 of all kinds", found, _P99, True),
        Bound("ms of CPU of an add with its matches, p99", added, _LONGEST, True),
    ]


def _searches(kinds: Mapping[str, Sequence[float]]) -> list[float]:
    return [one for what, many in kinds.items() if what != "add" for one in many]


def main(arguments: Sequence[str], results: Path) -> int:
    """
    Measure, print, write.

    @param results: where the file of results goes
    @return: exit status
    @raise WrongAnswer: somebody was told anything else than what was done
    """
    options = readOptions(arguments)

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    story = _Story(options, tell)
    settleMemory()
    story.fill()
    story.search()
    story.disturb()
    story.forget()
    bounds = _goalsOf(story)
    return conclude(
        results,
        "directory",
        options,
        _linesOf(story),
        bounds,
        {"seconds": story.kinds, "cpu": story.cpu, "counts": story.churn.counts},
    )
