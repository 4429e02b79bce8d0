"""All providers of one service: installs, starts and stops them, and is the service's ProviderExecution port type."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import (
    Busy,
    ConfigError,
    GMAError,
    ParameterError,
    TooLarge,
    UnknownId,
    cut,
)
from gma_twisted.execution.arguments import describe, forCallers, readArguments, writeArguments
from gma_twisted.execution.component import makeComponent
from gma_twisted.execution.demand import Demand
from gma_twisted.execution.handlers import DefaultHandler
from gma_twisted.execution.intake import Intake
from gma_twisted.execution.owners import Owners
from gma_twisted.execution.quarantine import Quarantine
from gma_twisted.execution.run import Runs
from gma_twisted.execution.scheduled import ScheduledProvider
from gma_twisted.execution.setup import MIN_INTERVAL, ProviderSetup
from gma_twisted.execution.status import STATUS_NAME, ProviderStatus
from gma_twisted.interfaces import (
    IAsyncDataProvider,
    IProviderExecution,
    IServiceDataStore,
    ISimpleDataProvider,
)
from gma_twisted.markup.parse import XMLGate
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Command,
    Declare,
    ElementKey,
    ExecutionRequest,
    ProviderDescription,
    Put,
    QName,
    Remove,
    ReplaceAll,
)
from gma_twisted.processes import ProviderRuntime
from gma_twisted.timing.bridge import gather, sleep
from gma_twisted.timing.clock import NodeClock

__all__ = ["MAX_PROVIDERS", "ProviderManager"]

log = Logger()

MAX_PROVIDERS = 1000
"""Most providers of one service."""


@implementer(IProviderExecution)
@attrs.define(eq=False, slots=True)
class ProviderManager:
    """
    The providers of one service.

    @ivar clock: the node's
    @ivar store: where their values and statuses are kept
    @ivar originator: handle of the service, as text
    @ivar gate: lets their documents in
    @ivar random: gives numbers in C{[0, 1)}, for back-off
    @ivar runtime: given to providers that ask for it
    @ivar rescan: reads the configuration again for who asks by C{enumProviders}; C{None} when it cannot be
    @ivar quarantine: keeps documents that cannot be used; C{None} to keep none
    @ivar demand: knows what is wanted of those that run on demand; without it they run as the others
    """

    clock: NodeClock
    store: IServiceDataStore
    originator: str
    gate: XMLGate
    random: Callable[[], float]
    runtime: ProviderRuntime | None = None
    rescan: Callable[[Caller], Awaitable[object]] | None = None
    quarantine: Quarantine | None = None
    demand: Demand | None = None
    _installed: dict[str, ScheduledProvider] = attrs.field(factory=dict, init=False)
    # Taken out, and not ended yet.
    _leaving: dict[str, ScheduledProvider] = attrs.field(factory=dict, init=False)
    _owners: Owners = attrs.field(factory=Owners, init=False)
    _started: bool = attrs.field(default=False, init=False)

    def install(self, setup: ProviderSetup) -> None:
        """
        Keep a provider, made now unless it is already; it runs after L{start}.

        @raise ParameterError: its arguments do not fit
        @raise ConfigError: the name is taken, or a member of its interface is missing
        @raise TooLarge: there are L{MAX_PROVIDERS}
        """
        what = f"provider {setup.name}"
        if setup.name in self._installed:
            raise ConfigError(f"{what} is configured twice")
        if len(self._installed) >= MAX_PROVIDERS:
            raise TooLarge(f"more than {MAX_PROVIDERS} providers: {what}")
        provider = setup.provider
        if provider is None:
            provider = self._make(setup, setup.arguments)
        handler = setup.handler or DefaultHandler()
        intake = Intake(setup.name, handler, self.gate, self.store, self._owners, self.clock)
        status = ProviderStatus(setup.name)
        runs = Runs(setup, status, intake, self.clock, self.store, self.originator, self.quarantine)
        installed = ScheduledProvider(provider, runs, self.random)
        self._installed[setup.name] = installed
        if setup.isOnDemand and self.demand is not None:
            self.demand.add(installed)

    async def start(self) -> None:
        """Make the names known, tell every provider's status, and begin the schedules."""
        installed = list(self._installed.values())
        commands: list[Command] = [Declare((STATUS_NAME, *_namesOf(installed)))]
        told = [one.status.element(self.originator, self.clock) for one in installed]
        # A store that keeps its values may have the status of a provider that is no longer configured.
        commands.append(ReplaceAll(STATUS_NAME, self.originator, told))
        await self.store.commit(commands)
        self._started = True
        for one in installed:
            one.start()

    async def add(self, setup: ProviderSetup) -> None:
        """
        L{install} a provider while the others run, and begin its schedule.

        @raise GMAError: as L{install}, or the store cannot take its status; it is not installed then
        """
        self.install(setup)
        one = self._installed[setup.name]
        status = one.status.element(self.originator, self.clock)
        try:
            await self.store.commit([Declare(_namesOf([one])), Put(status)])
        except GMAError:
            del self._installed[setup.name]
            self._wantNoMore(one)
            raise
        if self._started:
            one.start()

    async def remove(self, name: str) -> None:
        """
        End a provider with its run while the others go on, and forget it; so does its status.

        Its values stay until their lifetime ends; those without an end are stale from now on, for its grace. Its names
        stay known.

        @raise UnknownId: no installed provider has the name
        """
        one = self._installed.pop(name, None)
        if one is None:
            raise UnknownId(f'no provider "{cut(name)}" is installed', id=name)
        self._leaving[name] = one
        self._wantNoMore(one)
        await one.stop()
        del self._leaving[name]
        if self.quarantine is not None:
            self.quarantine.forget(name)
        await self._forget(one)

    async def _forget(self, one: ScheduledProvider) -> None:
        """Take its status away, and give its values an end that have none: in turns, as they came."""
        name, refused = one.setup.name, None
        status: Sequence[Command] = [Remove(ElementKey(STATUS_NAME, self.originator, name))]
        for commands in one.release():
            if not status:
                await sleep(self.clock, 0.0)
            try:
                await self.store.commit([*status, *commands])
            except GMAError as error:
                refused = error
            status = ()
        if refused is not None:
            log.warn(
                "provider {provider} has ended; its status, or values without an end, stay: {why}",
                provider=name,
                why=refused.message,
            )

    def _wantNoMore(self, one: ScheduledProvider) -> None:
        if self.demand is not None:
            self.demand.discard(one)

    def arrange(self, names: Sequence[str]) -> None:
        """Show the providers in this order; those that are not named come last."""
        order = {name: place for place, name in enumerate(names)}
        found = sorted(self._installed.items(), key=lambda item: order.get(item[0], len(order)))
        self._installed = dict(found)

    async def ran(self) -> None:
        """
        Wait until every provider with a schedule has run once, well or badly: what they know is in the store then. One
        that hangs, or never delivers, is waited for without an end.
        """
        await gather(
            [one.ran.wait() for one in self._installed.values() if one.setup.interval is not None]
        )

    async def stop(self) -> None:
        """End all runs with the programs they wait for; nothing is committed afterwards."""
        self._started = False
        ending = [*self._installed.values(), *self._leaving.values()]
        await gather([one.stop() for one in ending])

    def status(self) -> Sequence[Mapping[str, str]]:
        """Per provider its status as text, in the order of installation (L{INodeControl.providers})."""
        return [one.status.row(self.clock) for one in self._installed.values()]

    def giverOf(self, key: ElementKey) -> str:
        """The name of the provider that gives a value; empty for none."""
        return self._owners.giver(key)

    def setupOf(self, name: str) -> ProviderSetup | None:
        """How a provider is set up; C{None} when there is none of this name."""
        found = self._installed.get(name)
        return None if found is None else found.setup

    def periodOf(self, name: str) -> float | None:
        """Seconds between two runs of a provider now; C{None} or 0 of one that is not run again and again."""
        found = self._installed.get(name)
        return None if found is None else found.period

    async def enumProviders(
        self, rescanConfig: bool, caller: Caller = OURSELVES
    ) -> Sequence[ProviderDescription]:
        """Tell the installed providers. @raise GMAError: the configuration cannot be read again"""
        if rescanConfig and self.rescan is not None:
            await self.rescan(caller)
        return [
            ProviderDescription(
                one.setup.name,
                one.provider.description,
                one.setup.implementation,
                forCallers(one.setup.factory),
                IAsyncDataProvider.providedBy(one.provider),
                writeArguments(forCallers(one.setup.factory)),
            )
            for one in self._installed.values()
        ]

    async def executeProvider(self, ServiceDataProviderExecution: ExecutionRequest) -> None:
        """
        Begin a run; what is asked is checked before, the outcome is in the status.

        A run under way is not doubled: it counts as a skip. The first call for a provider without interval fixes
        its frequency, name and arguments; later ones run it once, beside its schedule: their failures move nothing
        of it. Arguments the configuration gives, and those only it may give, stay as they are: a caller never names
        a program.

        @raise UnknownId: no installed provider has the name
        @raise ParameterError: another implementation, an argument that is unknown, ill-typed or fixed, another
            service data name, or an impossible frequency; nothing was run
        @raise Busy: the node is starting or stopping, or the provider is being replaced
        """
        execution = ServiceDataProviderExecution
        one = self._installed.get(execution.provider)
        if execution.provider in self._leaving:
            raise Busy(f"provider {execution.provider} is being ended or replaced")
        if one is None:
            raise UnknownId(
                f'no provider "{cut(execution.provider)}" is installed', id=execution.provider
            )
        setup = one.setup
        wanted = execution.implementation
        if wanted and wanted != setup.implementation:
            raise ParameterError(
                f'provider {setup.name} is "{setup.implementation}", not "{cut(wanted)}"',
                parameter="serviceDataProviderImpl",
            )
        first = setup.interval is None
        fitted = _refitted(setup, execution) if first else setup
        _checkName(fitted, execution)
        other = self._otherwise(setup, execution.arguments)
        if not self._started:
            raise Busy(f"provider {setup.name} cannot run: the node is starting or stopping")
        if first:
            one.refit(fitted, other or one.provider)
            one.start()
        else:
            one.runOnce(other)

    def _otherwise(self, setup: ProviderSetup, text: str) -> ISimpleDataProvider | None:
        what = f"provider {setup.name}"
        given = readArguments(text, describe(setup.factory), what)
        free = {one.name for one in forCallers(setup.factory)} - setup.arguments.keys()
        for key in given:
            if key not in free:
                raise ParameterError(
                    f'{what}: argument "{key}" is fixed by the configuration', parameter=key
                )
        if not given:
            return None
        return self._make(setup, {**setup.arguments, **given})

    def _make(self, setup: ProviderSetup, arguments: Mapping[str, object]) -> ISimpleDataProvider:
        what = f"provider {setup.name}"
        made: ISimpleDataProvider = makeComponent(
            setup.factory, arguments, self.runtime, what, setup.implementation
        )
        return made


def _namesOf(installed: Sequence[ScheduledProvider]) -> Sequence[QName]:
    names = dict.fromkeys(one.setup.serviceDataName for one in installed)
    return [name for name in names if name is not None]


def _refitted(setup: ProviderSetup, execution: ExecutionRequest) -> ProviderSetup:
    frequency = execution.refreshFrequency
    if frequency != 0 and not MIN_INTERVAL <= frequency < math.inf:
        raise ParameterError(
            f"refreshFrequency {frequency!r} is neither 0 nor {MIN_INTERVAL} s or more",
            parameter="refreshFrequency",
        )
    return attrs.evolve(
        setup,
        interval=frequency,
        serviceDataName=setup.serviceDataName or execution.serviceDataName,
        isAsync=setup.isAsync or execution.isAsync,
    )


def _checkName(setup: ProviderSetup, execution: ExecutionRequest) -> None:
    name = execution.serviceDataName
    if name is not None and name != setup.serviceDataName:
        kept = setup.serviceDataName or "its document's root name"
        raise ParameterError(
            f'provider {setup.name} gives {kept}, not "{cut(name)}"', parameter="serviceDataName"
        )
