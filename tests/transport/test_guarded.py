"""Connecting where peers say: only what a guard admits is dialled, name by name and address by address."""

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.ssl import optionsForClientTLS
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from zope.interface import implementer
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, PeerUnreachable, Refused
from gma_twisted.interfaces import IConnectGuard, Reply
from gma_twisted.model import Handle
from gma_twisted.testing import ScriptedExchange
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport import DEFAULT_GATE_LIMITS, GateFactory, QuietSite
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.dialing import guardedDialer
from gma_twisted.transport.guarded import GuardedDialer
from gma_twisted.transport.limits import CallerLimits, DialLimits
from gma_twisted.transport.lookup import Lookup
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork
from tests.transport.names import FixedNames, SlowNames

_PATH = "/services/echo"


@implementer(IConnectGuard)
@attrs.define(eq=False)
class _Guard:
    """Refuses some URLs and some addresses, and keeps what it was asked."""

    urls: set[str] = attrs.field(factory=set)
    addresses: set[str] = attrs.field(factory=set)
    asked: list[str] = attrs.field(factory=list)

    def check(self, url: str) -> None:
        """Refuse a URL."""
        self.asked.append(url)
        if url in self.urls:
            raise Refused(f"not {url}")

    def admit(self, url: str, address: str) -> None:
        """Refuse an address."""
        self.asked.append(f"{url} {address}")
        if address in self.addresses:
            raise Refused(f"not {address}")


class _Stand:
    """A caller, its guard, a resolver and a network whose hosts are addresses."""

    def __init__(self, **names: Sequence[str]) -> None:
        self.time = Clock()
        self.clock = NodeClock(self.time)
        self.network = MemoryNetwork(self.clock)
        self.hosts = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.names = FixedNames(lambda name: self.hosts[name])
        self.guard = _Guard()
        self.dialled: list[str] = []
        self.silent: set[str] = set()
        dial = GuardedDialer(
            self.guard, Lookup(self.names, self.clock, DialLimits()), self._connect
        )
        self.caller = PooledCaller(self.clock, dial, CallerLimits(idleSeconds=5.0))

    def _connect(self, address: str, port: int) -> IStreamClientEndpoint:
        self.dialled.append(address)
        endpoint: IStreamClientEndpoint = MemoryEndpoint(self.network, "here", address, port)
        return endpoint

    def listen(self, *addresses: str) -> None:
        """Serve there."""
        for address in addresses:
            factory = GateFactory(
                self.clock, ScriptedExchange(), QuietSite(Resource()), DEFAULT_GATE_LIMITS
            )
            self.network.listen(address, 80, factory)

    def call(self, host: str) -> "Deferred[Reply]":
        """Ask, and let a moment pass."""
        handle = Handle(f"http://{host}{_PATH}")
        found = toDeferred(self.caller.call(handle, b"<q/>", "", 10.0))
        self.time.pump([0.01] * 10)
        return found


