"""From one provider's document to store commands: parsed once, compared with the last one, handled if it differs.

An unchanged document costs a digest and extends what is there; a changed one goes through the handler. Thousands of
values are made in turns of the reactor and committed in several parts, so that others are served meanwhile.
"""

import hashlib
import math
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

import attrs

from gma_twisted.errors import ProviderFailed, TooLarge
from gma_twisted.execution.owners import Owners
from gma_twisted.execution.setup import RESERVED
from gma_twisted.interfaces import IResultHandler, IServiceDataStore
from gma_twisted.markup.build import canonicalPieces
from gma_twisted.markup.parse import Element, XMLGate
from gma_twisted.model import (
    Command,
    ElementKey,
    Extend,
    Lifetime,
    ProviderRun,
    Put,
    QName,
    Quiet,
    ServiceDataElement,
)
from gma_twisted.timing.clock import NodeClock
from gma_twisted.timing.turns import Turns

__all__ = ["MOST_TOGETHER", "MOST_VALUES", "Intake", "Part", "Taken"]

MOST_TOGETHER = 250
"""Most values of a document that are committed at once: what one turn of the reactor has time for."""

MOST_VALUES = 100_000
"""Most values of a document."""

Part = Sequence[Put | Extend]
"""Commands that are committed together."""


@attrs.frozen(slots=True, eq=False)
class _Given:
    """
    What a provider gave under one key.

    @ivar element: as it was put last; the store may have it with another lifetime since, or something else instead
    @ivar lifetime: as seen from the instant of its run: extending moves it to the new one
    @ivar news: of a quiet one, as subscribers were told last
    """

    element: ServiceDataElement
    lifetime: Lifetime
    news: tuple[Hashable] | None


@attrs.frozen(slots=True)
class Taken:
    """
    What a document asks of the store; L{Intake.keep} remembers it once that is done.

    @ivar commands: to commit
    @ivar changed: whether the document differs from the last one kept
    """

    commands: Part
    changed: bool
    _raw: bytes
    _canonical: bytes
    _given: Mapping[ElementKey, _Given]

    def parts(self) -> Iterator[Part]:
        """The commands, L{MOST_TOGETHER} at once; one part at least."""
        yield self.commands[:MOST_TOGETHER]
        for start in range(MOST_TOGETHER, len(self.commands), MOST_TOGETHER):
            yield self.commands[start : start + MOST_TOGETHER]


