"""What the proxies of pyGMA have in common: every call waits for its answer."""

import os
from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

import attrs

from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.client.gmacomponent import ComponentProxy
from gma_twisted.client.trust import Trust
from gma_twisted.model.gma import Features
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.pygma.reactor import refuseToWait

__all__ = ["BlockingProxy", "waiting"]

P = ParamSpec("P")
T = TypeVar("T")

_TOKEN_FILE = "GMA_TOKEN_FILE"
_CURE = (
    "await the proxies of gma_twisted.client.gma there, or call it in another thread "
    "(twisted.internet.threads.deferToThread)"
)


def _tokenOf(url: str) -> str:
    # Here, because it brings more than a program needs that shows nothing.
    from gma_twisted.security.tokenfile import readToken  # noqa: PLC0415

    return readToken(os.environ[_TOKEN_FILE], url, _TOKEN_FILE)


def _trust() -> Trust:
    """What C{gma} reads from the environment."""
    ca, certificate, key = (
        os.environ.get(one) or None for one in ("GMA_CA", "GMA_CERT", "GMA_KEY")
    )
    trust = Trust(ca, certificate, key)
    return attrs.evolve(trust, token=_tokenOf) if os.environ.get(_TOKEN_FILE) else trust


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


class BlockingProxy:
    """
    A server elsewhere. It needs no reactor, and refuses to be called where one runs: everything else would stand still.

    Of C{https} nodes the environment says whom to believe and what to show, as it does for C{gma}: C{GMA_CA},
    C{GMA_CERT}, C{GMA_KEY}, C{GMA_TOKEN_FILE}.

    @cvar remote: the proxy that does the work
    @cvar usualPort: where servers of the role are
    """

    remote: ClassVar[type[ComponentProxy]]
    usualPort: ClassVar[int]

    def __init__(
        self,
        host: str = "localhost",
        port: int | None = None,
        path: str | None = None,
        url: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        """
        Connect: the server is asked at once what it can do.

        @param host: name or address; every address of a name is tried
        @param port: C{None} for the usual one of the role
        @param path: of the service; C{None} for the usual one of the role
        @param url: of the service, instead of host, port and path
        @param timeout: seconds for each call
        @raise PeerUnreachable: nobody answers there; the message names the URL
        @raise PeerFault: something else is there
        @raise ServiceError: in the thread of the reactor
        """
        self._refuse()
        place = f"[{host}]" if ":" in host else host
        target = url or f"http://{place}:{port or self.usualPort}{path or ''}"
        caller = BlockingCaller(trust=_trust())
        self._remote: Any = finished(self.remote.connect(target, caller, timeout))

    @property
    def url(self) -> str:
        """Where the server is."""
        return str(self._remote.handle)

    @property
    def features(self) -> Features:
        """What it could do when it was asked last."""
        found: Features = self._remote.features
        return found

    @property
    def restarts(self) -> int:
        """How often another instance was met there."""
        return int(self._remote.restarts)

    def supports(self, operation: str) -> bool:
        """Whether the server implements an operation, as far as is known."""
        return bool(self._remote.supports(operation))

    def getFeatures(self) -> Features:
        """What it can do, asked anew. @raise PeerUnreachable: as when it is made"""
        found: Features = self._wait(self._remote.getFeatures)
        return found

    def refresh(self) -> bool:
        """Ask what it can do. @return: whether it is another instance than before"""
        isOther: bool = self._wait(self._remote.refresh)
        return isOther

    def ping(self) -> Timestamp:
        """What time it is there."""
        now: Timestamp = self._wait(self._remote.ping)
        return now

    def _refuse(self) -> None:
        refuseToWait(type(self).__name__, _CURE)

    def _wait(self, work: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        self._refuse()
        return finished(_awaited(work(*args, **kwargs)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.url}>"


def waiting(
    method: Callable[Concatenate[Any, P], Awaitable[T]],
) -> Callable[Concatenate[BlockingProxy, P], T]:
    """
    The method of a proxy that waits for what one of C{remote} gives; parameters, result and errors are the same.

    @param method: of C{remote}
    """
    name = method.__name__

    def call(self: BlockingProxy, /, *args: P.args, **kwargs: P.kwargs) -> T:
        found: Callable[..., Awaitable[T]] = getattr(self._remote, name)
        return self._wait(found, *args, **kwargs)

    return update_wrapper(call, method)
