"""What may be wrong with the installation that C{gma} runs from."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from twisted.application.service import IServiceMaker
from twisted.internet import default
from twisted.plugin import getPlugins

from gma_twisted.command.finding import Finding
from gma_twisted.nodes.kind import KINDS

__all__ = ["extraOf", "here", "plugInOf", "reactorOf", "twistdOf"]

_DISTRIBUTION = "gma-twisted"
# Name, package, and what it is for.
_EXTRAS = (
    ("fast", "uvloop", "twistd --reactor=gma-uvloop"),
    ("xquery", "saxonche", "answering XQuery"),
)


def here() -> Iterator[Finding]:
    """Everything of it."""
    yield plugInOf([str(maker.tapname) for maker in getPlugins(IServiceMaker)])
    yield twistdOf(shutil.which("twistd"), sys.executable)
    yield reactorOf(default.install.__module__)
    for name, package, purpose in _EXTRAS:
        yield extraOf(name, package, purpose, _installed(package))


def plugInOf(commands: Sequence[str]) -> Finding:
    """Whether twistd knows the nodes. @param commands: the sub-commands of its plug-ins"""
    missing = sorted(set(KINDS) - set(commands))
    if not missing:
        return Finding("plug-in", f"twistd knows {', '.join(sorted(KINDS))}")
    return Finding(
        "plug-in",
        f"twistd of {sys.executable} does not know {', '.join(missing)}",
        f"install again: {sys.executable} -m pip install --force-reinstall {_DISTRIBUTION}; an older"
        " twisted/plugins/gma_twisted_plugin.py or dropin.cache may be in the way",
    )


def twistdOf(twistd: str | None, python: str) -> Finding:
    """
    Whether the C{twistd} a shell finds is of the same environment.

    @param twistd: path of it; C{None} when there is none
    @param python: path of the interpreter
    """
    beside = Path(python).parent / "twistd"
    if twistd is None:
        # Whoever calls gma by its path does the same with twistd.
        return Finding("twistd", f"there is none on PATH; call {beside}")
    if Path(twistd).resolve() != beside.resolve():
        return Finding(
            "twistd",
            f"{twistd} on PATH is of another environment than {python}",
            f"call {beside}, or put its directory first on PATH",
        )
    return Finding("twistd", f"{twistd} is of this environment")


def reactorOf(module: str) -> Finding:
    """Whether the reactor that twistd takes by itself can hold a node's connections. @param module: where it is from"""
    name = module.rpartition(".")[2]
    if name == "selectreactor":
        return Finding(
            "reactor",
            "twistd takes the select reactor here, which holds at most 1024 connections",
            "start nodes with twistd --reactor=asyncio, or --reactor=poll",
        )
    return Finding("reactor", f"twistd takes {name}")


def extraOf(name: str, package: str, purpose: str, version: str | None) -> Finding:
    """What of an extra is there. @param version: C{None} when it is not installed, which is no mistake"""
    if version is None:
        return Finding(
            f"extra {name}",
            f"{package} is not installed: {purpose} needs pip install"
            f" '{_DISTRIBUTION}[{name}]', everything else does not",
        )
    return Finding(f"extra {name}", f"{package} {version} for {purpose}")


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
