"""Several roles behind one path."""

from collections.abc import Awaitable

from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface, implementer
from zope.interface.verify import verifyObject

from gma_twisted.roles import CompositeRole
from gma_twisted.timing import Ready


class IOne(Interface):
    """A part."""

    def one() -> Awaitable[str]:
        """One."""

    def both() -> Awaitable[str]:
        """Both have it."""


class ITwo(Interface):
    """Another."""

    def two() -> Awaitable[str]:
        """Two."""


@implementer(IOne)
class One:
    """The first part."""

    def one(self) -> Awaitable[str]:
        """See L{IOne}."""
        return Ready("one")

    def both(self) -> Awaitable[str]:
        """See L{IOne}."""
        return Ready("first")


@implementer(ITwo, IOne)
class Two:
    """The second."""

    def one(self) -> Awaitable[str]:
        """See L{IOne}."""
        return Ready("not this")

    def both(self) -> Awaitable[str]:
        """See L{IOne}."""
        return Ready("second")

    def two(self) -> Awaitable[str]:
        """See L{ITwo}."""
        return Ready("two")

    def _hidden(self) -> None:
        """Nobody's business."""


class CompositeRoleTests(SynchronousTestCase):
    """Of two parts."""

    def setUp(self) -> None:
        """The role."""
        self.role = CompositeRole([One(), Two()])

    def test_interfaces(self) -> None:
        """It provides what its parts provide, also what both do."""
        for interface in (IOne, ITwo):
            self.assertTrue(verifyObject(interface, self.role))

    def test_preference(self) -> None:
        """The first part that has a method answers it."""
        self.assertEqual(
            [self.role.one().value, self.role.two().value, self.role.both().value],
            ["one", "two", "first"],
        )

    def test_lacks(self) -> None:
        """What no part has is not there; private names of the parts never are."""
        for name in ("three", "_hidden"):
            self.assertRaises(AttributeError, getattr, self.role, name)
