"""
C{python -m bench.million}: as many registrations as asked in one process: memory, rates on the way, the end of all.
With C{--node}: as many values that a whole node is told by another one: memory, rates, a query by name.

Nothing is sent: what the wire costs is C{python -m bench register}.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import attrs
import psutil
from twisted.internet import epollreactor
from twisted.internet.defer import Deferred

from bench.figures import percentile
from bench.registering import handleOf
from bench.report import markdown
from bench.servers.control import LagProbe
from bench.wholenode import WholeNode, linesOfNode
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import Caller, Handle, Locator, QName, Renew
from gma_twisted.nodes.memory import settleMemory
from gma_twisted.registration import Catalogue, EntryPublisher
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.stores.registry import RegistryLimits, RegistryStore
from gma_twisted.timing import NodeClock, Tombstones, installBootClock, spawn

__all__ = ["Expired", "Million", "Stage", "linesOf"]

_SAMPLE = 5_000
_BATCH = 100
_LIFETIME = 80_000.0
_OWNER = "bench"
_AFTER = 0.05
_GIB = 1024**3
# Below this a clock of the CPU says nothing.
_LEAST = 1e-6

_Argument = TypeVar("_Argument")


@attrs.frozen(slots=True)
class Stage:
    """
    A registry of one size. Rates are operations in a second of this process's CPU, one commit each.

    @ivar entries: how many there are
    @ivar size: bytes of resident memory each, over that of the empty registry
    @ivar registering: handles that are new
    @ivar again: handles that are known
    @ivar renewing: entries by id
    @ivar batched: the same, a hundred in a commit
    """

    entries: int
    size: float
    registering: float
    again: float
    renewing: float
    batched: float


@attrs.frozen(slots=True)
class Expired:
    """
    The end of all entries at one instant.

    @ivar entries: how many they were
    @ivar seconds: until the last one was gone
    @ivar lag50, lag99, longest: how late a timer was meanwhile, seconds; the longest is the longest turn
    """

    entries: int
    seconds: float
    lag50: float
    lag99: float
    longest: float


class Million:
    """A registry that grows."""

    def __init__(self, reactor: Any, isPublished: bool) -> None:
        """@param isPublished: whether every entry is service data too, as in a node"""
        self._reactor = reactor
        self._clock = NodeClock(reactor)
        limits = RegistryLimits(entries=10**8, perOwner=10**8, bytes=64 * _GIB)
        self.store = RegistryStore(self._clock, limits)
        handle = Handle("http://127.0.0.1:8481/services/registry")
        self._catalogue = Catalogue(
            self.store, self._clock, handle, os.urandom, Tombstones(self._clock)
        )
        self.data = MemoryStore(self._clock, StoreLimits(elements=10**8, bytes=64 * _GIB))
        self._publisher = EntryPublisher(self._catalogue, self.data) if isPublished else None
        self._random = random.Random(8)
        self._batch = limits.batch
        self._entries: list[str] = []
        self._rules = 0
        self._empty = 0

    async def start(self) -> None:
        """Begin with nothing in it."""
        await self.data.start()
        await self.store.start()
        if self._publisher is not None:
            await self._publisher.start()
        self._rules = len(self.data)
        settleMemory()
        self._empty = _resident()

    async def stop(self) -> None:
        """Expire no more."""
        if self._publisher is not None:
            self._publisher.stop()
        await self.store.stop()
        await self.data.stop()

    async def grow(self, size: int) -> Stage:
        """Register up to a size, and measure there."""
        sample = min(_SAMPLE, size - len(self._entries))
        while len(self._entries) < size - sample:
            await self._register(len(self._entries))
        registering = await _rate(range(size - sample, size), self._register)
        grown = (_resident() - self._empty) / size
        chosen = [self._random.randrange(size) for _ in range(sample)]
        ids = [self._entries[number] for number in chosen]
        batches = [ids[start : start + _BATCH] for start in range(0, sample, _BATCH)]
        return Stage(
            size,
            grown,
            registering,
            await _rate(chosen, self._keep),
            await _rate([[entry] for entry in ids], self._renew),
            await _rate(batches, self._renew) * sample / len(batches),
        )

    async def expire(self) -> Expired:
        """End everything at one instant, and watch the reactor meanwhile."""
        batches = [
            self._entries[start : start + self._batch]
            for start in range(0, len(self._entries), self._batch)
        ]
        # All must have the new end before it comes: the first batch tells how long that takes.
        began = time.perf_counter()
        await self.store.commit([Renew(entry, self._clock.seconds() + 1e6) for entry in batches[0]])
        took = (time.perf_counter() - began) * len(batches)
        due = self._clock.seconds() + 2.0 + 2.0 * took
        for batch in batches:
            await self.store.commit([Renew(entry, due) for entry in batch])
        probe = LagProbe(self._reactor)
        self._reactor.callLater(max(0.0, due - self._clock.seconds()), probe.begin)
        seconds = await self._gone() - due
        lags = probe.end() or [0.0]
        count, self._entries = len(self._entries), []
        return Expired(count, seconds, percentile(lags, 50), percentile(lags, 99), max(lags))

    def _gone(self) -> "Deferred[float]":
        """Wait until nothing is left. @return: when that was"""
        done: Deferred[float] = Deferred()

        def look(_: object) -> None:
            if len(self.store) == 0 and len(self.data) == self._rules:
                # A little later: the turn in which the last one went is to be measured too.
                self._reactor.callLater(_AFTER, done.callback, self._clock.seconds())
                for end in endings:
                    end()

        endings = [self.store.observe(look), self.data.observe(look)]
        return done

    async def _register(self, number: int) -> None:
        self._entries.append(await self._keep(number))

    async def _keep(self, number: int) -> str:
        member = Locator((Handle(handleOf(number)),), (QName(OGSI, "GridService"),))
        name = f"node-{number:08d}"
        row, _ = await self._catalogue.keep(
            member, _OWNER, name, [("vo", "bench")], seconds=_LIFETIME
        )
        return row.entry

    async def _renew(self, entries: Sequence[str]) -> None:
        await self._catalogue.renew(entries, _LIFETIME, Caller(_OWNER))


def _resident() -> int:
    size: int = psutil.Process().memory_info().rss
    return size


async def _rate(
    arguments: Sequence[_Argument], operation: Callable[[_Argument], Awaitable[object]]
) -> float:
    began = time.process_time()
    for argument in arguments:
        await operation(argument)
    return len(arguments) / max(time.process_time() - began, _LEAST)


def linesOf(stages: Sequence[Stage], expired: Expired) -> list[str]:
    """The results as a table in Markdown, and a sentence."""
    head = ["entries", "bytes each", "register/s", "again/s", "renew/s", "renew/s of 100"]
    rows = [[f"{number:,.0f}" for number in attrs.astuple(stage)] for stage in stages]
    sentence = (
        f"{expired.entries:,} ended at one instant: gone after {expired.seconds:.2f} s, a timer of 5 ms was late by"
        f" {expired.lag50 * 1000:.1f} ms (p50), {expired.lag99 * 1000:.1f} ms (p99),"
        f" {expired.longest * 1000:.1f} ms (longest)"
    )
    return [*markdown([head, *rows]), "", sentence]


def _sizes(most: int) -> list[int]:
    sizes = [10**power for power in range(3, 9) if 10**power < most]
    return [*sizes, most]


def _growNode(most: int) -> None:
    node = WholeNode()
    stages = [node.grow(size, lambda text: print(text, file=sys.stderr)) for size in _sizes(most)]
    print("\n".join(linesOfNode(stages)))
    node.close()


def _growRegistry(most: int, isPublished: bool) -> None:
    epollreactor.install()
    # Only now is it known which one that is.
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    running: Any = reactor
    installBootClock(running)

    async def run() -> None:
        try:
            registry = Million(running, isPublished)
            await registry.start()
            stages = [await registry.grow(size) for size in _sizes(most)]
            print("\n".join(linesOf(stages, await registry.expire())))
            await registry.stop()
        finally:
            running.stop()

    running.callWhenRunning(lambda: spawn(run(), "a million registrations"))
    running.run()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m bench.million", description=__doc__)
    parser.add_argument("--most", type=int, default=10**6, metavar="N", help="default 1000000")
    parser.add_argument(
        "--published", action="store_true", help="every entry is service data too, as in a node"
    )
    parser.add_argument(
        "--node", action="store_true", help="values of another node, at most 1000000, instead"
    )
    options = parser.parse_args()
    most = 10**6 if options.node else 10**8
    if not 1 <= options.most <= most:
        parser.error(f"--most {options.most} is not from 1 to {most}")
    if options.node:
        _growNode(options.most)
    else:
        _growRegistry(options.most, options.published)


if __name__ == "__main__":
    main()
