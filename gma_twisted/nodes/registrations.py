"""Where the services of a node are registered: at registries, and at directories of producers and consumers."""

from collections.abc import Mapping, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.client.directory import DirectoryKeeper, Placement
from gma_twisted.client.keepalive import RegistrationKeeper
from gma_twisted.client.membership import Membership
from gma_twisted.configuration import RegisterSection
from gma_twisted.interfaces import ICaller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMAEntry, GMARole
from gma_twisted.nodes.memberships import membershipsOf
from gma_twisted.timing import NodeClock, gather
from gma_twisted.transport import Service
from gma_twisted.transport.named import NamedPeers

__all__ = ["Played", "Registrations"]

log = Logger()

_NAME = "name"


def _matched(directory: str, entry: GMAEntry, matches: Sequence[GMAEntry]) -> None:
    log.info(
        "{endpoint} is in {directory}, which names {count} it could talk to",
        endpoint=entry.endpoint,
        directory=directory,
        count=len(matches),
    )


@attrs.frozen(slots=True, eq=False)
class Played:
    """
    What a directory knows of a node.

    @ivar path: of the service
    @ivar url: its whole
    @ivar role: of it
    @ivar eventTypes: templates of the events it has, or takes
    """

    path: str
    url: str
    role: GMARole
    eventTypes: Sequence[Event]


class Registrations:
    """
    Keeps what C{[register.NAME]} says, from L{start} until L{stop}; nobody is waited for but at the end.

    Whom the operator named is called with what the node shows to such.
    """

    def __init__(
        self,
        clock: NodeClock,
        caller: ICaller,
        named: NamedPeers,
        services: Sequence[Service],
        nodeName: str,
        played: Sequence[Played] = (),
    ) -> None:
        """
        @param caller: sends
        @param named: whom the operator named
        @param services: of the node, the main one first
        @param nodeName: what they are called there unless it is said otherwise
        @param played: what of them directories know
        """
        self._keeper = RegistrationKeeper(clock, caller)
        self._directories = DirectoryKeeper(clock, caller, _matched)
        self._named = named
        self._services = services
        self._nodeName = nodeName
        self._played = tuple(played)

    def wanted(
        self, sections: Mapping[str, RegisterSection]
    ) -> Mapping[str, Membership | Placement]:
        """What sections say, one for each service, by C{NAME/services/index}. @param sections: each has a URL"""
        registries = {name: one for name, one in sections.items() if not one.isDirectory}
        found: dict[str, Membership | Placement] = {}
        found.update(membershipsOf(registries, self._services, self._nodeName))
        placed: dict[tuple[str, str], tuple[str, Placement]] = {}
        for name, section in sections.items():
            for one in self._played if section.isDirectory else ():
                if one.path in section.services:
                    placement = self._placement(one, section)
                    # Of several that register it at the same place the last one counts.
                    placed[placement.directory, one.path] = (name + one.path, placement)
        found.update(placed.values())
        return found

    def add(self, one: Membership | Placement) -> None:
        """Keep one more. @raise TooLarge: too many are kept. @raise ConfigError: it is kept already"""
        if isinstance(one, Placement):
            self._directories.add(one)
            self._named.add(one.directory)
        else:
            self._keeper.add(one)
            self._named.add(one.registry.url)

    async def remove(self, one: Membership | Placement) -> None:
        """Keep one no longer, and take it out, in a bounded time."""
        if isinstance(one, Placement):
            self._named.remove(one.directory)
            await self._directories.remove(one)
        else:
            self._named.remove(one.registry.url)
            await self._keeper.remove(one)

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}."""
        await self._keeper.start()
        await self._directories.start()

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: what is registered is taken out, in a bounded time."""
        await gather([self._keeper.stop(), self._directories.stop()])

    def status(self) -> Sequence[Mapping[str, str]]:
        """Per registration: registry, service, state, entry, until, failures, lastError; as text."""
        placed = [
            {
                "registry": row["directory"],
                "service": row["endpoint"],
                "state": row["state"],
                "entry": row["entry"],
                "until": "",
                "failures": "",
                "lastError": row["lastError"],
            }
            for row in self._directories.status()
        ]
        return [*self._keeper.status(), *placed]

    def _placement(self, played: Played, section: RegisterSection) -> Placement:
        assert section.at is not None  # the plan was checked
        attributes = [(_NAME, section.memberName or self._nodeName)]
        attributes += [one for one in section.attributes if one[0] != _NAME]
        types = tuple(played.eventTypes)
        entry = GMAEntry(played.role, played.url, types, tuple(attributes))
        return Placement(section.at.url, entry, section.lifetime)
