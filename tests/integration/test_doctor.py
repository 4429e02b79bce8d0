"""C{gma doctor} before real ports, and a node that runs."""

import json
import socket
from typing import Any

from tests.integration.commandcase import CommandCase


class DoctorTests(CommandCase):
    """As a user runs it."""

    def found(self, status: int, *words: str) -> list[dict[str, Any]]:
        """What it finds wrong, when that is something."""
        ended = self.gma("doctor", *words, "-o", "json")
        self.assertEqual((ended.returncode, ended.stderr), (status, ""))
        return [one for one in json.loads(ended.stdout) if not one["isGood"]]

    def configuration(self, port: int) -> str:
        """A file of a node at a port."""
        (self.home / "vo.toml").write_text(
            f"[node]\nlisten = ['tcp:{port}:interface=127.0.0.1']\nstate_dir = '{self.home}/state'\n"
        )
        return "vo.toml"

    def test_busy(self) -> None:
        """A port that somebody has."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            (one,) = self.found(1, "-c", self.configuration(port))
        self.assertEqual(one["said"], "cannot be opened: Address already in use")
        self.assertIn(f"sport = :{port}", one["cure"])
        self.assertEqual(self.found(0, "-c", self.configuration(port)), [])

    def test_running(self) -> None:
        """A node that runs is well; a second one of its configuration cannot start."""
        node = self.index()
        self.assertEqual(self.found(0, node, "--wsdl", f"http://{node}/services/index?wsdl"), [])
        busy, locked = self.found(1, "-c", self.configuration(int(node.rpartition(":")[2])))
        self.assertIn("already in use", busy["said"])
        self.assertRegex(locked["said"], r"^belongs to a running node, process \d+$")
