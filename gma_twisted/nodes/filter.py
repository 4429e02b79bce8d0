"""C{twistd gma-filter}: a node that hands on some of the events it is told."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.compoundoptions import FilterOptions
from gma_twisted.nodes.kind import FILTER
from gma_twisted.nodes.launch import launch

__all__ = ["Options", "makeService"]


class Options(FilterOptions):
    """A filter of events; without a configuration it hands on what it is told, on 127.0.0.1:8493."""

    command: ClassVar[str] = FILTER.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(FILTER, options, reactor)
