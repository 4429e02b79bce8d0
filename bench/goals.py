"""What the Gate must reach, and whether it did: ratios of CPU per request, of one run."""

from collections.abc import Iterable

import attrs

from bench.figures import Row

__all__ = ["GOALS", "Goal", "Verdict", "judge"]


@attrs.frozen(slots=True)
class Goal:
    """
    C{server} answers with C{times} less CPU a request than C{base}.

    @ivar workload: under this load
    """

    server: str
    base: str
    times: float
    workload: str = "varied"


GOALS = (
    Goal("gate-epoll", "twisted.web", 7.0),
    Goal("gate-uvloop", "twisted.web", 10.0),
    Goal("gate-epoll", "spyne", 14.0),
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
            f"{'met' if self.isMet else 'MISSED'}: {goal.server} {self.found:.1f} x {goal.base}"
            f" (goal {goal.times:g}), {goal.workload} requests, CPU per request"
        )


def judge(rows: Iterable[Row], goals: Iterable[Goal] = GOALS) -> list[Verdict]:
    """The verdicts on goals whose servers were both measured."""
    byName = {(row.server, row.workload): row for row in rows}
    verdicts = []
    for goal in goals:
        row = byName.get((goal.server, goal.workload))
        if row is not None and goal.base in row.times:
            verdicts.append(Verdict(goal, row.times[goal.base]))
    return verdicts
