"""A consumer of numbered lines is killed, or cut off, in the middle of a stream: real processes, real sockets."""

import json
import signal
import socket
import time
from collections import Counter
from pathlib import Path

from twisted.trial.unittest import TestCase

from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.client.gma import ProducerProxy
from gma_twisted.errors import GMAError
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node, fetch

_FREE = ("--listen", "tcp:0:interface=127.0.0.1")
_LONGEST = 30.0
# Fifty events a second, each with its number. A file called "cut" has the connections to a port ended.
_PRODUCER = '''
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.task import LoopingCall
from twisted.internet.tcp import BaseClient

from gma_twisted.model.event import Event, EventField
from gma_twisted.roles.producer import PublishingProducer

HERE = Path(__file__).parent


class Ticking(PublishingProducer):
    """Counts."""

    eventTypes = (Event("tick", 0),)
    count = 0

    def servedBy(self, means):
        super().servedBy(means)
        if means is None:
            self.call.stop()
        else:
            self.call = LoopingCall(self.tick)
            self.call.start(0.02)

    def tick(self):
        self.count += 1
        event = Event("tick")
        event.add(EventField("n", self.count))
        self.publish(event)
        cut = HERE / "cut"
        if cut.exists():
            port = int(cut.read_text())
            cut.unlink()
            for one in reactor.getReaders():
                if isinstance(one, BaseClient) and one.getPeer().port == port:
                    one.abortConnection()
'''


def _freePort() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        found: int = one.getsockname()[1]
        return found


class StreamRestartTests(TestCase):
    """A producer of fifty numbered events a second, and an archiver that has them sent to it in lines."""

    timeout = 180

    def setUp(self) -> None:
        """Start the producer, and say what the archiver is."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        (self.home / "ticking.py").write_text(_PRODUCER)
        made = self.home / "producer.toml"
        made.write_text('[producer]\nclass = "ticking:Ticking"\nmin_lifetime = "1s"\n')
        self.producer = self.node("gma-producer", made)
        self.base = self.producer.url()
        self.port = _freePort()
        self.configuration = self.home / "archiver.toml"

    def node(self, kind: str, configuration: Path) -> Node:
        """Start one; its state is where it was."""
        state = str(self.home / f"{kind}-state")
        options = ("--config", str(configuration), "--state-dir", state, *_FREE)
        return Node(self.home, self.addCleanup, *options, kind=kind)

    def archiver(self, lifetime: str) -> tuple[Node, str]:
        """Start it. @return: it, and its URL"""
        self.configuration.write_text(
            f'[consumer]\nlisten = "x-netlog://127.0.0.1:{self.port}"\n'
            f'[subscribe.ticks]\nat = "{self.base}/services/producer"\ntemplate = "tick"\n'
            f'lifetime = "{lifetime}"\n'
        )
        node = self.node("gma-archiver", self.configuration)
        return node, node.url()

    def numbers(self, url: str) -> list[int]:
        """Those of all events that a node has, in its order."""
        found: list[int] = []
        caller = BlockingCaller()
        try:
            proxy = finished(ProducerProxy.connect(url, caller))
            cursor = None
            while True:
                answer = finished(proxy.query("tick", mode="history", cursor=cursor))
                found += [int(str(one.get("n"))) for one in answer.events]
                cursor = answer.cursor
                if cursor is None:
                    return found
        except GMAError:
            # It is starting, or was killed.
            return found

    def hasMore(self, url: str, than: int) -> list[int]:
        """Wait until a node has a higher number than one."""
        return poll(
            lambda: self.numbers(url), lambda found: max(found, default=0) > than, _LONGEST, 0.3
        )

    def subscribed(self) -> int:
        """How many subscriptions the producer has."""
        status = json.loads(fetch(f"{self.base}/api/v1/status"))
        return int(status["subscriptions"])

    def assertWhole(self, found: list[int]) -> None:
        """From the first to the last every number is there, once."""
        twice = [number for number, count in Counter(found).items() if count > 1]
        lacking = sorted(set(range(min(found), max(found) + 1)) - set(found))
        self.assertEqual((twice, lacking), ([], []), "came twice, and are missing")

    def test_restarted(self) -> None:
        """Killed and started again: what was published meanwhile is asked for, and nothing comes twice."""
        node, url = self.archiver("30s")
        before = self.hasMore(url, 60)
        self.assertEqual(node.signal(signal.SIGKILL), -signal.SIGKILL)
        time.sleep(1.0)
        _, url = self.archiver("30s")
        after = self.hasMore(url, max(before) + 150)
        self.assertWhole(after)
        self.assertLessEqual(set(before), set(after))
        lines = json.loads(fetch(f"{url}/api/v1/status"))["lines"]
        self.assertGreater(lines["filled"], 20)
        self.assertEqual((lines["missed"], lines["lost"]), (0, 0))

    def test_away(self) -> None:
        """Killed for good: the producer sends on until the lease ends, and then to nobody."""
        node, url = self.archiver("2s")
        self.hasMore(url, 20)
        self.assertEqual(self.subscribed(), 1)
        node.signal(signal.SIGKILL)
        poll(self.subscribed, lambda count: count == 0, _LONGEST, 0.2)

    def test_cut(self) -> None:
        """A connection that breaks is made again; what was on its way is asked for."""
        _, url = self.archiver("30s")
        last = 0
        for _ in range(3):
            last = max(self.hasMore(url, last + 40))
            # It is there with all that is in it.
            written = self.home / "cut.new"
            written.write_text(str(self.port))
            written.rename(self.home / "cut")
            poll((self.home / "cut").exists, lambda isThere: not isThere, _LONGEST)
        found = self.hasMore(url, last + 100)
        self.assertWhole(found)
        self.assertGreater(found[-1] - found[0], 100)
