"""From a request to a reply: ready or awaited, policy always, and every error a fault."""

import re
from typing import Any, cast

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, GMAError, TargetInvalid
from gma_twisted.interfaces import IExchange, Reply, Request
from gma_twisted.markup import DEFAULT_LIMITS, XMLGate
from gma_twisted.model import Caller, Handle, Whose
from gma_twisted.security import AllowAll
from gma_twisted.soap import openEnvelope, readFault
from gma_twisted.timing import NodeClock, Ready, toDeferred
from gma_twisted.transport import Exchange, Service
from tests.transport.probe import PROBE, Guard, Role, envelope, service

_PATH = "/services/probe"
_ASK = "{urn:example:probe}ask"
_CHANGE = "{urn:example:probe}change"


def request(
    operation: str = "ask",
    word: str = "w",
    path: str = _PATH,
    isSoap12: bool = False,
    authorization: bytes | None = None,
    header: str = "",
    action: str | None = None,
) -> Request:
    """A request."""
    body = envelope(operation, word, isSoap12, header)
    return Request(path, action, isSoap12, body, "192.0.2.1", authorization)


def _raising(kind: type[BaseException]) -> Any:
    def does(word: str) -> Any:
        raise kind("no")

    return does


def _raisingLater(kind: type[BaseException]) -> Any:
    async def does(word: str) -> Any:
        raise kind("no")

    return does


