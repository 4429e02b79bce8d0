"""From TOML to frozen values, every mistake collected. Nothing is imported, opened or asked of the network."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, Protocol, TypeVar

import attrs

from gma_twisted.configuration.access import AccessSection
from gma_twisted.configuration.aggregate import AggregateSection
from gma_twisted.configuration.archive import ArchiveSection
from gma_twisted.configuration.audit import AuditSection
from gma_twisted.configuration.connect import ConnectSection
from gma_twisted.configuration.consumer import ConsumerSection, SubscribeSection
from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.directory import DirectorySection
from gma_twisted.configuration.draft import Draft
from gma_twisted.configuration.factory import FactorySection, ServiceSection
from gma_twisted.configuration.files import readContent
from gma_twisted.configuration.filtering import FilterSection
from gma_twisted.configuration.identity import IdentitySection
from gma_twisted.configuration.kinds import QNAME, checkName
from gma_twisted.configuration.limits import LimitsSection
from gma_twisted.configuration.mistakes import (
    Mistake,
    Source,
    dotted,
    nearest,
    quoted,
    unreadable,
)
from gma_twisted.configuration.notify import NotifySection
from gma_twisted.configuration.places import Path
from gma_twisted.configuration.producer import ProducerSection
from gma_twisted.configuration.query import QuerySection
from gma_twisted.configuration.registry import RegisterSection, RegistrySection
from gma_twisted.configuration.republish import RepublishSection
from gma_twisted.configuration.rips import RIPSSection
from gma_twisted.configuration.sections import (
    Configuration,
    NodeSection,
    ProviderSection,
    StoreSection,
)
from gma_twisted.configuration.servicedata import ServiceDataSection, readServiceDataName
from gma_twisted.configuration.streams import StreamsSection
from gma_twisted.configuration.summarise import SummariseSection
from gma_twisted.configuration.syntax import parseTOML
from gma_twisted.configuration.tls import TLSSection
from gma_twisted.errors import ConfigError, ParameterError
from gma_twisted.model import QName

__all__ = [
    "MAX_FILE",
    "MAX_NAMED",
    "NAMED",
    "SERVICE_DATA",
    "SINGLE",
    "readBytes",
    "readConfiguration",
    "readDraft",
    "readFile",
    "readSection",
]

MAX_FILE = 1024 * 1024
"""Most bytes of a configuration file."""

MAX_NAMED = 1000
"""Most sections of one kind, C{[providers.NAME]} for example."""


class Section(Protocol):
    """What the keys under one header become."""

    def __init__(self) -> None:
        """Every key has its default."""

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""


S = TypeVar("S", bound=Section)

SINGLE: Mapping[str, type[Section]] = {
    "access": AccessSection,
    "archive": ArchiveSection,
    "audit": AuditSection,
    "connect": ConnectSection,
    "consumer": ConsumerSection,
    "directory": DirectorySection,
    "filter": FilterSection,
    "limits": LimitsSection,
    "node": NodeSection,
    "notify": NotifySection,
    "producer": ProducerSection,
    "registry": RegistrySection,
    "republish": RepublishSection,
    "rips": RIPSSection,
    "store": StoreSection,
    "streams": StreamsSection,
    "tls": TLSSection,
}
"""Sections there is one of, by the attribute of L{Configuration} they become."""

NAMED: Mapping[str, type[Section]] = {
    "aggregate": AggregateSection,
    "factory": FactorySection,
    "identity": IdentitySection,
    "providers": ProviderSection,
    "query": QuerySection,
    "register": RegisterSection,
    "services": ServiceSection,
    "subscribe": SubscribeSection,
    "summarise": SummariseSection,
}
"""Sections there are several of, each with a name; otherwise as L{SINGLE}."""

SERVICE_DATA = "sde"
"""Sections there are several of, each with a qualified name: L{ServiceDataSection}."""


def readFile(name: str) -> Draft:
    """
    Read a configuration file.

    @param name: shown in messages as it is given
    @return: what reads well, and the mistakes of the rest
    @raise ConfigError: it cannot be read, or is no TOML (L{Mistakes})
    """
    data = readBytes(name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        where = f"{name}:{line}:{column}"
        raise unreadable(where, "is not UTF-8", "save the file as UTF-8") from None
    return readDraft(text, name)


def readBytes(name: str) -> bytes:
    """
    The content of a file that configures something.

    @param name: shown in messages as it is given
    @raise ConfigError: it cannot be read (L{readContent}), or has more than L{MAX_FILE} bytes
    """
    try:
        data = readContent(FilePath(name), MAX_FILE).data
    except ConfigError as error:
        cure = "name a file that can be read"
        raise ConfigError(f"{name}: {error.what}", cure=cure) from None
    if len(data) > MAX_FILE:
        cure = "leave some of it to another node"
        raise ConfigError(f"{name}: is larger than {MAX_FILE // 1024} KiB", cure=cure)
    return data


def readConfiguration(text: str, name: str) -> tuple[Configuration, Source]:
    """
    Read a configuration that shall have no mistakes.

    @return: the configuration, and what tells where each key stands
    @raise Mistakes: all there are
    """
    return readDraft(text, name).checked()


def readDraft(text: str, name: str) -> Draft:
    """
    Read a configuration; name, result and errors as in L{readFile}.

    @param text: TOML
    """
    text = text.replace("\r\n", "\n")
    tables = parseTOML(text, name)
    source = Source(name, text)
    mistakes: list[Mistake] = []
    known = [*SINGLE, *NAMED, SERVICE_DATA]
    for one in tables:
        if one not in known:
            message = f"unknown section {quoted(one)}"
            mistakes.append(Mistake((one,), message, nearest(one, known), atKey=True))
    found: dict[str, Any] = {}
    for one, section in SINGLE.items():
        found[one] = readSection(section, tables.get(one, {}), (one,), mistakes)
    isSilent = "access" in tables and not found["access"].isGiven
    if isSilent and not any(one.path[:1] == ("access",) for one in mistakes):
        # It would be as if it were not there, and who wrote it means the contrary.
        cure = 'write anonymous = "none" or "read", and [access.rules.NAME] for who may do what'
        mistakes.append(Mistake(("access",), "the section says nothing", cure, atKey=True))
    for one, section in NAMED.items():
        found[one] = _named(one, section, tables.get(one, {}), mistakes)
    found["serviceData"] = _serviceData(tables.get(SERVICE_DATA, {}), mistakes)
    return Draft(Configuration(**found), source, tuple(mistakes))


def _named(
    kind: str, section: type[Section], tables: object, mistakes: list[Mistake]
) -> Mapping[str, Section]:
    found = {}
    for name, table in _tables(kind, tables, mistakes).items():
        path = (kind, name)
        try:
            checkName(name)
        except ParameterError as error:
            mistakes.append(Mistake(path, error.what, error.cure, atKey=True))
        found[name] = readSection(section, table, path, mistakes)
    return found


def _serviceData(tables: object, mistakes: list[Mistake]) -> Mapping[QName, ServiceDataSection]:
    found: dict[QName, ServiceDataSection] = {}
    for text, table in _tables(SERVICE_DATA, tables, mistakes).items():
        path = (SERVICE_DATA, text)
        before = len(mistakes)
        made = readSection(ServiceDataSection, table, path, mistakes)
        try:
            name = readServiceDataName(text)
        except ParameterError as error:
            cure = error.cure or QNAME.cure
            mistakes.append(Mistake(path, error.what, cure, atKey=True))
            continue
        if name in found:
            cure = "leave one of them out"
            mistakes.append(Mistake(path, f"{name} is there twice", cure, atKey=True))
        found[name] = made
        if len(mistakes) == before:
            for index, message, cure in made.wrongValues(name):
                mistakes.append(Mistake((*path, "value", index), message, cure))
    return found


def _tables(kind: str, tables: object, mistakes: list[Mistake]) -> Mapping[str, object]:
    if not isinstance(tables, dict):
        message = f"{quoted(tables)} is not a table of sections"
        cure = f"write a section for each, [{kind}.NAME]"
        mistakes.append(Mistake((kind,), message, cure))
        return {}
    if len(tables) > MAX_NAMED:
        message = f"{len(tables)} sections are more than {MAX_NAMED}"
        mistakes.append(Mistake((kind,), message, "leave some of them to another node"))
        return {}
    return tables


def readSection(section: type[S], table: object, path: Path, mistakes: list[Mistake]) -> S:
    """
    What the keys of one section become.

    @param section: the class
    @param table: what tomllib gave, or whoever reads another format
    @param path: of the section
    @param mistakes: what is wrong is added here; a key that does not read well has its default
    """
    if not isinstance(table, dict):
        message = f"{quoted(table)} is not a section"
        mistakes.append(Mistake(path, message, f"write [{dotted(path)}]"))
        return section()
    known = {one.name: one for one in keys(section)}
    values: dict[str, Any] = {}
    before = len(mistakes)
    for name, value in table.items():
        if name not in known:
            message = f"unknown key {quoted(name)}"
            mistakes.append(Mistake((*path, name), message, nearest(name, known), atKey=True))
            continue
        one = known[name]
        try:
            values[one.attribute] = one.kind.read(value)
        except ParameterError as error:
            # What it should not be may be the secret, or one of another kind.
            what = f"this is not a {one.kind.what}" if one.isSecret else error.what
            cure = one.kind.cure if one.isSecret else error.cure
            mistakes.append(Mistake((*path, name), what, cure))
            continue
        if one.section is not None:
            where = (*path, name)
            values[one.attribute] = _sections(one.section, value, where, mistakes, one.isNamed)
    made = section(**values)
    if len(mistakes) == before:
        for name, message, cure in made.mistakes():
            mistakes.append(Mistake((*path, name) if name else path, message, cure))
    return made


def _sections(
    section: type[Any], tables: object, path: Path, mistakes: list[Mistake], isNamed: bool
) -> Sequence[Any]:
    """What the tables of one key become; a single one need not stand in an array."""
    if isNamed:
        assert isinstance(tables, dict)  # the kind of the key was checked
        return tuple(
            attrs.evolve(readSection(section, one, (*path, name), mistakes), name=name)
            for name, one in tables.items()
        )
    if not isinstance(tables, list):
        return (readSection(section, tables, path, mistakes),)
    return tuple(
        readSection(section, one, (*path, index), mistakes) for index, one in enumerate(tables)
    )
