"""Numbered streams against a model: whatever is lost, repeated or ended, each event comes once and in order."""

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, PeerUnreachable
from gma_twisted.model.event import Event
from gma_twisted.streams.intake import StreamIntake
from gma_twisted.streams.listenlimits import OrderLimits
from gma_twisted.timing import NodeClock, toDeferred
from tests.streams.intakestand import Sink, begin, missed, numbered
from tests.streams.listenstand import Peer, half

_LIMITS = OrderLimits(fillSeconds=10_000.0)
_FEW = st.integers(1, 4)


@attrs.define(eq=False)
class Connection:
    """
    One connection of the producer.

    @ivar wire: what was written and has not come
    @ivar place: how many events of the log are behind it
    @ivar told: number of the last event that was written, or before which nothing is for it
    @ivar taking: what it brought, while that is taken
    """

    place: int
    told: int
    peer: Peer = attrs.field(factory=Peer)
    wire: list[Event] = attrs.field(factory=list)
    taking: "Deferred[None] | None" = None
    isEnded: bool = False


class Streaming(RuleBasedStateMachine):
    """A producer that publishes, a network that loses, a sink that is full at times, and restarts of who listens."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Clock()
        self.sink = Sink(page=2)
        self.number = 0
        # Numbers of the events that are wanted; what is between them passes no filter.
        self.log = self.sink.history
        self.connections: list[Connection] = []
        self.intake = self._intake()
        self.connect(0)

    def _intake(self) -> StreamIntake:
        return StreamIntake(self.sink, NodeClock(self.time), _LIMITS, half)

    @property
    def last(self) -> Connection:
        """The one the producer writes to."""
        return self.connections[-1]

    # The producer.

    @rule(isWanted=st.booleans())
    def publish(self, isWanted: bool) -> None:
        """One more event."""
        self.number += 1
        if isWanted:
            self.log.append(self.number)

    @rule(count=_FEW)
    def write(self, count: int) -> None:
        """Some of what waits is written."""
        one = self.last
        for number in self.log[one.place : one.place + count]:
            previous = self.log[one.place - 1] if one.place else 0
            one.wire.append(numbered(previous, number))
            one.place += 1
            one.told = number

    @rule(count=_FEW)
    def fallOut(self, count: int) -> None:
        """Some of what waits is left out, and that is told."""
        one = self.last
        gone = self.log[one.place : one.place + count]
        if gone:
            one.place += len(gone)
            one.wire.append(missed(len(gone)))

    @rule(back=st.integers(0, 3))
    def connect(self, back: int) -> None:
        """A new connection; what was under way on the one before may still come, or not. Some may be written again."""
        place = max(0, (self.last.place if self.connections else 0) - back)
        told = self.log[place - 1] if place else 0
        self.connections.append(Connection(place, told))
        self.last.wire.append(begin(0, told=told))

    # The network.

    @rule(count=_FEW, isOld=st.booleans())
    def arrive(self, count: int, isOld: bool) -> None:
        """Some of what was written comes, of the last connection or of the one before."""
        self._arrive(self.connections[-2 if isOld and len(self.connections) > 1 else -1], count)

    def _arrive(self, one: Connection, count: int) -> None:
        if one.taking is not None or one.peer.closed or one.isEnded or not one.wire:
            return
        came, one.wire = one.wire[:count], one.wire[count:]
        taking = toDeferred(self.intake.take(came, one.peer))
        one.taking = taking

        def taken(result: object) -> object:
            one.taking = None
            self._endOf(one)
            return result

        _ = taking.addBoth(taken)

    @precondition(lambda self: len(self.connections) > 1)
    @rule(which=st.integers(0, 10))
    def endOfOld(self, which: int) -> None:
        """It is seen that an old connection ended."""
        one = self.connections[which % (len(self.connections) - 1)]
        one.wire.clear()
        self._endOf(one, isNow=True)

    def _endOf(self, one: Connection, isNow: bool = False) -> None:
        # As a listener tells it: when all that it brought was taken.
        if (one.peer.closed or isNow) and one.taking is None and not one.isEnded:
            one.isEnded = True
            self.intake.ended(one.peer)

    # Who listens.

    @rule(deliveries=st.integers(0, 3), fills=st.integers(0, 3))
    def fail(self, deliveries: int, fills: int) -> None:
        """The sink is full for some time, the producer is not reached."""
        self.sink.answers += [Busy("no")] * deliveries
        self.sink.fills += [PeerUnreachable("no")] * fills

    @rule(seconds=st.sampled_from([0.05, 0.3, 3.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.time.advance(seconds)

    @rule()
    def restart(self) -> None:
        """Who listens is started again; it knows what its sink has stored."""
        for one in self.connections:
            if one.taking is not None:
                # Its owner hears of a cancellation.
                _ = one.taking.addErrback(lambda _: None)
                one.taking.cancel()
            one.isEnded = True
        self.intake = self._intake()
        self.connect(0)

    @invariant()
    def inOrder(self) -> None:
        """What was delivered is what was published, from the first on, and nothing is said to be missing."""
        names = [f"e{one}" for one in self.log]
        assert self.sink.names == names[: len(self.sink.names)], (self.sink.names, names)
        assert not [one for one in self.sink.delivered if one.missed != 0]

    def teardown(self) -> None:
        """When all works again, all is there."""
        self.sink.answers.clear()
        self.sink.fills.clear()
        for _ in range(20):
            self.time.advance(10.0)
        self.connect(0)
        self.write(len(self.log))
        self._arrive(self.last, 10_000)
        for _ in range(20):
            self.time.advance(10.0)
        self.inOrder()
        assert len(self.sink.names) == len(self.log), (self.sink.names, self.log)
        assert not self.time.getDelayedCalls()


class IntakeModelTests(SynchronousTestCase):
    """The intake of streams."""

    def test_model(self) -> None:
        """Each event is delivered once and in order, whatever happens on its way."""
        run_state_machine_as_test(
            Streaming,
            settings=settings(
                max_examples=150,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
