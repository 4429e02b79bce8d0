"""Processes as jobs: which are told, what a job is whose process id is used again, and for how long an end is told."""

import fnmatch
import re
from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.errors import TooLarge
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model.job import GramStatus, Job
from gma_twisted.providers.processtable import ProcessFacts
from gma_twisted.providers.users import LocalUsers
from gma_twisted.timing.turns import Turns

__all__ = ["FORK", "ForkJobs", "Moment"]

FORK = "fork"
"""Name of the scheduler and of its one queue."""

_RUNNING = (GramStatus.ACTIVE, "running")
_GONE = "dead"
_STATES: Mapping[str, tuple[GramStatus, str]] = {
    "T": (GramStatus.SUSPENDED, "stopped"),
    "t": (GramStatus.SUSPENDED, "tracing-stop"),
    "Z": (GramStatus.DONE, "zombie"),
    "X": (GramStatus.DONE, _GONE),
    "x": (GramStatus.DONE, _GONE),
}
"""
What the kernel's letters come to. All others run: between running, sleeping and waiting for a disk a process changes
all the time, and no subscriber shall hear of each.
"""


@attrs.frozen(slots=True)
class Moment:
    """
    When a table was read.

    @ivar now: on the node's clock
    @ivar wall: seconds since 1970
    @ivar uptime: seconds since boot
    """

    now: float
    wall: float
    uptime: float


@attrs.frozen(slots=True)
class _Known:
    """
    A process that is told as a job, or was.

    @ivar start: tick it began in
    @ivar job: as it was last
    @ivar ended: when its end was seen, on the node's clock; C{None} while it lives
    """

    start: int
    job: Job
    ended: float | None = None


@attrs.define(slots=True, eq=False)
class ForkJobs:
    """
    The jobs of one provider, reading after reading.

    A process is known by its id and the tick of its start. C{pid-4711} names the one that has the id now: when it is
    used again, the end of the first is told once before the second takes the name.

    What was chosen stays chosen until it ends, though its parent ends or it becomes another program.

    @ivar users: names of users
    @ivar node: name of this host
    @ivar pattern: the names of programs that are told, see C{fnmatch}
    @ivar parent: process id whose descendants alone are told; 0 for all
    @ivar finished: seconds for which an end is told
    @ivar most: jobs at once; of ends the oldest are left out
    """

    users: LocalUsers
    node: str
    pattern: str
    parent: int
    finished: float
    most: int
    _known: dict[int, _Known] = attrs.field(factory=dict, init=False)
    _matches: re.Pattern[str] = attrs.field(init=False)
    # Process ids and ticks of the parent and all below it: who has one of the ids later is a stranger.
    _family: dict[int, int] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._matches = re.compile(fnmatch.translate(self.pattern))

    def isKnown(self, pid: int) -> bool:
        """Whether a process of that id is or was told."""
        return pid in self._known

    async def update(
        self, processes: Sequence[ProcessFacts], uid: int | None, moment: Moment, turns: Turns
    ) -> Sequence[Job]:
        """
        The jobs now. When it is cancelled nothing is remembered.

        @param processes: those of C{uid} and those that are known; with a C{parent} all
        @param uid: whose processes are told; C{None} for everybody's
        @param turns: of the whole run
        @raise TooLarge: more than C{most} live
        """
        family = await self._descend(processes, turns) if self.parent else {}
        chosen: dict[int, ProcessFacts] = {}
        for one in processes:
            await turns.breathe()
            if self._isSame(one) or (
                (uid is None or one.uid == uid)
                and (not self.parent or (one.pid in family and one.pid != self.parent))
                and self._matches.match(one.name)
            ):
                chosen[one.pid] = one
        known: dict[int, _Known] = {}
        for pid, old in self._known.items():
            await turns.breathe()
            facts = chosen.get(pid)
            if facts is not None and facts.start == old.start:
                known[pid] = self._seen(facts, old, moment)
            elif old.ended is None:
                job = attrs.evolve(old.job, gramStatus=GramStatus.DONE, status=_GONE)
                known[pid] = _Known(old.start, job, moment.now)
            elif self._isTold(old, moment):
                known[pid] = old
        for pid, facts in chosen.items():
            await turns.breathe()
            before = known.get(pid)
            # Not yet, when the end of the one before is told just now.
            if before is None or (before.start != facts.start and before.ended != moment.now):
                known[pid] = self._seen(facts, None, moment)
        jobs = self._told(known, chosen, moment)
        self._known, self._family = known, family
        return jobs

    async def _descend(self, processes: Sequence[ProcessFacts], turns: Turns) -> dict[int, int]:
        children: dict[int, list[ProcessFacts]] = {}
        waiting: list[ProcessFacts] = []
        for one in processes:
            await turns.breathe()
            children.setdefault(one.parent, []).append(one)
            isParent = one.pid == self.parent and not self._family
            if isParent or self._family.get(one.pid) == one.start:
                waiting.append(one)
        family = {self.parent: -1} if self._family else {}
        while waiting:
            await turns.breathe()
            one = waiting.pop()
            if family.get(one.pid) != one.start:
                family[one.pid] = one.start
                waiting.extend(children.get(one.pid, ()))
        return family

    def _isSame(self, facts: ProcessFacts) -> bool:
        known = self._known.get(facts.pid)
        return known is not None and known.start == facts.start

    def _isTold(self, known: _Known, moment: Moment) -> bool:
        return known.ended is None or moment.now - known.ended < self.finished

    def _seen(self, facts: ProcessFacts, old: _Known | None, moment: Moment) -> _Known:
        if old is not None and old.ended is not None:
            # Nobody has fetched its status; nothing else of it changes any more.
            return old
        gramStatus, status = _STATES.get(facts.state, _RUNNING)
        age = max(0.0, moment.uptime - facts.began)
        job = Job(
            jobID=f"pid-{facts.pid}",
            gramStatus=gramStatus,
            status=status,
            username=self.users.nameOf(facts.uid),
            jobname=facts.name,
            queue=FORK,
            count="1",
            elapsedtime=str(int(age)),
            # Reckoned once: the two clocks it is made of drift.
            starttime=old.job.starttime if old else writeDateTime(round(moment.wall - age)),
            nodes=self.node,
        )
        return _Known(facts.start, job, moment.now if gramStatus is GramStatus.DONE else None)

    def _told(
        self, known: dict[int, _Known], chosen: Mapping[int, ProcessFacts], moment: Moment
    ) -> Sequence[Job]:
        """The jobs of what is known; ends there is no room for are forgotten, unless they would be found again."""
        ended = [pid for pid, one in known.items() if one.ended is not None]
        room = self.most - (len(known) - len(ended))
        if room < 0:
            raise TooLarge(
                f"{len(known) - len(ended)} processes are more than {self.most} jobs",
                cure="choose fewer by username, command or parent, or raise most",
            )
        ended.sort(key=lambda pid: known[pid].ended or 0.0, reverse=True)
        hidden = set(ended[room:])
        for pid in hidden - chosen.keys():
            del known[pid]
        return [
            one.job
            for pid, one in sorted(known.items())
            if pid not in hidden and self._isTold(one, moment)
        ]
