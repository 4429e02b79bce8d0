"""Kinds of services from their configuration, C{[factory.NAME]}: classes loaded, members and arguments checked."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from zope.interface import implementer

from gma_twisted.configuration import MEND, ComponentFactory, FactorySection, Mistake, Source
from gma_twisted.errors import ConfigError, GMAError, ParameterError, cut
from gma_twisted.execution import checkService, describe, readArguments
from gma_twisted.execution.arguments import forCallers
from gma_twisted.execution.component import makeComponent
from gma_twisted.interfaces import ICreatedService, IServiceKind
from gma_twisted.model import ProviderParameter
from gma_twisted.nodes.arguments import checkArguments
from gma_twisted.processes import ProviderRuntime
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import operationsOf
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.soap.selection import flattened

__all__ = ["CORE_KINDS", "ConfiguredKind", "KindInstaller", "KnownKind", "checkPortTypes"]

CORE_KINDS = {"ServiceDataHolder": "gma_twisted.hosting.holder:ServiceDataHolder"}
"""Classes of the package by their own names."""

KnownKind = Callable[[str, FactorySection], IServiceKind | None]
"""Of the name of a section and what it says: the kind that was checked for just that before, if there is one."""


def _none(name: str, section: FactorySection) -> IServiceKind | None:
    return None


@implementer(IServiceKind)
@attrs.frozen(slots=True, eq=False)
class ConfiguredKind:
    """
    A kind whose services are objects of one class.

    @ivar name: see L{IServiceKind}
    @ivar component: the class, checked
    @ivar arguments: what the configuration gives it; clients cannot give those again
    @ivar runtime: for classes that ask for it
    """

    name: str
    component: Any
    arguments: Mapping[str, object]
    runtime: ProviderRuntime | None = None

    @property
    def portTypes(self) -> Sequence[PortType]:
        """See L{IServiceKind}."""
        found: Sequence[PortType] = self.component.portTypes
        return found

    def make(self, arguments: Sequence[tuple[str, str]]) -> ICreatedService:
        """See L{IServiceKind}."""
        for name, _ in arguments:
            if "=" in name:
                raise ParameterError(f'"{cut(name, 40)}" is no name of an argument')
        words = shlex.join(f"{name}={value}" for name, value in arguments)
        given = readArguments(words, self._free(), self.name)
        both = {**self.arguments, **given}
        made: ICreatedService = makeComponent(
            self.component, both, self.runtime, self.name, check=checkService
        )
        return made

    def _free(self) -> Sequence[ProviderParameter]:
        return [one for one in forCallers(self.component) if one.name not in self.arguments]


@attrs.define(slots=True, eq=False)
class KindInstaller:
    """
    Checks every kind of a configuration and collects what is wrong. Nothing of a class is called: its objects may
    need arguments that clients give.

    @ivar source: says where each key stands
    @ivar runtime: for classes that ask for it
    @ivar searched: where modules are looked for, in words
    @ivar known: what it gives is not checked again
    @ivar mistakes: what is wrong, at most one a section
    """

    source: Source
    runtime: ProviderRuntime | None = None
    searched: str = "on PYTHONPATH"
    known: KnownKind = _none
    mistakes: list[Mistake] = attrs.field(factory=list, init=False)
    # By name; None for a section with a mistake.
    _checked: dict[str, IServiceKind | None] = attrs.field(factory=dict, init=False)

    def install(self, sections: Mapping[str, FactorySection]) -> Sequence[IServiceKind]:
        """@return: a kind for each section that is right"""
        for name, section in sections.items():
            self.check(name, section)
        return [one for name in sections if (one := self._checked[name]) is not None]

    def check(self, name: str, section: FactorySection) -> None:
        """Check one of the sections L{install} will be given: for who does not do all of them in one go."""
        if name in self._checked:
            return
        self._checked[name] = None
        try:
            self._checked[name] = self.known(name, section) or self._kind(name, section)
        except GMAError as error:
            path = ("factory", name)
            self.mistakes.append(
                Mistake(path, error.what, error.cure or MEND, atKey=True, isLine=True)
            )

    def _kind(self, name: str, section: FactorySection) -> IServiceKind:
        where = self.source.where(("factory", name, "class"))
        loader = ComponentFactory(checkService, _unused, CORE_KINDS, self.searched)
        component = loader.load(section.implementation or "", where)
        checkPortTypes(component, (GRID_SERVICE,), where, section.implementation or "")
        arguments = dict(section.arguments or {})
        known = describe(component)
        # What is missing may come with the request.
        asked = [one for one in known if one.default is not None or one.name in arguments]
        checkArguments(self.source, ("factory", name), arguments, asked)
        return ConfiguredKind(name, component, arguments, self.runtime)


def checkPortTypes(component: Any, beside: Sequence[PortType], where: str, dottedName: str) -> None:
    """
    Refuse a class of a service with two operations of one local name: the first client would hear of it otherwise.

    @param component: what L{checkService} has found right
    @param beside: the port types a node adds
    @param where: file, line, column and key
    @param dottedName: as configured
    @raise ConfigError: it has; the message names both
    """
    try:
        operationsOf(flattened([*beside, *component.portTypes]))
    except ConfigError as error:
        raise ConfigError(f'{where} "{dottedName}": {error.what}', cure=error.cure) from None


def _unused(found: Any, arguments: Mapping[str, object], where: str, dottedName: str) -> object:
    raise ParameterError(f"{where} is made on request")
