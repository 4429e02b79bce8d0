"""The status page: what the node is, what it serves, how its providers and its sources do, and who registered where."""

from collections.abc import Awaitable, Iterator, Mapping

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.filepath import FilePath
from twisted.web.http import Request
from twisted.web.iweb import IRenderable
from twisted.web.template import Element, Tag, XMLFile, renderer

from gma_twisted.console.counters import allCounters
from gma_twisted.console.face import HTMLFace
from gma_twisted.console.kept import Kept
from gma_twisted.console.passing import passing
from gma_twisted.console.words import milliseconds, since, span, until
from gma_twisted.interfaces import INodeControl
from gma_twisted.timing import Turns, toDeferred

__all__ = ["StatusPage"]

_TROUBLE = frozenset({"failed", "backoff", "hung", "error"})
_COLUMNS = ("name", "state", "runs", "failures", "skips", "lastDuration", "nextRun", "lastError")
_MOST_SOURCES = 100
# The first rows are those that need somebody.
_ORDER = {"failed": 0, "stale": 1, "connecting": 2, "live": 3}
_OUTCOMES = {
    "good": "was applied",
    "partial": "was applied in part; the log says what was not, and why",
    "bad": "is bad, and nothing was changed; the log says why",
}
_SOURCE = ("source", "id", "names", "state", "values", "refused", "lastNotice", "reason")
_MEMBERSHIP = ("registry", "service", "state", "until", "lastError")


