"""C{twistd gma-aggregator}: a node that copies what other services have."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.kind import AGGREGATOR_NODE
from gma_twisted.nodes.launch import launch
from gma_twisted.nodes.options import NodeOptions

__all__ = ["Options", "makeService"]


class Options(NodeOptions):
    """An aggregator of other services' data; without a configuration on 127.0.0.1:8484, for who asks it to."""

    command: ClassVar[str] = AGGREGATOR_NODE.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(AGGREGATOR_NODE, options, reactor)
