"""A service of jobs, polled: provider, handler, store and a subscriber in one process, on a real reactor."""

import time
from collections.abc import Awaitable, Callable, Sequence
from random import random

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from bench.answers import WrongAnswer
from bench.batch import Batch, News
from gma_twisted.execution import STATUS_NAME, ProviderManager, ProviderSetup
from gma_twisted.handlers import JobDataHandler
from gma_twisted.interfaces import ICaller, IDOMDataProvider, ISimpleDataProvider, Reply
from gma_twisted.markup import Element, XMLGate, XMLLimits, escapeText, serialise
from gma_twisted.markup.jobs import GRAM_STATUS, JOB, addJob, schedulerTree
from gma_twisted.model import (
    Changes,
    GramStatus,
    Handle,
    Job,
    NameSelector,
    Subscribe,
    Subscription,
    Topic,
)
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import Deliverer
from gma_twisted.soap.envelope import openEnvelope
from gma_twisted.soap.notices import readNotice
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.timing import NodeClock, Ready, Turns
from gma_twisted.timing.bridge import sleep

__all__ = ["Load", "Poll", "Polled", "measurePolls", "toldOf"]

_BASE = "http://127.0.0.1:8482/services/rips"
_NAME = "jobs"
_GRACE = 60.0
_PROBE = 0.001
_STEP = 0.01
_LONGEST = 120.0


@attrs.frozen(slots=True)
class Load:
    """
    What is polled.

    @ivar jobs: how many
    @ivar changing: how many change their state from poll to poll
    @ivar polls: how often without a subscriber, and then with one
    @ivar interval: seconds between two
    @ivar isBytes: whether the provider gives bytes, which are parsed, instead of a tree
    """

    jobs: int = 10_000
    changing: int = 100
    polls: int = 10
    interval: float = 5.0
    isBytes: bool = False


@attrs.frozen(slots=True)
class Poll:
    """
    One of them.

    @ivar seconds: from the document to the last commit
    @ivar cpu: seconds of the process meanwhile
    """

    seconds: float
    cpu: float


@attrs.frozen(slots=True)
class Polled:
    """
    What came of all of them.

    @ivar first: the first, in which everything is new
    @ivar alone: nobody is told: what handler and store take
    @ivar polls: with a subscriber
    @ivar told: values told to the subscriber
    @ivar extensions: longer lives told to it
    @ivar notices: messages in which that came
    @ivar turn: of the longest turn of the reactor, seconds of the process
    @ivar longest: by which a timer of a millisecond was late at most, seconds
    @ivar lag: by which the timer was late at most in 99 of 100 cases, seconds
    @ivar size: bytes of a document
    """

    first: Poll
    alone: Sequence[Poll]
    polls: Sequence[Poll]
    told: int
    extensions: int
    notices: int
    turn: float
    longest: float
    lag: float
    size: int


@implementer(ISimpleDataProvider)
class BytesProvider:
    """Prints its jobs as XML."""

    name = _NAME
    description = "jobs of a benchmark"

    def __init__(self, batch: Batch, clock: NodeClock) -> None:
        """@param clock: of the turns in which it makes its document"""
        self.batch = batch
        self.clock = clock
        self.given: Callable[[], None] = lambda: None
        self.size = 0

    async def provide(self) -> bytes:
        """The document, made before it counts."""
        turns = Turns(self.clock)
        # The root without its end, each job, and the end: what a program prints is not written in one turn.
        start, _, end = serialise(schedulerTree(self.batch.scheduler())).rpartition(b"</")
        parts = [start]
        for job in self.batch.jobs():
            parts.append(_printed(job))
            await turns.breathe()
        data = b"".join([*parts, b"</", end])
        self.size = len(data)
        # A turn of its own, as when a program has ended.
        await sleep(self.clock, 0.0)
        self.given()
        return data


