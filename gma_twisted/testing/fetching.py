"""What a provider reads over the network, as a test says; and what everything that reads so promises."""

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import PeerUnreachable, TooLarge, cut
from gma_twisted.processes import IFetcher
from gma_twisted.timing import toDeferred

if TYPE_CHECKING:
    from twisted.trial.unittest import SynchronousTestCase as _Base
else:
    # A mixin: as a TestCase of its own it would be run without a fetcher.
    _Base = object

__all__ = ["FetcherContract", "ScriptedFetcher"]


@implementer(IFetcher)
@attrs.define(slots=True, eq=False)
class ScriptedFetcher:
    """
    Gives what a test says, at once.

    @ivar answers: by URL, or C{host:port} of what is read to its end: bytes, or an error that is raised; nothing else
        can be reached
    @ivar asked: those that were asked, in order
    @ivar requests: what was said to those that were read to their end
    """

    answers: Mapping[str, bytes | Exception] = attrs.field(factory=dict)
    asked: list[str] = attrs.field(factory=list, init=False)
    requests: list[bytes] = attrs.field(factory=list, init=False)

    async def fetch(self, url: str, most: int, timeout: float) -> bytes:
        """See L{IFetcher}."""
        return self._answer(url, most)

    async def readAll(
        self, host: str, port: int, most: int, timeout: float, request: bytes = b""
    ) -> bytes:
        """See L{IFetcher}."""
        self.requests.append(request)
        return self._answer(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", most)

    def _answer(self, place: str, most: int) -> bytes:
        self.asked.append(place)
        answer = self.answers.get(place)
        if answer is None:
            raise PeerUnreachable(f"no connection to {cut(place)}: no answer in the test")
        if isinstance(answer, Exception):
            raise answer
        if len(answer) > most:
            raise TooLarge(f"the answer of {cut(place)} is larger than {most} bytes")
        return answer


class FetcherContract(_Base):
    """C{class MyTests(FetcherContract, SynchronousTestCase)} with C{makeFetcher} proves a L{IFetcher}."""

    def makeFetcher(self, page: bytes, answer: bytes) -> IFetcher:
        """
        Make a new one. Nothing else than these two is there.

        @param page: what C{http://peer/page} is
        @param answer: what C{peer:81} says unasked, before it ends the connection
        """
        raise NotImplementedError("write makeFetcher: it returns a new fetcher")

    def settle(self) -> None:
        """Let a second pass: for one that needs time."""

    def test_contractInterface(self) -> None:
        """It has every member of the interface."""
        self.assertTrue(verifyObject(IFetcher, self.makeFetcher(b"", b"")))

    def test_contractAll(self) -> None:
        """Both give all there is, again each time, nothing too."""
        for page, answer in ((b"page", b"answer" * 20_000), (b"", b"")):
            fetcher = self.makeFetcher(page, answer)
            for _ in range(2):
                self.assertEqual(self._given(fetcher.fetch("http://peer/page", 100, 10.0)), page)
                found = self._given(fetcher.readAll("peer", 81, 1_000_000, 10.0, b""))
                self.assertEqual(found, answer)

    def test_contractMost(self) -> None:
        """As many bytes as may be are given; one more is an error that names server and bound."""
        fetcher = self.makeFetcher(b"12345", b"123")
        self.assertEqual(self._given(fetcher.fetch("http://peer/page", 5, 10.0)), b"12345")
        self.assertEqual(self._given(fetcher.readAll("peer", 81, 3, 10.0, b"")), b"123")
        said = self._failure(TooLarge, fetcher.fetch("http://peer/page", 4, 10.0))
        self.assertRegex(said, "peer.*larger than 4 bytes")
        said = self._failure(TooLarge, fetcher.readAll("peer", 81, 2, 10.0, b""))
        self.assertRegex(said, "peer:81.*larger than 2 bytes")

    def test_contractNobody(self) -> None:
        """Where nobody is, that is said, with the address."""
        fetcher = self.makeFetcher(b"", b"")
        said = self._failure(PeerUnreachable, fetcher.fetch("http://nobody/page", 5, 10.0))
        self.assertIn("http://nobody/page", said)
        said = self._failure(PeerUnreachable, fetcher.readAll("nobody", 82, 5, 10.0, b""))
        self.assertIn("nobody:82", said)

    def _given(self, awaitable: Awaitable[bytes]) -> bytes:
        return self.successResultOf(self._done(awaitable))

    def _failure(self, kind: type[Exception], awaitable: Awaitable[bytes]) -> str:
        return str(self.failureResultOf(self._done(awaitable), kind).value)

    def _done(self, awaitable: Awaitable[bytes]) -> Deferred[bytes]:
        running = toDeferred(awaitable)
        self.settle()
        return running