@attrs.define(eq=False, slots=True)
class Intake:
    """
    The documents of one provider, one at a time.

    @ivar provider: the configured name
    @ivar handler: makes values
    @ivar gate: lets bytes in
    @ivar store: asked whether the last values are still there
    @ivar owners: which provider gave which value; shared by all of one manager
    @ivar clock: the node's
    """

    provider: str
    handler: IResultHandler
    gate: XMLGate
    store: IServiceDataStore
    owners: Owners
    clock: NodeClock
    _raw: bytes = attrs.field(default=b"", init=False)
    _canonical: bytes = attrs.field(default=b"", init=False)
    _given: dict[ElementKey, _Given] = attrs.field(factory=dict, init=False)

    @property
    def names(self) -> Collection[QName]:
        """Of the values it gave last."""
        return {key.name for key in self._given}

    async def take(self, document: bytes | Element, run: ProviderRun) -> Taken:
        """
        Decide what a document changes; nothing is remembered yet. Bytes are parsed in one turn, many values made in
        several.

        @raise ParameterError, TooLarge: the gate refuses it
        @raise TooLarge: the handler gives more than L{MOST_VALUES}
        @raise ProviderFailed: it is no bytes, or its values are not this provider's to give
        @raise Exception: whatever the handler raises
        """
        turns = Turns(self.clock)
        raw = b""
        if isinstance(document, bytes):
            raw = _digest(document)
            if raw == self._raw:
                unchanged = await self._unchanged(raw, self._canonical, run, turns)
                if unchanged is not None:
                    return unchanged
            root = self.gate.parse(document, f"output of provider {self.provider}")
            await turns.breathe()
        elif isinstance(document, Element):
            root = document
        else:
            raise ProviderFailed(
                f"provider {self.provider} gave {type(document).__name__} instead of bytes"
            )
        canonical = await _canonicalDigest(root, turns)
        if canonical == self._canonical:
            unchanged = await self._unchanged(raw, canonical, run, turns)
            if unchanged is not None:
                return unchanged
        return await self._handled(root, raw, canonical, run, turns)

    async def _handled(
        self, root: Element, raw: bytes, canonical: bytes, run: ProviderRun, turns: Turns
    ) -> Taken:
        commands: list[Put | Extend] = []
        given: dict[ElementKey, _Given] = {}
        for one in self.handler.handle(root, run):
            element = one.element if isinstance(one, Quiet) else one
            self._check(element, run)
            key = element.key
            news = (one.news,) if isinstance(one, Quiet) else None
            before = None if news is None else self._given.get(key)
            isQuiet = before is not None and before.news == news
            if len(commands) >= MOST_VALUES:
                raise TooLarge(
                    f"handler {type(self.handler).__name__} of provider {self.provider}"
                    f" gave more than {MOST_VALUES} values"
                )
            given[key] = _Given(element, element.lifetime.shifted(-run.now), news)
            commands.append(Put(element, isQuiet))
            if turns.isOver:
                await turns.breathe()
        # What ends by itself is left to do so.
        for key, was in self._given.items():
            if key not in given and was.lifetime.availableUntil == math.inf:
                commands.append(self._ending(key, run.now, run.grace))
            if turns.isOver:
                await turns.breathe()
        return Taken(commands, True, raw, canonical, given)

    def claim(self, part: Part) -> Part:
        """
        To be asked in the turn in which a part is committed, for others may have come first while it was made;
        L{begun} or L{refused} has to follow.

        @return: what is to be committed now: over what is not as this provider left it nothing is quiet, and that is
            not extended either
        @raise ProviderFailed: a value is another provider's
        """
        keys = _keysOf(part)
        for key in keys:
            self._checkOwner(key)
        self.owners.begin(self.provider, keys)
        return [fitting for one in part if (fitting := self._fitting(one)) is not None]

    def refused(self, part: Part) -> None:
        """A part is not done."""
        self.owners.end(self.provider, _keysOf(part), isDone=False)

    def begun(self, taken: Taken, part: Part) -> None:
        """
        A part is done, or may be: its values are this provider's, whatever becomes of the others. The next document is
        compared with none, unless L{keep} comes first.
        """
        if not taken.changed:
            return
        self._raw = self._canonical = b""
        keys = _keysOf(part)
        self.owners.end(self.provider, keys, isDone=True)
        for key in keys:
            self._given[key] = taken._given[key]

    def keep(self, taken: Taken) -> None:
        """All parts of it are done: the next document is compared with this one."""
        for key in self._given.keys() - taken._given.keys():
            self.owners.release(self.provider, key)
        self._raw = taken._raw
        self._canonical = taken._canonical
        self._given = dict(taken._given)

    def release(self, now: float, grace: float) -> Iterator[Sequence[Command]]:
        """
        Give the values up: another provider may give them from now on.

        @param grace: seconds a value that never ends stays readable; it is stale at once
        @return: what gives those an end, to be committed before the next is asked for, L{MOST_TOGETHER} at once and
            once at least; the others keep theirs
        """
        given, self._given = self._given, {}
        commands: list[Command] = []
        for key, was in given.items():
            isOwner = self.owners.release(self.provider, key)
            if isOwner and was.lifetime.availableUntil == math.inf:
                if len(commands) >= MOST_TOGETHER:
                    yield commands
                    commands = []
                commands.append(self._ending(key, now, grace))
        yield commands

    def _ending(self, key: ElementKey, now: float, grace: float) -> Extend:
        # One that is not there may be on its way: a slow store comes to this after it.
        held = self.store.get(key)
        began = now if held is None else min(held.lifetime.goodFrom, now)
        return Extend(key, Lifetime(began, now, now + grace))

    def _fitting(self, command: Put | Extend) -> Put | Extend | None:
        if isinstance(command, Extend):
            return None if self._held(command.key) is None else command
        if command.isQuiet and self._held(command.element.key) is None:
            return Put(command.element)
        return command

    def _held(self, key: ElementKey) -> ServiceDataElement | None:
        """What the store has, if this provider put it last: else subscribers were told something else, or its end."""
        given = self._given.get(key)
        if given is None or not self.owners.owns(self.provider, key):
            return None
        held = self.store.get(key)
        return held if held is not None and held.sameContent(given.element) else None

    async def _unchanged(
        self, raw: bytes, canonical: bytes, run: ProviderRun, turns: Turns
    ) -> Taken | None:
        """What the last document asks for again; C{None} when it must be handled anew."""
        commands: list[Put | Extend] = []
        for key, given in self._given.items():
            held = self._held(key)
            if held is None:
                # It has expired, or something else has taken its place: that cannot be extended.
                return None
            moved = given.lifetime.shifted(run.now)
            # The content speaks of the same time as before: only its ends move.
            goodFrom = min(held.lifetime.goodFrom, moved.goodUntil)
            commands.append(Extend(key, Lifetime(goodFrom, moved.goodUntil, moved.availableUntil)))
            if turns.isOver:
                await turns.breathe()
        return Taken(commands, False, raw, canonical, self._given)

    def _check(self, element: ServiceDataElement, run: ProviderRun) -> None:
        what = f"handler {type(self.handler).__name__} of provider {self.provider}"
        if not isinstance(element, ServiceDataElement):
            raise ProviderFailed(
                f"{what} gave {type(element).__name__} instead of ServiceDataElement"
            )
        if element.key.originator != run.originator:
            raise ProviderFailed(f'{what} gave a value of originator "{element.key.originator}"')
        if element.key.name.namespace in RESERVED:
            raise ProviderFailed(f"{element.key.name} is kept for the service itself")
        self._checkOwner(element.key)

    def _checkOwner(self, key: ElementKey) -> None:
        owner = self.owners.other(self.provider, key, self.store)
        if owner is not None:
            raise ProviderFailed(
                f"{key.name} is already given by provider {owner}; configure another name"
            )


def _keysOf(part: Part) -> Collection[ElementKey]:
    """Of the values a part puts, each once."""
    return dict.fromkeys([one.element.key for one in part if isinstance(one, Put)])


async def _canonicalDigest(root: Element, turns: Turns) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for piece in canonicalPieces(root):
        # With its length, so that no other pieces come to the same.
        digest.update(b"%d:" % len(piece))
        digest.update(piece)
        if turns.isOver:
            await turns.breathe()
    return digest.digest()


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
