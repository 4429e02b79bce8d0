"""C{gma provider new}: a package whose tests pass as they are written, in a process that knows nothing of these."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import gma_twisted
from gma_twisted.command.packages import filesOf
from gma_twisted.configuration import readConfiguration
from tests.command.stand import run
from tests.command.test_configuring import ConfigCase

_PACKAGE = str(Path(gma_twisted.__file__).parent.parent)


class NewTests(ConfigCase):
    """Packages to begin with."""

    def new(self, name: str, *words: str) -> Path:
        """Write one. @return: where"""
        target = self.home / "made"
        self.says("provider", "new", name, "--directory", str(target), *words)
        return target

    def test_passes(self) -> None:
        """Its tests pass, the contract's among them."""
        target = self.new("disk_space")
        ended = subprocess.run(
            [sys.executable, "-m", "twisted.trial", "test_disk_space"],
            cwd=target,
            env={**os.environ, "PYTHONPATH": _PACKAGE},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertRegex(ended.stdout, r"PASSED \(successes=8\)")
        self.assertIn("test_contractDocument", ended.stdout)

    def test_files(self) -> None:
        """Every file is one of its kind, and speaks of the same names."""
        target = self.new("disk_space")
        files = {str(one.relative_to(target)) for one in target.rglob("*") if one.is_file()}
        self.assertEqual(files, set(filesOf("disk_space")))
        project = tomllib.loads((target / "pyproject.toml").read_text())
        self.assertEqual(project["project"]["name"], "disk-space")
        configuration, _ = readConfiguration((target / "vo.toml").read_text(), "vo.toml")
        section = configuration.providers["disk_space"]
        self.assertEqual(section.implementation, "disk_space:DiskSpaceProvider")
        for name in ("disk_space/__init__.py", "test_disk_space.py"):
            self.assertTrue(ast.get_docstring(ast.parse((target / name).read_text())))

    def test_checked(self) -> None:
        """Its configuration has no mistake."""
        target = self.new("site_load")
        ended = run(self.caller, "config", "check", str(target / "vo.toml"))
        self.assertEqual((ended.exit_code, ended.stderr), (0, ""))
        self.assertIn("providers: site_load", ended.stdout)

    def test_readme(self) -> None:
        """Its README.md has five commands."""
        blocks = re.findall(r"^```\n(.*?)^```$", filesOf("a_b")["README.md"], re.M | re.S)
        commands = "".join(blocks).splitlines()
        self.assertEqual(
            [line.split()[0] for line in commands], ["python", *["gma"] * 2, "twistd", "gma"]
        )

    def test_kept(self) -> None:
        """What is there is left as it is; an empty directory is taken."""
        target = self.home / "made"
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
        """What no package may be called, and what another module is called already, is refused."""
        for name in ("Disk", "1x", "a-b", "a.b", "../x", "class", "json", "twisted", ""):
            self.fails(2, "provider", "new", name, "--directory", str(self.home / "made"))
        self.assertFalse((self.home / "made").exists())
