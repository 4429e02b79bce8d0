"""Whom quotas count for."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import OURSELVES, Caller
from gma_twisted.model.caller import ANONYMOUS


class OwnerTests(SynchronousTestCase):
    """C{Caller.owner}."""

    def test_known(self) -> None:
        """Who is known owns by its name, wherever it comes from."""
        self.assertEqual(Caller("alice", "2001:db8::1").owner, "alice")
        self.assertEqual(OURSELVES.owner, "node")

    def test_anonymous(self) -> None:
        """The others own by address; of IPv6 nobody has as many quotas as there are addresses in its network."""
        self.assertEqual(Caller(ANONYMOUS, "192.0.2.1").owner, "anonymous@192.0.2.1")
        self.assertEqual(Caller(ANONYMOUS, "::ffff:192.0.2.1").owner, "anonymous@192.0.2.1")
        owners = {Caller(ANONYMOUS, f"2001:db8::{number:x}").owner for number in range(100)}
        self.assertEqual(owners, {"anonymous@2001:db8::/64"})
        self.assertNotIn(Caller(ANONYMOUS, "2001:db8:0:1::1").owner, owners)
