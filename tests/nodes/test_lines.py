"""Lines that come to the consumer of a whole node, in memory; who may send some, and what becomes of them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import fail
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure

from gma_twisted.client import findByName
from gma_twisted.client.gma import ConsumerProxy, ProducerProxy
from gma_twisted.errors import ConfigError, Refused
from gma_twisted.events.values import EVENT_NAME
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.netlogger.lines import LineWriter
from gma_twisted.netlogger.numbers import Beginning
from gma_twisted.nodes.kind import CONSUMER, INDEX
from gma_twisted.nodes.lines import HostedLines
from gma_twisted.nodes.lostlines import LostLines
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.timing import NodeClock, toDeferred
from tests.nodes.memorynode import MemoryNode
from tests.nodes.test_gmanodes import CONSUMER_URL, GOOD, PRODUCER_URL, GMACase

_LISTEN = "listen = ['x-netlog://127.0.0.1:14831', 'x-netlog-udp://127.0.0.1']\n"
_LINE = b"ts=2026-01-01T00:00:00Z event=load value=%d\n"


class Connection(StringTransport):
    """One of TCP. @ivar line: what is told of its end"""

    line: IProtocol | None = None

    def loseConnection(self) -> None:
        """End it, once."""
        if not self.disconnecting:
            super().loseConnection()
            assert self.line is not None
            self.line.connectionLost(Failure(ConnectionDone()))

    def abortConnection(self) -> None:
        """End it."""
        self.loseConnection()

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """It is in memory."""


class LinesCase(GMACase):
    """A consumer that stores, and somebody who sends it lines."""

    def listening(self, more: str = "", text: str = "") -> MemoryNode:
        """Start one that listens, on TCP first."""
        self.path.mkdir(exist_ok=True)
        stored = f"[consumer]\noutput = 'store'\nfile = '{self.path / 'events'}'\n"
        return self.start(
            stored + _LISTEN + more + text, "consumer", kind=CONSUMER, host="127.0.0.1"
        )

    def start(self, text: str = "", name: str = "state", **more: Any) -> MemoryNode:
        """As L{GridCase.start}; the first port is the node's."""
        before = len(self.reactor.tcpServers)
        node = super().start(text, name, **more)
        self.network.listen("127.0.0.1", node.kind.port, self.reactor.tcpServers[before][1])
        return node

    def send(self, data: bytes, address: str = "127.0.0.1") -> StringTransport | None:
        """Over a new connection. @return: it; C{None} when it is not taken"""
        factory = next(one[1] for one in self.reactor.tcpServers if one[0] == 14831)
        peer = IPv4Address("TCP", address, 40000)
        protocol = factory.buildProtocol(peer)
        if protocol is None:
            return None
        transport = Connection(peerAddress=peer)
        transport.line = protocol
        protocol.makeConnection(transport)
        protocol.dataReceived(data)
        self.turn(0.5)
        return transport

    def values(self) -> list[object]:
        """Those of the events that were stored."""
        file = Path(self.path / "events")
        return [one.get("value") for one in self.stored()] if file.exists() else []

    def audited(self) -> list[tuple[str, str, str]]:
        """Who sent lines, from where, and what became of it, as the audit has it."""
        return [(one["who"], one["from"], one["result"]) for one in self.deeds()]

    def deeds(self) -> list[dict[str, str]]:
        """The lines of the audit about them."""
        file = self.path / "consumer" / "audit.jsonl"
        found = [json.loads(one) for one in file.read_text().splitlines()]
        return [one for one in found if one.get("operation") == "lines"]


