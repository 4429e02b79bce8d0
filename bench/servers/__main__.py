"""Runs one server: C{python -m bench.servers NAME [--profile FILE]}. It announces its port and ends with its input."""

import argparse
import cProfile
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet import epollreactor

from bench.servers import gate, plainweb
from bench.servers.control import Control, announce
from bench.servers.data import versionsOf
from gma_twisted.timing import spawn
from gma_twisted.transport import uvreactor

_TWISTED: dict[str, tuple[Callable[[], None], Callable[[Any], Awaitable[int]]]] = {
    "gate-epoll": (epollreactor.install, gate.serveGate),
    "gate-uvloop": (uvreactor.install, gate.serveGate),
    "soapresource": (epollreactor.install, gate.serveResource),
    "twisted.web": (epollreactor.install, plainweb.serveUsual),
    "twisted.web-tuned": (epollreactor.install, plainweb.serveTuned),
}


def _runTwisted(name: str, profile: str | None) -> None:
    install, serve = _TWISTED[name]
    install()
    # Only now is it known which one that is.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    running: Any = reactor

    async def start() -> None:
        port = await serve(running)
        announce(port, versionsOf("twisted", "lxml", "httptools"))
        Control.attach(running)

    running.callWhenRunning(lambda: spawn(start(), "starting"))
    if profile is None:
        running.run()
        return
    profiler = cProfile.Profile()
    profiler.runcall(running.run)
    profiler.dump_stats(profile)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m bench.servers", description=__doc__)
    parser.add_argument("name", choices=[*_TWISTED, "spyne", "static"])
    parser.add_argument("--profile", metavar="FILE")
    options = parser.parse_args()
    if options.name in _TWISTED:
        _runTwisted(options.name, options.profile)
    elif options.name == "spyne":
        from bench.servers.spyneweb import serveSpyne  # noqa: PLC0415 (imports only what it needs)

        serveSpyne()
    else:
        from bench.servers.static import serveStatic  # noqa: PLC0415

        serveStatic()


if __name__ == "__main__":
    main()
