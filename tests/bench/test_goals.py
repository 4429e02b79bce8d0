"""Verdicts on goals, the table, the file of results, the command line."""

import io
import json
from contextlib import redirect_stderr
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.figures import Slice, rowsOf
from bench.goals import Bound, Goal, Verdict, judge
from bench.options import readOptions
from bench.report import tableOf, writeResults
from bench.subjects import FIND, GUARDS, REGISTER, SUBJECTS


def _slices(own: float, base: float) -> list[Slice]:
    return [
        Slice("gate-epoll", "varied", 0, 1000, 0.5, own / 1000, (0.001,)),
        Slice("twisted.web", "varied", 0, 1000, 0.5, base / 1000),
    ]


_GOAL = Goal("gate-epoll", "twisted.web", 7.0)


def _cellsOf(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class JudgeTests(SynchronousTestCase):
    """L{judge}."""

    def test_met(self) -> None:
        """Exactly as many times is enough."""
        (found,) = judge(rowsOf(_slices(10, 71), ["twisted.web"]), [_GOAL])
        self.assertTrue(found.isMet)
        verdict = Verdict(_GOAL, 7.0)
        self.assertTrue(verdict.isMet)
        self.assertTrue(verdict.sentence.startswith("met: gate-epoll 7.00 x twisted.web (goal 7)"))

    def test_missed(self) -> None:
        """A little less is not."""
        (verdict,) = judge(rowsOf(_slices(10, 69), ["twisted.web"]), [_GOAL])
        self.assertFalse(verdict.isMet)
        self.assertTrue(verdict.sentence.startswith("MISSED: gate-epoll 6.90 x"))

    def test_rate(self) -> None:
        """Where requests a second count, CPU does not."""
        slices = [
            Slice("gate-rules", "varied", 0, 900, 0.5, 0.02),
            Slice("unguarded", "varied", 0, 1000, 0.5, 0.01),
        ]
        cpu, rate = judge(rowsOf(slices, ["unguarded"]), GUARDS.goals)
        self.assertEqual((cpu.isMet, round(rate.found, 6), rate.isMet), (False, 0.9, True))
        self.assertIn(
            "0.90 x unguarded (goal 0.85), varied requests, requests a second", rate.sentence
        )
        self.assertTrue(cpu.sentence.endswith("CPU per request"), cpu.sentence)

    def test_notMeasured(self) -> None:
        """A goal about a server that was not measured, or another workload, has no verdict."""
        rows = rowsOf(_slices(10, 70), ["twisted.web"])
        others = [
            Goal("gate-epoll", "spyne", 1.0),
            Goal("gate-uvloop", "twisted.web", 1.0),
            Goal("gate-epoll", "twisted.web", 1.0, "identical"),
        ]
        self.assertEqual(judge(rows, others), [])


class ReportTests(SynchronousTestCase):
    """What is printed and written."""

    def test_table(self) -> None:
        """A server has a line with rate, CPU, ratio with its range, and lag where it was seen."""
        lines = tableOf(rowsOf(_slices(10, 70), ["twisted.web"]), False).splitlines()
        cells = _cellsOf(lines[2:])
        self.assertEqual(lines[0], "varied")
        self.assertEqual(cells[2], ["gate-epoll", "2,000", "10.0", "7.00 (7.00-7.00)", "1.0 / 1.0"])
        self.assertEqual(cells[3][-1], "-")

    def test_tableOfRates(self) -> None:
        """Where rates are compared they have columns of their own, and a server without ratio a dash."""
        slices = [*_slices(10, 70), Slice("static", "identical", 0, 1000, 0.25, 0.01)]
        lines = tableOf(rowsOf(slices, ["twisted.web"]), True).splitlines()
        head = ["server", "requests/s", "CPU us", "x twisted.web", "rate x twisted.web"]
        self.assertEqual(_cellsOf(lines[2:3])[0][:-1], head)
        self.assertEqual(_cellsOf(lines[4:5])[0][3:5], ["7.00 (7.00-7.00)", "1.00 (1.00-1.00)"])
        self.assertEqual(_cellsOf(lines[-1:])[0], ["static", "4,000", "10.0", "-", "-", "-"])

    def test_file(self) -> None:
        """The file holds every slice and the verdicts, and is JSON."""
        slices = _slices(10, 70)
        rows = rowsOf(slices, ["twisted.web"])
        path = Path(self.mktemp())
        plan = readOptions([]).plan
        left = {"spyne": "not there"}
        writeResults(path, plan, left, {"python": "3"}, slices, rows, judge(rows, [_GOAL]))
        found = json.loads(path.read_text())
        self.assertEqual(
            found["slices"][0],
            {
                "server": "gate-epoll",
                "workload": "varied",
                "cycle": 0,
                "requests": 1000,
                "seconds": 0.5,
                "cpuSeconds": 0.01,
            },
        )
        self.assertEqual([goal["isMet"] for goal in found["goals"]], [True])
        self.assertEqual(found["leftOut"], left)


class OptionsTests(SynchronousTestCase):
    """The command line."""

    def test_defaults(self) -> None:
        """Without arguments finding is measured, with every server and load."""
        options = readOptions([])
        plan = options.plan
        self.assertEqual(options.subject, FIND)
        self.assertEqual(list(plan.servers), list(FIND.servers))
        self.assertEqual(list(plan.workloads), ["varied", "identical"])
        self.assertEqual((plan.cycles, plan.seconds, plan.connections), (9, 1.5, 16))
        self.assertEqual((options.profiled, options.judges), ("", False))

    def test_register(self) -> None:
        """Registering has its own servers, loads and number of connections."""
        options = readOptions(["register", "--only", "etcd-put,gsoap", "--workload", "renewal"])
        plan = options.plan
        self.assertEqual(options.subject, REGISTER)
        self.assertEqual(list(plan.servers), ["gsoap", "etcd-put"])
        self.assertEqual((list(plan.workloads), plan.connections), (["renewal"], 64))
        self.assertEqual(readOptions(["register", "--connections", "3"]).plan.connections, 3)

    def test_guards(self) -> None:
        """What guards cost is measured with requests that differ, and with profiles of all servers."""
        options = readOptions(["guards", "--profile"])
        self.assertEqual((options.subject, list(options.plan.workloads)), (GUARDS, ["varied"]))
        self.assertEqual(options.profiled, "lean")

    def test_quick(self) -> None:
        """C{--quick} is short, and other options still count."""
        plan = readOptions(["--quick", "--cycles", "5"]).plan
        self.assertEqual((plan.cycles, plan.seconds), (5, 0.5))

    def test_only(self) -> None:
        """Servers are measured in the order of the table, however they are named."""
        plan = readOptions(["--only", "static, gate-epoll"]).plan
        self.assertEqual(list(plan.servers), ["gate-epoll", "static"])

    def test_profile(self) -> None:
        """C{--profile} alone means the Gate on epoll."""
        self.assertEqual(readOptions(["--profile"]).profiled, "gate-epoll")
        self.assertEqual(readOptions(["--profile", "twisted.web"]).profiled, "twisted.web")
        self.assertEqual(readOptions(["register", "--profile"]).profiled, "register-durable")

    def test_wrong(self) -> None:
        """What cannot be is refused in one line that names it."""
        for arguments, named in (
            (["--only", "apache"], '"apache" is none of gate-epoll,'),
            (["--only", ","], "name some of"),
            (["--cycles", "0"], "0 is not a whole number from 1"),
            (["--seconds", "nan"], "nan is not a number above 0"),
            (["--profile", "spyne"], "spyne"),
            (["register", "--profile", "gsoap"], '"gsoap" is none of register-durable,'),
            (["register", "--workload", "varied"], '"varied" is none of register,'),
            (["unregister"], "unregister"),
        ):
            told = io.StringIO()
            with redirect_stderr(told):
                self.assertRaises(SystemExit, readOptions, arguments)
            self.assertIn(named, told.getvalue())


class SubjectTests(SynchronousTestCase):
    """What can be compared."""

    def test_goals(self) -> None:
        """Every goal is about servers that are compared in its subject, under one of its loads."""
        for subject in SUBJECTS.values():
            for goal in subject.goals:
                self.assertIn(goal.server, subject.servers)
                self.assertIn(goal.base, subject.bases)
                self.assertIn(goal.workload, subject.workloads)
                self.assertLessEqual(goal.isRate, subject.comparesRate)

    def test_names(self) -> None:
        """Bases and servers without a profile are among the servers."""
        for subject in SUBJECTS.values():
            self.assertLessEqual({*subject.bases, *subject.foreign}, {*subject.servers})


class BoundTests(SynchronousTestCase):
    """L{Bound}."""

    def test_most(self) -> None:
        """What is to be small may be as large as the goal."""
        for found, isMet in ((0.4, True), (0.5, True), (0.6, False)):
            self.assertEqual(Bound("seconds", found, 0.5, True).isMet, isMet)

    def test_least(self) -> None:
        """What is to be large may be as small as the goal."""
        for found, isMet in ((7.9, False), (8.0, True), (9.0, True)):
            self.assertEqual(Bound("times", found, 8.0, False).isMet, isMet)

    def test_sentence(self) -> None:
        """It says what, and how much was wanted."""
        self.assertEqual(
            Bound("seconds", 0.6, 0.5, True).sentence, "MISSED: seconds 0.60 (goal at most 0.5)"
        )
        self.assertEqual(
            Bound("times", 9.0, 8.0, False).sentence, "met: times 9.00 (goal at least 8)"
        )
