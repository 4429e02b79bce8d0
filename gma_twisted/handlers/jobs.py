"""GT3's jobDataHandler: the document of a scheduler as a value for each job, each queue and the scheduler itself."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import ParameterError, ProviderFailed, TooLarge, cut
from gma_twisted.handlers.paths import boundScope
from gma_twisted.interfaces import IRenewingHandler
from gma_twisted.markup import Element, nameOf, valueFromTree
from gma_twisted.markup.build import child, element, serialise
from gma_twisted.markup.cutting import NOTHING, cutValue
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


@implementer(IRenewingHandler)
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
        """As L{renew}, all of it made anew."""
        return self.renew(document, run, ())

    def renew(
        self, document: Element, run: ProviderRun, given: Collection[ServiceDataElement | Quiet]
    ) -> Iterator[ServiceDataElement | Quiet]:
        """
        See L{IRenewingHandler}.

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
        before = _Before(given, run.originator)
        name = _named(document.findtext(SCHEDULER_NAME.clark), "scheduler", SCHEDULER_NAME, what)
        seen: set[str] = set()
        for queue in document.iterchildren(QUEUE.clark):
            own = _named(queue.findtext(SCHEDULER_NAME.clark), "queue", SCHEDULER_NAME, what)
            _once(own, "queue", seen, what)
            key = ElementKey(QUEUE, run.originator, f"{name}/{own}")
            yield before.orElse(valueFromTree(queue, key, lifetime, run.wallTime))
        counts: Counter[str] = Counter()
        seen = set()
        for job in document.iterchildren(JOB.clark):
            content = serialise(job)
            value = before.following(content)
            if value is None:
                value = self._job(job, content, before, lifetime, run)
            _once(value.element.key.key, "job", seen, what)
            counts[value.state] += 1
            yield value
        summary = _summary(name, (document.findtext(_VERSION.clark) or "").strip(), counts)
        key = ElementKey(SCHEDULER, run.originator, name)
        yield before.orElse(valueFromTree(summary, key, lifetime, run.wallTime))

    def _job(
        self, job: Element, content: bytes, before: "_Before", lifetime: Lifetime, run: ProviderRun
    ) -> "_JobValue":
        # One walk for all that is asked of it, which is several times faster than a search for each.
        said = {one.tag: one.text or "" for one in job}
        what = f"output of provider {run.provider}"
        id = _named(said.get(JOB_ID.clark), "job", JOB_ID, what)
        known = before.job(id)
        if known is not None and known.element.isContent(content):
            return known
        state = said.get(GRAM_STATUS.clark, "").strip()
        if state not in _STATES:
            raise ProviderFailed(
                f'{what}: job {cut(id)} has the gramStatus "{cut(state, 40)}", which is none',
                cure=f"known are {', '.join(_STATES)}",
            )
        head, tail, _, _ = cutValue(content, NOTHING)
        # The very key of before is found without a comparison wherever it is looked up.
        key = ElementKey(JOB, run.originator, id) if known is None else known.element.key
        value = ServiceDataElement(key, head, tail, lifetime, run.wallTime)
        return _JobValue(value, tuple([said.get(one, "") for one in self._news]), state)


@attrs.frozen(slots=True)
class _JobValue(Quiet):
    """
    The value of a job.

    @ivar state: its C{gramStatus}, which is counted when it is given again, too
    """

    state: str = ""


class _Before:
    """What was given for the document before: given again where this document says the same."""

    def __init__(self, given: Collection[ServiceDataElement | Quiet], originator: str) -> None:
        """@param originator: of the run; what was given for another is of no use"""
        self._others: dict[ElementKey, ServiceDataElement] = {}
        self._jobs: dict[str, _JobValue] = {}
        for one in given:
            if isinstance(one, ServiceDataElement):
                self._others[one.key] = one
            elif isinstance(one, _JobValue) and one.element.key.originator == originator:
                self._jobs[one.element.key.key] = one
        self._inOrder = iter(self._jobs.values())
        self._next = next(self._inOrder, None)

    def following(self, content: bytes) -> _JobValue | None:
        """The job behind the one found last, if this is its content: mostly they come in one order."""
        found = self._next
        if found is None or not found.element.isContent(content):
            return None
        self._next = next(self._inOrder, None)
        return found

    def job(self, id: str) -> _JobValue | None:
        """A job by its id."""
        found = self._jobs.get(id)
        if found is not None:
            # Those between are there no more, or elsewhere, where they are found by their ids.
            while self._next is not None and self._next is not found:
                self._next = next(self._inOrder, None)
            self._next = next(self._inOrder, None)
        return found

    def orElse(self, value: ServiceDataElement) -> ServiceDataElement:
        """What was given in the place of a value, if it has the same content; else that value."""
        found = self._others.get(value.key)
        return found if found is not None and found.sameContent(value) else value


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
