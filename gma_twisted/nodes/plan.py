"""What a node is going to be, checked to the last class before anything is opened."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from gma_twisted.aggregation import Share
from gma_twisted.client.keepalive import MAX_MEMBERSHIPS
from gma_twisted.configuration import (
    AggregateSection,
    Configuration,
    ConnectSection,
    Draft,
    LimitsSection,
    Listen,
    Mistake,
    NotifySection,
    RegisterSection,
    RegistrySection,
    StoreSection,
)
from gma_twisted.configuration.mistakes import nearest
from gma_twisted.execution import ProviderSetup
from gma_twisted.interfaces import IServiceKind
from gma_twisted.model import QName
from gma_twisted.nodes.installing import Installer
from gma_twisted.nodes.kind import NodeKind
from gma_twisted.nodes.servicekinds import KindInstaller
from gma_twisted.nodes.state import stateDirectory
from gma_twisted.processes import ProviderRuntime
from gma_twisted.soap.declaration import InitialServiceData

__all__ = ["Plan", "copiesOf", "makePlan"]

# Values of a service beside its entries, and bytes of the smallest entry, as the store counts them.
_FURTHER = 1000
_VALUE = 600
# Most of a store's bytes that values of other services take.
_COPIES = 0.75


@attrs.frozen(slots=True, kw_only=True)
class Plan:
    """
    A node that can be started; what is left to chance is whether ports and state directory are free.

    @ivar kind: decides what it serves
    @ivar name: configured, or made of kind and port
    @ivar role: place in the hierarchy
    @ivar listens: where; the first one gives the base URL
    @ivar publicUrl: base URL by configuration
    @ivar isOpen: whether others than this machine may connect
    @ivar stateDir: absolute
    @ivar elsewhere: option that brings another state directory; empty unless it is the port that names it
    @ivar limits: of every engine
    @ivar setups: providers, their classes loaded and checked
    @ivar kinds: of services clients may have made, their classes loaded and checked
    @ivar serviceData: what the main service has beside that of its port types
    @ivar registry: who may register here, and what is granted
    @ivar store: what survives a restart
    @ivar connect: where the node connects when a peer says so
    @ivar notify: what subscribers are granted
    @ivar register: registries elsewhere, by name; each has a URL, and services that are there
    @ivar aggregate: what is copied from elsewhere, by name; nothing twice
    @ivar configuration: what all this was made of
    """

    kind: NodeKind
    name: str
    role: str
    listens: Sequence[Listen]
    publicUrl: str | None
    isOpen: bool
    stateDir: Path
    elsewhere: str
    limits: LimitsSection
    setups: Sequence[ProviderSetup]
    kinds: Sequence[IServiceKind]
    serviceData: Sequence[InitialServiceData]
    registry: RegistrySection
    store: StoreSection
    connect: ConnectSection
    notify: NotifySection
    register: Mapping[str, RegisterSection]
    aggregate: Mapping[str, AggregateSection]
    configuration: Configuration


def makePlan(
    kind: NodeKind,
    draft: Draft,
    runtime: ProviderRuntime,
    environment: Mapping[str, str],
    searched: str = "on PYTHONPATH",
) -> Plan:
    """
    Check a whole configuration: addresses, classes, arguments. Nothing is opened, connected or written.

    What depends on a section that does not read well is not checked: it would be told twice, or wrongly.

    @param draft: what was read; its mistakes are told with the others
    @param runtime: for providers that ask for it
    @param environment: says where state is kept
    @param searched: where modules are looked for, in words
    @raise Mistakes: every mistake there is, in the order of the file
    """
    configuration, source = draft.configuration, draft.source
    node = configuration.node
    default = f"tcp:{kind.port}:interface=127.0.0.1"
    listens = node.listen or (Listen.parse(default),)
    installer = Installer(source, runtime, searched)
    setups = installer.install(
        {
            name: section
            for name, section in configuration.providers.items()
            if draft.reads(("providers", name))
        },
        kind.runsProviders,
    )
    kindInstaller = KindInstaller(source, runtime, searched)
    kinds = kindInstaller.install(
        {
            name: section
            for name, section in configuration.factory.items()
            if draft.reads(("factory", name))
        }
    )
    exposed = _exposed(listens, configuration) if draft.reads(("node",)) else []
    misfits = [
        *_unfit(kind, configuration),
        *_crowded(kind, draft),
        *_unregistrable(kind, draft),
        *_repeated(draft),
    ]
    if mistakes := [
        *draft.mistakes,
        *exposed,
        *misfits,
        *installer.mistakes,
        *kindInstaller.mistakes,
    ]:
        raise source.refuse(mistakes)
    port = listens[0].port
    name = node.name or (kind.short if port < 0 else f"{kind.short}-{port}")
    isByPort = not (node.stateDir or node.name or environment.get("STATE_DIRECTORY")) and port > 0
    stateDir = Path(node.stateDir) if node.stateDir else stateDirectory(name, environment)
    return Plan(
        kind=kind,
        name=name,
        role=node.role or kind.short,
        listens=listens,
        publicUrl=node.publicUrl,
        isOpen=node.insecure,
        stateDir=stateDir.absolute(),
        elsewhere=f"--listen tcp:{port + 1}:interface=127.0.0.1" if isByPort else "",
        limits=configuration.limits,
        setups=setups,
        kinds=kinds,
        serviceData=[one.initial(name) for name, one in configuration.serviceData.items()],
        registry=configuration.registry,
        store=configuration.store,
        connect=configuration.connect,
        notify=configuration.notify,
        register={
            name: attrs.evolve(one, services=one.services or (kind.path,))
            for name, one in configuration.register.items()
        },
        aggregate=configuration.aggregate,
        configuration=configuration,
    )


def copiesOf(kind: NodeKind, limits: LimitsSection) -> Share:
    """What values of other services may take of the store of a node's main service: its own have their room."""
    if kind.takesRegistrations:
        own = limits.registryEntries + _FURTHER
    else:
        own = min(_FURTHER, limits.storeElements // 4)
    bytes = min(limits.storeSize - own * _VALUE, int(limits.storeSize * _COPIES))
    return Share(max(0, limits.storeElements - own), max(0, bytes))


def _unfit(kind: NodeKind, configuration: Configuration) -> Iterator[Mistake]:
    if not kind.runsProviders:
        for name in configuration.providers:
            yield Mistake(("providers", name), f"a {kind.command} runs no providers", atKey=True)
    if not kind.takesRegistrations and configuration.registry != RegistrySection():
        why = f"a {kind.command} takes no registrations, and has no use for [registry]"
        yield Mistake(("registry",), why, atKey=True)
    if not kind.aggregates:
        for name in configuration.aggregate:
            yield Mistake(("aggregate", name), f"a {kind.command} aggregates nothing", atKey=True)


def _crowded(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    if not (kind.takesRegistrations and draft.reads(("limits",))):
        return
    limits = draft.configuration.limits
    entries = limits.registryEntries
    for key, has, needs in (
        ("store_elements", limits.storeElements, entries + _FURTHER),
        ("store_size", limits.storeSize, (entries + _FURTHER) * _VALUE),
    ):
        if has < needs:
            yield Mistake(
                ("limits", key),
                f"{has} cannot hold a value for each of the {entries} of registry_entries and {_FURTHER} others; "
                f"make {key} {needs} or more, or registry_entries less",
            )


def _unregistrable(kind: NodeKind, draft: Draft) -> Iterator[Mistake]:
    asked = 0
    for name, section in draft.configuration.register.items():
        path = ("register", name)
        if not draft.reads(path):
            continue
        asked += len(section.services) or 1
        if asked > MAX_MEMBERSHIPS:
            yield Mistake(path, f"more than {MAX_MEMBERSHIPS} registrations of one node")
            return
        for one in section.services:
            if one not in kind.paths:
                hint = nearest(one, kind.paths)
                yield Mistake((*path, "services"), f'this node has no service "{one}"{hint}')


def _repeated(draft: Draft) -> Iterator[Mistake]:
    limits = draft.configuration.limits
    isBounded = draft.reads(("limits",))
    seen: dict[tuple[str, frozenset[QName]], str] = {}
    for name, section in draft.configuration.aggregate.items():
        path = ("aggregate", name)
        if not draft.reads(path):
            continue
        if isBounded and len(section.names) > limits.aggregatedNames:
            most = limits.aggregatedNames
            yield Mistake(
                (*path, "names"), f"{len(section.names)} are more than aggregated_names, {most}"
            )
        names = frozenset(section.names)
        for source in section.sources:
            other = seen.setdefault((source.url, names), name)
            if other != name:
                yield Mistake(
                    (*path, "from"), f"[aggregate.{other}] has the same names of {source} already"
                )
        if isBounded and len(seen) > limits.aggregated:
            yield Mistake(path, f"more sources than aggregated under [limits], {limits.aggregated}")
            return


def _exposed(listens: Sequence[Listen], configuration: Configuration) -> list[Mistake]:
    node = configuration.node
    mistakes = []
    for index, one in enumerate(listens):
        path = ("node", "listen", index)
        if not (one.isLocal or one.kind == "systemd" or node.insecure):
            loopback = r"\:\:1" if one.kind == "tcp6" else "127.0.0.1"
            mistakes.append(
                Mistake(
                    path,
                    f'"{one.text}" lets other machines in, and there is neither TLS nor '
                    f"authentication; write interface={loopback}, or spell out --insecure",
                )
            )
        elif node.publicUrl is None and (one.isWildcard or one.port < 0):
            mistakes.append(
                Mistake(
                    path,
                    f'"{one.text}" has no address of its own; set public_url = "http://HOST:PORT" under [node], '
                    "what handles begin with",
                )
            )
    return mistakes
