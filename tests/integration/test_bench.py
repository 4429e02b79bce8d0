"""The documented benchmarks, short: that they run and say what they are to say; no figure is judged here."""

import re
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.peers import whyMissing

_CHECKOUT = Path(__file__).parents[2]


def _run(*arguments: str, module: str = "bench") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=_CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


class BenchTests(SynchronousTestCase):
    """C{python -m bench}."""

    def test_comparison(self) -> None:
        """
        All servers answer rightly side by side, and the goal's line is there; whether it is met is for a quiet
        machine to say.
        """
        plan = ["--workload", "varied", "--cycles", "1", "--seconds", "0.3"]
        done = _run("--only", "gate-epoll,twisted.web", *plan)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, "(?m)^(met|MISSED): gate-epoll ")

    def test_profile(self) -> None:
        """The profile names what the Gate spends its time on."""
        done = _run("--profile")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gma_twisted/markup/parse.py", done.stdout)

    def _register(self, servers: str) -> str:
        plan = ["--cycles", "1", "--seconds", "0.2", "--connections", "8"]
        done = _run("register", "--only", servers, *plan)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for server in servers.split(","):
            found = re.findall(rf"(?m)^\| {server} +\| +[1-9][\d,]* +\| +([\d.]+)", done.stdout)
            self.assertEqual(len(found), 2, done.stdout)
            # Of the process that answers, not of one that started it and waits.
            self.assertGreater(min(map(float, found)), 5.0, done.stdout)
        return done.stdout

    def test_register(self) -> None:
        """Our registries answer, new handles and known ones, and the goal between two of them has its line."""
        told = self._register("register-durable,register-memory,register-lean")
        self.assertRegex(told, "(?m)^(met|MISSED): register-durable .* register-memory ")

    def test_guards(self) -> None:
        """All five answer, the one whose callers show tokens too; both goals have their lines."""
        done = _run("guards", "--cycles", "1", "--seconds", "0.2", "--connections", "8")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for server in ("lean", "unguarded", "gate-open", "gate-rules", "gate-token"):
            self.assertRegex(done.stdout, rf"(?m)^\| {server} +\| +[1-9]")
        self.assertEqual(len(re.findall("(?m)^(?:met|MISSED): gate-rules ", done.stdout)), 2)

    def test_notices(self) -> None:
        """A change reaches sinks by both ways, and healthy ones among bad ones; notices are taken in."""
        done = _run("notices", "--sinks", "5", "--healthy", "5", "--rounds", "1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for row in ("notify-node", "notify-agent", "alone", "among bad ones", "100"):
            self.assertRegex(done.stdout, rf"(?m)^\| {row} +\| +[\d.,]+")
        self.assertEqual(len(re.findall("(?m)^(?:met|MISSED): ", done.stdout)), 4, done.stdout)

    def test_overload(self) -> None:
        """A node is asked ten times too much, and says so; all goals have their lines."""
        done = _run("overload", "--seconds", "1.5", "--connections", "64")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(re.findall("(?m)^(?:met|MISSED): ", done.stdout)), 4, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^\| renewals beside +\| +[1-9]")

    def test_queries(self) -> None:
        """A whole node answers everything rightly, and nothing that is told of a kept question is wrong."""
        small = ["--hosts", "1000", "--rounds", "1", "--kept", "10", "--kept-xquery", "1"]
        done = _run("queries", *small, "--seconds", "1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for question in ("group-by", "join", "XPath selection", "XQuery predicate", "XQuery count"):
            self.assertRegex(done.stdout, rf"(?m)^\| {question} +\| +[1-9]")
        self.assertEqual(len(re.findall("(?m)^met: notices wrong.* 0.00 ", done.stdout)), 2)
        self.assertEqual(len(re.findall("(?m)^(?:met|MISSED): answers not told", done.stdout)), 2)

    def test_streams(self) -> None:
        """Every subscriber of a node is sent every line once; all goals have their lines."""
        small = ["--subscribers", "20", "--seconds", "1", "--rounds", "1"]
        done = _run("streams", *small)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(re.findall("(?m)^(?:met|MISSED): ", done.stdout)), 3, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^\| some stalled +\| +[1-9]")

    def test_lines(self) -> None:
        """NetLogger's modules read and write the same lines; all goals have their lines."""
        self._needs("netlogger")
        done = _run("lines", "--rounds", "2", "--events", "300")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for row in ("read", "read, all fields", "write"):
            self.assertRegex(done.stdout, rf"(?m)^\| {row} \| [1-9][\d,]+ \| [\d.]+ \(")
            self.assertRegex(done.stdout, rf"(?m)^(?:met|MISSED): {row}: times NetLogger's ")
        self.assertRegex(done.stdout, r"(?m)^\| theirs: write \| [1-9]")

    def test_gsoap(self) -> None:
        """The server made with gSOAP is built, and answers what ours are asked."""
        self._needs("gsoap")
        self._register("gsoap")

    def test_etcd(self) -> None:
        """etcd takes puts with a lease that is there, and with a new one each."""
        self._needs("etcd-put")
        self._register("etcd-put,etcd-grant")

    def test_basex(self) -> None:
        """BaseX says the same of the same hosts as a node, before and after changes, and ends with the run."""
        self._needs("basex")
        small = ["--only", "once", "--hosts", "1000", "--rounds", "1", "--peer", "basex"]
        done = _run("queries", *small)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for question in ("XQuery predicate", "XQuery count"):
            self.assertRegex(done.stdout, rf"(?m)^(?:met|MISSED): {question} .*, times BaseX ")
        self.assertRegex(done.stdout, r"(?m)^\| BaseX +\| +[\d.]+ \(.*\| - +\|")
        self.assertFalse((_CHECKOUT / "build/bench/basex").exists())

    def _needs(self, server: str) -> None:
        why = whyMissing(server)
        if why:
            self.skipTest(why)

    def test_million(self) -> None:
        """A registry of a few grows by sizes, and all of it ends."""
        done = _run("--most", "1500", module="bench.million")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^\| 1,500 +\|")
        self.assertIn("1,500 ended at one instant", done.stdout)
