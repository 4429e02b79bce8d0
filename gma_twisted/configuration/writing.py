"""From frozen values back to TOML, which reads back to the same values."""

from collections.abc import Callable, Iterator
from typing import Any

from gma_twisted.configuration.declaration import Key, keys
from gma_twisted.configuration.kinds import ATTRIBUTES
from gma_twisted.configuration.reader import NAMED, SERVICE_DATA, SINGLE
from gma_twisted.configuration.sections import Configuration
from gma_twisted.configuration.spelling import spell, spellKey, spellName
from gma_twisted.redaction import HIDDEN, hidden

__all__ = ["ORDER", "sectionsOf", "toTOML", "visible"]

_WIDTH = 100
ORDER = (
    "node",
    "providers",
    "rips",
    "aggregate",
    "register",
    "registry",
    "directory",
    "producer",
    "consumer",
    "subscribe",
    "archive",
    "filter",
    "summarise",
    "republish",
    "streams",
    SERVICE_DATA,
    "factory",
    "services",
    "query",
    "store",
    "notify",
    "identity",
    "access",
    "connect",
    "audit",
    "tls",
    "limits",
)
"""Kinds of sections as an operator thinks: who the node is, what it gives, where from and where to, then the rest."""


def toTOML(
    configuration: Configuration, withDefaults: bool = False, withSecrets: bool = True
) -> str:
    """
    Write a configuration; reading the text gives an equal one.

    @param withDefaults: also keys that are as they would be without being written
    @param withSecrets: whether secrets are written; otherwise the text is to be looked at, see L{visible}
    @return: empty for a configuration without anything of its own
    """
    look = _whole if withSecrets else visible
    sections = [
        text
        for kind in ORDER
        for header, section in sectionsOf(kind, configuration)
        if (text := "\n".join(_section(header, section, withDefaults, kind not in SINGLE, look)))
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


def visible(one: Key, value: Any) -> Any:
    """A value for whoever looks at it: what is secret by its key, or by a name in it, is C{"***"}."""
    if one.isSecret:
        return HIDDEN
    if one.kind is ATTRIBUTES:
        return tuple(hidden(dict(value)).items())
    return hidden(value, one.name)


def _whole(one: Key, value: Any) -> Any:
    return value


def _section(
    header: str,
    section: Any,
    withDefaults: bool,
    isNeeded: bool,
    look: Callable[[Key, Any], Any],
) -> Iterator[str]:
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
                place = f"{header}.{one.name}"
                place = f"{place}.{spellKey(each.name)}" if one.isNamed else f"[{place}]"
                below += ["", *_section(place, each, withDefaults, True, look)]
            continue
        lines.append(f"{one.name} = {_value(one, look(one, value))}")
    if lines or isNeeded:
        yield f"[{header}]"
        yield from lines
    yield from below if lines or isNeeded else below[1:]


def _value(one: Key, value: Any) -> str:
    text = one.kind.write(value)
    if text.startswith("[") and len(one.name) + len(text) > _WIDTH:
        return "[\n" + "".join(f"    {spell(each)},\n" for each in value) + "]"
    return text
