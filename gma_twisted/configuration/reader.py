"""From TOML to frozen values, every mistake collected. Nothing is imported, opened or asked of the network."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar

from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.draft import Draft
from gma_twisted.configuration.kinds import checkName
from gma_twisted.configuration.limits import LimitsSection
from gma_twisted.configuration.mistakes import Mistake, Mistakes, Source, nearest, quoted
from gma_twisted.configuration.places import Path
from gma_twisted.configuration.sections import Configuration, NodeSection, ProviderSection
from gma_twisted.errors import ConfigError, ParameterError

__all__ = ["MAX_FILE", "MAX_PROVIDERS", "readConfiguration", "readDraft", "readFile"]

MAX_FILE = 1024 * 1024
"""Most bytes of a configuration file."""

MAX_PROVIDERS = 1000
"""Most providers of one node."""

S = TypeVar("S", NodeSection, LimitsSection, ProviderSection)

_SECTIONS = ("limits", "node", "providers")
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")


def readFile(name: str) -> Draft:
    """
    Read a configuration file.

    @param name: shown in messages as it is given
    @return: what reads well, and the mistakes of the rest
    @raise ConfigError: it cannot be read, or is no TOML (L{Mistakes})
    """
    try:
        with FilePath(name).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise ConfigError(f"{name}: is larger than {MAX_FILE // 1024} KiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise Mistakes([f"{name}:{line}:{column}: is not UTF-8"]) from None
    return readDraft(text, name)


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
    for one in tables:
        if one not in _SECTIONS:
            message = f"unknown section {quoted(one)}{nearest(one, _SECTIONS)}"
            mistakes.append(Mistake((one,), message, atKey=True))
    configuration = Configuration(
        _section(NodeSection, tables.get("node", {}), ("node",), mistakes),
        _providers(tables.get("providers", {}), mistakes),
        _section(LimitsSection, tables.get("limits", {}), ("limits",), mistakes),
    )
    return Draft(configuration, source, tuple(mistakes))


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


def _providers(tables: object, mistakes: list[Mistake]) -> Mapping[str, ProviderSection]:
    if not isinstance(tables, dict):
        mistakes.append(Mistake(("providers",), "write a section for each, [providers.NAME]"))
        return {}
    if len(tables) > MAX_PROVIDERS:
        message = f"{len(tables)} providers are more than {MAX_PROVIDERS}"
        mistakes.append(Mistake(("providers",), message))
        return {}
    found = {}
    for name, table in tables.items():
        path = ("providers", name)
        try:
            checkName(name)
        except ParameterError as error:
            mistakes.append(Mistake(path, error.message, atKey=True))
        found[name] = _section(ProviderSection, table, path, mistakes)
    return found


def _section(section: type[S], table: object, path: Path, mistakes: list[Mistake]) -> S:
    if not isinstance(table, dict):
        message = f"{quoted(table)} is not a section; write [{'.'.join(map(str, path))}]"
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
        try:
            values[known[name].attribute] = known[name].kind.read(value)
        except ParameterError as error:
            mistakes.append(Mistake((*path, name), error.message))
    made = section(**values)
    if len(mistakes) == before:
        for name, message in made.mistakes():
            mistakes.append(Mistake((*path, name) if name else path, message))
    return made
