"""Classes by dotted name."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.configuration import ComponentFactory, findBeside
from gma_twisted.errors import ConfigError, ParameterError
from gma_twisted.interfaces import IComponentFactory
from gma_twisted.timing import toDeferred


def accept(found: Any, where: str, dottedName: str) -> None:
    """Everything is right."""


def build(found: Any, arguments: Mapping[str, object], where: str, dottedName: str) -> object:
    """Make it; some sizes it does not take."""
    if arguments.get("size") == -1:
        raise ParameterError(f'{where} "{dottedName}" cannot be made: size -1')
    made: object = found(**arguments)
    return made


class Thing:
    """Made by these tests."""

    def __init__(self, size: int = 1) -> None:
        self.size = size


THING = f"{__name__}:Thing"


class FactoryTests(SynchronousTestCase):
    """Making components."""

    def setUp(self) -> None:
        """A factory that accepts everything."""
        self.factory = ComponentFactory(accept, build, {"Thing": THING})

    def test_interface(self) -> None:
        """It has every member of its interface."""
        self.assertTrue(verifyObject(IComponentFactory, self.factory))

    def test_make(self) -> None:
        """The class is called with the arguments as keywords."""
        made = self.factory.make(THING, {"size": 3}, "x")
        assert isinstance(made, Thing)
        self.assertEqual(made.size, 3)

    def test_short(self) -> None:
        """A short name stands for a dotted one."""
        self.assertIs(self.factory.load("Thing", "x"), Thing)

    def test_loadMakesNothing(self) -> None:
        """Loading checks the class once and calls nothing of it."""
        checked: list[object] = []
        factory = ComponentFactory(lambda found, *_: checked.append(found), build)
        factory.load(THING, "x")
        factory.load(THING, "x")
        self.assertEqual(checked, [Thing])

    def test_refused(self) -> None:
        """Arguments that are refused are a mistake of the configuration, under the name that stands there."""
        error = self.assertRaises(ConfigError, self.factory.make, "Thing", {"size": -1}, "f:1:2: k")
        self.assertEqual(error.message, 'f:1:2: k "Thing" cannot be made: size -1')

    def test_stop(self) -> None:
        """Afterwards classes are loaded again."""
        checked: list[object] = []
        factory = ComponentFactory(lambda found, *_: checked.append(found), build)
        factory.load(THING, "x")
        self.successResultOf(toDeferred(factory.stop()))
        factory.load(THING, "x")
        self.assertEqual(len(checked), 2)


class BesideTests(SynchronousTestCase):
    """Modules beside the configuration file."""

    def setUp(self) -> None:
        """A directory with a module."""
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir(mode=0o755)
        self.directory.chmod(0o755)
        kept = list(sys.path)
        self.addCleanup(lambda: sys.path.__setitem__(slice(None), kept))

    def test_found(self) -> None:
        """A module there is found."""
        (self.directory / "gma_beside_one.py").write_text("class C: pass\n")
        searched = findBeside(self.directory)
        self.assertEqual(searched, f"on PYTHONPATH and in {self.directory}")
        found = ComponentFactory(accept, build).load("gma_beside_one:C", "x")
        self.assertEqual(found.__module__, "gma_beside_one")

    def test_last(self) -> None:
        """It shadows nothing: it is looked at last, and only once."""
        findBeside(self.directory)
        findBeside(self.directory)
        self.assertEqual(sys.path[-1], str(self.directory))
        self.assertEqual(sys.path.count(str(self.directory)), 1)

    def test_writable(self) -> None:
        """A directory where everybody may put modules is left out, and the error will say so."""
        self.directory.chmod(0o777)
        searched = findBeside(self.directory)
        self.assertEqual(
            searched, f"on PYTHONPATH, not in {self.directory}: everybody may write there"
        )
        self.assertNotIn(str(self.directory), sys.path)

    def test_ending(self) -> None:
        """A module that would end the process when it is imported is refused like any other."""
        findBeside(self.directory)
        for number, kind in enumerate(("SystemExit", "KeyboardInterrupt")):
            name = f"gma_beside_ending_{number}"
            (self.directory / f"{name}.py").write_text(f"raise {kind}\n")
            factory = ComponentFactory(accept, build)
            error = self.assertRaises(ConfigError, factory.load, f"{name}:C", "x")
            self.assertIn(f"importing it failed: {kind}; correct the module", error.message)

    def test_syntaxError(self) -> None:
        """A module that does not compile is one line with its line."""
        (self.directory / "gma_beside_two.py").write_text("class C:\n  x = = 1\n")
        findBeside(self.directory)
        factory = ComponentFactory(accept, build)
        error = self.assertRaises(ConfigError, factory.load, "gma_beside_two:C", "x")
        self.assertEqual(
            error.message,
            'x "gma_beside_two:C": importing it failed: '
            "SyntaxError: invalid syntax (gma_beside_two.py, line 2); correct the module",
        )
