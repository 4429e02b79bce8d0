"""Schedulers with their queues and jobs as XML: C{rips:Scheduler}, what providers of jobs give (GT3 RIPS; WIRE 4)."""

import enum

import attrs

from gma_twisted.markup.build import child, element, legalText
from gma_twisted.markup.namespaces import RIPS
from gma_twisted.markup.parse import Element
from gma_twisted.model.job import Job, Queue, Scheduler
from gma_twisted.model.qname import QName

__all__ = [
    "GRAM_STATUS",
    "JOB",
    "JOB_ID",
    "QUEUE",
    "SCHEDULER",
    "SCHEDULER_NAME",
    "addJob",
    "schedulerTree",
]

SCHEDULER = QName(RIPS, "Scheduler")
QUEUE = QName(RIPS, "Queue")
JOB = QName(RIPS, "Job")
SCHEDULER_NAME = QName(RIPS, "name")
"""Child of a Scheduler and of a Queue."""
JOB_ID = QName(RIPS, "jobID")
"""Child of a Job."""
GRAM_STATUS = QName(RIPS, "gramStatus")
"""Child of a Job."""


def schedulerTree(scheduler: Scheduler) -> Element:
    """
    C{rips:Scheduler} with C{rips:name}, C{rips:version}, C{rips:Queue}* and C{rips:Job}*. What is empty is left out;
    the children of a queue and a job are called as the attributes of L{Queue} and L{Job}, in their order.
    """
    root = element(SCHEDULER)
    for name in ("name", "version"):
        _say(root, name, getattr(scheduler, name))
    for queue in scheduler.queues:
        _sayAll(child(root, QUEUE), queue)
    for job in scheduler.jobs:
        addJob(root, job)
    return root


def addJob(root: Element, job: Job) -> None:
    """
    One C{rips:Job} more, for trees that are made in turns: ten thousand jobs take a quarter of a second.

    @param root: of L{schedulerTree}
    """
    _sayAll(child(root, JOB), job)


def _sayAll(parent: Element, said: Job | Queue) -> None:
    for field in attrs.fields(type(said)):
        value = getattr(said, field.name)
        _say(parent, field.name, value.value if isinstance(value, enum.Enum) else value)


def _say(parent: Element, name: str, text: str) -> None:
    if text:
        # What a user may choose, such as the name of a job, can hold anything.
        child(parent, QName(RIPS, name), text=legalText(text))
