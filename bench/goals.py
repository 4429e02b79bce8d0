"""What our servers must reach, and whether they did: ratios of CPU per request or of their rates, of one run."""

from collections.abc import Iterable

import attrs

from bench.figures import Row

__all__ = ["FIND_GOALS", "GUARDS_GOALS", "REGISTER_GOALS", "Bound", "Goal", "Verdict", "judge"]


@attrs.frozen(slots=True)
class Goal:
    """
    C{server} answers with C{times} less CPU a request than C{base}, or C{times} as many requests a second.

    @ivar workload: under this load
    @ivar isRate: whether requests a second count
    """

    server: str
    base: str
    times: float
    workload: str = "varied"
    isRate: bool = False


FIND_GOALS = (
    Goal("gate-epoll", "twisted.web", 7.0),
    Goal("gate-uvloop", "twisted.web", 10.0),
    Goal("gate-epoll", "spyne", 14.0),
)
GUARDS_GOALS = (
    Goal("gate-rules", "unguarded", 0.85),
    Goal("gate-rules", "unguarded", 0.85, isRate=True),
)
REGISTER_GOALS = (
    Goal("register-memory", "gsoap", 0.8, "register"),
    Goal("register-durable", "register-memory", 0.5, "register"),
    Goal("register-durable", "etcd-put", 5.0, "register"),
)


@attrs.frozen(slots=True)
class Verdict:
    """
    A goal and what came of it.

    @ivar found: the median ratio
    """

    goal: Goal
    found: float

    @property
    def isMet(self) -> bool:
        """Whether it was reached."""
        return self.found >= self.goal.times

    @property
    def sentence(self) -> str:
        """For people."""
        goal = self.goal
        return (
            f"{'met' if self.isMet else 'MISSED'}: {goal.server} {self.found:.2f} x {goal.base}"
            f" (goal {goal.times:g}), {goal.workload} requests,"
            f" {'requests a second' if goal.isRate else 'CPU per request'}"
        )


@attrs.frozen(slots=True)
class Bound:
    """
    A figure that is to be on one side of another.

    @ivar what: names the figure, with its unit
    @ivar found: what was measured
    @ivar goal: what it is to be
    @ivar isMost: whether the goal is the most it may be; else it is the least
    """

    what: str
    found: float
    goal: float
    isMost: bool

    @property
    def isMet(self) -> bool:
        """Whether it was reached."""
        return self.found <= self.goal if self.isMost else self.found >= self.goal

    @property
    def sentence(self) -> str:
        """For people."""
        side = "at most" if self.isMost else "at least"
        return f"{'met' if self.isMet else 'MISSED'}: {self.what} {self.found:,.2f} (goal {side} {self.goal:,g})"


def judge(rows: Iterable[Row], goals: Iterable[Goal]) -> list[Verdict]:
    """The verdicts on goals whose servers were both measured."""
    byName = {(row.server, row.workload): row for row in rows}
    verdicts = []
    for goal in goals:
        row = byName.get((goal.server, goal.workload))
        if row is None:
            continue
        ratio = (row.rateRatios if goal.isRate else row.cpuRatios).get(goal.base)
        if ratio is not None:
            verdicts.append(Verdict(goal, ratio.median))
    return verdicts
