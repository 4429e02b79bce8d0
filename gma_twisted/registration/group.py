"""OGSI's face of a catalogue: C{add} and C{remove} of a ServiceGroupRegistration (OGSI 1.0, 12.3; WIRE 3)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import (
    AddRefused,
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    GMAError,
    MatchFailed,
    RemoveFailed,
    TooLarge,
    cut,
)
from gma_twisted.interfaces import IServiceGroupRegistration
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import OGSI, ogsi
from gma_twisted.model import OURSELVES, Caller, Expression, Locator, Registration, TerminationTime
from gma_twisted.registration.catalogue import Catalogue
from gma_twisted.registration.content import readContent
from gma_twisted.registration.ending import Ending
from gma_twisted.soap.types import LOCATOR, Part, readParts

__all__ = ["GroupRegistration"]

_MATCH = ogsi("matchByLocatorEquivalence")
_MOST = 64
_PARTS = (Part.many("locator", LOCATOR),)


@implementer(IServiceGroupRegistration)
@attrs.frozen(slots=True, eq=False)
class GroupRegistration:
    """
    The service group face of a catalogue; what L{ServiceRegistrar
    <gma_twisted.registration.registrar.ServiceRegistrar>} adds is seen here too.

    @ivar catalogue: of the service
    """

    catalogue: Catalogue

    async def add(
        self,
        serviceLocator: Locator,
        content: Expression | None,
        terminationTime: TerminationTime | None,
        caller: Caller = OURSELVES,
    ) -> tuple[Locator, TerminationTime]:
        """
        See L{IServiceGroupRegistration}.

        Times in the past count as the shortest lifetime, so that a caller whose clock is late learns ours from the
        answer.
        """
        if not serviceLocator.handles:
            raise AddRefused("the locator of a member needs a handle")
        catalogue = self.catalogue
        now = catalogue.clock.wallTime()
        seconds = None if terminationTime is None else terminationTime.seconds(now)
        given = readContent(content)
        try:
            row, _ = await catalogue.keep(
                serviceLocator, caller.owner, content=given, seconds=seconds
            )
        except TooLarge as error:
            raise AddRefused(error.message) from None
        end = catalogue.clock.toWall(row.until)
        granted = TerminationTime(end, end, catalogue.clock.wallTime())
        return Locator((catalogue.handleOf(row.entry),)), granted

    async def remove(self, matchExpression: Expression, caller: Caller = OURSELVES) -> None:
        """
        See L{IServiceGroupRegistration}; only the caller's own entries are ended.

        An entry matches when its locator is equivalent to one of those given (OGSI 1.0, 12.3.2).

        @raise ExtensibilityNotSupported: no C{matchByLocatorEquivalence}
        @raise ExtensibilityTypeError: a malformed one, one without a locator, or with more than 64
        """
        if matchExpression.name != _MATCH:
            raise ExtensibilityNotSupported(
                f'"{cut(matchExpression.name)}" matches nothing here; there is {_MATCH.clark}'
            )
        wanted = matchExpression.read(_locators)
        matching = list(self._matching(wanted))
        own = [row.entry for row in matching if caller.owns(row.owner)]
        if matching and not own:
            raise RemoveFailed(
                f"the {len(matching)} entries of {_shown(wanted)} that match belong to others"
            )
        if not await self.catalogue.end(own, Ending.UNREGISTERED):
            raise MatchFailed(f'no entry here has the locator of "{_shown(wanted)}"')

    def _matching(self, wanted: Sequence[Locator]) -> Iterator[Registration]:
        # By handle, so that each entry is looked at once; a locator without one is no member's.
        byHandle: defaultdict[str, set[Locator]] = defaultdict(set)
        for locator in wanted:
            byHandle[_handleOf(locator)].add(locator)
        for handle, locators in byHandle.items():
            yield from (
                row for row in self.catalogue.store.ofMember(handle) if row.member in locators
            )


def _locators(expression: Element) -> Sequence[Locator]:
    try:
        locators: Sequence[Locator] = readParts(expression, OGSI, _PARTS)["locator"]
    except GMAError as error:
        raise ExtensibilityTypeError(error.message) from None
    if not 0 < len(locators) <= _MOST:
        raise ExtensibilityTypeError(
            f"{_MATCH.localName} needs 1 to {_MOST} locators, it has {len(locators)}"
        )
    return locators


def _handleOf(locator: Locator) -> str:
    return locator.handles[0].url if locator.handles else ""


def _shown(wanted: Sequence[Locator]) -> str:
    return cut(", ".join(_handleOf(locator) for locator in wanted))
