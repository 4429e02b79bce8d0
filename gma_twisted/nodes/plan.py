"""What a node is going to be, checked to the last class before anything is opened."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from gma_twisted.configuration import (
    AggregateSection,
    ArchiveSection,
    Configuration,
    ConnectSection,
    ConsumerSection,
    DirectorySection,
    Draft,
    FilterSection,
    LimitsSection,
    Listen,
    NotifySection,
    ProducerSection,
    RegisterSection,
    RegistrySection,
    RepublishSection,
    RIPSSection,
    StoreSection,
    StreamsSection,
    SubscribeSection,
    SummariseSection,
)
from gma_twisted.execution import ProviderSetup
from gma_twisted.interfaces import IPolicy, IServiceKind
from gma_twisted.nodes.compoundfits import absoluteArchive, compoundMistakes
from gma_twisted.nodes.exposure import exposed, exposedLines
from gma_twisted.nodes.filesread import FilesRead, readFiles
from gma_twisted.nodes.identities import Identified
from gma_twisted.nodes.inspecting import Inspector, reading
from gma_twisted.nodes.kind import NodeKind, pathOf
from gma_twisted.nodes.offering import Offer, offersOf
from gma_twisted.nodes.ownclasses import OwnClass
from gma_twisted.nodes.placefits import placeDoubts, placeMistakes
from gma_twisted.nodes.policies import accessMistakes, policyOf
from gma_twisted.nodes.remembering import Remembered
from gma_twisted.nodes.rolefits import absolute, roleMistakes
from gma_twisted.nodes.sectionfits import registered, sectionMistakes
from gma_twisted.nodes.serversource import ServerSource
from gma_twisted.nodes.state import stateDirectory
from gma_twisted.nodes.storeroom import keepsEvents, roomMistakes
from gma_twisted.nodes.unproven import unproven
from gma_twisted.processes import ProviderRuntime
from gma_twisted.security import TLS
from gma_twisted.soap.declaration import InitialServiceData

__all__ = ["Plan", "makePlan"]


@attrs.frozen(slots=True, kw_only=True)
class Plan:
    """
    A node that can be started; what is left to chance is whether ports and state directory are free.

    @ivar kind: decides what it serves
    @ivar name: configured, or made of kind and port
    @ivar role: place in the hierarchy
    @ivar listens: where; the first one gives the base URL
    @ivar publicUrl: base URL by configuration
    @ivar stateDir: absolute
    @ivar elsewhere: option that brings another state directory; empty unless it is the port that names it
    @ivar limits: of every engine
    @ivar setups: providers, their classes loaded and checked
    @ivar kinds: of services clients may have made, their classes loaded and checked
    @ivar services: classes of services that are there from the start, by name
    @ivar languages: classes of query languages beside the node's own
    @ivar ownStore: class that keeps the service data of the main service; C{None} for the node's own store
    @ivar server: what a producer, consumer or directory of the operator's is made of; C{None} for the node's own
    @ivar serviceData: what the main service has beside that of its port types
    @ivar registry: who may register here, and what is granted
    @ivar rips: of a RIPS, how long it shows what
    @ivar store: what survives a restart
    @ivar connect: where the node connects when a peer says so
    @ivar producer: what a producer publishes, and grants
    @ivar consumer: what becomes of events at a consumer
    @ivar directory: what who watches is granted
    @ivar subscribe: from where events come, by name; each has a URL
    @ivar streams: where lines of events may go
    @ivar archive: what an archiver keeps
    @ivar filter: what a filter hands on
    @ivar summarise: what a summariser tells, by name
    @ivar republish: what a republisher changes
    @ivar notify: what subscribers are granted
    @ivar register: registries elsewhere, by name; each has a URL, and services that are there
    @ivar aggregate: what is copied from elsewhere, by name; nothing twice
    @ivar offers: what can be asked of it
    @ivar policy: who may do what
    @ivar identified: who may call, and the tokens it shows elsewhere
    @ivar tls: what it shows over TLS, and whom it trusts
    @ivar doubts: what of all this may not be meant, lines that say where
    @ivar configuration: what all this was made of, L{settled <gma_twisted.nodes.settling.settled>}
    @ivar emptyFile: name of the file all this was read from when nothing is in it, not even a comment; empty otherwise
    """

    kind: NodeKind
    name: str
    role: str
    listens: Sequence[Listen]
    publicUrl: str | None
    stateDir: Path
    elsewhere: str
    limits: LimitsSection
    setups: Sequence[ProviderSetup]
    kinds: Sequence[IServiceKind]
    services: Mapping[str, OwnClass]
    languages: Sequence[OwnClass]
    ownStore: OwnClass | None
    server: ServerSource | None
    serviceData: Sequence[InitialServiceData]
    registry: RegistrySection
    rips: RIPSSection
    store: StoreSection
    connect: ConnectSection
    producer: ProducerSection
    consumer: ConsumerSection
    directory: DirectorySection
    subscribe: Mapping[str, SubscribeSection]
    streams: StreamsSection
    archive: ArchiveSection
    filter: FilterSection
    summarise: Mapping[str, SummariseSection]
    republish: RepublishSection
    notify: NotifySection
    register: Mapping[str, RegisterSection]
    aggregate: Mapping[str, AggregateSection]
    offers: Sequence[Offer]
    policy: IPolicy
    identified: Identified
    tls: TLS
    doubts: Sequence[str]
    configuration: Configuration
    emptyFile: str = ""

    @property
    def remembered(self) -> Remembered:
        """Its classes, without those of providers: whoever runs these knows them."""
        configuration = self.configuration
        own: list[tuple[tuple[str, ...], OwnClass]] = []
        if self.ownStore is not None:
            own.append((("store",), self.ownStore))
        if isinstance(self.server, OwnClass):
            own.append(((self.kind.serverSection,), self.server))
        # Nothing was wrong with any section: each has its class.
        languages = zip(configuration.query, self.languages, strict=True)
        return Remembered(
            {one.name: one for one in self.kinds},
            dict(
                [
                    *own,
                    *((("query", name), one) for name, one in languages),
                    *((("services", name), one) for name, one in self.services.items()),
                ]
            ),
            {
                ("store",): configuration.store,
                ("producer",): configuration.producer,
                ("consumer",): configuration.consumer,
                ("directory",): configuration.directory,
                **{("factory", name): one for name, one in configuration.factory.items()},
                **{("query", name): one for name, one in configuration.query.items()},
                **{("services", name): one for name, one in configuration.services.items()},
            },
        )

    @property
    def keepsEvents(self) -> bool:
        """Whether it has a consumer beside the main service, whose events are service data of that one."""
        return keepsEvents(self.kind, self.configuration)

    @property
    def isLocal(self) -> bool:
        """Whether only its own machine reaches it, for sure."""
        return all(one.isLocal for one in self.listens)


def makePlan(
    kind: NodeKind,
    draft: Draft,
    runtime: ProviderRuntime,
    environment: Mapping[str, str],
    searched: str = "on PYTHONPATH",
    inspector: Inspector | None = None,
    files: FilesRead | None = None,
    server: ServerSource | None = None,
) -> Plan:
    """
    Check a whole configuration: addresses, classes, arguments. Nothing is opened, connected or written.

    What depends on a section that does not read well is not checked: it would be told twice, or wrongly.

    @param draft: what was read; its mistakes are told with the others
    @param runtime: for providers that ask for it
    @param environment: says where state is kept
    @param searched: where modules are looked for, in words
    @param inspector: of this draft, which may have checked some of its classes already
    @param files: what the files it names say, where they have been read already
    @param server: of the kind's role, instead of a class
    @raise Mistakes: every mistake there is, in the order of the file
    """
    inspector = inspector or Inspector.of(kind, draft, runtime, searched)
    draft = inspector.draft
    configuration, source = draft.configuration, draft.source
    node = configuration.node
    default = f"tcp:{kind.port}:interface=127.0.0.1"
    listens = node.listen or (Listen.parse(default),)
    setups = inspector.providers.install(reading(draft, "providers", configuration.providers))
    kinds = inspector.kinds.install(reading(draft, "factory", configuration.factory))
    own = inspector.own
    ownStore = own.store(configuration.store) if draft.reads(("store",)) else None
    role = kind.serverSection
    if server is None and role and draft.reads((role,)):
        server = own.server(kind, getattr(configuration, role))
    languages = own.languages(reading(draft, "query", configuration.query))
    services = own.services(reading(draft, "services", configuration.services), kind)
    offers = offersOf(
        kind,
        {
            # A class that is wrong is told elsewhere; its service is there all the same.
            pathOf(name): services[name].component.portTypes if name in services else ()
            for name in configuration.services
        },
        [portType for one in kinds for portType in one.portTypes],
        keepsEvents(kind, configuration),
    )
    exposing = [*exposed(listens, configuration)] if draft.reads(("node",)) else []
    port = listens[0].port
    name = node.name or (kind.short if port < 0 else f"{kind.short}-{port}")
    isByPort = not (node.stateDir or node.name or environment.get("STATE_DIRECTORY")) and port > 0
    stateDir = Path(node.stateDir) if node.stateDir else stateDirectory(name, environment)
    files = files or readFiles(draft, runtime.clock.wallTime())
    tls, unsafe, doubted = files.secured
    known, unknown, readable = files.identified
    misfits = [
        *roleMistakes(kind, draft),
        *compoundMistakes(kind, draft),
        *placeMistakes(draft, stateDir.absolute(), listens),
        *roomMistakes(kind, draft),
        *sectionMistakes(kind, draft),
        *accessMistakes(
            configuration, offers, isWhole=not (inspector.kinds.mistakes or own.mistakes)
        ),
        *unsafe,
        *unknown,
    ]
    if mistakes := [
        *draft.mistakes,
        *exposing,
        *exposedLines(draft),
        *misfits,
        *inspector.providers.mistakes,
        *inspector.kinds.mistakes,
        *own.mistakes,
    ]:
        raise source.refuse(mistakes)
    return Plan(
        kind=kind,
        name=name,
        role=node.role or kind.short,
        listens=listens,
        publicUrl=node.publicUrl,
        stateDir=stateDir.absolute(),
        elsewhere=f"--listen tcp:{port + 1}:interface=127.0.0.1" if isByPort else "",
        limits=configuration.limits,
        setups=setups,
        kinds=kinds,
        services=services,
        languages=languages,
        ownStore=ownStore,
        server=server,
        serviceData=[one.initial(name) for name, one in configuration.serviceData.items()],
        registry=configuration.registry,
        rips=configuration.rips,
        store=configuration.store,
        connect=configuration.connect,
        producer=configuration.producer,
        consumer=absolute(configuration.consumer),
        directory=configuration.directory,
        subscribe=configuration.subscribe,
        streams=configuration.streams,
        archive=absoluteArchive(configuration.archive),
        filter=configuration.filter,
        summarise=configuration.summarise,
        republish=configuration.republish,
        notify=configuration.notify,
        register={
            name: attrs.evolve(one, services=one.services or registered(kind, one))
            for name, one in configuration.register.items()
        },
        aggregate=configuration.aggregate,
        offers=offers,
        policy=policyOf(configuration),
        identified=known,
        tls=tls,
        doubts=[*doubted, *readable, *unproven(draft), *placeDoubts(draft)],
        configuration=configuration,
        emptyFile="" if source.text.strip() else source.name,
    )
