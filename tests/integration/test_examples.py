"""The example packages as a reader has them: their tests, the wheel, and a node of their configuration."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from twisted.trial.unittest import SkipTest, SynchronousTestCase

import gma_twisted
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import Access, Expression
from gma_twisted.soap import Operation
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.creation import CreationRequest, writeCreation
from gma_twisted.soap.porttypes import FACTORY, GRID_SERVICE
from gma_twisted.soap.types import INTEGER, STRING, Part
from tests.examples.template import exampleFiles
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node, fetch
from tests.readme import ROOT

_URI = "urn:example:gridsite"
# What a client that has only read the WSDL knows.
_ANNOUNCE = Operation(
    _URI, "announce", (Part("text", STRING),), (Part("count", INTEGER),), access=Access.WRITE
)
_GMA = "from gma_twisted.command.main import gma; gma()"
_PACKAGE = str(Path(gma_twisted.__file__).parent.parent)
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "_trial_temp*", "state")


class ExampleCase(SynchronousTestCase):
    """A copy of the examples in a directory of its own."""

    timeout = 120

    def setUp(self) -> None:
        """Make the copy."""
        if not (ROOT / "examples").exists():
            raise SkipTest("the examples are not installed")
        home = Path(self.mktemp()).absolute()
        shutil.copytree(ROOT / "examples", home, ignore=_LEFT_OUT)
        self.site, self.contracts = home / "site", home / "contracts"

    def done(self, home: Path, *words: str) -> str:
        """What Python says that must end well."""
        ended = subprocess.run(
            [sys.executable, *words],
            cwd=home,
            env={**os.environ, "PYTHONPATH": _PACKAGE},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout


class ProofTests(ExampleCase):
    """What is not a node."""

    def test_site(self) -> None:
        """The tests of the package pass, with each contract it uses among them."""
        told = self.done(self.site, "-m", "twisted.trial", "gridsite")
        self.assertRegex(told, r"PASSED \(successes=\d\d\)")
        contracts = ("contractDocument", "contractRepeatable", "contractSeparate", "model")
        for name in (*contracts, "badLine", "announce", "remembered"):
            self.assertIn(f"test_{name} ...", told)

    def test_contracts(self) -> None:
        """The other contracts pass on parts of the package."""
        told = self.done(self.contracts, "-m", "twisted.trial", "test_contracts")
        self.assertRegex(told, r"PASSED \(successes=1\d\d\)")

    def test_checked(self) -> None:
        """The configuration has no mistake."""
        told = self.done(self.site, "-c", _GMA, "config", "check", "site.toml")
        self.assertIn("queues", told)

    def test_wheel(self) -> None:
        """It can be built, and the wheel holds its modules."""
        if find_spec("hatchling") is None:
            raise SkipTest("hatchling is not installed")
        self.done(self.site, "-m", "hatchling", "build", "-t", "wheel")
        (wheel,) = (self.site / "dist").glob("*.whl")
        names = set(ZipFile(wheel).namelist())
        modules = {one for one in exampleFiles() if one.startswith("gridsite/")}
        self.assertEqual({one for one in names if ".dist-info/" not in one}, modules)


class NodeTests(ExampleCase):
    """A node started in the directory of the package."""

    def setUp(self) -> None:
        """Start it."""
        super().setUp()
        listen = ("--listen", "tcp:0:interface=127.0.0.1")
        state = ("--state-dir", str(self.site / "state"))
        node = Node(self.site, self.addCleanup, "-c", "site.toml", *listen, *state)
        self.base = node.url()
        # The first run of a provider may be a moment later than the first line.
        index = f"{self.base}/services/index"
        self.queues = poll(lambda: self._values(index), bool, 20.0)

    def _call(self, url: str, operation: Operation, arguments: Mapping[str, object]) -> Any:
        answer = fetch(url, writeRequest(operation, arguments))
        return readResponse(operation, answer, XMLGate())

    def _values(self, url: str) -> list[Element]:
        query = (
            f'<ogsi:queryByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:g="{_URI}">'
            "<ogsi:name>g:*</ogsi:name></ogsi:queryByServiceDataNames>"
        )
        (found,) = (one for one in GRID_SERVICE.operations if one.name == "findServiceData")
        result: Expression = self._call(url, found, {"queryExpression": query.encode()})
        return list(result.read(list))

    def test_queues(self) -> None:
        """Each queue of the file is a value."""
        self.assertEqual(
            [(one.get("name"), one.get("running"), one.get("waiting")) for one in self.queues],
            [("long", "12", "3"), ("short", "4", "0")],
        )

    def test_get(self) -> None:
        """The command of README.md that asks the node."""
        self.assertIn('name="long"', self.done(self.site, "-c", _GMA, *self._command("gma get")))

    def test_watch(self) -> None:
        """The command of README.md that tells what the node knows, until Ctrl-C."""
        with subprocess.Popen(
            [sys.executable, "-c", _GMA, *self._command("gma watch")],
            env={**os.environ, "PYTHONPATH": _PACKAGE},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            self.addCleanup(process.kill)
            assert process.stdout is not None
            told = process.stdout.readline() + process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(told, rf"^\S+  new +{{{_URI}}}Queue +long .*\n.*Queue +short ")

    def _command(self, start: str) -> Sequence[str]:
        """The words behind C{gma} of the line of README.md that begins so, for the node that runs."""
        text = (self.site / "README.md").read_text()
        (line,) = (one for one in text.splitlines() if one.startswith(start))
        self.assertIn(" 127.0.0.1:8480 ", line)
        return shlex.split(line.replace("127.0.0.1:8480", self.base))[1:]

    def test_history(self) -> None:
        """The store has written the queues into its file; the command of README.md that shows it."""
        text = (self.site / "README.md").read_text()
        (line,) = (one for one in text.splitlines() if "history.db" in one and "python" in one)
        told = self.done(self.site, *shlex.split(line)[1:])
        self.assertEqual(len(told.splitlines()), 2, told)
        self.assertRegex(told, rf"(?m)^[-\d]+ [:\d]+ added {{{_URI}}}Queue long <")

    def test_board(self) -> None:
        """A board is made on request, written on, and tells what is announced."""
        asked = {"creationParameters": writeCreation(CreationRequest("board", "news"))}
        locator, *_ = self._call(f"{self.base}/services/container", FACTORY.operations[0], asked)
        (handle,) = locator.handles
        self.assertEqual(self._call(handle.url, _ANNOUNCE, {"text": "down on Monday"}), 1)
        (found,) = self._values(handle.url)
        self.assertEqual(found.text, "down on Monday")
