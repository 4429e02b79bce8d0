"""GT3's jobDataHandler: the document of a scheduler as a value for each job, each queue and the scheduler itself."""

from collections import Counter
from collections.abc import Iterator, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ParameterError, ProviderFailed, TooLarge, cut
from gma_twisted.handlers.paths import boundScope
from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import Element, nameOf, valueFromTree
from gma_twisted.markup.build import child, element
from gma_twisted.markup.jobs import GRAM_STATUS, JOB, JOB_ID, QUEUE, SCHEDULER, SCHEDULER_NAME
from gma_twisted.markup.namespaces import RIPS
from gma_twisted.model import (
    ElementKey,
    GramStatus,
    Job,
    Lifetime,
    ProviderRun,
    QName,
    Quiet,
    ServiceDataElement,
)

__all__ = ["JOBS", "JobDataHandler"]

JOBS = QName(RIPS, "jobs")
"""Child of the value of a scheduler: how many jobs are in the C{gramStatus} of its attribute."""

_VERSION = QName(RIPS, "version")
_NEWS = ("gramStatus", "status", "queue", "nodes")
_LONGEST_KEY = 256


@implementer(IResultHandler)
class JobDataHandler:
    """
    Of a C{rips:Scheduler} (L{schedulerTree <gma_twisted.markup.jobs.schedulerTree>}) it makes

     - C{rips:Job} values, the key of each its C{rips:jobID}, as they are in the document;
     - C{rips:Queue} values, the key of each the scheduler's name, C{/} and its own;
     - one C{rips:Scheduler} value, its key its name: name, version, and a C{rips:jobs} for each state with the number
       of jobs in it.

    A job whose C{gramStatus}, C{status}, queue and nodes stay is put quietly: subscribers hear nothing of the seconds
    it has run (GT3: notify only when the state changes). A job that is not in the document any more keeps its value
    until that is gone.

    The values keep their own names, whatever name the provider has for its service data.
    """

    def __init__(self, news: Sequence[str] = _NEWS) -> None:
        """
        @param news: names of children of a job: who subscribed hears of a change of one of these
        @raise ParameterError: a job has no such child
        """
        for one in news:
            if one not in _FIELDS:
                raise ParameterError(
                    f'a job has no "{cut(one)}"', cure=f"known are {', '.join(_FIELDS)}"
                )
        self._news = [QName(RIPS, one).clark for one in news]

    def handle(self, document: Element, run: ProviderRun) -> Iterator[ServiceDataElement | Quiet]:
        """
        @raise ProviderFailed: it is no scheduler; it, a queue or a job has no name or C{jobID}, or that of another; a
            job's C{gramStatus} is none
        @raise TooLarge: a name is longer than 256 characters, or the document declares very much around the jobs
        """
        what = f"output of provider {run.provider}"
        if nameOf(document) != SCHEDULER:
            raise ProviderFailed(
                f"{what} is {cut(nameOf(document))}, not {SCHEDULER}",
                cure="jobDataHandler is for providers of jobs",
            )
        boundScope(document, what)
        lifetime = Lifetime.lasting(run.now, run.period, run.grace)
        name = _named(document.findtext(SCHEDULER_NAME.clark), "scheduler", SCHEDULER_NAME, what)
        seen: set[str] = set()
        for queue in document.iterchildren(QUEUE.clark):
            own = _named(queue.findtext(SCHEDULER_NAME.clark), "queue", SCHEDULER_NAME, what)
            _once(own, "queue", seen, what)
            key = ElementKey(QUEUE, run.originator, f"{name}/{own}")
            yield valueFromTree(queue, key, lifetime, run.wallTime)
        counts: Counter[str] = Counter()
        seen = set()
        for job in document.iterchildren(JOB.clark):
            # One walk for all that is asked of it, which is several times faster than a search for each.
            said = {one.tag: one.text or "" for one in job}
            id = _named(said.get(JOB_ID.clark), "job", JOB_ID, what)
            _once(id, "job", seen, what)
            state = said.get(GRAM_STATUS.clark, "").strip()
            if state not in _STATES:
                raise ProviderFailed(
                    f'{what}: job {cut(id)} has the gramStatus "{cut(state, 40)}", which is none',
                    cure=f"known are {', '.join(_STATES)}",
                )
            counts[state] += 1
            value = valueFromTree(job, ElementKey(JOB, run.originator, id), lifetime, run.wallTime)
            yield Quiet(value, tuple([said.get(one, "") for one in self._news]))
        summary = _summary(name, (document.findtext(_VERSION.clark) or "").strip(), counts)
        key = ElementKey(SCHEDULER, run.originator, name)
        yield valueFromTree(summary, key, lifetime, run.wallTime)


_FIELDS = [one.name for one in attrs.fields(Job)]
_STATES = {one.value: None for one in GramStatus}


def _summary(name: str, version: str, counts: Counter[str]) -> Element:
    root = element(SCHEDULER)
    child(root, SCHEDULER_NAME, text=name)
    if version:
        child(root, _VERSION, text=version)
    for state in _STATES:
        child(root, JOBS, {"gramStatus": state}, str(counts[state]))
    return root


def _named(text: str | None, kind: str, name: QName, what: str) -> str:
    found = (text or "").strip()
    if not found:
        raise ProviderFailed(f"{what}: a {kind} has no {name.localName}")
    if len(found) > _LONGEST_KEY:
        raise TooLarge(
            f"{what}: the {name.localName} {cut(found, 40)} is longer than {_LONGEST_KEY} characters"
        )
    return found


def _once(name: str, kind: str, seen: set[str], what: str) -> None:
    if name in seen:
        raise ProviderFailed(f"{what} has the {kind} {cut(name)} twice")
    seen.add(name)
