"""pyGMA's third sample end to end: who is asked for lines at a plain TCP port sends them there."""

import socket
import sys
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.model.event import Event, EventField
from gma_twisted.netlogger import bp
from gma_twisted.pygma.producer import ProducerProxy
from tests.integration.netloggeroracle import readByOracle
from tests.integration.twistd import Node
from tests.readme import ROOT

_LONGEST = 60.0
_COUNT = 20
# Publishes by itself, and says nothing of where that goes.
_PRODUCER = """
from twisted.internet import reactor

from gma_twisted.pygma import event
from gma_twisted.pygma.producer import *

class Transfers(ProducerServer):
    def doSubscribe(self, event, url, sId, **kw):
        for number in range(%d):
            reactor.callLater(0.2 + number / 100, self.publish, transfer(number))

    def doUnsubscribe(self, sid):
        pass

def transfer(number):
    made = event.Event("App", 1700000000 + number / 8)
    made.add(event.EventField("Program", value="GridFTP"))
    made.add(event.EventField("Bandwidth", value=100.0, units="Mb/s"))
    made.add(event.EventField("file", value='/data/a "b" %%d' %% number))
    made.add(event.EventField("bytes", value=number))
    return made
"""


def _expected(number: int) -> Event:
    made = Event("App", 1700000000 + number / 8)
    made.add(EventField("Program", "GridFTP"))
    made.add(EventField("Bandwidth", 100.0, "Mb/s"))
    made.add(EventField("file", f'/data/a "b" {number}'))
    made.add(EventField("bytes", number))
    return made


class ThirdSampleTests(SynchronousTestCase):
    """C{(sid, sid2) = pp.subscribe(e, "x-netlog://...")}."""

    timeout = 120

    def setUp(self) -> None:
        """A node with the producer, and a port that knows nothing but TCP."""
        if not (ROOT / "examples" / "pygma").exists():
            raise SkipTest("the examples are not installed")
        home = Path(self.mktemp()).absolute()
        home.mkdir()
        (home / "transfers.py").write_text(_PRODUCER % _COUNT)
        self.node = Node(
            home,
            self.addCleanup,
            *("--class", "transfers:Transfers", "--listen", "tcp:0:interface=127.0.0.1"),
            *("--state-dir", str(home / "state")),
            kind="gma-producer",
        )
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.listener.settimeout(_LONGEST)
        sys.path.insert(0, str(ROOT / "examples" / "pygma"))
        self.addCleanup(sys.path.remove, sys.path[0])

    def arrived(self, count: int) -> list[bytes]:
        """The first lines of the first connection."""
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(_LONGEST)
            data = b""
            while data.count(b"\n") < count:
                more = connection.recv(65_536)
                self.assertNotEqual(more, b"", data)
                data += more
        return data.split(b"\n")[:count]

    def test_sample(self) -> None:
        """The lines are those of the events that were published, to our reader and to NetLogger's own."""
        from buildevent import e  # type: ignore[import-not-found]  # noqa: PLC0415

        pp = ProducerProxy(url=self.node.url() + "/services/producer")
        port = self.listener.getsockname()[1]
        sid, sid2 = pp.subscribe(e, f"x-netlog://127.0.0.1:{port}")
        self.assertNotEqual(sid, sid2)
        lines = self.arrived(_COUNT)
        published = [_expected(number) for number in range(_COUNT)]
        self.assertEqual([bp.read(line) for line in lines], published)
        pp.unsubscribe(sid2)
        for event, said in zip(published, readByOracle(lines), strict=True):
            self.assertEqual(
                said,
                {
                    "ts": event.timestamp.seconds,
                    "event": "App",
                    "Program": "GridFTP",
                    "Bandwidth": "100.0",
                    "Bandwidth._units": "Mb/s",
                    "file": event.get("file"),
                    "bytes": str(event.get("bytes")),
                },
            )
