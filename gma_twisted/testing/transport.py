"""What every transport promises: a caller on one side, a Gate with an Exchange on the other."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from zope.interface import implementer

from gma_twisted.errors import Busy, PeerUnreachable, TooLarge
from gma_twisted.interfaces import ICaller, IExchange, Reply, Request
from gma_twisted.model import Handle
from gma_twisted.timing import NodeClock, Ready, gather, toDeferred
from gma_twisted.transport import DEFAULT_GATE_LIMITS, GateFactory, QuietSite
from gma_twisted.transport.limits import CallerLimits

__all__ = ["ScriptedExchange", "TransportContract"]

# A mixin: as a TestCase it would be run by every module that imports it.
if TYPE_CHECKING:
    _Case = TestCase
else:
    _Case = object

_PATH = "/services/echo"
_MEGABYTE = 1024 * 1024


def _echo(request: Request) -> Awaitable[Reply]:
    return Ready(Reply(200, request.body))


@implementer(IExchange)
@attrs.define(eq=False)
class ScriptedExchange:
    """
    Answers as a test says; echoes the message by default.

    @ivar answer: gives the reply
    @ivar requests: everything that was asked
    @ivar away: the addresses of those who were turned away before they asked
    """

    answer: Callable[[Request], Awaitable[Reply]] = _echo
    requests: list[Request] = attrs.field(factory=list)
    away: list[str] = attrs.field(factory=list)

    def receive(self, request: Request) -> Awaitable[Reply]:
        """See L{IExchange}."""
        self.requests.append(request)
        return self.answer(request)

    def paths(self) -> Sequence[str]:
        """See L{IExchange}."""
        return (_PATH,)

    def turnedAway(self, peer: str, error: Exception) -> None:
        """See L{IExchange}."""
        self.away.append(peer)


class TransportContract(_Case):
    """
    Mix into a C{twisted.trial.unittest.TestCase} that has C{makeClock}, C{listen} and C{makeCaller}.

    @ivar exchange: behind the server
    @ivar factory: the server's
    @ivar clock: what L{makeClock} gave
    """

    def makeClock(self) -> NodeClock:
        """The clock of both sides."""
        raise NotImplementedError

    def listen(self, factory: GateFactory) -> Awaitable[str]:
        """Serve until the test ends. @return: URL without a path"""
        raise NotImplementedError

    def makeCaller(self, limits: CallerLimits) -> ICaller:
        """A caller with these bounds; L{setUp} closes it when the test ends."""
        raise NotImplementedError

    def drive(self, work: "Deferred[None]") -> "Deferred[None]":
        """Let time pass until the work is done; a real reactor does it by itself."""
        return work

    def setUp(self) -> None:
        """Make both sides."""
        super().setUp()
        self.clock = self.makeClock()
        self.exchange = ScriptedExchange()
        self.factory = GateFactory(
            self.clock, self.exchange, QuietSite(Resource()), DEFAULT_GATE_LIMITS
        )

    def play(self, scenario: Coroutine[Any, Any, None]) -> "Deferred[None]":
        """Run a scenario to its end."""
        return self.drive(toDeferred(scenario))

    async def connect(self, limits: CallerLimits | None = None) -> tuple[ICaller, Handle]:
        """A caller, and the handle of the service it may call."""
        url = await self.listen(self.factory)
        caller = self.makeCaller(CallerLimits() if limits is None else limits)
        self.addCleanup(lambda: toDeferred(caller.close()))
        return caller, Handle(url + _PATH)

    async def refusedWith(self, kind: type[Exception], call: Awaitable[Reply]) -> str:
        """The message of the error a call must end with."""
        try:
            await call
        except kind as error:
            return str(error)
        raise self.failureException(f"no {kind.__name__}")

    def test_answer(self) -> "Deferred[None]":
        """Status, bytes and SOAP version come back as the Exchange said."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            self.exchange.answer = lambda request: Ready(Reply(200, b"<a/>", True))
            self.assertEqual(
                await caller.call(handle, b"<q/>", "urn:a#op", 5.0), Reply(200, b"<a/>", True)
            )

        return self.play(scenario())

    def test_request(self) -> "Deferred[None]":
        """The Exchange sees path, action, bytes and who asks, as a SOAP 1.1 message."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            await caller.call(handle, b"<q/>", "urn:a#op", 5.0)
            (request,) = self.exchange.requests
            self.assertEqual(
                (request.path, request.soapAction, request.body, request.isSoap12),
                (_PATH, "urn:a#op", b"<q/>", False),
            )
            self.assertNotEqual(request.peer, "")

        return self.play(scenario())

    def test_large(self) -> "Deferred[None]":
        """A megabyte goes there and comes back."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            message = bytes(range(256)) * (_MEGABYTE // 256)
            reply = await caller.call(handle, message, "", 10.0)
            self.assertEqual(len(reply.body), _MEGABYTE)
            self.assertTrue(reply.body == message)

        return self.play(scenario())

    def test_fault(self) -> "Deferred[None]":
        """A fault is a reply, not an error."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            self.exchange.answer = lambda request: Ready(Reply(500, b"<fault/>"))
            self.assertEqual(await caller.call(handle, b"<q/>", "", 5.0), Reply(500, b"<fault/>"))

        return self.play(scenario())

    def test_accepted(self) -> "Deferred[None]":
        """A one-way message is answered 202 with nothing."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            self.exchange.answer = lambda request: Ready(Reply(202, b""))
            self.assertEqual(await caller.call(handle, b"<q/>", "", 5.0), Reply(202, b""))

        return self.play(scenario())

    def test_oneAfterTheOther(self) -> "Deferred[None]":
        """Calls one after the other share a connection, and each has its own answer."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            for number in range(20):
                body = b"<q>%d</q>" % number
                self.assertEqual((await caller.call(handle, body, "", 5.0)).body, body)
            self.assertEqual(self.factory.listener.counters["connections"], 1)

        return self.play(scenario())

    def test_sideBySide(self) -> "Deferred[None]":
        """Calls at once are each given their own answer, whatever order the answers come in."""

        async def scenario() -> None:
            caller, handle = await self.connect(CallerLimits(connections=3))
            held: list[tuple[Request, Deferred[Reply]]] = []

            def hold(request: Request) -> Awaitable[Reply]:
                answer: Deferred[Reply] = Deferred()
                held.append((request, answer))
                if len(held) == 3:
                    self.exchange.answer = _echo
                    for each, late in reversed(held):
                        late.callback(Reply(200, each.body))
                return answer

            self.exchange.answer = hold
            bodies = [b"<q>%d</q>" % number for number in range(12)]
            replies = await gather([caller.call(handle, body, "", 5.0) for body in bodies])
            self.assertEqual([reply.body for reply in replies], bodies)

        return self.play(scenario())

    def test_tooLate(self) -> "Deferred[None]":
        """No answer in time is an error that names the handle; the next call is answered."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            # Held: what nobody holds ends when the collector comes, and the connection with it.
            never: Deferred[Reply] = Deferred()
            self.exchange.answer = lambda request: never
            why = await self.refusedWith(PeerUnreachable, caller.call(handle, b"<q/>", "", 0.2))
            self.assertIn(handle.url, why)
            self.exchange.answer = _echo
            self.assertEqual((await caller.call(handle, b"<r/>", "", 5.0)).body, b"<r/>")

        return self.play(scenario())

    def test_peerLost(self) -> "Deferred[None]":
        """A connection that ends before the answer is an error; the next call is answered on a new one."""

        async def scenario() -> None:
            caller, handle = await self.connect()

            def drop(request: Request) -> Awaitable[Reply]:
                self.exchange.answer = _echo
                for gate in list(self.factory.listener.gates):
                    gate.transport.abortConnection()
                return Deferred()

            self.exchange.answer = drop
            await self.refusedWith(PeerUnreachable, caller.call(handle, b"<q/>", "", 5.0))
            self.assertEqual((await caller.call(handle, b"<r/>", "", 5.0)).body, b"<r/>")

        return self.play(scenario())

    def test_nobodyThere(self) -> "Deferred[None]":
        """Where nobody listens, the error says so."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            nobody = Handle(handle.url.rpartition(":")[0] + ":1/services/echo")
            await self.refusedWith(PeerUnreachable, caller.call(nobody, b"<q/>", "", 5.0))

        return self.play(scenario())

    def test_tooLarge(self) -> "Deferred[None]":
        """An answer larger than the caller takes is an error; the next call is answered."""

        async def scenario() -> None:
            caller, handle = await self.connect(CallerLimits(answer=1000))
            await self.refusedWith(TooLarge, caller.call(handle, b"q" * 1001, "", 5.0))
            self.assertEqual(len((await caller.call(handle, b"q" * 1000, "", 5.0)).body), 1000)

        return self.play(scenario())

    def test_busy(self) -> "Deferred[None]":
        """With the connections in use and the line full, a call is refused at once; who waits is answered."""

        async def scenario() -> None:
            caller, handle = await self.connect(CallerLimits(connections=1, waiting=1))
            first: Deferred[Reply] = Deferred()
            asked: Deferred[None] = Deferred()

            def hold(request: Request) -> Awaitable[Reply]:
                self.exchange.answer = _echo
                asked.callback(None)
                return first

            self.exchange.answer = hold
            calls = [toDeferred(caller.call(handle, b"<q/>", "", 5.0)) for _ in range(2)]
            await self.refusedWith(Busy, caller.call(handle, b"<q/>", "", 5.0))
            await asked
            first.callback(Reply(200, b"<first/>"))
            self.assertEqual([each.body for each in await gather(calls)], [b"<first/>", b"<q/>"])

        return self.play(scenario())

    def test_close(self) -> "Deferred[None]":
        """Closing lets a running call finish; then no connection is left."""

        async def scenario() -> None:
            caller, handle = await self.connect()
            answer: Deferred[Reply] = Deferred()
            asked: Deferred[None] = Deferred()

            def hold(request: Request) -> Awaitable[Reply]:
                asked.callback(None)
                return answer

            await caller.call(handle, b"<q/>", "", 5.0)
            self.exchange.answer = hold
            call = toDeferred(caller.call(handle, b"<q/>", "", 5.0))
            await asked
            await caller.close()
            answer.callback(Reply(200, b"<late/>"))
            self.assertEqual((await call).body, b"<late/>")
            for _ in range(100):
                if not self.factory.listener.gates:
                    return
                await self.turn()
            self.fail("a connection stays open")

        return self.play(scenario())

    def turn(self) -> Awaitable[None]:
        """A hundredth of a second."""
        over: Deferred[None] = Deferred()
        self.clock.callLater(0.01, over.callback, None)
        return over
