"""The least Python: why it is that one, and that all say the same."""

import re
import tomllib

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.readme import ROOT

_LEAST = "3.11.5"
_SCRIPT = ROOT / "tools" / "venv.sh"


class InterpreterTests(SynchronousTestCase):
    """What the package, its script and its pages ask for."""

    def setUp(self) -> None:
        """It is a checkout that says it."""
        if not _SCRIPT.exists():
            raise SkipTest("tools/venv.sh is not here")

    def test_possessive(self) -> None:
        """It matches possessive quantifiers of groups as they are meant (CPython gh-106052, gh-100061)."""
        found = re.match("(?:ab?c)++", "aca")
        self.assertEqual(found and found.group(), "ac")

    def test_packages(self) -> None:
        """The package and those made after the example."""
        for name in (
            "pyproject.toml",
            "examples/site/pyproject.toml",
            "gma_twisted/command/example/pyproject.toml.txt",
        ):
            project = tomllib.loads((ROOT / name).read_text())["project"]
            self.assertEqual(project["requires-python"], f">={_LEAST}", name)

    def test_pages(self) -> None:
        """What newcomers read, and what the script tells them."""
        for name in ("README.md", "docs/tutorial.md", "tools/venv.sh"):
            said = re.findall(r"Python (\S+) or later", (ROOT / name).read_text())
            self.assertEqual(said, [_LEAST], name)

    def test_script(self) -> None:
        """The script takes the least, and nothing older."""
        (check,) = re.findall(r"^recent='(.*)'$", _SCRIPT.read_text(), re.MULTILINE)
        least = tuple(map(int, _LEAST.split(".")))
        self.assertEqual(check, f"import sys; sys.exit(sys.version_info < {least})")
