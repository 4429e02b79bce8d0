"""Starting, serving and stopping a whole node, in memory on a virtual clock."""

import json
import re
import uuid
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import ConfigError, ServiceError, TooLarge
from gma_twisted.interfaces import INodeControl
from gma_twisted.nodes import INDEX
from gma_twisted.nodes.part import Part
from gma_twisted.nodes.state import StateDirectory
from tests.nodes.memorynode import MemoryNode, MemoryReactor, findRequest

GOOD = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\n"


class NodeTests(SynchronousTestCase):
    """A node with one provider."""

    def setUp(self) -> None:
        """Make it, not started."""
        self.path = Path(self.mktemp()).absolute()
        self.node = MemoryNode(GOOD, self.path)

    def started(self) -> MemoryNode:
        """The node, serving; stopped after the test."""
        self.node.service.startService()
        self.addCleanup(self.stop)
        return self.node

    def stop(self) -> None:
        """Stop the node and give it the time it needs."""
        if self.node.service.running:
            stopping = self.node.service.stopService()
            self.node.reactor.pump([0.1] * 5)
            self.successResultOf(stopping)

    def test_nothingBefore(self) -> None:
        """Making a node opens no port and writes nothing."""
        self.assertEqual(self.node.reactor.tcpServers, [])
        self.assertFalse(self.path.exists())

    def test_answers(self) -> None:
        """What a provider said is answered over SOAP once the node has started."""
        client = self.started().connect()
        answer = client.ask(findRequest("{urn:example}Good"))
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK"), answer)
        self.assertIn(
            b'<Good xmlns="urn:example" gma:originator="http://127.0.0.1:8480/serv', answer
        )

    def test_whole(self) -> None:
        """Whoever wants to know when it has started is told once, when all it serves is there."""
        node = self.started()
        self.assertEqual(node.counted, [node.service.control.elementCount()])
        self.assertGreater(node.counted[0], 10)

    def test_identity(self) -> None:
        """gma:node tells identity, instance, name, role and version."""
        answer = self.started().connect().ask(findRequest("{urn:gma-twisted:2026:core}node"))
        facts = dict(re.findall(r"<gma:(\w+)>([^<]*)</gma:\1>", answer.decode()))
        self.assertEqual(facts["nodeId"], StateDirectory(self.path).nodeId())
        self.assertEqual(str(uuid.UUID(facts["instanceId"])), facts["instanceId"])
        self.assertEqual(
            {key: facts[key] for key in ("name", "role", "version")},
            {"name": "index-8480", "role": "index", "version": "0.1.0"},
        )

    def test_newInstance(self) -> None:
        """A second life has the same nodeId and another instanceId."""
        request = findRequest("{urn:gma-twisted:2026:core}node")
        first = self.started().connect().ask(request).decode()
        self.stop()
        self.node = MemoryNode(GOOD, self.path)
        second = self.started().connect().ask(request).decode()
        for fact, same in (("nodeId", True), ("instanceId", False)):
            one, other = (
                re.findall(f"<gma:{fact}>([^<]*)<", answer)[0] for answer in (first, second)
            )
            self.assertEqual(one == other, same, fact)

    def test_standardServiceData(self) -> None:
        """The service says which port types it has."""
        name = "{http://www.gridforum.org/namespaces/2003/03/OGSI}interface"
        answer = self.started().connect().ask(findRequest(name))
        for portType in INDEX.portTypes:
            self.assertIn(f":{portType.name.localName}</ogsi:interface>".encode(), answer)

    def test_wsdl(self) -> None:
        """The WSDL is there, with the address of the bound port."""
        answer = (
            self.started()
            .connect()
            .ask(b"GET /services/index?wsdl HTTP/1.1\r\nHost: localhost\r\n\r\n")
        )
        self.assertIn(b'location="http://127.0.0.1:8480/services/index"', answer)

    def test_foreignName(self) -> None:
        """A loopback node answers under names of this machine only: whoever rebinds a name gets 421."""
        client = self.started().connect()
        answer = client.ask(b"GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 421 "), answer[:200])

    def test_status(self) -> None:
        """The console shows the node: its provider has run once more after five seconds."""
        node = self.started()
        node.reactor.advance(5)
        answer = node.connect().ask(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status = json.loads(answer.partition(b"\r\n\r\n")[2])
        self.assertEqual(status["services"][0]["path"], "/services/index")
        self.assertEqual(status["providers"][0]["runs"], "2")
        self.assertEqual(status["uptime"], 5.0)
        self.assertEqual(
            {name: count for name, count in status["requests"].items() if count},
            {"connections": 1, "web": 1},
        )

    def test_quarantine(self) -> None:
        """A document that cannot be used is kept in the state directory, and the status names it."""
        self.node = MemoryNode(
            GOOD.replace("Good", "Broken") + "[limits]\nquarantined_document = '4B'", self.path
        )
        client = self.started().connect()
        answer = client.ask(findRequest("{urn:gma-twisted:2026:core}providerStatus"))
        (document,) = (self.path / "quarantine").glob("*.xml")
        self.assertEqual(document.read_bytes(), b"<Goo")
        self.assertIn(f"the document is in quarantine/{document.name} of".encode(), answer)

    def test_control(self) -> None:
        """What the console asks has every member."""
        self.assertTrue(verifyObject(INodeControl, self.node.service.control))

    def test_locked(self) -> None:
        """While it runs, no other node gets its state directory; afterwards one does."""
        self.started()
        other = MemoryNode(GOOD, self.path)
        self.assertRaises(ConfigError, other.service.startService)
        self.assertEqual(other.reactor.tcpServers, [])
        self.stop()
        self.node = other
        self.started()

    def test_stopped(self) -> None:
        """A stopped node has no timer left, and does not answer for its service."""
        node = self.started()
        client = node.connect()
        self.stop()
        self.assertTrue(client.transport.disconnecting)
        self.assertEqual(list(node.service.control.services()), [])
        self.assertEqual(node.reactor.getDelayedCalls(), [])

    def test_publicUrl(self) -> None:
        """A configured URL is what handles and WSDL begin with."""
        text = "[node]\npublic_url = 'https://grid.example.org'\n" + GOOD
        self.node = MemoryNode(text, self.path)
        answer = self.started().connect().ask(findRequest("{urn:example}Good"))
        self.assertIn(b'gma:originator="https://grid.example.org/services/index"', answer)

    def test_boundPassed(self) -> None:
        """A bound too small for the node's own values is an error at once, with its name."""
        self.node = MemoryNode("limits.store_names = 1\n" + GOOD, self.path)
        error = self.assertRaises(TooLarge, self.node.service.startService)
        self.assertIn("names", error.message)
        self.stop()


class Slow:
    """Something to host that takes its time."""

    def __init__(self) -> None:
        self.starting: Deferred[None] = Deferred()
        self.stopped = False

    async def start(self) -> None:
        """Wait."""
        await self.starting

    async def stop(self) -> None:
        """Note it."""
        self.stopped = True


class LateTests(SynchronousTestCase):
    """A node whose start takes longer than a turn of the reactor."""

    def setUp(self) -> None:
        """Start it."""
        self.node = MemoryNode("", Path(self.mktemp()).absolute())
        self.slow = Slow()
        self.node.service._host = lambda url, nodeId, epoch: self.slow
        self.node.service.startService()
        self.addCleanup(self.node.service._state.close)

    def test_fails(self) -> None:
        """One that turns out not to be able to start asks for the end of the process, saying why."""
        self.assertEqual(self.node.halted, [])
        self.slow.starting.errback(ServiceError("the journal is damaged"))
        self.assertEqual(self.node.halted, ["the journal is damaged"])
        self.assertEqual(self.node.counted, [])

    def test_failsSomehow(self) -> None:
        """So does one that fails in a way nobody foresaw; the log has the traceback."""
        for kind in (ValueError, SystemExit, KeyboardInterrupt, CancelledError):
            self.setUp()
            self.slow.starting.errback(kind("no"))
            self.assertEqual(self.node.halted, [f"the node does not start: {kind.__name__}: no"])
            self.assertEqual(len(self.flushLoggedErrors(kind)), 1)

    def test_cannotBeMade(self) -> None:
        """One whose services cannot be made says so in one line as well."""

        def host(url: str, nodeId: str, epoch: int) -> Part:
            raise SystemExit(3)

        node = MemoryNode("", Path(self.mktemp()).absolute())
        node.service._host = host
        self.addCleanup(node.service._state.close)
        error = self.assertRaises(ServiceError, node.service.startService)
        self.assertEqual(error.message, "the node does not start: SystemExit: 3")
        self.assertEqual(len(self.flushLoggedErrors(SystemExit)), 1)

    def test_stopped(self) -> None:
        """What is hosted is stopped with the node."""
        self.successResultOf(self.node.service.stopService())
        self.assertTrue(self.slow.stopped)
        self.slow.starting.cancel()
        self.flushLoggedErrors()


class BusyTests(SynchronousTestCase):
    """Ports that are taken."""

    def test_second(self) -> None:
        """The endpoint is named with a cure, and neither lock nor service remains."""
        path = Path(self.mktemp()).absolute()
        text = "node.listen = ['tcp:1:interface=127.0.0.1', 'tcp:2:interface=127.0.0.1']"
        node = MemoryNode(text, path, reactor=MemoryReactor(taken=[2]))
        error = self.assertRaises(ConfigError, node.service.startService)
        self.assertEqual(
            error.message,
            "tcp:2:interface=127.0.0.1: port 2 is in use; stop what listens there, "
            "or choose another: --listen tcp:3:interface=127.0.0.1",
        )
        self.assertFalse(node.service.running)
        self.assertEqual([port.isOpen for port in node.reactor.ports], [False])
        again = StateDirectory(path)
        again.open()
        again.close()
