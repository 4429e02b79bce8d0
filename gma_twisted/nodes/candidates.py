"""The producers that a directory names for a C{[subscribe.NAME]}: how many are read, and which of them have a place."""

from collections import Counter
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import attrs

from gma_twisted.client.gma import RegistryProxy
from gma_twisted.configuration import SubscribeSection
from gma_twisted.errors import GMAError
from gma_twisted.model import Handle
from gma_twisted.model.gma import GMARole
from gma_twisted.nodes.rolefits import templateOf

__all__ = ["Candidates", "SubscribingLimits", "producersOf"]

_PAGES = 200
_LONGEST = 2048


@attrs.frozen(slots=True)
class SubscribingLimits:
    """
    To how many a consumer subscribes because a directory names them: anybody who may register can be among those.

    @ivar producers: of one directory
    @ivar perHost: those of them that are at one host
    @ivar named: that are read of a directory at most
    """

    producers: int = 500
    perHost: int = 64
    named: int = 10_000


@attrs.frozen(slots=True, eq=False)
class Candidates:
    """
    Who has a place, and who is left out.

    @ivar chosen: URLs of producers
    @ivar left: those for whom there is none
    """

    chosen: list[str]
    left: list[str]

    @classmethod
    def of(
        cls,
        urls: Iterable[str],
        rank: Callable[[str], float],
        most: int,
        perHost: int,
    ) -> "Candidates":
        """
        Choose.

        @param rank: of a URL; the lowest have their places first
        @param most: places
        @param perHost: of them at one host
        """
        made = cls([], [])
        hosts: Counter[str] = Counter()
        for url in sorted(urls, key=rank):
            host = urlsplit(url).hostname or ""
            if len(made.chosen) < most and hosts[host] < perHost:
                hosts[host] += 1
                made.chosen.append(url)
            else:
                made.left.append(url)
        return made


async def producersOf(
    registry: RegistryProxy, section: SubscribeSection, most: int
) -> tuple[list[str], bool]:
    """
    Ask a directory for the producers of a section, page by page.

    @param most: entries that are read, whatever it says there is
    @return: their URLs, each once; and whether these are all
    @raise GMAError: it does not answer as it should
    """
    found: dict[str, None] = {}
    cursors: set[str | None] = {None}
    cursor: str | None = None
    count = 0
    for _ in range(_PAGES):
        page = await registry.search(
            GMARole.PRODUCER, templateOf(section), attributes=section.attributes, cursor=cursor
        )
        count += len(page.entries)
        found.update((one.endpoint, None) for one in page.entries if _isUsable(one.endpoint))
        cursor = page.cursor
        if cursor is None:
            return list(found)[:most], len(found) <= most
        # A page that was read already is no further one.
        if cursor in cursors or count >= most:
            break
        cursors.add(cursor)
    return list(found)[:most], False


def _isUsable(endpoint: str) -> bool:
    if len(endpoint) > _LONGEST:
        return False
    try:
        Handle.parse(endpoint)
    except GMAError:
        return False
    return True
