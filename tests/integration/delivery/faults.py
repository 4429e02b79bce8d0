"""Notices through sinks that fail in every way and senders that are killed: the judge says what was wrong.

C{python -m tests.integration.delivery.faults --notices 100000 --faults 100 --kills 50 --seed 1}
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import attrs

from tests.integration.delivery.history import History, Wrong
from tests.integration.delivery.sender import subscriptionsOf
from tests.integration.delivery.sinks import Fault, FaultKind, Sink

__all__ = ["Faults", "injectFaults"]

_ROOT = Path(__file__).resolve().parents[3]
_PATIENCE = 0.4
_LONGEST = 30.0
_LIFE = 120.0
_LOOK = 0.01
# Every so manieth life is short; seconds in which a sender begins and tells everything, about.
_SHORT = 3
_BEGINNING = 1.5
# A node leaves a sink that fails again and again alone for up to a minute.
_NODE_SETTLING = 90.0
_LINE = 1 << 22


@attrs.define(slots=True)
class Faults:
    """
    What came of the faults.

    @ivar met: faults that met a notice, by kind
    @ivar hits: notices that met one, by kind
    @ivar kills: of the sender
    @ivar early: those of them while it began, or a moment later
    @ivar looks: how often all subscriptions were compared with what there is
    @ivar slowest: seconds until they were all told, from when the last fault was over, at most
    @ivar seconds: for everything
    @ivar history: what was told, and what was wrong
    """

    met: Counter[FaultKind] = attrs.field(factory=Counter)
    hits: Counter[FaultKind] = attrs.field(factory=Counter)
    kills: int = 0
    early: int = 0
    looks: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    history: History = attrs.field(factory=History)

    @property
    def notices(self) -> int:
        """Notices that were taken, each once."""
        return self.history.taken

    @property
    def wrongs(self) -> Sequence[Wrong]:
        """What was wrong."""
        return self.history.wrongs

    def line(self) -> str:
        """In one line."""
        history = self.history
        faults = ", ".join(
            f"{self.met[kind]} {kind.value} ({self.hits[kind]} notices)" for kind in FaultKind
        )
        return (
            f"{history.taken} notices, {history.whole} of whole values, in {self.seconds:.0f} s; faults: {faults}; "
            f"{self.kills} kills, {self.early} early, {history.epochs} epochs; "
            f"{history.refused} came and were not taken, {history.repeated} came again, "
            f"{history.announced} gaps announced, everything told {history.snapshots} times; "
            f"{self.looks} looks, slowest after {self.slowest:.1f} s: {len(history.wrongs)} wrong"
        )


@attrs.define(slots=True, eq=False)
class _Sender:
    """One life of the sender."""

    process: asyncio.subprocess.Process
    errors: Path

    async def hear(self) -> dict[str, Any]:
        """What it says next. @raise AssertionError: it ended, or was too slow"""
        assert self.process.stdout is not None
        try:
            line = await asyncio.wait_for(self.process.stdout.readline(), _LONGEST)
        except TimeoutError:
            line = b""
        if not line:
            raise AssertionError(f"the sender says nothing: {self.errors.read_text()[-3000:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def say(self, what: str) -> None:
        """Have it do something."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n".encode())

    async def kill(self) -> None:
        """End it with SIGKILL. @raise AssertionError: it had ended by itself"""
        await self.end()
        if self.process.returncode != -signal.SIGKILL:
            raise AssertionError(f"the sender ended by itself: {self.errors.read_text()[-3000:]}")

    async def end(self) -> None:
        """End it when it runs."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@attrs.define(slots=True, eq=False)
class _Injector:
    """Gives every sink its faults, one after the other, several sinks at once."""

    sinks: Sequence[Sink]
    random: Random
    result: Faults
    left: list[FaultKind] = attrs.field(factory=list)
    given: list[Fault] = attrs.field(factory=list)

    async def run(self) -> None:
        """Give faults for as long as there are any; sinks that are not failing are chosen by chance."""
        while True:
            free = [sink for sink in self.sinks if sink.fault is None]
            if self.left and len(free) > len(self.sinks) // 3:
                fault = Fault(self.left.pop(), self._seconds())
                self.random.choice(free).begin(fault)
                self.given.append(fault)
            await asyncio.sleep(self.random.uniform(0.0, 0.04))

    def _seconds(self) -> float:
        chance = self.random.random()
        if chance < 0.7:
            return self.random.uniform(0.0, 0.3)
        # Long enough for refusals to be final, and for more changes than are kept.
        return self.random.uniform(0.3, 1.0) if chance < 0.95 else self.random.uniform(2.0, 3.0)

    async def heal(self) -> None:
        """End all faults; those that met nothing are given again."""
        for sink in self.sinks:
            sink.heal()
        for fault in self.given:
            await fault.over.wait()
            if fault.hits:
                self.result.met[fault.kind] += 1
                self.result.hits[fault.kind] += fault.hits
            else:
                self.left.append(fault.kind)
        self.given.clear()
        self.random.shuffle(self.left)


@attrs.define(slots=True, eq=False)
class _Run:
    """All of it."""

    options: argparse.Namespace
    directory: Path
    result: Faults
    random: Random
    sinks: Sequence[Sink]
    injector: _Injector

    async def run(self) -> None:
        """One life after the other; some are short, and the last one is not killed."""
        options = self.options
        for sink in self.sinks:
            await sink.listen()
        for id, _, _ in self._subscriptions():
            self.result.history.subscribed(id)
        lives = options.kills + 1
        for life in range(lives):
            # The first one is there until its subscriptions have been acknowledged.
            isShort = life % _SHORT == _SHORT - 1 and life < options.kills
            async with self._sender(life) as sender:
                if not isShort:
                    await self._live(sender, (life + 1) / lives)
                if life < options.kills:
                    longest = _BEGINNING if isShort else 0.5
                    until = time.monotonic() + self.random.uniform(0.0, longest)
                    await self._work(partial(_isPast, until), sender)
                    self.result.kills += 1
                    self.result.early += isShort
            await self._drained()
            if self.result.wrongs:
                break
        for sink in self.sinks:
            sink.vanish()

    async def _live(self, sender: _Sender, share: float) -> None:
        """Work until there was so much of everything, look, and go on."""
        options = self.options
        begun = await sender.hear()
        self.result.history.kept(begun["subscriptions"])
        notices = round(options.notices * share)
        faults = round(options.faults * len(FaultKind) * share)
        await self._work(partial(self._isEnough, notices, faults))
        await self._look(sender, begun["epoch"])
        assert self.result.wrongs or self._isEnough(notices, faults), self.result.line()
        sender.say("go")

    def _subscriptions(self) -> Sequence[Any]:
        return subscriptionsOf([sink.url for sink in self.sinks])

    def _isEnough(self, notices: int, faults: int) -> bool:
        met = sum(self.result.met.values()) + sum(
            fault.over.is_set() and fault.hits > 0 for fault in self.injector.given
        )
        return self.result.notices >= notices and met >= faults

    @asynccontextmanager
    async def _sender(self, life: int) -> AsyncIterator[_Sender]:
        options = self.options
        self.result.history.began()
        command = [sys.executable, "-m", "tests.integration.delivery.sender", str(self.directory)]
        command += ["--sinks", *(sink.url for sink in self.sinks), "--timeout", f"{_PATIENCE}"]
        command += ["--seed", f"{options.seed}", "--life", f"{life}"]
        command += ["--small"] if life % 2 == 0 else []
        command += ["--node"] if options.node else []
        command += ["--plant", options.plant] if options.plant else []
        errors = self.directory / "errors"
        with errors.open("ab") as file:
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=file, cwd=_ROOT, limit=_LINE
            )
        sender = _Sender(process, errors)
        try:
            yield sender
        finally:
            await sender.end()

    async def _work(self, isOver: Callable[[], bool], killed: _Sender | None = None) -> None:
        """
        Let sinks fail until something is true, or something is wrong.

        @param killed: killed then, in the middle of it
        """
        injecting = asyncio.get_running_loop().create_task(self.injector.run())
        deadline = time.monotonic() + _LIFE
        while not (isOver() or self.result.wrongs):
            if time.monotonic() > deadline:
                # What was lost shows when it is quiet.
                break
            await asyncio.sleep(_LOOK)
        injecting.cancel()
        if killed is not None:
            await killed.kill()
            await self._drained()
        await self.injector.heal()

    async def _drained(self) -> None:
        """What a dead sender had sent has come."""
        deadline = time.monotonic() + _LONGEST
        while any(sink.connections for sink in self.sinks):
            assert time.monotonic() < deadline, "connections of a dead sender"
            await asyncio.sleep(_LOOK)

    async def _look(self, sender: _Sender, epoch: int) -> None:
        """With nothing changing any more everybody is told everything."""
        sender.say("quiet")
        values = (await sender.hear())["values"]
        history, begun = self.result.history, time.monotonic()
        told = [(id, epoch, values.get(kind.name, {})) for id, kind, _ in self._subscriptions()]
        while any(history.difference(*one) for one in told):
            if time.monotonic() > begun + self.options.settling:
                break
            await asyncio.sleep(_LOOK)
        for one in told:
            history.settled(*one)
        self.result.looks += 1
        self.result.slowest = max(self.result.slowest, time.monotonic() - begun)


def _isPast(until: float) -> bool:
    return time.monotonic() > until


def injectFaults(
    notices: int,
    faults: int,
    kills: int,
    seed: int,
    plant: str = "",
    sinks: int = 12,
    settling: float = 20.0,
    isNode: bool = False,
) -> Faults:
    """
    Send notices, to three subscriptions of each sink, until there were enough of everything, or something is wrong.

    @param faults: of each kind
    @param kills: of the sender, each in the middle of its work
    @param plant: a bug to put into the sender
    @param settling: seconds in which everybody must have been told everything, when nothing changes any more
    @param isNode: whether the sender is a whole node, which leaves a sink alone for much longer
    @raise AssertionError: a sender does not begin, or there were not enough notices and faults in two minutes of a life
    """
    result, random = Faults(), Random(seed)
    options = argparse.Namespace(
        notices=notices,
        faults=faults,
        kills=kills,
        seed=seed,
        plant=plant,
        settling=settling,
        node=isNode,
    )
    made = [
        Sink(result.history, Random(f"{seed} {number}"), _PATIENCE, f"127.0.0.{number // 2 + 1}")
        for number in range(sinks)
    ]
    left = [kind for kind in FaultKind for _ in range(faults)]
    random.shuffle(left)
    directory = Path(tempfile.mkdtemp(prefix="gma-delivery-"))
    begun = time.monotonic()
    try:
        run = _Run(options, directory, result, random, made, _Injector(made, random, result, left))
        asyncio.run(run.run())
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    result.seconds = time.monotonic() - begun
    return result


def main(arguments: Sequence[str]) -> int:
    """Fail, kill and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--notices", type=int, default=100_000)
    parser.add_argument("--faults", type=int, default=100, help="of each kind")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plant", default="", help="a bug to put in")
    parser.add_argument("--node", action="store_true", help="senders are whole nodes")
    options = parser.parse_args(arguments)
    result = injectFaults(
        options.notices,
        options.faults,
        options.kills,
        options.seed,
        options.plant,
        settling=_NODE_SETTLING if options.node else 20.0,
        isNode=options.node,
    )
    for wrong in result.wrongs[:20]:
        sys.stdout.write(f"{wrong.kind.value} {wrong.subscription}: {wrong.sentence}\n")
    sys.stdout.write(f"{result.line()} (seed {options.seed})\n")
    return 1 if result.wrongs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
