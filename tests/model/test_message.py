"""Expressions are read once."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import Expression, QName


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
