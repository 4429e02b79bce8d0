"""What can be configured. An empty configuration is valid: every key has a default or may be absent."""

import enum
from collections.abc import Iterator, Mapping, Sequence

import attrs

from gma_twisted.configuration.access import AccessSection
from gma_twisted.configuration.aggregate import AggregateSection
from gma_twisted.configuration.archive import ArchiveSection
from gma_twisted.configuration.audit import AuditSection
from gma_twisted.configuration.connect import ConnectSection
from gma_twisted.configuration.consumer import ConsumerSection, SubscribeSection
from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.directory import DirectorySection
from gma_twisted.configuration.factory import FactorySection, ServiceSection
from gma_twisted.configuration.filtering import FilterSection
from gma_twisted.configuration.identity import IdentitySection
from gma_twisted.configuration.kinds import (
    BASE_URL,
    CLASS,
    COMMAND,
    DURATION,
    FLAG,
    HANDLER,
    LISTEN,
    NAME,
    PATH,
    QNAME,
    TABLE,
    TEXT,
    oneOf,
)
from gma_twisted.configuration.limits import LimitsSection
from gma_twisted.configuration.listen import Listen
from gma_twisted.configuration.notify import NotifySection
from gma_twisted.configuration.producer import ProducerSection
from gma_twisted.configuration.query import QuerySection
from gma_twisted.configuration.registry import RegisterSection, RegistrySection
from gma_twisted.configuration.republish import RepublishSection
from gma_twisted.configuration.rips import RIPSSection
from gma_twisted.configuration.servicedata import ServiceDataSection
from gma_twisted.configuration.streams import StreamsSection
from gma_twisted.configuration.summarise import SummariseSection
from gma_twisted.configuration.tls import TLSSection
from gma_twisted.model import QName

__all__ = ["Configuration", "Engine", "NodeSection", "ProviderSection", "StoreSection"]

_LEAST_INTERVAL = 0.1


