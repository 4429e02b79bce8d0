"""A sensor that runs on demand, in real processes: a script that writes down when it runs, and who makes it."""

import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.pygma.producer import ProducerProxy
from tests.integration.twistd import Node

_SENSOR = """#!/bin/sh
date +%s.%N >> runs
echo "<Probe xmlns='urn:example'>$(wc -l < runs)</Probe>"
"""
_PRODUCER = """
[producer]
min_lifetime = "1s"

[providers.probe]
command = ["{script}"]
interval = "2s"
demand = true
fastest = "250ms"
"""
_FREE = ("--listen", "tcp:0:interface=127.0.0.1")


class ActivationTests(SynchronousTestCase):
    """A producer, and a consumer that prints."""

    timeout = 120

    def setUp(self) -> None:
        """Start both."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        script = self.home / "sensor"
        script.write_text(f"#!/bin/sh\ncd {self.home}\n" + _SENSOR.partition("\n")[2])
        script.chmod(0o755)
        (self.home / "producer.toml").write_text(_PRODUCER.format(script=script))
        (self.home / "consumer.toml").write_text('[consumer]\noutput = "print"\nopen = true\n')
        self.producer = self.node("producer")
        self.consumer = self.node("consumer")
        self.proxy = ProducerProxy(url=self.producer.url() + "/services/producer")
        self.dataUrl = self.consumer.url() + "/services/consumer"

    def node(self, kind: str) -> Node:
        """Start one."""
        options = ("-c", f"{kind}.toml", "--state-dir", str(self.home / kind), *_FREE)
        return Node(self.home, self.addCleanup, *options, kind=f"gma-{kind}")

    def runs(self) -> list[float]:
        """When the sensor has run, by the wall clock."""
        file = self.home / "runs"
        return [float(line) for line in file.read_text().split()] if file.exists() else []

    def runsWithin(self, seconds: float) -> int:
        """How often it runs meanwhile."""
        before = len(self.runs())
        time.sleep(seconds)
        return len(self.runs()) - before

    def test_life(self) -> None:
        """Nobody, somebody, somebody in a hurry, and nobody again."""
        self.assertEqual(self.runsWithin(1.0), 0)
        found = self.proxy.estimate("Probe")
        self.assertIn("probe never ran", found.basis)
        began = time.time()
        self.proxy.subscribe("Probe", self.dataUrl, lease=60.0)
        self.consumer.waitFor(r'"name": "Probe"')
        (first, *_) = self.runs()
        self.assertLess(first - began, 1.0)
        self.assertLessEqual(self.runsWithin(4.0), 3)
        _, fast = self.proxy.subscribe("Probe", self.dataUrl, lease=60.0, rateLimit=100.0)
        # Sixteen, were the machine idle; without the fast one there were two.
        self.assertGreaterEqual(self.runsWithin(4.0), 8)
        self.proxy.unsubscribe(fast)
        time.sleep(0.5)
        self.assertLessEqual(self.runsWithin(4.0), 3)

    def test_leaseEnds(self) -> None:
        """With the lease the runs end; a dry run tells what another one would bring, and starts nothing."""
        self.proxy.subscribe("Probe", self.dataUrl, lease=2.0)
        self.consumer.waitFor(r'"name": "Probe"')
        time.sleep(4.5)
        self.assertEqual(self.runsWithin(4.5), 0)
        found = self.proxy.estimate("Probe", encoding="bp", rateLimit=2.0)
        self.assertAlmostEqual(found.eventsPerSecond, 2.0)
        self.assertGreater(found.bytesPerSecond, 2.0 * len("ts=2026-11-22T00:00:00Z event=Probe"))
        self.assertEqual(self.runsWithin(1.0), 0)
        self.assertEqual(self.producer.signal(), 0)
