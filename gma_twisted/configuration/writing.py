"""From frozen values back to TOML, which reads back to the same values."""

from collections.abc import Iterator
from typing import Any

from gma_twisted.configuration.declaration import Key, keys
from gma_twisted.configuration.reader import NAMED, SERVICE_DATA, SINGLE
from gma_twisted.configuration.sections import Configuration
from gma_twisted.configuration.spelling import spell, spellKey, spellName

__all__ = ["ORDER", "sectionsOf", "toTOML"]

_WIDTH = 100
ORDER = (
    "node",
    "providers",
    "aggregate",
    "register",
    "registry",
    SERVICE_DATA,
    "factory",
    "store",
    "notify",
    "connect",
    "limits",
)
"""Kinds of sections as an operator thinks: who the node is, what it gives, where from and where to, then the rest."""


def toTOML(configuration: Configuration, withDefaults: bool = False) -> str:
    """
    Write a configuration; reading the text gives an equal one.

    @param withDefaults: also keys that are as they would be without being written
    @return: empty for a configuration without anything of its own
    """
    sections = [
        text
        for kind in ORDER
        for header, section in sectionsOf(kind, configuration)
        if (text := "\n".join(_section(header, section, withDefaults, kind not in SINGLE)))
    ]
    return "\n\n".join(sections) + "\n" if sections else ""


def sectionsOf(kind: str, configuration: Configuration) -> Iterator[tuple[str, Any]]:
    """The sections of a kind: what stands between the brackets, and the values."""
    if kind in SINGLE:
        yield kind, getattr(configuration, kind)
    elif kind in NAMED:
        for name, section in getattr(configuration, kind).items():
            yield f"{kind}.{spellKey(name)}", section
    else:
        for name, section in configuration.serviceData.items():
            yield f"{kind}.{spellKey(spellName(name))}", section


def _section(header: str, section: Any, withDefaults: bool, isNeeded: bool) -> Iterator[str]:
    """The lines of a section; a single one without lines is left out."""
    lines = []
    below: list[str] = []
    for one in keys(type(section)):
        value = getattr(section, one.attribute)
        isDefault = value == one.default
        if value is None or (isDefault and not (withDefaults and value != ())):
            continue
        if one.section is not None:
            for each in value:
                below += ["", *_section(f"[{header}.{one.name}]", each, withDefaults, True)]
            continue
        lines.append(f"{one.name} = {_value(one, value)}")
    if lines or isNeeded:
        yield f"[{header}]"
        yield from lines
    yield from below if lines or isNeeded else below[1:]


def _value(one: Key, value: Any) -> str:
    text = one.kind.write(value)
    if text.startswith("[") and len(one.name) + len(text) > _WIDTH:
        return "[\n" + "".join(f"    {spell(each)},\n" for each in value) + "]"
    return text
