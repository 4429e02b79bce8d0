"""One life of a durable registry store, in a process of its own that may be killed at any moment.

C{python -m tests.integration.durability.worker DIRECTORY --report FILE ...}: shows what it finds, does a random mix
of operations side by side, and reports every answer before it does the next thing. Ends by itself when C{--calls}
are done, else never.
"""

import argparse
import ctypes
import math
import sys
from pathlib import Path
from random import Random
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.epollreactor import EPollReactor

from gma_twisted.errors import GMAError
from gma_twisted.interfaces import IRegistryStore
from gma_twisted.model import (
    End,
    Handle,
    Keep,
    Locator,
    QName,
    Registration,
    RegistryCommand,
    Renew,
)
from gma_twisted.stores.journal import WriterThread, shortenTurns
from gma_twisted.stores.registry import RegistryStore
from gma_twisted.timing import NodeClock, bootTime, gather, installBootClock, sleep, toDeferred
from tests.integration.durability.history import Outcome, Verb
from tests.integration.durability.place import allRows, openJournal, tokenOf
from tests.integration.durability.plants import PLANTS, plant
from tests.integration.durability.report import Reporter

__all__ = ["look", "makeRow"]

# Whom a node takes a client on this machine for, so that both can be used on one directory.
_OWNER = "anonymous@127.0.0.1"
_NOT_KNOWN = "is not known until"
_SET_PTRACER = 0x59616D61
_INTERFACES = (QName("http://www.gridforum.org/namespaces/2003/03/OGSI", "GridService"),)


def makeRow(member: str, entry: str, number: int, until: float, now: float) -> Registration:
    """A row with content of many sizes; C{number} makes it different from all others."""
    return Registration(
        entry,
        Locator((Handle(member),), _INTERFACES),
        f"name {number}",
        (("number", str(number)),),
        b"<c>" + b"x" * (number * 37 % 1500) + b"</c>",
        _OWNER,
        now,
        until,
    )


def look(store: IRegistryStore, reporter: Reporter, member: str | None = None) -> None:
    """Report everything there is. @param member: the only one to look for"""
    begun = bootTime()
    found = allRows(store) if member is None else store.ofMember(member)
    rows = [(row.handle, row.entry, tokenOf(row), row.until) for row in found]
    reporter.looked(begun, bootTime(), rows, None if member is None else [member])


@attrs.define(slots=True, eq=False)
class Lane:
    """
    One of the clients: does one thing after the other to members nobody else touches.

    @ivar entries: ids of the entries it believes in, by member
    @ivar open: members of which something may have been done that was refused
    """

    store: IRegistryStore
    clock: NodeClock
    reporter: Reporter
    name: str
    random: Random
    lifetimes: list[float]
    most: int
    entries: dict[str, str] = attrs.field(factory=dict)
    made: int = 0
    open: set[str] = attrs.field(factory=set)

    async def step(self) -> None:
        """Ask one thing and report the answer."""
        member = self._member()
        entry = self.entries.get(member, "")
        chance = self.random.random()
        if not entry or chance < 0.3:
            await self.ask(Verb.REGISTER, member, entry)
        elif chance < 0.75 and len(self.entries) < self.most:
            await self.ask(Verb.RENEW, member, entry)
        else:
            await self.ask(Verb.END, member, entry)

    def _member(self) -> str:
        if len(self.entries) < self.most and self.random.random() < 0.4:
            self.made += 1
            return f"http://{self.name}/{self.made}"
        return self.random.choice([*self.entries, f"http://{self.name}/{self.made}"])

    async def ask(self, verb: Verb, member: str, entry: str) -> None:
        """Ask it. @param entry: id of the member's entry, empty for none"""
        now = self.clock.seconds()
        self.made += 1
        until = now + self.random.choice(self.lifetimes)
        row = makeRow(member, f"{self.name}-{self.made}", self.made, until, now)
        command: RegistryCommand
        if verb is Verb.REGISTER:
            command = Keep(row)
        elif verb is Verb.RENEW:
            command = Renew(entry, until)
        else:
            command = End(entry)
        named = row.entry if verb is Verb.REGISTER else entry
        number = self.reporter.asked(now, verb, member, named, tokenOf(row), until)
        try:
            changes = await self.store.commit([command])
        except GMAError as error:
            # A disk that fails on and on leaves it open; what was kept of it shows after a restart, not before.
            isOpen = _NOT_KNOWN in str(error)
            if isOpen:
                self.open.add(member)
            outcome = Outcome.UNKNOWN if isOpen else Outcome.REFUSED
            self.reporter.answered(number, self.clock.seconds(), outcome, code=error.code)
            if member not in self.open:
                look(self.store, self.reporter, member)
            return
        after = changes.rows[0]
        outcome = Outcome.MISSING if after is None else Outcome.DONE
        self.reporter.answered(
            number, self.clock.seconds(), outcome, after.entry if after is not None else ""
        )
        if after is None or verb is Verb.END:
            self.entries.pop(member, None)
        else:
            self.entries[member] = after.entry


