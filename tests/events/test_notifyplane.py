"""NotifyPlane: what is sent to consumers, what their answers mean, and who is left alone for a while."""

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import (
    Busy,
    GMAError,
    NotImplementedException,
    ParameterError,
    PeerBusy,
    PeerError,
    PeerFault,
    PeerUnreachable,
    Refused,
    ServiceError,
    ServiceHasTerminated,
    TooLarge,
    UnknownId,
)
from gma_twisted.events import NotifyPlane, PlaneLimits, notifyplane
from gma_twisted.interfaces import ICaller, Reply
from gma_twisted.interfaces.gma import IDataPlane, IEventChannel
from gma_twisted.markup import XMLGate
from gma_twisted.model import OURSELVES, Caller, Handle
from gma_twisted.soap import ResponseWriter, Selection, calling, openEnvelope, writeFault
from gma_twisted.soap.porttypes.gma import CONSUMER
from gma_twisted.testing.clockstand import ClockStand
from gma_twisted.timing import Ready, toDeferred
from tests.events.stand import URL, admitted, made, numbersOf, terms

_NOTIFY = next(one for one in CONSUMER.operations if one.name == "notify")
_SELECTION = Selection([CONSUMER])


@implementer(ICaller)
class Network:
    """Answers as the test says. @ivar calls: what was sent, and where to"""

    def __init__(self) -> None:
        self.calls: list[tuple[Handle, bytes]] = []
        self.answer: Callable[[], Awaitable[Reply]] = lambda: Ready(taken())

    def call(
        self, handle: Handle, envelope: bytes, soapAction: str, timeout: float
    ) -> Awaitable[Reply]:
        """See L{ICaller}."""
        self.calls.append((handle, envelope))
        return self.answer()

    def close(self) -> Awaitable[None]:
        """See L{ICaller}."""
        return Ready(None)


def taken(count: int = 1) -> Reply:
    """The answer of a consumer that took events."""
    return Reply(200, ResponseWriter(_NOTIFY, False).write(count))


def fault(error: GMAError, status: int = 500) -> Reply:
    """The answer of one that raised something."""
    return Reply(status, writeFault(error, False, URL, 0.0, "1"))


class ManyTests(ClockStand, SynchronousTestCase):
    """Very many notifications for one consumer."""

    def test_unreachable(self) -> None:
        """All that wait for a peer that fails hear of it at once."""
        network = Network()
        waiting: Deferred[Reply] = Deferred()
        network.answer = lambda: waiting
        plane = NotifyPlane(
            network,
            lambda _: None,
            admitted,
            XMLGate(),
            self.clock,
            lambda: 0.5,
            PlaneLimits(perPeer=1),
        )
        sent = [
            toDeferred(plane.open(terms(), number).send([made("load", 1)], 1, 0))
            for number in range(3000)
        ]
        waiting.errback(PeerUnreachable("away"))
        self.failureResultOf(sent[0], PeerUnreachable)
        for one in sent[1:]:
            self.failureResultOf(one, PeerBusy)


