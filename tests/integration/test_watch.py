"""C{gma watch} with a reactor, sockets, and a program."""

import json
import re
import shlex
import signal
import socket
import subprocess

from twisted.trial.unittest import SkipTest

from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.test_aggregate import status
from tests.integration.twistd import Node

_LIVE = """
[providers.tick]
command = ["/bin/sh", "-c", "printf '<Tick xmlns=\\"urn:t\\">%s</Tick>' $(date +%s%N)"]
interval = "500ms"
"""
_TICK = "{urn:t}Tick"


class WatchTests(CommandCase):
    """Against a node whose value is another one twice a second."""

    def setUp(self) -> None:
        """Start it."""
        super().setUp()
        (self.home / "tick.toml").write_text(_LIVE)
        self.node = self.index("-c", "tick.toml")
        poll(lambda: self.gma("ls", self.node, _TICK).returncode, lambda status: status == 0)

    def watch(self, *words: str) -> "subprocess.Popen[str]":
        """Begin."""
        return self.began("watch", *words)

    def lines(self, process: "subprocess.Popen[str]", count: int) -> list[str]:
        """The next lines it prints."""
        assert process.stdout is not None
        return [process.stdout.readline() for _ in range(count)]

    def subscriptions(self) -> int:
        """How many the node has."""
        return int(status(f"http://{self.node}")["subscriptions"])

    def ended(self, process: "subprocess.Popen[str]", number: int) -> str:
        """End it. @return: what it said beside the changes"""
        process.send_signal(number)
        _, said = process.communicate(timeout=LONGEST)
        self.assertEqual(process.returncode, 0, said)
        return said

    def test_told(self) -> None:
        """A node of this machine tells; Ctrl-C ends the subscription."""
        process = self.watch(self.node, _TICK)
        first, second, third = self.lines(process, 3)
        self.assertRegex(first, rf"^\d\d:\d\d:\d\d  new      {re.escape(_TICK)}  -  Tick=\d+\n$")
        self.assertIn("  changed  ", second)
        self.assertNotEqual(second.split()[-1], third.split()[-1])
        self.assertEqual(poll(self.subscriptions, bool), 1)
        said = self.ended(process, signal.SIGINT)
        self.assertEqual(said, f"http://{self.node}/services/index tells us of changes\n")
        poll(self.subscriptions, lambda count: count == 0)

    def test_asked(self) -> None:
        """A node whose address is not of loopback is asked."""
        address = _address()
        if not address:
            raise SkipTest("this machine has no address but loopback's")
        listen = ("--listen", f"tcp:0:interface={address}", "--state-dir", str(self.home / "other"))
        node = Node(self.home, self.addCleanup, "-c", "tick.toml", "--insecure", *listen)
        process = self.watch(node.url(), _TICK, "--interval", "500ms", "-o", "json")
        first, second = map(json.loads, self.lines(process, 2))
        self.assertEqual((first["change"], second["change"]), ("new", "changed"))
        self.assertEqual(status(node.url())["subscriptions"], 0)
        said = self.ended(process, signal.SIGTERM)
        self.assertIn("may not reach us: it is asked every 0.5 s", said)

    def test_program(self) -> None:
        """A program is given each change."""
        script = 'echo "$GMA_CHANGE $GMA_NAME $(cat)" >> seen'
        process = self.watch(self.node, _TICK, "--updates-only", "--", "sh", "-c", script)
        self.lines(process, 2)
        seen = self.home / "seen"
        poll(
            lambda: seen.read_text().splitlines() if seen.exists() else [],
            lambda found: len(found) > 1,
        )
        self.ended(process, signal.SIGINT)
        line = seen.read_text().splitlines()[0]
        self.assertRegex(line, rf"^changed {re.escape(_TICK)} <Tick .*</Tick>$")

    def test_everything(self) -> None:
        """Without a name everything is watched; who has read enough ends it."""
        words = shlex.join(("gma", "watch", self.node, "--match", "Tick"))
        ended = self.shell(f"{words} | head -n 2")
        self.assertEqual((ended.returncode, len(ended.stdout.splitlines())), (0, 2))
        self.assertNotIn("Traceback", ended.stderr)


def _address() -> str:
    """An address of this machine that is not of loopback; empty when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return "" if address.startswith("127.") else address
