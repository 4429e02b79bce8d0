"""A store of service data as somebody else writes one: a dict, a timer, and nothing of ours but the interface."""

import hashlib
import json
import math
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import ClassVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import Busy, ParameterError, TargetInvalid, TooLarge
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Added,
    Answer,
    Change,
    Changes,
    Command,
    Declare,
    ElementKey,
    Extend,
    Extended,
    Freshness,
    NameQuery,
    Put,
    QName,
    Remove,
    Removed,
    ReplaceAll,
    Replaced,
    ServiceDataElement,
)
from gma_twisted.timing import NodeClock, Ready, sleep

__all__ = ["PlainStore"]

log = Logger()

_Values = dict[ElementKey, ServiceDataElement]
_Place = tuple[int, QName, int]


@implementer(IServiceDataStore)
class PlainStore:
    """
    Every commit makes a new dict and looks for what differs.

    @cvar made: every store there is, the newest last
    """

    made: ClassVar[list["PlainStore"]] = []

    def __init__(self, clock: NodeClock, most: int = 1000, label: str = "plain") -> None:
        self.revision = 0
        self.label = label
        self.isRunning = False
        self._clock = clock
        self._most = most
        self._values: _Values = {}
        self._places: dict[ElementKey, int] = {}
        self._next = 0
        self._declared: set[QName] = set()
        self._observers: list[Callable[[Changes], None]] = []
        self._queue: list[tuple[Sequence[Command], Deferred[Changes]]] = []
        self._isTelling = False
        self._timer: IDelayedCall | None = None
        self._secret = secrets.token_hex(8)
        PlainStore.made.append(self)

    def __len__(self) -> int:
        """See L{IServiceDataStore}."""
        return len(self._values)

    def commit(self, commands: Sequence[Command]) -> Awaitable[Changes]:
        """See L{IServiceDataStore}."""
        if not self.isRunning:
            raise Busy("the store is stopped")
        if self._isTelling:
            waiting: Deferred[Changes] = Deferred()
            self._queue.append((commands, waiting))
            return waiting
        return Ready(self._commit(commands))

    def reset(self, elements: Iterable[ServiceDataElement]) -> Awaitable[Changes]:
        """See L{IServiceDataStore}."""
        wanted = list(elements)
        kept = {one.key for one in wanted}
        gone = [Remove(key) for key in self._values if key not in kept]
        return self.commit([*map(Put, wanted), *gone])

    def _commit(self, commands: Sequence[Command]) -> Changes:
        self._sweep()
        values, declared = dict(self._values), set(self._declared)
        # Of each value whether it is quiet: nothing of the commit is about it but a quiet Put.
        touched: dict[ElementKey, bool] = {}
        for command in commands:
            isQuiet = isinstance(command, Put) and command.isQuiet
            for key in self._do(command, values, declared):
                touched[key] = isQuiet and key not in touched
        if len(values) > self._most:
            raise TooLarge(f"{len(values)} values are more than {self._most}")
        changes = [
            one for key, isQuiet in touched.items() if (one := self._change(key, values, isQuiet))
        ]
        names = [(one, one in declared) for one in sorted(declared ^ self._declared)]
        self._declared = declared
        return self._applied(changes, names)

    def _do(self, command: Command, values: _Values, declared: set[QName]) -> Iterator[ElementKey]:
        if isinstance(command, Declare):
            (declared.update if command.known else declared.difference_update)(command.names)
        elif isinstance(command, Put):
            values[command.element.key] = command.element
            yield command.element.key
        elif isinstance(command, Extend):
            old = values.get(command.key)
            if old is not None and not old.lifetime.isGone(self._clock.seconds()):
                values[command.key] = old.withLifetime(command.lifetime)
                yield command.key
        elif isinstance(command, Remove):
            values.pop(command.key, None)
            yield command.key
        elif isinstance(command, ReplaceAll):
            theirs = (command.name, command.originator)
            kept = {one.key: one for one in command.elements}
            if any((key.name, key.originator) != theirs for key in kept):
                raise ParameterError(f"a value is not of {command.name} and {command.originator}")
            ended = [
                key for key in values if (key.name, key.originator) == theirs and key not in kept
            ]
            values |= kept
            for key in ended:
                del values[key]
            yield from (*kept, *ended)

    def _change(self, key: ElementKey, values: _Values, isQuiet: bool) -> Change | None:
        before, after = self._values.get(key), values.get(key)
        isGone = after is not None and after.lifetime.isGone(self._clock.seconds())
        if after is None or isGone:
            return None if before is None else Removed(before, expired=isGone)
        if before is None:
            return Added(after)
        if before.content != after.content:
            return Replaced(after, before, isQuiet and before.path == after.path)
        return None if before == after else Extended(after, before.lifetime)

    def _applied(
        self, changes: Sequence[Change], declared: Sequence[tuple[QName, bool]] = ()
    ) -> Changes:
        for one in changes:
            if isinstance(one, Removed):
                del self._values[one.key], self._places[one.key]
                continue
            self._values[one.key] = one.element
            if one.key not in self._places:
                self._next += 1
                self._places[one.key] = self._next
        if not (changes or declared):
            return Changes(self.revision)
        self.revision += 1
        told = Changes(self.revision, changes, declared)
        self._wait()
        self._tell(told)
        return told

    def _tell(self, changes: Changes) -> None:
        outermost = not self._isTelling
        self._isTelling = True
        for observer in list(self._observers):
            try:
                observer(changes)
            except Exception:  # noqa: BLE001 (what an observer raises is its own)
                log.failure("an observer failed")
        if outermost:
            self._isTelling = False
            while self._queue and not self._isTelling:
                commands, waiting = self._queue.pop(0)
                try:
                    waiting.callback(self._commit(commands))
                except (TooLarge, ParameterError) as error:
                    waiting.errback(error)

    def _sweep(self) -> None:
        now = self._clock.seconds()
        gone = [one for one in self._values.values() if one.lifetime.isGone(now)]
        if gone:
            self._applied([Removed(one, expired=True) for one in gone])

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = min((one.lifetime.availableUntil for one in self._values.values()), default=math.inf)
        if self.isRunning and due < math.inf:
            self._timer = self._clock.callLater(max(0.0, due - self._clock.seconds()), self._due)

    def _due(self) -> None:
        self._timer = None
        self._sweep()
        self._wait()

    def _alive(self) -> Iterator[ServiceDataElement]:
        now = self._clock.seconds()
        return (one for one in self._values.values() if not one.lifetime.isGone(now))

    def get(self, key: ElementKey) -> ServiceDataElement | None:
        """See L{IServiceDataStore}."""
        return next((one for one in self._alive() if one.key == key), None)

    def names(self) -> Sequence[QName]:
        """See L{IServiceDataStore}."""
        return sorted({one.key.name for one in self._alive()} | self._declared)

    def copied(self) -> tuple[int, int]:
        """See L{IServiceDataStore}."""
        copies = [one for one in self._values.values() if one.path]
        return len(copies), sum(len(one.content) for one in copies)

    def find(self, query: NameQuery) -> Answer:
        """See L{IServiceDataStore}."""
        after = self._after(query)
        names = self.names()
        selected: dict[ElementKey, tuple[_Place, ServiceDataElement]] = {}
        until = math.inf
        now = self._clock.seconds()
        for index, selector in enumerate(query.selectors):
            if not selector.isWildcard and selector.name not in names and after is None:
                raise TargetInvalid(f"{selector.name} is not known")
            for one in self._alive():
                key = one.key
                name = selector.name
                isNamed = (
                    key.name.namespace == name.namespace
                    if selector.isWildcard
                    else key.name == name
                )
                if not isNamed:
                    continue
                ends = one.lifetime.goodUntil, one.lifetime.availableUntil
                until = min([until, *(end for end in ends if end > now)])
                if selector.originator not in (None, key.originator):
                    continue
                if selector.key not in (None, key.key) or key in selected:
                    continue
                selected[key] = (index, key.name, self._places[key]), one
        isStale = {Freshness.STALE: (True,), Freshness.FRESH: (False,)}.get(
            query.freshness, (True, False)
        )
        found = sorted(
            (
                (place, one)
                for place, one in selected.values()
                if one.lifetime.isStale(now) in isStale and (after is None or place > after)
            ),
            key=lambda each: each[0],
        )
        page = found[: query.limit]
        cursor = self._cursor(query, page[-1][0]) if len(page) < len(found) else None
        return Answer([one for _, one in page], cursor, until)

    def _cursor(self, query: NameQuery, place: _Place) -> str:
        text = json.dumps([place[0], place[1].clark, place[2]])
        return f"{self._signed(query, text)}{text}"

    def _after(self, query: NameQuery) -> _Place | None:
        if query.cursor is None:
            return None
        signature, text = query.cursor[:64], query.cursor[64:]
        if self._signed(query, text) != signature:
            raise ParameterError("no cursor of this store")
        index, name, place = json.loads(text)
        return index, QName.parse(name), place

    def _signed(self, query: NameQuery, text: str) -> str:
        signed = f"{self._secret} {query.selectors} {query.freshness} {text}"
        return hashlib.sha256(signed.encode("utf-8", "surrogatepass")).hexdigest()

    def observe(self, observer: Callable[[Changes], None]) -> Callable[[], None]:
        """See L{IServiceDataStore}."""
        self._observers.append(observer)

        def end() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return end

    def sync(self) -> Awaitable[int]:
        """See L{IServiceDataStore}."""
        return Ready(self.revision)

    def start(self) -> Awaitable[None]:
        """See L{IServiceDataStore}."""
        self.isRunning = True
        self._wait()
        return Ready(None)

    def stop(self) -> Awaitable[None]:
        """See L{IServiceDataStore}."""
        self.isRunning = False
        self._wait()
        return Ready(None)


class LateStore(PlainStore):
    """It takes a while to load, and for every commit."""

    async def start(self) -> None:
        """See L{IServiceDataStore}."""
        await sleep(self._clock, 0.5)
        await super().start()

    async def commit(self, commands: Sequence[Command]) -> Changes:
        """See L{IServiceDataStore}."""
        await sleep(self._clock, 0.05)
        return await super().commit(commands)


@implementer(IServiceDataStore)
class BrokenStore(PlainStore):
    """It cannot load."""

    def start(self) -> Awaitable[None]:
        """See L{IServiceDataStore}."""
        raise OSError("no disk")