def _printed(job: Job) -> bytes:
    parts = []
    for field in attrs.fields(Job):
        value = getattr(job, field.name)
        text = value.value if isinstance(value, GramStatus) else value
        if text:
            parts.append(f"<rips:{field.name}>{escapeText(text)}</rips:{field.name}>")
    return f"<rips:Job>{''.join(parts)}</rips:Job>".encode()


@implementer(IDOMDataProvider)
class TreeProvider(BytesProvider):
    """Gives its jobs as a tree, as the providers of this package do."""

    async def provideDocument(self) -> Element:
        """The document, made before it counts."""
        root = await self._made()
        await sleep(self.clock, 0.0)
        self.given()
        return root

    async def _made(self) -> Element:
        turns = Turns(self.clock)
        root = schedulerTree(self.batch.scheduler())
        for job in self.batch.jobs():
            addJob(root, job)
            await turns.breathe()
        return root


@implementer(ICaller)
@attrs.define(eq=False)
class Sink:
    """
    Takes every notice, in a later turn.

    @ivar arrived: they, in order
    """

    clock: NodeClock
    arrived: list[bytes] = attrs.field(factory=list)

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """Keep it."""
        self.arrived.append(envelope)
        answer: Deferred[Reply] = Deferred()
        self.clock.callLater(0.0, answer.callback, Reply(202, b""))
        return answer

    def close(self) -> Awaitable[None]:
        """There is nothing to close."""
        return Ready(None)


@attrs.define(eq=False)
class _Probe:
    """A timer that sees how late it is, and how long the process worked since it came last: one turn, when long."""

    clock: NodeClock
    lags: list[float] = attrs.field(factory=list)
    turns: list[float] = attrs.field(factory=list)
    _due: float = 0.0
    _cpu: float = attrs.field(factory=time.process_time)

    def begin(self) -> None:
        self._due = self.clock.seconds() + _PROBE
        self.clock.callLater(_PROBE, self._look)

    def _look(self) -> None:
        self.lags.append(self.clock.seconds() - self._due)
        before, self._cpu = self._cpu, time.process_time()
        self.turns.append(self._cpu - before)
        self.begin()


