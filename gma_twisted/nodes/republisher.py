"""C{twistd gma-republisher}: a node that hands on the events it is told, under other names and with further fields."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.compoundoptions import RepublisherOptions
from gma_twisted.nodes.kind import REPUBLISHER
from gma_twisted.nodes.launch import launch

__all__ = ["Options", "makeService"]


class Options(RepublisherOptions):
    """A republisher of events; without a configuration it hands on what it is told, on 127.0.0.1:8495."""

    command: ClassVar[str] = REPUBLISHER.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(REPUBLISHER, options, reactor)