@attrs.frozen(slots=True)
class NodeSection:
    """C{[node]}: who the node is and where it listens. C{None} and empty mean: as the node kind decides."""

    name: str | None = key(
        NAME, "name in pages, logs and `gma:node`", shown="kind and port, `index-8480`"
    )
    role: str | None = key(
        TEXT, "place in the hierarchy, shown beside the name", shown="kind, `index`"
    )
    listen: Sequence[Listen] = key(
        LISTEN,
        "Twisted endpoint strings of type tcp, tcp6, ssl, unix or systemd",
        (),
        shown="127.0.0.1 and the port of the node kind: 8480 for `gma-index`, 8481 for `gma-registry`, "
        "8482 for `gma-rips`, 8483 for `gma-mmjfs`, 8484 for `gma-aggregator`, "
        "8490 for `gma-producer`, 8491 for `gma-consumer`, 8492 for `gma-archiver`, 8493 for `gma-filter`, "
        "8494 for `gma-summariser`, 8495 for `gma-republisher`",
    )
    publicUrl: str | None = key(
        BASE_URL,
        "what handles and WSDL addresses begin with; needed when every address, a socket file or "
        "systemd is listened on",
        name="public_url",
        shown="the first listen address with its bound port",
    )
    stateDir: str | None = key(
        PATH,
        "directory of what survives a restart, for one node at a time",
        name="state_dir",
        shown="`$STATE_DIRECTORY`, else `$XDG_STATE_HOME/gma-twisted/NAME`, else "
        "`~/.local/state/gma-twisted/NAME`",
    )
    insecure: bool = key(
        FLAG, "listen on addresses others can reach, without TLS or identity", False
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys; see L{ProviderSection.mistakes}."""
        if len({one.text for one in self.listen}) < len(self.listen):
            yield "listen", "the same endpoint twice", "leave one of them out"


@attrs.frozen(slots=True)
class ProviderSection:
    """C{[providers.NAME]}: one provider, its schedule and what becomes of its documents."""

    implementation: str | None = key(
        CLASS, "the provider's class; one of the package needs its own name only", name="class"
    )
    command: Sequence[str] | None = key(
        COMMAND, "program, by absolute path, that prints the document; instead of `class`"
    )
    interval: float | None = key(
        DURATION,
        'between the starts of two runs; `"0s"` runs once at start',
        shown="installed only, run by `executeProvider`",
    )
    timeout: float = key(DURATION, "longest run", 30.0)
    grace: float | None = key(
        DURATION,
        "how long a value stays readable after `goodUntil`",
        shown='`grace_period` of `[rips]`; `"1m"` on another node than a `gma-rips`',
    )
    handler: str | None = key(
        HANDLER,
        "class that makes values of a document; one of the package needs its own name only",
        shown="the root element is the value",
    )
    handlerArguments: Mapping[str, object] | None = key(
        TABLE,
        "arguments of the handler's constructor",
        name="handler_arguments",
        shown="none",
    )
    serviceDataName: QName | None = key(  # noqa: RUF009 (it declares a field)
        QNAME,
        "service data name; unlike the root's, it wraps the root",
        name="name",
        shown="the root's name",
    )
    isAsync: bool = key(FLAG, "let the provider decide when there is news", False, name="async")
    isOnDemand: bool = key(
        FLAG,
        "run only while somebody is subscribed to what it gives, and for a minute after somebody asked",
        False,
        name="demand",
    )
    fastest: float | None = key(
        DURATION,
        "with `demand` at a producer: between the starts of two runs at least, for who subscribes with a rate limit",
        shown="`interval`",
    )
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of the class's constructor", shown="none"
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if self.implementation is not None and self.command is not None:
            why = "a provider has a class or a command, not both"
            yield "command", why, "leave one of them out"
        if self.implementation is None and self.command is None:
            cure = 'write class = "package.module:Class" or command = ["/path/of/program"]'
            yield "", "there is nothing to run", cure
        if self.interval is not None and 0 < self.interval < _LEAST_INTERVAL:
            yield "interval", 'less than "100ms"', 'write more, or "0s" to run once at start'
        if self.timeout == 0:
            yield "timeout", "must be longer than nothing", 'write "30s", for example'
        if self.command is not None and "command" in (self.arguments or {}):
            why = "the command is given already, beside them"
            yield "arguments", why, "leave one of them out"
        if self.handlerArguments is not None and self.handler is None:
            why = "there is no handler that takes them"
            yield (
                "handler_arguments",
                why,
                'write handler = "SplitHandler", for example, or leave them out',
            )
        if self.isAsync and self.command is not None:
            why = "a command is run on its interval; only a class can be async"
            yield "async", why, "leave it out"
        yield from self._wrongDemand()

    def _wrongDemand(self) -> Iterator[tuple[str, str, str]]:
        if self.isOnDemand and not self.interval:
            why = "only what runs again and again can rest in between"
            yield "demand", why, 'write interval = "30s", for example, or leave it out'
        if self.isOnDemand and self.isAsync:
            why = "a provider that decides itself when there is news is not run on demand"
            yield "demand", why, "leave one of them out"
        fastest = self.fastest
        if fastest is None:
            return
        if not self.isOnDemand:
            why = "only what runs on demand runs faster for who asks for it"
            yield "fastest", why, "write demand = true, or leave it out"
        elif fastest < _LEAST_INTERVAL:
            yield "fastest", 'less than "100ms"', "write more, or leave it out"
        elif self.interval and fastest > self.interval:
            why = "longer than the interval, which is how often it runs when nobody asks for a rate"
            yield "fastest", why, "write less, or leave it out"


class Engine(enum.Enum):
    """What keeps the state of a node."""

    SQLITE = "sqlite"
    """Files in the state directory: what was acknowledged survives a crash and a power loss."""

    MEMORY = "memory"
    """Nothing survives."""


@attrs.frozen(slots=True)
class StoreSection:
    """C{[store]}: what survives a restart, and an own class that keeps the service data of the main service."""

    engine: Engine = key(  # noqa: RUF009 (it declares a field)
        oneOf(Engine),
        "`sqlite` keeps registrations and subscriptions in the state directory, `memory` forgets them at the end",
        Engine.SQLITE,
    )
    keepServiceData: bool = key(
        FLAG,
        "service data survives a restart too: values are served, stale, before their providers have run",
        False,
        name="keep_service_data",
    )
    implementation: str | None = key(
        CLASS,
        "class that keeps the service data of the main service, as it likes; `engine` is then of registrations and "
        "subscriptions alone",
        name="class",
        shown="the node's own store",
    )
    arguments: Mapping[str, object] | None = key(
        TABLE, "arguments of that class's constructor", shown="none"
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys; see L{ProviderSection.mistakes}."""
        if self.implementation is None:
            if self.arguments is not None:
                why = "no class is named whose arguments they are"
                yield "arguments", why, 'write class = "package.module:Class"'
        elif self.keepServiceData:
            why = f'"{self.implementation}" keeps service data as it likes'
            yield "keep_service_data", why, "leave keep_service_data or class out"
        if self.keepServiceData and self.engine is Engine.MEMORY:
            yield "keep_service_data", "nothing is kept in memory", 'write engine = "sqlite"'


@attrs.frozen(slots=True)
class Configuration:
    """
    A whole configuration, checked as far as it can be without loading a class.

    @ivar access: who may do what
    @ivar providers: by name, in the order of the file; empty: what the node kind runs
    @ivar register: registries elsewhere, by a name of the operator's
    @ivar factory: kinds of services clients may have made, by name
    @ivar services: services beside the node's own, by name
    @ivar query: query languages beside the node's own, by name
    @ivar serviceData: what the main service has beside its port types', by name
    @ivar aggregate: services elsewhere that are copied, by a name of the operator's
    @ivar identity: who may be who, by name
    @ivar subscribe: producers and directories whose events the consumer has sent, by a name of the operator's
    @ivar summarise: what a summariser tells, by a name of the operator's
    """

    node: NodeSection = attrs.field(factory=NodeSection)
    providers: Mapping[str, ProviderSection] = attrs.field(factory=dict)
    limits: LimitsSection = attrs.field(factory=LimitsSection)
    registry: RegistrySection = attrs.field(factory=RegistrySection)
    rips: RIPSSection = attrs.field(factory=RIPSSection)
    store: StoreSection = attrs.field(factory=StoreSection)
    register: Mapping[str, RegisterSection] = attrs.field(factory=dict)
    factory: Mapping[str, FactorySection] = attrs.field(factory=dict)
    services: Mapping[str, ServiceSection] = attrs.field(factory=dict)
    query: Mapping[str, QuerySection] = attrs.field(factory=dict)
    serviceData: Mapping[QName, ServiceDataSection] = attrs.field(factory=dict)
    access: AccessSection = attrs.field(factory=AccessSection)
    connect: ConnectSection = attrs.field(factory=ConnectSection)
    notify: NotifySection = attrs.field(factory=NotifySection)
    audit: AuditSection = attrs.field(factory=AuditSection)
    tls: TLSSection = attrs.field(factory=TLSSection)
    aggregate: Mapping[str, AggregateSection] = attrs.field(factory=dict)
    identity: Mapping[str, IdentitySection] = attrs.field(factory=dict)
    producer: ProducerSection = attrs.field(factory=ProducerSection)
    consumer: ConsumerSection = attrs.field(factory=ConsumerSection)
    directory: DirectorySection = attrs.field(factory=DirectorySection)
    subscribe: Mapping[str, SubscribeSection] = attrs.field(factory=dict)
    archive: ArchiveSection = attrs.field(factory=ArchiveSection)
    filter: FilterSection = attrs.field(factory=FilterSection)
    republish: RepublishSection = attrs.field(factory=RepublishSection)
    summarise: Mapping[str, SummariseSection] = attrs.field(factory=dict)
    streams: StreamsSection = attrs.field(factory=StreamsSection)
