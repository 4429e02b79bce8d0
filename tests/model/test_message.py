"""Expressions are read once; what a termination time asks."""

import math

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model import Expression, QName, TerminationTime


class ExpressionTests(SynchronousTestCase):
    """What a reader made of the tree stays, the tree goes."""

    def test_readOnce(self) -> None:
        """The second reading gives the same value without the tree."""
        expression = Expression(QName("urn:x", "q"), ["tree"])
        first = expression.read(tuple)
        self.assertEqual(first, ("tree",))
        self.assertIs(expression.read(lambda tree: self.fail("read again")), first)

    def test_failedReading(self) -> None:
        """A reader that fails leaves the tree for the next one."""
        expression = Expression(QName("urn:x", "q"), ["tree"])
        self.assertRaises(ZeroDivisionError, expression.read, lambda tree: 1 // 0)
        self.assertEqual(expression.read(tuple), ("tree",))

    def test_name(self) -> None:
        """The name is there before and after, also for people."""
        expression = Expression(QName("urn:x", "q"), [])
        expression.read(tuple)
        self.assertEqual(
            (expression.name, repr(expression)), (QName("urn:x", "q"), "Expression('{urn:x}q')")
        )


class TerminationTimeTests(SynchronousTestCase):
    """The lifetime asked of whoever makes a service."""

    def test_seconds(self) -> None:
        """It lasts until the latest end, without one until the earliest."""
        for after, before, seconds in (
            (None, None, None),
            (None, 60.0, 50.0),
            (60.0, None, 50.0),
            (20.0, 30.0, 20.0),
            (20.0, 20.0, 10.0),
            (None, 5.0, -5.0),
            (20.0, math.inf, math.inf),
            (-math.inf, None, -math.inf),
        ):
            self.assertEqual(TerminationTime(after, before).seconds(10.0), seconds)

    def test_contradiction(self) -> None:
        """No end is earlier than itself."""
        self.assertRaises(ParameterError, TerminationTime(20.0, 19.0).seconds, 10.0)
        self.assertRaises(ParameterError, TerminationTime(math.inf, 19.0).seconds, 10.0)
