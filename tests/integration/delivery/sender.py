"""One life of a service that changes fast and tells its subscribers, in a process that may be killed at any moment: the
parts that notices come from, hurried, or with C{--node} a whole node as C{twistd gma-index} makes it.

C{python -m tests.integration.delivery.sender DIRECTORY --sinks URL ...}: subscribes every sink in its first life, finds
the subscriptions in its state directory in every later one, and changes what it has until it is told otherwise. It says
on its standard output when it has begun, and with which subscriptions; a line C{quiet} on its standard input has it
stop changing and say what it has, a line C{go} has it go on.
"""

import argparse
import json
import math
import os
import random
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.epollreactor import EPollReactor

from gma_twisted.configuration import readDraft
from gma_twisted.interfaces import IServiceDataStore, ISubscriptionStore
from gma_twisted.model import (
    Command,
    ElementKey,
    Extend,
    Handle,
    Lifetime,
    NameSelector,
    Put,
    QName,
    Remove,
    ServiceDataElement,
    Subscribe,
    Subscription,
    Topic,
)
from gma_twisted.nodes import INDEX, assemble, makePlan
from gma_twisted.nodes.state import StateDirectory
from gma_twisted.nodes.storage import FileStorage
from gma_twisted.notify import NoticeWriter, Notifier
from gma_twisted.notify.deliverer import Deliverer, DeliveryLimits
from gma_twisted.processes import ProgramRunner, ProviderRuntime
from gma_twisted.security import ConnectGuard
from gma_twisted.stores import MemoryStore
from gma_twisted.stores.journal import WriterThread
from gma_twisted.stores.subscriptions import SubscriptionStore
from gma_twisted.timing import Backoff, NodeClock, Ready, installBootClock, sleep, toDeferred
from gma_twisted.transport.caller import PooledCaller
from gma_twisted.transport.dialing import guardedDialer
from gma_twisted.transport.limits import SINK_LIMITS
from tests.integration.delivery.plants import PLANTS, plant

__all__ = ["PER_SINK", "TOPICS", "Kind", "subscriptionsOf"]

PER_SINK = 3
"""Subscriptions of each sink."""

_SERVICE = Handle("http://127.0.0.1:8480/services/sender")
_NAMESPACE = "urn:delivery"
# Bounds by which whoever is behind for a moment gets everything anew, and snapshots have many parts.
_SMALL = {"mostValues": 25}
_FEW = 400
_MANY = 10_000
# A refused notice is left out after a minute of patience: in this node none is.
_NODE = """
[node]
listen = ["tcp:0:interface=127.0.0.1"]
[providers.good]
class = "tests.nodes.components:Good"
[limits]
notice_timeout = "{timeout}s"
notice_attempts = 1000
"""
_SMALL_NODE = f"notice_values = {_SMALL['mostValues']}\nnotice_keys = {_FEW}\n"


@attrs.frozen(slots=True)
class Kind:
    """
    A topic, and how it is subscribed to.

    @ivar keys: how many values there may be
    """

    name: str
    keys: int = 60
    wantsChanges: bool = True
    minInterval: float = 0.0

    @property
    def qname(self) -> QName:
        """Of its values."""
        return QName(_NAMESPACE, self.name)

    @property
    def topic(self) -> Topic:
        """As it is subscribed to."""
        return Topic((NameSelector(self.qname),), self.wantsChanges)


TOPICS = (
    Kind("Many", keys=600),
    Kind("Some"),
    Kind("Few", keys=5),
    Kind("Slow", minInterval=0.02),
    Kind("Whole", keys=12, wantsChanges=False),
    Kind("Single", keys=1),
)
"""What a sender has."""


