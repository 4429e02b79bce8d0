"""What of a configuration concerns compound nodes, checked against the kind of the node."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from gma_twisted.configuration import (
    ArchiveSection,
    ConsumerSection,
    Draft,
    FilterSection,
    Mistake,
    ProducerSection,
    RepublishSection,
)
from gma_twisted.configuration.declaration import keys
from gma_twisted.errors import GMAError
from gma_twisted.markup.eventfilter import compileFilter
from gma_twisted.model.gma import EventFilter, FilterLanguage
from gma_twisted.nodes.kind import CONSUMER_PATH, Derives, NodeKind, pathOf

__all__ = ["absoluteArchive", "compoundMistakes", "filtersOf"]

_LEAVE = "leave the section out, or start another kind of node"
# Of the sections of the two roles, what a node that derives events decides itself.
_PRODUCING = ("class", "arguments", "names")
_CONSUMING = ("class", "arguments", "output", "file", "file_size", "files", "to", "token_file")


def absoluteArchive(section: ArchiveSection) -> ArchiveSection:
    """The same with a file that is named by its whole path: twistd goes elsewhere before it runs."""
    if section.file is None:
        return section
    return attrs.evolve(section, file=str(Path(section.file).absolute()))


def filtersOf(section: FilterSection) -> Sequence[tuple[str, EventFilter]]:
    """What must be true of events that are handed on, by the key that says it."""
    found = []
    if section.where is not None:
        found.append(("where", EventFilter(FilterLanguage.COMPARISON, section.where)))
    if section.xpath is not None:
        found.append(("xpath", EventFilter(FilterLanguage.XPATH, section.xpath)))
    return found


def compoundMistakes(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    """What is wrong: sections the node has no use for, keys it decides itself, and filters that cannot be read."""
    yield from _unused(kind, draft)
    if not kind.isCompound:
        return
    configuration = draft.configuration
    for section, one, names in (
        ("producer", configuration.producer, _PRODUCING),
        ("consumer", configuration.consumer, _CONSUMING),
    ):
        for name in _written(one, names):
            why = f"a {kind.command} publishes what it makes of the events it is told"
            yield Mistake((section, name), why, "leave it out")
    for name in configuration.services:
        if pathOf(name) == CONSUMER_PATH:
            why = f'"{name}" is taken: at {CONSUMER_PATH} the events come in'
            yield Mistake(("services", name), why, "choose another name", atKey=True)
    if kind.derives is Derives.FILTER and draft.reads(("filter",)):
        yield from _unreadable(configuration.filter)


def _unused(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    configuration = draft.configuration
    for derives, section, default in (
        (Derives.ARCHIVE, configuration.archive, ArchiveSection()),
        (Derives.FILTER, configuration.filter, FilterSection()),
        (Derives.REPUBLISH, configuration.republish, RepublishSection()),
    ):
        name = derives.value
        if kind.derives is not derives and section != default and draft.reads((name,)):
            why = f"a {kind.command} has no use for [{name}]"
            yield Mistake((name,), why, _LEAVE, atKey=True)
    if kind.derives is not Derives.SUMMARISE:
        for name in configuration.summarise:
            if not draft.reads(("summarise", name)):
                continue
            why = f"a {kind.command} summarises nothing"
            yield Mistake(("summarise", name), why, _LEAVE, atKey=True)


def _written(section: ConsumerSection | ProducerSection, names: Sequence[str]) -> Iterator[str]:
    for one in keys(type(section)):
        if one.name in names and getattr(section, one.attribute) != one.default:
            yield one.name


def _unreadable(section: FilterSection) -> Iterator[Mistake]:
    for key, chosen in filtersOf(section):
        try:
            compileFilter(chosen)
        except GMAError as error:
            example = "Bandwidth > 100 Mb/s" if key == "where" else "field[@name='load']"
            cure = error.cure or f'write "{example}", for example'
            yield Mistake(("filter", key), error.what, cure)
