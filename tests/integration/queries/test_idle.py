"""What a worker does while nobody says anything to it."""

import socket
from typing import cast

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.evaluation.program import Worker, _received


@attrs.define(eq=False)
class Evaluator:
    """
    Has something to do so many times; with the last the node says something.

    @ivar waits: which of these times, the first is 1, waits for quiet
    @ivar quiet: whether it was, each time that it was called
    """

    node: socket.socket
    left: int
    isMore: bool
    waits: int = 0
    calls: int = 0
    quiet: list[bool] = attrs.field(factory=list)

    def idle(self, isQuiet: bool) -> bool:
        """See L{Evaluator <gma_twisted.evaluation.evaluator.Evaluator>}."""
        self.quiet.append(isQuiet)
        if self.calls + 1 == self.waits and not isQuiet:
            return False
        self.calls += 1
        if self.calls == self.left:
            self.node.sendall(b"order")
        return self.calls < self.left or self.isMore


class IdleTests(SynchronousTestCase):
    """It does what would have to be done later."""

    def received(
        self, left: int, isMore: bool, isAtOnce: bool = False, waits: int = 0
    ) -> Evaluator:
        """What did something before it was told something."""
        node, own = socket.socketpair()
        self.addCleanup(node.close)
        self.addCleanup(own.close)
        evaluator = Evaluator(node, left, isMore, waits)
        if isAtOnce:
            node.sendall(b"order")
        worker = cast(Worker, attrs.make_class("Obeying", {"evaluator": attrs.field()})(evaluator))
        self.assertEqual(_received(worker, own), b"order")
        return evaluator

    def test_until(self) -> None:
        """A piece at a time, until it is told something, or there is nothing left."""
        self.assertEqual(self.received(3, True).calls, 3)
        self.assertEqual(self.received(2, False).calls, 2)

    def test_quiet(self) -> None:
        """At once it does what need not wait, and the rest when nothing came for a moment."""
        self.assertEqual(self.received(3, True).quiet, [False] * 3)
        self.assertEqual(self.received(3, True, waits=2).quiet, [False, False, True, True])

    def test_first(self) -> None:
        """What it is told comes first."""
        self.assertEqual(self.received(1, True, isAtOnce=True).calls, 0)
