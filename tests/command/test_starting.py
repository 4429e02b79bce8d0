"""C{gma config init}."""

import re
from pathlib import Path

from gma_twisted.command.starting import startingPoint
from gma_twisted.configuration import readConfiguration
from gma_twisted.nodes.kind import KINDS
from tests.command.stand import run
from tests.command.test_configuring import ConfigCase
from tests.nodes.plans import planOf


class InitTests(ConfigCase):
    """Configurations to begin with."""

    def test_kinds(self) -> None:
        """Of each kind there is one, which is what the node would be without it."""
        for name, kind in KINDS.items():
            text = self.gma("config", "init", "--kind", name)
            self.assertEqual(text, startingPoint(name))
            one, other = planOf(text, kind=kind), planOf("", kind=kind)
            self.assertEqual((one.listens, one.name), (other.listens, other.name))
            self.assertEqual(
                [(each.name, each.interval) for each in one.setups],
                [(each.name, each.interval) for each in other.setups],
            )

    def test_examples(self) -> None:
        """Without the # its examples are a configuration as well."""
        for name, kind in KINDS.items():
            text = re.sub(r"^#(?=[\w\[])", "", startingPoint(name), flags=re.M)
            plan = planOf(text, kind=kind)
            self.assertEqual(plan.name, "site-index")
            self.assertEqual(len(readConfiguration(text, "x")[0].register), 1)

    def test_file(self) -> None:
        """A file is written once; what is there is left as it is."""
        name = str(self.home / "new.toml")
        self.assertIn(f"gma config check {name}", self.says("config", "init", name))
        self.assertEqual(Path(name).read_text(), startingPoint("gma-index"))
        Path(name).write_text("mine")
        self.assertIn("is there already", self.fails(1, "config", "init", name))
        self.assertEqual(Path(name).read_text(), "mine")
        self.assertIn("cannot be written: ", self.fails(1, "config", "init", f"{name}/x"))

    def test_checks(self) -> None:
        """What it says to try next succeeds."""
        for kind in KINDS:
            name = self.write(startingPoint(kind))
            command = re.search(r"#   gma (config check .*)", startingPoint(kind))
            assert command is not None
            words = command[1].replace("vo.toml", name).split()
            self.assertEqual(run(self.caller, *words).exit_code, 0)
