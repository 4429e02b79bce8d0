"""C{gma subscribe} and C{gma unsubscribe}: who hears of changes."""

import math
from collections.abc import Sequence

import attrs
import click

from gma_twisted.client import Proxy
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.command.asxml import asXML
from gma_twisted.command.calling import passCaller
from gma_twisted.command.names import PATTERN
from gma_twisted.command.output import Format, Table, formatOption, say, show
from gma_twisted.command.parameters import (
    DURATION,
    HANDLE,
    PREFIX,
    timeoutOption,
    valuesTimeoutOption,
)
from gma_twisted.command.place import NODE, Place
from gma_twisted.errors import ParameterError, PeerError, PeerFault, RequestError, UnknownId
from gma_twisted.markup.xsd import writeExtendedDateTime
from gma_twisted.model import (
    Handle,
    Language,
    Locator,
    NameSelector,
    QName,
    Question,
    TerminationTime,
    Topic,
)
from gma_twisted.soap.porttypes import GRID_SERVICE, NOTIFICATION_SOURCE
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression

__all__ = ["subscribe", "unsubscribe"]

_SKEW = 5.0


@attrs.define(slots=True, eq=False)
class _Subscribed:
    """
    A subscription that was granted, as a L{Seat <gma_twisted.client.membership.Seat>} (OGSI 1.0, 11.2).

    @ivar entry: its handle
    @ivar service: a proxy of it
    @ivar caller: knows the wall time
    @ivar seconds: asked for each time
    @ivar until: when it ends, wall time of its node; C{inf} for never
    @ivar ahead: seconds the wall clock of its node is ahead of ours: OGSI asks in absolute times
    """

    entry: Handle
    service: Proxy
    caller: BlockingCaller
    seconds: float
    until: float = math.inf
    ahead: float = 0.0

    def granted(self, time: TerminationTime, wall: float) -> float:
        """
        Take in what was answered.

        @param wall: our wall time before it was asked
        @return: seconds from then on
        @raise PeerError: it makes no sense
        """
        now = wall if time.timestamp is None else time.timestamp
        try:
            seconds = time.seconds(now)
        except ParameterError as error:
            raise PeerError(
                f"{self.entry} answered times that cannot be: {error.message}"
            ) from None
        self.ahead = now - wall
        granted = self.seconds if seconds is None else seconds
        self.until = now + granted
        return granted

    async def renew(self) -> float:
        """See L{Seat.renew <gma_twisted.client.membership.Seat.renew>}."""
        wall = self.caller.wallTime()
        try:
            time = await self.service.requestTerminationAfter(wall + self.ahead + self.seconds)
        except (PeerFault, RequestError) as error:
            # What is not there cannot be told from what refuses: both want a new subscription.
            raise UnknownId(f"{self.entry} cannot be renewed: {error.message}") from None
        return self.granted(time, wall)

    async def leave(self) -> None:
        """See L{Seat.leave <gma_twisted.client.membership.Seat.leave>}."""
        await self.service.destroy()


