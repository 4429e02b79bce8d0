"""The C{gma} command itself: its verbs, its help, and what it takes to start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

import gma_twisted
from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.completion import completion
from gma_twisted.command.main import VERBS, gma
from tests.command.stand import run

# None of these asks a node and ends; those rooms, and what they need, are what takes longest to import.
_HEAVY = (
    "asyncio",
    "concurrent.futures",
    "gma_twisted.aggregation",
    "gma_twisted.client.keepalive",
    "gma_twisted.console",
    "gma_twisted.execution",
    "gma_twisted.hosting",
    "gma_twisted.nodes",
    "gma_twisted.notify",
    "gma_twisted.processes",
    "gma_twisted.providers",
    "gma_twisted.queries",
    "gma_twisted.registration",
    "gma_twisted.roles",
    "gma_twisted.security",
    "gma_twisted.stores",
    "gma_twisted.timing",
    "gma_twisted.transport",
    "logging",
    "multiprocessing",
    "prometheus_client",
    "rich",
    "sqlite3",
    "twisted",
)
_ONCE = (
    "completion",
    "config",
    "get",
    "load",
    "ls",
    "provider",
    "register",
    "reload",
    "status",
    "subscribe",
    "unregister",
    "unsubscribe",
)


def imported(verb: str) -> set[str]:
    """Which of the heavy modules a process has after it imported a verb."""
    module = VERBS[verb].partition(":")[0]
    program = f"import sys, gma_twisted.command.main, {module}; print(*sys.modules)"
    root = Path(gma_twisted.__file__).parent.parent
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    return set(told.stdout.split()) & set(_HEAVY)


class MainTests(SynchronousTestCase):
    """The list of verbs."""

    def test_help(self) -> None:
        """Every verb is in the help with what it does, in full; and has help with an example on one line."""
        told = run(BlockingCaller(), "--help").stdout
        for verb in VERBS:
            (line,) = (one for one in told.splitlines() if one.split()[:1] == [verb])
            self.assertTrue(line.endswith(".") and not line.endswith("..."), line)
            told_ = run(BlockingCaller(), verb, "-h").stdout
            paragraphs = [part for part in told_.split("\n\n") if "Example: " in part]
            self.assertEqual(len(paragraphs), 1, verb)
            self.assertEqual(len(paragraphs[0].splitlines()), 1, paragraphs[0])
            self.assertIn(f"gma {verb} ", paragraphs[0])

    def test_version(self) -> None:
        """--version."""
        self.assertIn(gma_twisted.__version__, run(BlockingCaller(), "--version").stdout)

    def test_unknown(self) -> None:
        """A verb that is none: exit status 2, and which is like it."""
        ended = run(BlockingCaller(), "gett")
        self.assertEqual((ended.exit_code, ended.stdout), (2, ""))
        self.assertIn('there is no verb "gett"; did you mean "get"?', ended.stderr)
        self.assertEqual(run(BlockingCaller(), "--nix").exit_code, 2)

    def test_light(self) -> None:
        """A verb that asks and ends imports no reactor and no engine."""
        for verb in _ONCE:
            self.assertEqual(imported(verb), set(), verb)


class CompletionTests(SynchronousTestCase):
    """C{gma completion}."""

    def test_shells(self) -> None:
        """Each shell has its own; another is a usage error."""
        for shell, words in (
            ("bash", "complete -o nosort -F _gma_completion gma"),
            ("zsh", "#compdef gma"),
            ("fish", "complete --no-files --command gma"),
        ):
            ended = CliRunner().invoke(gma, ["completion", shell])
            self.assertEqual(ended.exit_code, 0)
            self.assertIn(words, ended.stdout)
            self.assertIn(f"_GMA_COMPLETE={shell}_complete", ended.stdout)
        self.assertEqual(CliRunner().invoke(gma, ["completion", "tcsh"]).exit_code, 2)
        self.assertEqual(completion.name, "completion")

    def test_completes(self) -> None:
        """What bash asks with it is answered: verbs, and options of a verb."""
        program = "from gma_twisted.command.main import gma; gma(prog_name='gma')"
        root = Path(gma_twisted.__file__).parent.parent

        def asked(words: str, number: int) -> set[str]:
            more = {
                "_GMA_COMPLETE": "bash_complete",
                "COMP_WORDS": words,
                "COMP_CWORD": str(number),
            }
            told = subprocess.run(
                [sys.executable, "-c", program],
                cwd=root,
                env={**os.environ, **more},
                capture_output=True,
                text=True,
                check=False,
            )
            return {line.partition(",")[2] for line in told.stdout.splitlines()}

        self.assertEqual(asked("gma un", 1), {"unregister", "unsubscribe"})
        self.assertLessEqual({"--fresh", "--key"}, asked("gma get --", 2))
        self.assertEqual(asked("gma ls h -o x", 4), {"xml"})

    def test_readable(self) -> None:
        """Bash reads it without a word."""
        bash = shutil.which("bash")
        if bash is None:
            self.skipTest("bash is not installed")
        source = CliRunner().invoke(gma, ["completion", "bash"]).stdout
        ended = subprocess.run(
            [bash, "--norc", "-c", f"{source}\ncomplete -p gma"],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(ended.stderr, "")
        self.assertIn("_gma_completion", ended.stdout)
