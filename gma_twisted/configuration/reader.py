"""From TOML to frozen values, every mistake collected. Nothing is imported, opened or asked of the network."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, Protocol, TypeVar

from gma_twisted.configuration.aggregate import AggregateSection
from gma_twisted.configuration.connect import ConnectSection
from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.draft import Draft
from gma_twisted.configuration.factory import FactorySection
from gma_twisted.configuration.kinds import checkName
from gma_twisted.configuration.limits import LimitsSection
from gma_twisted.configuration.mistakes import (
    Mistake,
    Mistakes,
    Source,
    dotted,
    nearest,
    quoted,
)
from gma_twisted.configuration.notify import NotifySection
from gma_twisted.configuration.places import Path
from gma_twisted.configuration.registry import RegisterSection, RegistrySection
from gma_twisted.configuration.sections import (
    Configuration,
    NodeSection,
    ProviderSection,
    StoreSection,
)
from gma_twisted.configuration.servicedata import ServiceDataSection, readServiceDataName
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

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, and a message"""


S = TypeVar("S", bound=Section)

SINGLE: Mapping[str, type[Section]] = {
    "connect": ConnectSection,
    "limits": LimitsSection,
    "node": NodeSection,
    "notify": NotifySection,
    "registry": RegistrySection,
    "store": StoreSection,
}
"""Sections there is one of, by the attribute of L{Configuration} they become."""

NAMED: Mapping[str, type[Section]] = {
    "aggregate": AggregateSection,
    "factory": FactorySection,
    "providers": ProviderSection,
    "register": RegisterSection,
}
"""Sections there are several of, each with a name; otherwise as L{SINGLE}."""

SERVICE_DATA = "sde"
"""Sections there are several of, each with a qualified name: L{ServiceDataSection}."""

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")


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
        raise Mistakes([f"{name}:{line}:{column}: is not UTF-8"]) from None
    return readDraft(text, name)


def readBytes(name: str) -> bytes:
    """
    The content of a file that configures something.

    @param name: shown in messages as it is given
    @raise ConfigError: it cannot be read, or has more than L{MAX_FILE} bytes
    """
    try:
        with FilePath(name).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise ConfigError(f"{name}: is larger than {MAX_FILE // 1024} KiB")
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
    tables = _parse(text, name)
    source = Source(name, text)
    mistakes: list[Mistake] = []
    known = [*SINGLE, *NAMED, SERVICE_DATA]
    for one in tables:
        if one not in known:
            message = f"unknown section {quoted(one)}{nearest(one, known)}"
            mistakes.append(Mistake((one,), message, atKey=True))
    found: dict[str, Any] = {}
    for one, section in SINGLE.items():
        found[one] = readSection(section, tables.get(one, {}), (one,), mistakes)
    for one, section in NAMED.items():
        found[one] = _named(one, section, tables.get(one, {}), mistakes)
    found["serviceData"] = _serviceData(tables.get(SERVICE_DATA, {}), mistakes)
    return Draft(Configuration(**found), source, tuple(mistakes))


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Mistakes([f"{name}: is nested too deeply"]) from None
    except ValueError as error:  # tomllib's own error, and int's on thousands of digits
        message = str(error)
        found = _AT.search(message)
        if found is None:
            raise Mistakes([f"{name}: {message.partition(';')[0]}"]) from None
        line, column = found[1], found[2]
        if line is None:
            line, column = str(text.count("\n") + 1), str(len(text) - text.rfind("\n"))
        raise Mistakes([f"{name}:{line}:{column}: {message[: found.start()]}"]) from None


def _named(
    kind: str, section: type[Section], tables: object, mistakes: list[Mistake]
) -> Mapping[str, Section]:
    found = {}
    for name, table in _tables(kind, tables, mistakes).items():
        path = (kind, name)
        try:
            checkName(name)
        except ParameterError as error:
            mistakes.append(Mistake(path, error.message, atKey=True))
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
            mistakes.append(Mistake(path, error.message, atKey=True))
            continue
        if name in found:
            mistakes.append(Mistake(path, f"{name} is there twice", atKey=True))
        found[name] = made
        if len(mistakes) == before:
            for index, message in made.wrongValues(name):
                mistakes.append(Mistake((*path, "value", index), message))
    return found


def _tables(kind: str, tables: object, mistakes: list[Mistake]) -> Mapping[str, object]:
    if not isinstance(tables, dict):
        mistakes.append(Mistake((kind,), f"write a section for each, [{kind}.NAME]"))
        return {}
    if len(tables) > MAX_NAMED:
        message = f"{len(tables)} sections are more than {MAX_NAMED}"
        mistakes.append(Mistake((kind,), message))
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
        message = f"{quoted(table)} is not a section; write [{dotted(path)}]"
        mistakes.append(Mistake(path, message))
        return section()
    known = {one.name: one for one in keys(section)}
    values: dict[str, Any] = {}
    before = len(mistakes)
    for name, value in table.items():
        if name not in known:
            message = f"unknown key {quoted(name)}{nearest(name, known)}"
            mistakes.append(Mistake((*path, name), message, atKey=True))
            continue
        one = known[name]
        try:
            values[one.attribute] = one.kind.read(value)
        except ParameterError as error:
            mistakes.append(Mistake((*path, name), error.message))
            continue
        if one.section is not None:
            values[one.attribute] = _sections(one.section, value, (*path, name), mistakes)
    made = section(**values)
    if len(mistakes) == before:
        for name, message in made.mistakes():
            mistakes.append(Mistake((*path, name) if name else path, message))
    return made


def _sections(section: type[S], tables: object, path: Path, mistakes: list[Mistake]) -> Sequence[S]:
    """What the tables of one key become; a single one need not stand in an array."""
    if not isinstance(tables, list):
        return (readSection(section, tables, path, mistakes),)
    return tuple(
        readSection(section, one, (*path, index), mistakes) for index, one in enumerate(tables)
    )
