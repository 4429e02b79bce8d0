"""C{gma top}: a node at work."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import click

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.calling import passCaller
from gma_twisted.command.output import Format, drawn, safe, say, show
from gma_twisted.command.parameters import DURATION, timeoutOption
from gma_twisted.command.place import NODE, Place, Status
from gma_twisted.command.pulse import Pulse
from gma_twisted.errors import GMAError

__all__ = ["top"]

_LEAST = 0.25


@click.command()
@click.argument("node", type=NODE)
@click.option("--once", "isOnce", is_flag=True, help="One look, without rates.")
@click.option(
    "--interval",
    type=DURATION,
    default="1s",
    show_default=True,
    help="Between two looks; 250ms at least.",
)
@timeoutOption
@passCaller
def top(caller: BlockingCaller, node: Place, isOnce: bool, interval: float, timeout: float) -> None:
    """How busy NODE is, again and again.

    At a terminal tables that change in place, elsewhere a line a look; until Ctrl-C.

    Example: gma top 127.0.0.1:8480 --once
    """
    first = node.status(caller, timeout)
    if isOnce:
        pulse = Pulse.of(first, None, caller.wallTime())
        show(Format.TABLE, pulse.tables, dict, bytes)
        return
    with ExitStack() as ending:
        display = _Lines()
        if sys.stdout.isatty():
            display = _Screen(ending)
        _follow(caller, node, timeout, max(_LEAST, interval), first, display)


def _follow(
    caller: BlockingCaller,
    node: Place,
    timeout: float,
    interval: float,
    first: Status,
    display: "_Lines",
) -> None:
    now: Status = first
    before: Status | None = None
    try:
        while True:
            display.show(Pulse.of(now, before, caller.wallTime()))
            caller.pause(interval)
            before = now
            now = _again(caller, node, timeout, interval, display)
    except KeyboardInterrupt:
        # That is how it ends.
        return


def _again(
    caller: BlockingCaller, node: Place, timeout: float, interval: float, display: "_Lines"
) -> Status:
    """The next look, as soon as the node answers; that it does not is told once."""
    isTold = False
    while True:
        try:
            return node.status(caller, timeout)
        except GMAError as error:
            if not isTold:
                display.away(error.message)
            isTold = True
            caller.pause(interval)


class _Lines:
    """A line a look."""

    def show(self, pulse: Pulse) -> None:
        """Show how the node does."""
        click.echo(safe(pulse.line()))

    def away(self, why: str) -> None:
        """Show that it does not answer."""
        say(f"{why}; it is tried again")


class _Screen(_Lines):
    """Tables that change in place."""

    def __init__(self, ending: ExitStack) -> None:
        # Here, because it takes as long to import as a node takes to answer.
        from rich.console import Group  # noqa: PLC0415
        from rich.live import Live  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        self._group: Callable[..., Any] = Group
        self._text = Text
        self._live = ending.enter_context(Live(auto_refresh=False))
        self._shown: list[object] = []

    def show(self, pulse: Pulse) -> None:
        self._shown = [part for table in pulse.tables() for part in (drawn(table), "")]
        self._update(*self._shown)

    def away(self, why: str) -> None:
        self._update(*self._shown, self._text(safe(f"{why}; it is tried again")))

    def _update(self, *parts: object) -> None:
        self._live.update(self._group(*parts), refresh=True)
