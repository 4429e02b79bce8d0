"""What a compound node derives, made of its plan: the engine of its producer, and the sink of its consumer."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gma_twisted.configuration import ArchiveSection, RepublishSection, SummariseSection
from gma_twisted.events import ArchiveLimits, EventArchive
from gma_twisted.events.engine import EventEngine
from gma_twisted.events.summary import Summariser, SummaryRule
from gma_twisted.interfaces.events import IEventArchive
from gma_twisted.model.event import MAX_NAME, Event
from gma_twisted.model.glob import Glob
from gma_twisted.nodes.archive import EVENTS
from gma_twisted.nodes.compounding import (
    ArchivingSink,
    CompoundSink,
    DerivingSink,
    SummarisingSink,
)
from gma_twisted.nodes.consuming import typesOf
from gma_twisted.nodes.deriving import Derivation, Filtering, Keeping, Republishing
from gma_twisted.nodes.kind import Derives
from gma_twisted.nodes.plan import Plan
from gma_twisted.stores.journal import Worker
from gma_twisted.timing import NodeClock

__all__ = ["derivingOf", "offeredOf", "wantedOf"]

_EVERY = "*"
_MOST = 64


def derivingOf(
    plan: Plan,
    clock: NodeClock,
    mark: str,
    engineOf: Callable[[IEventArchive | None], EventEngine],
    workerOf: Callable[[str], Worker],
) -> tuple[EventEngine, CompoundSink]:
    """
    Make both; nothing is opened.

    @param plan: of a compound node
    @param mark: of the node, see L{passed <gma_twisted.model.passage.passed>}
    @param engineOf: makes an engine, with an archive or without
    @param workerOf: makes, of a name, what blocks elsewhere than in the reactor
    """
    derives = plan.kind.derives
    if derives is Derives.SUMMARISE:
        engine = engineOf(None)
        rules = [_ruleOf(name, section) for name, section in plan.summarise.items()]
        return engine, SummarisingSink(engine, [Summariser(one) for one in rules], clock, mark)
    most = plan.limits.of("events")["eventBytes"]
    if derives is Derives.ARCHIVE:
        archive = _archive(plan, clock, workerOf)
        engine = engineOf(archive)
        return engine, ArchivingSink(engine, Keeping(), mark, most, archive=archive)
    derivation: Derivation = (
        Filtering(plan.filter) if derives is Derives.FILTER else Republishing(plan.republish)
    )
    engine = engineOf(None)
    return engine, DerivingSink(engine, derivation, mark, most)


def wantedOf(plan: Plan) -> Sequence[Event]:
    """Templates of the events a compound node takes from producers that offer them."""
    if plan.consumer.eventTypes:
        return typesOf(plan.consumer.eventTypes)
    if plan.kind.derives is Derives.SUMMARISE:
        return typesOf(_each(one.events for one in plan.summarise.values()))
    return typesOf(plan.filter.eventTypes)


def offeredOf(plan: Plan) -> Sequence[Event]:
    """Templates of the events a compound node has."""
    names: Sequence[str] = plan.producer.eventTypes
    if not names and plan.kind.derives is Derives.SUMMARISE:
        sections = plan.summarise.values()
        names = _each(one.name.replace("*", one.events) for one in sections)
    elif not names and plan.kind.derives is Derives.REPUBLISH:
        names = _republished(plan.republish, plan.consumer.eventTypes or (_EVERY,))
    return typesOf(names or plan.filter.eventTypes or (_EVERY,))


def _republished(section: RepublishSection, taken: Sequence[str]) -> Sequence[str]:
    """What events of these names, or patterns of names, are called after it."""
    prefix, renamed = section.prefix or "", section.rename or {}
    globs = [Glob(one) for one in taken]
    # Who has another name has no longer its own; of a pattern nobody knows who is left.
    kept = [one for one in globs if not (one.isExact and one.pattern in renamed)]
    named = [
        str(new)
        for old, new in renamed.items()
        if any(one.matches(old) for one in globs) and not any(one.matches(str(new)) for one in kept)
    ]
    names = _each(prefix + one for one in (*(one.pattern for one in kept), *named))
    # With many new names an entry would be larger than directories take.
    found = names if len(names) <= _MOST else (prefix + _EVERY,)
    # What is too long is never called so: nothing can be made of its event.
    return [one for one in found if len(one) <= MAX_NAME]


def _each(names: Iterable[str]) -> Sequence[str]:
    return tuple(dict.fromkeys(names))


def _archive(plan: Plan, clock: NodeClock, workerOf: Callable[[str], Worker]) -> EventArchive:
    section = plan.archive
    path = Path(section.file) if section.file else plan.stateDir / f"{EVENTS}.db"
    return EventArchive(
        path,
        clock,
        workerOf("archive"),
        workerOf("archive reading"),
        _limitsOf(section),
        "full" if section.isSynchronous else "normal",
    )


def _limitsOf(section: ArchiveSection) -> ArchiveLimits:
    return ArchiveLimits(
        keepSeconds=section.keepTime, keepBytes=section.keepSize, keepEvents=section.keepEvents
    )


def _ruleOf(name: str, section: SummariseSection) -> SummaryRule:
    return SummaryRule(
        name=name,
        events=section.events,
        fields=section.fields,
        by=section.by,
        window=section.window,
        late=section.late,
        values=section.values,
        title=section.name,
        groups=section.groups,
        samples=section.samples,
    )
