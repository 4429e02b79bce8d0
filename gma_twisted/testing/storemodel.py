"""Service data as plain dicts: the model a store is compared with. Slow, short, and obviously right."""

from collections.abc import Iterable, Sequence
from random import Random

import attrs

from gma_twisted.model import (
    Added,
    Change,
    Command,
    Declare,
    ElementKey,
    Extend,
    Extended,
    Freshness,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    Removed,
    ReplaceAll,
    Replaced,
    ServiceDataElement,
)

__all__ = ["StoreModel", "makeElement", "randomCommands", "randomQuery"]

_NAMESPACES = ("urn:a", "urn:b")
_NAMES = ("one", "two")
_ORIGINATORS = ("http://a/", "http://b/", "http://c/")
_KEYS = ("", "k1", "k2")
_SPANS = (0.0, 0.5, 1.0, 3.0, float("inf"))


def makeElement(
    name: str = "{urn:a}one",
    originator: str = "http://a/",
    key: str = "",
    text: str = "1",
    lifetime: Lifetime | None = None,
) -> ServiceDataElement:
    """
    A small value.

    @param name: in Clark notation
    @param lifetime: without end when absent
    """
    qname = QName.parse(name)
    head = f'<n:{qname.localName} xmlns:n="{qname.namespace}"'.encode()
    tail = f">{text}</n:{qname.localName}>".encode()
    return ServiceDataElement(
        ElementKey(qname, originator, key), head, tail, lifetime or Lifetime(0.0)
    )


@attrs.define(eq=False)
class StoreModel:
    """
    What a store holds and what happened to each identity, after every commit and at every instant.

    @ivar values: by identity, in the order they came
    @ivar declared: names known without a value
    @ivar history: by identity, what observers hear
    """

    values: dict[ElementKey, ServiceDataElement] = attrs.field(factory=dict)
    declared: set[QName] = attrs.field(factory=set)
    history: dict[ElementKey, list[Change]] = attrs.field(factory=dict)

    def expire(self, now: float) -> None:
        """Let go of what is gone."""
        for key, element in list(self.values.items()):
            if element.lifetime.isGone(now):
                del self.values[key]
                self._happened(Removed(element, expired=True))

    def commit(self, commands: Iterable[Command], now: float) -> None:
        """Do all commands; none of them is in error."""
        self.expire(now)
        working: dict[ElementKey, ServiceDataElement | None] = {}
        quiet: dict[ElementKey, ServiceDataElement] = {}
        for command in commands:
            if isinstance(command, Put) and command.isQuiet and command.element.key not in working:
                quiet[command.element.key] = command.element
            self._do(command, working, now)
        for key, after in working.items():
            before = self.values.get(key)
            gone = after is not None and after.lifetime.isGone(now)
            if after is None or gone:
                if self.values.pop(key, None) and before is not None:
                    self._happened(Removed(before, expired=gone))
                continue
            self.values[key] = after
            if before is None:
                self._happened(Added(after))
            elif before.content != after.content:
                # What came later in the commit, if anything, is another object.
                self._happened(Replaced(after, before, quiet.get(key) is after))
            elif before != after:
                self._happened(Extended(after, before.lifetime))

    def _do(
        self, command: Command, working: dict[ElementKey, ServiceDataElement | None], now: float
    ) -> None:
        state = {**self.values, **working}
        if isinstance(command, Put):
            working[command.element.key] = command.element
        elif isinstance(command, Declare):
            names = set(command.names)
            self.declared = self.declared | names if command.known else self.declared - names
        elif isinstance(command, ReplaceAll):
            kept = {element.key: element for element in command.elements}
            working.update(kept)
            for key, element in state.items():
                mine = key.name == command.name and key.originator == command.originator
                if element is not None and mine and key not in kept:
                    working[key] = None
        else:
            element = state.get(command.key)
            if element is not None and not element.lifetime.isGone(now):
                working[command.key] = (
                    element.withLifetime(command.lifetime) if isinstance(command, Extend) else None
                )

    def _happened(self, change: Change) -> None:
        self.history.setdefault(change.key, []).append(change)

    def names(self) -> list[QName]:
        """Every known name, sorted."""
        return sorted({key.name for key in self.values} | self.declared)

    def find(self, query: NameQuery, now: float) -> list[ServiceDataElement] | None:
        """What a query selects, all pages together; C{None} when a name is not known. L{expire} comes before."""
        known = set(self.names())
        found: dict[ElementKey, ServiceDataElement] = {}
        for selector in query.selectors:
            if not selector.isWildcard and selector.name not in known:
                return None
            names = [name for name in self.names() if _names(selector, name)]
            for name in names:
                for key, element in self.values.items():
                    if key.name == name and _selects(selector, key):
                        found.setdefault(key, element)
        stale = {Freshness.STALE: (True,), Freshness.FRESH: (False,)}.get(
            query.freshness, (True, False)
        )
        return [element for element in found.values() if element.lifetime.isStale(now) in stale]


def _names(selector: NameSelector, name: QName) -> bool:
    if selector.isWildcard:
        return selector.name.namespace == name.namespace
    return selector.name == name


def _selects(selector: NameSelector, key: ElementKey) -> bool:
    return selector.originator in (None, key.originator) and selector.key in (None, key.key)


def randomCommands(random: Random, now: float) -> Sequence[Command]:
    """A commit of one to four commands about few identities, so that they meet often."""
    return [_randomCommand(random, now) for _ in range(random.randint(1, 4))]


def _randomCommand(random: Random, now: float) -> Command:
    kind = random.randrange(8)
    if kind <= 2:
        return Put(_randomElement(random, now), isQuiet=random.random() < 0.3)
    if kind == 3:
        return Extend(_randomElement(random, now).key, _randomLifetime(random, now))
    if kind == 4:
        return Remove(_randomElement(random, now).key)
    if kind == 5:
        return Declare([_randomName(random)], random.random() < 0.5)
    name = _randomName(random)
    originator = random.choice(_ORIGINATORS)
    keys = random.sample(_KEYS, random.randrange(len(_KEYS)))
    return ReplaceAll(
        name,
        originator,
        [
            makeElement(
                name.clark, originator, key, random.choice("12"), _randomLifetime(random, now)
            )
            for key in keys
        ],
    )


def _randomName(random: Random) -> QName:
    return QName(random.choice(_NAMESPACES), random.choice(_NAMES))


def _randomLifetime(random: Random, now: float) -> Lifetime:
    return Lifetime.lasting(now, random.choice(_SPANS), random.choice(_SPANS))


def _randomElement(random: Random, now: float) -> ServiceDataElement:
    return makeElement(
        _randomName(random).clark,
        random.choice(_ORIGINATORS),
        random.choice(_KEYS),
        random.choice("12"),
        _randomLifetime(random, now),
    )


def randomQuery(random: Random) -> NameQuery:
    """A query of one to three selectors about the identities of L{randomCommands}."""
    selectors = []
    for _ in range(random.randint(1, 3)):
        name = _randomName(random)
        selectors.append(
            NameSelector(
                QName(name.namespace, "*") if random.random() < 0.3 else name,
                random.choice((None, None, *_ORIGINATORS)),
                random.choice((None, None, *_KEYS)),
            )
        )
    freshness = random.choice(list(Freshness))
    return NameQuery(tuple(selectors), freshness, random.choice((None, 1, 2, 5)))
