"""
One change, told to many sinks: how long until the last has it, and whether sinks that do not answer delay the others.

A L{Bank} is a sender with sinks of its own, two processes. Banks take turns, so that what is compared is of one run.
"""

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import attrs

from bench.answers import WrongAnswer
from bench.figures import percentile
from bench.notices import needle
from bench.process import ServerProcess
from bench.rotation import cores

__all__ = [
    "Bank",
    "Delivery",
    "FairRound",
    "Round",
    "fairRounds",
    "fanRounds",
    "medianRatio",
    "roomFor",
]

# Open files of a process that are no connections.
_OTHERS = 200
# Seconds until the first notice has arrived everywhere, and any later one.
_FIRST = 120.0
_LATER = 60.0
_PAUSE = 0.25


def roomFor(wanted: int) -> int:
    """Allow as many open files as may be. @return: how many connections a process can have, at most C{wanted}"""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard - _OTHERS)


@attrs.frozen(slots=True)
class Delivery:
    """
    One change told to all sinks.

    @ivar seconds: from the change to the last answer
    @ivar cpuSeconds: user and system time of the sender
    @ivar resident: bytes of memory of the sender
    """

    seconds: float
    cpuSeconds: float
    resident: int


@attrs.define(eq=False)
class Bank:
    """
    A sender and its sinks.

    @ivar sender: the process that tells
    @ivar sinks: the process that hears
    @ivar counts: how many sinks there are of each kind, healthy ones first (see L{bench.notices})
    """

    sender: ServerProcess
    sinks: ServerProcess
    counts: Sequence[int]
    _number: int = attrs.field(default=0, init=False)

    def open(self) -> None:
        """Subscribe all and tell them once, unmeasured: whoever sends connects first."""
        counts = " ".join(map(str, self.counts))
        self.sender.order(f"open {self.sinks.port} {counts}")
        self.sender.answer(_FIRST)
        self._change(_FIRST)

    def arrivals(self) -> Sequence[float]:
        """Make a change. @return: seconds from it until each healthy sink had heard of it"""
        told, arrivals = self._change(_LATER)
        return [arrival - told["began"] for arrival in arrivals]

    def answers(self) -> "Delivery":
        """Make a change, and wait until every sink has answered."""
        told, _ = self._change(_LATER)
        self.sender.order("settle")
        then = self.sender.answer(_LATER)
        return Delivery(then["ended"] - told["began"], then["cpu"] - told["cpu"], then["resident"])

    def _change(self, seconds: float) -> tuple[dict[str, Any], Sequence[float]]:
        self._number += 1
        healthy = self.counts[0]
        self.sinks.order(f"expect {healthy} {needle(self._number).decode()}")
        self.sender.order(f"tell {self._number}")
        told = self.sender.answer(seconds)
        arrivals = self.sinks.answer(seconds)["arrivals"]
        if len(arrivals) != healthy:
            raise WrongAnswer(f"{len(arrivals)} notices arrived, not {healthy}")
        return told, arrivals


@contextmanager
def _banks(
    senders: Sequence[tuple[str, Sequence[int]]], directory: Path
) -> Iterator[Sequence[Bank]]:
    """Banks with open sinks. @param senders: name of the sender, and counts of its sinks"""
    senderCore, sinkCore = cores()
    with ExitStack() as ends:
        banks = []
        for number, (name, counts) in enumerate(senders):
            place = directory / f"bank{number}"
            place.mkdir(parents=True, exist_ok=True)
            pair = [
                ServerProcess(name, place, senderCore),
                ServerProcess("sinks", place, sinkCore),
            ]
            for process in pair:
                process.start()
                ends.callback(process.stop)
            banks.append(Bank(pair[0], pair[1], counts))
        for bank in banks:
            bank.open()
        yield banks


@attrs.frozen(slots=True)
class Round:
    """
    One change told to all sinks by each of the two ways.

    @ivar node, agent: our node's, and that of twisted.web's Agent
    """

    node: Delivery
    agent: Delivery

    @property
    def ratio(self) -> float:
        """How many times sooner the node is done."""
        return self.agent.seconds / self.node.seconds

    @property
    def cpuRatio(self) -> float:
        """How many times less CPU it takes."""
        return self.agent.cpuSeconds / self.node.cpuSeconds


def fanRounds(sinks: int, rounds: int, directory: Path, tell: Callable[[str], None]) -> list[Round]:
    """
    Tell a change to many keep-alive sinks, by our node and by twisted.web's Agent in turn.

    @param directory: for what the processes write
    @param tell: is told how far it is
    @raise ServerFailed: a process did not start, or a notice did not arrive in time
    @raise WrongAnswer: a notice came twice
    """
    tell(f"{sinks} sinks twice: connecting")
    found = []
    with _banks([("notify-node", [sinks]), ("notify-agent", [sinks])], directory) as (node, agent):
        # In the first after connecting nothing is as it will be.
        for bank in (node, agent):
            bank.answers()
        for number in range(rounds):
            tell(f"fan-out, round {number + 1} of {rounds}")
            found.append(Round(node.answers(), agent.answers()))
    return found


@attrs.frozen(slots=True)
class FairRound:
    """
    One change told to healthy sinks, alone and among others.

    @ivar alone, among: seconds until each healthy sink had heard of it
    """

    alone: Sequence[float]
    among: Sequence[float]

    @property
    def ratio(self) -> float:
        """How many times longer the slowest hundredth waits among others."""
        return percentile(self.among, 99) / percentile(self.alone, 99)


def fairRounds(
    healthy: int, others: int, rounds: int, directory: Path, tell: Callable[[str], None]
) -> list[FairRound]:
    """
    Tell changes to healthy sinks, and to as many among black holes, slow ones and such that reset, in turn.

    @param others: of each of the three kinds
    @raise ServerFailed, WrongAnswer: as L{fanRounds}
    """
    tell(f"{healthy} sinks twice, {others} of each bad kind: connecting")
    found = []
    banks = [("notify-node", [healthy]), ("notify-node", [healthy, others, others, others])]
    with _banks(banks, directory) as (alone, among):
        for number in range(rounds):
            tell(f"fairness, round {number + 1} of {rounds}")
            # Neither always comes after the other.
            if number % 2:
                second = among.arrivals()
                first = alone.arrivals()
            else:
                first = alone.arrivals()
                second = among.arrivals()
            found.append(FairRound(first, second))
            # Those that fail are tried again meanwhile: the next change meets them in another state.
            time.sleep(_PAUSE)
    return found


def medianRatio(rounds: Sequence[Round] | Sequence[FairRound]) -> float:
    """Of the rounds' ratios."""
    return median(one.ratio for one in rounds)
