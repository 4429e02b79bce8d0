"""C{gma provider new}: packages whose tests pass as they are written, in a process that knows nothing of these."""

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from twisted.trial.unittest import SkipTest

import gma_twisted
from gma_twisted.command.packages import NAME, PARTS, filesOf
from gma_twisted.configuration import readConfiguration
from tests.command.stand import run
from tests.command.test_configuring import ConfigCase

_PACKAGE = str(Path(gma_twisted.__file__).parent.parent)
_GMA = "from gma_twisted.command.main import gma; gma()"
_LONG = "a_name_that_is_as_long_as_a_name_may_be_"


class BeginningCase(ConfigCase):
    """A package that is written."""

    def new(self, name: str, *words: str) -> Path:
        """Write one. @return: where"""
        target = self.home / name
        self.says("provider", "new", name, "--directory", str(target), *words)
        return target

    def python(self, target: Path, *words: str) -> str:
        """What Python prints in the directory of a package; it must end well."""
        ended = subprocess.run(
            [sys.executable, *words],
            cwd=target,
            env={**os.environ, "PYTHONPATH": _PACKAGE},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout

    def files(self, target: Path) -> set[str]:
        """The files there are."""
        kinds = {".md", ".py", ".toml", ".txt"}
        return {str(one.relative_to(target)) for one in target.rglob("*") if one.suffix in kinds}


class NewTests(BeginningCase):
    """What is written."""

    def test_files(self) -> None:
        """Every file is one of its kind, and speaks of the name and of no other package."""
        target = self.new("my_site")
        self.assertEqual(self.files(target), set(filesOf("my_site")))
        for path in self.files(target):
            text = (target / path).read_text()
            self.assertNotIn(NAME, text + path)
            if path.endswith(".py"):
                self.assertTrue(ast.get_docstring(ast.parse(text)), path)
        project = tomllib.loads((target / "pyproject.toml").read_text())
        self.assertEqual(project["project"]["name"], "my-site")
        self.assertEqual(
            project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], ["my_site"]
        )

    def test_all(self) -> None:
        """The tests of all parts pass; each part is one of the node's."""
        target = self.new("my_site")
        told = self.python(target, "-m", "twisted.trial", "my_site")
        for part in PARTS:
            self.assertIn(f"my_site.test.test_{part}\n", told)
        configuration, _ = readConfiguration((target / "site.toml").read_text(), "site.toml")
        queues = configuration.providers["queues"]
        self.assertEqual(queues.implementation, "my_site.provider:QueueProvider")
        self.assertEqual(queues.handler, "my_site.handler:QueueHandler")
        self.assertEqual(configuration.factory["board"].implementation, "my_site.service:Board")
        self.assertEqual(configuration.store.implementation, "my_site.store:HistoryStore")

    def test_only(self) -> None:
        """With parts left out nothing speaks of them, and what is there works."""
        for wanted, parts in (
            (("provider",), ("provider",)),
            (("handler",), ("provider", "handler")),
            (("service", "store"), ("service", "store")),
        ):
            name = f"only_{wanted[0]}"
            words = [word for one in wanted for word in ("--only", one)]
            target = self.new(name, *words)
            told = self.python(target, "-m", "twisted.trial", name)
            self.assertIn("PASSED", told)
            text = "".join((target / path).read_text() for path in self.files(target))
            spoken = set(re.findall(rf"{name}[./](\w+)", text)) - {"test"}
            self.assertEqual(spoken, set(parts), name)
            self.assertEqual("queues.txt" in self.files(target), "provider" in parts)
            ended = run(self.caller, "config", "check", str(target / "site.toml"))
            self.assertEqual((ended.exit_code, ended.stderr), (0, ""))

    def test_readme(self) -> None:
        """The commands of README.md that end by themselves do so, and end well."""
        target = self.new("my_site")
        blocks = re.findall(r"^```\n(.*?)^```$", (target / "README.md").read_text(), re.M | re.S)
        commands = [shlex.split(line) for line in "".join(blocks).splitlines()]
        self.assertEqual(
            [command[:2] for command in commands],
            [
                ["python", "-m"],
                ["gma", "config"],
                ["twistd", "-n"],
                ["gma", "provider"],
                ["gma", "watch"],
                ["gma", "get"],
                ["python", "-m"],
            ],
        )
        checking, running = commands[1], commands[3]
        self.assertIn("providers: queues", self.gmaIn(target, checking))
        self.assertIn('name="long" running="12" waiting="3"/>\n', self.gmaIn(target, running))

    def gmaIn(self, target: Path, command: Sequence[str]) -> str:
        """What C{gma} prints in the directory."""
        return self.python(target, "-P", "-c", _GMA, *command[1:])

    def test_style(self) -> None:
        """Whatever its name, a package is written as its own rules have it."""
        if find_spec("ruff") is None:
            raise SkipTest("ruff is not installed")
        for name in ("zz", _LONG):
            target = self.new(name)
            self.python(target, "-m", "ruff", "check", "--no-cache", ".")
            self.python(target, "-m", "ruff", "format", "--no-cache", "--check", ".")


class RefusalTests(BeginningCase):
    """What is not written."""

    def test_kept(self) -> None:
        """What is there is left as it is; an empty directory is taken."""
        target = self.home / "one_more"
        target.mkdir()
        self.new("one_more")
        before = sorted(target.rglob("*"))
        said = self.fails(1, "provider", "new", "other_one", "--directory", str(target))
        self.assertIn("is not empty", said)
        self.assertEqual(sorted(target.rglob("*")), before)
        file = self.write("", "file")
        self.assertIn(
            "cannot be written", self.fails(1, "provider", "new", "x_y", "--directory", file)
        )

    def test_names(self) -> None:
        """What no package may be called, and what another module is called already, is refused with a cure."""
        for name, cure in (
            ("Disk", 'did you mean "disk"?'),
            ("a-b", 'did you mean "a_b"?'),
            ("a.b", 'did you mean "a_b"?'),
            ("../x", 'did you mean "x"?'),
            ("1x", "a letter first, such as my_site"),
            ("x" * 41, "up to 40 lower-case letters"),
            ("Class", "such as my_site"),
            ("", "such as my_site"),
            ("class", "a word of Python, no package can have it for a name; write another one"),
            ("None", "a word of Python"),
            ("json", 'there is a module "json" already; choose another name, such as my_json'),
            ("twisted", 'there is a module "twisted" already'),
        ):
            said = self.fails(2, "provider", "new", name, "--directory", str(self.home / "made"))
            self.assertIn(cure, said)
        self.assertFalse((self.home / "made").exists())

    def test_part(self) -> None:
        """A part there is none of is refused with those there are."""
        words = ("--only", "stor", "--directory", str(self.home / "made"))
        said = self.fails(2, "provider", "new", "my_site", *words)
        self.assertIn("'provider', 'handler', 'service', 'store'", said)
        self.assertFalse((self.home / "made").exists())