class ListeningTests(LinesCase):
    """C{[consumer] listen}."""

    def test_plain(self) -> None:
        """Lines of whoever is on this machine are events, whatever they are written in; a preamble is none."""
        node = self.listening()
        self.send(b"ULM\0    " + _LINE % 1 + b"DATE=20260101000000 NL.EVNT=load value=2\n")
        self.assertEqual([str(one) for one in self.values()], ["1", "2"])
        self.assertEqual(
            node.service.control.listening(),
            ["x-netlog://127.0.0.1:14831", "x-netlog-udp://127.0.0.1:14830"],
        )
        self.assertEqual(node.service.control.lines()["plain"], 2)

    def test_datagrams(self) -> None:
        """So are those of datagrams."""
        self.listening()
        (port,) = self.reactor.udpPorts
        port[1].datagramReceived(_LINE % 3, ("127.0.0.1", 9))
        port[1].datagramReceived(_LINE % 4, ("10.0.0.1", 9))
        self.turn(0.5)
        self.assertEqual([str(one) for one in self.values()], ["3"])

    def test_schemes(self) -> None:
        """Its features say where it listens; without the key, nowhere."""
        node = self.listening()
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        self.assertEqual(list(proxy.features.dataSchemes), ["http", "x-netlog", "x-netlog-udp"])
        self.stop(node)
        node = self.consumer()
        proxy = self.result(ConsumerProxy.connect(CONSUMER_URL, self.caller))
        self.assertEqual(list(proxy.features.dataSchemes), ["http"])
        self.assertEqual(list(node.service.control.listening()), [])

    def test_closed(self) -> None:
        """A consumer that takes only what it asked for, or was offered, takes no lines of no subscription."""
        self.listening("open = false\n")
        self.send(_LINE % 1)
        self.assertEqual(self.values(), [])

    def test_others(self) -> None:
        """Who is on another machine is let in where its network is listed, and then nobody else."""
        node = self.listening()
        self.assertIsNone(self.send(_LINE % 1, "10.0.0.1"))
        self.stop(node)
        self.reactor.tcpServers.clear()
        self.listening("listen_from = '10.0.0.0/8'\n")
        self.assertIsNone(self.send(_LINE % 2))
        self.send(_LINE % 3, "10.0.0.1")
        self.assertEqual([str(one) for one in self.values()], ["3"])

    def test_rules(self) -> None:
        """Lines show no identity: they are taken where anybody may notify."""
        node = self.listening(text="[access]\nanonymous = 'read'\n")
        self.assertIsNone(self.send(_LINE % 1))
        self.stop(node)
        self.reactor.tcpServers.clear()
        rule = "[access.rules.lines]\nwho = 'anonymous'\nmay = 'notify'\n"
        self.listening(text="[access]\nanonymous = 'read'\n" + rule)
        self.send(_LINE % 2)
        self.assertEqual([str(one) for one in self.values()], ["2"])

    def test_audit(self) -> None:
        """Each connection is one line of the audit, and each that the rules refuse."""
        audit = "[audit]\nenabled = true\n"
        node = self.listening(text=audit)
        self.send(_LINE % 1 + _LINE % 2)
        self.stop(node)
        self.assertEqual(self.audited(), [("anonymous", "127.0.0.1", "ok")])

    def test_auditRation(self) -> None:
        """Whoever connects again and again, or forges addresses, drives nothing out of the audit, which counts."""
        text = "[audit]\nenabled = true\n"
        node = self.listening("listen_from = ['10.0.0.0/8', '127.0.0.1']\n", text)
        (port,) = self.reactor.udpPorts
        for number in range(200):
            port[1].datagramReceived(b"", (f"10.0.{number}.1", 9))
            port[1].datagramReceived(b"", ("10.0.0.1", 9))
        self.turn(61.0)
        port[1].datagramReceived(b"", ("10.0.0.1", 9))
        for _ in range(100):
            self.send(b"").loseConnection()  # type: ignore[union-attr]
        self.stop(node)
        addresses = [where for _, where, _ in self.audited()]
        self.assertEqual(addresses.count("10.0.0.1"), 2)
        self.assertEqual(addresses.count("127.0.0.1"), 60)
        self.assertEqual(len(addresses), 60 + 1 + 60)
        counted = [one["target"].split() for one in self.deeds() if one.get("target")]
        self.assertEqual({" ".join(words[1:]) for words in counted}, {"more, from anywhere"})
        self.assertEqual(sum(int(words[0]) for words in counted), 340)

    def test_auditRoom(self) -> None:
        """A connection there is no room for is none that was let in."""
        node = self.listening(
            text="[audit]\nenabled = true\n[limits]\nline_connections_per_address = 1\n"
        )
        self.send(b"")
        self.assertIsNone(self.send(b""))
        self.stop(node)
        self.assertEqual(len(self.audited()), 1)

    def test_news(self) -> None:
        """What is called as the news of a directory is left out alone: others' events that came with it are taken."""
        node = self.listening()
        news = b"ts=2026-01-01T00:00:00Z event=gma.entry.added value=9\n"
        self.send(_LINE % 1 + news + _LINE % 2)
        self.send(news)
        self.assertEqual([str(one) for one in self.values()], ["1", "2"])
        counts = node.service.control.lines()
        self.assertEqual((counts["plain"], counts["leftOut"]), (2, 2))

    def test_batch(self) -> None:
        """However many lines may be handed on at once, no notification is more than the consumer takes."""
        self.listening(text="[limits]\nnotified_events = 3\nline_batch = 100\n")
        self.send(b"".join(_LINE % number for number in range(10)))
        self.assertEqual([str(one) for one in self.values()], [str(one) for one in range(10)])

    def test_taken(self) -> None:
        """A port that is taken is told at once, by its key; no other of them stays bound."""
        self.reactor.taken = (14831,)
        text = "[consumer]\nlisten = ['x-netlog://127.0.0.1:14840', 'x-netlog://127.0.0.1:14831']\n"
        error = self.assertRaises(
            ConfigError, self.start, text, "consumer", kind=CONSUMER, host="127.0.0.1"
        )
        self.assertEqual(
            str(error),
            "consumer.listen: x-netlog://127.0.0.1:14831 cannot be listened on: Address already in use; stop what "
            'listens there, or choose another, listen = "x-netlog://127.0.0.1:14832"',
        )
        isOpen = {one.getHost().port: one.isOpen for one in self.reactor.ports}
        self.assertFalse(isOpen[14840])

    def test_stopped(self) -> None:
        """It stops listening when it stops."""
        node = self.listening()
        port = self.reactor.ports[1]
        self.assertTrue(port.isOpen)
        self.stop(node)
        self.assertFalse(port.isOpen)

    def test_stoppedBadly(self) -> None:
        """Where a port does not close as it should, nobody is asked for a lost stream after the end all the same."""
        time = Clock()
        lost = LostLines(NodeClock(time), lambda: 0.5, lambda stream: False)
        badly: Any = SimpleNamespace(stopListening=lambda: fail(OSError("no")))
        ports: Any = SimpleNamespace(listenTCP=lambda *_, **__: badly)
        other: Any = SimpleNamespace()
        behind: Any = SimpleNamespace
        url = DataUrl.parse("x-netlog://127.0.0.1")
        lines = HostedLines([url], ports, other, other, other, behind, behind, other, lost)
        lines.open()
        lost.lost(1)
        stopping = lines.stop()
        self.assertEqual(len(time.getDelayedCalls()), 1)
        self.failureResultOf(toDeferred(stopping), OSError)
        self.assertEqual(time.getDelayedCalls(), [])


