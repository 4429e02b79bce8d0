"""Whole configurations, of every section and with every key."""

import datetime
import string
from ipaddress import ip_network
from typing import Any

import attrs
from hypothesis import strategies as st

from gma_twisted.configuration import (
    AccessRuleSection,
    AccessSection,
    AggregateSection,
    AnonymousAccess,
    ArchiveSection,
    AuditSection,
    Configuration,
    ConnectSection,
    ConsumerSection,
    DirectorySection,
    Engine,
    FactorySection,
    FilterSection,
    LimitsSection,
    Listen,
    MembershipRuleSection,
    NodeSection,
    NotifySection,
    Output,
    Over,
    Owners,
    ProducerSection,
    ProviderSection,
    QuerySection,
    RegisterSection,
    RegistrySection,
    RepublishSection,
    RIPSSection,
    ServiceDataSection,
    ServiceSection,
    StoreSection,
    StreamsSection,
    SubscribeSection,
    SummariseSection,
    WhenFull,
)
from gma_twisted.configuration.declaration import Key, keys
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE
from gma_twisted.markup.namespaces import GLUE, PREFIXES, XSD
from gma_twisted.markup.simpletypes import SIMPLE_TYPES
from gma_twisted.model import Handle, KnownMember, QName, UpstreamMode
from gma_twisted.netlogger.dataurl import TCP, UDP, DataUrl, LineFormat
from gma_twisted.soap.declaration import Cardinality, Mutability

__all__ = ["CONFIGURATIONS", "DURATIONS"]

# No lone surrogates, which no file can hold.
CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTERS, min_size=1, max_size=200)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
LOCALS = st.from_regex(r"[A-Za-z_][A-Za-z0-9._-]{0,8}", fullmatch=True)
NAMESPACES = st.one_of(
    st.sampled_from(["", "urn:a", "http://a/b?c"]), st.sampled_from(list(PREFIXES.values()))
)
QNAMES = st.builds(QName, NAMESPACES, LOCALS)
SELECTED = st.builds(QName, NAMESPACES, st.one_of(LOCALS, st.just("*")))
URLS = st.builds(
    lambda host, path: f"http://{host}:8480/{path}",
    st.sampled_from(["a.example.org", "127.0.0.1", "[::1]"]),
    st.text(string.ascii_letters + "~%.-", min_size=1, max_size=20),
)
HANDLES = st.builds(Handle, URLS)
CLASSES = st.sampled_from(["a.b:C", "ä:Ö", "Short"])
# As an operator writes them: up to six decimals of any unit.
DURATIONS = st.builds(
    lambda count, decimals, unit: DURATION.read(f"{count}.{decimals}{unit}"),
    st.integers(0, 10**6),
    st.from_regex(r"[0-9]{1,6}", fullmatch=True),
    st.sampled_from(["ms", "s", "m", "h", "d"]),
)
LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.text(CHARACTERS, max_size=20),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.booleans(),
    st.datetimes(),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.dates(),
    st.times(),
)
TABLES = st.dictionaries(
    st.text(CHARACTERS, max_size=8),
    st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.text(CHARACTERS, max_size=5), inner, max_size=3),
        ),
        max_leaves=6,
    ),
    max_size=3,
)


