"""Classes named in the configuration: found, checked and made, every mistake one line that says where it is."""

import importlib
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
from zope.interface import implementer

from gma_twisted.configuration.kinds import CLASS
from gma_twisted.configuration.mistakes import nearest
from gma_twisted.errors import ConfigError, ParameterError, cut
from gma_twisted.interfaces import IComponentFactory

__all__ = ["MEND", "ComponentFactory", "findBeside"]

MEND = "correct the class, or name another"
"""The cure for what is wrong with a class, where nothing better is known."""


def findBeside(directory: Path) -> str:
    """
    Let modules be found in a directory, after everywhere else, so that nothing there shadows another module.

    twistd does not look in the current directory. A directory that everybody may write to is left out.

    @param directory: the one of the configuration file
    @return: where modules are looked for beside the installed ones, in words for an error
    """
    try:
        everybody = directory.stat().st_mode & stat.S_IWOTH
    except OSError:
        return "on PYTHONPATH"
    if everybody:
        return f"on PYTHONPATH, not in {directory}: everybody may write there"
    text = str(directory.absolute())
    if text not in sys.path:
        sys.path.append(text)
    return f"on PYTHONPATH and in {text}"


@implementer(IComponentFactory)
@attrs.define(eq=False, slots=True)
class ComponentFactory:
    """
    Loads classes by dotted name C{package.module:Class} and makes objects of them.

    @ivar check: raises L{ConfigError} for a class or an object that lacks a member; takes it, where, dotted name
    @ivar build: makes and checks an object; takes class, arguments, where, dotted name; raises L{GMAError}
    @ivar shortNames: names without a colon, and the dotted names they stand for
    @ivar searched: where modules are looked for, as L{findBeside} says it
    """

    check: Callable[[Any, str, str], None]
    build: Callable[[Any, Mapping[str, object], str, str], object]
    shortNames: Mapping[str, str] = attrs.field(factory=dict)
    searched: str = "on PYTHONPATH"
    _loaded: dict[str, Any] = attrs.field(factory=dict, init=False, repr=False)

    def load(self, dottedName: str, where: str) -> Any:
        """
        Import a class and check it; nothing of it is called.

        @param where: file, line, column and key, the beginning of the message
        @return: the class
        @raise ConfigError: not importable, no such class, a missing member
        """
        name = self.dottedName(dottedName, where)
        found = self._loaded.get(name)
        if found is None:
            found = self._find(name, where)
            self.check(found, where, name)
            self._loaded[name] = found
        return found

    def dottedName(self, name: str, where: str) -> str:
        """The whole name a short one stands for. @raise ConfigError: it stands for none"""
        if ":" in name:
            return name
        if name not in self.shortNames:
            cure = nearest(name, self.shortNames) if self.shortNames else CLASS.cure
            raise ConfigError(f'{where} "{cut(name)}" is no class of this package', cure=cure)
        return self.shortNames[name]

    def make(self, dottedName: str, arguments: Mapping[str, object], where: str) -> object:
        """See L{IComponentFactory.make}."""
        found = self.load(dottedName, where)
        try:
            return self.build(found, arguments, where, dottedName)
        except ParameterError as error:
            raise ConfigError(error.what, cure=error.cure) from error

    async def stop(self) -> None:
        """See L{IComponentFactory.stop}; the next use loads and checks again."""
        self._loaded.clear()

    def _find(self, name: str, where: str) -> Any:
        moduleName, _, className = name.partition(":")
        try:
            module = importlib.import_module(moduleName)
        except ModuleNotFoundError as error:
            missing = error.name or moduleName
            if f"{moduleName}.".startswith(f"{missing}."):
                raise ConfigError(
                    f'{where} "{cut(name)}": no module "{missing}"',
                    cure=f"modules are looked for {self.searched}: put it there",
                ) from None
            raise ConfigError(
                f'{where} "{cut(name)}": it needs the module "{missing}", which is not installed',
                cure="install it beside gma-twisted",
            ) from None
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise ConfigError(
                f'{where} "{cut(name)}": importing it failed: {_said(error)}',
                cure="correct the module",
            ) from error
        found = getattr(module, className, None)
        if not isinstance(found, type):
            classes = _classesOf(module)
            raise ConfigError(
                f'{where} "{cut(name)}": module "{moduleName}" has no class "{className}"',
                cure=nearest(className, classes) if classes else "write the class there",
            )
        return found


def _classesOf(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__ and name[0] != "_"
    ]


def _said(error: BaseException) -> str:
    """An exception of somebody's code in one line."""
    return cut(f"{type(error).__name__}: {error}".removesuffix(": "), 240)
