"""
Runs one server: C{python -m bench.servers NAME DIRECTORY [--profile FILE]}. It announces its port and ends with its
input.
"""

import argparse
import cProfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from twisted.internet import epollreactor

from bench.servers import gate, guarded, lean, plainweb, questioned, registry, senders
from bench.servers.control import Control, Orders, announce
from bench.servers.data import versionsOf
from bench.servers.programs import serveBaseX, serveEtcd, serveGsoap
from bench.servers.sinks import serveSinks
from gma_twisted.timing import spawn
from gma_twisted.transport import uvreactor

_Serve = Callable[[Any, Path], Awaitable[int]]


def _onlyReactor(serve: Callable[[Any], Awaitable[int]]) -> _Serve:
    return lambda reactor, _: serve(reactor)


_TWISTED: dict[str, tuple[Callable[[], None], _Serve]] = {
    "gate-epoll": (epollreactor.install, _onlyReactor(gate.serveGate)),
    "gate-uvloop": (uvreactor.install, _onlyReactor(gate.serveGate)),
    "soapresource": (epollreactor.install, _onlyReactor(gate.serveResource)),
    "twisted.web": (epollreactor.install, _onlyReactor(plainweb.serveUsual)),
    "twisted.web-tuned": (epollreactor.install, _onlyReactor(plainweb.serveTuned)),
    "lean": (epollreactor.install, _onlyReactor(lean.serveLean)),
    "unguarded": (epollreactor.install, _onlyReactor(lean.serveUnguarded)),
    "gate-open": (epollreactor.install, guarded.serveOpen),
    "gate-rules": (epollreactor.install, guarded.serveRules),
    "gate-token": (epollreactor.install, guarded.serveToken),
    "register-durable": (epollreactor.install, registry.serveDurable),
    "register-lean": (epollreactor.install, _onlyReactor(lean.serveRegister)),
    "register-memory": (epollreactor.install, _onlyReactor(registry.serveInMemory)),
}
# Those that do nothing but what they are ordered to.
_ORDERED: dict[str, Callable[[Any, Path], Orders]] = {
    "notify-node": lambda reactor, _: senders.ordersOf(senders.NodeSender(reactor)),
    "notify-agent": lambda reactor, _: senders.ordersOf(senders.AgentSender(reactor)),
    "questioned": lambda reactor, directory: questioned.Questioned(reactor, directory).orders,
}
_FOREIGN = ("sinks", "spyne", "static", "basex", "gsoap", "etcd-put", "etcd-grant")


def _runTwisted(name: str, directory: Path, profile: str | None) -> None:
    install, serve = _TWISTED[name]
    install()
    # Only now is it known which one that is.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    running: Any = reactor

    async def start() -> None:
        isServing = False
        try:
            port = await serve(running, directory)
            isServing = True
        finally:
            # Else whoever started it would wait for a port until the time for that is over.
            if not isServing:
                running.stop()
        announce(port, versionsOf("twisted", "lxml", "httptools"))
        Control.attach(running)

    running.callWhenRunning(lambda: spawn(start(), "starting"))
    _profiled(running.run, profile)


def _runOrdered(name: str, directory: Path, profile: str | None) -> None:
    epollreactor.install()
    # Only now is it known which one that is.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    running: Any = reactor
    orders = _ORDERED[name](running, directory)

    def start() -> None:
        announce(0, versionsOf("twisted", "httptools"))
        Control.attach(running, orders)

    running.callWhenRunning(start)
    _profiled(running.run, profile)


def _profiled(run: Callable[[], object], profile: str | None) -> None:
    if profile is None:
        run()
        return
    profiler = cProfile.Profile()
    profiler.runcall(run)
    profiler.dump_stats(profile)


def _foreign(name: str, directory: Path) -> None:
    # Each imports only what it needs.
    if name == "spyne":
        from bench.servers.spyneweb import serveSpyne  # noqa: PLC0415

        serveSpyne()
    elif name == "static":
        from bench.servers.static import serveStatic  # noqa: PLC0415

        serveStatic()
    elif name == "sinks":
        serveSinks()
    elif name == "gsoap":
        serveGsoap(directory / "gsoap")
    elif name == "basex":
        serveBaseX(directory / "basex")
    else:
        serveEtcd(directory / name)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m bench.servers", description=__doc__)
    parser.add_argument("name", choices=[*_TWISTED, *_ORDERED, *_FOREIGN])
    parser.add_argument("directory", type=Path, help="for what it keeps on the disk")
    parser.add_argument("--profile", metavar="FILE")
    options = parser.parse_args()
    if options.name in _TWISTED:
        _runTwisted(options.name, options.directory, options.profile)
    elif options.name in _ORDERED:
        _runOrdered(options.name, options.directory, options.profile)
    else:
        _foreign(options.name, options.directory)


if __name__ == "__main__":
    main()