def several(one: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some of them, each once, as sections hold them."""
    return st.lists(one, min_size=least, max_size=4, unique=True).map(tuple)


def made(section: type, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Sections that have any of these keys, and no mistake."""
    return (
        st.fixed_dictionaries({}, optional=values)
        .map(lambda chosen: section(**chosen))
        .filter(lambda one: not list(one.mistakes()))
    )


def limit(one: Key) -> st.SearchStrategy[Any]:
    """A value of one bound."""
    return {COUNT: st.integers(1, 10**9), SIZE: st.integers(1, 2**40), DURATION: DURATIONS}[
        one.kind
    ]


LISTENS = st.builds(
    lambda port, rest: Listen.parse(f"tcp:{port}:{rest}"),
    st.integers(0, 65535),
    st.sampled_from(["interface=127.0.0.1", "interface=localhost", "backlog=5"]),
)
NODE = made(
    NodeSection,
    name=NAMES,
    role=TEXTS,
    listen=several(LISTENS, 1),
    publicUrl=st.sampled_from(["http://h:1", "https://a.example.org"]),
    stateDir=TEXTS,
    insecure=st.booleans(),
)
PROVIDER = st.one_of(
    made(
        ProviderSection,
        implementation=CLASSES,
        interval=DURATIONS,
        timeout=DURATIONS,
        grace=DURATIONS,
        handler=st.one_of(CLASSES, st.just("jobDataHandler")),
        serviceDataName=QNAMES,
        isAsync=st.booleans(),
        arguments=TABLES,
        handlerArguments=TABLES,
    ).map(lambda one: one if one.handler else attrs.evolve(one, handlerArguments=None)),
    made(
        ProviderSection,
        command=st.lists(st.text(CHARACTERS.filter(lambda one: one != "\0")), max_size=3).map(
            lambda words: ("/bin/x", *words)
        ),
        interval=DURATIONS,
    ),
)
RULE = made(MembershipRuleSection, memberInterface=QNAMES, content=several(QNAMES))
REGISTRY = made(
    RegistrySection,
    minLifetime=st.sampled_from([0.7, 5.0, 300.0]),
    maxLifetime=st.sampled_from([300.0, 86400.5]),
    tombstones=DURATIONS,
    knownMember=st.sampled_from(KnownMember),
    membershipRules=several(RULE),
    aggregate=st.booleans(),
)
REGISTER = made(
    RegisterSection,
    at=HANDLES,
    services=several(st.sampled_from(["/services/index", "/a/b~c"])),
    lifetime=DURATIONS,
    memberName=TEXTS,
    attributes=st.dictionaries(NAMES, TEXTS, max_size=3).map(lambda one: tuple(one.items())),
    names=several(SELECTED),
    asGMA=st.booleans(),
)
GLOBS = st.sampled_from(["*", "host.*", "a?b", 'Bandwidth "x"'])
LEASES = {
    "minLifetime": st.sampled_from([0.7, 5.0, 300.0]),
    "maxLifetime": st.sampled_from([600.0, 86400.5]),
}
LISTENED = ("x-netlog://127.0.0.1", "x-netlog-udp://127.0.0.1:2", "x-netlog://[::1]:3")
STREAMS = made(
    StreamsSection,
    to=several(
        st.sampled_from(
            [DataUrl.parse(f"{one}://h{port}") for one in (TCP, UDP) for port in ("", ":1")]
        )
    ),
    files=st.just("/var/lib/lines"),
    linger=st.sampled_from([0.0, 0.01, 1.0]),
)
PRODUCER = made(
    ProducerSection,
    implementation=CLASSES,
    arguments=TABLES,
    eventTypes=several(GLOBS),
    names=several(SELECTED),
    **LEASES,
)
CONSUMER = st.one_of(
    made(ConsumerSection, implementation=CLASSES, arguments=TABLES, eventTypes=several(GLOBS)),
    made(
        ConsumerSection,
        output=st.sampled_from(Output),
        file=TEXTS,
        fileSize=st.integers(1, 2**40),
        files=st.integers(1, 100),
        to=HANDLES,
        **LEASES,
    ),
    made(ConsumerSection, good=DURATIONS, grace=DURATIONS),
    made(
        ConsumerSection,
        listen=several(st.sampled_from([DataUrl.parse(one) for one in LISTENED]), 1),
        listenFrom=several(st.sampled_from([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])),
        listenInsecure=st.booleans(),
    ),
)
DIRECTORY = made(DirectorySection, implementation=CLASSES, arguments=TABLES, **LEASES)
SUBSCRIBE = made(
    SubscribeSection,
    at=HANDLES,
    template=GLOBS,
    fields=st.dictionaries(NAMES, st.one_of(TEXTS, st.booleans(), st.integers()), max_size=2),
    filter=TEXTS,
    attributes=st.dictionaries(NAMES, TEXTS, max_size=3).map(lambda one: tuple(one.items())),
    lookBack=DURATIONS,
    rateLimit=st.integers(1, 1000),
    lifetime=DURATIONS,
    good=DURATIONS,
    grace=DURATIONS,
    over=st.sampled_from(Over),
    format=st.sampled_from(LineFormat),
)
AGGREGATE = made(
    AggregateSection,
    sources=several(HANDLES, 1),
    names=several(SELECTED),
    lifetime=DURATIONS,
    mode=st.sampled_from(UpstreamMode),
    interval=DURATIONS,
)
SERVICE_DATA_SECTION = made(
    ServiceDataSection,
    mutability=st.sampled_from(Mutability),
    cardinality=st.sampled_from([Cardinality.parse(one) for one in ("0..1", "1..*", "2..5")]),
    isModifiable=st.booleans(),
    type=st.sampled_from([QName(XSD, one) for one in list(SIMPLE_TYPES)]),
)
VALUED = st.builds(
    lambda texts: ServiceDataSection(values=tuple(texts)),
    st.lists(st.text(string.printable[:95].replace("<", ""), max_size=90), max_size=3),
)
NOTIFY = made(
    NotifySection,
    minLifetime=st.sampled_from([0.7, 3600.0]),
    minInterval=DURATIONS,
    tombstones=DURATIONS,
    thirdPartySinks=st.booleans(),
    thirdPartyExempt=several(st.sampled_from(["http://a:1/", "https://b.c/d/"])),
)
RIPS = made(RIPSSection, sweeperDelay=DURATIONS, gracePeriod=DURATIONS)
CONNECT = made(
    ConnectSection,
    allow=several(st.sampled_from([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])),
)
STORE = made(
    StoreSection,
    engine=st.sampled_from(Engine),
    keepServiceData=st.booleans(),
    implementation=CLASSES,
    arguments=TABLES,
)
LIMITS = (
    st.lists(st.sampled_from(list(keys(LimitsSection))), max_size=4, unique=True)
    .flatmap(lambda some: st.fixed_dictionaries({one.attribute: limit(one) for one in some}))
    .map(lambda chosen: LimitsSection(**chosen))
    .filter(lambda one: not list(one.mistakes()))
)
FACTORY, SERVICE, QUERY = (
    made(one, implementation=CLASSES, arguments=TABLES)
    for one in (FactorySection, ServiceSection, QuerySection)
)
OWN = st.builds(QName, st.sampled_from(["", "urn:a", "urn:b'", GLUE]), LOCALS)
AUDIT = made(
    AuditSection,
    enabled=st.booleans(),
    file=TEXTS,
    size=st.integers(2**16, 2**40),
    keep=st.integers(1, 1000),
    whenFull=st.sampled_from(WhenFull),
)
ACCESS_RULE = st.builds(
    AccessRuleSection,
    who=several(st.sampled_from(["*", "@operators", "alice", "b-c.d"]), 1),
    may=several(st.sampled_from(["read", "admin", "destroy", "n_o-w.x"]), 1),
    on=several(st.sampled_from(["/", "/*", "/services/index", "/services/*", "/-/reload"])),
    owners=st.sampled_from(Owners),
    name=NAMES,
)
ACCESS = made(
    AccessSection,
    anonymous=st.sampled_from(AnonymousAccess),
    rules=st.lists(ACCESS_RULE, max_size=3, unique_by=lambda one: one.name).map(tuple),
)
ARCHIVE = made(
    ArchiveSection,
    file=TEXTS,
    keepTime=DURATIONS,
    keepSize=st.integers(2**20, 2**40),
    keepEvents=st.integers(1, 10**9),
    isSynchronous=st.booleans(),
)
FILTER = made(
    FilterSection,
    eventTypes=several(st.sampled_from(["host.*", "a", "b?"])),
    where=TEXTS,
    xpath=TEXTS,
)
REPUBLISH = made(
    RepublishSection,
    prefix=st.sampled_from(["cern.", "a b"]),
    rename=st.dictionaries(NAMES, st.sampled_from(["load", "host.load"]), max_size=2),
    const=st.dictionaries(NAMES, st.sampled_from(["cern", 3, 2.5, True]), max_size=2),
)
SUMMARISE = made(
    SummariseSection,
    events=st.sampled_from(["*", "host.*"]),
    fields=several(st.sampled_from(["load", "cpu/load"])),
    by=several(st.sampled_from(["HOST", "disk/name"])),
    window=st.sampled_from([0.1, 60.0, 3600.0]),
    late=st.sampled_from([0.0, 5.0]),
    values=several(st.sampled_from(["count", "rate", "mean", "p50", "p99.9"]), 1),
    name=st.sampled_from(["summary.*", "*"]),
    groups=st.integers(1, 1000),
    samples=st.integers(1, 1000),
)
CONFIGURATIONS = st.builds(
    Configuration,
    access=ACCESS,
    audit=AUDIT,
    node=NODE,
    providers=st.dictionaries(NAMES, PROVIDER, max_size=3),
    registry=REGISTRY,
    store=STORE,
    register=st.dictionaries(NAMES, REGISTER, max_size=2),
    factory=st.dictionaries(NAMES, FACTORY, max_size=2),
    services=st.dictionaries(NAMES, SERVICE, max_size=2),
    query=st.dictionaries(NAMES, QUERY, max_size=2),
    serviceData=st.dictionaries(OWN, st.one_of(SERVICE_DATA_SECTION, VALUED), max_size=2),
    connect=CONNECT,
    notify=NOTIFY,
    rips=RIPS,
    limits=LIMITS,
    aggregate=st.dictionaries(NAMES, AGGREGATE, max_size=2),
    producer=PRODUCER,
    consumer=CONSUMER,
    directory=DIRECTORY,
    subscribe=st.dictionaries(NAMES, SUBSCRIBE, max_size=2),
    streams=STREAMS,
    archive=ARCHIVE,
    filter=FILTER,
    republish=REPUBLISH,
    summarise=st.dictionaries(NAMES, SUMMARISE, max_size=2),
)
