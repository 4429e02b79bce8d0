"""From an endpoint string to something that listens: Twisted's own endpoints, or the loop itself where it is faster."""

import asyncio
from typing import Any

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.python.reflect import qual

from gma_twisted.transport.native import NativeEndpoint

__all__ = ["serverEndpoint"]


def serverEndpoint(reactor: Any, description: str) -> IStreamServerEndpoint:
    """
    The endpoint of a string such as C{tcp:8480:interface=127.0.0.1}.

    Plain TCP on a uvloop (C{twistd --reactor=gma-uvloop}) is attached natively.

    @raise ValueError: not an endpoint string
    """
    endpoint: IStreamServerEndpoint = serverFromString(reactor, description)
    kind, _, rest = description.partition(":")
    loop = _uvloop() if isinstance(reactor, AsyncioSelectorReactor) else None
    if kind != "tcp" or loop is None:
        return endpoint
    arguments = rest.split(":")
    named = dict(each.split("=", 1) for each in arguments if "=" in each)
    port = named.pop("port", next((each for each in arguments if "=" not in each), "0"))
    interface = named.pop("interface", "").replace("\\", "")
    if named or not interface:
        return endpoint
    return NativeEndpoint(loop, int(port), interface)


def _uvloop() -> asyncio.AbstractEventLoop | None:
    try:
        loop = asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        return None
    return loop if qual(type(loop)).startswith("uvloop") else None
