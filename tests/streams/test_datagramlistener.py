"""Listening for lines over UDP, without a network."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, Refused
from gma_twisted.streams.datagramlistener import DatagramListener
from gma_twisted.streams.listenlimits import ListenLimits
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import toDeferred
from tests.streams.listenstand import Taker, half, line

_HERE, _THERE = ("10.0.0.1", 5), ("10.0.0.2", 5)
_SIZE = len(line("a"))


class DatagramTests(ClockStand, SynchronousTestCase):
    """Datagrams become events."""

    def setUp(self) -> None:
        """Nothing came."""
        super().setUp()
        self.taker = Taker()
        self.listener = self.listening(ListenLimits(datagrams=3, batchLines=2, lastSeconds=5.0))

    def listening(self, limits: ListenLimits) -> DatagramListener:
        """Another one."""
        return DatagramListener(
            self.taker.take,
            self.clock,
            limits,
            mayConnect=lambda address: not address.startswith("192."),
            random=half,
        )

    def test_lines(self) -> None:
        """A datagram has a line or more, the last of which needs no end."""
        self.listener.datagramReceived(line("a"), _HERE)
        self.listener.datagramReceived(line("b") + line("c") + line("d").rstrip(), _HERE)
        self.assertEqual(self.taker.batches, [["a"], ["b", "c"], ["d"]])
        self.assertEqual((self.listener.counts.datagrams, self.listener.counts.events), (2, 4))

    def test_junk(self) -> None:
        """What is no event is counted; what stands beside it is taken."""
        self.listener.datagramReceived(b"\xff\0\n" + line("a"), _HERE)
        self.listener.datagramReceived(b"", _HERE)
        self.assertEqual((self.taker.names, self.listener.counts.bad), (["a"], 1))

    def test_notAllowed(self) -> None:
        """Who may not send lines is not read."""
        self.listener.datagramReceived(line("a"), ("192.168.0.1", 5))
        self.assertEqual((self.taker.names, self.listener.counts.refused), ([], 1))

    def test_full(self) -> None:
        """While events are taken so many wait, and the newest are left out."""
        waiting: Deferred[None] = Deferred()
        self.taker.answers = [waiting]
        for name in "abcdef":
            self.listener.datagramReceived(line(name), _HERE)
        self.assertEqual((len(self.listener), self.listener.counts.dropped), (3, 2))
        waiting.callback(None)
        self.assertEqual(self.taker.batches, [["a"], ["b", "c"], ["d"]])
        self.assertEqual(len(self.listener), 0)

    def test_fullOfBytes(self) -> None:
        """The same by bytes; what was taken makes room again."""
        self.listener = self.listening(ListenLimits(datagramBytes=2 * _SIZE))
        waiting: Deferred[None] = Deferred()
        self.taker.answers = [waiting]
        for name in "abcd":
            self.listener.datagramReceived(line(name), _HERE)
        self.assertEqual(self.listener.counts.dropped, 1)
        waiting.callback(None)
        self.taker.answers = [Deferred()]
        for name in "efg":
            self.listener.datagramReceived(line(name), _HERE)
        self.assertEqual((self.taker.names, self.listener.counts.dropped), (["a", "b", "c"], 1))

    def test_senders(self) -> None:
        """Events that are handed on together came from one address."""
        waiting: Deferred[None] = Deferred()
        self.taker.answers = [waiting]
        self.listener.datagramReceived(line("a"), _HERE)
        self.listener.datagramReceived(line("b"), _HERE)
        self.listener.datagramReceived(line("c"), _THERE)
        waiting.callback(None)
        self.assertEqual(self.taker.batches, [["a"], ["b"], ["c"]])
        self.assertEqual(self.taker.addresses, ["10.0.0.1", "10.0.0.1", "10.0.0.2"])

    def test_busyAndRefused(self) -> None:
        """Who has no room is offered the same again; what is refused is left out."""
        self.taker.answers = [Busy("no"), Refused("never")]
        self.listener.datagramReceived(line("a"), _HERE)
        self.listener.datagramReceived(line("b"), _HERE)
        self.time.pump([0.1] * 3)
        self.assertEqual((self.taker.names, self.listener.counts.leftOut), (["b"], 1))

    def test_stop(self) -> None:
        """What waits is handed on, in a bounded time, and what comes after that is left out."""
        self.taker.answers = [Busy("no")]
        self.listener.datagramReceived(line("a"), _HERE)
        stopped = toDeferred(self.listener.stop())
        self.listener.datagramReceived(line("b"), _HERE)
        self.assertNoResult(stopped)
        self.time.pump([0.1] * 3)
        self.successResultOf(stopped)
        self.assertEqual(self.taker.names, ["a"])

    def test_stopIsBounded(self) -> None:
        """Who never takes them does not keep the node."""
        self.taker.answers = [Deferred()]
        self.listener.datagramReceived(line("a"), _HERE)
        stopped = toDeferred(self.listener.stop())
        self.time.pump([1.0] * 6)
        self.successResultOf(stopped)
        self.assertEqual(self.time.getDelayedCalls(), [])
