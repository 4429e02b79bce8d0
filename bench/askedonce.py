"""Questions asked once: how long a client waits, the first time, warm, and after a hundredth of the values changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

import attrs

from bench.asking import Answer, Client, askAtOnce
from bench.figures import percentile
from bench.goals import Bound
from bench.questionednode import QuestionedNode
from bench.questions import ASKED, MEMBERS, Asked, memberOf
from bench.registering import REG_NS, registerMessage
from bench.report import markdown

__all__ = ["Timed", "goalsOf", "linesOf", "measureQuestions"]

# Milliseconds a client waits at most in the median, warm, by how many hosts there are.
_GOALS: Mapping[int, Mapping[str, float]] = {
    10_000: {"group-by": 60.0, "join": 250.0, "XPath selection": 80.0},
    100_000: {"group-by": 300.0, "XPath selection": 250.0, "XQuery predicate": 150.0},
}
_RATIO = 2.0
_PART = 100
_STAGES = ("waited", "loaded", "evaluated", "written")


@attrs.frozen(slots=True)
class Timed:
    """
    One question. Times are seconds.

    @ivar name: see L{Asked}
    @ivar size: bytes of the message that answers
    @ivar values: it went over
    @ivar first: what a client waited the first time, with all that had to start and to be told
    @ivar warm: the same, when nothing has changed
    @ivar changed: the same right after each of those, when one host of a hundred has changed meanwhile
    @ivar warmStages: medians of what the node tells of each stage
    @ivar changedStages: the same after a change
    """

    name: str
    size: int
    values: int
    first: float
    warm: Sequence[float]
    changed: Sequence[float]
    warmStages: Mapping[str, float]
    changedStages: Mapping[str, float]

    @property
    def ratio(self) -> float:
        """How many times longer a client waits after a change, in the middle of the pairs."""
        return median(changed / warm for warm, changed in zip(self.warm, self.changed, strict=True))

    @classmethod
    def of(
        cls, asked: Asked, first: Answer, warm: Sequence[Answer], changed: Sequence[Answer]
    ) -> "Timed":
        """From the answers."""
        return cls(
            asked.name,
            len(warm[0].body),
            int(warm[0].told["values"]),
            first.seconds,
            [one.seconds for one in warm],
            [one.seconds for one in changed],
            _stages(warm),
            _stages(changed),
        )


def _stages(answers: Sequence[Answer]) -> Mapping[str, float]:
    return {stage: median(one.told[stage] for one in answers) for stage in _STAGES}


def measureQuestions(node: QuestionedNode, rounds: int, tell: Callable[[str], None]) -> list[Timed]:
    """
    Register some of the hosts, and ask everything.

    @param rounds: how often each is asked, warm, and after changes
    @param tell: is told how far it is
    @raise WrongAnswer: an answer is not what the hosts are
    """
    with Client(node.port) as client, Client(node.port) as other:
        tell("registering")
        for number in range(MEMBERS):
            message = registerMessage(memberOf(number, len(node.hosts.all)))
            client.call(f"{REG_NS}#registerService", message)
        tell("asking for the first time")
        node.watch()
        first = [_answer(client, asked, node) for asked in ASKED]
        for asked in ASKED:
            # The second worker is to have everything, too.
            askAtOnce([client, other], asked.question)
        node.watched("first questions")
        node.watch()
        found = []
        for asked, once in zip(ASKED, first, strict=True):
            tell(f"{asked.name}, warm and after changes")
            pairs = [_pair(client, asked, node) for _ in range(rounds)]
            found.append(Timed.of(asked, once, *zip(*pairs, strict=True)))
        node.watched("questions and changes")
    return found


def _pair(client: Client, asked: Asked, node: QuestionedNode) -> tuple[Answer, Answer]:
    """Neighbours in time: what makes one slow makes the other so."""
    warm = _answer(client, asked, node)
    node.change(len(node.hosts.all) // _PART)
    return warm, _answer(client, asked, node)


def _answer(client: Client, asked: Asked, node: QuestionedNode) -> Answer:
    answer = client.ask(asked.question)
    asked.check(answer.body, node.hosts)
    return answer


def linesOf(found: Iterable[Timed]) -> list[str]:
    """What clients waited, and where the time went, as two tables in Markdown."""
    head = ["question", "kB", "first ms", "warm p50 / p99 ms", "after 1 % p50 / p99 ms", "times"]
    rows = [head]
    stages = [["stages, p50 ms, warm / after 1 %", *_STAGES]]
    for one in found:
        rows.append(
            [
                one.name,
                f"{one.size / 1000:.0f}",
                f"{one.first * 1000:.0f}",
                _both(one.warm),
                _both(one.changed),
                f"{one.ratio:.2f}",
            ]
        )
        cells = [
            f"{one.warmStages[stage] * 1000:.1f} / {one.changedStages[stage] * 1000:.1f}"
            for stage in _STAGES
        ]
        stages.append([one.name, *cells])
    return [*markdown(rows), "", *markdown(stages)]


def _both(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1000:.1f} / {percentile(seconds, 99) * 1000:.1f}"


def goalsOf(found: Iterable[Timed], hosts: int) -> list[Bound]:
    """The goals. @param hosts: how many there are; only for some sizes is it said how long an answer may take"""
    bounds = []
    most = _GOALS.get(hosts, {})
    for one in found:
        if one.name in most:
            what = f"{one.name} over {hosts:,} hosts, ms"
            bounds.append(Bound(what, median(one.warm) * 1000, most[one.name], True))
        what = f"{one.name} after 1 % changed, times warm"
        bounds.append(Bound(what, one.ratio, _RATIO, True))
    return bounds
