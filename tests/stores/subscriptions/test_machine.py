"""Any history of commits, waiting, full disks and kills, against a plain dict."""

from collections.abc import Awaitable, Sequence
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, GMAError
from gma_twisted.model import SubscriptionChanges, SubscriptionCommand
from gma_twisted.stores.recording import Record, Stored
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.testing.subscriptions.model import (
    Event,
    SubscriptionModel,
    eventsOf,
    randomCommands,
)
from gma_twisted.timing import NodeClock, toDeferred
from tests.stores.registry.recorders import Keeping

_RANDOMS = st.randoms(use_true_random=False)
_SPANS = st.sampled_from([0.25, 0.5, 1.0, 3.0])


class _Disk(Keeping):
    """
    A recorder that may be full.

    @ivar isFull: whether nothing can be recorded now
    """

    isFull = False

    def record(self, records: Sequence[Record]) -> Awaitable[int]:
        """Refuse while it is full."""
        if self.isFull:
            raise Busy("the disk is full")
        return super().record(records)


class SubscriptionMachine(RuleBasedStateMachine):
    """A store on a slow recorder and the model, asked the same."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.model = SubscriptionModel()
        self.history: dict[str, list[Event]] = {}
        self.open({})

    def open(self, rows: dict[bytes, Stored]) -> None:
        """Start a store over rows, in a life of its own."""
        self.time = Clock()
        self.time.rightNow = self.now
        self.disk = _Disk(rows)
        clock = NodeClock(self.time, lambda: 1.7e9 + self.time.seconds())
        self.store = SubscriptionStore(clock, recorder=self.disk)
        self.store.observe(self.hear)
        assert self.results(self.store.start()) == [None]

    def hear(self, changes: SubscriptionChanges) -> None:
        """Write down what is told."""
        for event in eventsOf(changes):
            self.history.setdefault(event[1].id, []).append(event)

    def results(self, *awaitables: Awaitable[object]) -> list[object]:
        """Let the recorder work. @return: what came of each, errors by their codes"""
        results: list[object] = [None] * len(awaitables)

        def settle(at: int, deferred: Deferred[object]) -> None:
            def failed(failure: object) -> None:
                error = getattr(failure, "value", None)
                assert isinstance(error, GMAError), error
                results[at] = error.code

            deferred.addCallbacks(lambda result: results.__setitem__(at, result), failed)  # type: ignore[unused-awaitable]

        for at, awaitable in enumerate(awaitables):
            settle(at, toDeferred(awaitable))
        while self.disk.work():
            pass
        return results

    def pass_(self, seconds: float) -> None:
        """Time passes, and the recorder works."""
        self.time.advance(seconds)
        while self.disk.work():
            pass
        self.now = self.time.seconds()
        self.model.expire(self.now)

    @rule(random=_RANDOMS, count=st.integers(1, 3))
    def commit(self, random: Random, count: int) -> None:
        """Several commits, all but the first in one batch."""
        commits = [randomCommands(random, self.model, self.now) for _ in range(count)]
        answers = self.results(*[_asked(self.store, commands) for commands in commits])
        for commands, answer in zip(commits, answers, strict=True):
            if self.disk.isFull and not isinstance(answer, str):
                assert answer == SubscriptionChanges([], [], []), answer
            elif not self.disk.isFull:
                told = set(eventsOf(answer)) if isinstance(answer, SubscriptionChanges) else answer
                assert told == self.model.commit(commands, self.now), (commands, answer)

    @rule(seconds=_SPANS)
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.pass_(seconds)

    @rule(seconds=_SPANS)
    def late(self, seconds: float) -> None:
        """Time passes and no timer runs."""
        self.time.rightNow += seconds
        self.now = self.time.seconds()
        self.model.expire(self.now)

    @rule()
    def fill(self) -> None:
        """The disk is full, or has room again."""
        self.disk.isFull = not self.disk.isFull

    @rule(seconds=_SPANS)
    def kill(self, seconds: float) -> None:
        """The process dies, and another is started on what the recorder has."""
        self.now += seconds
        self.model.expire(self.now)
        self.open(dict(self.disk.rows))

    @invariant()
    def same(self) -> None:
        """Reads are those of the model, and what was told is the beginning of what it tells."""
        assert list(self.store.all()) == list(self.model.rows.values())
        for id, events in self.model.history.items():
            assert self.store.get(id) == self.model.rows.get(id)
            told = self.history.get(id, [])
            assert told == events[: len(told)], (told, events)

    def teardown(self) -> None:
        """In the end everything was told, once."""
        self.disk.isFull = False
        for _ in range(400):
            self.pass_(0.25)
        assert self.history == self.model.history


async def _asked(
    store: SubscriptionStore, commands: Sequence[SubscriptionCommand]
) -> SubscriptionChanges:
    return await store.commit(commands)


class MachineTests(SynchronousTestCase):
    """The machine, run."""

    def test_machine(self) -> None:
        """No history tells the store from a plain dict; nothing acknowledged is lost or told twice."""
        run_state_machine_as_test(
            SubscriptionMachine,
            settings=settings(max_examples=50, stateful_step_count=30),
        )
