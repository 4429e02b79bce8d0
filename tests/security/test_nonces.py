"""Nonces: none twice while its message is new enough, on virtual clocks of which the wall's may be set."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, FailedAuthentication
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.security import Nonces
from gma_twisted.timing import NodeClock

_START = 1_700_000_000.0
_ONE = b"0123456789abcdef"


class NoncesTests(SynchronousTestCase):
    """A node that has run for a thousand seconds, with room for six."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.step = 0.0
        self.nonces = Nonces(
            NodeClock(self.clock, lambda: _START + self.clock.seconds() + self.step), 6
        )
        self.clock.advance(1000.0)

    @property
    def now(self) -> float:
        return _START + self.clock.seconds() + self.step

    def _take(self, nonce: bytes, created: float, name: str = "alice") -> None:
        self.nonces.check(created)
        self.nonces.take(name, nonce, writeDateTime(created), created)

    def test_window(self) -> None:
        """300 s either way are let pass, 301 are not."""
        for off in (-300.0, 0.0, 300.0):
            self.nonces.check(self.now + off)
        for off in (-301.0, 301.0):
            error = self.assertRaises(FailedAuthentication, self.nonces.check, self.now + off)
            self.assertIn("more than 300 s", error.message)

    def test_noNumber(self) -> None:
        """A year that no calendar has is outside of every window."""
        for created in (float("inf"), float("-inf")):
            self.assertRaises(FailedAuthentication, self.nonces.check, created)

    def test_replay(self) -> None:
        """A nonce is taken once, for as long as its Created is."""
        created = self.now + 300.0
        self._take(_ONE, created)
        for _ in range(7):
            self.assertRaises(FailedAuthentication, self._take, _ONE, created)
            self.clock.advance(99.9)
        self.assertRaises(FailedAuthentication, self._take, _ONE, created)

    def test_moved(self) -> None:
        """What ends a nonce and what begins its Created are told apart by nobody: both together are used once."""
        created = writeDateTime(self.now)
        self.nonces.take("alice", _ONE + b" \n", created, self.now)
        for end, start in ((b" ", "\n"), (b"", " \n")):
            with self.assertRaises(FailedAuthentication):
                self.nonces.take("alice", _ONE + end, start + created, self.now)
        self.nonces.take("alice", _ONE + b"\n ", created, self.now)

    def test_others(self) -> None:
        """The same nonce of another name is another one."""
        self._take(_ONE, self.now)
        self._take(_ONE, self.now, "bob")
        self.assertEqual(len(self.nonces), 2)

    def test_forgotten(self) -> None:
        """What would be refused as too old needs no room."""
        self._take(_ONE, self.now)
        self.clock.advance(300.0)
        self._take(b"another of them.", self.now)
        self.assertEqual(len(self.nonces), 1)

    def test_full(self) -> None:
        """When there is no room it says so, and forgets nothing that could come again."""
        for number in range(3):
            self._take(b"%016d" % number, self.now)
        self.assertRaises(Busy, self._take, _ONE, self.now)
        for number in range(3):
            self._take(b"%016d" % number, self.now, "bob")
        self.assertRaises(Busy, self._take, _ONE, self.now, "carol")
        self.assertRaises(FailedAuthentication, self._take, b"%016d" % 0, self.now)
        self.clock.advance(300.0)
        self._take(_ONE, self.now, "carol")
        self.assertEqual(len(self.nonces), 1)

    def test_setBack(self) -> None:
        """A message comes again after the wall clock was set back by an hour: it is refused, a newer one is not."""
        created = self.now
        self._take(_ONE, created)
        self.clock.advance(3600.0)
        self._take(b"to forget others", self.now - 1.0)
        self.step = -3600.0
        self.assertRaises(FailedAuthentication, self._take, _ONE, created)
        self._take(_ONE, created + 1.0)

    def test_setAhead(self) -> None:
        """Nor does it help to wait for a wall clock that was set ahead to be set right again."""
        created = self.now
        self._take(_ONE, created)
        self.step = 3600.0
        self._take(b"another of them.", self.now)
        self.step = 0.0
        self.assertRaises(FailedAuthentication, self._take, _ONE, created)

    def test_restarted(self) -> None:
        """A node that has just begun does not know what was used before: it takes only what was made since."""
        self.clock.advance(0.75)
        nonces = Nonces(NodeClock(self.clock, lambda: self.now), 6)
        self.assertRaises(FailedAuthentication, nonces.check, self.now - 1.0)
        nonces.check(self.now - 0.75)