def subscriptionsOf(sinks: Sequence[str]) -> Sequence[tuple[str, Kind, str]]:
    """Id, kind and sink of each subscription: all kinds in turn."""
    return [
        (f"s{number}", TOPICS[number % len(TOPICS)], sinks[number // PER_SINK])
        for number in range(len(sinks) * PER_SINK)
    ]


def _say(**values: object) -> None:
    data = json.dumps(values, separators=(",", ":")).encode() + b"\n"
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]


@attrs.define(slots=True, eq=False)
class Data:
    """
    What there is, and the changes of it.

    @ivar epoch: a part of every value
    @ivar numbers: of every value there is, by topic and key
    """

    epoch: int
    clock: NodeClock
    random: random.Random
    numbers: dict[str, dict[str, int]] = attrs.field(factory=dict)
    _last: int = 0

    def first(self) -> Sequence[Command]:
        """What is there in the beginning: most of it."""
        return [
            self._put(kind, f"k{number}")
            for kind in TOPICS
            for number in range(kind.keys)
            if self.random.random() < 0.7
        ]

    def change(self) -> Sequence[Command]:
        """What changes together."""
        kind = self.random.choice(TOPICS)
        # Now and then nearly all of it, more than one notice or one entry of the log holds.
        count = kind.keys if self.random.random() < 0.02 else self.random.randint(1, 4)
        return [self._one(kind) for _ in range(count)]

    def _one(self, kind: Kind) -> Command:
        key = f"k{self.random.randrange(kind.keys)}"
        identity = ElementKey(kind.qname, _SERVICE.url, key)
        chance = self.random.random()
        there = self.numbers.setdefault(kind.name, {})
        if key in there and chance < 0.15:
            del there[key]
            return Remove(identity)
        if key in there and chance < 0.3:
            return Extend(identity, self._lifetime())
        return self._put(kind, key)

    def _put(self, kind: Kind, key: str) -> Put:
        self._last += 1
        self.numbers.setdefault(kind.name, {})[key] = self._last
        name = kind.name.encode()
        return Put(
            ServiceDataElement(
                ElementKey(kind.qname, _SERVICE.url, key),
                b'<t:%b xmlns:t="%b"' % (name, _NAMESPACE.encode()),
                b">%d.%d</t:%b>" % (self.epoch, self._last, name),
                self._lifetime(),
                self.clock.wallTime(),
            )
        )

    def _lifetime(self) -> Lifetime:
        # A shorter one than before is told at once, a longer one waits.
        return Lifetime.lasting(self.clock.seconds(), self.random.uniform(3600.0, 7200.0), 3600.0)


@attrs.frozen(slots=True, eq=False)
class Life:
    """
    What a life is made of.

    @ivar epoch: of the node
    @ivar store: of the service, started
    @ivar subscriptions: of the service
    @ivar begin: begins to tell those that were kept
    """

    epoch: int
    store: IServiceDataStore
    subscriptions: ISubscriptionStore
    begin: Callable[[], Awaitable[None]]


@attrs.define(slots=True, eq=False)
class Sender:
    """
    All of it.

    @ivar options: as told
    @ivar isQuiet: whether nothing is to change now
    """

    options: argparse.Namespace
    reactor: Any
    clock: NodeClock
    isQuiet: bool = False

    async def run(self) -> None:
        """Begin, and change without end."""
        options, clock = self.options, self.clock
        life = await (self._node() if options.node else self._parts())
        data = Data(life.epoch, clock, random.Random(f"{options.seed} {options.life}"))
        await life.store.commit(data.first())
        await life.begin()
        if options.life == 0:
            await life.subscriptions.commit(self._subscribe())
        _say(epoch=life.epoch, subscriptions=[one.id for one in life.subscriptions.all()])
        self._listen(lambda: _say(values=data.numbers))
        while True:
            if not self.isQuiet:
                await life.store.commit(data.change())
            await sleep(clock, options.pause)

    async def _node(self) -> Life:
        options, clock = self.options, self.clock
        text = _NODE.format(timeout=options.timeout) + (_SMALL_NODE if options.small else "")
        runtime = ProviderRuntime(clock, ProgramRunner(self.reactor, clock))
        plan = makePlan(INDEX, readDraft(text, "node.toml"), runtime, os.environ)
        plan = attrs.evolve(plan, stateDir=options.directory)
        serving: Deferred[None] = Deferred()
        service = assemble(
            plan, self.reactor, clock, runtime, self._halt, started=lambda: serving.callback(None)
        )
        service.startService()
        await serving
        assert service.control.hosted is not None
        (hosted,) = service.control.hosted.notifications[:1]
        notifier = hosted.notifier
        return Life(notifier.epoch, notifier.store, hosted.store, lambda: Ready(None))

    def _halt(self, why: str) -> None:
        sys.stderr.write(f"{why}\n")
        self.reactor.stop()

    async def _parts(self) -> Life:
        options, clock = self.options, self.clock
        state = StateDirectory(options.directory)
        state.open()
        epoch = state.nextEpoch(clock.wallTime())
        storage = FileStorage(options.directory, clock, self._worker)
        store = MemoryStore(clock)
        subscriptions = SubscriptionStore(clock, recorder=storage.recorder("sender-subscriptions"))
        notifier = Notifier(
            store,
            subscriptions,
            self._deliverer(),
            clock,
            lambda id: _SERVICE.child("subscriptions", id),
            epoch,
            NoticeWriter(store, clock, **(_SMALL if options.small else {})),
            _FEW if options.small else _MANY,
            patience=options.timeout,
        )
        await store.start()

        async def begin() -> None:
            await subscriptions.start()
            notifier.start()

        return Life(epoch, store, subscriptions, begin)

    def _worker(self, name: str) -> WriterThread:
        return WriterThread(self.reactor.callFromThread, name)

    def _deliverer(self) -> Deliverer:
        guard = ConnectGuard(["127.0.0.1"])
        limits = DeliveryLimits(seconds=self.options.timeout, attempts=4)
        bounds = attrs.evolve(SINK_LIMITS, connections=limits.perPeer)
        caller = PooledCaller(self.clock, guardedDialer(self.reactor, self.clock, guard), bounds)
        backoff = Backoff(0.05, self.options.timeout)
        return Deliverer(caller, self.clock, random.random, limits, backoff)

    def _subscribe(self) -> Sequence[Subscribe]:
        now = self.clock.wallTime()
        return [
            Subscribe(
                Subscription(
                    id,
                    kind.topic,
                    Handle(sink),
                    "sender",
                    now,
                    math.inf,
                    kind.minInterval,
                    wantsSnapshot=True,
                )
            )
            for id, kind, sink in subscriptionsOf(self.options.sinks)
        ]

    def _listen(self, tell: Callable[[], None]) -> None:
        def obey(line: str) -> None:
            self.isQuiet = line == "quiet"
            if self.isQuiet:
                tell()

        def read() -> None:
            for line in sys.stdin:
                self.reactor.callFromThread(obey, line.strip())
            # Whoever started it is no more.
            self.reactor.callFromThread(self.reactor.stop)

        threading.Thread(target=read, daemon=True).start()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--sinks", nargs="+", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--life", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.002)
    parser.add_argument("--timeout", type=float, default=0.4)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--node", action="store_true")
    parser.add_argument("--plant", choices=sorted(PLANTS))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run one life."""
    options = parse(arguments)
    if options.plant:
        plant(options.plant, setattr)
    reactor = EPollReactor()
    from twisted.internet import main as installer  # noqa: PLC0415

    installer.installReactor(reactor)
    installBootClock(reactor)
    sender = Sender(options, reactor, NodeClock(reactor))
    failed: list[Any] = []
    running: list[Deferred[None]] = []

    def begin() -> None:
        done = toDeferred(sender.run()).addErrback(failed.append)
        running.append(done.addBoth(lambda _: reactor.stop()))

    reactor.callWhenRunning(begin)
    reactor.run()
    for failure in failed:
        sys.stderr.write(failure.getTraceback())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
