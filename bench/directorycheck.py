"""What was done to a directory, and whether it tells that: slow, short, and without an index."""

from collections.abc import Mapping, Sequence

import attrs

from bench.answers import WrongAnswer
from gma_twisted.model.entrymirror import EntryMirror
from gma_twisted.model.event import Event
from gma_twisted.model.glob import Glob
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.model.template import Template

__all__ = ["Conditions", "DirectoryModel", "Done"]

_OTHER = {GMARole.PRODUCER: GMARole.CONSUMER, GMARole.CONSUMER: GMARole.PRODUCER}


@attrs.frozen(slots=True, eq=False)
class Done:
    """
    An entry as it was added or updated last.

    @ivar until: instant of its end
    """

    entry: GMAEntry
    owner: str
    until: float
    templates: Sequence[Template]


@attrs.frozen(slots=True, eq=False)
class Conditions:
    """Of a search or a watch."""

    role: str | None = None
    template: Event | None = None
    attributes: Sequence[tuple[str, str]] = ()
    _asked: Template | None = attrs.field(init=False)

    @_asked.default
    def _askedAtAll(self) -> Template | None:
        return None if self.template is None else Template(self.template)

    def holds(self, done: Done) -> bool:
        """Whether an entry is meant."""
        entry = done.entry
        if self.role is not None and entry.role.value != self.role:
            return False
        for name, value in self.attributes:
            if not any(name == one and Glob(value).matches(text) for one, text in entry.attributes):
                return False
        asked = self._asked
        return asked is None or any(asked.overlaps(one) for one in done.templates)


@attrs.define(slots=True, eq=False)
class DirectoryModel:
    """
    All that is in a directory, by what was done to it.

    @ivar entries: by id
    """

    entries: dict[str, Done] = attrs.field(factory=dict)

    def put(self, id: str, entry: GMAEntry, owner: str, until: float) -> None:
        """It was added, or updated."""
        templates = [Template(one) for one in entry.eventTypes]
        self.entries[id] = Done(entry, owner, until, templates)

    def renew(self, id: str, until: float) -> None:
        """It was renewed."""
        self.entries[id] = attrs.evolve(self.entries[id], until=until)

    def expire(self, now: float) -> int:
        """Time has passed. @return: how many ended"""
        over = [id for id, done in self.entries.items() if done.until <= now]
        for id in over:
            del self.entries[id]
        return len(over)

    def meant(self, conditions: Conditions) -> dict[str, Done]:
        """The entries for which conditions hold, by id."""
        return {id: done for id, done in self.entries.items() if conditions.holds(done)}

    def matches(self, entry: GMAEntry) -> set[str]:
        """Ids of those it could talk to."""
        role = _OTHER.get(entry.role)
        templates = [Template(one) for one in entry.eventTypes]
        return {
            id
            for id, done in self.entries.items()
            if done.entry.role is role
            and any(one.overlaps(other) for one in templates for other in done.templates)
        }

    def checkFound(self, conditions: Conditions, found: Sequence[GMAEntry], what: str) -> None:
        """@raise WrongAnswer: a search found something else, or in another order"""
        self._check(self.meant(conditions), {one.entry: one for one in found}, what)
        keys = [(one.endpoint, one.entry, one.role.value) for one in found]
        if keys != sorted(keys) or len(set(keys)) != len(keys):
            raise WrongAnswer(f"{what} is not in order")

    def checkMirror(self, conditions: Conditions, mirror: EntryMirror, what: str) -> None:
        """@raise WrongAnswer: who watches knows something else"""
        if not mirror.isComplete:
            raise WrongAnswer(f"{what} was not told everything")
        known = {id: entry for (id, _), entry in mirror.entries.items()}
        self._check(self.meant(conditions), known, what)

    def _check(
        self, expected: Mapping[str, Done], found: Mapping[str, GMAEntry], what: str
    ) -> None:
        for word, ids in (
            ("lacks", expected.keys() - found.keys()),
            ("has wrongly", found.keys() - expected.keys()),
        ):
            if ids:
                raise WrongAnswer(f"{what} {word} {len(ids)} entries, {min(ids)} for one")
        for id, done in expected.items():
            if _said(done.entry) != _said(found[id]):
                raise WrongAnswer(f"{what} tells something old of {id}, {done.entry.endpoint}")


def _said(entry: GMAEntry) -> tuple[object, ...]:
    types = [(one.name, one.items) for one in entry.eventTypes]
    return entry.role, entry.endpoint, types, [tuple(pair) for pair in entry.attributes]
