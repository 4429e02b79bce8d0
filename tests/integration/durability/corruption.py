"""Flipped bits and missing ends in the files of a registry store: recovered, refused or set aside, never silent.

C{python -m tests.integration.durability.corruption --flips 200 --seed 1}
"""

import argparse
import enum
import sqlite3
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.model import Registration
from gma_twisted.stores.journal.mark import Mark
from tests.integration.durability.drive import Worker, contents, memory, scratch
from tests.integration.durability.history import History
from tests.integration.durability.place import Recovered, recovered

__all__ = ["Damages", "Result", "corrupt", "damageAll", "judge", "makeDirectory", "makeSettled"]

_JOURNAL = "registrations.db"
_TRIES = 50
_TOLD = ("--lifetimes", "3600", "86400", "inf", "--lanes", "4", "--most", "15")


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


@attrs.define(slots=True)
class Damages:
    """
    What came of many.

    @ivar counts: by kind of result
    @ivar wrongs: which damage, and why that is wrong
    """

    counts: Counter[Result] = attrs.field(factory=Counter)
    wrongs: list[str] = attrs.field(factory=list)

    def line(self) -> str:
        """In one line."""
        parts = ", ".join(f"{self.counts[result]} {result.value}" for result in Result)
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
        return {Path(path).name: data for path, data in contents(directory).items()}


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


def makeSettled(entries: int, seed: int, killed: bool, *options: str) -> Mapping[str, bytes]:
    """
    As L{makeDirectory}, with nothing in it but what was acknowledged.

    A kill may fall between the end of a batch and the mark that says so. Nobody was told of that batch: a damage may
    take it away, and then there is nothing to tell it from one that was never written.
    """
    for attempt in range(_TRIES):
        files = makeDirectory(entries, seed + attempt, killed, *options)
        if _isSettled(files):
            return files
    raise AssertionError(f"{_TRIES} kills, each between a batch and its mark")


def _isSettled(files: Mapping[str, bytes]) -> bool:
    with scratch(memory()) as directory:
        for name, data in files.items():
            (directory / name).write_bytes(data)
        connection = sqlite3.connect(directory / _JOURNAL)
        try:
            ((last,),) = connection.execute("SELECT max(place) FROM batches").fetchall()
        finally:
            connection.close()
        return bool(last == Mark(f"{directory / _JOURNAL}.mark").read())


def opened(files: Mapping[str, bytes]) -> Recovered:
    """What a store makes of these files. @raise GMAError: it refuses them"""
    with scratch(memory()) as directory:
        for name, data in files.items():
            (directory / name).write_bytes(data)
        return recovered(directory)


def judge(files: Mapping[str, bytes], before: Sequence[Registration], damage: Damage) -> Result:
    """Open the directory with the damage."""
    changed = {name: data for name, data in files.items() if name != damage.name}
    if damage.data is not None:
        changed[damage.name] = damage.data
    try:
        found = opened(changed)
    except GMAError as error:
        isNamed = damage.name in str(error) or "batch" in str(error)
        return Result.REFUSED if isNamed else Result.NAMELESS
    rows = {row.entry: row for row in found.rows}
    right = {row.entry: row for row in before}
    if rows == right and list(rows) == list(right):
        return Result.SAME
    if any(right.get(entry) != row for entry, row in rows.items()):
        return Result.SILENT
    missing = set(right) - set(rows)
    nameless = missing - {key.decode() for key in found.lostKeys}
    return Result.ASIDE if len(nameless) <= found.lostNameless else Result.SILENT


def corrupt(flips: int, seed: int, *options: str, entries: int = 150) -> Damages:
    """
    Damage directories of a killed and of a stopped store, in turn.

    @param flips: how often
    @param options: more for the workers that make them
    @param entries: how many there are at least
    """
    random = Random(seed)
    damages = Damages()
    states = [makeSettled(entries, seed, killed, *options) for killed in (True, False)]
    rights = [opened(files).rows for files in states]
    for number in range(flips):
        files, right = states[number % 2], rights[number % 2]
        damage = damageAll(files, random)
        result = judge(files, right, damage)
        damages.counts[result] += 1
        if result in (Result.SILENT, Result.NAMELESS):
            damages.wrongs.append(f"{damage.name}, {damage.what}: {result.value}")
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
    sys.stdout.write(f"corruption: {damages.line()} (seed {options.seed})\n")
    return 1 if damages.wrongs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
