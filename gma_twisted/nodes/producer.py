"""C{twistd gma-producer}: a node that has events, of data providers or of a class of one's own."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.kind import PRODUCER
from gma_twisted.nodes.launch import launch
from gma_twisted.nodes.roleoptions import ProducerOptions

__all__ = ["Options", "makeService"]


class Options(ProducerOptions):
    """A producer of events; without a configuration of this host's data, on 127.0.0.1:8490."""

    command: ClassVar[str] = PRODUCER.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(PRODUCER, options, reactor)