class _Heard(Protocol):
    """Keeps what comes. @ivar data: so far, of all connections"""

    data = b""

    def dataReceived(self, data: bytes) -> None:
        """More."""
        type(self).data += data


class SendingTests(LinesCase):
    """Lines of C{gma-producer}, and of C{gma-consumer} where they come from."""

    def stream(self, more: str = "") -> MemoryNode:
        """A consumer whose subscription comes in lines."""
        node = self.listening(
            text=f"[subscribe.one]\nat = '{PRODUCER_URL}'\ntemplate = 'Tick'\nover = 'stream'\n{more}"
        )
        factory = next(one[1] for one in self.reactor.tcpServers if one[0] == 14831)
        self.network.listen("127.0.0.1", 14831, factory)
        return node

    def test_plain(self) -> None:
        """Who subscribes with a data URL of lines gets the events there, in BP, and nothing else."""

        class Heard(_Heard):
            pass

        self.network.listen("127.0.0.1", 9000, Factory.forProtocol(Heard))
        self.producer()
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.assertIn("x-netlog", proxy.features.dataSchemes)
        self.assertNotIn("file", proxy.features.dataSchemes)
        grant = self.result(proxy.begin("Tick", "x-netlog://127.0.0.1:9000"))
        self.turn(3.0)
        lines = Heard.data.splitlines()
        self.assertGreaterEqual(len(lines), 2)
        for one in lines:
            self.assertRegex(one, rb"^ts=\S+ event=Tick ")
            self.assertNotIn(b"gma.seq", one)
        self.result(proxy.unsubscribe(grant.producerId))

    def test_third(self) -> None:
        """Nobody has lines sent to somebody else, but where the operator says."""
        self.producer(GOOD + "[streams]\nto = 'x-netlog://193.0.6.5'\n")
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        why = self.refused(proxy.begin("Tick", "x-netlog://193.0.6.6"), Refused)
        self.assertIn("[streams] to", why)
        self.result(proxy.begin("Tick", "x-netlog://193.0.6.5"))

    def test_files(self) -> None:
        """Lines go to files below a directory that the operator names."""
        self.path.mkdir()
        below = self.path / "lines"
        below.mkdir()
        self.producer(GOOD + f"[streams]\nfiles = '{below}'\n")
        proxy = self.result(ProducerProxy.connect(PRODUCER_URL, self.caller))
        self.refused(proxy.begin("Tick", f"file:{self.path}/other.bp"), Refused)
        self.result(proxy.begin("Tick", f"file:{below}/ticks.bp"))
        self.turn(3.0)
        self.assertIn(b"event=Tick", (below / "ticks.bp").read_bytes())

    def test_streamed(self) -> None:
        """A subscription over lines brings what one of messages does; the number of it is a secret, and in no log."""
        with capturedLogs() as logged:
            self.producer()
            consumer = self.stream()
            self.turn(5.0)
            hosted = consumer.service.control.hosted
            assert hosted is not None and hosted.consumer is not None
            # Somebody who does not know it gets nowhere, and hears nothing of it.
            (line,) = hosted.lines
            (number,) = line.intake.streams
            begin = Beginning(number + 1, "abcdef01", 5, 5).event(Timestamp(0))
            self.send(LineWriter(isNumbered=True).plain(begin) + _LINE % 7)
        found = self.stored()
        self.assertGreaterEqual(len(found), 3)
        self.assertEqual({one.name for one in found}, {"Tick"})
        self.assertEqual(consumer.service.control.lines()["delivered"], len(found))
        self.assertEqual(consumer.service.control.lines()["unknown"], 1)
        self.assertEqual(hosted.consumer.counts()["events"], len(found))
        said = "\n".join(str(formatEvent(one)) for one in logged)
        self.assertIn("listening for lines on x-netlog://127.0.0.1:14831", said)
        self.assertNotIn(str(number), said)
        self.assertNotIn(str(number + 1), said)

    def test_index(self) -> None:
        """An index has its events so, too, and knows whose they are."""
        self.producer()
        self.start(
            f"[consumer]\n{_LISTEN}[subscribe.one]\nat = '{PRODUCER_URL}'\ntemplate = 'Tick'\n"
            "over = 'stream'\ngood = '1h'\n",
            "index",
            kind=INDEX,
            host="127.0.0.1",
        )
        factory = next(one[1] for one in self.reactor.tcpServers if one[0] == 14831)
        self.network.listen("127.0.0.1", 14831, factory)
        self.turn(3.0)
        node = self.running[-1]
        self.assertGreaterEqual(node.service.control.lines()["delivered"], 2)
        proxy = self.proxy("http://127.0.0.1:8480/services/index", GRID_SERVICE)
        (value,) = self.result(findByName(proxy, EVENT_NAME)).values
        self.assertEqual(value.key, f"{PRODUCER_URL} Tick")

    def test_formats(self) -> None:
        """In any format of lines."""
        self.producer()
        self.stream("format = 'ulm'\n")
        self.turn(3.0)
        self.assertIn("Tick", {one.name for one in self.stored()})

    def test_lookBack(self) -> None:
        """What was before comes first."""
        self.producer()
        self.turn(5.0)
        self.stream("look_back = '1h'\n")
        self.turn(2.0)
        counts = [str(one.get("value") or one.containers[0].get("value")) for one in self.stored()]
        self.assertGreaterEqual(len(counts), 6)

    def test_fallBack(self) -> None:
        """A producer that sends no lines sends messages."""
        self.producer("[producer]\nclass = 'tests.nodes.gmaservers:Plain'\n" + GOOD)
        consumer = self.stream()
        self.turn(5.0)
        self.assertEqual(consumer.service.control.lines()["delivered"], 0)
        self.assertGreaterEqual(len(self.stored()), 3)

    def test_restarted(self) -> None:
        """Where a connection ends and none takes its place, the producer is asked soon, not after half of the lease."""
        producer = self.producer()
        consumer = self.stream("lifetime = '1h'\n")
        self.turn(3.0)
        hosted = producer.service.control.hosted
        assert hosted is not None and hosted.producer is not None
        self.assertEqual(hosted.producer.part.endOf(hosted.producer.part.owners()), 1)
        self.turn(20.0)
        self.assertEqual(consumer.service.control.lines()["begun"], 2)
        self.assertGreaterEqual(len(self.stored()), 20)

    def test_lost(self) -> None:
        """A producer that does not know the subscription any more is asked again; what was meanwhile comes, once."""
        producer = self.producer()
        self.stream("lifetime = '10s'\n")
        self.turn(3.0)
        hosted = producer.service.control.hosted
        assert hosted is not None and hosted.producer is not None
        self.assertEqual(hosted.producer.part.endOf(hosted.producer.part.owners()), 1)
        self.turn(30.0)
        names = [one.name for one in self.stored()]
        ids = [str(one.timestamp) for one in self.stored()]
        self.assertEqual(set(names), {"Tick"})
        self.assertEqual(len(set(ids)), len(ids))
        self.assertGreaterEqual(len(ids), 30)