class PlaneTests(ClockStand, SynchronousTestCase):
    """The plane of http and https."""

    limits = PlaneLimits(perPeer=2, waiting=3)

    def setUp(self) -> None:
        """Make a plane."""
        super().setUp()
        self.network = Network()
        self.checked: list[str] = []
        self.plane = NotifyPlane(
            self.network,
            self.checked.append,
            self.admit,
            XMLGate(),
            self.clock,
            lambda: 0.5,
            self.limits,
            pin=self.pin,
        )
        self.pinned: list[tuple[str, str]] = []

    async def admit(self, handle: Handle, caller: Caller) -> str:
        """As the rules of sinks: to who asks, at its address."""
        if caller is not OURSELVES and caller.peer != "10.0.0.1":
            raise Refused("it is not at the address of its subscriber")
        return caller.peer

    def pin(self, url: str, address: str) -> Callable[[], None]:
        """Keep what is pinned."""
        one = (url, address)
        self.pinned.append(one)
        return lambda: self.pinned.remove(one)

    def send(self, url: str = URL, callerId: int = 7) -> "Deferred[None]":
        """Send one event."""
        channel = self.plane.open(terms(url=url), callerId)
        return toDeferred(channel.send([made("load", 1)], 5, 2))

    def outcome(self, reply: Reply) -> GMAError:
        """What an answer means."""
        self.network.answer = lambda: Ready(reply)
        failure = self.failureResultOf(self.send())
        error = failure.value
        assert isinstance(error, GMAError)
        return error

    def test_interfaces(self) -> None:
        """It has what the interfaces promise."""
        verifyObject(IDataPlane, self.plane)
        verifyObject(IEventChannel, self.plane.open(terms(), 1))

    def test_notify(self) -> None:
        """A consumer gets the caller's number, the sequence, what was missed, and the events."""
        self.assertIsNone(self.successResultOf(self.send()))
        ((handle, envelope),) = self.network.calls
        self.assertEqual(handle.url, URL)
        opened = openEnvelope(XMLGate().parse(envelope, "notify"))
        arguments = dict(_SELECTION.select(opened, _NOTIFY.action).arguments)
        self.assertEqual(numbersOf(arguments.pop("event")), [1])
        self.assertEqual(arguments, {"callerId": 7, "sequence": 5, "missed": 2})

    def test_check(self) -> None:
        """A URL is judged by the guard; one that is none, and another encoding, are refused."""
        self.result(self.plane.check(URL, None, OURSELVES))
        self.result(self.plane.check(URL, "xml", OURSELVES))
        self.assertEqual(self.checked, [URL, URL])
        self.assertRaises(ParameterError, self.plane.check, "http:", None, OURSELVES)
        self.assertRaises(ParameterError, self.plane.check, URL, "bp", OURSELVES)

    def test_admitted(self) -> None:
        """Events go to who subscribes, at its address as long as the way is open; a third party's URL is refused."""
        mallory = Caller("mallory", "10.0.0.9")
        self.failureResultOf(toDeferred(self.plane.check(URL, None, mallory)), Refused)
        self.result(self.plane.check(URL, None, Caller("alice", "10.0.0.1")))
        channel = self.plane.open(terms(), 1)
        self.assertEqual(self.pinned, [(URL, "10.0.0.1")])
        self.result(channel.close())
        self.assertEqual(self.pinned, [])
        self.result(self.plane.check(URL, None, OURSELVES))
        self.result(self.plane.open(terms(), 1).close())
        self.assertEqual(self.pinned, [])

    def test_writtenInTime(self) -> None:
        """A notification is written when its turn at the consumer has come: what waits takes no room."""
        waiting: list[Deferred[Reply]] = []

        def answer() -> Awaitable[Reply]:
            waiting.append(Deferred())
            return waiting[-1]

        self.network.answer = answer
        written: list[object] = []
        write = calling.writeRequest

        def counted(*arguments: Any) -> bytes:
            written.append(arguments)
            return write(*arguments)

        self.patch(notifyplane, "writeRequest", counted)
        sent = [self.send(callerId=number) for number in range(5)]
        self.assertEqual(len(written), 2)
        for number in range(5):
            waiting[number].callback(taken())
        for one in sent:
            self.successResultOf(one)
        self.assertEqual(len(written), 5)

    def test_numberNotTold(self) -> None:
        """Why a subscription ended is logged: it does not have its number, which lets events be brought under it."""
        error = self.outcome(fault(ParameterError("Bad id 7", id="7")))
        self.assertNotIn("7", str(error))

    def test_over(self) -> None:
        """A consumer that has no such subscription, takes no events or is gone, ends it."""
        for reply in (
            fault(ParameterError("Bad id 7", id="7")),
            fault(ParameterError("no subscription", id="7")),
            fault(UnknownId("no such subscription")),
            fault(NotImplementedException("it does not implement notify")),
            fault(ServiceHasTerminated("gone")),
            Reply(410, b""),
        ):
            self.assertIsInstance(self.outcome(reply), ServiceHasTerminated)

    def test_never(self) -> None:
        """Events that it cannot use are left out."""
        self.assertIs(type(self.outcome(fault(ParameterError("a field is wrong")))), ParameterError)
        self.assertIs(type(self.outcome(fault(TooLarge("too large")))), TooLarge)
        self.assertIs(type(self.outcome(Reply(413, b""))), TooLarge)

    def test_later(self) -> None:
        """A consumer that is busy is asked later, when it says; so is one that is not there yet."""
        busy = self.outcome(fault(Busy("busy"), 503))
        self.assertIsInstance(busy, PeerBusy)
        plain = self.outcome(Reply(503, b"", False, 9))
        assert isinstance(plain, PeerBusy)
        self.assertEqual(plain.retryAfter, 9)
        self.assertIsInstance(self.outcome(Reply(404, b"")), PeerUnreachable)
        self.assertIs(type(self.outcome(Reply(502, b""))), PeerError)

    def test_faults(self) -> None:
        """A failure of its own, and a refusal of its policy, are faults: so many in a row, and no more."""
        for reply in (
            fault(ServiceError("it failed")),
            fault(Refused("not you")),
            Reply(401, b""),
        ):
            self.assertIsInstance(self.outcome(reply), PeerFault)

    def test_guarded(self) -> None:
        """What the guard of the caller says is no verdict on the events."""

        def answer() -> Awaitable[Reply]:
            raise Refused("it leads to a private address")

        self.network.answer = answer
        self.failureResultOf(self.send(), PeerFault)

    def test_perPeer(self) -> None:
        """To one host and port go so many at once, so many wait, and of more each is told to come again."""
        waiting: list[Deferred[Reply]] = []

        def answer() -> Awaitable[Reply]:
            waiting.append(Deferred())
            return waiting[-1]

        self.network.answer = answer
        sent = [self.send(callerId=number) for number in range(5)]
        self.assertEqual(len(waiting), 2)
        self.failureResultOf(self.send(), PeerBusy)
        other = self.send("http://other:8491/services/consumer")
        self.assertEqual(len(waiting), 3)
        _ = sent[2].addErrback(lambda failure: None)
        sent[2].cancel()
        waiting[0].callback(taken())
        self.successResultOf(sent[0])
        self.assertEqual(len(waiting), 4)
        while any(not one.called for one in waiting):
            next(one for one in waiting if not one.called).callback(taken())
        for one in (sent[1], sent[3], sent[4], other):
            self.successResultOf(one)
        self.assertEqual(self.plane.peers, 0)

    def test_unreachable(self) -> None:
        """A peer that cannot be reached is left alone for a while, and then asked with one before the others."""
        waiting: list[Deferred[Reply]] = []

        def answer() -> Awaitable[Reply]:
            waiting.append(Deferred())
            return waiting[-1]

        self.network.answer = answer
        first = self.send()
        waiting[0].errback(PeerUnreachable("away"))
        self.failureResultOf(first, PeerUnreachable)
        told = self.failureResultOf(self.send(), PeerBusy).value
        assert isinstance(told, PeerBusy)
        self.assertEqual(told.retryAfter, 0.5)
        self.assertEqual(len(waiting), 1)
        self.time.advance(0.5)
        tried, behind, last = self.send(), self.send(), self.send()
        self.assertEqual(len(waiting), 2)
        waiting[1].errback(PeerUnreachable("away"))
        self.failureResultOf(tried, PeerUnreachable)
        self.failureResultOf(behind, PeerBusy)
        self.failureResultOf(last, PeerBusy)
        self.time.advance(1.0)
        again, behind = self.send(), self.send()
        waiting[2].callback(taken())
        waiting[3].callback(taken())
        self.successResultOf(again)
        self.successResultOf(behind)
        self.assertEqual(self.plane.peers, 0)
