"""C{[consumer]}: what becomes of events at a consumer, and C{[subscribe.NAME]}: from where they come."""

import enum
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network

import attrs

from gma_twisted.configuration.connect import NETWORKS
from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.globs import GLOB, GLOBS
from gma_twisted.configuration.kinds import (
    ATTRIBUTES,
    CLASS,
    COUNT,
    DURATION,
    FLAG,
    HANDLE,
    PATH,
    SIZE,
    TABLE,
    TEXT,
    oneOf,
)
from gma_twisted.configuration.leases import disordered
from gma_twisted.configuration.streams import LISTEN_URLS
from gma_twisted.configuration.tokens import TOKEN_FILE_DOC, unshielded
from gma_twisted.model import Handle
from gma_twisted.model.network import isLoopback
from gma_twisted.netlogger.dataurl import DEFAULT_PORT, TCP, UDP, DataUrl, LineFormat

__all__ = ["ConsumerSection", "Output", "Over", "SubscribeSection"]

_MIB = 1024**2


class Output(enum.Enum):
    """What a consumer without a class does with the events it is told."""

    PRINT = "print"
    """Writes each as a line of JSON to the standard output."""
    STORE = "store"
    """Appends each as a line of JSON to a file."""
    FORWARD = "forward"
    """Tells another consumer."""


class Over(enum.Enum):
    """How the events of a subscription come."""

    NOTIFY = "notify"
    """In messages, each answered."""
    STREAM = "stream"
    """In numbered lines of one connection; what is missing is asked for."""


@attrs.frozen(slots=True)
class ConsumerSection:
    """
    C{[consumer]}: the class behind C{/services/consumer}, or what is done without one. At an index, for how long events
    are service data.
    """

    implementation: str | None = key(
        CLASS, "a `ConsumerServer` of one's own; instead of `output`", name="class"
    )
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of the class's constructor", shown="none"
    )
    output: Output | None = key(  # noqa: RUF009 (it declares a field)
        oneOf(Output),
        "lines of JSON to the standard output, lines of JSON to `file`, or all to the consumer `to`",
        shown="`print`, or what the class does",
    )
    file: str | None = key(PATH, "what `store` appends to", shown="none")
    fileSize: int = key(
        SIZE,
        "of that file: a line that would make it larger begins another, and FILE becomes FILE.1",
        64 * _MIB,
        name="file_size",
    )
    files: int = key(COUNT, "files `store` keeps, the one it appends to among them", 5)
    to: Handle | None = key(  # noqa: RUF009 (it declares a field)
        HANDLE, "URL of the consumer that `forward` tells", shown="none"
    )
    tokenFile: str | None = key(PATH, TOKEN_FILE_DOC, name="token_file", shown="none")
    eventTypes: Sequence[str] = key(
        GLOBS,
        "names of events it takes from producers that offer them, `host.*`; told to directories",
        (),
        name="event_types",
        shown="what the class says; without one, every name",
    )
    listen: Sequence[DataUrl] = key(
        LISTEN_URLS,
        f"addresses at which it takes lines of events: `{TCP}://127.0.0.1:{DEFAULT_PORT}`, "
        f"`{UDP}://127.0.0.1`; without a port, {DEFAULT_PORT}",
        (),
        shown="none",
    )
    listenFrom: Sequence[IPv4Network | IPv6Network] = key(
        NETWORKS,
        "networks, `10.0.0.0/8`, or addresses that may send lines there; others than this machine only with "
        "`listen_insecure`",
        (),
        name="listen_from",
        shown="this machine",
    )
    listenInsecure: bool = key(
        FLAG,
        "let other machines in there, though lines show no identity and can be read and changed on their way; says "
        "nothing of the node's own `listen`",
        False,
        name="listen_insecure",
    )
    isOpen: bool | None = key(
        FLAG,
        "whether it takes events that it did not subscribe to and no producer has offered, from "
        "whoever may notify; a class says so itself, by its `isOpen`, where this does not",
        name="open",
        shown="`false` with `event_types` or `[subscribe.NAME]`, `true` with neither; what the class says",
    )
    defaultLifetime: float = key(
        DURATION, "lease of a producer that asks for none", 600.0, name="default_lifetime"
    )
    minLifetime: float = key(
        DURATION, "shortest lease; who asks for less gets this", 5.0, name="min_lifetime"
    )
    maxLifetime: float = key(
        DURATION, "longest lease; who asks for more gets this", 86400.0, name="max_lifetime"
    )
    good: float = key(
        DURATION, "how long an event is good as service data, at a `gma-index` alone", 60.0
    )
    grace: float = key(DURATION, "how long it stays readable after that, at a `gma-index`", 60.0)

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        yield from _useless(self.good)
        if self.implementation is not None and self.output is not None:
            why = "a consumer has a class or an output, not both"
            yield "output", why, "leave one of them out"
        if self.implementation is None and self.arguments is not None:
            why = "no class is named whose arguments they are"
            yield "arguments", why, 'write class = "package.module:Class"'
        if self.output is Output.STORE and self.file is None:
            yield "output", "there is no file to store to", 'write file = "/var/lib/gma/events"'
        if self.file is not None and self.output is not Output.STORE:
            yield "file", "nothing is stored", 'write output = "store", or leave it out'
        if self.output is Output.FORWARD and self.to is None:
            cure = 'write to = "http://HOST:8491/services/consumer"'
            yield "output", "there is no consumer to tell", cure
        if self.to is not None:
            if self.output is not Output.FORWARD:
                yield "to", "nothing is forwarded", 'write output = "forward", or leave it out'
            yield from unshielded(self.tokenFile, [self.to.url])
        elif self.tokenFile is not None:
            yield "token_file", "nobody is told, and so shown none", "leave it out"
        yield from self._misheard()
        if len(set(self.eventTypes)) < len(self.eventTypes):
            yield "event_types", "the same name twice", "leave one of them out"
        yield from disordered(self.minLifetime, self.defaultLifetime, self.maxLifetime)

    def _misheard(self) -> Iterator[tuple[str, str, str]]:
        places = {(one.scheme, one.host, one.ports[0]) for one in self.listen}
        if len(places) < len(self.listen):
            yield "listen", "the same address twice", "leave one of them out"
        if self.listenFrom and not self.listen:
            cure = f'write listen = "{TCP}://127.0.0.1:{DEFAULT_PORT}", or leave it out'
            yield "listen_from", "no lines are listened for", cure
        if self.listenInsecure:
            yield from self._nobodyElse()
        if len(set(self.listenFrom)) < len(self.listenFrom):
            yield "listen_from", "the same network twice", "leave one of them out"

    def _nobodyElse(self) -> Iterator[tuple[str, str, str]]:
        """A permission that nothing needs would count as soon as something else is changed."""
        what = ""
        if all(one.is_loopback for one in self.listenFrom):
            what = 'listen_from = "10.0.0.0/8"'
        elif all(isLoopback(one.host) for one in self.listen):
            what = f'listen = "{TCP}://0.0.0.0"'
        if what:
            cure = f"write {what}, for example, or leave it out"
            yield "listen_insecure", "no other machine is let in", cure


