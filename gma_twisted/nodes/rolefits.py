"""What of a configuration concerns producers, consumers and directories, checked against the kind of the node."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from gma_twisted.configuration import (
    ConsumerSection,
    DirectorySection,
    Draft,
    Mistake,
    Over,
    ProducerSection,
    StreamsSection,
    SubscribeSection,
)
from gma_twisted.configuration.declaration import keys
from gma_twisted.errors import GMAError
from gma_twisted.markup.eventfilter import compileFilter
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.gma import EventFilter, FilterLanguage
from gma_twisted.model.template import Template
from gma_twisted.netlogger.dataurl import DEFAULT_PORT, TCP, LineFormat
from gma_twisted.nodes.kind import CONSUMER_PATH, NodeKind, pathOf

__all__ = ["absolute", "filterOf", "isStreamed", "roleMistakes", "templateOf"]

_LEAVE = "leave the section out, or start another kind of node"
_SUBSCRIBE = (
    'write [subscribe.NAME] with at = "http://HOST:8490/services/producer", or leave it out'
)
# Of [consumer]: what a consumer does with events that keeps them as service data, and what any other does.
_KEPT = ("good", "grace")
_DONE_WITH = ("class", "arguments", "output", "file", "file_size", "files", "to", "token_file")


def absolute(section: ConsumerSection) -> ConsumerSection:
    """The same with a file that is named by its whole path: twistd goes elsewhere before it runs."""
    if section.file is None:
        return section
    return attrs.evolve(section, file=str(Path(section.file).absolute()))


def templateOf(section: SubscribeSection) -> Event:
    """The template of a subscription. @raise GMAError: a name or a value no event has"""
    event = Event(section.template, 0)
    for name, value in (section.fields or {}).items():
        event.add(EventField(name, value))  # type: ignore[arg-type]  # it refuses what it cannot hold
    return event


def filterOf(section: SubscribeSection) -> EventFilter | None:
    """The filter of a subscription; C{None} for none."""
    if section.filter is None:
        return None
    return EventFilter(FilterLanguage.COMPARISON, section.filter)


def isStreamed(kind: NodeKind, section: SubscribeSection) -> bool:
    """Whether the events of a subscription shall come in lines, where lines are listened for."""
    if section.over is None:
        return kind.isCompound
    return section.over is Over.STREAM


def roleMistakes(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    """What is wrong: sections the node has no use for, templates and filters, and who is registered at directories."""
    yield from _unused(kind, draft)
    yield from _unkept(kind, draft) if kind.keepsEvents else _unkeepable(kind, draft)
    for name, section in draft.configuration.subscribe.items():
        if draft.reads(("subscribe", name)):
            yield from _unusable(name, section)
    yield from _unstreamed(kind, draft)
    for name, register in draft.configuration.register.items():
        path = ("register", name)
        if not (draft.reads(path) and register.isDirectory):
            continue
        if not (kind.produces or kind.consumes):
            has = "has none" if not kind.keepsEvents else "is neither by its main service"
            why = f"a GMA directory knows producers and consumers, and a {kind.command} {has}"
            cure = "name the registry's service, /services/registry"
            yield Mistake((*path, "at"), why, cure)
        elif not set(register.services) <= set(kind.played):
            here = " and ".join(kind.played)
            why = f"a GMA directory knows producers and consumers; here that is {here}"
            yield Mistake((*path, "services"), why, "leave it out")


def _unused(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    configuration = draft.configuration
    for role, isOf, section, default in (
        ("producer", kind.produces, configuration.producer, ProducerSection()),
        (
            "consumer",
            kind.consumes or kind.keepsEvents or kind.isCompound,
            configuration.consumer,
            ConsumerSection(),
        ),
        ("directory", kind.keepsDirectory, configuration.directory, DirectorySection()),
    ):
        if not isOf and section != default:
            why = f"a {kind.command} is no {role}, and has no use for [{role}]"
            yield Mistake((role,), why, _LEAVE, atKey=True)
    if not kind.produces and configuration.streams != StreamsSection():
        why = f"a {kind.command} is no producer, and has no use for [streams]"
        yield Mistake(("streams",), why, _LEAVE, atKey=True)
    if not kind.produces:
        for name, provider in configuration.providers.items():
            if provider.fastest is not None:
                why = f"nobody asks a {kind.command}, which is no producer, for so many events a second"
                yield Mistake(("providers", name, "fastest"), why, "leave it out")
    if not (kind.consumes or kind.keepsEvents or kind.isCompound):
        for name in configuration.subscribe:
            why = f"a {kind.command} has no consumer that takes the events"
            yield Mistake(("subscribe", name), why, _LEAVE, atKey=True)


def _unkept(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    """What is wrong at a node that keeps events as service data where it is subscribed to some."""
    configuration = draft.configuration
    if not configuration.subscribe:
        if configuration.consumer != ConsumerSection():
            why = f"a {kind.command} without [subscribe.NAME] is no consumer, and has no use for [consumer]"
            yield Mistake(("consumer",), why, _SUBSCRIBE, atKey=True)
        return
    for name in _written(configuration.consumer, _DONE_WITH):
        why = f"a {kind.command} makes events service data, and does nothing else with them"
        yield Mistake(("consumer", name), why, "leave it out")
    for name in configuration.services:
        if pathOf(name) == CONSUMER_PATH:
            why = f'"{name}" is taken: at {CONSUMER_PATH} the events of [subscribe.NAME] come in'
            yield Mistake(("services", name), why, "choose another name", atKey=True)


def _unkeepable(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    """What is wrong at a node that keeps no events as service data."""
    if not (kind.consumes or kind.isCompound):
        return
    why = f"a {kind.command} does not make events service data, as a gma-index does"
    configuration = draft.configuration
    for name in _written(configuration.consumer, _KEPT):
        yield Mistake(("consumer", name), why, "leave it out")
    for section, one in configuration.subscribe.items():
        for name in _written(one, _KEPT):
            yield Mistake(("subscribe", section, name), why, "leave it out")


def _unstreamed(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    """Subscriptions whose events are to come in lines, where nobody listens for any."""
    configuration = draft.configuration
    if not draft.reads(("consumer",)) or any(
        one.scheme == TCP for one in configuration.consumer.listen
    ):
        return
    listen = f'write listen = "{TCP}://127.0.0.1:{DEFAULT_PORT}" under [consumer]'
    for name, section in configuration.subscribe.items():
        path = ("subscribe", name)
        if not draft.reads(path):
            continue
        if section.over is Over.STREAM:
            why = f"a {kind.command} that listens at no {TCP} address has nowhere for them to come"
            yield Mistake((*path, "over"), why, f"{listen}, or leave it out")
        elif section.format is not LineFormat.XML:
            yield Mistake((*path, "format"), "no lines come", f"{listen}, or leave it out")


def _written(section: ConsumerSection | SubscribeSection, names: Sequence[str]) -> Iterator[str]:
    """Those of some keys that say something else than if they were left out."""
    for one in keys(type(section)):
        if one.name in names and getattr(section, one.attribute) != one.default:
            yield one.name


def _unusable(name: str, section: SubscribeSection) -> Iterator[Mistake]:
    try:
        Template(templateOf(section))
    except GMAError as error:
        cure = error.cure or 'write { Program = "GridFTP" }, for example'
        yield Mistake(("subscribe", name, "fields"), error.what, cure)
    chosen = filterOf(section)
    if chosen is not None:
        try:
            compileFilter(chosen)
        except GMAError as error:
            cure = error.cure or 'write "Bandwidth > 100 Mb/s", for example'
            yield Mistake(("subscribe", name, "filter"), error.what, cure)