class _Service:
    def __init__(self, load: Load, clock: NodeClock) -> None:
        self.load = load
        self.clock = clock
        self.batch = Batch(load.jobs, load.changing)
        self.store = MemoryStore(clock)
        self.subscriptions = SubscriptionStore(clock)
        self.sink = Sink(clock)
        self.probe = _Probe(clock)
        self.notifier = Notifier(
            self.store,
            self.subscriptions,
            Deliverer(self.sink, clock, random),
            clock,
            lambda id: Handle(f"{_BASE}/subscriptions/{id}"),
            1,
            NoticeWriter(self.store, clock),
        )
        kind = BytesProvider if load.isBytes else TreeProvider
        self.provider = kind(self.batch, clock)
        self.provider.given = self._given
        # A job has twelve children: the default bound of elements is for 7,600 of them.
        gate = XMLGate(XMLLimits(size=64 * 1024**2, elements=20 * load.jobs + 1000))
        self.manager = ProviderManager(clock, self.store, _BASE, gate, random)
        self.manager.install(
            ProviderSetup(
                name=_NAME,
                factory=kind,
                provider=self.provider,
                interval=load.interval,
                grace=_GRACE,
                handler=JobDataHandler(),
            )
        )
        self.ended: list[Poll] = []
        self._began = (0.0, 0.0)
        self._runs = "0"
        self._error = ""

    def _given(self) -> None:
        self._began = (time.perf_counter(), time.process_time())

    def _heard(self, changes: Changes) -> None:
        # The status is told with the last values, behind them.
        if changes.changes and changes.changes[-1].key.name == STATUS_NAME:
            (row,) = self.manager.status()
            self._error = row["lastError"]
            if row["runs"] != self._runs:
                self._runs = row["runs"]
                wall, cpu = self._began
                self.ended.append(Poll(time.perf_counter() - wall, time.process_time() - cpu))

    async def run(self, tell: Callable[[str], None], loaded: Callable[[], None]) -> Polled:
        load = self.load
        await self.store.start()
        await self.subscriptions.start()
        self.notifier.start()
        await self.manager.start()
        self.store.observe(self._heard)
        await self._until(1)
        loaded()
        self.probe.begin()
        await sleep(self.clock, _STEP)
        # What was before it began is no turn.
        self.probe.turns.clear()
        for _ in range(load.polls):
            await self._advance()
            await self._next(tell)
        await self._subscribe()
        expected: list[News] = []
        for _ in range(load.polls):
            expected += await self._advance()
            await self._next(tell)
        await sleep(self.clock, load.interval)
        lags = sorted(self.probe.lags)
        await self.manager.stop()
        self.notifier.stop()
        told, extensions = toldOf(self.sink.arrived, expected)
        first, *polls = self.ended
        return Polled(
            first,
            polls[: load.polls],
            polls[load.polls : 2 * load.polls],
            told,
            extensions,
            len(self.sink.arrived),
            max(self.probe.turns),
            lags[-1],
            lags[len(lags) * 99 // 100],
            self.provider.size,
        )

    async def _advance(self) -> list[News]:
        turns = Turns(self.clock)
        news = []
        for one in self.batch.advance(self.load.interval):
            if one is not None:
                news.append(one)
            await turns.breathe()
        return news

    async def _next(self, tell: Callable[[str], None]) -> None:
        await self._until(len(self.ended) + 1)
        tell(f"poll {len(self.ended)}: {self.ended[-1].seconds * 1000:.0f} ms")

    async def _until(self, count: int) -> None:
        deadline = self.clock.seconds() + _LONGEST
        while len(self.ended) < count:
            if self._error:
                raise WrongAnswer(f"the provider failed: {self._error}")
            if self.clock.seconds() > deadline:
                raise WrongAnswer(f"poll {count} did not end within {_LONGEST:g} s")
            await sleep(self.clock, _STEP)

    async def _subscribe(self) -> None:
        topic = Topic((NameSelector(JOB),), True)
        now = self.clock.seconds()
        subscription = Subscription(
            "s", topic, Handle("http://127.0.0.1:9/sink"), "", now, now + 86400.0
        )
        await self.subscriptions.commit([Subscribe(subscription)])


def toldOf(notices: Sequence[bytes], expected: Sequence[News]) -> tuple[int, int]:
    """
    Read what a subscriber was told.

    @param expected: what changed, in order
    @return: how many values were told, and how many longer lives
    @raise WrongAnswer: the values are not those that changed, in their order
    """
    gate = XMLGate(XMLLimits(size=64 * 1024**2, elements=10**6))
    told: dict[str, list[str]] = {}
    extensions = 0
    for envelope in notices:
        notice = readNotice(openEnvelope(gate.parse(envelope)).content[0][0])
        extensions += len(notice.extend)
        if notice.remove:
            raise WrongAnswer(f"job {notice.remove[0].key} was told as gone")
        for value in notice.put:
            state = gate.parse(value.head + value.tail).findtext(GRAM_STATUS.clark) or ""
            told.setdefault(value.key, []).append(state)
    wanted: dict[str, list[str]] = {}
    for key, state in expected:
        wanted.setdefault(key, []).append(state)
    if told != wanted:
        wrong = [key for key in {**told, **wanted} if told.get(key) != wanted.get(key)]
        raise WrongAnswer(
            f"{len(wrong)} jobs were told otherwise than they changed; {wrong[0]}:"
            f" {told.get(wrong[0])} instead of {wanted.get(wrong[0])}"
        )
    return sum(map(len, told.values())), extensions


async def measurePolls(
    load: Load, clock: NodeClock, tell: Callable[[str], None], loaded: Callable[[], None]
) -> Polled:
    """
    Poll a service of jobs.

    @param clock: of the reactor that runs
    @param tell: says how far it is
    @param loaded: called after the first poll
    @raise WrongAnswer: a run failed, or the subscriber was told anything else than what changed
    """
    return await _Service(load, clock).run(tell, loaded)
