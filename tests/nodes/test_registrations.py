"""Registrations at whole nodes: kept over a restart, told, made elsewhere; in memory on a virtual clock."""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client import Proxy, findByName
from gma_twisted.errors import (
    Busy,
    ContentCreationFailed,
    GMAError,
    ServiceError,
    ServiceHasTerminated,
    TargetInvalid,
    UnknownId,
    UnsupportedMemberInterface,
)
from gma_twisted.execution import STATUS_NAME
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, ogsi
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import Handle, Locator, QName
from gma_twisted.nodes import INDEX, REGISTRY
from gma_twisted.nodes.identity import NODE_NAME
from gma_twisted.soap import PortType
from gma_twisted.soap.porttypes import (
    GRID_SERVICE,
    HANDLE_RESOLVER,
    REGISTRATION,
    SERVICE_GROUP_REGISTRATION,
)
from gma_twisted.stores.journal import Inline
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport import Exchange
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.memory import MemoryEndpoint, MemoryNetwork
from tests.nodes.memorynode import MemoryNode, MemoryReactor

T = TypeVar("T")

REGISTRY_URL = "http://127.0.0.1:8481/services/registry"
MEMBER = Handle("http://site.example.org:8480/services/index")
QUIET = "[providers.good]\nclass = 'tests.nodes.components:Good'\n"


