"""
A whole C{gma-index} that is asked: assembled as twistd's plugin does it, with hosts of a hundred originators in its
store, which change when it is told so.
"""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from bench.hosts import NAME, Host, Hosts, hostXML, keyOf, originatorOf
from bench.servers.control import Orders
from gma_twisted.configuration import readDraft
from gma_twisted.markup import XMLGate, valueFromTree
from gma_twisted.model import Command, ElementKey, Lifetime, Put, QName
from gma_twisted.nodes.assemble import assemble
from gma_twisted.nodes.hostednode import HostedNode
from gma_twisted.nodes.kind import INDEX
from gma_twisted.nodes.memory import settleMemory
from gma_twisted.nodes.plan import makePlan
from gma_twisted.nodes.service import NodeService
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.timing import NodeClock, installBootClock, sleep

__all__ = ["Questioned"]

_LONG = 80_000.0
# Of one commit: the benchmark is not to be what makes the loop late.
_TOGETHER = 20
# Beside the hosts: registrations, and what the node says of itself.
_OTHERS = 5_000
_CONFIGURATION = """\
[node]
listen = ["tcp:0:interface=127.0.0.1"]
state_dir = "{place}"

[store]
engine = "memory"

[registry]
aggregate = false

# Instead of this host every five seconds: nothing, until somebody has it run.
[providers.system]
class = "SimpleSystemInformationProvider"

[access]
anonymous = "read"

[access.rules.bench]
who = "anonymous"
may = ["register", "subscribe"]

[audit]
enabled = true

[limits]
query_elements = {elements}
query_max_result = "32MiB"
"""


class Questioned:
    """The node, and the hosts in it."""

    def __init__(self, reactor: Any, directory: Path) -> None:
        """@param directory: the node has its state below"""
        installBootClock(reactor)
        self._reactor = reactor
        self._clock = NodeClock(reactor)
        self._place = directory.absolute() / "questioned"
        self._gate = XMLGate()

    @property
    def orders(self) -> Orders:
        """
        What the benchmark orders: C{serve HOSTS}, which begins it, with so many; C{change COUNT}, so many changes, as
        fast as the loop takes them beside all else; C{drive RATE SECONDS}, so many a second for a while, and when each
        was made.
        """
        return {"serve": self._serve, "change": self._change, "drive": self._drive}

    async def _serve(self, count: int) -> dict[str, object]:
        self._hosts = Hosts.of(count)
        shutil.rmtree(self._place, ignore_errors=True)
        node = await self._started(count)
        hosted = node.control.hosted
        assert isinstance(hosted, HostedNode)
        self._store = hosted.notifications[0].source.store
        every = self._hosts.all
        for first in range(0, count, _TOGETHER):
            await self._put(every[first : first + _TOGETHER])
        settleMemory()
        self._reactor.addSystemEventTrigger("before", "shutdown", node.stopService)
        return {"port": int(node.control.baseUrl.rpartition(":")[2])}

    async def _started(self, count: int) -> NodeService:
        clock = self._clock
        text = _CONFIGURATION.format(place=self._place, elements=count + _OTHERS)
        runtime = ProviderRuntime(clock, ProgramRunner(self._reactor, clock))
        plan = makePlan(INDEX, readDraft(text, "bench"), runtime, {})
        serving: Deferred[None] = Deferred()
        node = assemble(
            plan, self._reactor, clock, runtime, _halt, started=lambda: serving.callback(None)
        )
        node.startService()
        await serving
        return node

    async def _put(self, hosts: Sequence[Host]) -> None:
        now, wall = self._clock.seconds(), self._clock.wallTime()
        commands: list[Command] = []
        for host in hosts:
            key = ElementKey(QName(*NAME), originatorOf(host.number), keyOf(host.number))
            tree = self._gate.parse(hostXML(host))
            commands.append(
                Put(valueFromTree(tree, key, Lifetime.lasting(now, _LONG, _LONG), wall))
            )
        await self._store.commit(commands)

    async def _change(self, count: int) -> dict[str, object]:
        for first in range(0, count, _TOGETHER):
            some = range(min(count - first, _TOGETHER))
            await self._put([self._hosts.change() for _ in some])
            # Others have their turn between.
            await sleep(self._clock, 0.0)
        return {}

    async def _drive(self, rate: int, seconds: int) -> dict[str, object]:
        times = []
        began = self._clock.seconds()
        for number in range(rate * seconds):
            wait = began + number / rate - self._clock.seconds()
            if wait > 0.0:
                await sleep(self._clock, wait)
            times.append(time.monotonic())
            await self._put([self._hosts.change()])
        return {"times": times}


def _halt(why: str) -> None:
    raise SystemExit(why)
