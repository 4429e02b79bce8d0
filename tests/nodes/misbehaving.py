"""Services and stores that do what no class should, as their arguments say."""

from collections.abc import Awaitable, Sequence
from typing import ClassVar

from twisted.internet.defer import Deferred
from zope.interface import implementer

from gma_twisted.interfaces import ICreatedService, IQueryLanguage, IServiceDataStore, ServicePlace
from gma_twisted.model import Changes, Command, QName
from gma_twisted.soap.declaration import (
    Cardinality,
    InitialServiceData,
    Mutability,
    ServiceDataDeclaration,
)
from gma_twisted.timing import NodeClock, sleep
from tests.nodes.languages import Counting
from tests.nodes.plainstore import PlainStore

__all__ = ["BadService", "BadStore"]

_ERRORS: dict[str, type[BaseException]] = {
    "value": ValueError,
    "exit": SystemExit,
    "interrupt": KeyboardInterrupt,
}
_MARK = ServiceDataDeclaration(
    QName("urn:a", "mark"), QName("urn:a", "type"), Cardinality(0, 1), Mutability.MUTABLE
)


async def _misbehave(how: str) -> None:
    if how == "never":
        await Deferred()
    while how == "stubborn":
        # The retry loop that takes every error, its cancellation too.
        try:
            await Deferred()
        except Exception:  # noqa: BLE001 (as it is often written)
            continue
    if how in _ERRORS:
        raise _ERRORS[how]("no\ngood")


@implementer(ICreatedService)
class BadService:
    """What its arguments say goes wrong at its start and at its stop; C{ended} counts stops."""

    portTypes = ()
    serviceData: Sequence[InitialServiceData] = ()
    ended: ClassVar[list[str]] = []

    def __init__(self, start: str = "", stop: str = "", make: str = "") -> None:
        self._how = start, stop
        if make:
            raise _ERRORS[make]("no\ngood")

    def start(self, place: ServicePlace) -> Awaitable[None]:
        """See L{ICreatedService}."""
        how = self._how[0]
        if how.startswith("at once "):
            raise _ERRORS[how.removeprefix("at once ")]("no\ngood")
        return _misbehave(how)

    def stop(self) -> Awaitable[None]:
        """See L{ICreatedService}."""
        self.ended.append(self._how[1])
        return _misbehave(self._how[1])


class DeclaredOnly(BadService):
    """Its service data are declarations, where values with a declaration are meant."""

    serviceData = (_MARK,)  # type: ignore[assignment]


class NoServiceData(BadService):
    """It has none, and says so in another way."""

    serviceData = None  # type: ignore[assignment]


class FilledLater(BadService):
    """Its constructor has them, and they are none."""

    def __init__(self) -> None:
        super().__init__()
        self.serviceData = ("mark",)  # type: ignore[assignment]


@implementer(IServiceDataStore)
class BadStore(PlainStore):
    """What its argument says goes wrong."""

    def __init__(self, clock: NodeClock, how: str = "") -> None:
        super().__init__(clock)
        self._bad = how

    async def start(self) -> None:
        """See L{IServiceDataStore}."""
        if self._bad == "late":
            await sleep(self._clock, 15.0)
        if self._bad == "never":
            await Deferred()
        await super().start()

    def commit(self, commands: Sequence[Command]) -> Awaitable[Changes]:
        """See L{IServiceDataStore}."""
        if self._bad == "none":
            return None  # type: ignore[return-value]
        if self._bad in _ERRORS:
            raise _ERRORS[self._bad]("no\ngood")
        return super().commit(commands)

    def __len__(self) -> int:
        """It cannot say, once it is told not to."""
        if self._bad == "uncountable":
            raise ValueError("who knows")
        return super().__len__()

    @classmethod
    def turn(cls, how: str) -> None:
        """From now on this goes wrong with the newest."""
        store = cls.made[-1]
        assert isinstance(store, BadStore)
        store._bad = how


@implementer(IQueryLanguage)
class MoodyLanguage(Counting):
    """It does not say what it reads."""

    def __init__(self, store: IServiceDataStore) -> None:
        self._store = store

    @property
    def dialects(self) -> Sequence[QName]:  # type: ignore[override]
        """See L{IQueryLanguage}."""
        raise ValueError("not now")
