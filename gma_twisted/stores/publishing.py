"""Telling what a commit changed to everybody who asked to know."""

from collections.abc import Callable
from typing import Generic, TypeVar

import attrs
from twisted.logger import Logger

__all__ = ["Observers"]

log = Logger()


T = TypeVar("T")


@attrs.define(eq=False, slots=True)
class Observers(Generic[T]):
    """
    Who is told of changes, in the order they came.

    One that fails is logged and told again the next time; the others do not notice.
    """

    # Replaced, never changed: one that comes or goes while all are told counts from the next time.
    _entries: tuple[tuple[Callable[[T], None]], ...] = ()

    def observe(self, observer: Callable[[T], None]) -> Callable[[], None]:
        """
        Tell C{observer} from the next change on.

        @return: ends the observation; may be called again
        """
        entry = (observer,)
        self._entries = (*self._entries, entry)
        ours: tuple[Callable[[T], None]] | None = entry

        def end() -> None:
            nonlocal ours
            self._entries = tuple([one for one in self._entries if one is not ours])
            # Mostly it is the observer who keeps this function: that is to be no cycle.
            ours = None

        return end

    def tell(self, changes: T) -> None:
        """Tell everybody, before this returns."""
        for (observer,) in self._entries:
            try:
                observer(changes)
            except Exception:  # noqa: BLE001 (a commit is done whatever one of its hearers makes of it)
                log.failure("an observer of changes failed: {observer}", observer=observer)
