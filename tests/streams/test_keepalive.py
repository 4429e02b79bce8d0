"""Keep-alive where a transport has no socket, or none any more."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.streams.keepalive import COUNT, IDLE, INTERVAL, keepAlive


class _Asked:
    """A transport. @ivar enabled: what it was told"""

    enabled = False

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Keep it."""
        self.enabled = enabled


class _Gone(_Asked):
    """One whose other end has gone."""

    def getHandle(self) -> "_Gone":
        """Its socket."""
        return self

    def setsockopt(self, level: int, option: int, value: int) -> None:
        """As the system says it then."""
        raise OSError(22, "Invalid argument")


class KeepAliveTests(SynchronousTestCase):
    """It is asked for wherever it can be, and never fails."""

    def test_without(self) -> None:
        """A transport without a socket, and one that is over, are asked, and that is all."""
        for transport in (_Asked(), _Gone()):
            keepAlive(transport)
            self.assertTrue(transport.enabled)

    def test_seconds(self) -> None:
        """Who vanished is noticed after half a minute."""
        self.assertEqual(IDLE + COUNT * INTERVAL, 30)
