"""docs/pygma.md and examples/pygma, word by word but for the ports: pyGMA's samples and the programs of the page."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.pygma import core
from gma_twisted.pygma.producer import ProducerProxy
from tests.integration.commandcase import LONGEST, PACKAGE
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

PAGE = "docs/pygma.md"
EXAMPLES = ROOT / "examples" / "pygma"


class PyGMACase(SynchronousTestCase):
    """A directory for programs."""

    timeout = 120

    def setUp(self) -> None:
        """Make it."""
        if not (EXAMPLES.exists() and (ROOT / PAGE).exists()):
            self.skipTest("examples and documentation are not installed")
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        self.environment = {**os.environ, "PYTHONPATH": PACKAGE, "HOME": str(self.home)}

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        """Start a program that ends with the test."""
        process = subprocess.Popen(
            (sys.executable, *words),
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def printed(self, *words: str) -> str:
        """What a program prints that ends well."""
        ended = subprocess.run(
            (sys.executable, *words),
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout

    def sample(self, name: str) -> str:
        """The path of a sample."""
        return str(EXAMPLES / name)


class SampleTests(PyGMACase):
    """pyGMA's three published samples."""

    def test_event(self) -> None:
        """Building an event."""
        self.assertEqual(
            self.printed(self.sample("buildevent.py")),
            "App Program GridFTP None\nApp Bandwidth 100.0 Mb/s\n",
        )

    def checkSubscribing(self, url: str) -> None:
        """The third sample, at the second."""
        port = url.rpartition(":")[2].partition("/")[0]
        said = self.printed(self.sample("subscribe.py"), port)
        found = re.fullmatch(r"subscribed: (\d+) (\d+)\nended: (\d+)\nagain: Bad id (\d+)\n", said)
        assert found is not None, said
        own, *ids = map(int, found.groups())
        self.assertEqual(len(set(ids)), 1)
        self.assertTrue(0 < own < 2**53 and 0 < ids[0] < 2**53 and own != ids[0])

    def test_served(self) -> None:
        """The producer of the second sample serves by itself, the proxy of the third talks to it, Ctrl-C ends it."""
        process = self.begin(self.sample("myproducer.py"), "0")
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        self.assertRegex(url, r"^http://127\.0\.0\.1:\d+/services/producer$")
        self.checkSubscribing(url)
        again = self.begin(self.sample("myproducer.py"), url.rpartition(":")[2].partition("/")[0])
        assert again.stdout is not None
        self.assertIn("ConfigError", again.stdout.read())
        self.assertEqual(again.wait(LONGEST), 1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(LONGEST), 0, process.stdout.read())
        self.assertRaises(core.PeerUnreachable, ProducerProxy, url=url)

    def test_twistd(self) -> None:
        """The same class in a node of its own, by the command of the page."""
        (command,) = (one.text for one in readBlocks(PAGE, "") if "gma-producer" in one.text)
        place, starts = command.splitlines()
        self.assertEqual(place, "cd examples/pygma")
        words = starts.split()
        self.assertEqual(words[:4], ["twistd", "-n", "--pidfile=", "gma-producer"])
        shutil.copy(self.sample("myproducer.py"), self.home)
        node = Node(
            self.home,
            self.addCleanup,
            *words[4:],
            *("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / "state")),
            kind="gma-producer",
        )
        self.checkSubscribing(node.url())


class PageTests(PyGMACase):
    """docs/pygma.md."""

    def test_samples(self) -> None:
        """What it shows of the samples is in the files, line by line."""
        blocks = [block.text for block in readBlocks(PAGE, "python")]
        for block, name in zip(blocks, ("buildevent", "myproducer", "subscribe"), strict=False):
            lines = (EXAMPLES / f"{name}.py").read_text().splitlines()
            for line in block.splitlines():
                self.assertIn(line, lines)

    def test_program(self) -> None:
        """The program with both ends prints what it should: events come, are kept, and ids end."""
        (program,) = (one.text for one in readBlocks(PAGE, "python") if "Temperatures" in one.text)
        said = self.printed("-c", program).splitlines()
        features = "modify, pause, query, renew, resume, subscribe, unsubscribe"
        for line in (
            "subscribed to room.*",
            "heard room.temperature 21.5",
            "kept: 1",
            "ended",
        ):
            self.assertIn(line, said)
        (can,) = (line for line in said if line.startswith("it can "))
        for feature in features.split(", "):
            self.assertIn(feature, can)
        self.assertTrue(any(re.fullmatch(r"told: Bad id \d+", line) for line in said), said)
        self.assertIn("nobody listens there", said[-1])
        self.assertTrue(said[-1].startswith("gone: http://127.0.0.1:"), said[-1])


_RESTARTING = """
from twisted.internet.threads import deferToThread
from gma_twisted.pygma import core, event
from gma_twisted.pygma.producer import ProducerProxy, ProducerServer
from gma_twisted.pygma.reactor import isReactorThread

class Nothing(ProducerServer):
    pass

class Telling:
    def __init__(self, means):
        self.means = means

    def publish(self, event, source):
        print("published in the reactor:", isReactorThread())
        self.means.publish(event, source)

class Asking(ProducerServer):
    def servedBy(self, means):
        super().servedBy(means and Telling(means))

    def doQuery(self, event, **kw):
        try:
            ProducerProxy(url=here)
        except core.GMAError as error:
            print("asked:", error)
        return []

    async def doSubscribe(self, event, url, sId, **kw):
        # Off the reactor's thread a proxy may wait.
        proxy = await deferToThread(ProducerProxy, url=here)
        print("waited:", proxy.features.roles)

    def doUnsubscribe(self, sid):
        print("unsubscribed")

first = Nothing().serve(0, block=False)
here = first.url
port = int(here.rpartition(":")[2].partition("/")[0])
proxy = ProducerProxy(port=port)
for name in ("query", "subscribe"):
    try:
        getattr(proxy, name)("a", *(["http://127.0.0.1:1/"] if name == "subscribe" else []))
    except core.NotImplementedException as error:
        print("not implemented:", name)
try:
    Nothing().serve(port, block=False)
except core.GMAError as error:
    print("taken:", error)
first.stop()
first.stop()
asking = Asking()
second = asking.serve(port, block=False)
print("events:", len(proxy.query("a").events), "restarts:", proxy.restarts)
sid, sid2 = proxy.subscribe("a", "x-own://anywhere")
try:
    proxy.renew(1)
except core.ParameterError as error:
    print("wrong:", error)
asking.publish(event.Event("a"))
second.stop()
try:
    asking.publish(event.Event("a"))
except core.GMAError as error:
    print("unserved:", error)
"""


class ThreadTests(PyGMACase):
    """C{serve(port, block=False)}."""

    def test_restarted(self) -> None:
        """One proxy over a bare server, its end, and another server at the port, which is noticed."""
        said = self.printed("-c", _RESTARTING).splitlines()
        expected = [
            r"not implemented: query",
            r"not implemented: subscribe",
            r"taken: .*port \d+ is in use.*",
            r"asked: ProducerProxy waits, and this is the thread of the reactor, .*",
            r"events: 0 restarts: 1",
            r"waited: \['producer'\]",
            r"wrong: Bad id 1",
            r"published in the reactor: True",
            r"unsubscribed",
            r"unserved: Asking is not served by a node",
        ]
        self.assertEqual(len(said), len(expected), said)
        for line, pattern in zip(said, expected, strict=True):
            self.assertRegex(line, f"^{pattern}$")