class GridCase(SynchronousTestCase):
    """Nodes that reach each other, and a caller that reaches them."""

    def setUp(self) -> None:
        """One reactor and one network for all."""
        self.reactor = MemoryReactor()
        self.clock = NodeClock(self.reactor, lambda: 1.7e9 + self.reactor.seconds())
        self.network = MemoryNetwork(self.clock)
        self.caller = PooledCaller(
            self.clock, lambda host, port, tls: MemoryEndpoint(self.network, "me", host, port)
        )
        self.path = Path(self.mktemp()).absolute()
        self.running: list[MemoryNode] = []
        self.addCleanup(self.end)

    def end(self) -> None:
        """Stop what runs; no timer is left."""
        for node in list(self.running):
            self.stop(node)
        self.result(self.caller.close())
        self.reactor.advance(0)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def start(self, text: str = "", name: str = "state", **more: Any) -> MemoryNode:
        """A registry, unless it is said otherwise, with a state directory of that name."""
        kind = more.pop("kind", REGISTRY)
        node = MemoryNode(text, self.path / name, kind, self.network, reactor=self.reactor, **more)
        node.service.startService()
        self.running.append(node)
        factory = self.reactor.tcpServers[-1][1]
        self.network.listen("127.0.0.1", kind.port, factory)
        return node

    def stop(self, node: MemoryNode) -> None:
        """Stop it, and give it the time it needs."""
        self.running.remove(node)
        stopping = node.service.stopService()
        self.reactor.pump([0.1] * 100)
        self.successResultOf(stopping)

    def ended(self, awaitable: Awaitable[T]) -> "Deferred[T]":
        """Let time pass, no more than ten seconds, until something comes of it."""
        waiting = toDeferred(awaitable)
        for _ in range(200):
            if waiting.called and not waiting.paused:
                break
            self.reactor.advance(0.05)
        return waiting

    def result(self, awaitable: Awaitable[T]) -> T:
        """What comes of it."""
        return self.successResultOf(self.ended(awaitable))

    def refused(self, awaitable: Awaitable[Any], kind: type[Exception]) -> str:
        """The message of the error that comes of it."""
        return str(self.failureResultOf(self.ended(awaitable), kind).value)

    def proxy(self, url: str, *portTypes: PortType) -> Proxy:
        """A service, as its callers see it."""
        return Proxy(portTypes, Handle(url), self.caller)

    def entries(self, url: str = REGISTRY_URL) -> list[bytes]:
        """The values of ogsi:entry."""
        found = self.result(findByName(self.proxy(url, GRID_SERVICE), ogsi("entry")))
        return [value.tail for value in found.values]

    def status(self, node: MemoryNode) -> Any:
        """The JSON of its console."""
        client = node.connect()
        answer = client.ask(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return json.loads(answer.partition(b"\r\n\r\n")[2])


class KeptTests(GridCase):
    """What survives a restart."""

    def register(self, lifetime: float = 60.0) -> Handle:
        """Register a service elsewhere."""
        registry = self.proxy(REGISTRY_URL, REGISTRATION)
        entry, granted = self.result(
            registry.registerService(MEMBER, name="site", lifetime=lifetime)
        )
        self.assertEqual(granted, lifetime)
        self.assertIsInstance(entry, Handle)
        return Handle(entry.url)

    def test_told(self) -> None:
        """A registration is in the service data, a service of its own, resolvable, and counted."""
        node = self.start()
        entry = self.register()
        (value,) = self.entries()
        self.assertIn(MEMBER.url.encode(), value)
        found = self.result(
            findByName(self.proxy(entry.url, GRID_SERVICE), ogsi("memberServiceLocator"))
        )
        self.assertEqual(len(found.values), 1)
        resolver = self.proxy("http://127.0.0.1:8481/services/container", HANDLE_RESOLVER)
        locator = self.result(resolver.findByHandle(Locator((entry,))))
        self.assertEqual(locator.handles, (entry,))
        self.assertEqual(
            self.status(node)["registry"], {"entries": 1, "tombstones": 0, "quarantined": 0}
        )

    def test_restart(self) -> None:
        """After a restart it is there under the same handle, with what is left of its time."""
        node = self.start()
        entry = self.register()
        self.stop(node)
        self.start()
        self.assertEqual(len(self.entries()), 1)
        (result,) = self.result(self.proxy(REGISTRY_URL, REGISTRATION).renewServices([entry], 30))
        self.assertEqual(result.lifetime, 30.0)
        self.reactor.pump([1.0] * 31)
        self.assertEqual(self.entries(), [])

    def test_memory(self) -> None:
        """With the engine in memory nothing of it is written but that it happened, and nothing survives."""
        text = "store.engine = 'memory'"
        node = self.start(text)
        self.register()
        self.assertEqual(
            sorted(one.name for one in (self.path / "state").iterdir()),
            ["audit.jsonl", "audit.jsonl.head", "epoch", "lock", "node-id"],
        )
        self.stop(node)
        self.start(text)
        self.assertEqual(self.entries(), [])

    def test_grants(self) -> None:
        """Lifetimes are those of [registry]."""
        self.start(
            "[registry]\nmin_lifetime = '10s'\ndefault_lifetime = '20s'\nmax_lifetime = '30s'"
        )
        registry = self.proxy(REGISTRY_URL, REGISTRATION)
        granted = [
            self.result(registry.registerService(MEMBER, lifetime=asked))[1]
            for asked in (1, None, 1000)
        ]
        self.assertEqual(granted, [10.0, 20.0, 30.0])

    def test_known(self) -> None:
        """What becomes of a known member is as [registry] says."""
        self.start("registry.known_member = 'add'")
        self.register()
        self.register()
        self.assertEqual(len(self.entries()), 2)

    def test_tombstone(self) -> None:
        """Of an entry that is over the reason is told, for as long as [registry] says."""
        node = self.start("registry.tombstones = '1m'")
        entry = self.register()
        self.result(self.proxy(REGISTRY_URL, REGISTRATION).unregisterService(MEMBER))
        gone = self.proxy(entry.url, GRID_SERVICE)
        self.assertIn("its owner took it out", self.refused(gone.destroy(), ServiceHasTerminated))
        self.assertEqual(self.status(node)["registry"]["tombstones"], 1)
        self.reactor.pump([1.0] * 60)
        self.refused(gone.destroy(), UnknownId)

    def test_endedDocument(self) -> None:
        """Who asks for the WSDL of an entry that is over is told when and why, until that is forgotten."""
        node = self.start("registry.tombstones = '1m'")
        entry = self.register()

        def ask(what: str) -> bytes:
            request = f"GET {entry.path}?{what} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            return node.connect().ask(request.encode())

        self.assertEqual(ask("wsdl").split(b"\r\n")[0], b"HTTP/1.1 200 OK")
        self.reactor.pump([1.0] * 61)
        for what in ("wsdl", "gwsdl"):
            answer = ask(what)
            self.assertEqual(answer.split(b"\r\n")[0], b"HTTP/1.1 410 Gone")
            self.assertRegex(
                answer, rb"ended at 2023-11-14T22:1\d:\d\d(\.\d+)?Z: its time passed\n$"
            )
        self.reactor.pump([1.0] * 61)
        self.assertEqual(ask("wsdl").split(b"\r\n")[0], b"HTTP/1.1 404 Not Found")

    def test_quarantined(self) -> None:
        """A damaged record is counted and not served; the others are."""
        node = self.start()
        registry = self.proxy(REGISTRY_URL, REGISTRATION)
        for member in (MEMBER, MEMBER.child("other")):
            self.result(registry.registerService(member))
        self.stop(node)
        with closing(sqlite3.connect(self.path / "state" / "registrations.db")) as journal:
            places = journal.execute("SELECT place, body FROM batches").fetchall()
            place, body = next((place, body) for place, body in places if b"/other" in body)
            damaged = body.replace(b"/other", b"/0ther")
            journal.execute("UPDATE batches SET body = ? WHERE place = ?", (damaged, place))
            journal.commit()
        node = self.start()
        (value,) = self.entries()
        self.assertIn(MEMBER.url.encode() + b"<", value)
        self.assertEqual(self.status(node)["registry"]["quarantined"], 1)

    def test_stopped(self) -> None:
        """Of a stopped node no service is left, and no entry."""
        node = self.start()
        entry = self.register()
        exchange = node.service.control.exchange
        self.stop(node)
        assert isinstance(exchange, Exchange)
        self.assertEqual((exchange.paths(), exchange.service(entry.path)), ((), None))

    def test_index(self) -> None:
        """An index takes registrations, too, beside its providers."""
        self.start(QUIET, kind=INDEX)
        url = "http://127.0.0.1:8480/services/index"
        group = self.proxy(url, SERVICE_GROUP_REGISTRATION)
        self.result(group.add(Locator((MEMBER,))))
        self.assertEqual(len(self.entries(url)), 1)


class RulesTests(GridCase):
    """Who may register, as [registry] says."""

    RULES = """
[[registry.membership_rules]]
member_interface = "ogsi:GridService"
content = ["gma:registration"]

[[registry.membership_rules]]
member_interface = "{urn:example}Jobs"
content = ["{urn:example}queue"]
"""
    JOBS = QName("urn:example", "Jobs")

    def rules(self, url: str = REGISTRY_URL) -> list[tuple[QName, list[QName]]]:
        """What the service data tells: interface and content of each rule."""
        found = self.result(
            findByName(self.proxy(url, GRID_SERVICE), ogsi("membershipContentRule"))
        )
        told = []
        for value in found.values:
            tree = XMLGate().parse(value.head + value.tail)
            first, *others = [readQName(node.text or "", node.nsmap) for node in tree]
            told.append((first, others))
        return told

    def test_rules(self) -> None:
        """A member is refused without what a rule asks for, in either face, at either kind of node; it is told why."""
        for kind, url in (
            (REGISTRY, REGISTRY_URL),
            (INDEX, "http://127.0.0.1:8480/services/index"),
        ):
            self.start(self.RULES + (QUIET if kind is INDEX else ""), kind.short, kind=kind)
            registry = self.proxy(url, REGISTRATION)
            why = self.refused(registry.registerService(MEMBER), ContentCreationFailed)
            self.assertIn("{urn:gma-twisted:2026:core}registration", why)
            self.result(registry.registerService(MEMBER, name="site"))
            jobs = {"handle": MEMBER.child("jobs"), "interface": [self.JOBS], "name": "jobs"}
            why = self.refused(registry.registerService(**jobs), ContentCreationFailed)
            self.assertIn("{urn:example}queue", why)
            content = b'<q:queue xmlns:q="urn:example"/>'
            self.result(registry.registerService(**jobs, content=content))
            group = self.proxy(url, SERVICE_GROUP_REGISTRATION)
            self.refused(group.add(Locator((MEMBER,))), ContentCreationFailed)
            self.assertEqual(len(self.entries(url)), 2)
            self.assertEqual(
                self.rules(url),
                [
                    (ogsi("GridService"), [QName(GMA, "registration")]),
                    (self.JOBS, [QName("urn:example", "queue")]),
                ],
            )

    def test_interface(self) -> None:
        """Where no rule speaks of everybody, who claims none of the interfaces is refused."""
        self.start("[registry.membership_rules]\nmember_interface = '{urn:example}Jobs'")
        registry = self.proxy(REGISTRY_URL, REGISTRATION)
        why = self.refused(registry.registerService(MEMBER), UnsupportedMemberInterface)
        self.assertIn(self.JOBS.clark, why)
        self.result(registry.registerService(MEMBER, interface=[self.JOBS]))

    def test_none(self) -> None:
        """Without rules one is told that admits all."""
        self.start()
        self.assertEqual(self.rules(), [(ogsi("GridService"), [])])

    def test_changed(self) -> None:
        """New rules hold for who comes; who is there stays, and the rules before are told no more."""
        keep = ServiceDataTests.KEEP
        self.stop(self.start(keep + self.RULES))
        self.start(keep)
        self.assertEqual(self.rules(), [(ogsi("GridService"), [])])
        registry = self.proxy(REGISTRY_URL, REGISTRATION)
        entry, _ = self.result(registry.registerService(MEMBER))
        self.stop(self.running[0])
        self.start(keep + self.RULES)
        self.assertEqual((len(self.entries()), len(self.rules())), (1, 2))
        (renewed,) = self.result(registry.renewServices([entry], 60))
        self.assertEqual(renewed.lifetime, 60.0)
        self.refused(registry.registerService(MEMBER), ContentCreationFailed)


class ServiceDataTests(GridCase):
    """Service data that survives a restart, where that is asked for."""

    KEEP = "[store]\nkeep_service_data = true\n"
    INSTALLED = "[providers.good]\nclass = 'tests.nodes.components:Good'\n"
    RUNNING = INSTALLED + "interval = '5s'\n"
    OTHER = "[providers.other]\nclass = 'tests.nodes.components:Good'\n"

    def values(self, name: QName) -> list[str]:
        """Originators of the values of a name."""
        url = "http://127.0.0.1:8480/services/index"
        found = self.result(findByName(self.proxy(url, GRID_SERVICE), name))
        return [value.originator for value in found.values]

    def test_kept(self) -> None:
        """A value is served after a restart, though its provider has not run, until its time is over."""
        self.stop(self.start(self.KEEP + self.RUNNING, kind=INDEX))
        self.start(self.KEEP + self.INSTALLED, kind=INDEX)
        name = QName("urn:example", "Good")
        self.assertEqual(self.values(name), ["http://127.0.0.1:8480/services/index"])
        self.reactor.pump([1.0] * 65)
        self.refused(
            findByName(self.proxy("http://127.0.0.1:8480/services/index", GRID_SERVICE), name),
            TargetInvalid,
        )

    def test_notKept(self) -> None:
        """It is not, unless it is asked for."""
        self.stop(self.start(self.RUNNING, kind=INDEX))
        self.assertEqual(
            sorted(one.name for one in (self.path / "state").glob("*.db")),
            ["container-subscriptions.db", "index-subscriptions.db", "registrations.db"],
        )

    def test_replaced(self) -> None:
        """What the service said of itself and of providers that are gone is not served again."""
        self.stop(self.start(self.KEEP + self.RUNNING + self.OTHER, kind=INDEX))
        self.start(self.KEEP + self.RUNNING, kind=INDEX)
        for name in (STATUS_NAME, NODE_NAME):
            self.assertEqual(len(self.values(name)), 1, name)

    def test_otherUrl(self) -> None:
        """Under another URL nothing is served that it said of itself under the one before."""
        before = "[node]\npublic_url = 'http://old.example.org'\n"
        self.stop(self.start(before + self.KEEP + self.RUNNING, kind=INDEX))
        self.start(self.KEEP + self.RUNNING, kind=INDEX)
        here = "http://127.0.0.1:8480/services/index"
        for name in (
            ogsi("gridServiceHandle"),
            NODE_NAME,
            STATUS_NAME,
            QName("urn:example", "Good"),
        ):
            self.assertEqual(self.values(name), [here], name)

    def test_otherPort(self) -> None:
        """A registry on another port shows each of its members once, under its present handle."""
        before = "[node]\nlisten = ['tcp:9481:interface=127.0.0.1']\n"
        self.start(before + self.KEEP)
        registry = self.proxy(REGISTRY_URL, REGISTRATION)
        for number in range(3):
            self.result(registry.registerService(MEMBER.child(str(number)), lifetime=86400.0))
        old, here = "http://127.0.0.1:9481/services/registry", REGISTRY_URL
        service = self.proxy(REGISTRY_URL, GRID_SERVICE)
        found = self.result(findByName(service, ogsi("entry")))
        self.assertEqual([value.originator for value in found.values], [old] * 3)
        self.stop(self.running[0])
        self.start(self.KEEP)
        for name, count in (("entry", 3), ("membershipContentRule", 1), ("gridServiceHandle", 1)):
            found = self.result(findByName(service, ogsi(name)))
            self.assertEqual([value.originator for value in found.values], [here] * count, name)


class LaterWorker:
    """
    Does each job when it is told to.

    @ivar jobs: that wait
    """

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        """See L{Worker}."""
        done: Deferred[T] = Deferred()
        self.jobs.append((job, done))
        return done

    def stop(self) -> Awaitable[None]:
        """See L{Worker}."""
        return Inline().stop()

    def work(self) -> None:
        """Do what waits."""
        while self.jobs:
            job, done = self.jobs.pop(0)
            try:
                value = job()
            except (OSError, GMAError) as error:
                done.errback(error)
            else:
                done.callback(value)


class StartTests(GridCase):
    """A registry whose registrations take a while to load."""

    def setUp(self) -> None:
        """One that has not begun."""
        super().setUp()
        self.worker = LaterWorker()
        self.node = self.start(worker=self.worker)

    def test_busy(self) -> None:
        """Until they are loaded it says that it is starting; then it answers, without anybody asking again."""
        registry = self.proxy(REGISTRY_URL, REGISTRATION)
        said = self.refused(registry.registerService(MEMBER), Busy)
        self.assertEqual(said, "/services/registry is starting")
        self.worker.work()
        self.reactor.advance(0)
        waiting = toDeferred(registry.registerService(MEMBER))
        self.reactor.pump([0.05] * 3)
        self.assertNoResult(waiting)
        self.worker.work()
        self.reactor.pump([0.05] * 3)
        self.successResultOf(waiting)
        self.finish()

    def test_below(self) -> None:
        """So it says of what is below it: who renews an entry or a subscription now must not think that it is gone."""
        for path in ("entries", "subscriptions"):
            row = self.proxy(f"{REGISTRY_URL}/{path}/0", GRID_SERVICE)
            said = self.refused(row.requestTerminationAfter(2e9), Busy)
            self.assertEqual(said, f"/services/registry/{path} is starting")
        self.worker.work()
        self.reactor.pump([0.05] * 3)
        for path in ("entries", "subscriptions"):
            row = self.proxy(f"{REGISTRY_URL}/{path}/0", GRID_SERVICE)
            self.refused(row.requestTerminationAfter(2e9), UnknownId)
        self.finish()

    def test_stopped(self) -> None:
        """Stopped while it loads, it ends without ever having answered."""
        self.finish()
        self.assertEqual(self.node.halted, [])

    def test_damaged(self) -> None:
        """What cannot be loaded ends the process in one line that names the file."""
        (self.path / "state" / "registrations.db").write_bytes(b"no journal" * 1000)
        self.worker.work()
        (why,) = self.node.halted
        self.assertIn(f"{self.path}/state/registrations.db", why)
        self.assertNotIn("\n", why)
        self.finish()

    def finish(self) -> None:
        """Stop it, the worker at work."""
        self.running.remove(self.node)
        stopping = self.node.service.stopService()
        for _ in range(10):
            self.reactor.pump([0.1] * 10)
            self.worker.work()
        self.successResultOf(stopping)


class DamagedTests(GridCase):
    """A journal that is found damaged in the turn of the start."""

    def test_refused(self) -> None:
        """The node does not start, and says why."""
        (self.path / "state").mkdir(parents=True)
        (self.path / "state" / "registrations.db").write_bytes(b"no journal" * 1000)
        node = MemoryNode("", self.path / "state", REGISTRY, reactor=self.reactor)
        error = self.assertRaises(ServiceError, node.service.startService)
        self.assertIn("registrations.db", error.message)
        self.running.append(node)


class RegisterTests(GridCase):
    """A node that registers its services elsewhere."""

    def index(self, more: str = "") -> MemoryNode:
        """An index that does."""
        at = f"[register.vo]\nat = '{REGISTRY_URL}'\nlifetime = '30s'\n{more}\n"
        return self.start(at + QUIET, "index", kind=INDEX)

    def test_registered(self) -> None:
        """It registers its main service with name and port types, renews, and unregisters when it stops."""
        registry = self.start()
        index = self.index()
        self.reactor.pump([0.5] * 200)
        (value,) = self.entries()
        self.assertIn(b"http://127.0.0.1:8480/services/index<", value)
        self.assertIn(b"ProviderExecutionPortType", value)
        self.assertIn(b"index-8480", value)
        (row,) = self.status(index)["memberships"]
        self.assertEqual((row["state"], row["registry"]), ("registered", REGISTRY_URL))
        self.assertEqual(self.status(registry)["memberships"], [])
        self.stop(index)
        self.assertEqual(self.entries(), [])

    def test_later(self) -> None:
        """A registry that is not there keeps nothing from starting, and is found when it comes."""
        index = self.index()
        self.assertEqual(self.status(index)["memberships"][0]["state"], "trying")
        self.reactor.pump([1.0] * 10)
        self.start()
        self.reactor.pump([1.0] * 120)
        self.assertEqual(len(self.entries()), 1)

    def test_services(self) -> None:
        """Those of its services that are named are registered."""
        self.start()
        self.index("services = ['/services/index', '/services/container']")
        self.reactor.pump([0.5] * 4)
        self.assertEqual(len(self.entries()), 2)
