"""The document of a provider of jobs, made in turns of the reactor."""

import attrs

from gma_twisted.markup.jobs import addJob, schedulerTree
from gma_twisted.markup.parse import Element
from gma_twisted.model.job import Scheduler
from gma_twisted.timing.turns import Turns

__all__ = ["jobDocument"]


async def jobDocument(scheduler: Scheduler, turns: Turns) -> Element:
    """
    C{rips:Scheduler} with all its queues and jobs, as L{schedulerTree}; the reactor is free in between.

    @param turns: of the whole run
    """
    root = schedulerTree(attrs.evolve(scheduler, jobs=()))
    for job in scheduler.jobs:
        await turns.breathe()
        addJob(root, job)
    return root
