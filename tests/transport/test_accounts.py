"""The table of callers: shared by connections, kept for a moment, bounded."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.accounts import Accounts


class AccountsTests(SynchronousTestCase):
    """L{Accounts}."""

    def setUp(self) -> None:
        """Three are kept without connections."""
        self.clock = Clock()
        self.accounts = Accounts(self.clock, 10, 5, most=3)

    def test_shared(self) -> None:
        """Connections of one caller have one account."""
        one = self.accounts.enter("192.0.2.1")
        self.assertIs(self.accounts.enter("192.0.2.1"), one)
        self.assertIsNot(self.accounts.enter("192.0.2.2"), one)

    def test_networks(self) -> None:
        """Addresses of one network are one caller; a name is none, whatever it looks like."""
        one = self.accounts.enter("2001:db8::1")
        self.assertIs(self.accounts.enter("2001:db8::ffff:2"), one)
        self.assertIsNot(self.accounts.enter("2001:db8:0:1::1"), one)
        self.assertIsNot(self.accounts.enter("@2001:db8::1"), one)

    def test_kept(self) -> None:
        """Who comes again soon finds it as it was left; later it is forgotten."""
        one = self.accounts.enter("192.0.2.1")
        one.left = -5
        self.accounts.leave(one)
        self.clock.advance(5)
        self.assertIs(self.accounts.enter("192.0.2.1"), one)
        self.accounts.leave(one)
        self.clock.advance(11)
        self.accounts.leave(self.accounts.enter("192.0.2.2"))
        self.assertEqual(len(self.accounts), 1)

    def test_bound(self) -> None:
        """Of more than there may be those go that were left first; who has connections stays."""
        stays = self.accounts.enter("stays")
        for number in range(10):
            self.accounts.leave(self.accounts.enter(str(number)))
            self.clock.advance(1)
        self.assertEqual(len(self.accounts), 4)
        self.assertIs(self.accounts.enter("stays"), stays)

    def test_urgent(self) -> None:
        """What is urgent has so many at once, and more with the time."""
        one = self.accounts.enter("192.0.2.1")
        taken = [one.takeUrgent(0.0, 2, 5) for _ in range(6)]
        self.assertEqual(taken, [True] * 5 + [False])
        self.assertTrue(one.takeUrgent(0.5, 2, 5))
        self.assertFalse(one.takeUrgent(0.5, 2, 5))
