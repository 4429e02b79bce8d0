"""What a search, a watch or a newcomer wants of the entries of a directory."""

from collections.abc import Sequence
from typing import Protocol

import attrs

from gma_twisted.errors import TooLarge
from gma_twisted.model import Registration
from gma_twisted.model.glob import MAX_GLOB, Glob, isGlob
from gma_twisted.model.gma import GMARole
from gma_twisted.model.template import Template
from gma_twisted.registration.eventtypes import EventType
from gma_twisted.timing import Turns

__all__ = ["MAX_ATTRIBUTES", "Wanted"]

MAX_ATTRIBUTES = 65_536
"""Most characters of all attributes that are asked for, names and values; entries have no more either."""

# How many event types it remembers to have compared.
_COMPARED = 4096
_MET = -1


class _Candidate(Protocol):
    """L{Listed <gma_twisted.registration.directoryindex.Listed>}."""

    row: Registration
    role: GMARole
    types: tuple[EventType, ...]


@attrs.define(slots=True, eq=False)
class Wanted:
    """
    Conditions that must all hold.

    @ivar roles: one of these
    @ivar templates: one of the event types could match what one of these does; C{None} for any entry, also one without
        event types
    @ivar pairs: attributes it has
    @ivar globs: names of attributes, and globs of their values, that it has; together of L{MAX_GLOB} characters
    @ivar names: of event types that can be meant, with an empty one for all that are globs; C{None} when a name of any
        kind can
    """

    roles: Sequence[GMARole]
    templates: Sequence[Template] | None
    pairs: Sequence[tuple[str, str]] = ()
    globs: Sequence[tuple[str, Glob]] = ()
    names: Sequence[str] | None = attrs.field(init=False)
    # By their numbers, so that none is kept that no entry has: how many templates do not meet them, or that one does.
    _compared: dict[int, int] = attrs.field(factory=dict, init=False, repr=False)

    @names.default
    def _namesMeant(self) -> Sequence[str] | None:
        if self.templates is None or not all(one.isExact for one in self.templates):
            return None
        return list(dict.fromkeys([*(one.name for one in self.templates), ""]))

    @classmethod
    def of(
        cls,
        roles: Sequence[GMARole],
        templates: Sequence[Template] | None,
        attributes: Sequence[tuple[str, str]],
    ) -> "Wanted":
        """
        What a request says.

        @param attributes: names, and values that may be globs
        @raise TooLarge: L{MAX_ATTRIBUTES}; or all globs together L{MAX_GLOB}: each is compared with every entry
        """
        if sum(len(name) + len(value) for name, value in attributes) > MAX_ATTRIBUTES:
            raise TooLarge(
                f"the attributes asked for have more than {MAX_ATTRIBUTES} characters together"
            )
        pairs = [pair for pair in attributes if not isGlob(pair[1])]
        globs = [pair for pair in attributes if isGlob(pair[1])]
        if sum(len(value) for _, value in globs) > MAX_GLOB:
            raise TooLarge(
                f"the globs of the attributes asked for have more than {MAX_GLOB} characters together"
            )
        return cls(roles, templates, pairs, [(name, Glob(value)) for name, value in globs])

    def accepts(self, candidate: _Candidate, turns: Turns) -> bool | None:
        """
        Whether an entry is wanted.

        @return: C{None} when the turn was over before that was known; asked again it goes on where it was
        """
        if candidate.role not in self.roles:
            return False
        attributes = candidate.row.attributes
        for pair in self.pairs:
            if pair not in attributes:
                return False
        for name, glob in self.globs:
            if not any(one == name and glob.matches(value) for one, value in attributes):
                return False
        return self.templates is None or self._meets(candidate.types, self.templates, turns)

    def _meets(
        self, types: Sequence[EventType], templates: Sequence[Template], turns: Turns
    ) -> bool | None:
        compared, most = self._compared, len(templates)
        hasMoved = False
        for one in types:
            count = known = compared.get(one.number, 0)
            while 0 <= count < most and not (hasMoved and turns.isOver):
                # One step at least, however late it is: who asks again and again gets an answer.
                hasMoved = True
                count = _MET if templates[count].overlaps(one.template) else count + 1
            if count != known:
                if len(compared) >= _COMPARED:
                    compared.clear()
                compared[one.number] = count
            if count == _MET:
                return True
            if count < most:
                return None
        return False
