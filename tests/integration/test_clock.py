"""The boot clock on real reactors, each in a process of its own."""

import functools
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN = 60.0


@functools.cache
def probe(reactor: str, clock: str, scenario: str) -> dict[str, float]:
    """What the timers did: names and seconds after the start."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.clockprobe", reactor, clock, scenario],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=ENDS_WITHIN,
        check=True,
    )
    seen: dict[str, float] = dict(json.loads(done.stdout.splitlines()[-1]))
    return seen


class StockClockTests(SynchronousTestCase):
    """The trap that the boot clock avoids; when Twisted closes it, these fail and it may go."""

    def test_back(self) -> None:
        """With Twisted's own clock, a step back freezes every timer."""
        self.assertEqual(probe("epoll", "stock", "back"), {})

    def test_forward(self) -> None:
        """With Twisted's own clock, a step forward fires timers that have half an hour left."""
        self.assertIn("half an hour", probe("epoll", "stock", "forward"))


class BootClockTests(SynchronousTestCase):
    """With the boot clock installed, timers fire when they should."""

    reactor = "epoll"
    # They share a probe.
    isDealtWhole = True

    def setUp(self) -> None:
        """The fast extra may be missing."""
        if self.reactor == "uvloop" and importlib.util.find_spec("uvloop") is None:
            raise SkipTest("uvloop is not installed")

    def test_back(self) -> None:
        """A timer set before the wall clock goes back an hour fires, and not before its time."""
        self.assertGreaterEqual(probe(self.reactor, "boot", "all")["soon"], 0.49)

    def test_forward(self) -> None:
        """When the wall clock goes forward two hours, timers fire in their order, and far ones do not."""
        seen = probe(self.reactor, "boot", "all")
        self.assertEqual(list(seen), ["soon", "later", "half an hour"])
        self.assertGreaterEqual(seen["later"], 0.74)
        self.assertGreaterEqual(seen["half an hour"], 0.89)

    def test_asleep(self) -> None:
        """After a suspend, what came due in it fires at the next beat: nothing else would wake the reactor."""
        self.assertIn("half an hour", probe(self.reactor, "boot", "all"))


class BootClockAsyncioTests(BootClockTests):
    """The same on asyncio's event loop, which has a clock of its own."""

    reactor = "asyncio"


class BootClockUvloopTests(BootClockTests):
    """The same on uvloop, whose clock counts milliseconds."""

    reactor = "uvloop"


class BootClockSelectTests(BootClockTests):
    """The same on select."""

    reactor = "select"
