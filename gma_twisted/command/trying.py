"""C{gma provider run}: one provider alone, without a node."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs
import click
from twisted.internet.error import ReactorNotRunning
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

from gma_twisted.command.asjson import contentOf, leaves
from gma_twisted.command.configuring import providersOption, refusing
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import Format, Table, formatOption, say, show
from gma_twisted.configuration import Draft
from gma_twisted.configuration.mistakes import nearest, quoted
from gma_twisted.configuration.spelling import spellName
from gma_twisted.errors import GMAError
from gma_twisted.execution import STATUS_NAME, ProviderManager, ProviderSetup
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.namespaces import SD
from gma_twisted.model import NameQuery, NameSelector, ServiceDataElement
from gma_twisted.nodes import INDEX, RIPS
from gma_twisted.nodes.installing import Installer
from gma_twisted.nodes.optionsof import optionsOf
from gma_twisted.nodes.securing import secured
from gma_twisted.nodes.settling import settled
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.stores import MemoryStore
from gma_twisted.timing import NodeClock, Tasks, toDeferred, withTimeout
from gma_twisted.transport.dialing import dialer
from gma_twisted.transport.fetching import Fetcher

__all__ = ["Outcome", "run", "runOnce"]

_ORIGINATOR = f"http://127.0.0.1:{INDEX.port}{INDEX.path}"
_ENDING = 6.0


@attrs.frozen(slots=True)
class Outcome:
    """
    How one run ended.

    @ivar values: what it made
    @ivar seconds: it took
    @ivar error: why it failed; empty when it did not
    """

    values: Sequence[ServiceDataElement]
    seconds: float
    error: str


async def runOnce(setup: ProviderSetup, clock: NodeClock, runtime: ProviderRuntime) -> Outcome:
    """
    Run a provider as a node does, handler and time limit included, once.

    @raise TimedOut: it goes on although its time is over
    """
    store = MemoryStore(clock)
    manager = ProviderManager(clock, store, _ORIGINATOR, XMLGate(), random.random, runtime)
    # One that decides itself when there is news has a latest document all the same.
    manager.install(attrs.evolve(setup, interval=0.0, isAsync=False))
    try:
        await manager.start()
        await withTimeout(manager.ran(), setup.timeout + _ENDING, clock, f"provider {setup.name}")
        (row,) = manager.status()
    finally:
        await manager.stop()
    names = [NameSelector(name) for name in store.names() if name != STATUS_NAME]
    values = store.find(NameQuery(tuple(names))).elements if names else ()
    return Outcome(values, float(row["lastDuration"]), row["lastError"])


@click.command()
@click.argument("name")
@click.option(
    "--once", is_flag=True, required=True, help="One run; a node runs it on its schedule."
)
@click.option("-c", "--config", metavar="FILE", help="The TOML file that has it.")
@providersOption
@formatOption(Format.XML)
def run(name: str, once: bool, config: str | None, providers: str | None, format: Format) -> None:
    """Run the provider NAME here, without a node.

    It prints the service data of the run, as gma get does, and how long it took. A run that fails
    is exit status 4. Without a configuration there are the providers system and fork.

    Example: gma provider run system --once
    """
    # The one place that takes the process's reactor, and late: no other verb waits for it.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    clock = NodeClock(reactor)
    fetcher = Fetcher(clock, dialer(reactor))
    runtime = ProviderRuntime(clock, ProgramRunner(reactor, clock), fetcher)
    with refusing():
        setup, draft = _setup(name, config, providers, runtime)
    fetcher.connect = dialer(reactor, _believing(draft, clock))
    outcomes: list[Outcome | GMAError] = []
    tasks = Tasks("gma provider run", 1)

    async def work() -> None:
        try:
            outcomes.append(await runOnce(setup, clock, runtime))
        except GMAError as error:
            outcomes.append(error)
        finally:
            # After Ctrl-C it is stopping already.
            with suppress(ReactorNotRunning):
                reactor.stop()

    reactor.callWhenRunning(tasks.spawn, work(), f"run of provider {name}")
    # Ctrl-C ends the provider's programs with it.
    reactor.addSystemEventTrigger("before", "shutdown", lambda: toDeferred(tasks.cancelAll()))
    reactor.run()
    if not outcomes:
        raise Failure(f"the run of provider {name} was interrupted", Exit.FAULT)
    (outcome,) = outcomes
    if isinstance(outcome, GMAError):
        raise outcome
    _tell(name, outcome, format)


def _setup(
    name: str, config: str | None, providers: str | None, runtime: ProviderRuntime
) -> tuple[ProviderSetup, Draft]:
    """
    The provider, its class loaded and checked, and what was read.

    @raise ConfigError: it cannot be, or the files have mistakes
    """
    options = optionsOf(INDEX, config, providers)
    # Those that stand in at a RIPS are all there are.
    draft = settled(RIPS, options.configuration())
    configuration, source = draft.checked()
    if name not in configuration.providers:
        hint = nearest(name, configuration.providers)
        raise Failure(f"there is no provider {quoted(name)}; {hint}", Exit.NO)
    installer = Installer(source, runtime, options.searched())
    setups = installer.install({name: configuration.providers[name]})
    if installer.mistakes:
        raise source.refuse(installer.mistakes)
    return setups[0], draft


def _believing(draft: Draft, clock: NodeClock) -> Callable[[str], IOpenSSLClientConnectionCreator]:
    """
    Makes the TLS options for a host as the node has them. Not before one is called are files read that may be the
    node's alone.
    """

    def options(host: str) -> IOpenSSLClientConnectionCreator:
        tls, mistakes, _ = secured(draft, clock.wallTime())
        if mistakes:
            raise draft.source.refuse(mistakes)
        return tls.calling(host)

    return options


def _tell(name: str, outcome: Outcome, format: Format) -> None:
    took = f"{outcome.seconds:.3f} s"
    if outcome.error:
        raise Failure(f"{outcome.error} (after {took})", Exit.FAULT)
    gate = XMLGate()
    found = [(one, gate.parse(one.content)) for one in outcome.values]
    show(
        format,
        lambda: Table(
            ["NAME", "KEY", "WHERE", "VALUE"], [row for one in found for row in _rows(*one)]
        ),
        lambda: [
            {"name": one.key.name.clark, "key": one.key.key, "value": contentOf(root)}
            for one, root in found
        ],
        lambda: _document(outcome.values),
    )
    count = len(found)
    say(f"{name}: {count} {'value' if count == 1 else 'values'} in {took}")


def _rows(one: ServiceDataElement, root: Element) -> Sequence[Sequence[str]]:
    name = spellName(one.key.name)
    return [[name, one.key.key or "-", path, text] for path, text in leaves(root)]


def _document(values: Sequence[ServiceDataElement]) -> bytes:
    inner = b"\n".join(one.content for one in values)
    return b'<sd:serviceDataValues xmlns:sd="%b">\n%b\n</sd:serviceDataValues>' % (
        SD.encode(),
        inner,
    )
