"""What all planes of lines are: data URLs that are judged, and groups of those who ask for the same."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence

import attrs
from zope.interface import implementer

from gma_twisted.errors import NotRepresentable, ParameterError, cut
from gma_twisted.interfaces.gma import IEventChannel, IStreamPlane
from gma_twisted.model import Caller
from gma_twisted.model.event import Event
from gma_twisted.model.gma import Terms
from gma_twisted.netlogger.dataurl import TCP, DataUrl, LineFormat
from gma_twisted.netlogger.lines import LineWriter, styleOf
from gma_twisted.streams.counts import StreamCounts
from gma_twisted.streams.group import Group
from gma_twisted.streams.held import Held
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.way import Closing, Shared, Way, WayUser
from gma_twisted.timing import Backoff, NodeClock, Slices

__all__ = ["AGAIN", "LinePlane"]

AGAIN = Backoff(1.0, 60.0)
"""Pauses between attempts."""

# URLs that were admitted, and to which no way was opened yet.
_ADMITTED = 1_000
_ENCODINGS = tuple(one.value for one in LineFormat)


@implementer(IStreamPlane)
class LinePlane:
    """
    Lines of one scheme of data URLs.

    @ivar schemes: see L{IDataPlane <gma_twisted.interfaces.gma.IDataPlane>}
    @ivar encodings: see L{IDataPlane <gma_twisted.interfaces.gma.IDataPlane>}
    @ivar shared: what its groups share
    """

    encodings: Sequence[str] = _ENCODINGS

    def __init__(
        self,
        scheme: str,
        open: Callable[[DataUrl, str, WayUser], Way],
        admit: Callable[[DataUrl, Caller], Awaitable[str]],
        clock: NodeClock,
        random: Callable[[], float],
        limits: StreamLimits,
        backoff: Backoff,
        lineBytes: float = float("inf"),
    ) -> None:
        """
        @param open: makes the way to a URL, at the only address lines may go to; empty for any
        @param admit: asked whether lines may go where somebody says; gives that address; raises L{Refused
            <gma_twisted.errors.Refused>}
        @param random: gives a number in C{[0, 1)}
        @param backoff: pauses between attempts to reach somebody
        @param lineBytes: most bytes of a line
        """
        self.schemes: Sequence[str] = (scheme,)
        counts = StreamCounts()
        self.shared = Shared(
            clock, random, limits, backoff, counts, Slices(clock), Closing(), Held(counts)
        )
        self._makeWay = open
        self._admit = admit
        self._lineBytes = lineBytes
        self._admitted: OrderedDict[str, str] = OrderedDict()

    @property
    def counts(self) -> StreamCounts:
        """What became of its lines."""
        return self.shared.counts

    def check(self, url: str, encoding: str | None, caller: Caller) -> Awaitable[None]:
        """See L{IDataPlane <gma_twisted.interfaces.gma.IDataPlane>}."""
        parsed = self._parsed(url)
        _checkConstants(styleOf(parsed, encoding))
        return self._ask(url, parsed, caller)

    async def _ask(self, url: str, parsed: DataUrl, caller: Caller) -> None:
        address = await self._admit(parsed, caller)
        # Whoever checks opens the way in that very turn, if ever.
        self._admitted[url] = address
        self._admitted.move_to_end(url)
        if len(self._admitted) > _ADMITTED:
            self._admitted.popitem(last=False)

    def open(self, terms: Terms, callerId: int) -> IEventChannel:
        """Nothing: see L{IStreamPlane}. @raise ParameterError: always"""
        raise ParameterError(
            f'to "{self.schemes[0]}:" events go as lines only, from the beginning',
            parameter="dataUrl",
        )

    def kindOf(self, terms: Terms) -> Hashable:
        """See L{IStreamPlane}."""
        return styleOf(self._parsed(terms.dataUrl), terms.encoding), terms.rateLimit

    def group(self, terms: Terms, life: str) -> Group:
        """See L{IStreamPlane}."""
        style = styleOf(self._parsed(terms.dataUrl), terms.encoding)
        return Group(self.shared, style, life, self._lineBytes, self._open)

    async def stop(self) -> None:
        """See L{IStreamPlane}."""
        self.shared.slices.stop()
        # How long each takes is bounded.
        await self.shared.closing.wait()

    def _open(self, terms: Terms, user: WayUser) -> Way:
        address = self._admitted.pop(terms.dataUrl, "")
        return self._makeWay(self._parsed(terms.dataUrl), address, user)

    def _parsed(self, url: str) -> DataUrl:
        parsed = DataUrl.parse(url)
        if parsed.scheme not in self.schemes:
            raise ParameterError(
                f'the data URL "{parsed.place}" is not of {self.schemes[0]}:', parameter="dataUrl"
            )
        if parsed.isNumbered and parsed.scheme != TCP:
            raise ParameterError(
                f'lines have numbers on "{TCP}:" only, where what is missing can be seen; the data URL '
                f'"{parsed.place}" asks for them',
                parameter="dataUrl",
                cure='leave out "numbers=yes"',
            )
        return parsed


def _checkConstants(style: LineWriter) -> None:
    """Whether there will be any line at all. @raise ParameterError: not with one of the constants; names it"""
    for name, value in style.constants:
        probe = attrs.evolve(style, constants=((name, value),), isNumbered=False)
        try:
            probe.write(Event("event", 0))
        except (NotRepresentable, ParameterError) as error:
            raise ParameterError(
                f'the data URL has "const.{cut(name, 60)}", which no line of it can hold: {error.what}',
                parameter="dataUrl",
                cure=error.cure or "leave it out, or choose another name or text",
            ) from None
