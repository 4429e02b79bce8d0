"""The requests: one length, different or equal byte for byte."""

from twisted.trial.unittest import SynchronousTestCase

from bench.workload import HOSTS, Requests, hostXML, needle


class RequestsTests(SynchronousTestCase):
    """L{Requests}."""

    def test_varied(self) -> None:
        """Varied requests are all different and all of one length."""
        requests = Requests(3, True)
        made = {requests.make(number) for number in (0, 1, 999_999_999)}
        self.assertEqual((len(made), len({len(each) for each in made})), (3, 1))

    def test_identical(self) -> None:
        """Identical requests are equal, and as long as varied ones."""
        same = Requests(3, False)
        self.assertEqual(same.make(1), same.make(2))
        self.assertEqual(len(same.make(1)), len(Requests(3, True).make(1)))

    def test_contentLength(self) -> None:
        """The head announces the length of the body."""
        head, _, body = Requests(0, True).make(7).partition(b"\r\n\r\n")
        self.assertIn(b"Content-Length: %d" % len(body), head.split(b"\r\n"))


class HostTests(SynchronousTestCase):
    """L{hostXML}."""

    def test_length(self) -> None:
        """Every version of every host has the same length, so answers have."""
        sizes = {len(hostXML(number, turn)) for number in range(HOSTS) for turn in (0, 7, 10**6)}
        self.assertEqual(len(sizes), 1)

    def test_changes(self) -> None:
        """The next version says something else."""
        self.assertNotEqual(hostXML(1, 1), hostXML(1, 2))

    def test_needle(self) -> None:
        """A value holds its own needle and no other's."""
        found = [number for number in range(HOSTS) if needle(number) in hostXML(4)]
        self.assertEqual(found, [4])
