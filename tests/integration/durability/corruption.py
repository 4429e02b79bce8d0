"""Flipped bits and missing ends in the files of a registry store: recovered, refused or set aside, never silent.

C{python -m tests.integration.durability.corruption --flips 200 --seed 1}
"""

import argparse
import enum
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.model import End, Keep, Registration, Renew
from gma_twisted.stores.journal import Journal
from gma_twisted.stores.registry import RegistryStore
from tests.integration.durability.drive import Worker, contents, memory, scratch
from tests.integration.durability.history import History
from tests.integration.durability.place import Recovered, allRows, doneIn, recovered
from tests.integration.durability.worker import makeRow

__all__ = ["Damages", "Kind", "Result", "State", "corrupt", "judge", "makeStates"]

_JOURNAL = "registrations.db"
_MARK = f"{_JOURNAL}.mark"
_LOGGED = 30
_TOLD = ("--lifetimes", "3600", "86400", "inf", "--lanes", "4", "--most", "15")

_Pair = tuple[Mapping[str, bytes], Mapping[str, bytes]]


class Kind(enum.Enum):
    """How the store ended whose files are damaged."""

    STOPPED = "stopped"
    MARKED = "killed behind a mark"
    UNMARKED = "killed between a batch and its mark"


class Result(enum.Enum):
    """What came of a damage."""

    SAME = "fully recovered"
    REFUSED = "refused, naming the place"
    ASIDE = "set aside, naming the record"
    SILENT = "silently wrong"
    NAMELESS = "refused without a name"


@attrs.frozen(slots=True)
class Damage:
    """
    One file, changed.

    @ivar what: in words
    @ivar data: what is in it afterwards; C{None} when it is gone
    """

    name: str
    what: str
    data: bytes | None


@attrs.frozen(slots=True)
class State:
    """
    A directory before it is damaged.

    @ivar files: by name
    @ivar rights: what may be in it afterwards, first what is in it now. Of a batch that has no mark nobody was told: a
        damage may take it away, and then there is nothing to tell it from one that was never written
    """

    kind: Kind
    files: Mapping[str, bytes]
    rights: Sequence[Sequence[Registration]]


@attrs.define(slots=True)
class Damages:
    """
    What came of many.

    @ivar counts: how often, by what was damaged and what came of it
    @ivar wrongs: which damage, and why that is wrong
    """

    counts: Counter[tuple[Kind, Result]] = attrs.field(factory=Counter)
    wrongs: list[str] = attrs.field(factory=list)

    def count(self, result: Result) -> int:
        """How often that came of any of them."""
        return sum(self.counts[kind, result] for kind in Kind)

    def line(self) -> str:
        """In one line."""
        parts = ", ".join(f"{self.count(result)} {result.value}" for result in Result)
        return f"{sum(self.counts.values())} damages: {parts}"


def makeDirectory(entries: int, seed: int, killed: bool, *options: str) -> Mapping[str, bytes]:
    """
    A directory with entries that were added, renewed and ended.

    @param killed: whether its store was killed, else it was stopped
    @param options: more for the worker
    @return: the files by name
    """
    with scratch() as directory:
        told = [*_TOLD, "--seed", f"{seed}", "--fill", f"{entries}", *options]
        if not killed:
            told += ["--calls", "200"]
        with Worker.start(directory, History(), *told) as worker:
            if killed:
                worker.listen(lambda: worker.journalist.acknowledged >= entries + 200)
                worker.kill()
            else:
                assert worker.wait() == 0, worker.errors
        return _read(directory)


def damageAll(files: Mapping[str, bytes], random: Random) -> Damage:
    """One change of one file."""
    name = random.choice([name for name, data in sorted(files.items()) if data])
    data = files[name]
    chance = random.random()
    if chance < 0.7:
        at, bit = random.randrange(len(data)), random.randrange(8)
        changed = bytearray(data)
        changed[at] ^= 1 << bit
        return Damage(name, f"bit {bit} of byte {at} flipped", bytes(changed))
    if chance < 0.95:
        size = random.randrange(len(data))
        return Damage(name, f"cut to {size} of {len(data)} bytes", data[:size])
    return Damage(name, "removed", None)