@attrs.define(slots=True, eq=False)
class Work:
    """What a worker was told to do."""

    options: argparse.Namespace
    store: IRegistryStore
    clock: NodeClock
    reporter: Reporter

    async def run(self) -> None:
        """Do it."""
        options, store, reporter = self.options, self.store, self.reporter
        await store.start()
        look(store, reporter)
        reporter.note(ready=self.clock.seconds())
        if options.fill:
            await self.fill(options.fill)
        if options.calls:
            count = max(1, options.calls // options.lanes)
            await gather([self.lane(number, count) for number in range(options.lanes)])
        if options.calls is not None:
            look(store, reporter)
            await store.stop()
            reporter.note(stopped=True)
            return
        await gather([self.lane(number, math.inf) for number in range(options.lanes)])

    async def fill(self, count: int) -> None:
        """Many entries, many a commit."""
        now = self.clock.seconds()
        for start in range(0, count, 1000):
            rows = [
                makeRow(f"http://fill/{number}", f"f{number}", number, math.inf, now)
                for number in range(start, min(start + 1000, count))
            ]
            numbers = [
                self.reporter.asked(
                    now, Verb.REGISTER, row.handle, row.entry, tokenOf(row), row.until
                )
                for row in rows
            ]
            await self.store.commit([Keep(row) for row in rows])
            for number in numbers:
                self.reporter.answered(number, self.clock.seconds(), Outcome.DONE)
        self.reporter.note(filled=count)

    async def lane(self, number: int, count: float) -> None:
        """One client."""
        options = self.options
        name = f"lane{number}"
        lane = Lane(
            self.store,
            self.clock,
            self.reporter,
            name,
            Random(f"{options.seed} {number}"),
            options.lifetimes,
            options.most,
        )
        # Ids and members are never used twice, also not in another life.
        lane.made = options.life * 1_000_000
        for row in allRows(self.store):
            if row.handle.startswith(f"http://{name}/"):
                lane.entries[row.handle] = row.entry
        done = 0
        while done < count:
            await lane.step()
            done += 1
            await sleep(self.clock, options.pause)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--report", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--life", type=int, default=0)
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--most", type=int, default=25)
    parser.add_argument("--calls", type=int)
    parser.add_argument("--fill", type=int, default=0)
    parser.add_argument(
        "--lifetimes", type=float, nargs="+", default=[0.3, 2.0, 3600.0, 86_400.0, math.inf]
    )
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--wait", action="store_true")
    parser.add_argument("--plant", choices=sorted(PLANTS))
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run one life."""
    options = parse(arguments)
    reporter = Reporter(options.report)
    if options.wait:
        # Where only ancestors may trace a process, others may be allowed to; elsewhere this has no effect.
        ctypes.CDLL(None).prctl(_SET_PTRACER, ctypes.c_ulong(-1))
        reporter.note(waiting=True)
        sys.stdin.readline()
    if options.plant:
        plant(options.plant, setattr)
    reactor = EPollReactor()
    from twisted.internet import main as installer  # noqa: PLC0415

    installer.installReactor(reactor)
    installBootClock(reactor)
    shortenTurns()
    clock = NodeClock(reactor)
    failed: list[Any] = []
    running: list[Deferred[None]] = []

    def begin() -> None:
        thread = WriterThread(reactor.callFromThread, "journal")
        journal = openJournal(options.directory, clock, thread, options.small)
        work = Work(options, RegistryStore(clock, recorder=journal), clock, reporter)
        done = toDeferred(work.run()).addErrback(failed.append)
        running.append(done.addBoth(lambda _: reactor.stop()))

    reactor.callWhenRunning(begin)
    reactor.run()
    for failure in failed:
        sys.stderr.write(failure.getTraceback())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
