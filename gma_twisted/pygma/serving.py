"""C{server.serve(port)}: a whole node around a server of pyGMA, in this thread or beside it."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.pygma.reactor import inReactor, refuseToWait, runAside, theReactor

__all__ = ["Servable", "Serving"]

_CURE = "use twistd, or serve before the reactor runs or from another thread"


def _unheard(url: str) -> None:
    return


@attrs.define(slots=True, eq=False)
class Serving:
    """
    A server that runs beside the program. It ends with L{stop}, with C{with}, or with the process.

    @ivar url: of it, what proxies are given
    """

    url: str
    _served: Any = attrs.field(repr=False)
    _isStopped: bool = attrs.field(default=False, init=False, repr=False)

    def stop(self) -> None:
        """
        End it, and wait until it has: what it answers is finished, its subscriptions are ended, its port is closed.

        It may be called again.

        @raise ServiceError: in the thread of the reactor
        """
        refuseToWait("stop()", "call it from another thread")
        if not self._isStopped:
            self._isStopped = True
            inReactor(self._served.stop)

    def __enter__(self) -> "Serving":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """L{stop}."""
        self.stop()


class Servable:
    """Gives a server class C{.serve(port)}."""

    def serve(
        self,
        port: int | None = None,
        block: bool = True,
        interface: str = "127.0.0.1",
        config: str | None = None,
        started: Callable[[str], object] = _unheard,
    ) -> Serving | None:
        """
        Serve, as C{twistd gma-producer --class} and its like do: the same Gate, limits and faults.

        The do-methods run in the thread of the reactor. That is this one while C{serve} blocks; else one that all
        servers of this process share. What a do-method waits for, it returns (a coroutine, a Deferred).

        @param port: 0 for a free one; C{None} for the usual one of the role
        @param block: whether to serve here until Ctrl-C or SIGTERM; else at once a handle is returned
        @param interface: address to listen at
        @param config: name of a TOML file, as of C{twistd}; without one every key has its default, and on a free port
            nothing is kept
        @param started: called with the URL once it serves, in the thread of the reactor
        @return: of C{block=False} what ends it
        @raise ConfigError: the port is taken, or the configuration is wrong
        @raise ServiceError: in the thread of the reactor, or the reactor has ended before
        """
        refuseToWait(f"{type(self).__name__}.serve", _CURE)
        reactor = theReactor()
        if block and not reactor.running:
            _serveHere(self, reactor, port, interface, config, started)
            return None
        serving = _serveAside(self, port, interface, config)
        started(serving.url)
        if not block:
            return serving
        with serving:
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                return None
        return None


def _serveHere(
    server: Servable,
    reactor: Any,
    port: int | None,
    interface: str,
    config: str | None,
    started: Callable[[str], object],
) -> None:
    from gma_twisted.nodes.serving import serving  # noqa: PLC0415
    from gma_twisted.timing import toDeferred, whenDone  # noqa: PLC0415

    ends: list[BaseException] = []

    def ready(_: None) -> None:
        reactor.callWhenRunning(started, served.url)

    def failed(error: BaseException) -> None:
        ends.append(error)
        reactor.callWhenRunning(reactor.stop)

    served = serving(server, reactor, port, interface, config)
    whenDone(served.start(), ready, failed)
    reactor.addSystemEventTrigger("before", "shutdown", lambda: toDeferred(served.stop()))
    reactor.run()
    if ends:
        raise ends[0]


def _serveAside(server: Servable, port: int | None, interface: str, config: str | None) -> Serving:
    from gma_twisted.nodes.serving import serving  # noqa: PLC0415

    reactor = runAside()

    async def begin() -> Any:
        served = serving(server, reactor, port, interface, config)
        ready = served.start()
        try:
            await ready
        except GMAError:
            await served.stop()
            raise
        return served

    served = inReactor(begin)
    return Serving(served.url, served)
