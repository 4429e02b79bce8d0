"""C{gma listen} with a reactor and sockets."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator

from tests.integration.commandcase import LONGEST, CommandCase
from tests.streams.listenstand import line

_TCP, _UDP = "x-netlog://127.0.0.1:0", "x-netlog-udp://127.0.0.1:0"


class ListenTests(CommandCase):
    """As a user runs it."""

    def listen(self, *words: str) -> "subprocess.Popen[str]":
        """Begin."""
        return self.began("listen", *words)

    def ports(self, process: "subprocess.Popen[str]", count: int) -> Iterator[int]:
        """Where it says it listens."""
        assert process.stderr is not None
        for _ in range(count):
            said = process.stderr.readline()
            self.assertTrue(said.startswith("listening at x-netlog"), said)
            yield int(said.rsplit(":", 1)[1])

    def send(self, port: int, data: bytes) -> None:
        """Over TCP."""
        with socket.create_connection(("127.0.0.1", port), LONGEST) as client:
            client.sendall(data)

    def test_count(self) -> None:
        """It prints what comes by TCP and UDP, says what is no event, and ends after so many."""
        process = self.listen(_TCP, _UDP, "--count", "3")
        tcp, udp = self.ports(process, 2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(line("u", v=1), ("127.0.0.1", udp))
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        self.assertEqual((first["name"], first["items"][0]["value"]), ("u", 1))
        self.send(tcp, b"ULM\0    junk\n" + line("a") + line("b") + line("c"))
        told, said = process.communicate(timeout=LONGEST)
        self.assertEqual([json.loads(one)["name"] for one in told.splitlines()], ["a", "b"])
        self.assertIn('"junk"', said)
        self.assertEqual(process.returncode, 0)

    def test_strict(self) -> None:
        """What is only nearly a line is one, unless that is not wanted."""
        process = self.listen(_TCP, "--strict", "--count", "1")
        (port,) = self.ports(process, 1)
        self.send(port, line("loose").rstrip() + b" word\n" + line("good"))
        told, _ = process.communicate(timeout=LONGEST)
        self.assertEqual(json.loads(told)["name"], "good")

    def test_ended(self) -> None:
        """Ctrl-C and SIGTERM end it, and so does a reader who has enough."""
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.listen(_TCP)
            list(self.ports(process, 1))
            process.send_signal(number)
            _, said = process.communicate(timeout=LONGEST)
            self.assertEqual((process.returncode, said), (0, ""))
        process = self.listen(_TCP)
        (port,) = self.ports(process, 1)
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        self.send(port, line("a"))
        _, said = process.communicate(timeout=LONGEST)
        self.assertEqual((process.returncode, said), (0, ""))

    def test_taken(self) -> None:
        """A port that somebody has is named, with what to do."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            process = self.listen(f"x-netlog://127.0.0.1:{taken.getsockname()[1]}")
            _, said = process.communicate(timeout=LONGEST)
        self.assertEqual(process.returncode, 1)
        self.assertIn("name another port", said)