def makeStates(entries: int, seed: int, *options: str) -> Sequence[State]:
    """
    One directory of each kind.

    Where a kill falls is chance. So the two kinds are made of what it left: batches are added to it, and one more,
    whose mark is left out.

    @param options: more for the workers
    """
    stopped = makeDirectory(entries, seed, False, *options)
    # It has settled, perhaps just now: some batches are in the database, those that are added here in its log.
    killed = makeDirectory(entries, seed, True, "--small", *options)
    with scratch(memory()) as directory:
        _write(killed, directory)
        marked, unmarked = doneIn(directory, partial(_oneMore, directory))
    rows = opened(marked).rows
    return [
        State(Kind.STOPPED, stopped, [opened(stopped).rows]),
        State(Kind.MARKED, marked, [rows]),
        State(Kind.UNMARKED, unmarked, [opened(unmarked).rows, rows]),
    ]


async def _oneMore(directory: Path, store: RegistryStore, journal: Journal) -> _Pair:
    """The files before a batch that adds, renews and ends, and with it, without its mark."""
    await store.start()
    renewed, ended, *_ = allRows(store)
    rows = [
        makeRow(f"http://more/{number}", f"more{number}", number, math.inf, ended.since)
        for number in range(_LOGGED + 1)
    ]
    for row in rows[1:]:
        await store.commit([Keep(row)])
    marked = _read(directory)
    until = journal.clock.seconds() + 60.0
    await store.commit([Keep(rows[0]), Renew(renewed.entry, until), End(ended.entry)])
    unmarked = {**_read(directory), _MARK: marked[_MARK]}
    await store.stop()
    return marked, unmarked


def _read(directory: Path) -> Mapping[str, bytes]:
    return {Path(path).name: data for path, data in contents(directory).items()}


def _write(files: Mapping[str, bytes], directory: Path) -> None:
    for name, data in files.items():
        (directory / name).write_bytes(data)


def opened(files: Mapping[str, bytes]) -> Recovered:
    """What a store makes of these files. @raise GMAError: it refuses them"""
    with scratch(memory()) as directory:
        _write(files, directory)
        return recovered(directory)


def judge(state: State, damage: Damage) -> Result:
    """Open the directory with the damage."""
    changed = {name: data for name, data in state.files.items() if name != damage.name}
    if damage.data is not None:
        changed[damage.name] = damage.data
    try:
        found = opened(changed)
    except GMAError as error:
        return Result.REFUSED if _isNamed(str(error), damage) else Result.NAMELESS
    if list(found.rows) in state.rights:
        return Result.SAME
    # With the last batch: one damage does not take that away and spoil another besides.
    right = {row.entry: row for row in state.rights[0]}
    if any(right.get(row.entry) != row for row in found.rows):
        return Result.SILENT
    missing = set(right) - {row.entry for row in found.rows}
    nameless = missing - {key.decode() for key in found.lostKeys}
    return Result.ASIDE if len(nameless) <= found.lostNameless else Result.SILENT


def _isNamed(said: str, damage: Damage) -> bool:
    """Whether a refusal says where. What SQLite finds is in the database or in its log, and it cannot tell in which."""
    isSQLites = "database disk image is malformed" in said or "file is not a database" in said
    return "batch" in said or damage.name in said or (isSQLites and _JOURNAL in said)


def corrupt(flips: int, seed: int, *options: str, entries: int = 150) -> Damages:
    """
    Damage directories of each kind, in turn.

    @param flips: how often
    @param options: more for the workers that make them
    @param entries: how many there are at least
    """
    random = Random(seed)
    damages = Damages()
    states = makeStates(entries, seed, *options)
    for number in range(flips):
        state = states[number % len(states)]
        damage = damageAll(state.files, random)
        result = judge(state, damage)
        damages.counts[state.kind, result] += 1
        if result in (Result.SILENT, Result.NAMELESS):
            damages.wrongs.append(
                f"{state.kind.value}, {damage.name}, {damage.what}: {result.value}"
            )
    return damages


def main(arguments: Sequence[str]) -> int:
    """Damage and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flips", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    damages = corrupt(options.flips, options.seed)
    for wrong in damages.wrongs[:20]:
        sys.stdout.write(f"{wrong}\n")
    for kind in Kind:
        counts = ", ".join(f"{damages.counts[kind, result]} {result.value}" for result in Result)
        sys.stdout.write(f"{kind.value}: {counts}\n")
    sys.stdout.write(f"corruption: {damages.line()} (seed {options.seed})\n")
    return 1 if damages.wrongs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
