"""C{twistd gma-index}: a node that answers for what its providers say."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.kind import INDEX
from gma_twisted.nodes.launch import launch
from gma_twisted.nodes.options import ProviderOptions

__all__ = ["Options", "makeService"]


class Options(ProviderOptions):
    """An index of grid service data; without a configuration it serves this host on 127.0.0.1:8480."""

    command: ClassVar[str] = INDEX.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(INDEX, options, reactor)
