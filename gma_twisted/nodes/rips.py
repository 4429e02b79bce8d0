"""C{twistd gma-rips}: a node that tells of the jobs and queues of a resource, and of its host."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.kind import RIPS
from gma_twisted.nodes.launch import launch
from gma_twisted.nodes.options import ProviderOptions

__all__ = ["Options", "makeService"]


class Options(ProviderOptions):
    """A provider of information about jobs; without a configuration this host's processes, on 127.0.0.1:8482."""

    command: ClassVar[str] = RIPS.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(RIPS, options, reactor)
