"""The command of the benchmark of queries: what can be asked for."""

import io
from contextlib import redirect_stderr

from twisted.trial.unittest import SynchronousTestCase

from bench.keptquestions import Load
from bench.queries import Options, readOptions


class OptionsTests(SynchronousTestCase):
    """L{readOptions}."""

    def test_default(self) -> None:
        """Everything, at the size of the goals."""
        self.assertEqual(
            readOptions([]), Options(["once", "kept"], 10_000, 50, Load(1000, 10, 100, 20), False)
        )

    def test_large(self) -> None:
        """Kept questions are left out where subscribing takes long, unless they are asked for."""
        self.assertEqual(readOptions(["--hosts", "100000"]).parts, ["once"])
        given = readOptions(["--hosts", "100000", "--only", "kept,once"])
        self.assertEqual(given.parts, ["once", "kept"])

    def test_given(self) -> None:
        """All of it."""
        words = (
            "--only kept --hosts 2000 --rounds 3 --kept 7 --kept-xquery 0 --rate 9 --seconds 2 --judge"
            " --peer basex"
        )
        expected = Options(["kept"], 2000, 3, Load(7, 0, 9, 2), True, "basex")
        self.assertEqual(readOptions(words.split()), expected)

    def test_wrong(self) -> None:
        """What is not known, and what is nothing or too much, ends it."""
        for words in (
            "--only all",
            "--hosts 0",
            "--hosts 1500",
            "--hosts 2000000",
            "--rounds 0",
            "--kept 0",
            "--kept 2001",
            "--kept-xquery -1",
            "--rate 0",
            "--seconds 0",
            "--peer exist",
        ):
            with self.assertRaises(SystemExit), redirect_stderr(io.StringIO()):
                readOptions(words.split())
