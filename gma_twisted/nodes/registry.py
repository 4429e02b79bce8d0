"""C{twistd gma-registry}: a node that keeps who registers, for as long as they renew."""

from typing import ClassVar

from twisted.application.service import IService

from gma_twisted.nodes.kind import REGISTRY
from gma_twisted.nodes.launch import launch
from gma_twisted.nodes.options import NodeOptions

__all__ = ["Options", "makeService"]


class Options(NodeOptions):
    """A registry of services (GT3's VORegistry); without a configuration on 127.0.0.1:8481."""

    command: ClassVar[str] = REGISTRY.command
    longdesc = __doc__


def makeService(options: Options) -> IService:
    """What twistd runs. @raise SystemExit: see L{launch}"""
    # The entry point: the one place that takes the process's reactor, chosen by twistd's options just before.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return launch(REGISTRY, options, reactor)
