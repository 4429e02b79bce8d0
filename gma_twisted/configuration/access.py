"""C{[access]}: who may do what, on which services, and to whose things."""

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import Kind, checkName, oneOf, severalOf
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.errors import ParameterError
from gma_twisted.model import Access

__all__ = ["AccessRuleSection", "AccessSection", "AnonymousAccess", "Owners"]

_RULES = 256
_WORDS = 64
_OPERATION = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
_ON = re.compile(r"/|(?:/[A-Za-z0-9._~-]{1,64}){1,8}(?:/\*)?|/\*")
_CLASSES = ", ".join(f'"{one.value}"' for one in Access)
_REGISTERING = 'write who = ["alice", "@operators"], for example'


class AnonymousAccess(enum.Enum):
    """What callers may do that show nothing, whatever the rules say."""

    NONE = "none"
    READ = "read"


class Owners(enum.Enum):
    """Whose things may be renewed and ended."""

    OWN = "own"
    ANY = "any"


def _several(value: object) -> Sequence[object]:
    return severalOf(value, _WORDS, "", "write a second rule")


def _readWho(value: object) -> Sequence[str]:
    found = []
    for one in _several(value):
        if one != "*":
            checkName(one[1:] if isinstance(one, str) and one.startswith("@") else one)
        found.append(str(one))
    return tuple(found)


def _readMay(value: object) -> Sequence[str]:
    asked = _several(value)
    for one in asked:
        if not isinstance(one, str) or not _OPERATION.fullmatch(one):
            raise ParameterError(f"{quoted(one)} is no class and no operation")
    return tuple(str(one) for one in asked)


def _readOn(value: object) -> Sequence[str]:
    asked = _several(value)
    for one in asked:
        if not isinstance(one, str) or not _ON.fullmatch(one):
            raise ParameterError(f"{quoted(one)} is no path")
    return tuple(str(one) for one in asked)


def _readRules(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ParameterError(f"{quoted(value)} is not a table of sections")
    if len(value) > _RULES:
        raise ParameterError(f"{len(value)} rules are more than {_RULES}", cure="join some of them")
    for name in value:
        checkName(name)
    return value


WHO: Kind[Sequence[str]] = Kind("name, or array of them", _readWho, _REGISTERING, spellSeveral)
MAY: Kind[Sequence[str]] = Kind(
    "class or operation, or array of them",
    _readMay,
    f"write classes, {_CLASSES}, or names of operations",
    spellSeveral,
)
ON: Kind[Sequence[str]] = Kind(
    "path, or array of them", _readOn, 'write "/services/index" or "/services/*"', spellSeveral
)
RULES: Kind[Any] = Kind("sections", _readRules, "write a section for each, [access.rules.NAME]")


@attrs.frozen(slots=True)
class AccessRuleSection:
    """
    C{[access.rules.NAME]}: one thing that is allowed.

    @ivar name: NAME
    """

    who: Sequence[str] = key(
        WHO,
        'identities; `"@GROUP"`, those of a group; `"*"`, whoever has shown who it is; `"anonymous"`; needed',
        (),
        shown="-",
    )
    may: Sequence[str] = key(
        MAY,
        "what they may do: `read`, `register`, `subscribe`, `notify`, `write`, `run`, `aggregate`, `create`, `admin`, "
        "or operations by their names; needed",
        (),
        shown="-",
    )
    on: Sequence[str] = key(
        ON,
        "services and pages, each with all that is below it; `/services/*`: what is below only",
        (),
        shown="everything",
    )
    owners: Owners = key(  # noqa: RUF009 (it declares a field)
        oneOf(Owners),
        "whose entries, subscriptions, copies and services they may renew and end",
        Owners.OWN,
    )
    name: str = ""

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, empty for the section, a message and a cure"""
        if not self.who:
            yield "who", "the rule is for nobody", _REGISTERING
        if not self.may:
            yield "may", "the rule allows nothing", MAY.cure
        for name, values in (("who", self.who), ("may", self.may), ("on", self.on)):
            if len(set(values)) < len(values):
                yield name, "the same twice", "leave one of them out"
        if "anonymous" in self.who:
            if Access.ADMIN.value in self.may:
                why = "whoever reaches the node could have it do what only operators do"
                yield "may", why, 'leave "admin" or "anonymous" out'
            if self.owners is Owners.ANY:
                why = "whoever reaches the node could end what belongs to others"
                yield "owners", why, 'leave owners or "anonymous" out'


@attrs.frozen(slots=True)
class AccessSection:
    """C{[access]}: with it, nobody may do anything but what it allows; without it, everybody may everything."""

    anonymous: AnonymousAccess | None = key(  # noqa: RUF009 (it declares a field)
        oneOf(AnonymousAccess),
        "whether everybody may read everything, without showing who it is",
        shown='`"none"`',
    )
    rules: Sequence[AccessRuleSection] = key(
        RULES,
        "what is allowed, a section for each",
        (),
        shown="none",
        section=AccessRuleSection,
        isNamed=True,
    )

    @property
    def isGiven(self) -> bool:
        """Whether there is such a section."""
        return self.anonymous is not None or bool(self.rules)

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys; see L{AccessRuleSection.mistakes}."""
        yield from ()
