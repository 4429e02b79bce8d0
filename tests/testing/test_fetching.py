"""The fetcher of the kit keeps the contract of the real one."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import PeerFault
from gma_twisted.processes import IFetcher
from gma_twisted.testing import FetcherContract, ScriptedFetcher
from gma_twisted.timing import toDeferred


class ContractTests(FetcherContract, SynchronousTestCase):
    """ScriptedFetcher."""

    def makeFetcher(self, page: bytes, answer: bytes) -> IFetcher:
        """One with two answers."""
        return ScriptedFetcher({"http://peer/page": page, "peer:81": answer})


class ScriptedTests(SynchronousTestCase):
    """What only ScriptedFetcher does."""

    def test_noted(self) -> None:
        """It notes what it was asked, and raises what it was told to."""
        fetcher = ScriptedFetcher({"[::1]:81": b"x", "http://peer/a": PeerFault("404")})
        found = toDeferred(fetcher.readAll("::1", 81, 1, 1.0, b"all\n"))
        self.assertEqual(self.successResultOf(found), b"x")
        self.failureResultOf(toDeferred(fetcher.fetch("http://peer/a", 1, 1.0)), PeerFault)
        self.assertEqual(fetcher.asked, ["[::1]:81", "http://peer/a"])
        self.assertEqual(fetcher.requests, [b"all\n"])
