"""Providers from their configuration: classes loaded, members and arguments checked, one of each made."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from gma_twisted.configuration import ComponentFactory, Mistake, ProviderSection, Source
from gma_twisted.errors import ConfigError, GMAError, ParameterError
from gma_twisted.execution import (
    ProviderSetup,
    checkHandler,
    checkProvider,
    describe,
    fitArguments,
)
from gma_twisted.execution.component import makeComponent
from gma_twisted.interfaces import IAsyncDataProvider, IResultHandler, ISimpleDataProvider
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers import CORE_PROVIDERS, SimpleSystemInformationProvider

__all__ = ["Installer"]

_SYSTEM = ProviderSetup(
    name="system",
    factory=SimpleSystemInformationProvider,
    implementation=CORE_PROVIDERS["SimpleSystemInformationProvider"],
    interval=5.0,
    grace=60.0,
)
_SCRIPT = "ScriptExecutionProvider"


def _fit(found: Any, arguments: Mapping[str, object], where: str) -> None:
    fitArguments(arguments, describe(found), where)


@attrs.define(slots=True, eq=False)
class Installer:
    """
    Checks every provider of a configuration and collects what is wrong.

    @ivar source: says where each key stands
    @ivar runtime: for providers that ask for it
    @ivar searched: where modules are looked for, in words
    @ivar mistakes: what is wrong, at most one a section
    """

    source: Source
    runtime: ProviderRuntime
    searched: str
    mistakes: list[Mistake] = attrs.field(factory=list, init=False)
    _providers: ComponentFactory = attrs.field(init=False)
    _handlers: ComponentFactory = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._providers = self._factory(checkProvider, CORE_PROVIDERS)
        self._handlers = self._factory(checkHandler, {})

    def _factory(
        self, check: Callable[[Any, str, str], None], shortNames: Mapping[str, str]
    ) -> ComponentFactory:
        def build(
            found: Any, arguments: Mapping[str, object], where: str, dottedName: str
        ) -> object:
            return makeComponent(found, arguments, self.runtime, where, dottedName, check)

        return ComponentFactory(check, build, shortNames, self.searched)

    def install(
        self, sections: Mapping[str, ProviderSection], withSystem: bool = True
    ) -> Sequence[ProviderSetup]:
        """
        Check them.

        @param withSystem: whether the provider C{system} stands in when there is no section
        @return: a setup for each section that is right
        """
        setups = []
        for name, section in sections.items():
            try:
                setups.append(self._setup(name, section))
            except GMAError as error:
                self.mistakes.append(
                    Mistake(("providers", name), error.message, atKey=True, isLine=True)
                )
        return (_SYSTEM,) if withSystem and not sections else setups

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
            raise ConfigError(f'{at}: "{implementation}" does not provide IAsyncDataProvider')
        self._checkArguments(name, factory, arguments)
        provider: ISimpleDataProvider = self._providers.make(asked, arguments, where)  # type: ignore[assignment]
        return ProviderSetup(
            name=name,
            factory=factory,
            arguments=arguments,
            provider=provider,
            implementation=implementation,
            interval=section.interval,
            timeout=section.timeout,
            grace=section.grace,
            handler=self._handler(name, section),
            serviceDataName=section.serviceDataName,
            isAsync=section.isAsync,
        )

    def _checkArguments(
        self, name: str, factory: Callable[..., object], arguments: Mapping[str, object]
    ) -> None:
        path = ("providers", name, "arguments")
        where = self.source.where(path)
        try:
            _fit(factory, arguments, where)
        except ParameterError as error:
            wrong = error.details.get("parameter", "")
            if wrong not in arguments:
                raise
            # Again, to say it where the argument itself stands.
            _fit(factory, arguments, self.source.where((*path, wrong), atKey=True))

    def _handler(self, name: str, section: ProviderSection) -> IResultHandler | None:
        if section.handler is None:
            return None
        where = self.source.where(("providers", name, "handler"))
        made: IResultHandler = self._handlers.make(section.handler, {}, where)  # type: ignore[assignment]
        return made