class GuardedCallTests(SynchronousTestCase):
    """The pooled caller with a guard."""

    def setUp(self) -> None:
        """A name with three addresses."""
        self.stand = _Stand(sink_example=("9.9.9.1", "9.9.9.2", "2a00::3"))

    def _answered(self, host: str = "sink.example") -> None:
        self.assertEqual(self.successResultOf(self.stand.call(host)).body, b"<q/>")

    def _fails(self, kind: type[Exception], host: str = "sink.example") -> str:
        return str(self.failureResultOf(self.stand.call(host), kind).value)

    def test_endpoint(self) -> None:
        """It gives endpoints."""
        endpoint = GuardedDialer(_Guard(), None, None)("a", 80, False)  # type: ignore[arg-type]
        self.assertTrue(verifyObject(IStreamClientEndpoint, endpoint))

    def test_asked(self) -> None:
        """The guard sees the URL before the name is looked up, and then the address before it is dialled."""
        self.stand.listen("9.9.9.1")
        self._answered()
        url = "http://sink.example:80"
        self.assertEqual(self.stand.guard.asked, [url, f"{url} 9.9.9.1"])
        self.assertEqual(self.stand.dialled, ["9.9.9.1"])

    def test_form(self) -> None:
        """A URL the guard refuses is not even looked up, and the caller hears the guard's words."""
        self.stand.guard.urls = {"http://sink.example:80"}
        self.assertEqual(self._fails(Refused), "not http://sink.example:80")
        self.assertEqual((self.stand.names.asked, self.stand.dialled), ([], []))

    def test_literal(self) -> None:
        """An address is judged like one of a name, and not looked up; IPv6 has its brackets in the URL."""
        self.stand.listen("2a00::3", "9.9.9.1")
        self._answered("[2a00::3]")
        self._answered("9.9.9.1")
        self.assertEqual(self.stand.names.asked, [])
        self.assertEqual(self.stand.guard.asked[1], "http://[2a00::3]:80 2a00::3")
        self.stand.guard.addresses = {"9.9.9.3"}
        self.assertEqual(self._fails(Refused, "9.9.9.3"), "not 9.9.9.3")

    def test_oneDenied(self) -> None:
        """Of several addresses the refused one is left out, wherever it stands."""
        for denied, taken in (
            ("9.9.9.1", "9.9.9.2"),
            ("9.9.9.2", "9.9.9.1"),
            ("2a00::3", "9.9.9.1"),
        ):
            self.stand = _Stand(sink_example=("9.9.9.1", "9.9.9.2", "2a00::3"))
            self.stand.listen("9.9.9.1", "9.9.9.2", "2a00::3")
            self.stand.guard.addresses = {denied}
            self._answered()
            self.assertEqual(self.stand.dialled, [taken])

    def test_next(self) -> None:
        """Where nobody listens the next address is tried, but no refused one."""
        self.stand.listen("2a00::3", "9.9.9.2")
        self.stand.guard.addresses = {"9.9.9.2"}
        self._answered()
        self.assertEqual(self.stand.dialled, ["9.9.9.1", "2a00::3"])

    def test_nobody(self) -> None:
        """Where nobody listens at all the peer cannot be reached, though others were refused."""
        self.stand.guard.addresses = {"9.9.9.2"}
        self.assertIn("no connection to sink.example:80: ", self._fails(PeerUnreachable))
        self.assertEqual(self.stand.dialled, ["9.9.9.1", "2a00::3"])

    def test_allDenied(self) -> None:
        """With every address refused nothing is dialled, and the caller hears the guard's words."""
        self.stand.listen("9.9.9.1", "9.9.9.2", "2a00::3")
        self.stand.guard.addresses = {"9.9.9.1", "9.9.9.2", "2a00::3"}
        self.assertEqual(self._fails(Refused), "not 2a00::3")
        self.assertEqual(self.stand.dialled, [])

    def test_noAddress(self) -> None:
        """A name without an address is a peer that cannot be reached."""
        self.stand.hosts["sink.example"] = ()
        self.assertEqual(
            self._fails(PeerUnreachable),
            "no connection to sink.example:80: its name has no address",
        )

    def test_rebinding(self) -> None:
        """Each connection is a new question: what the name meant before does not count."""
        self.stand.listen("9.9.9.1", "127.0.0.1")
        self.stand.guard.addresses = {"127.0.0.1"}
        self._answered()
        self.stand.hosts["sink.example"] = ("127.0.0.1",)
        # The open connection stays where it is.
        self._answered()
        self.stand.time.pump([1.0] * 6)
        self.assertEqual(self._fails(Refused), "not 127.0.0.1")
        self.assertEqual(self.stand.dialled, ["9.9.9.1"])

    def test_line(self) -> None:
        """Everybody who waits for a refused peer hears it, and the caller is as good as new."""
        self.stand.guard.urls = {"http://sink.example:80"}
        calls = [self.stand.call("sink.example") for _ in range(5)]
        for call in calls:
            self.failureResultOf(call, Refused)
        self.stand.guard.urls = set()
        self.stand.listen("9.9.9.1")
        self._answered()


