"""C{gma ls} and C{gma get}: what a node knows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import click

from gma_twisted.client import Found, Proxy, findByName
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.command.asjson import leaves, treeOf, valueAsJSON
from gma_twisted.command.calling import passCaller
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.names import QNAME, SELECTION
from gma_twisted.command.output import Format, Table, formatOption, show
from gma_twisted.command.parameters import valuesTimeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.configuration.spelling import spellName
from gma_twisted.errors import ParameterError, PeerError, TooLarge
from gma_twisted.markup import ReceivedValue, serialise
from gma_twisted.markup.namespaces import SD, ogsi
from gma_twisted.markup.xsd import readQName, writeDateTime
from gma_twisted.model import Freshness, Handle, QName
from gma_twisted.soap.porttypes import GRID_SERVICE

__all__ = ["Asked", "Value", "document", "get", "ls"]

_MOST_PAGES = 10_000
_PER_PAGE = 1000
_NAMES = ogsi("serviceDataName")


@attrs.frozen(slots=True)
class Asked:
    """
    A service whose service data is read.

    @ivar proxy: of the service
    """

    proxy: Proxy

    @classmethod
    def at(cls, node: Place, caller: BlockingCaller, timeout: float) -> "Asked":
        """@param timeout: seconds for each call. @raise PeerError: as L{Place.service}"""
        return cls(Proxy((GRID_SERVICE,), node.service(caller, timeout), caller, timeout))

    def pages(
        self, *names: QName, originator: str | None, key: str | None, freshness: Freshness
    ) -> Iterator[Found]:
        """
        Every value, in bounded answers.

        @raise TargetInvalid: the service does not know the name
        @raise TooLarge: more pages than anybody reads
        """
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            found = finished(
                findByName(
                    self.proxy,
                    *names,
                    originator=originator,
                    key=key,
                    freshness=freshness,
                    limit=_PER_PAGE,
                    cursor=cursor,
                )
            )
            yield found
            if found.cursor is None:
                return
            if found.cursor == cursor:
                raise PeerError(f"{self.proxy.handle} gives the same page again and again")
            cursor = found.cursor
        raise TooLarge(f"more than {_MOST_PAGES * _PER_PAGE} values; ask for fewer")

    def values(
        self,
        *names: QName,
        originator: str | None = None,
        key: str | None = None,
        freshness: Freshness = Freshness.ANY,
    ) -> Sequence["Value"]:
        """As L{pages}, in one."""
        pages = self.pages(*names, originator=originator, key=key, freshness=freshness)
        return [Value(one, found.sent) for found in pages for one in found.values]

    def names(self) -> Sequence[QName]:
        """The names of its service data, sorted."""
        return _namesIn(_found(self, _NAMES), self.proxy.handle)


@attrs.frozen(slots=True)
class Value:
    """
    A value that was read.

    @ivar received: it
    @ivar sent: the sender's wall time at that moment, seconds since 1970; C{None} when it does not say
    """

    received: ReceivedValue
    sent: float | None

    @property
    def isStale(self) -> bool:
        """Whether it is past what its source promised."""
        until = self.received.goodUntil
        return until is not None and self.sent is not None and until <= self.sent

    @property
    def lasts(self) -> str:
        """How long it is good, or readable yet, in words; by the sender's clock."""
        if self.isStale:
            return f"stale, {self._until(self.received.availableUntil)} left"
        return self._until(self.received.goodUntil)

    def _until(self, instant: float | None) -> str:
        if instant is None or instant == math.inf:
            return "no end"
        if self.sent is None:
            return f"until {writeDateTime(instant)}"
        return f"{max(0.0, instant - self.sent):.0f} s"

    def asJSON(self) -> Mapping[str, object]:
        """See L{valueAsJSON}."""
        return valueAsJSON(self.received, self.isStale)


def document(values: Sequence[Value]) -> bytes:
    """The values as one C{sd:serviceDataValues}, each as it was said."""
    inner = b"\n".join(serialise(treeOf(one.received)) for one in values)
    return b'<sd:serviceDataValues xmlns:sd="%b">\n%b\n</sd:serviceDataValues>' % (
        SD.encode(),
        inner,
    )


@click.command()
@click.argument("node", type=NODE)
@click.argument("name", type=SELECTION, required=False)
@formatOption()
@valuesTimeoutOption
@passCaller
def ls(
    caller: BlockingCaller, node: Place, name: QName | None, format: Format, timeout: float
) -> None:
    """The names of NODE's service data, or the values of NAME.

    NAME is {uri}local, prefix:local for a known prefix such as glue, or glue:* for all of them.

    Example: gma ls 127.0.0.1:8480
    """
    service = Asked.at(node, caller, timeout)
    values = _found(service, name or _NAMES)
    if name is None:
        names = sorted({_nameIn(one, service.proxy.handle) for one in values})
        table = Table(["NAME"], [[spellName(one)] for one in names])
        json: list[object] = [one.clark for one in names]
    else:
        table = Table(["NAME", "KEY", "GOOD FOR", "FROM"], [_row(one) for one in values])
        json = [one.asJSON() for one in values]
    show(format, lambda: table, lambda: json, lambda: document(values))


@click.command()
@click.argument("node", type=NODE)
@click.argument("name", type=QNAME)
@click.option("--originator", help="Only what this service said.")
@click.option("--key", help="Only the value with this key.")
@click.option("--fresh", is_flag=True, help="Only values that are good now.")
@formatOption(Format.XML)
@valuesTimeoutOption
@passCaller
def get(
    caller: BlockingCaller,
    node: Place,
    name: QName,
    originator: str | None,
    key: str | None,
    fresh: bool,
    format: Format,
    timeout: float,
) -> None:
    """The values of NAME at NODE, whole.

    NAME is {uri}local, or prefix:local for a known prefix such as glue.

    Example: gma get 127.0.0.1:8480 glue:Host -o table
    """
    service = Asked.at(node, caller, timeout)
    freshness = Freshness.FRESH if fresh else Freshness.ANY
    values = _found(service, name, originator=originator, key=key, freshness=freshness)
    show(
        format,
        lambda: Table(["KEY", "WHERE", "VALUE"], [row for one in values for row in _leaves(one)]),
        lambda: [one.asJSON() for one in values],
        lambda: document(values),
    )


def _found(service: Asked, name: QName, **which: Any) -> Sequence[Value]:
    if values := service.values(name, **which):
        return values
    raise Failure(f"no value of {name} at {service.proxy.handle}", Exit.NO)


def _namesIn(values: Sequence[Value], service: Handle) -> Sequence[QName]:
    return sorted({_nameIn(one, service) for one in values})


def _nameIn(value: Value, service: Handle) -> QName:
    root = treeOf(value.received)
    try:
        return readQName(root.text or "", root.nsmap)
    except ParameterError as error:
        raise PeerError(f"{service} names what is no name: {error.message}") from None


def _row(value: Value) -> Sequence[str]:
    received = value.received
    return [spellName(received.name), received.key or "-", value.lasts, received.originator or "-"]


def _leaves(value: Value) -> Sequence[Sequence[str]]:
    key = value.received.key or "-"
    return [[key, path, text] for path, text in leaves(treeOf(value.received))]
