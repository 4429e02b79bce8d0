"""C{twistd gma-summariser}: a node that tells of many events in one."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.compoundoptions import SummariserOptions
from gma_twisted.nodes.kind import SUMMARISER
from gma_twisted.nodes.launch import launch

__all__ = ["Options", "makeService"]


class Options(SummariserOptions):
    """A summariser of events; without a configuration it counts what it is told, each minute, on 127.0.0.1:8494."""

    command: ClassVar[str] = SUMMARISER.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(SUMMARISER, options, reactor)
