"""Kinds of services from their configuration, C{[factory.NAME]}: classes loaded, members and arguments checked."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from zope.interface import implementer

from gma_twisted.configuration import ComponentFactory, FactorySection, Mistake, Source
from gma_twisted.errors import ConfigError, GMAError, ParameterError, cut
from gma_twisted.execution import checkService, describe, fitArguments, readArguments
from gma_twisted.execution.arguments import forCallers
from gma_twisted.execution.component import makeComponent
from gma_twisted.interfaces import ICreatedService, IServiceKind
from gma_twisted.model import ProviderParameter
from gma_twisted.processes import ProviderRuntime
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import operationsOf
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.soap.selection import flattened

__all__ = ["CORE_KINDS", "ConfiguredKind", "KindInstaller"]

CORE_KINDS = {"ServiceDataHolder": "gma_twisted.hosting.holder:ServiceDataHolder"}
"""Classes of the package by their own names."""


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
    @ivar mistakes: what is wrong, at most one a section
    """

    source: Source
    runtime: ProviderRuntime | None = None
    searched: str = "on PYTHONPATH"
    mistakes: list[Mistake] = attrs.field(factory=list, init=False)

    def install(self, sections: Mapping[str, FactorySection]) -> Sequence[IServiceKind]:
        """@return: a kind for each section that is right"""
        kinds = []
        for name, section in sections.items():
            try:
                kinds.append(self._kind(name, section))
            except GMAError as error:
                self.mistakes.append(
                    Mistake(("factory", name), error.message, atKey=True, isLine=True)
                )
        return kinds

    def _kind(self, name: str, section: FactorySection) -> IServiceKind:
        where = self.source.where(("factory", name, "class"))
        loader = ComponentFactory(checkService, _unused, CORE_KINDS, self.searched)
        component = loader.load(section.implementation or "", where)
        try:
            # Two operations of one local name would be told to the first client otherwise.
            operationsOf(flattened([GRID_SERVICE, *component.portTypes]))
        except ConfigError as error:
            raise ConfigError(f'{where} "{section.implementation}": {error.message}') from None
        arguments = dict(section.arguments or {})
        self._checkArguments(name, component, arguments)
        return ConfiguredKind(name, component, arguments, self.runtime)

    def _checkArguments(self, name: str, component: Any, arguments: Mapping[str, object]) -> None:
        path = ("factory", name, "arguments")
        known = describe(component)
        # What is missing may come with the request.
        asked = [one for one in known if one.default is not None or one.name in arguments]
        try:
            fitArguments(arguments, asked, self.source.where(path))
        except ParameterError as error:
            wrong = error.details.get("parameter", "")
            fitArguments(arguments, asked, self.source.where((*path, wrong), atKey=True))


def _unused(found: Any, arguments: Mapping[str, object], where: str, dottedName: str) -> object:
    raise ParameterError(f"{where} is made on request")
