"""C{python -m bench queries}: XPath and XQuery over ten thousand hosts, asked once and kept, at a whole node."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import attrs

from bench import askedbeside, askedonce, keptquestions
from bench.askedbeside import Beside, measureBeside
from bench.askedonce import Timed, measureQuestions
from bench.conclusion import conclude
from bench.goals import Bound
from bench.hosts import Hosts
from bench.keptquestions import Load, Standing, measureStanding
from bench.peers import whyMissing
from bench.process import ServerProcess
from bench.questionednode import QuestionedNode, Usage, goalOfLag, linesOfLag, linesOfUsage
from bench.questions import MEMBERS

__all__ = ["Options", "main", "readOptions"]

_HOSTS = 10_000
_MOST = 1_000_000
_ROUNDS = 50
_PARTS = ("once", "kept")
_PEERS = ("basex",)
# With more of them each subscription is looked at for so long that nobody waits for it.
_MOST_KEPT = 20_000


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar parts: what is measured
    @ivar hosts: how many there are
    @ivar rounds: how often each question is asked, warm, and after changes
    @ivar load: of the kept questions
    @ivar judges: whether missed goals make the exit status 1
    @ivar peer: asked beside the node; empty for none
    """

    parts: Sequence[str]
    hosts: int
    rounds: int
    load: Load
    judges: bool
    peer: str = ""


def readOptions(arguments: Sequence[str]) -> Options:
    """Read the command line. @raise SystemExit: it is wrong, or only help was wanted"""
    parser = argparse.ArgumentParser(
        prog="python -m bench queries",
        description="A whole index with hosts of 1 kB from 100 originators and 1,000 registrations: once (what a "
        "client waits for XPath and XQuery, warm and after 1 % changed), kept (standing queries: whether every answer "
        f"that changed is told). Without --only, kept is left out above {_MOST_KEPT:,} hosts.",
    )
    usual = Load()
    parser.add_argument("--only", metavar="NAMES", help=f"some of {','.join(_PARTS)}")
    for name, default, what in (
        ("hosts", _HOSTS, f"thousands of them; default {_HOSTS}"),
        ("rounds", _ROUNDS, f"of each question; default {_ROUNDS}"),
        ("kept", usual.count, f"standing queries in XPath; default {usual.count}"),
        ("kept-xquery", usual.whole, f"the same in XQuery; default {usual.whole}"),
        ("rate", usual.rate, f"changes a second; default {usual.rate}"),
        ("seconds", usual.seconds, f"of changes; default {usual.seconds}"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=what)
    parser.add_argument(
        "--peer", choices=_PEERS, default="", help="ask it beside the node; default none"
    )
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    given = parser.parse_args(arguments)
    hosts = given.hosts
    if hosts % MEMBERS or not MEMBERS <= hosts <= _MOST:
        parser.error(f"--hosts is a multiple of {MEMBERS}, at most {_MOST}")
    if not (0 < given.kept <= 2 * MEMBERS and 0 <= given.kept_xquery <= MEMBERS):
        parser.error(f"--kept is from 1 to {2 * MEMBERS}, --kept-xquery at most {MEMBERS}")
    if min(given.rounds, given.rate, given.seconds) < 1:
        parser.error("--rounds, --rate and --seconds are whole numbers from 1")
    only = _PARTS[: 1 if hosts > _MOST_KEPT else 2] if given.only is None else given.only.split(",")
    if unknown := [name for name in only if name not in _PARTS]:
        parser.error(f'"{unknown[0]}" is none of {", ".join(_PARTS)}')
    load = Load(given.kept, given.kept_xquery, given.rate, given.seconds)
    parts = [name for name in _PARTS if name in only]
    return Options(parts, hosts, given.rounds, load, given.judge, given.peer)


@attrs.define(eq=False)
class _Found:
    timed: Sequence[Timed] = ()
    beside: Beside | None = None
    standing: Standing | None = None
    usage: Sequence[Usage] = ()

    def bounds(self, node: QuestionedNode) -> list[Bound]:
        once = askedonce.goalsOf(self.timed, len(node.hosts.all))
        beside = [] if self.beside is None else askedbeside.goalsOf(self.beside)
        kept = [] if self.standing is None else keptquestions.goalsOf(self.standing)
        return [*once, *beside, *kept, goalOfLag(node)]

    def lines(self, node: QuestionedNode) -> list[str]:
        blocks = [linesOfLag(node), linesOfUsage(self.usage)]
        if self.standing is not None:
            blocks.insert(0, keptquestions.linesOf(self.standing))
        if self.beside is not None:
            blocks.insert(0, askedbeside.linesOf(self.beside))
        if self.timed:
            blocks.insert(0, askedonce.linesOf(self.timed))
        return [line for block in blocks for line in (*block, "")]


def _measure(options: Options, node: QuestionedNode, results: Path) -> _Found:
    tell = partial(print, file=sys.stderr, flush=True)
    found = _Found()
    lacking = whyMissing(options.peer)
    if lacking:
        tell(f"left out: {options.peer}: {lacking}")
    tell(f"a node with {options.hosts:,} hosts")
    node.serve()
    if "once" in options.parts:
        found.timed = measureQuestions(node, options.rounds, tell)
    # Before questions are kept: those are looked at with every change.
    if options.peer and not lacking:
        found.beside = measureBeside(node, options.rounds, results, tell)
    if "kept" in options.parts:
        found.standing = measureStanding(node, options.load, tell)
    found.usage = node.usage()
    return found


def main(arguments: Sequence[str], results: Path) -> int:
    """
    Measure, print, write.

    @param results: where the file of results goes, and what the node writes
    @return: exit status
    @raise ServerFailed: the node did not start, or does not answer
    @raise WrongAnswer: an answer was wrong
    """
    options = readOptions(arguments)
    # Nothing is bound to a core: the node's workers are processes, and share all there are.
    server = ServerProcess("questioned", results, None)
    node = QuestionedNode(server, Hosts.of(options.hosts))
    server.start()
    try:
        found = _measure(options, node, results)
    finally:
        server.stop()
    bounds = found.bounds(node)
    versions = {**server.versions, **(found.beside.versions if found.beside else {})}
    return conclude(
        results,
        "queries",
        options,
        found.lines(node),
        bounds,
        {"lags": node.lags, **attrs.asdict(found)},
        versions,
    )
