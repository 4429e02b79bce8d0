"""C{gma doctor}."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.checkinghere import extraOf, plugInOf, reactorOf, twistdOf
from gma_twisted.command.checkingplan import stateOf
from gma_twisted.command.finding import Finding
from gma_twisted.errors import PeerUnreachable
from gma_twisted.markup.namespaces import GMA
from gma_twisted.nodes import INDEX
from gma_twisted.nodes.kind import KINDS
from tests.command.stand import NODE, NodesCase, Peer, run

_WSDL = (
    '<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/"'
    ' xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"><w:service><w:port>%s</w:port></w:service>'
    "</w:definitions>"
)


class DoctorCase(NodesCase):
    """Asks it."""

    def found(self, *words: str) -> Sequence[dict[str, Any]]:
        """What it found."""
        ended = run(self.caller, "doctor", *words, "-o", "json")
        found: list[dict[str, Any]] = json.loads(ended.stdout)
        isGood = all(one["isGood"] for one in found)
        self.assertEqual((ended.exit_code, ended.stderr), (0 if isGood else 1, ""))
        return found

    def last(self, *words: str) -> dict[str, Any]:
        """The last of that."""
        return self.found(*words)[-1]


class NodeTests(DoctorCase):
    """A node, its clock and its WSDL."""

    def test_good(self) -> None:
        """A node that answers and whose clock is right, in every format."""
        self.node("", kind=INDEX)
        found = self.found(NODE)
        self.assertEqual(
            [one["about"] for one in found],
            ["plug-in", "twistd", "reactor", "extra fast", "extra xquery", f"clock http://{NODE}"],
        )
        self.assertEqual(found[-1]["said"], "the clock of the node is +0.0 s from the one here")
        self.assertEqual(found[-1].keys(), {"about", "said", "cure", "isGood"})
        rows = self.gma("doctor", NODE).splitlines()
        self.assertEqual(rows[0].split(), ["WHAT", "HOW", "IT", "IS", "TRY"])
        self.assertTrue(all(row.startswith("ok ") for row in rows[1:]), rows)
        root = etree.fromstring(self.gma("doctor", NODE, "-o", "xml"))
        self.assertEqual(root.tag, f"{{{GMA}}}doctor")

    def test_skew(self) -> None:
        """A clock that is wrong is told, with how much."""
        self.node("", kind=INDEX)
        wallTime = self.caller.wallTime
        self.caller = attrs.evolve(self.caller, wallTime=lambda: wallTime() - 3600)
        one = self.last(NODE)
        self.assertEqual(one["said"], "the clock of the node is +3600 s from the one here")
        self.assertIn("NTP", one["cure"])

    def test_away(self) -> None:
        """A node that is not there."""
        one = self.last("nobody:1")
        self.assertFalse(one["isGood"])
        self.assertIn("nobody listens there", one["said"])

    def test_wsdl(self) -> None:
        """The WSDL of a node sends clients to the node."""
        self.node("", kind=INDEX)
        one = self.last("--wsdl", f"http://{NODE}/services/index?wsdl")
        self.assertTrue(one["isGood"], one)
        self.assertIn(f"sent to http://{NODE}/services/index", one["said"])

    def advertises(self, *addresses: str) -> None:
        """Answer a WSDL for C{node.example}; nothing else answers."""
        ports = "".join(f'<s:address location="{one}"/>' for one in addresses)

        def answer(method: str, url: str, body: bytes) -> bytes:
            if "node.example" not in url:
                raise PeerUnreachable(f"{url} cannot be reached")
            return (_WSDL % ports).encode()

        self.caller = Peer(answer=answer)

    def test_advertised(self) -> None:
        """One that sends clients to themselves, or where nobody answers, wants public_url."""
        url = "https://node.example/services/index?wsdl"
        for address, said in (
            ("http://localhost:8480/services/index", "their own"),
            ("http://[::1]:8480/services/index", "their own"),
            ("http://10.0.0.1:8480/services/index", "where nobody answers"),
        ):
            self.advertises(address)
            one = self.last("--wsdl", url)
            self.assertIn(said, one["said"])
            self.assertEqual(one["cure"], 'set public_url = "https://node.example" in [node]')
        self.advertises("http://other.node.example/x")
        self.assertIn("which answers", self.last("--wsdl", url)["said"])

    def test_noWsdl(self) -> None:
        """No WSDL, no XML, nobody."""
        self.advertises()
        url = "http://node.example/?wsdl"
        self.assertEqual(self.last("--wsdl", url)["said"], "it names no soap:address")
        self.assertFalse(self.last("--wsdl", "http://nobody/?wsdl")["isGood"])
        self.caller = Peer(answer=lambda method, url, body: b"<html>")
        self.assertFalse(self.last("--wsdl", url)["isGood"])


class ConfigurationTests(DoctorCase):
    """What a node is to start with."""

    def test_mistakes(self) -> None:
        """A line a mistake."""
        file = Path(self.mktemp())
        file.write_text("[node]\nnmae = 'x'\n[providers.x]\nintervall = '1s'\n")
        found = [one for one in self.found("-c", str(file)) if not one["isGood"]]
        self.assertIn('unknown key "nmae"', found[0]["said"])
        self.assertEqual(found[0]["cure"], f"gma config check {file}")
        self.assertGreaterEqual(len(found), 2)
        self.assertFalse(self.last("-c", "/nowhere.toml")["isGood"])


class StateTests(SynchronousTestCase):
    """A state directory."""

    def setUp(self) -> None:
        """One that is empty."""
        self.path = Path(self.mktemp()).absolute()
        self.path.mkdir()

    def first(self, path: Path | None = None) -> Finding:
        """What is said of it."""
        return next(iter(stateOf(path or self.path)))

    def journal(self, text: str = "CREATE TABLE quarantine (place, number, why, body)") -> None:
        """A journal."""
        with closing(sqlite3.connect(self.path / "x.db")) as opened:
            opened.executescript(text)

    def test_good(self) -> None:
        """One that is not there yet, and one that is."""
        self.assertIn("can be made", self.first(self.path / "a" / "b").said)
        self.assertFalse((self.path / "a").exists())
        self.journal()
        found = list(stateOf(self.path))
        self.assertEqual([one.isGood for one in found], [True, True])
        self.assertEqual(sorted(one.name for one in self.path.iterdir()), ["x.db"])

    def test_noDirectory(self) -> None:
        """A file."""
        file = self.path / "file"
        file.write_text("")
        self.assertIn(f"chown -R {os.getuid()} {file}", self.first(file).cure)

    def test_locked(self) -> None:
        """The process that has it is named."""
        with (self.path / "lock").open("w+") as lock:
            lock.write("4711\n")
            lock.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = list(stateOf(self.path))
        self.assertEqual([one.said for one in found], ["belongs to a running node, process 4711"])
        self.assertFalse(found[0].isGood)
        # What is left of a node that has ended is no lock.
        self.assertTrue(self.first().isGood)

    def test_damaged(self) -> None:
        """Records in quarantine are counted; a journal that is none is told."""
        self.journal(
            "CREATE TABLE quarantine (place, number, why, body);"
            "INSERT INTO quarantine VALUES (1, 1, 'x', ''), (2, 1, 'x', '')"
        )
        one = list(stateOf(self.path))[1]
        self.assertIn("has 2 damaged records in quarantine", one.said)
        self.assertFalse(one.isGood)
        (self.path / "x.db").write_bytes(b"x" * 4096)
        self.assertIn("cannot be read", list(stateOf(self.path))[1].said)


class HereTests(SynchronousTestCase):
    """The installation."""

    def test_plugIn(self) -> None:
        """A node that twistd does not know is named."""
        self.assertTrue(plugInOf([*KINDS, "web"]).isGood)
        found = plugInOf(["web", "gma-index"])
        self.assertRegex(
            found.said,
            "does not know gma-aggregator, gma-archiver, gma-consumer, gma-filter, gma-mmjfs, gma-producer, "
            "gma-registry, gma-republisher, gma-rips, gma-summariser$",
        )
        self.assertIn("-m pip install", found.cure)

    def test_twistd(self) -> None:
        """The twistd of another environment is not ours."""
        self.assertTrue(twistdOf("/v/bin/twistd", "/v/bin/python").isGood)
        self.assertTrue(twistdOf(None, "/v/bin/python").isGood)
        found = twistdOf("/usr/bin/twistd", "/v/bin/python")
        self.assertIn("another environment", found.said)
        self.assertIn("/v/bin/twistd", found.cure)

    def test_reactor(self) -> None:
        """One that holds few connections."""
        self.assertTrue(reactorOf("twisted.internet.epollreactor").isGood)
        self.assertIn("--reactor=asyncio", reactorOf("twisted.internet.selectreactor").cure)

    def test_extra(self) -> None:
        """Its absence is told, and no mistake."""
        missing = extraOf("xquery", "saxonche", "answering XQuery", None)
        self.assertTrue(missing.isGood)
        self.assertIn("pip install 'gma-twisted[xquery]'", missing.said)
        there = extraOf("fast", "uvloop", "twistd --reactor=gma-uvloop", "1.0")
        self.assertEqual(there.said, "uvloop 1.0 for twistd --reactor=gma-uvloop")
