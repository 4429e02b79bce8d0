"""C{twistd gma-consumer}: a node that is told events, and prints, stores or forwards them."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.kind import CONSUMER
from gma_twisted.nodes.launch import launch
from gma_twisted.nodes.roleoptions import ConsumerOptions

__all__ = ["Options", "makeService"]


class Options(ConsumerOptions):
    """A consumer of events; without a configuration it prints what it is told, on 127.0.0.1:8491."""

    command: ClassVar[str] = CONSUMER.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(CONSUMER, options, reactor)
