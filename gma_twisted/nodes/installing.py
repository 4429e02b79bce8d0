"""Providers from their configuration: classes loaded, members and arguments checked, one of each made."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from gma_twisted.configuration import MEND, ComponentFactory, Mistake, ProviderSection, Source
from gma_twisted.errors import ConfigError, GMAError
from gma_twisted.execution import (
    DEFAULT_GRACE,
    ProviderSetup,
    checkHandler,
    checkProvider,
    describe,
)
from gma_twisted.execution.component import makeComponent
from gma_twisted.handlers import CORE_HANDLERS
from gma_twisted.interfaces import IAsyncDataProvider, IResultHandler, ISimpleDataProvider
from gma_twisted.nodes.arguments import checkArguments
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers import CORE_PROVIDERS

__all__ = ["Installer", "Known", "nothingKnown"]

_SCRIPT = "ScriptExecutionProvider"


Known = Callable[[str, ProviderSection], ProviderSetup | None]
"""Of the name of a section and what it says: the setup that was checked for just that before, if there is one."""


def nothingKnown(name: str, section: ProviderSection) -> ProviderSetup | None:
    """L{Known} where nothing was checked before."""
    return None


@attrs.define(slots=True, eq=False)
class Installer:
    """
    Checks every provider of a configuration and collects what is wrong.

    @ivar source: says where each key stands
    @ivar runtime: for providers that ask for it
    @ivar searched: where modules are looked for, in words
    @ivar known: what it gives is not made and checked again
    @ivar mistakes: what is wrong, at most one a section
    """

    source: Source
    runtime: ProviderRuntime
    searched: str
    known: Known = nothingKnown
    mistakes: list[Mistake] = attrs.field(factory=list, init=False)
    _providers: ComponentFactory = attrs.field(init=False)
    _handlers: ComponentFactory = attrs.field(init=False)
    # By name; None for a section with a mistake.
    _checked: dict[str, ProviderSetup | None] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._providers = self._factory(checkProvider, CORE_PROVIDERS)
        self._handlers = self._factory(checkHandler, CORE_HANDLERS)

    def _factory(
        self, check: Callable[[Any, str, str], None], shortNames: Mapping[str, str]
    ) -> ComponentFactory:
        def build(
            found: Any, arguments: Mapping[str, object], where: str, dottedName: str
        ) -> object:
            return makeComponent(found, arguments, self.runtime, where, dottedName, check)

        return ComponentFactory(check, build, shortNames, self.searched)

    def install(self, sections: Mapping[str, ProviderSection]) -> Sequence[ProviderSetup]:
        """
        Check them.

        @return: a setup for each section that is right
        """
        for name, section in sections.items():
            self.check(name, section)
        found = [self._checked[name] for name in sections]
        return [one for one in found if one is not None]

    def check(self, name: str, section: ProviderSection) -> None:
        """Check one of the sections L{install} will be given: for who does not do all of them in one go."""
        if name in self._checked:
            return
        self._checked[name] = None
        try:
            self._checked[name] = self.known(name, section) or self._setup(name, section)
        except GMAError as error:
            path = ("providers", name)
            self.mistakes.append(
                Mistake(path, error.what, error.cure or MEND, atKey=True, isLine=True)
            )

    def _setup(self, name: str, section: ProviderSection) -> ProviderSetup:
        path = ("providers", name)
        arguments = dict(section.arguments or {})
        if section.command is not None:
            where = self.source.where((*path, "command"))
            asked = _SCRIPT
            arguments.setdefault("command", list(section.command))
        else:
            where = self.source.where((*path, "class"))
            asked = section.implementation or ""
        implementation = self._providers.dottedName(asked, where)
        factory = self._providers.load(implementation, where)
        if section.isAsync and not IAsyncDataProvider.implementedBy(factory):
            at = self.source.where((*path, "async"))
            raise ConfigError(
                f'{at}: "{implementation}" does not provide IAsyncDataProvider',
                cure="leave async out, or name a class that does",
            )
        checkArguments(self.source, path, arguments, describe(factory))
        provider: ISimpleDataProvider = self._providers.make(asked, arguments, where)  # type: ignore[assignment]
        return ProviderSetup(
            name=name,
            factory=factory,
            arguments=arguments,
            provider=provider,
            implementation=implementation,
            interval=section.interval,
            timeout=section.timeout,
            grace=DEFAULT_GRACE if section.grace is None else section.grace,
            handler=self._handler(name, section),
            serviceDataName=section.serviceDataName,
            isAsync=section.isAsync,
            isOnDemand=section.isOnDemand,
            fastest=section.fastest,
        )

    def _handler(self, name: str, section: ProviderSection) -> IResultHandler | None:
        if section.handler is None:
            return None
        path = ("providers", name)
        where = self.source.where((*path, "handler"))
        arguments = dict(section.handlerArguments or {})
        found = self._handlers.load(section.handler, where)
        checkArguments(self.source, path, arguments, describe(found), "handler_arguments")
        made: IResultHandler = self._handlers.make(section.handler, arguments, where)  # type: ignore[assignment]
        return made
