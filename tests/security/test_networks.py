"""What addresses tell."""

from twisted.internet.address import UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.security.networks import isThisMachine


class ThisMachineTests(SynchronousTestCase):
    """Who asks from the node's own machine."""

    def test_here(self) -> None:
        """Loopback addresses in every form, socket files, and the node itself."""
        socket = str(UNIXAddress(b"/run/gma.sock"))
        for peer in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", socket, ""):
            self.assertTrue(isThisMachine(peer), peer)

    def test_elsewhere(self) -> None:
        """All others, and what is no address."""
        for peer in ("10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "::127.0.0.1", "localhost", "x"):
            self.assertFalse(isThisMachine(peer), peer)
