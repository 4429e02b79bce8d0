"""How answers leave, on transports in memory; the direct way is tried on real sockets."""

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.sending import BufferedSender, senderFor
from tests.transport.stand import Line


class _Flow:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def choke(self) -> None:
        """Note it."""
        self.told.append("choke")

    def flow(self) -> None:
        """Note it."""
        self.told.append("flow")


class _Halves(StringTransport):
    """A transport that can end one side."""

    halved = False

    def loseWriteConnection(self) -> None:
        """Note it."""
        self.halved = True


class BufferedSenderTests(SynchronousTestCase):
    """Through the transport."""

    def test_chosen(self) -> None:
        """What is no plain TCP is written through its transport."""
        self.assertIsInstance(senderFor(StringTransport(), _Flow()), BufferedSender)

    def test_flow(self) -> None:
        """The transport's full and empty buffer is told."""
        line, flow = Line(), _Flow()
        line.isSlow = True
        sender = senderFor(line, flow)
        sender.write(b"x" * 70_000)
        line.drain()
        self.assertEqual(flow.told, ["choke", "flow"])
        self.assertEqual(len(line.written), 70_000)

    def test_hangUp(self) -> None:
        """One side ends alone where the transport can do that, else the connection."""
        halves, whole = _Halves(), StringTransport()
        for transport in (halves, whole):
            sender = senderFor(transport, _Flow())
            sender.release()
            sender.hangUp()
        self.assertEqual((halves.halved, halves.disconnecting), (True, False))
        self.assertTrue(whole.disconnecting)
        self.assertIsNone(whole.producer)