class StatusElement(Element):
    """The page, filled from a node; see C{status.xml}."""

    loader = XMLFile(FilePath(__file__).sibling("status.xml"))

    def __init__(self, node: INodeControl, turns: Turns) -> None:
        """
        @param node: asked while the page is made
        @param turns: of the page
        """
        super().__init__()
        self._node = node
        self._turns = turns

    @renderer
    def facts(self, request: object, tag: Tag) -> Tag:
        """Who the node is."""
        node = self._node
        return tag.fillSlots(
            name=node.name,
            kind=node.kind,
            role=f" ({node.role})" if node.role else "",
            version=node.version,
            uptime=span(node.uptime()),
            elements=str(node.elementCount()),
            subscriptions=str(node.subscriptions()),
            baseUrl=node.baseUrl,
        )

    @renderer
    def services(self, request: object, tag: Tag) -> Iterator[Tag]:
        """One item for each service."""
        for path in self._node.services():
            yield tag.clone().fillSlots(
                path=path, url=f"{self._node.baseUrl}{path}", wsdl=f"{path}?wsdl"
            )

    @renderer
    def listening(self, request: object, tag: Tag) -> Iterator[Tag]:
        """One item for each place where lines come in."""
        for place in self._node.listening():
            yield tag.clone().fillSlots(place=place)

    @renderer
    def providers(self, request: object, tag: Tag) -> Iterator[Tag | Deferred[str]]:
        """One row for each provider, or one that says there is none."""
        rows, now = self._node.providers(), self._node.wallTime()
        for row in rows:
            yield tag.clone().fillSlots(**_cells(row, now))
            yield from self._breath()
        if not rows:
            empty = dict.fromkeys((*_COLUMNS, "until"), "")
            yield tag.clone().fillSlots(**{**empty, "mark": "", "name": "no provider is installed"})

    @renderer
    def aggregation(self, request: object, tag: Tag) -> Tag | str:
        """What is copied, where something is; how much of it, when it is too much for a page."""
        count = len(self._node.sources())
        more = f" (the {_MOST_SOURCES} that need you most, of {count})"
        return tag.fillSlots(more=more if count > _MOST_SOURCES else "") if count else ""

    @renderer
    def sources(self, request: object, tag: Tag) -> Iterator[Tag | Deferred[str]]:
        """One row for each source."""
        now = self._node.wallTime()
        rows = sorted(self._node.sources(), key=lambda row: _ORDER.get(row.get("state", ""), 0))
        for row in rows[:_MOST_SOURCES]:
            last = row.get("lastNotice", "")
            yield tag.clone().fillSlots(
                **{name: row.get(name, "") for name in _SOURCE},
                heard=since(last, now) if last else "",
                # One that has only begun is none.
                mark="trouble" if row.get("reason") or row.get("state") == "stale" else "",
            )
            yield from self._breath()

    @renderer
    def passing(self, request: object, tag: Tag) -> Tag | str:
        """The counters of events, where some pass."""
        return tag if any(passing(self._node)) else ""

    @renderer
    def parts(self, request: object, tag: Tag) -> Iterator[Tag]:
        """One row for each part that events pass, with its counters."""
        for part, counts in passing(self._node):
            words = ", ".join(f"{name} {count}" for name, count in counts.items())
            yield tag.clone().fillSlots(part=part, counts=words)

    @renderer
    def registry(self, request: object, tag: Tag) -> Tag | str:
        """The counters of the registry, where there is one."""
        rows = self._node.registry()
        return tag if rows else ""

    @renderer
    def held(self, request: object, tag: Tag) -> Iterator[Tag]:
        """One row for each counter of the registry."""
        for name, count in self._node.registry().items():
            yield tag.clone().fillSlots(name=name, count=str(count))

    @renderer
    def elsewhere(self, request: object, tag: Tag) -> Tag | str:
        """The registrations elsewhere, where there are any."""
        return tag if self._node.memberships() else ""

    @renderer
    def memberships(self, request: object, tag: Tag) -> Iterator[Tag | Deferred[str]]:
        """One row for each service registered elsewhere."""
        now = self._node.wallTime()
        for row in self._node.memberships():
            ends = row.get("until", "")
            yield tag.clone().fillSlots(
                **{name: row.get(name, "") for name in _MEMBERSHIP},
                ends=until(ends, now) if ends else "",
                mark="trouble" if row.get("lastError") else "",
            )
            yield from self._breath()

    @renderer
    def reloads(self, request: object, tag: Tag) -> Tag | str:
        """What became of the last reload, where there was one, and what waits for the next start."""
        told = self._node.reloads()
        if not told["last"]:
            return ""
        return tag.fillSlots(
            outcome=_OUTCOMES.get(str(told["outcome"]), str(told["outcome"])),
            at=str(told["last"]),
            ago=since(str(told["last"]), self._node.wallTime()),
            later=f"; at the next start take effect: {told['later']}" if told["later"] else "",
            mark="" if told["outcome"] == "good" else "trouble",
        )

    @renderer
    def overload(self, request: object, tag: Tag) -> Tag | str:
        """A line while requests are refused."""
        node = self._node
        return (
            tag.fillSlots(count=str(sum(node.turnedAway().values()))) if node.isOverloaded() else ""
        )

    @renderer
    def counters(self, request: object, tag: Tag) -> Iterator[Tag]:
        """One row for each counter of the Gate."""
        for name, count in allCounters(self._node.requests()).items():
            yield tag.clone().fillSlots(name=name, count=str(count))

    def _breath(self) -> Iterator[Deferred[str]]:
        # What has been given by now is written already: a row takes a fifth of a millisecond.
        if self._turns.isOver:
            yield toDeferred(self._rest())

    async def _rest(self) -> str:
        await self._turns.breathe()
        return ""


def _cells(row: Mapping[str, str], now: float) -> dict[str, str]:
    cells = {column: row.get(column, "") for column in _COLUMNS}
    return {
        **cells,
        "lastDuration": milliseconds(cells["lastDuration"]),
        "until": until(cells["nextRun"], now) if cells["nextRun"] else "",
        "mark": "trouble" if cells["state"] in _TROUBLE else "",
    }


class StatusPage(HTMLFace):
    """C{/}; at most a second old."""

    def __init__(self, node: INodeControl, clock: IReactorTime) -> None:
        """
        @param node: shown
        @param clock: for the turns that a long page takes
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self._node = node
        self._clock = clock
        self._kept = Kept(node.uptime)

    def body(self, request: Request) -> Awaitable[bytes]:
        """See L{Face.body}."""
        return self._kept.read(lambda: self.made(request))

    def element(self, request: Request) -> IRenderable:
        """See L{HTMLFace.element}."""
        return StatusElement(self._node, Turns(self._clock))
