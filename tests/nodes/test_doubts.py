"""What --check warns of."""

from pathlib import Path

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import readDraft
from gma_twisted.nodes import INDEX, makePlan
from gma_twisted.nodes.doubts import doubts
from gma_twisted.timing import NodeClock
from tests.nodes.plans import runtimeOf


def doubtsOf(text: str) -> list[str]:
    """The warnings about a configuration named C{vo.toml}."""
    draft = readDraft(text, "vo.toml")
    runtime = runtimeOf(NodeClock(Clock(), lambda: 0.0))
    plan = makePlan(INDEX, draft, runtime, {"HOME": "/home/gma"})
    return list(doubts(plan.setups, draft))


class DoubtsTests(SynchronousTestCase):
    """doubts."""

    def test_none(self) -> None:
        """Programs that can be run, classes, and a node without a configuration raise none."""
        program = str(Path("/bin/true").resolve())
        text = f"[providers.a]\ncommand = ['{program}']\n"
        self.assertEqual(
            doubtsOf(text + "[providers.b]\nclass = 'tests.nodes.components:Good'"), []
        )
        self.assertEqual(doubtsOf(""), [])

    def test_read(self) -> None:
        """What was doubted when it was read comes first."""
        draft = attrs.evolve(readDraft("", "vo.toml"), doubts=["x"])
        self.assertEqual(list(doubts((), draft)), ["x"])

    def test_missing(self) -> None:
        """A program that is not there is one line where its command stands, however it is configured."""
        text = (
            "[providers.a]\ncommand = ['/nowhere/x']\n[providers.b]\n"
            "class = 'ScriptExecutionProvider'\narguments = { command = ['/nowhere/y'] }"
        )
        why = "cannot be run: No such file or directory"
        self.assertEqual(
            doubtsOf(text),
            [
                f"vo.toml:2:11: providers.a.command: warning: program /nowhere/x {why}",
                f"vo.toml:5:25: providers.b.arguments.command: warning: program /nowhere/y {why}",
            ],
        )

    def test_notExecutable(self) -> None:
        """So is one that may not be run."""
        path = Path(self.mktemp()).absolute()
        path.write_text("#!/bin/sh\n")
        path.chmod(0o644)
        (line,) = doubtsOf(f"[providers.a]\ncommand = ['{path}']")
        self.assertTrue(line.endswith("is not executable"), line)

    def test_noNamespace(self) -> None:
        """A name to be copied that has no namespace, which matches nothing that has one; others raise none."""
        names = "names = ['glue:Host', 'Host', '{urn:a}*']\n"
        source = "http://a:8480/services/index"
        why = 'has no namespace, and matches nothing that has one; write "glue:Host" or "{uri}Host"'
        self.assertEqual(
            doubtsOf(
                f"[aggregate.a]\nfrom = '{source}'\n{names}[register.b]\nat = '{source}'\n{names}"
                f"[aggregate.c]\nfrom = '{source}'\nnames = 'Host'\n"
            ),
            [
                f'vo.toml:3:23: aggregate.a.names[1]: warning: "Host" {why}',
                f'vo.toml:9:9: aggregate.c.names: warning: "Host" {why}',
                f'vo.toml:6:23: register.b.names[1]: warning: "Host" {why}',
            ],
        )