class ExchangeTests(SynchronousTestCase):
    """One service whose role a test scripts."""

    def setUp(self) -> None:
        """An Exchange, and everything it logs."""
        self.time = Clock()
        self.guard = Guard()
        self.role = Role()
        self.exchange = Exchange(
            NodeClock(self.time, lambda: 1_700_000_000.0),
            self.guard,
            self.guard,
            self.guard,
            DEFAULT_LIMITS,
            answerSeconds=30.0,
        )
        self.exchange.publish(service(self.role))
        self.logged: list[str] = []
        observer = cast(ILogObserver, self._note)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def _note(self, event: Any) -> None:
        self.logged.append(formatEvent(event))

    def _reply(self, asked: Request) -> Reply:
        """The reply, which must be there without time passing."""
        reply: Reply = self.successResultOf(toDeferred(self.exchange.receive(asked)))
        return reply

    def _fault(self, reply: Reply) -> GMAError:
        return readFault(openEnvelope(XMLGate().parse(reply.body)).content)

    def _correlation(self, reply: Reply) -> str:
        found = re.search(rb'correlation="([0-9a-f]{12})"', reply.body)
        assert found is not None
        return found[1].decode()

    def test_interface(self) -> None:
        """It is an Exchange, and names its services."""
        self.assertTrue(verifyObject(IExchange, self.exchange))
        self.assertEqual(self.exchange.paths(), (_PATH,))

    # -- results

    def test_ready(self) -> None:
        """A ready result of a reading operation makes a ready reply."""
        reply = self.exchange.receive(request())
        assert isinstance(reply, Ready)
        self.assertEqual((reply.value.status, reply.value.isSoap12), (200, False))
        self.assertIn(b"askResponse>", reply.value.body)
        self.assertIn(b">w</", reply.value.body)

    def test_soap12(self) -> None:
        """The answer has the version of the message."""
        reply = self._reply(request(isSoap12=True))
        self.assertTrue(reply.isSoap12)
        self.assertIn(b"http://www.w3.org/2003/05/soap-envelope", reply.body)

    def test_waits(self) -> None:
        """A result that is not there yet is waited for, and the reply is no L{Ready}."""
        result: Deferred[str] = Deferred()
        self.role.does = lambda word: result
        reply = self.exchange.receive(request())
        self.assertNotIsInstance(reply, Ready)
        waiting = toDeferred(reply)
        self.assertNoResult(waiting)
        result.callback("late")
        self.assertIn(b">late</", self.successResultOf(waiting).body)

    def test_coroutine(self) -> None:
        """A role's method may be a coroutine."""

        async def answer(word: str) -> str:
            return word * 2

        self.role.does = answer
        self.assertIn(b">ww</", self._reply(request()).body)

    def test_oneWay(self) -> None:
        """A one-way message is 202 once the role has taken it, not before."""
        taken: Deferred[None] = Deferred()
        self.role.does = lambda word: taken
        waiting = toDeferred(self.exchange.receive(request("tell")))
        self.assertNoResult(waiting)
        taken.callback(None)
        self.assertEqual(self.successResultOf(waiting), Reply(202, b"", False))

    def test_tooLate(self) -> None:
        """A role that takes too long is cancelled, and the caller hears of it."""
        cancelled: list[object] = []
        self.role.does = lambda word: Deferred(cancelled.append)
        waiting = toDeferred(self.exchange.receive(request()))
        self.time.advance(29.9)
        self.assertNoResult(waiting)
        self.time.advance(0.2)
        reply = self.successResultOf(waiting)
        self.assertEqual(reply.status, 500)
        self.assertIn("ask did not end within 30 s", str(self._fault(reply)))
        self.assertEqual(len(cancelled), 1)
        self.assertEqual(self.time.getDelayedCalls(), [])

    # -- errors

    def test_known(self) -> None:
        """An error of ours is told as it is: raised at once, by a coroutine, or by a Deferred."""

        def raises(word: str) -> Any:
            raise TargetInvalid("no such thing: x")

        async def fails(word: str) -> Any:
            raise TargetInvalid("no such thing: x")

        for does in (raises, fails):
            self.role.does = does
            reply = self._reply(request())
            fault = self._fault(reply)
            self.assertIsInstance(fault, TargetInvalid)
            self.assertEqual((str(fault), reply.status), ("no such thing: x", 500))
            self.assertEqual(self._reply(request(isSoap12=True)).status, 400)
            self.assertTrue(any(self._correlation(reply) in line for line in self.logged))

    def test_internal(self) -> None:
        """Anything else is Failed, with an id that is in the log beside the reason, and nothing internal."""

        def raises(word: str) -> Any:
            raise ValueError("secret at /etc/place.py")

        async def fails(word: str) -> Any:
            raise ValueError("secret at /etc/place.py")

        for does in (raises, fails):
            self.role.does = does
            self.logged.clear()
            reply = self._reply(request())
            self.assertEqual(reply.status, 500)
            self.assertEqual(self._fault(reply).code, "Failed")
            for hidden in (b"secret", b"place.py", b"ValueError", b"Traceback"):
                self.assertNotIn(hidden, reply.body)
            correlation = self._correlation(reply)
            self.assertIn(correlation, str(self._fault(reply)))
            self.assertTrue(any(correlation in line for line in self.logged))
            (failure,) = self.flushLoggedErrors(ValueError)
            self.assertIn("secret", failure.getErrorMessage())

    def test_exit(self) -> None:
        """So is what would end a process: the connection is answered like any other."""
        for kind in (SystemExit, KeyboardInterrupt):
            for does in (_raising(kind), _raisingLater(kind)):
                self.role.does = does
                reply = self._reply(request())
                self.assertEqual(reply.status, 500)
                self.assertEqual(self._fault(reply).code, "Failed")
                self.assertEqual(len(self.flushLoggedErrors(kind)), 1)

    def test_badResult(self) -> None:
        """A method that gives nothing to wait for is our failure, not a broken connection."""
        self.role.does = lambda word: "not awaitable"
        self.assertEqual(self._fault(self._reply(request())).code, "Failed")
        self.flushLoggedErrors()

    def test_unknownPath(self) -> None:
        """Where no service is, the answer is 404 with a fault; what the path holds cannot break it."""
        for path in ("/services/nobody", "/services/<a>&\x00\x1b", "/services/" + "x" * 5000):
            reply = self._reply(request(path=path))
            self.assertEqual(reply.status, 404)
            self.assertEqual(self._fault(reply).code, "UnknownId")
            self.assertLess(len(str(self._fault(reply))), 250)

    def test_notImplemented(self) -> None:
        """An operation its role lacks says so, and so does one nobody declared."""
        for operation in ("missing", "invented"):
            fault = self._fault(self._reply(request(operation)))
            self.assertEqual(fault.code, "NotImplementedException", operation)

    def test_malformed(self) -> None:
        """What is no XML, and what is no envelope, is the caller's fault in the caller's version."""
        for isSoap12, status in ((False, 500), (True, 400)):
            asked = Request(_PATH, None, isSoap12, b"<a", "192.0.2.1")
            reply = self._reply(asked)
            self.assertEqual((reply.status, reply.isSoap12), (status, isSoap12))
            self.assertNotIn(b"lxml", reply.body)

    def test_action(self) -> None:
        """An action that names another operation is refused before the role is called."""
        fault = self._fault(self._reply(request(action="urn:example:probe#change")))
        self.assertEqual(fault.code, "ParameterError")
        self.assertEqual(self.role.called, [])

    # -- policy and audit

    def test_policy(self) -> None:
        """Policy is asked with identity, operation and path, and what it refuses is not called."""
        self.guard.refuses.add("ask")
        fault = self._fault(self._reply(request(authorization=b"eve")))
        self.assertEqual(fault.code, "Refused")
        self.assertEqual(self.guard.asked, [("eve", _ASK, _PATH)])
        self.assertEqual(self.role.called, [])

    def test_policyAlso(self) -> None:
        """Of an operation that needs another both are asked, and either one refused is enough."""
        ask, change = PROBE.operations[:2]
        both = attrs.evolve(PROBE, operations=(ask, attrs.evolve(change, alsoNeeds=ask)))
        self.exchange.publish(Service(_PATH, Handle("http://gate" + _PATH), self.role, [both]))
        self.assertEqual(self._reply(request("change", authorization=b"ann")).status, 200)
        self.assertEqual(self.guard.asked, [("ann", _CHANGE, _PATH), ("ann", _ASK, _PATH)])
        for refused in ("ask", "change"):
            self.guard.refuses = {refused}
            self.assertEqual(self._fault(self._reply(request("change"))).code, "Refused")
        self.assertEqual(self.role.called, [("change", "w")])

    def test_policyEveryTime(self) -> None:
        """However often the same bytes come, identity and policy are asked each time."""
        for _ in range(5):
            self.assertEqual(self._reply(request(authorization=b"ann")).status, 200)
        self.guard.refuses.add("ask")
        self.assertEqual(self._fault(self._reply(request(authorization=b"eve"))).code, "Refused")
        self.assertEqual([identity for identity, _, _ in self.guard.asked], ["ann"] * 5 + ["eve"])
        self.assertEqual(len(self.role.called), 5)

    def test_owner(self) -> None:
        """What somebody had made is changed by its maker, or by whom the policy lets change what is others'."""
        own = Service(_PATH, Handle("http://gate" + _PATH), self.role, [PROBE], owner="ann")
        self.exchange.publish(own)
        for who, whose, code in (
            (b"ann", Whose.OWN, ""),
            (b"eve", Whose.OWN, "Refused"),
            (b"eve", Whose.HELD, ""),
            (b"eve", Whose.ANY, ""),
        ):
            self.guard.whose = whose
            reply = self._reply(request("change", authorization=who))
            self.assertEqual(self._fault(reply).code if reply.status != 200 else "", code)
        self.guard.whose = Whose.OWN
        self.assertEqual(self._reply(request("ask", authorization=b"eve")).status, 200)

    def test_nobodys(self) -> None:
        """What came with the node has no owner: the policy alone says who may change it."""
        self.guard.whose = Whose.OWN
        self.assertEqual(self._reply(request("change", authorization=b"eve")).status, 200)

    def test_callers(self) -> None:
        """A role that wants to know who asks is told each time: who, from where, and what the policy says now."""
        told: list[Caller] = []
        asks = attrs.evolve(PROBE.operations[0], takesCaller=True)

        class Who:
            def ask(self, word: str, caller: Caller) -> Ready[str]:
                told.append(caller)
                return Ready(word)

        portType = attrs.evolve(PROBE, operations=(asks,))
        self.exchange.publish(
            Service("/services/who", Handle("http://gate/services/who"), Who(), [portType])
        )
        asked = request(path="/services/who")
        wanted = []
        for who, peer, whose in (
            (b"ann", "192.0.2.1", Whose.HELD),
            (b"ann", "192.0.2.1", Whose.HELD),
            (b"ann", "192.0.2.1", Whose.OWN),
            (b"ann", "192.0.2.2", Whose.OWN),
            (b"eve", "192.0.2.2", Whose.OWN),
            (b"ann", "192.0.2.1", Whose.ANY),
        ):
            self.guard.whose = whose
            asked.authorization, asked.peer = who, peer
            self.assertEqual(self._reply(asked).status, 200)
            wanted.append(Caller(who.decode(), peer, None, whose))
        self.assertEqual(told, wanted)

    def test_obey(self) -> None:
        """Another policy is asked from the next request on, also about what is known by its bytes."""
        for _ in range(3):
            self._reply(request())
        other = Guard(refuses={"ask"})
        self.exchange.obey(other)
        self.assertEqual(self._fault(self._reply(request())).code, "Refused")
        self.assertTrue(self.exchange.isGuarded)
        self.exchange.obey(AllowAll())
        self.assertEqual(self._reply(request()).status, 200)
        self.assertFalse(self.exchange.isGuarded)

    def test_identity(self) -> None:
        """Who shows something wrong is refused."""
        self.assertEqual(self._fault(self._reply(request(authorization=b"wrong"))).code, "Refused")
        self.assertEqual(self.guard.asked, [])

    def test_audit(self) -> None:
        """Every writing call is recorded with its end, however it ended; reading ones are not."""

        def raises(word: str) -> Any:
            raise Busy("later")

        async def fails(word: str) -> Any:
            raise ValueError("planted")

        self._reply(request("change"))
        self.role.does = raises
        self._reply(request("change"))
        self.role.does = fails
        self._reply(request("change"))
        self.flushLoggedErrors(ValueError)
        self.guard.refuses.add("change")
        self._reply(request("change", authorization=b"eve"))
        self.role.does = Ready
        self._reply(request("ask"))
        self.assertEqual(
            self.guard.recorded,
            [
                ("nobody", "192.0.2.1", _CHANGE, _PATH, "ok"),
                ("nobody", "192.0.2.1", _CHANGE, _PATH, "Busy"),
                ("nobody", "192.0.2.1", _CHANGE, _PATH, "Failed"),
                ("eve", "192.0.2.1", _CHANGE, _PATH, "Refused"),
            ],
        )

    def test_auditRoutine(self) -> None:
        """Of a call that comes all the time only what is not done is recorded, at once or later."""

        async def fails(word: str) -> Any:
            raise Busy("later")

        async def works(word: str) -> None:
            await waits

        waits: Deferred[None] = Deferred()
        self._reply(request("tell"))
        self.role.does = works
        begun = toDeferred(self.exchange.receive(request("tell")))
        waits.callback(None)
        self.successResultOf(begun)
        self.assertEqual(self.guard.recorded, [])
        self.role.does = fails
        self._reply(request("tell"))
        self.guard.refuses.add("tell")
        self._reply(request("tell"))
        self.assertEqual([record[4] for record in self.guard.recorded], ["Busy", "Refused"])

    # -- the memo

    def test_memo(self) -> None:
        """What comes again to the byte is not parsed again, and the role is called each time."""
        for _ in range(2):
            self._reply(request())
        self.exchange._reader._gate = None  # type: ignore[assignment]
        self.assertEqual(self._reply(request()).status, 200)
        self.assertEqual(len(self.role.called), 3)
        self.assertEqual(self._fault(self._reply(request(word="other"))).code, "Failed")
        self.flushLoggedErrors()

    def test_memoIsForReads(self) -> None:
        """Writing messages, messages with a header, and long ones are never remembered."""
        header = "<s:Header><a xmlns=''/></s:Header>"
        for _ in range(3):
            self._reply(request("change"))
            self._reply(request(header=header))
            self._reply(request(word="x" * 5000))
        self.assertEqual(self.exchange._reader._memo, {})

    def test_memoIsBounded(self) -> None:
        """It holds a thousand requests."""
        for number in range(1500):
            for _ in range(2):
                self._reply(request(word=str(number)))
        self.assertLessEqual(len(self.exchange._reader._memo), 1024)
        self.assertLessEqual(len(self.exchange._reader._seenOnce), 4096)

    def test_memoOfManyPaths(self) -> None:
        """The same bytes, sent once to each of many services, do not push out what is asked again and again."""
        paths = [f"{_PATH}/{number}" for number in range(1100)]
        for path in paths:
            self.exchange.publish(service(Role(), path))
        for _ in range(2):
            self._reply(request())
        for path in paths:
            self.assertEqual(self._reply(request(path=path)).status, 200)
        self.exchange._reader._gate = None  # type: ignore[assignment]
        self.assertEqual(self._reply(request()).status, 200)

    def test_memoAfterManyStrangers(self) -> None:
        """After thousands of requests that never came before, one that comes again and again is noticed soon."""
        for number in range(5003):
            self._reply(request(word=str(number)))
        for number in range(20):
            # Between others, with whom it must not keep step.
            for other in range(15):
                self._reply(request(word=f"{number}/{other}"))
            self._reply(request())
        self.exchange._reader._gate = None  # type: ignore[assignment]
        self.assertEqual(self._reply(request()).status, 200)
        self.assertLessEqual(len(self.exchange._reader._seenOnce), 4096)

    def test_memoFollowsServices(self) -> None:
        """A service that is withdrawn or replaced is not called from memory."""
        for _ in range(3):
            self._reply(request())
        other = Role()
        self.exchange.publish(service(other))
        self._reply(request())
        self.assertEqual((len(self.role.called), len(other.called)), (3, 1))
        self.exchange.withdraw(_PATH)
        self.assertEqual(self._reply(request()).status, 404)
        self.exchange.withdraw(_PATH)
        self.assertEqual(self.exchange.paths(), ())

    def test_memoOfAnotherService(self) -> None:
        """The same bytes for another path are another request."""
        other = Role()
        self.exchange.publish(service(other, "/services/other"))
        for _ in range(3):
            self._reply(request())
            self._reply(request(path="/services/other"))
        self.assertEqual((len(self.role.called), len(other.called)), (3, 3))