class BoundTests(SynchronousTestCase):
    """Waits have ends, and are said as what they are."""

    def setUp(self) -> None:
        """A reactor in memory."""
        self.reactor = MemoryReactorClock()
        self.names = SlowNames()
        self.reactor.nameResolver = self.names
        clock = NodeClock(IReactorTime(self.reactor))
        limits = DialLimits(lookups=1, waiting=1, lookupSeconds=2.0, connectSeconds=3.0)
        self.dial = guardedDialer(self.reactor, clock, _Guard(), limits)
        self.caller = PooledCaller(clock, self.dial)

    def _call(self, host: str) -> "Deferred[Reply]":
        return toDeferred(self.caller.call(Handle(f"http://{host}:8480/"), b"", "", 10.0))

    def _fails(self, kind: type[Exception], call: "Deferred[Reply]") -> str:
        return str(self.failureResultOf(call, kind).value)

    def test_dialled(self) -> None:
        """Exactly the address is dialled, by the family it is of, with the time an attempt has."""
        calls = []
        for host in ("a", "b"):
            calls.append(self._call(host))
            self.names.answer(host, {"a": "9.9.9.1", "b": "2a00::3"}[host])
        self.assertEqual(
            [(each[0], each[1], each[3]) for each in self.reactor.tcpClients],
            [("9.9.9.1", 8480, 3.0), ("2a00::3", 8480, 3.0)],
        )
        self.assertEqual(self.names.asked, ["a", "b"])

    def test_lookup(self) -> None:
        """A name that nobody answers for is a peer that cannot be reached; too many of them are too many."""
        calls = [self._call(host) for host in ("a", "b", "c")]
        self.assertIn("wait to be looked up", self._fails(Busy, calls[2]))
        self.reactor.advance(2.0)
        for host, call in zip("ab", calls, strict=False):
            self.assertEqual(
                self._fails(PeerUnreachable, call),
                f"no connection to {host}:8480: looking up {host} did not end within 2 s",
            )

    def test_callTime(self) -> None:
        """The time of the call holds while it connects, and no other address is tried after it."""
        call = self._call("a")
        self.names.answer("a", "9.9.9.1", "9.9.9.2")
        self.reactor.advance(10.0)
        self.assertEqual(
            self._fails(PeerUnreachable, call),
            "the call to http://a:8480/ did not end within 10 s",
        )
        self.assertEqual(len(self.reactor.tcpClients), 1)

    def test_certificate(self) -> None:
        """TLS wants a certificate of the name, not of the address."""
        asked: list[tuple[str, int]] = []

        def options(host: str, port: int) -> Any:
            asked.append((host, port))
            return optionsForClientTLS(host)

        dial = attrs.evolve(self.dial, options=options)
        tries = []
        for _ in range(2):
            tries.append(dial("sink.example", 443, True).connect(Factory()))
            self.names.answer("sink.example", "9.9.9.1", "9.9.9.2")
        self.assertEqual(asked, [("sink.example", 443)] * 2)
        endpoint = dial("sink.example", 443, True)
        for _ in range(2):
            tries.append(endpoint.connect(Factory()))
            self.names.answer("sink.example", "9.9.9.1")
        self.assertEqual(len(asked), 3)
        self.assertEqual({each[0] for each in self.reactor.tcpClients}, {"9.9.9.1"})

    def test_cancelled(self) -> None:
        """A connection that is given up is no connection, whatever the endpoint says of it."""
        clock = NodeClock(IReactorTime(self.reactor))
        caller = PooledCaller(
            clock, lambda host, port, isTLS: TCP4ClientEndpoint(self.reactor, host, port)
        )
        call = toDeferred(caller.call(Handle("http://9.9.9.1/"), b"", "", 1.0))
        self.reactor.advance(1.0)
        self.assertEqual(
            self._fails(PeerUnreachable, call), "the call to http://9.9.9.1/ did not end within 1 s"
        )
