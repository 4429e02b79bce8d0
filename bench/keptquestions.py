"""Standing queries: a thousand kept questions, hosts that change all the time, and whether every answer was told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import attrs

from bench.answers import WrongAnswer
from bench.figures import percentile
from bench.goals import Bound
from bench.hearing import Sinks, subscribe
from bench.questionednode import QuestionedNode, Usage
from bench.report import markdown
from bench.standing import Checked, Kept, Result, Told, check, foretold, keptQuestions, toldAt

__all__ = ["Load", "Standing", "Tally", "goalsOf", "linesOf", "measureStanding"]

# An XPath answer that held so long must have been told; the node looks twenty times a second, when it has the time.
_LASTING = 0.5
# Until each question has been answered once, and until the last answers were told: XQuery waits ten times as long as
# it takes.
_FIRST = 300.0
_LAST = 60.0
# Nothing more is to come.
_AFTER = 1.0


@attrs.frozen(slots=True)
class Load:
    """
    What is kept, and what changes.

    @ivar count: questions in XPath
    @ivar whole: questions in XQuery
    @ivar rate: changes a second
    @ivar seconds: for how long
    """

    count: int = 1000
    whole: int = 10
    rate: int = 100
    seconds: int = 20


@attrs.frozen(slots=True)
class Tally:
    """
    The questions of one language together, see L{Checked}.

    @ivar questions: how many they are
    @ivar delays: seconds from the changes to their notices
    """

    questions: int
    expected: int
    heard: int
    passed: int
    missed: int
    wrong: int
    delays: Sequence[float]

    @classmethod
    def of(cls, all: Sequence[Checked]) -> "Tally":
        """From each of them."""
        return cls(
            len(all),
            sum(one.expected for one in all),
            sum(one.heard for one in all),
            sum(one.passed for one in all),
            sum(one.missed for one in all),
            sum(one.wrong for one in all),
            [delay for one in all for delay in one.delays],
        )


@attrs.frozen(slots=True)
class Standing:
    """
    What came of it.

    @ivar seconds: for which hosts changed
    @ivar tallies: by language
    @ivar cpu: parts of a core that the node and the workers of each language took meanwhile
    """

    seconds: float
    tallies: Mapping[str, Tally]
    cpu: Mapping[str, float]


def measureStanding(node: QuestionedNode, load: Load, tell: Callable[[str], None]) -> Standing:
    """
    Subscribe, have hosts change, and compare what was heard with what was so.

    @param tell: is told how far it is
    @raise WrongAnswer: a question was refused, or not answered for the first time
    """
    kept = keptQuestions(load.count, load.whole)
    with Sinks.open(len(kept)) as sinks:
        tell(f"{len(kept)} subscriptions")
        node.watch()
        subscribe(node.port, [one.question for one in kept], sinks)
        if not sinks.hear(_FIRST, lambda: all(sinks.heard)):
            raise WrongAnswer(f"{sum(not one for one in sinks.heard)} questions were not answered")
        # Each is answered when it is granted, before what keeps it has it.
        node.rest(lambda: sinks.hear(1.0, lambda: False))
        node.watched("subscribing")
        tell(f"{load.rate} changes a second for {load.seconds} s")
        # Before: whoever reckons does not hear.
        expected = foretold(kept, node.hosts, load.rate * load.seconds)
        node.watch()
        before = node.usage()
        node.server.order(f"drive {load.rate} {load.seconds}")
        sinks.hear(_LAST + load.seconds, lambda: node.server.hasAnswered)
        times = node.server.answer()["times"]
        cpu = _spent(before, node.usage())
        node.watched("changes beside kept questions")
        tell("the last answers")
        sinks.hear(_LAST, partial(_isComplete, sinks, expected))
        sinks.hear(_AFTER, lambda: False)
    seconds = times[-1] - times[0] + 1 / load.rate
    return Standing(
        seconds,
        _tallies(kept, [toldAt(each, times) for each in expected], sinks),
        {name: spent / seconds for name, spent in cpu.items()},
    )


def _isComplete(sinks: Sinks, expected: Iterable[Sequence[tuple[int, Result]]]) -> bool:
    last = [answers[-1][1] for answers in expected]
    return [heard[-1].result for heard in sinks.heard] == last


def _spent(before: Sequence[Usage], after: Sequence[Usage]) -> dict[str, float]:
    """Seconds of CPU between, by name. @raise WrongAnswer: a worker ended"""
    earlier = {one.process: one.cpuSeconds for one in before}
    if earlier.keys() - {one.process for one in after}:
        raise WrongAnswer("a query worker ended")
    spent: dict[str, float] = {}
    for one in after:
        took = one.cpuSeconds - earlier.get(one.process, 0.0)
        spent[one.name] = spent.get(one.name, 0.0) + took
    return spent


def _tallies(
    kept: Sequence[Kept], expected: Sequence[Sequence[Told]], sinks: Sinks
) -> dict[str, Tally]:
    checked: dict[str, list[Checked]] = {}
    for one, some, heard in zip(kept, expected, sinks.heard, strict=True):
        lasting = float("inf") if one.isWhole else _LASTING
        language = one.question.language.value
        checked.setdefault(language, []).append(check(some, heard, lasting))
    return {language: Tally.of(each) for language, each in checked.items()}


def linesOf(found: Standing) -> list[str]:
    """The results as a table in Markdown, and a sentence."""
    head = ["kept questions", "answers that changed", "notices", "passed over", "missed", "wrong"]
    rows = [[*head, "delay p50 / p99 ms"]]
    for language, one in found.tallies.items():
        counts = [one.expected, one.heard, one.passed, one.missed, one.wrong]
        delay = "-"
        if one.delays:
            p50, p99 = (percentile(one.delays, percent) * 1000 for percent in (50, 99))
            delay = f"{p50:.0f} / {p99:.0f}"
        rows.append([f"{one.questions:,} in {language}", *(f"{each:,}" for each in counts), delay])
    spent = ", ".join(
        f"{'node' if name == 'node' else f'workers of {name}'} {part * 100:.0f} % of a core"
        for name, part in found.cpu.items()
    )
    return [*markdown(rows), "", f"CPU during {found.seconds:.0f} s: {spent}"]


def goalsOf(found: Standing) -> list[Bound]:
    """Nothing is missed, nothing is wrong."""
    return [
        bound
        for language, one in found.tallies.items()
        for bound in (
            Bound(f"answers not told, {language}", one.missed, 0, True),
            Bound(f"notices wrong, twice or out of order, {language}", one.wrong, 0, True),
        )
    ]