@click.command()
@click.argument("node", type=NODE)
@click.argument("names", metavar="[NAME...]", type=PATTERN, nargs=-1)
@click.option("--sink", type=HANDLE, required=True, help="URL that notices are POSTed to.")
@click.option("--xpath", metavar="EXPR", help="Tell what this XPath gives, when that changes.")
@click.option("--xquery", metavar="EXPR", help="The same in XQuery.")
@click.option(
    "--ns",
    "namespaces",
    type=PREFIX,
    multiple=True,
    metavar="PREFIX=URI",
    help="A prefix in EXPR; may be repeated. Known ones such as glue need none.",
)
@click.option("--lifetime", type=DURATION, default="10m", show_default=True, help="How long.")
@click.option("--min-interval", "least", type=DURATION, help="Between two notices at least.")
@click.option(
    "--max-interval", "most", type=DURATION, help="A notice after that though nothing changed."
)
@click.option("--changes", is_flag=True, help="Only what changed (our nodes).")
@click.option("--snapshot", is_flag=True, help="First everything there is (our nodes).")
@click.option("--keep", "isKept", is_flag=True, help="Renew until Ctrl-C, then unsubscribe.")
@formatOption()
@valuesTimeoutOption
@passCaller
def subscribe(
    caller: BlockingCaller,
    node: Place,
    names: Sequence[QName],
    sink: Handle,
    xpath: str | None,
    xquery: str | None,
    namespaces: Sequence[tuple[str, str]],
    lifetime: float,
    least: float | None,
    most: float | None,
    changes: bool,
    snapshot: bool,
    isKept: bool,
    format: Format,
    timeout: float,
) -> None:
    """Have NODE tell a sink when NAME changes.

    With --xpath or --xquery it is told what the expression gives over NAME, when that changes.
    NAME is {uri}local, prefix:local for a known prefix such as glue, or glue:* for all of them. An
    expression sees everything when there is no NAME.

    Example: gma subscribe 127.0.0.1:8480 glue:Host --sink http://127.0.0.1:9000/
    """
    try:
        expression = SubscribeExpression(
            _topic(names, changes, xpath, xquery, namespaces),
            least or 0.0,
            most or math.inf,
            snapshot,
        )
    except ParameterError as error:
        raise click.UsageError(error.message) from None
    source = Proxy([NOTIFICATION_SOURCE], node.service(caller, timeout), caller, timeout)

    def take() -> tuple[_Subscribed, float]:
        wall = caller.wallTime()
        locator, time = finished(
            source.subscribe(
                writeSubscribeExpression(expression), Locator((sink,)), wall + lifetime
            )
        )
        if not locator.handles:
            raise PeerError(f"{source.handle} made a subscription without a handle")
        handle = locator.handles[0]
        service = Proxy([GRID_SERVICE], handle, caller, timeout)
        subscribed = _Subscribed(handle, service, caller, lifetime)
        return subscribed, subscribed.granted(time, wall)

    subscribed, granted = take()
    if abs(subscribed.ahead) > _SKEW:
        say(f"the clock of {source.handle} is {subscribed.ahead:+.0f} s from the one here")
    told = {
        "subscription": subscribed.entry.url,
        "terminationTime": writeExtendedDateTime(subscribed.until),
    }

    def tell() -> None:
        show(
            format,
            lambda: Table(["SUBSCRIPTION", "UNTIL"], [list(told.values())]),
            lambda: told,
            lambda: asXML("subscribed", told),
        )

    if isKept:
        # Here, because it brings Twisted by the room of timing.
        from gma_twisted.command.keeping import keep  # noqa: PLC0415

        keep(caller, subscribed, granted, take, tell)
    else:
        tell()


def _topic(
    names: Sequence[QName],
    changes: bool,
    xpath: str | None,
    xquery: str | None,
    namespaces: Sequence[tuple[str, str]],
) -> Topic:
    """@raise UsageError: it cannot be told what is meant"""
    selectors = tuple(NameSelector(one) for one in dict.fromkeys(names))
    asked = [
        (language, text)
        for language, text in ((Language.XPATH, xpath), (Language.XQUERY, xquery))
        if text is not None
    ]
    if len(asked) > 1:
        raise click.UsageError("--xpath and --xquery are two subscriptions; give one of them")
    if asked:
        language, text = asked[0]
        prefixes = tuple(sorted(dict(namespaces).items()))
        return Topic(selectors, changes, Question(language, text, selectors, prefixes))
    if namespaces:
        raise click.UsageError("--ns is for an expression; give --xpath or --xquery too")
    if not selectors or any(one.namespace == "*" for one in names):
        raise click.UsageError("give the NAME of values, with a namespace; or --xpath or --xquery")
    return Topic(selectors, changes)


@click.command()
@click.argument("handle", type=HANDLE)
@timeoutOption
@passCaller
def unsubscribe(caller: BlockingCaller, handle: Handle, timeout: float) -> None:
    """End the subscription HANDLE.

    HANDLE is what gma subscribe printed.

    Example: gma unsubscribe http://HOST:8480/services/index/subscriptions/ID
    """
    finished(Proxy([GRID_SERVICE], handle, caller, timeout).destroy())
