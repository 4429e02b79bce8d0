"""The command of the benchmarks of notices: what can be asked for, and how it is told."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench import noticing
from bench.goals import Bound
from bench.noticing import Found, Options, linesOfFair, linesOfFan, main, readOptions
from bench.telling import Delivery, FairRound, Round


class OptionsTests(SynchronousTestCase):
    """L{readOptions}."""

    def test_default(self) -> None:
        """Everything, at the sizes of the goals."""
        expected = Options(["fanout", "fairness", "ingest"], 10_000, 1000, 5, False)
        self.assertEqual(readOptions([]), expected)

    def test_given(self) -> None:
        """Some of it, in its order."""
        given = [
            "--only",
            "ingest,fanout",
            "--sinks",
            "7",
            "--healthy",
            "9",
            "--rounds",
            "2",
            "--judge",
        ]
        self.assertEqual(readOptions(given), Options(["fanout", "ingest"], 7, 9, 2, True))

    def test_wrong(self) -> None:
        """What is not known, and what is nothing, ends it."""
        for wrong in (["--only", "fan"], ["--only", ""], ["--sinks", "0"], ["--rounds", "-1"]):
            with self.assertRaises(SystemExit), redirect_stderr(io.StringIO()):
                readOptions(wrong)


class LinesTests(SynchronousTestCase):
    """Tables."""

    def cells(self, line: str) -> list[str]:
        """Of a row."""
        return [cell.strip() for cell in line.strip("|").split("|")]

    def test_fan(self) -> None:
        """A sender is a row: median and range, CPU for each sink, memory at the end."""
        rounds = [
            Round(Delivery(node, 0.25, 10**8), Delivery(4.0, 2.5, 3 * 10**8))
            for node in (0.5, 0.25, 1.0)
        ]
        lines = linesOfFan(1000, rounds)
        self.assertEqual(
            self.cells(lines[3]), ["notify-node", "0.500 (0.250-1.000)", "250.0", "100"]
        )
        self.assertEqual(
            self.cells(lines[4]), ["notify-agent", "4.000 (4.000-4.000)", "2500.0", "300"]
        )

    def test_fair(self) -> None:
        """Percentiles in milliseconds, the middle of the rounds."""
        lines = linesOfFair([FairRound([0.001, 0.003], [0.002, 0.005])])
        self.assertEqual(self.cells(lines[3]), ["alone", "1.0", "3.0"])
        self.assertEqual(self.cells(lines[4]), ["among bad ones", "2.0", "5.0"])


class MainTests(SynchronousTestCase):
    """L{main}."""

    def ran(self, found: float, *further: str) -> tuple[int, dict[str, object]]:
        """Exit status and file of a run that measured this."""
        directory = Path(self.mktemp())
        directory.mkdir()
        bound = Bound("seconds", found, 0.5, True)
        self.patch(noticing, "_MEASURE", {"ingest": lambda *_: Found(["table"], [bound], {"a": 1})})
        with redirect_stdout(io.StringIO()):
            status = main(["--only", "ingest", *further], directory)
        (path,) = directory.iterdir()
        content: dict[str, object] = json.loads(path.read_text())
        return status, content

    def test_written(self) -> None:
        """What was measured is in a file, with its goals."""
        status, content = self.ran(0.25)
        self.assertEqual((status, content["ingest"]), (0, {"a": 1}))
        goal = {"what": "seconds", "found": 0.25, "goal": 0.5, "isMost": True, "isMet": True}
        self.assertEqual(content["goals"], [goal])

    def test_judged(self) -> None:
        """A missed goal counts when it was asked for."""
        self.assertEqual([self.ran(1.0)[0], self.ran(1.0, "--judge")[0]], [0, 1])
