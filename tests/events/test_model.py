"""A producer against a model of it: each subscriber is told of each event once, in order, or that it was left out."""

from collections.abc import Awaitable

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
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import (
    NotRepresentable,
    ParameterError,
    PeerFault,
    PeerUnreachable,
    ServiceHasTerminated,
)
from gma_twisted.events import EngineLimits, EventEngine
from gma_twisted.model.event import Event
from gma_twisted.roles import PublishingProducer, RoleLimits, RolePlace, producerRole
from gma_twisted.timing import NodeClock, toDeferred
from tests.events.stand import URL, WALL, Plane, Sent, comparison, made

_LIMITS = EngineLimits(queued=4, batchEvents=2, history=6, attempts=2)
_LEASE = 30.0


@attrs.define(eq=False)
class Subscriber:
    """
    What the model knows of one.

    @ivar wanted: numbers of the events it must hear of, in order
    @ivar heard: those it heard of, each with its number in the subscription
    """

    callerId: int
    id: int
    name: str
    above: int
    until: float
    wanted: list[int]
    heard: list[tuple[int, object]] = attrs.field(factory=list)
    isOver: bool = False


class Telling(RuleBasedStateMachine):
    """Publishes, subscribes, and has consumers answer as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Clock()
        clock = NodeClock(self.time, lambda: WALL + self.time.seconds())
        self.plane = Plane()
        self.plane.answer = self.answer
        self.engine = EventEngine(clock, [self.plane], lambda: 0.5, _LIMITS)
        self.server = PublishingProducer()
        place = RolePlace(
            "http://site/services/producer", "life", clock, iter(range(1, 10**6)).__next__
        )
        self.part = producerRole(self.server, self.engine, place, None, RoleLimits())
        self.done(self.part.start())
        self.subscribers: list[Subscriber] = []
        self.waiting: list[tuple[Sent, Deferred[None]]] = []
        self.published: list[tuple[int, str, float]] = []
        self.isAnswering = False

    def done(self, work: Awaitable[object]) -> object:
        """The result of what must be done at once."""
        results: list[object] = []
        _ = toDeferred(work).addBoth(results.append)
        assert results, "it is not done at once"
        return results[0]

    def answer(self, sent: Sent) -> Awaitable[None]:
        """Keep what is sent until a rule answers it."""
        waiting: Deferred[None] = Deferred()
        self.waiting.append((sent, waiting))
        if self.isAnswering:
            self.settle(None)
        return waiting

    def settle(self, error: Exception | None, index: int = 0) -> None:
        """Answer one that waits."""
        sent, waiting = self.waiting.pop(index % len(self.waiting))
        if waiting.called:
            # It was given up.
            return
        subscriber = next(one for one in self.subscribers if one.callerId == sent.callerId)
        if error is None:
            self.hear(subscriber, sent)
            waiting.callback(None)
        else:
            if isinstance(error, ServiceHasTerminated):
                subscriber.isOver = True
            waiting.errback(error)

    def hear(self, subscriber: Subscriber, sent: Sent) -> None:
        """It took a notification: numbers go on where they ended, and count what was left out."""
        assert not subscriber.isOver
        last = subscriber.heard[-1][0] if subscriber.heard else 0
        assert sent.sequence == last + sent.missed + 1, (subscriber, sent)
        for at, event in enumerate(sent.events):
            subscriber.heard.append((sent.sequence + at, event.get("number")))
        end, number = subscriber.heard[-1]
        # As many as were wanted up to this one have a number.
        assert subscriber.wanted[end - 1] == number, (subscriber, sent)

    @rule(name=st.sampled_from(["load", "long", "disk"]))
    def publish(self, name: str) -> None:
        """Something happens."""
        number = len(self.published)
        now = self.time.seconds()
        self.published.append((number, name, now))
        for one in self.living():
            if one.name in (name, "*", name[:2] + "*") and number > one.above:
                one.wanted.append(number)
        self.server.publish(made(name, number, WALL + now))

    @rule(
        name=st.sampled_from(["load", "lo*", "*"]),
        back=st.sampled_from([0.0, 5.0, 1000.0]),
        above=st.sampled_from([-1, 3]),
        rate=st.sampled_from([None, 1.0]),
    )
    def subscribe(self, name: str, back: float, above: int, rate: float | None) -> None:
        """Somebody subscribes."""
        now = self.time.seconds()
        past = [one for one in self.published[-6:] if back and one[2] >= now - back]
        wanted = [
            number
            for number, other, _ in past
            if name in (other, "*", other[:2] + "*") and number > above
        ]
        callerId = len(self.subscribers) + 100
        found = Subscriber(callerId, 0, name, above, now + _LEASE, wanted)
        self.subscribers.append(found)
        filter = comparison(f"number > {above}") if above >= 0 else None
        result = self.done(
            self.part.role.subscribe(Event(name), filter, URL, None, callerId, _LEASE, back, None)
        )
        assert isinstance(result, tuple)
        found.id = result[0]
        assert result[1:] == (_LEASE, 1)

    def living(self) -> list[Subscriber]:
        """Those whose subscription is not over."""
        return [one for one in self.subscribers if not one.isOver]

    @precondition(lambda self: self.living())
    @rule(
        at=st.integers(0, 100),
        what=st.sampled_from(["pause", "resume", "renew", "unsubscribe", "modify"]),
    )
    def change(self, at: int, what: str) -> None:
        """Somebody asks for a change."""
        one = self.living()[at % len(self.living())]
        role = self.part.role
        if what == "renew":
            one.until = self.time.seconds() + _LEASE
            assert self.done(role.renew(one.id, _LEASE)) == _LEASE
        elif what == "modify":
            one.above = len(self.published)
            filter = comparison(f"number > {one.above}")
            self.done(role.modify(one.id, filter, None, None))
        else:
            one.isOver = what == "unsubscribe"
            self.done(getattr(role, what)(one.id))

    @precondition(lambda self: self.waiting)
    @rule(at=st.integers(0, 100), outcome=st.sampled_from("kkkafffnng"))
    def settled(self, at: int, outcome: str) -> None:
        """A consumer answers: it took them, is away, failed, will never take them, or is gone."""
        errors = {
            "a": PeerUnreachable("away"),
            "f": PeerFault("failed"),
            "n": NotRepresentable("never"),
            "g": ServiceHasTerminated("gone"),
        }
        self.settle(errors.get(outcome), at)

    @rule(seconds=st.sampled_from([0.5, 5.0, 20.0]))
    def advance(self, seconds: float) -> None:
        """Time passes; leases end."""
        end = self.time.seconds() + seconds
        for one in self.living():
            one.isOver = one.until <= end
        while self.time.seconds() < end:
            self.time.advance(0.25)

    @invariant()
    def known(self) -> None:
        """There is what the model says: ids that are over are unknown."""
        assert self.engine.counts()["feeds"] == len(self.living())
        assert self.part.counts()["subscriptions"] == len(self.living())
        for one in self.subscribers:
            if one.isOver:
                found = self.done(self.part.role.unsubscribe(one.id))
                assert isinstance(found, Failure)
                found.trap(ParameterError)

    def teardown(self) -> None:
        """When all answer, every event that was wanted was told of, or counted as left out."""
        self.isAnswering = True
        while self.waiting:
            self.settle(None)
        role = self.part.role
        for one in self.living():
            self.done(role.renew(one.id, 10_000.0))
            self.done(role.resume(one.id))
            one.until = self.time.seconds() + 10_000.0
        self.advance(60.0)
        for one in self.living():
            one.above = -1
            filter = comparison("number > -1")
            self.done(role.modify(one.id, filter, None, None))
        self.publish("load")
        self.advance(60.0)
        for one in self.living():
            assert one.heard[-1] == (len(one.wanted), one.wanted[-1])
        self.done(self.part.stop())
        self.done(self.engine.stop())
        assert self.engine.counts()["waiting"] == 0
        assert self.time.getDelayedCalls() == []


class ModelTests(SynchronousTestCase):
    """The model, run."""

    def test_telling(self) -> None:
        """No sequence of steps is found that loses, doubles or reorders an event."""
        run = settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(Telling, settings=run)
