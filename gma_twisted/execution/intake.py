"""From one provider's document to store commands: parsed once, compared with the last one, handled if it differs.

An unchanged document costs a digest and extends what is there; a changed one goes through the handler. A handler that
renews is asked about every document in place of that digest, and what it gives again is extended, too. Thousands of
values are made in turns of the reactor and committed in several parts, so that others are served meanwhile.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import attrs

from gma_twisted.errors import ProviderFailed, TooLarge
from gma_twisted.execution.owners import Owners
from gma_twisted.execution.setup import RESERVED
from gma_twisted.interfaces import IRenewingHandler, IResultHandler, IServiceDataStore
from gma_twisted.markup.build import canonicalPieces
from gma_twisted.markup.parse import Element, XMLGate
from gma_twisted.model import (
    FOREVER,
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

T = TypeVar("T")

Part = Sequence[Put | Extend]
"""Commands that are committed together."""


@attrs.frozen(slots=True, eq=False)
class _Given:
    """
    What a provider gave under one key.

    @ivar one: as the handler gave it
    @ivar element: the same without news, as it was put last; the store may have it with another lifetime since, or
        something else instead
    @ivar lifetime: as seen from the instant of its run: extending moves it to the new one
    """

    one: ServiceDataElement | Quiet
    element: ServiceDataElement
    lifetime: Lifetime

    def lasting(self, goodFrom: float, now: float) -> Lifetime:
        """
        The lifetime it has when it is given again: its ends move.

        @param goodFrom: as it has been; the content speaks of the same time as before
        @param now: of that run
        """
        goodUntil = now + self.lifetime.goodUntil
        return Lifetime(min(goodFrom, goodUntil), goodUntil, now + self.lifetime.availableUntil)

    def sameNews(self, one: ServiceDataElement | Quiet) -> bool:
        """Whether both are quiet, and what is worth telling of them is the same."""
        return isinstance(one, Quiet) and isinstance(self.one, Quiet) and self.one.news == one.news


@attrs.frozen(slots=True)
class _Compared:
    """
    What the next document is compared with; what is empty is equal to nothing.

    @ivar raw: digest of the bytes
    @ivar canonical: digest of what they say, unless the handler compares by itself
    @ivar pace: period and grace of the run: values were made for these
    """

    raw: bytes = b""
    canonical: bytes = b""
    pace: tuple[float, float] | None = None


_NOTHING = _Compared()


@attrs.frozen(slots=True)
class Taken:
    """
    What a document asks of the store; L{Intake.keep} remembers it once that is done.

    @ivar commands: to commit
    @ivar changed: whether the document differs from the last one kept
    """

    commands: Part
    changed: bool
    _compared: "_Compared"
    _given: Mapping[ElementKey, _Given]
    _missing: Collection[ElementKey] = ()

    def parts(self) -> Iterator[Part]:
        """The commands, L{MOST_TOGETHER} at once; one part at least."""
        yield from _together(self.commands)


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
    _compared: _Compared = attrs.field(default=_NOTHING, init=False)
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
        pace = (run.period, run.grace)
        # Values that are to hold for longer, or less long, than those before are made anew.
        isSamePace = pace == self._compared.pace
        raw = b""
        if isinstance(document, bytes):
            raw = _digest(document)
            if raw == self._compared.raw and isSamePace:
                unchanged = await self._unchanged(self._compared, run, turns)
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
        if IRenewingHandler.providedBy(self.handler):
            before = self._given.values() if isSamePace else ()
            values = self.handler.renew(root, run, [was.one for was in before])
            return await self._handled(values, _Compared(raw, pace=pace), run, turns)
        compared = _Compared(raw, await _canonicalDigest(root, turns), pace)
        if compared.canonical == self._compared.canonical and isSamePace:
            unchanged = await self._unchanged(compared, run, turns)
            if unchanged is not None:
                return unchanged
        return await self._handled(self.handler.handle(root, run), compared, run, turns)

    async def _handled(
        self,
        values: Iterable[ServiceDataElement | Quiet],
        compared: _Compared,
        run: ProviderRun,
        turns: Turns,
    ) -> Taken:
        commands: list[Put | Extend] = []
        given: dict[ElementKey, _Given] = {}
        isChanged = False
        lifetime = relative = FOREVER
        for one in values:
            if len(commands) >= MOST_VALUES:
                raise TooLarge(f"{self._handlerName} gave more than {MOST_VALUES} values")
            element = one.element if isinstance(one, Quiet) else one
            self._check(element, run)
            key = element.key
            was = self._given.get(key)
            if was is not None and was.one is one:
                command = self._again(was, run)
            else:
                if element.lifetime is not lifetime:
                    # All of a run mostly share one.
                    lifetime, relative = element.lifetime, element.lifetime.shifted(-run.now)
                command = Put(element, was is not None and was.sameNews(one))
                was = _Given(one, element, relative)
            given[key] = was
            commands.append(command)
            isChanged = isChanged or isinstance(command, Put)
            if turns.isOver:
                await turns.breathe()
        for keys in _together(list(given)):
            self._checkOwners(keys)
            await turns.breathe()
        missing = [key for key in self._given if key not in given]
        for key in missing:
            # What ends by itself is left to do so.
            if self._given[key].lifetime.availableUntil == math.inf:
                commands.append(self._ending(key, run.now, run.grace))
            if turns.isOver:
                await turns.breathe()
        return Taken(commands, isChanged or bool(missing), compared, given, missing)

    def _again(self, given: _Given, run: ProviderRun) -> Put | Extend:
        """What a value asks for whose content stays."""
        key = given.element.key
        held = self._held(key)
        if held is not None:
            return Extend(key, given.lasting(held.lifetime.goodFrom, run.now))
        # It has expired, or something else has taken its place: that cannot be extended.
        lifetime = given.lifetime.shifted(run.now)
        return Put(attrs.evolve(given.element, lifetime=lifetime, created=run.wallTime))

    def claim(self, part: Part) -> Part:
        """
        To be asked in the turn in which a part is committed, for others may have come first while it was made;
        L{begun} or L{refused} has to follow.

        @return: what is to be committed now: over what is not as this provider left it nothing is quiet, and that is
            not extended either
        @raise ProviderFailed: a value is another provider's
        """
        keys = _keysOf(part)
        self._checkOwners(keys)
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
        self._compared = _NOTHING
        keys = _keysOf(part)
        self.owners.end(self.provider, keys, isDone=True)
        for key in keys:
            self._given[key] = taken._given[key]

    def keep(self, taken: Taken) -> None:
        """All parts of it are done: the next document is compared with this one."""
        for key in taken._missing:
            # Unless all was released meanwhile: then it may be another's already.
            if key in self._given:
                self.owners.release(self.provider, key)
        self._compared = taken._compared
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

    async def _unchanged(self, compared: _Compared, run: ProviderRun, turns: Turns) -> Taken | None:
        """What the last document asks for again; C{None} when it must be handled anew."""
        commands: list[Put | Extend] = []
        for key, given in self._given.items():
            held = self._held(key)
            if held is None:
                # It has expired, or something else has taken its place: that cannot be extended.
                return None
            commands.append(Extend(key, given.lasting(held.lifetime.goodFrom, run.now)))
            if turns.isOver:
                await turns.breathe()
        return Taken(commands, False, compared, self._given)

    def _check(self, element: ServiceDataElement, run: ProviderRun) -> None:
        if not isinstance(element, ServiceDataElement):
            raise ProviderFailed(
                f"{self._handlerName} gave {type(element).__name__} instead of ServiceDataElement"
            )
        key = element.key
        if key.originator != run.originator:
            raise ProviderFailed(
                f'{self._handlerName} gave a value of originator "{key.originator}"'
            )
        if key.name.namespace in RESERVED:
            raise ProviderFailed(f"{key.name} is kept for the service itself")

    @property
    def _handlerName(self) -> str:
        return f"handler {type(self.handler).__name__} of provider {self.provider}"

    def _checkOwners(self, keys: Iterable[ElementKey]) -> None:
        another = self.owners.another(self.provider, keys, self.store)
        if another is not None:
            key, owner = another
            raise ProviderFailed(
                f"{key.name} is already given by provider {owner}; configure another name"
            )


def _together(many: Sequence[T]) -> Iterator[Sequence[T]]:
    """Parts of at most L{MOST_TOGETHER}, one at least."""
    yield many[:MOST_TOGETHER]
    for start in range(MOST_TOGETHER, len(many), MOST_TOGETHER):
        yield many[start : start + MOST_TOGETHER]


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
