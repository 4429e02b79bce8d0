"""Automatic aggregation: what the members of a registry offer is copied while their entries live (WIRE 5)."""

from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.aggregation.aggregator import Aggregator
from gma_twisted.errors import GMAError
from gma_twisted.interfaces import IRegistryStore
from gma_twisted.markup import XMLGate
from gma_twisted.model import Ended, QName, Registration, RegistryChange, RegistryChanges, Renewed
from gma_twisted.soap.aggregating import SERVICE_DATA_NAMES, readServiceDataNames
from gma_twisted.timing import NodeClock, Ready, sleep

__all__ = ["MemberAggregation"]

log = Logger()

# What one turn of the reactor has time for.
_PAGE = 250
_MARK = SERVICE_DATA_NAMES.localName.encode()
# What was kept has passed this gate, or a stricter one, when it came.
_GATE = XMLGate()

_What = tuple[str, Sequence[QName]]


@attrs.define(slots=True, eq=False)
class MemberAggregation:
    """
    Copies what the members of a registry offer: those whose content holds C{gma:serviceDataNames}.

    What is copied counts for whoever registered the member, and ends with the entry; the values stay until their
    lifetime ends. An entry that cannot be aggregated (its content says something else, its owner has too many, its URL
    is refused) stays an entry: the log says why, once, and it is tried again whenever the entry is renewed.

    @ivar registry: the entries
    @ivar aggregator: copies; it begins after this and ends after it
    @ivar clock: the node's
    """

    registry: IRegistryStore
    aggregator: Aggregator
    clock: NodeClock
    _followed: dict[str, _What] = attrs.field(factory=dict, init=False, repr=False)
    # Entries that cannot be aggregated; as many as the registry has at most.
    _refused: set[str] = attrs.field(factory=set, init=False, repr=False)
    _endObservation: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)

    async def start(self) -> None:
        """Begin with the entries that are there, then follow what comes; the registry has been started."""
        self._endObservation = self.registry.observe(self._changed)
        rows = self.registry.entries("", _PAGE)
        while rows:
            for row in rows:
                self._look(row)
            await sleep(self.clock, 0)
            rows = self.registry.entries(rows[-1].entry, _PAGE)

    def stop(self) -> Awaitable[None]:
        """Follow no more; what is copied ends with the aggregator."""
        if self._endObservation is not None:
            self._endObservation()
            self._endObservation = None
        return Ready(None)

    def _changed(self, changes: RegistryChanges) -> None:
        for change in changes.changes:
            row = change.row
            # Most members offer nothing: of those nothing more is asked.
            if row.content or row.entry in self._followed or row.entry in self._refused:
                self._apply(change)

    def _apply(self, change: RegistryChange) -> None:
        entry = change.row.entry
        if isinstance(change, Ended):
            self._leave(entry)
            self._refused.discard(entry)
        elif not isinstance(change, Renewed) or entry in self._refused:
            self._look(change.row)

    def _look(self, row: Registration) -> None:
        entry = row.entry
        try:
            what = _offered(row)
            if what == self._followed.get(entry):
                return
            self._leave(entry)
            if what is not None:
                self.aggregator.follow(_idOf(entry), row.owner, row.member.handles[0], what[1])
                self._followed[entry] = what
        except GMAError as error:
            if entry not in self._refused:
                self._refused.add(entry)
                log.warn(
                    "entry {entry} of {member} is not aggregated: {why}",
                    entry=entry,
                    member=row.handle,
                    why=error.message,
                )
        else:
            self._refused.discard(entry)

    def _leave(self, entry: str) -> None:
        if self._followed.pop(entry, None) is not None:
            self.aggregator.unfollow(_idOf(entry))


def _idOf(entry: str) -> str:
    # No name of the configuration has a slash, no id that is given on request.
    return f"entries/{entry}"


def _offered(row: Registration) -> _What | None:
    """What shall be copied from where; C{None} for nothing. @raise GMAError: it cannot be read"""
    if _MARK not in row.content:
        return None
    names = readServiceDataNames(_GATE.parse(row.content, "the content"))
    return (row.handle, names) if names else None
