"""What was shown in vain, counted by address and name on a virtual clock."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Throttled
from gma_twisted.security import Attempts

_PEER = "192.0.2.1"
_OTHER = "192.0.2.2"


class AttemptsTests(SynchronousTestCase):
    """Three at once, and one more every ten seconds."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000.0)
        self.attempts = Attempts(self.clock, 3, 10.0, 8)

    def _compared(self, peer: str, name: str) -> bool:
        try:
            self._fail(peer, name)
        except Throttled:
            return False
        return True

    def _fail(self, peer: str = _PEER, name: str = "", times: int = 1) -> None:
        for _ in range(times):
            self.attempts.admit(peer, name)
            self.attempts.failed(peer, name)

    def test_burst(self) -> None:
        """After as many as may come at once, the next may come when the time of one has passed."""
        self._fail(times=3)
        error = self.assertRaises(Throttled, self.attempts.admit, _PEER)
        self.assertEqual(error.retryAfter, 10)
        self.clock.advance(9.5)
        self.assertEqual(self.assertRaises(Throttled, self.attempts.admit, _PEER).retryAfter, 1)
        self.clock.advance(0.5)
        self._fail()
        self.assertRaises(Throttled, self.attempts.admit, _PEER)
        self.assertEqual(self.attempts.counts(), {"failed": 4, "refused": 3})

    def test_refusalsAreNoFailures(self) -> None:
        """Who goes on while nothing is compared is not refused for longer."""
        self._fail(times=3)
        for _ in range(50):
            self.assertRaises(Throttled, self.attempts.admit, _PEER)
        self.clock.advance(10.0)
        self.attempts.admit(_PEER)

    def test_elsewhere(self) -> None:
        """One address that fails does not keep another out; nor does a name about which many fail."""
        self._fail(name="alice", times=3)
        self.assertRaises(Throttled, self.attempts.admit, _PEER, "bob")
        self.attempts.admit(_OTHER, "alice")
        self.attempts.admit(_OTHER, "bob")

    def test_name(self) -> None:
        """An address that failed lately shares what is left for a name with all that did."""
        self._fail("192.0.2.3", "alice")
        self._fail("192.0.2.4", "alice")
        self._fail("192.0.2.5", "alice")
        self.assertRaises(Throttled, self.attempts.admit, "192.0.2.3", "alice")
        self.attempts.admit("192.0.2.3", "bob")
        self.attempts.admit("192.0.2.6", "alice")

    def test_bounded(self) -> None:
        """No more are remembered than there is room for; those go first that are nearest to being forgotten."""
        self._fail(times=3)
        for number in range(100):
            self._fail(f"198.51.100.{number}")
        self.assertEqual(len(self.attempts), 8)
        self.assertRaises(Throttled, self.attempts.admit, _PEER)

    def test_forgotten(self) -> None:
        """Whose bucket is full again is forgotten by the next failure of anybody."""
        self._fail(times=3)
        self.clock.advance(30.5)
        self._fail(_OTHER)
        self.assertEqual(len(self.attempts), 1)
        self._fail(times=3)

    def test_networks(self) -> None:
        """Of IPv6, all addresses of a customer are one; an IPv4 address is itself in either form."""
        self._fail("2001:db8::1", times=2)
        self._fail("2001:db8::ffff:1")
        self.assertRaises(Throttled, self.attempts.admit, "2001:db8:0:0:1::")
        self.attempts.admit("2001:db8:0:1::1")
        self._fail("::ffff:192.0.2.9", times=3)
        self.assertRaises(Throttled, self.attempts.admit, "192.0.2.9")
        self._fail("fe80::1%eth0", times=3)
        self.assertRaises(Throttled, self.attempts.admit, "fe80::2%eth1")
        self._fail("::nothing", times=3)
        self.assertRaises(Throttled, self.attempts.admit, "::nothing")

    def test_manyNetworks(self) -> None:
        """Who has a /48 guesses as much about a name as who has one address, and not without end about many."""
        peers = [f"2001:db8:0:{number:x}::1" for number in range(1000)]
        compared = 0
        for peer in peers:
            compared += self._compared(peer, "bob")
            self.clock.advance(0.06)
        self.assertLess(compared, 3 + 60 / 10 + 2)
        self.clock.advance(1000.0)
        self.attempts.callers = 10_000
        compared = sum(self._compared(peer, f"name{peer}") for peer in peers)
        self.assertEqual(compared, 3 * 16)
        self.assertRaises(Throttled, self.attempts.admit, "2001:db8:0:ffff::1")
        self.attempts.admit("2001:db8:1::1")

    def test_oneDelegation(self) -> None:
        """A customer's /56 in a larger network keeps nobody else out."""
        for number in range(12):
            self._fail(f"2001:db8:0:{number:x}::1")
        self.assertRaises(Throttled, self.attempts.admit, "2001:db8:0:ff::1")
        self.attempts.admit("2001:db8:0:100::1")
