"""A directory elsewhere: C{proxy = await RegistryProxy.connect(url, caller)} (WIRE 6)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gma_twisted.client.gmacomponent import ComponentProxy, Template, asTemplate, newId
from gma_twisted.errors import ParameterError, cut
from gma_twisted.model.gma import GMAEntry, GMARole, SearchAnswer
from gma_twisted.soap.porttypes.gma import DIRECTORY

__all__ = ["Added", "Attributes", "RegistryProxy", "Watching"]


class Added(NamedTuple):
    """
    An entry in a directory.

    @ivar entryId: its id
    @ivar lease: seconds granted, from the request
    @ivar matches: entries of the other role it could talk to
    """

    entryId: str
    lease: float
    matches: Sequence[GMAEntry]


class Watching(NamedTuple):
    """
    A watch at a directory.

    @ivar callerId: under which the consumer is told
    @ivar watchId: what the directory calls it
    @ivar lease: seconds granted, from the request
    """

    callerId: int
    watchId: int
    lease: float


Attributes = Mapping[str, str] | Iterable[tuple[str, str]]
"""Pairs of name and value."""


class RegistryProxy(ComponentProxy):
    """A directory of producers and consumers elsewhere (pyGMA's Registry)."""

    role = GMARole.REGISTRY
    path = "/services/directory"
    portType = DIRECTORY

    async def add(self, entry: GMAEntry, lease: float | None = None) -> Added:
        """
        Add a producer or consumer; what its owner has added before with the same role and endpoint is renewed instead.

        @param lease: seconds; C{None} for the usual ones
        @raise TooLarge: a bound of the directory
        """
        return Added(*await self._call("add", entry=entry, lease=lease))

    async def update(self, entryId: str, entry: GMAEntry, lease: float | None = None) -> Added:
        """
        Put another entry in the place of one; role and endpoint must be the same.

        @raise ParameterError: there is none of this id, or it is another's
        """
        granted, matches = await self._call("update", entryId=entryId, entry=entry, lease=lease)
        return Added(entryId, granted, matches)

    async def remove(self, entryId: str) -> None:
        """End an entry. @raise ParameterError: as L{update}"""
        await self._call("remove", entryId=entryId)

    async def renew(self, entryId: str, lease: float | None = None) -> float:
        """@return: seconds granted. @raise ParameterError: as L{update}"""
        granted: float = await self._call("renew", entryId=entryId, lease=lease)
        return granted

    async def renewMany(
        self, entryIds: Iterable[str], lease: float | None = None
    ) -> Mapping[str, float | None]:
        """@return: by id the seconds granted; C{None} for one that is unknown or another's"""
        results = await self._call("renewMany", entryId=list(entryIds), lease=lease)
        return dict(results)

    async def search(
        self,
        role: GMARole | str | None = None,
        template: Template | None = None,
        xpath: str | None = None,
        attributes: Attributes = (),
        limit: int | None = None,
        cursor: str | None = None,
    ) -> SearchAnswer:
        """
        Who there is; all that is given must hold.

        @param template: one of the entry's event types could match what this one does
        @param xpath: selects entries among the registry's C{ogsi:entry}
        @param attributes: each must be among the entry's; a value may be a glob
        @param limit: entries of a page
        @param cursor: of the page before
        @raise ParameterError: what cannot be used
        """
        page: SearchAnswer = await self._call(
            "search",
            role=_roleText(role),
            template=None if template is None else asTemplate(template),
            xpath=xpath,
            attribute=_pairs(attributes),
            limit=limit,
            cursor=cursor,
        )
        return page

    async def watch(
        self,
        consumer: str,
        role: GMARole | str | None = None,
        template: Template | None = None,
        attributes: Attributes = (),
        callerId: int | None = None,
        lease: float | None = None,
    ) -> Watching:
        """
        Have a consumer told of every entry that is there, that comes, changes and goes. Parameters as L{search}.

        Asked again for the same consumer and C{callerId}, the watch is renewed.

        @param consumer: its URL
        @param callerId: under which it is told; C{None} for a new random number
        @raise Refused: the directory may not call there
        """
        own = newId() if callerId is None else callerId
        watchId, granted = await self._call(
            "watch",
            role=_roleText(role),
            template=None if template is None else asTemplate(template),
            attribute=_pairs(attributes),
            consumer=consumer,
            callerId=own,
            lease=lease,
        )
        return Watching(own, watchId, granted)

    async def unwatch(self, watchId: int) -> int:
        """End a watch. @return: its id. @raise ParameterError: there is none of this id, or it is another's"""
        ended: int = await self._call("unwatch", watchId=watchId)
        return ended


def _roleText(role: GMARole | str | None) -> str | None:
    return role.value if isinstance(role, GMARole) else role


def _pairs(attributes: Attributes) -> list[tuple[str, str]]:
    pairs = list(attributes.items() if isinstance(attributes, Mapping) else attributes)
    for one in pairs:
        if not (isinstance(one, tuple | list) and len(one) == 2):
            raise ParameterError(f"an attribute is a pair of name and value, not {cut(one)}")
    return pairs
