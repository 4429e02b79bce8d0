"""From one provider's document to store commands: parsed once, compared with the last one, handled if it differs.

An unchanged document costs a digest and extends what is there; a changed one goes through the handler.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, MutableMapping, Sequence

import attrs

from gma_twisted.errors import ProviderFailed
from gma_twisted.execution.setup import RESERVED
from gma_twisted.interfaces import IResultHandler, IServiceDataStore
from gma_twisted.markup.build import canonicalBytes
from gma_twisted.markup.parse import Element, XMLGate
from gma_twisted.model import (
    Command,
    ElementKey,
    Extend,
    Lifetime,
    ProviderRun,
    Put,
    ServiceDataElement,
)

__all__ = ["Intake", "Taken"]


@attrs.frozen(slots=True)
class Taken:
    """
    What a document asks of the store; L{Intake.keep} remembers it once that is done.

    @ivar commands: to commit
    @ivar changed: whether the document differs from the last one kept
    """

    commands: Sequence[Command]
    changed: bool
    _raw: bytes
    _canonical: bytes
    _lifetimes: Mapping[ElementKey, Lifetime]


@attrs.define(eq=False, slots=True)
class Intake:
    """
    The documents of one provider.

    @ivar provider: the configured name
    @ivar handler: makes values
    @ivar gate: lets bytes in
    @ivar store: asked whether the last values are still there
    @ivar owners: which provider gave which value; shared by all of one manager
    """

    provider: str
    handler: IResultHandler
    gate: XMLGate
    store: IServiceDataStore
    owners: MutableMapping[ElementKey, str]
    _raw: bytes = attrs.field(default=b"", init=False)
    _canonical: bytes = attrs.field(default=b"", init=False)
    # As seen from the instant of their run: extending moves them to the new one.
    _lifetimes: Mapping[ElementKey, Lifetime] = attrs.field(factory=dict, init=False)

    def take(self, document: bytes | Element, run: ProviderRun) -> Taken:
        """
        Decide what a document changes; nothing is remembered yet.

        @raise ParameterError, TooLarge: the gate refuses it
        @raise ProviderFailed: it is no bytes, or its values are not this provider's to give
        @raise Exception: whatever the handler raises
        """
        raw = b""
        if isinstance(document, bytes):
            raw = _digest(document)
            if raw == self._raw and self._present():
                return Taken(self._extensions(run), False, raw, self._canonical, self._lifetimes)
            root = self.gate.parse(document, f"output of provider {self.provider}")
        elif isinstance(document, Element):
            root = document
        else:
            raise ProviderFailed(
                f"provider {self.provider} gave {type(document).__name__} instead of bytes"
            )
        canonical = _digest(canonicalBytes(root))
        if canonical == self._canonical and self._present():
            return Taken(self._extensions(run), False, raw, canonical, self._lifetimes)
        elements = list(self.handler.handle(root, run))
        self._check(elements, run)
        lifetimes = {one.key: one.lifetime.shifted(-run.now) for one in elements}
        return Taken([Put(one) for one in elements], True, raw, canonical, lifetimes)

    def keep(self, taken: Taken) -> None:
        """The commands are done: the next document is compared with this one."""
        if taken.changed:
            for key in self._lifetimes.keys() - taken._lifetimes.keys():
                self.owners.pop(key, None)
            for key in taken._lifetimes:
                self.owners[key] = self.provider
        self._raw = taken._raw
        self._canonical = taken._canonical
        self._lifetimes = taken._lifetimes

    def release(self, now: float, grace: float) -> Sequence[Command]:
        """
        Give the values up: another provider may give them from now on.

        @param grace: seconds a value that never ends stays readable; it is stale at once
        @return: what gives those an end; the others keep theirs
        """
        commands = []
        for key in self._lifetimes:
            if self.owners.get(key) == self.provider:
                del self.owners[key]
                held = self.store.get(key)
                if held is not None and held.lifetime.availableUntil == math.inf:
                    began = min(held.lifetime.goodFrom, now)
                    commands.append(Extend(key, Lifetime(began, now, now + grace)))
        self._lifetimes = {}
        return commands

    def _present(self) -> bool:
        # An expired value cannot be extended: the same document must then be handled anew.
        return all(self.store.get(key) is not None for key in self._lifetimes)

    def _extensions(self, run: ProviderRun) -> Sequence[Command]:
        commands = []
        for key, lifetime in self._lifetimes.items():
            held = self.store.get(key)
            # The content speaks of the same time as before: only its ends move.
            began = run.now if held is None else held.lifetime.goodFrom
            moved = lifetime.shifted(run.now)
            goodFrom = min(began, moved.goodUntil)
            commands.append(Extend(key, Lifetime(goodFrom, moved.goodUntil, moved.availableUntil)))
        return commands

    def _check(self, elements: Iterable[ServiceDataElement], run: ProviderRun) -> None:
        what = f"handler {type(self.handler).__name__} of provider {self.provider}"
        for one in elements:
            if not isinstance(one, ServiceDataElement):
                raise ProviderFailed(
                    f"{what} gave {type(one).__name__} instead of ServiceDataElement"
                )
            if one.key.originator != run.originator:
                raise ProviderFailed(f'{what} gave a value of originator "{one.key.originator}"')
            if one.key.name.namespace in RESERVED:
                raise ProviderFailed(f"{one.key.name} is kept for the service itself")
            owner = self.owners.get(one.key, self.provider)
            if owner != self.provider and self.store.get(one.key) is not None:
                raise ProviderFailed(
                    f"{one.key.name} is already given by provider {owner}; configure another name"
                )


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
