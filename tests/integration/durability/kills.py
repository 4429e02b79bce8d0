"""Kills at random moments under load, and how long a restart takes.

C{python -m tests.integration.durability.kills --kills 200 --seed 1}
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random

import attrs

from gma_twisted.timing import bootTime
from tests.integration.durability.drive import Worker, scratch
from tests.integration.durability.history import History, Wrong
from tests.integration.durability.node import Client, Lane, RegistryNode, workUntilKilled
from tests.integration.durability.report import Journalist
from tests.integration.processors import Sleepers, most, queued

__all__ = ["Kills", "killNodes", "killWorkers", "restartOf"]

_LANES = 8
_MOST = 20
_LIFETIMES = (1.0, 3.0, 600.0, 3600.0)
_WORK = 1000
"""Acknowledgements a life is killed behind, at most."""
_MOMENT = 0.01
"""Seconds it goes on then, at most: several batches, so that a kill may fall anywhere in one."""


@attrs.define(slots=True)
class Kills:
    """
    What came of the kills.

    @ivar kills: how many
    @ivar acknowledged: answers before them
    @ivar seconds: from when it served until it was killed, over all lives
    @ivar starts: seconds from the start of each process until it served
    @ivar wrongs: what was wrong
    """

    kills: int = 0
    acknowledged: int = 0
    seconds: float = 0.0
    starts: list[float] = attrs.field(factory=list)
    wrongs: Sequence[Wrong] = ()

    def line(self) -> str:
        """In one line."""
        rate = self.acknowledged / self.seconds if self.seconds else 0.0
        return (
            f"{self.kills} kills, {self.acknowledged} acknowledged at {rate:.0f}/s, "
            f"slowest start {max(self.starts, default=0.0):.2f} s: {len(self.wrongs)} wrong"
        )


def killWorkers(kills: int, seed: int, *options: str) -> Kills:
    """
    Kill a process with a durable store at random moments, again and again on the same directory.

    The moments are behind random numbers of acknowledgements, so a slow machine makes lives longer, not emptier.

    @param options: more for every worker
    @raise AssertionError: it ended, or acknowledges next to nothing
    """
    random = Random(seed)
    history = History()
    result = Kills(wrongs=history.wrongs)
    with scratch() as directory:
        for life in range(kills + 1):
            told = ["--seed", f"{seed}", "--life", f"{life}", *options]
            told += ["--small"] if life % 2 else []
            with Worker.start(directory, history, *told) as worker:
                worker.waitFor("ready")
                ready = bootTime()
                result.starts.append(worker.journalist.notes["ready"] - worker.started)
                if life == kills:
                    # Its look was the last.
                    break
                journalist, wanted = worker.journalist, random.randrange(_WORK)
                if not worker.listen(partial(_hasDone, journalist, wanted)):
                    raise AssertionError(f"{journalist.acknowledged} acknowledged: {worker.errors}")
                worker.listen(lambda: False, random.uniform(0.0, _MOMENT))
                worker.kill()
                result.seconds += bootTime() - ready
                result.kills += 1
                result.acknowledged += worker.journalist.acknowledged
    return result


def _hasDone(journalist: Journalist, wanted: int) -> bool:
    return journalist.acknowledged >= wanted


def killNodes(kills: int, seed: int) -> Kills:
    """The same with a whole node, asked over SOAP by eight clients."""
    random = Random(seed)
    history = History()
    result = Kills(wrongs=history.wrongs)
    lanes = [
        Lane(history, f"lane{number}", Random(f"{seed} {number}"), _LIFETIMES, _MOST)
        for number in range(_LANES)
    ]
    with scratch() as place:
        for life in range(kills + 1):
            with RegistryNode(place) as node:
                client = Client(node.port)
                history.look(client.look())
                result.starts.append(bootTime() - node.started)
                client.close()
                if life == kills:
                    break
                ready = bootTime()
                wanted = random.randrange(_WORK)
                workUntilKilled(node, lanes, wanted, random.uniform(0.0, _MOMENT))
                result.seconds += bootTime() - ready
                result.kills += 1
    result.acknowledged = sum(lane.acknowledged for lane in lanes)
    return result


def restartOf(entries: int, place: Path, sleepers: Sleepers | None = None) -> tuple[float, float]:
    """
    Seconds from the start of a process until the first renewal is answered, with many entries kept.

    @param sleepers: tell what the machine was kept from
    @return: after a kill, and after a stop; without those in which other processes had the processors
    """
    state = place / "state"
    state.mkdir()
    with Worker.start(state, History(), "--fill", f"{entries}") as worker:
        worker.waitFor("filled")
        worker.kill()
    taken = []
    for number in (signal.SIGTERM, signal.SIGKILL):
        waited = queued()
        before = sleepers.late() if sleepers else [0.0]
        with RegistryNode(place, isForked=False) as node:
            client = Client(node.port)
            entry = node.handleOf("f7")
            [result] = client.ask("renewServices", entry=[entry], lifetime=60.0)
            assert result.lifetime == 60.0, result
            waited = queued() - waited + queued(node.process)
            waited = max(waited, most(before, sleepers.late() if sleepers else [0.0]))
            taken.append(bootTime() - node.started - waited)
            client.close()
            node.signal(number)
    return taken[0], taken[1]


def main(arguments: Sequence[str]) -> int:
    """Kill and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    isGood = True
    for what, kill in (("workers", killWorkers), ("nodes", killNodes)):
        result = kill(options.kills, options.seed)
        for wrong in result.wrongs[:20]:
            sys.stdout.write(f"{wrong.kind.value} {wrong.member}: {wrong.sentence}\n")
        sys.stdout.write(f"kills of {what}: {result.line()} (seed {options.seed})\n")
        isGood = isGood and not result.wrongs
    with scratch() as place:
        killed, stopped = restartOf(options.entries, place)
    sys.stdout.write(
        f"restart with {options.entries} entries: {killed:.2f} s after a kill, {stopped:.2f} s after a stop\n"
    )
    return 0 if isGood else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
