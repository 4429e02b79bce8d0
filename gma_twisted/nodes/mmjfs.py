"""C{twistd gma-mmjfs}: a node that answers for the jobs and queues of the RIPSes it copies."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.kind import MMJFS
from gma_twisted.nodes.launch import launch
from gma_twisted.nodes.options import NodeOptions

__all__ = ["Options", "makeService"]


class Options(NodeOptions):
    """An aggregator of jobs and queues; without a configuration on 127.0.0.1:8483, for who asks it to."""

    command: ClassVar[str] = MMJFS.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(MMJFS, options, reactor)
