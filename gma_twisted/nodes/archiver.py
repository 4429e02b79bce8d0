"""C{twistd gma-archiver}: a node that keeps the events it is told on the disk, and answers for them."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.compoundoptions import ArchiverOptions
from gma_twisted.nodes.kind import ARCHIVER
from gma_twisted.nodes.launch import launch

__all__ = ["Options", "makeService"]


class Options(ArchiverOptions):
    """An archive of events; without a configuration it keeps what it is told, on 127.0.0.1:8492."""

    command: ClassVar[str] = ARCHIVER.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(ARCHIVER, options, reactor)
