"""C{gma} as a user runs it: its processes, a node's, terminals, and servers that are not as they should be."""

import contextlib
import json
import os
import pty
import re
import shlex
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.errors import PeerUnreachable, TooLarge
from gma_twisted.markup.namespaces import SD
from tests.integration.commandcase import CommandCase
from tests.integration.pages import privateCertificate
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks

_PAGE = "docs/cli.md"
_HERE = "127.0.0.1:8480"
_PRODUCER = "127.0.0.1:8490"
_LONGEST = 50.0
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
_LINE = b"ts=2009-12-08T17:43:30.123456Z event=App Program=GridFTP Bandwidth=100.0\n"
_STAYS = re.compile(r"--keep|^gma (demo|watch)")


class PageTests(CommandCase):
    """docs/cli.md, word by word but for the port."""

    def setUp(self) -> None:
        """A node as the page starts it."""
        super().setUp()
        if not (ROOT / _PAGE).exists():
            raise SkipTest("the documentation is not installed")
        (configuration,) = readBlocks(_PAGE, "toml")
        (self.home / "vo.toml").write_text(configuration.text)
        (site,) = readBlocks(_PAGE, "xml")
        (self.home / "site.xml").write_text(site.text)
        starting, *self.commands = readBlocks(_PAGE)[1:]
        words = starting.text.split()
        self.assertEqual(words[:4], ["twistd", "-n", "--pidfile=", "gma-index"])
        self.node = self.index(*words[4:])
        self.until("gma ls {} glue:Host")
        producer = Node(
            self.home,
            self.addCleanup,
            *("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / "producer")),
            kind="gma-producer",
        )
        self.producer = producer.url().removeprefix("http://")

    def until(self, command: str) -> None:
        """Repeat a command until it succeeds."""
        until = time.monotonic() + 20
        while self.shell(command.format(self.node)).returncode and time.monotonic() < until:
            time.sleep(0.1)

    def test_examples(self) -> None:
        """Every command does what the page says, and prints what looks as it does there."""
        last = ""
        for block in self.commands:
            text = block.text.replace(_HERE, self.node).replace(_PRODUCER, self.producer)
            if text.startswith("gma listen"):
                last = self.heard(text.replace(":14830", ":0"))
            elif block.language == "":
                last = self.kept(text) if _STAYS.search(text) else self.done(text)
            elif block.language == "text":
                self.assertEqual(_heads(last)[-1], block.text.splitlines()[0].split())
            elif block.language == "json":
                self.assertEqual(_shape(json.loads(last)), _shape(json.loads(text)))

    def done(self, text: str) -> str:
        """What commands print that succeed."""
        ended = self.shell(text)
        self.assertEqual(ended.returncode, 0, (text, ended.stderr))
        return _lastOf(ended.stdout)

    def kept(self, text: str) -> str:
        """The same of one that stays until Ctrl-C."""
        with subprocess.Popen(
            shlex.split(text),
            cwd=self.home,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self.addCleanup(process.kill)
            assert process.stdout is not None
            told = process.stdout.readline() + process.stdout.readline()
            process.send_signal(signal.SIGINT)
            more, errors = process.communicate(timeout=_LONGEST)
        self.assertEqual((process.returncode, "Traceback" in errors), (0, False), errors)
        return told + more

    def heard(self, text: str) -> str:
        """What one prints that listens for lines, when one comes."""
        with subprocess.Popen(
            shlex.split(text),
            cwd=self.home,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            self.addCleanup(process.kill)
            assert process.stdout is not None and process.stderr is not None
            port = int(process.stderr.readline().rsplit(":", 1)[1])
            with socket.create_connection(("127.0.0.1", port), _LONGEST) as client:
                client.sendall(_LINE)
            told = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            more, errors = process.communicate(timeout=_LONGEST)
        self.assertEqual((process.returncode, more, errors), (0, "", ""))
        return told


def _lastOf(told: str) -> str:
    """What the last of some commands printed, when it is a document."""
    start = told.rfind("\n[\n")
    return told if start < 0 else told[start:]


def _heads(told: str) -> list[list[str]]:
    """The words of all headings in a text: lines of capitals, in each of which a table begins."""
    lines = [line for line in told.splitlines() if re.fullmatch(r"[A-Z ]+", line)]
    # gma status has several; the page shows the first.
    return [lines[0].split()] if len(lines) > 2 else [line.split() for line in lines]


def _shape(value: object) -> object:
    """Names and kinds of a document, without what differs from node to node."""
    if isinstance(value, list):
        return [_shape(one) for one in value]
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items()}
    return type(value)


class VerbTests(CommandCase):
    """Against a node, and nobody; every process starts as a user starts it."""

    isForked = False

    def test_statuses(self) -> None:
        """Statuses and streams of processes."""
        node = self.index()
        ended = self.gma("ls", node)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertIn("ogsi:interface\n", ended.stdout)
        for status, words in (
            (1, ("get", node, "{urn:nix}nix")),
            (2, ("get", node)),
            (3, ("ls", "127.0.0.1:1")),
            (4, ("register", f"{node}/services/container", "http://site:1/x")),
        ):
            ended = self.gma(*words)
            self.assertEqual((ended.returncode, ended.stdout), (status, ""), words)
            self.assertNotIn("Traceback", ended.stderr)

    def test_pipe(self) -> None:
        """A reader that goes away early is nobody's error."""
        node = self.index()
        ended = self.shell(f"gma ls {node} | head -n 1")
        self.assertEqual((ended.stdout, ended.stderr), ("NAME\n", ""))

    def test_encoding(self) -> None:
        """A standard output that has few letters gets tables too, and documents whole."""
        (self.home / "vo.toml").write_text("[sde.'{urn:a}Note']\nvalue = 'a\u20acb'\n")
        node = self.index("-c", "vo.toml")
        ended = self.gma("get", node, "{urn:a}Note", "-o", "table", PYTHONIOENCODING="latin-1")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertIn("a?b", ended.stdout)
        ended = self.gma("get", node, "{urn:a}Note", PYTHONIOENCODING="latin-1")
        self.assertIn("a\u20acb", ended.stdout)

    def test_terminal(self) -> None:
        """On a terminal tables are drawn by rich and load has a bar; both end well, and NO_COLOR is honoured."""
        node = self.index()
        drawn = self.onTerminal("gma", "ls", node)
        self.assertIn("─", drawn)
        self.assertIn("ogsi:interface", drawn)
        (self.home / "x.xml").write_text('<State xmlns="urn:a">1</State>')
        self.assertIn("were not set", self.onTerminal("gma", "load", node, "x.xml"))
        self.assertIn("PROVIDER", self.onTerminal("timeout", "-s", "INT", "3", "gma", "top", node))

    def onTerminal(self, *words: str) -> str:
        """What is seen of a command."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with subprocess.Popen(
            words,
            cwd=self.home,
            env=self.environment(TERM="xterm", NO_COLOR="1", COLUMNS="200"),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            seen = b""
            # The end of a terminal nobody writes to any more is an error.
            with contextlib.suppress(OSError):
                while piece := os.read(ours, 65536):
                    seen += piece
            process.wait(_LONGEST)
        return seen.decode()

    def test_terminated(self) -> None:
        """A registration that is kept ends with SIGTERM, and is taken out."""
        node = self.index()
        command = ("gma", "register", node, "http://site:1/x", "--keep")
        with subprocess.Popen(
            command, cwd=self.home, env=self.environment(), stdout=subprocess.PIPE, text=True
        ) as process:
            self.addCleanup(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.readline()
            self.assertEqual(self.gma("get", node, "ogsi:entry").returncode, 0)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(_LONGEST), 0)
        self.assertEqual(self.gma("get", node, "ogsi:entry").returncode, 1)

    def test_xml(self) -> None:
        """XML is one document that begins at the first byte."""
        node = self.index()
        told = self.gma("get", node, "gma:node").stdout
        self.assertEqual(etree.fromstring(told).tag, f"{{{SD}}}serviceDataValues")


class CallerTests(SynchronousTestCase):
    """L{BlockingCaller} before servers that misbehave."""

    timeout = 60

    def serve(
        self, answer: Callable[[socket.socket], object], context: ssl.SSLContext | None = None
    ) -> str:
        """Answer connections one after the other. @return: the base URL"""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connected, _ = listening.accept()
                    with connected, contextlib.suppress(OSError):
                        taken = connected
                        if context is not None:
                            taken = context.wrap_socket(connected, server_side=True)
                        taken.recv(65536)
                        answer(taken)

        threading.Thread(target=run, daemon=True).start()
        return f"http{'s' if context else ''}://127.0.0.1:{listening.getsockname()[1]}"

    def says(self, *pieces: bytes) -> str:
        """A server that sends this."""
        return self.serve(lambda connected: connected.sendall(b"".join(pieces)))

    def fails(self, url: str, timeout: float = 20.0) -> str:
        """Why it cannot be reached."""
        return str(self.assertRaises(PeerUnreachable, BlockingCaller().get, url, timeout))

    def test_whole(self) -> None:
        """Answers by length, in chunks, and until the end."""
        for said in (
            _HEAD + b"Content-Length: 5\r\n\r\nwhole and more",
            _HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nwh\r\n3\r\nole\r\n0\r\n\r\n",
            _HEAD + b"Connection: close\r\n\r\nwhole",
        ):
            self.assertEqual(BlockingCaller().get(self.says(said) + "/x", 20.0), b"whole")

    def test_cut(self) -> None:
        """An answer that ends too early is none."""
        for said in (
            _HEAD + b"Content-Length: 50\r\n\r\nhalf",
            _HEAD + b"Transfer-Encoding: chunked\r\n\r\n50\r\nhalf",
        ):
            self.assertIn("ended too early", self.fails(self.says(said)))
        self.assertIn("cannot be reached", self.fails(self.says(b"")))

    def test_other(self) -> None:
        """Something that does not speak HTTP."""
        self.assertIn("does not speak HTTP", self.fails(self.says(b"SSH-2.0-OpenSSH_9\r\n")))

    def test_slow(self) -> None:
        """One that sends a byte now and then, in its head or its body, is given up in time."""

        def drip(head: bytes) -> Callable[[socket.socket], object]:
            def send(connected: socket.socket) -> None:
                connected.sendall(head)
                for _ in range(300):
                    connected.sendall(b"x")
                    time.sleep(0.05)

            return send

        for head in (b"", _HEAD, _HEAD + b"X: ", _HEAD + b"Content-Length: 500\r\n\r\n"):
            url = self.serve(drip(head))
            started = time.monotonic()
            self.assertIn("did not answer within 0.5 s", self.fails(url, 0.5))
            self.assertLess(time.monotonic() - started, 10.0)

    def test_silent(self) -> None:
        """One that takes the request and says nothing."""
        self.assertIn(
            "did not answer within 0.3 s; a longer timeout may help",
            self.fails(self.serve(lambda connected: time.sleep(3)), 0.3),
        )

    def test_large(self) -> None:
        """More than is accepted."""
        url = self.says(_HEAD + b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000)
        caller = BlockingCaller(mostAnswer=100_000)
        error = self.assertRaises(TooLarge, caller.get, url, 20.0)
        self.assertIn("more than 100000 bytes", str(error))

    def test_absent(self) -> None:
        """Nobody listens; no such host; a host that cannot be one."""
        self.assertIn("is the node running?", self.fails("http://127.0.0.1:1/x"))
        self.assertIn("http://h.invalid:1/x", self.fails("http://h.invalid:1/x"))
        self.assertIn("cannot be reached", self.fails(f"http://{'x' * 70}.example:1/"))
        self.assertIn("cannot be reached", self.fails("http://127.0.0.1:1/\xe4"))

    def test_certificate(self) -> None:
        """One whose certificate nobody vouches for."""
        certificate = Path(self.mktemp())
        pair = privateCertificate()
        key = pair.privateKey.dump(1)
        certificate.write_bytes(pair.dumpPEM() + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        url = self.serve(lambda connected: None, context)
        self.assertIn("an authority that is not known here", self.fails(url))


del CommandCase
