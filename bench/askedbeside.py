"""Questions put to the node and to BaseX in turns, over the same hosts, and how soon each knows of one change."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import attrs

from bench.asking import Answer, Client, askAtOnce
from bench.basex import BaseXClient
from bench.figures import percentile
from bench.goals import Bound
from bench.hosts import Host, hostXML, keyOf
from bench.process import ServerProcess
from bench.questionednode import QuestionedNode
from bench.questions import ASKED, Asked
from bench.report import markdown
from bench.workload import GLUE_NS

__all__ = ["Beside", "Compared", "Learned", "commandOf", "goalsOf", "linesOf", "measureBeside"]

_ASKED = tuple(one for one in ASKED if one.name in ("XQuery count", "XQuery predicate"))
_COUNT = next(one for one in _ASKED if one.name == "XQuery count")
_RATIO = 0.5
# Milliseconds that the node takes to have one change where questions are evaluated.
_LOADING = 1.0
# A virtual machine compiles what has run often; until then it is not warm.
_WARMING = 30
# What a change adds is less than what questions differ by: so many pairs a round.
_PAIRS = 5
_REPORTS = 20_000
_OURS = "?*[self::glue:Host]"
_THEIRS = 'collection("hosts")/glue:Host'


def commandOf(asked: Asked) -> str:
    """The same question as a command of BaseX. @param asked: it begins with all hosts, and needs no more than them"""
    text = asked.question.text.replace(_OURS, _THEIRS)
    return f'XQUERY declare namespace glue="{GLUE_NS}"; {text}'


@attrs.frozen(slots=True)
class Compared:
    """
    One question, warm. Neighbours of the two are neighbours in time.

    @ivar name: see L{Asked}
    @ivar node, basex: seconds a client waited
    """

    name: str
    node: Sequence[float]
    basex: Sequence[float]

    @property
    def ratio(self) -> float:
        """How long a client waits for the node, in parts of what it waits for BaseX, in the middle of the pairs."""
        return median(own / other for own, other in zip(self.node, self.basex, strict=True))


@attrs.frozen(slots=True)
class Learned:
    """
    How soon one change is known. Times are seconds.

    @ivar name: who is asked
    @ivar changes: until the change was made
    @ivar beyond: how much longer than a warm question the next one took
    @ivar loaded: how much longer the stage C{loaded} took, in which a worker reads what changed; empty where no stage
        is told
    """

    name: str
    changes: list[float]
    beyond: list[float]
    loaded: list[float]


@attrs.frozen(slots=True)
class Beside:
    """
    What came of it.

    @ivar hosts: how many there were
    @ivar compared: by question
    @ivar learned: of the node, and of BaseX
    @ivar versions: of BaseX
    """

    hosts: int
    compared: Sequence[Compared]
    learned: Sequence[Learned]
    versions: dict[str, str]


@attrs.define(slots=True, eq=False)
class _Pair:
    """The node and BaseX, with the same hosts, which are documents in the one as they are values in the other."""

    node: QuestionedNode
    client: Client
    basex: BaseXClient

    def load(self, tell: Callable[[str], None]) -> None:
        # Nothing waits for the disk, as nothing does in the node, and answers are as they were put there.
        for command in ("SET AUTOFLUSH false", "SET SERIALIZER indent=no", "CREATE DB hosts"):
            self.basex.command(command)
        for host in self.node.hosts.all:
            if host.number and not host.number % _REPORTS:
                tell(f"{host.number:,} hosts in BaseX")
            self.basex.add(_pathOf(host), hostXML(host))

    def warm(self, asked: Asked) -> None:
        for _ in range(_WARMING):
            self.askNode(asked)
            self.askBaseX(asked)

    def askNode(self, asked: Asked) -> Answer:
        answer = self.client.ask(asked.question)
        asked.check(answer.body, self.node.hosts)
        return answer

    def askBaseX(self, asked: Asked) -> float:
        """@return: seconds a client waited"""
        command = commandOf(asked)
        began = time.perf_counter()
        result = self.basex.command(command)
        seconds = time.perf_counter() - began
        # In the answer of the node a number has a name around it.
        asked.check(b"<gma:result>%b</gma:result>" % result, self.node.hosts)
        return seconds

    def compare(self, asked: Asked, rounds: int) -> Compared:
        ours, theirs = [], []
        for number in range(rounds):
            # Neither always comes after the other.
            if number % 2:
                theirs.append(self.askBaseX(asked))
            ours.append(self.askNode(asked).seconds)
            if not number % 2:
                theirs.append(self.askBaseX(asked))
        return Compared(asked.name, ours, theirs)

    def learn(self, pairs: int) -> list[Learned]:
        """Make changes, one by one, and ask each of the two before and after each."""
        node, basex = Learned("node", [], [], []), Learned("BaseX", [], [], [])
        for _ in range(pairs):
            before, theirs = self.askNode(_COUNT), self.askBaseX(_COUNT)
            began = time.perf_counter()
            (host,) = self.node.change(1)
            node.changes.append(time.perf_counter() - began)
            after = self.askNode(_COUNT)
            node.beyond.append(after.seconds - before.seconds)
            node.loaded.append(after.told["loaded"] - before.told["loaded"])
            document = hostXML(host)
            began = time.perf_counter()
            self.basex.replace(_pathOf(host), document)
            basex.changes.append(time.perf_counter() - began)
            basex.beyond.append(self.askBaseX(_COUNT) - theirs)
        return [node, basex]


def _pathOf(host: Host) -> str:
    return f"{keyOf(host.number)}.xml"


def measureBeside(
    node: QuestionedNode, rounds: int, directory: Path, tell: Callable[[str], None]
) -> Beside:
    """
    Start BaseX, put the hosts into it, ask both, and end it.

    @param rounds: how often each question is asked, warm; changes are made several times as often
    @param directory: for what BaseX keeps on the disk
    @param tell: is told how far it is
    @raise ServerFailed: BaseX does not start
    @raise WrongAnswer: an answer is not what the hosts are
    """
    tell("BaseX beside the node")
    server = ServerProcess("basex", directory, None)
    server.start()
    try:
        with Client(node.port) as client, BaseXClient(server.port) as basex:
            pair = _Pair(node, client, basex)
            pair.load(tell)
            # The second worker is to have everything, too.
            with Client(node.port) as other:
                askAtOnce([client, other], _COUNT.question)
            node.watch()
            compared = []
            for asked in _ASKED:
                tell(f"{asked.name}, the node and BaseX in turns")
                pair.warm(asked)
                compared.append(pair.compare(asked, rounds))
            tell("one change, and the question after it")
            learned = pair.learn(rounds * _PAIRS)
            node.watched("questions beside BaseX")
    finally:
        server.stop()
    return Beside(len(node.hosts.all), compared, learned, server.versions)


def linesOf(found: Beside) -> list[str]:
    """What clients waited, and how soon a change is known, as two tables in Markdown."""
    rows = [["question, warm p50 / p99 ms", "node", "BaseX", "x BaseX"]]
    for one in found.compared:
        rows.append([one.name, _both(one.node), _both(one.basex), f"{one.ratio:.2f}"])
    learned = [["one change, p50 (quarters) ms", "made", "next question, beyond warm", "loaded"]]
    for each in found.learned:
        learned.append([each.name, *map(_quarters, (each.changes, each.beyond, each.loaded))])
    return [*markdown(rows), "", *markdown(learned)]


def _both(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1000:.1f} / {percentile(seconds, 99) * 1000:.1f}"


def _quarters(seconds: Sequence[float]) -> str:
    if not seconds:
        return "-"
    least, most = (percentile(seconds, percent) * 1000 for percent in (25, 75))
    return f"{median(seconds) * 1000:.2f} ({least:.2f} to {most:.2f})"


def goalsOf(found: Beside) -> list[Bound]:
    """
    The node takes at most half of the time of BaseX, and one change is soon where questions are evaluated.

    How much longer the next question takes is no goal: warm ones differ from each other by more than a change adds.
    """
    over = f"over {found.hosts:,} hosts"
    bounds = [
        Bound(f"{one.name} {over}, times BaseX", one.ratio, _RATIO, True) for one in found.compared
    ]
    loaded = median(found.learned[0].loaded) * 1000
    return [
        *bounds,
        Bound(f"one change {over}, ms the next question loads", loaded, _LOADING, True),
    ]