@attrs.frozen(slots=True)
class SubscribeSection:
    """C{[subscribe.NAME]}: events the consumer has sent to it, of a producer or of all that a directory knows."""

    at: Handle | None = key(  # noqa: RUF009 (it declares a field)
        HANDLE,
        "URL of a producer, `http://HOST:8490/services/producer`, or of a directory, "
        "`http://HOST:8481/services/directory`; needed",
    )
    template: str = key(GLOB, "names of the events, `host.*`", "*")
    fields: Mapping[str, object] | None = key(
        TABLE, 'fields they have and their values, `{ Program = "GridFTP" }`', shown="none"
    )
    filter: str | None = key(
        TEXT, "what must be true of them, `Bandwidth > 100 Mb/s`", shown="nothing"
    )
    attributes: Sequence[tuple[str, str]] = key(
        ATTRIBUTES,
        'of the producers that a directory shall name, `{ site = "cern" }`',
        (),
        shown="none",
    )
    lookBack: float = key(DURATION, "of the past that comes first", 0.0, name="look_back")
    rateLimit: int | None = key(COUNT, "events a second, at most", name="rate_limit", shown="none")
    over: Over | None = key(  # noqa: RUF009 (it declares a field)
        oneOf(Over),
        "how they come: `stream` in numbered lines of one connection to `listen` of `[consumer]`, where what is "
        "missing is asked for; `notify` in messages",
        shown="`stream` at a node that is consumer and producer and has a `listen`, `notify` elsewhere",
    )
    format: LineFormat = key(  # noqa: RUF009 (it declares a field)
        oneOf(LineFormat), "of these lines; `xml` leaves nothing of an event out", LineFormat.XML
    )
    lifetime: float = key(
        DURATION,
        "lease asked for; the producer may grant another, and it is renewed before half of it",
        300.0,
    )
    good: float | None = key(
        DURATION,
        "how long an event of it is good as service data, at a `gma-index` alone",
        shown="`good` of `[consumer]`",
    )
    grace: float | None = key(
        DURATION,
        "how long it stays readable after that, at a `gma-index`",
        shown="`grace` of `[consumer]`",
    )
    tokenFile: str | None = key(PATH, TOKEN_FILE_DOC, name="token_file", shown="none")

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        yield from _useless(self.good)
        if self.at is None:
            yield "", "no producer is named", 'write at = "http://HOST:8490/services/producer"'
        if self.lifetime == 0:
            yield "lifetime", "must be longer than nothing", 'write "5m", for example'
        if self.over is Over.NOTIFY and self.format is not LineFormat.XML:
            yield "format", "no lines come", 'write over = "stream", or leave it out'
        for name, value in (self.fields or {}).items():
            if not isinstance(value, str | bool | int | float):
                why = f'the value of "{name}" is no text, number, true or false'
                yield "fields", why, 'write { Program = "GridFTP" }, for example'
        if self.at is not None:
            yield from unshielded(self.tokenFile, [self.at.url])


def _useless(good: float | None) -> Iterator[tuple[str, str, str]]:
    if good == 0:
        yield "good", "must be longer than nothing", 'write "1m", for example'
