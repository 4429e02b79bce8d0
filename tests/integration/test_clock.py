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
ENDS_WITHIN = 20.0


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

    def setUp(self) -> None:
        """The fast extra may be missing."""
        if self.reactor == "uvloop" and importlib.util.find_spec("uvloop") is None:
            raise SkipTest("uvloop is not installed")

    def test_back(self) -> None:
        """A timer set before the wall clock goes back an hour fires on time."""
        soon = probe(self.reactor, "boot", "all")["soon"]
        self.assertTrue(0.49 <= soon <= 0.9, soon)

    def test_forward(self) -> None:
        """When the wall clock goes forward two hours, timers fire on time and far ones do not."""
        seen = probe(self.reactor, "boot", "all")
        self.assertTrue(0.74 <= seen["later"] <= 1.1, seen)
        self.assertTrue(seen["half an hour"] >= 0.89, seen)

    def test_asleep(self) -> None:
        """After a suspend, what came due in it fires within a beat (0.25 s here)."""
        self.assertTrue(probe(self.reactor, "boot", "all")["half an hour"] <= 0.9 + 0.25 + 0.09)


class BootClockAsyncioTests(BootClockTests):
    """The same on asyncio's event loop, which has a clock of its own."""

    reactor = "asyncio"


class BootClockUvloopTests(BootClockTests):
    """The same on uvloop, whose clock counts milliseconds."""

    reactor = "uvloop"


class BootClockSelectTests(BootClockTests):
    """The same on select."""

    reactor = "select"
