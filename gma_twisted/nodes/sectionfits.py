"""What is wrong between the sections of a configuration and the kind of its node, and among them."""

from collections.abc import Iterator, Sequence

from gma_twisted.client.keepalive import MAX_MEMBERSHIPS
from gma_twisted.configuration import (
    Configuration,
    Draft,
    Mistake,
    RegisterSection,
    RegistrySection,
    RIPSSection,
)
from gma_twisted.configuration.mistakes import nearest
from gma_twisted.model import QName
from gma_twisted.nodes.kind import CONSUMER_PATH, NodeKind, pathOf
from gma_twisted.nodes.storeroom import keepsEvents

__all__ = ["registered", "sectionMistakes"]

_LEAVE = "leave the section out, or start another kind of node"


def sectionMistakes(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    """Sections a kind has no use for, services that are not there, and copies of nothing or of the same twice."""
    yield from _unfit(kind, draft.configuration)
    yield from _unregistrable(kind, draft)
    yield from _unnamed(draft)
    yield from _repeated(draft)


def registered(kind: NodeKind, section: RegisterSection) -> Sequence[str]:
    """What is registered where it is not said."""
    return (section.isDirectory and kind.played) or (kind.path,)


def _unfit(kind: NodeKind, configuration: Configuration) -> Iterator[Mistake]:
    if not kind.runsProviders:
        for name in configuration.providers:
            why = f"a {kind.command} runs no providers"
            yield Mistake(("providers", name), why, _LEAVE, atKey=True)
    if not kind.takesRegistrations and configuration.registry != RegistrySection():
        why = f"a {kind.command} takes no registrations, and has no use for [registry]"
        yield Mistake(("registry",), why, _LEAVE, atKey=True)
    if not kind.isRIPS and configuration.rips != RIPSSection():
        why = f"a {kind.command} is no RIPS, and has no use for [rips]"
        yield Mistake(("rips",), why, _LEAVE, atKey=True)
    if not kind.aggregates:
        for name in configuration.aggregate:
            why = f"a {kind.command} aggregates nothing"
            yield Mistake(("aggregate", name), why, _LEAVE, atKey=True)


def _unregistrable(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    asked = 0
    consumer = (CONSUMER_PATH,) if keepsEvents(kind, draft.configuration) else ()
    paths = [*kind.paths, *consumer, *map(pathOf, draft.configuration.services)]
    for name, section in draft.configuration.register.items():
        path = ("register", name)
        if not draft.reads(path):
            continue
        asked += len(section.services or registered(kind, section))
        if asked > MAX_MEMBERSHIPS:
            why = f"more than {MAX_MEMBERSHIPS} registrations of one node"
            yield Mistake(path, why, "leave some of them out")
            return
        for one in section.services:
            if one not in paths:
                why = f'this node has no service "{one}"'
                yield Mistake((*path, "services"), why, nearest(one, paths))


def _unnamed(draft: Draft) -> Iterator[Mistake]:
    for name, section in draft.configuration.aggregate.items():
        path = ("aggregate", name)
        if not section.names and draft.reads((*path, "names")):
            yield Mistake(path, "no service data is named", 'write names = ["{uri}local"]')


def _repeated(draft: Draft) -> Iterator[Mistake]:
    limits = draft.configuration.limits
    isBounded = draft.reads(("limits",))
    seen: dict[tuple[str, frozenset[QName]], str] = {}
    for name, section in draft.configuration.aggregate.items():
        path = ("aggregate", name)
        if not draft.reads(path):
            continue
        if isBounded and len(section.names) > limits.aggregatedNames:
            most = limits.aggregatedNames
            why = f"{len(section.names)} are more than aggregated_names, {most}"
            cure = "leave some out, or make aggregated_names under [limits] more"
            yield Mistake((*path, "names"), why, cure)
        names = frozenset(section.names)
        for source in section.sources:
            other = seen.setdefault((source.url, names), name)
            if other != name:
                why = f"[aggregate.{other}] has the same names of {source} already"
                yield Mistake((*path, "from"), why, "leave one of them out")
        if isBounded and len(seen) > limits.aggregated:
            why = f"more sources than aggregated under [limits], {limits.aggregated}"
            yield Mistake(path, why, "leave some out, or make aggregated more")
            return
