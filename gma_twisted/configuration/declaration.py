"""How a section declares its keys: one line a key drives reading, checking and documentation."""

from collections.abc import Iterator
from typing import Any, TypeVar

import attrs

from gma_twisted.configuration.kinds import Kind

__all__ = ["Key", "key", "keys"]

T = TypeVar("T")

_MARK = "gma_twisted.configuration.key"


@attrs.frozen(slots=True)
class Key:
    """
    One key of a section.

    @ivar name: as TOML spells it
    @ivar attribute: of the section's class
    @ivar kind: reads and writes its value
    @ivar doc: what it means, one phrase
    @ivar default: the value without the key
    @ivar shown: the default in words, where the value says too little
    @ivar bound: which engine's bound it sets, C{gate.head}; empty for other keys
    @ivar section: what each of its tables becomes; C{None} for plain values
    @ivar isSecret: whether its value is never shown
    @ivar isNamed: whether these tables have names, which become their attribute C{name}
    """

    name: str
    attribute: str
    kind: Kind[Any]
    doc: str
    default: object
    shown: str
    bound: str
    section: type[Any] | None
    isNamed: bool = False
    isSecret: bool = False


def key(
    kind: Kind[T],
    doc: str,
    default: T | None = None,
    *,
    name: str = "",
    shown: str = "",
    bound: str = "",
    section: type[Any] | None = None,
    isNamed: bool = False,
    isSecret: bool = False,
) -> Any:
    """
    Declare a key as an attribute of an attrs class; parameters as in L{Key}.

    @param name: where TOML spells it differently than the attribute
    """
    about = {
        "name": name,
        "kind": kind,
        "doc": doc,
        "shown": shown,
        "bound": bound,
        "section": section,
        "isNamed": isNamed,
        "isSecret": isSecret,
    }
    return attrs.field(default=default, metadata={_MARK: about})


def keys(section: type) -> Iterator[Key]:
    """The keys of a section's class, in the order of their declaration."""
    for field in attrs.fields(section):
        about = field.metadata.get(_MARK)
        if about is not None:
            yield Key(
                about["name"] or field.name,
                field.name,
                about["kind"],
                about["doc"],
                field.default,
                about["shown"],
                about["bound"],
                about["section"],
                about["isNamed"],
                about["isSecret"],
            )
