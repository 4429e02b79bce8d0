"""C{gma demo}: a small grid on this machine, from a host's data to an index of indexes."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.calling import passCaller
from gma_twisted.command.demogrid import (
    directory,
    interruptible,
    look,
    showNodes,
    startNode,
    valuesAt,
)
from gma_twisted.command.demojobs import JobDemo
from gma_twisted.command.demonode import DemoNode
from gma_twisted.command.output import Format, formatOption, say
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import QName

__all__ = ["demo"]

_HOST = QName(GLUE, "Host")
# An index without any provider runs the one that tells of its host; one that is installed only is not run.
_SILENT = '[providers.system]\nclass = "SimpleSystemInformationProvider"\n'
_LIVE = _SILENT + 'interval = "2s"\n'
_NODES = (("vo", _SILENT), ("site", _SILENT), ("leaf", _LIVE))
_REGISTER = """
[register.{above}]
at = "{url}/services/index"
names = ["glue:*"]
"""


@click.command()
@click.option("--jobs", is_flag=True, help="Jobs of this machine instead of its host, five nodes.")
@formatOption()
@passCaller
def demo(caller: BlockingCaller, jobs: bool, format: Format) -> None:
    """Run a small grid on this machine until Ctrl-C.

    Three nodes: leaf has the data of this host and registers at site, site registers at vo, and
    each index copies what registers there. With --jobs two nodes tell of processes of this
    machine as jobs, and of those of Slurm and PBS where they are installed, and register at site;
    a fifth node, mmjfs, answers for both. The nodes are processes on free ports of 127.0.0.1;
    nothing of them is left at the end.

    Example: gma demo -o table
    """
    with interruptible(), ExitStack() as ending:
        try:
            home = ending.enter_context(directory())
            if jobs:
                JobDemo(caller, home, ending).run(format)
            say("three nodes start; Ctrl-C ends them")
            nodes = _start(home, ending)
            showNodes(format, nodes)
            _stay(caller, nodes)
        except KeyboardInterrupt:
            say("the nodes end")


def _start(home: Path, ending: ExitStack) -> Sequence[DemoNode]:
    """The nodes, those above first: who registers must know where."""
    nodes: list[DemoNode] = []
    for name, providers in _NODES:
        more = providers
        if nodes:
            more += _REGISTER.format(above=nodes[-1].name, url=nodes[-1].url)
        nodes.append(startNode(name, more, home, ending))
    return nodes


def _stay(caller: BlockingCaller, nodes: Sequence[DemoNode]) -> None:
    """Tell when data has come to the top; then stay until a node dies. @raise Failure: it died"""
    started = time.monotonic()
    vo = nodes[0]
    while not (values := valuesAt(caller, vo, "/services/index", _HOST)):
        look(nodes)
    seconds = time.monotonic() - started
    path = " -> ".join((values[0].received.originator or "", *values[0].received.path))
    say(f"data of this host has come to {vo.name} after {seconds:.1f} s: {path}")
    leaf = nodes[-1]
    for words in (
        f"gma get {vo.url} glue:Host -o table",
        f"gma status {vo.url}",
        f"kill -9 {leaf.process}; gma ls {vo.url} glue:Host",
    ):
        say(f"try  {words}")
    say(f"or   open {vo.url}/ in a browser")
    while True:
        look(nodes)
