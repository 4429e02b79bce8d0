"""What an operator changed between two configurations, section by section and key by key, in the words of the files."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.sections import Configuration
from gma_twisted.configuration.spelling import spellKey
from gma_twisted.configuration.writing import ORDER, sectionsOf, visible

__all__ = ["Change", "changesBetween"]


@attrs.frozen(slots=True)
class Change:
    """
    One key.

    @ivar section: what stands between its brackets, C{providers.host}
    @ivar key: as TOML spells it
    @ivar old: the value before, as TOML, secrets hidden; empty when there was none
    @ivar new: the value after, likewise
    """

    section: str
    key: str
    old: str
    new: str


def changesBetween(old: Configuration, new: Configuration) -> Iterator[Change]:
    """
    Every key whose value is another one, in the order files are written.

    What is written differently and means the same is no change. Of a section that only one of them has these are its
    keys that have no default, or another value.
    """
    for kind in ORDER:
        before, after = dict(sectionsOf(kind, old)), dict(sectionsOf(kind, new))
        for section in dict.fromkeys((*before, *after)):
            isNew = (section in before) != (section in after)
            texts = _texts(before.get(section), isNew), _texts(after.get(section), isNew)
            for key in dict.fromkeys((*texts[0], *texts[1])):
                values = texts[0].get(key, _NOTHING), texts[1].get(key, _NOTHING)
                if values[0].whole != values[1].whole:
                    yield Change(section, key, values[0].visible, values[1].visible)


@attrs.frozen(slots=True)
class _Text:
    """A value as TOML, whole and as it may be shown."""

    whole: str
    visible: str


_NOTHING = _Text("", "")


def _texts(section: Any, withoutDefaults: bool) -> Mapping[str, _Text]:
    """By key: its value as TOML, but for those that have none."""
    if section is None:
        return {}
    found = {}
    isDefault = {}
    for one in keys(type(section)):
        value = getattr(section, one.attribute)
        if value is None or value == ():
            continue
        isDefault[one.name] = value == one.default
        if one.section is None:
            write = one.kind.write
            found[one.name] = _Text(write(value), write(visible(one, value)))
        else:
            members = [_member(each, one.isNamed) for each in value]
            inside = [", ".join(each) for each in zip(*members, strict=True)]
            told = [f"{{ {each} }}" if one.isNamed else f"[{each}]" for each in inside]
            found[one.name] = _Text(*told)
    own = {name: text for name, text in found.items() if not isDefault[name]}
    # A section may have nothing of its own, and be there all the same.
    return own if withoutDefaults and own else found


def _member(section: Any, isNamed: bool) -> tuple[str, str]:
    texts = _texts(section, True)
    whole = ", ".join(f"{name} = {text.whole}" for name, text in texts.items())
    seen = ", ".join(f"{name} = {text.visible}" for name, text in texts.items())
    name = f"{spellKey(section.name)} = " if isNamed else ""
    return f"{name}{{ {whole} }}", f"{name}{{ {seen} }}"
