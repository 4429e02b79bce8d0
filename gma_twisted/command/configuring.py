"""C{gma config}: configurations before a node runs with them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from gma_twisted.command.asxml import asXML
from gma_twisted.command.failures import Exit
from gma_twisted.command.output import Format, Table, formatOption, say, show
from gma_twisted.command.verbs import Verbs
from gma_twisted.configuration import Configuration, readFile
from gma_twisted.configuration.changes import Change, changesBetween
from gma_twisted.configuration.writing import toTOML
from gma_twisted.errors import ConfigError

__all__ = [
    "VERBS",
    "check",
    "config",
    "convert",
    "diff",
    "kindOption",
    "providersOption",
    "refusing",
    "showFile",
]

_KINDS = (
    "gma-index",
    "gma-registry",
    "gma-rips",
    "gma-mmjfs",
    "gma-aggregator",
    "gma-producer",
    "gma-consumer",
    "gma-archiver",
    "gma-filter",
    "gma-summariser",
    "gma-republisher",
)

VERBS: Mapping[str, str] = {
    "check": "gma_twisted.command.configuring:check",
    "convert": "gma_twisted.command.configuring:convert",
    "diff": "gma_twisted.command.configuring:diff",
    "init": "gma_twisted.command.starting:init",
    "show": "gma_twisted.command.configuring:showFile",
}
"""By name: where each is."""

kindOption = click.option(
    "--kind",
    type=click.Choice(_KINDS),
    default=_KINDS[0],
    show_default=True,
    help="What the node is.",
)
"""Gives a verb C{kind}, a sub-command of twistd."""

providersOption = click.option(
    "--providers", metavar="FILE", help="A provider file of GT3 that is read as well."
)
"""Gives a verb C{providers}, the name of a file or C{None}."""


@contextmanager
def refusing() -> Iterator[None]:
    """Tell what is wrong with a configuration as C{twistd --check} does, a line each, and end with exit status 1."""
    try:
        yield
    except ConfigError as error:
        for line in error.message.splitlines():
            say(line)
        raise click.exceptions.Exit(Exit.NO) from None


@click.group(cls=Verbs, verbs=VERBS)
def config() -> None:
    """Write, check and compare configurations.

    Nothing is started, and no node is asked. A mistake is a line on the standard error: file, line,
    column, key, what is wrong and what would be right.

    Example: gma config check vo.toml
    """


@click.command()
@click.argument("file")
@kindOption
@providersOption
def check(file: str, kind: str, providers: str | None) -> None:
    """Tell every mistake in FILE.

    Classes are loaded and arguments compared with them, as twistd --check does; nothing is opened
    or connected. What may not be meant is a warning, and the exit status is 0 all the same.

    Example: gma config check vo.toml
    """
    # Here, because they bring every engine of a node.
    from twisted.internet.task import Clock  # noqa: PLC0415

    from gma_twisted.nodes import makePlan  # noqa: PLC0415
    from gma_twisted.nodes.doubts import doubts, summary  # noqa: PLC0415
    from gma_twisted.nodes.kind import KINDS  # noqa: PLC0415
    from gma_twisted.nodes.optionsof import optionsOf  # noqa: PLC0415
    from gma_twisted.processes import ProgramRunner, ProviderRuntime  # noqa: PLC0415
    from gma_twisted.timing import NodeClock  # noqa: PLC0415
    from gma_twisted.transport.dialing import dialer  # noqa: PLC0415
    from gma_twisted.transport.fetching import Fetcher  # noqa: PLC0415

    known = KINDS[kind]
    if providers is not None and not known.runsProviders:
        raise click.UsageError(f"--providers: a {kind} runs no providers")
    # Of a reactor that never runs: nothing is waited for here.
    reactor = Clock()
    clock = NodeClock(reactor)
    runner = ProgramRunner(reactor, clock)  # type: ignore[arg-type]
    runtime = ProviderRuntime(clock, runner, Fetcher(clock, dialer(reactor)))
    with refusing():
        options = optionsOf(known, file, providers)
        draft = options.configuration()
        warnings: Sequence[str] = draft.doubts
        try:
            plan = makePlan(known, draft, runtime, os.environ, options.searched())
            warnings = [*doubts(plan.setups, draft), *plan.doubts]
        finally:
            for line in warnings:
                say(line)
    click.echo(summary(plan))


@click.command("show")
@click.argument("file")
@click.option("--effective", is_flag=True, help="Also every key that has its default.")
@providersOption
def showFile(file: str, effective: bool, providers: str | None) -> None:
    """Print what FILE says, as the node understands it.

    It is TOML, in one order and one way of writing: a file that reads back as the same, but for
    secrets, which are shown as "***". What a provider file says is among it, as a node started
    with both has it.

    Example: gma config show --effective vo.toml
    """
    configuration = _read(file) if providers is None else _readBoth(file, providers)
    click.echo(toTOML(configuration, effective, withSecrets=False).encode(), nl=False)


@click.command()
@click.argument("old")
@click.argument("new")
@formatOption()
def diff(old: str, new: str, format: Format) -> None:
    """What NEW says otherwise than OLD, key by key.

    Order, comments, and other ways to write the same value are no difference. Exit status 0 when
    there is none, 1 when there is one.

    Example: gma config diff old.toml vo.toml
    """
    changes = list(changesBetween(_read(old), _read(new)))
    if changes or format is not Format.TABLE:
        rows = [_row(one) for one in changes]
        show(
            format,
            lambda: Table(
                ["SECTION", "KEY", "OLD", "NEW"],
                [[text or "-" for text in row.values()] for row in rows],
            ),
            lambda: rows,
            lambda: asXML("changes", {"change": rows}),
        )
    if changes:
        raise click.exceptions.Exit(Exit.NO)


def _row(one: Change) -> dict[str, str]:
    return {"section": one.section, "key": one.key, "old": one.old, "new": one.new}


@click.command()
@click.argument("file")
def convert(file: str) -> None:
    """Print what a provider file of GT3 says as TOML.

    A node reads both alike. What may not mean what it says is a warning on the standard error.

    Example: gma config convert index-service-config.xml > vo.toml
    """
    # Here, because they bring every engine of a node: arguments are read as the classes declare them.
    from gma_twisted.configuration import findBeside  # noqa: PLC0415
    from gma_twisted.configuration.gt3 import readProviderFile  # noqa: PLC0415
    from gma_twisted.nodes.providerfiles import providerClasses  # noqa: PLC0415

    with refusing():
        draft = readProviderFile(file, providerClasses(findBeside(Path(file).parent)))
        for line in draft.doubts:
            say(line)
        configuration, _ = draft.checked()
    click.echo(toTOML(configuration).encode(), nl=False)


def _read(file: str) -> Configuration:
    with refusing():
        return readFile(file).checked()[0]


def _readBoth(file: str, providers: str) -> Configuration:
    # Here, because they bring every engine of a node: arguments are read as the classes declare them.
    from gma_twisted.nodes import INDEX  # noqa: PLC0415
    from gma_twisted.nodes.optionsof import optionsOf  # noqa: PLC0415

    with refusing():
        draft = optionsOf(INDEX, file, providers).configuration()
        for line in draft.doubts:
            say(line)
        return draft.checked()[0]
